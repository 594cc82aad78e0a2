"""Names in sample packs, by kind of spelling, and the names of kits."""

import csv

import pytest

from drumjax.config import CLASSES
from drumjax.data.labels import class_of_path, understood

KINDS = {
    "capitals run into a lower-case word": {
        "open_hat": "HHopen 01.wav|HHopened.wav|OHlong 2.wav|HHLoose.wav",
        "closed_hat": "HHclosed 01.wav|CHtight.wav|HHtight.wav|HHfoot.wav|HHshort.wav|CHs/1.wav",
        "kick": "BDsoft.wav|BDdeep.wav|BDs/3.wav|KICKhard.wav",
        "snare": "SDhard.wav|SNtight.wav|SNare 2.wav|SNAREhard.wav",
        "clap": "CPwide.wav|CLAPwide.wav|CPs/01.wav",
        "tom": "LThard.wav|TOMhi.wav",
    },
    "marks of an open hat": {
        "open_hat": "HHats-OP-V01.wav|hihatop.wav|HH-O 2.wav|Hats/O/01.wav|hat_ring.wav|HH_Op3.wav|hihat_half.wav"
        "|OpHat 2.wav|O-Hat 1.wav|Hats/Op/1.wav|Hats/Open/HH 01.wav|Open/hh 01.wav|hat sizzle.wav|hihats/o.wav"
        "|hatO.wav|Closed & Open Hats/open 1.wav|hatsop.wav|HHOP.wav|hihat_oh01.wav|OH Hat.wav",
        "closed_hat": "HHcl.wav|HATcl.wav|HH-C 2.wav|Hats/C/01.wav|hh/cl01.wav|Hat_Tight.wav|hh choked.wav"
        "|hh_chick.wav",
        None: "hhxy.wav|hihatzz.wav|HH_ov 3.wav|Open & Closed Hats/01.wav",
    },
    "glued abbreviations": {
        "open_hat": "512hhop.wav|DR110OHT.wav|ho/HHOD0.wav|808OH.wav|OPHH01.wav|hh3openhh.wav",
        "closed_hat": "DR110CHT.wav|ulhh.wav|hc/HHCD0.wav|chtight.wav|DR55CHH.wav",
        "kick": "ignorebd.wav|deepbd.wav|bdhard.wav|DR110KIK.wav",
        "snare": "linnsd.wav|sdhard.wav|DR110SNR.wav",
        "clap": "DR110CLP.wav|CLPs/1.wav|cp/HANDCLP0.wav",
        None: "shh.wav|ahh.wav|shop.wav",
    },
    "a drum at the end of an unknown word": {
        "closed_hat": "linnhats/1.wav|vinylhats/2.wav|linnhat.wav",
        "snare": "vinylsnares/1.wav|sidsnares.wav",
        "clap": "realclaps/1.wav",
        "tom": "linntoms/1.wav|simmonstom.wav",
        "tambourine": "linntambs.wav",
        None: "that.wav|whats.wav|customs.wav|phantoms.wav|bottoms.wav|Snapchat.wav|chat.wav",
    },
    "abbreviations": {
        "tambourine": "tam/TAM13.wav|Tmbn.wav|tams/3.wav",
        "shaker": "Shk 01.wav|SHK3.wav|Mrc 1.wav|DT Cab.wav",
        "snap": "Snp 01.wav",
        "conga": "Cng 1.wav|cga_2.wav",
        "bongo": "Bgo 1.wav|BNG 2.wav",
        "snare": "s/s_00.wav",
        "kick": "k/k_00.wav",
        None: "k/1.wav|k/s_00.wav|h/o/s.wav",
    },
    "the file's own name before two letters of a folder": {
        "tom": "bd/LT00.wav|ht/HT0D0.wav",
        "conga": "hc/HC00.wav",
        "snare": "Snares/LT00.wav",
    },
    "folders of two drums": {
        None: "Claps & Snaps/01.wav|Bongos & Congas/01.wav|Kicks & Snares/01.wav|Kicks and Snares/a.wav"
        "|Snare Clap/01.wav|KicksAndSnares/1.wav|Hats & Cymbals/01.wav|Claps and Percussion/3.wav|Kick & Snare.wav",
        "clap": "Claps & Snaps/clap 3.wav",
        "kick": "Kicks & Snares/BD1.wav|Drum & Bass Kicks/01.wav",
        "conga": "Bongos & Congas/Quinto 1.wav",
    },
    "kits called like a drum": {
        None: "hh27/003_hh27hit2.wav|cp70/cp70_stab.wav",
        "closed_hat": "hh27/000_hh27closedhh.wav|hh27/hh27_01.wav",
        "kick": "bd909/bd909_punchy.wav",
    },
    "stems inside other words": {
        None: "kicklesshuman.wav|Clapton Gtr.wav|sidekick.wav|Kickback.wav|claptrap.wav|thunderclap.wav|ensnare.wav",
        "kick": "kickmess.wav|kicklinn/1.wav",
    },
    "fills and builds": {
        None: "Snare Fill.wav|SnareBuild 128.wav|kickfill.wav|Fill Snare.wav|Tom Fills/01.wav|Snare_Buildup.wav"
        "|Snare Riser.wav|Snare Roll.wav|Toms/Snare-Fill 3.wav",
    },
    "negations": {
        None: "not a kick.wav|no kick.wav|without snare.wav|non-clap.wav|snareless.wav|nokick.wav|Kicks/not a kick.wav",
        "kick": "Kick No 3.wav|Kick No Verb.wav|snares/not a snare kick.wav",
        "snare": "Snare without reverb.wav",
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_spelling(kind):
    wanted = {path: name for name, paths in KINDS[kind].items() for path in paths.split("|")}
    assert {path: class_of_path(path) for path in wanted} == wanted


def test_the_names_found_in_the_field(shared_data):
    file = shared_data.parent / "field" / "names.csv"
    if not file.exists():
        pytest.skip(f"no {file}")
    with open(file, encoding="utf8") as lines:
        rows = list(csv.DictReader(lines))
    wrong = [row["path"] for row in rows if (class_of_path(row["path"]) or "none") != row["wanted"]]
    assert len(wrong) <= 0.05 * len(rows), wrong


def test_another_sound_is_told_from_a_name_that_tells_nothing():
    assert understood(["cowbell 3", "Kicks"]) == understood(["Snare Fill"]) == understood(["not a kick"]) == "none"
    assert understood(["01", "Vol 2"]) is understood(["01", "Kicks & Snares"]) is understood([]) is None
    assert understood(["kick", "Vol 2"]) == "kick" in CLASSES
