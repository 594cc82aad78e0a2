"""Kits as files: each format read by something that this project did not write, or by the standard library."""

import io
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile

from drumjax.kits import formats
from drumjax.kits.formats import Instrument, Kit

RATE = 44100
XSD = Path("/usr/share/hydrogen/data/xsd/drumkit.xsd")


def burst(seed, samples=4410):
    """A low sound of noise, of 0.1 s; another seed is another sound."""
    wave = np.cumsum(np.random.default_rng(seed).standard_normal(samples)) * np.hanning(samples)
    file = io.BytesIO()
    soundfile.write(file, 0.5 * wave / np.abs(wave).max(), RATE, format="WAV")
    return file.getvalue()


INSTRUMENTS = (
    Instrument("kick", 36, ("kick.wav",)),
    Instrument("closed_hat", 42, ("closed_rr1.wav", "closed_rr2.wav", "closed_rr3.wav"), 2),
    Instrument("open_hat", 46, ("open_rr1.wav", "open_rr2.wav"), 2),
    Instrument("conga", 63, ("conga.wav",), level=0.5, pan=-0.8, semitones=-11.5),
)
KIT = Kit('Mine & "yours" <ä>', "Made by a test --seed 7.", "Free.", INSTRUMENTS)
WAVS = {take: burst(number) for number, take in enumerate(take for one in INSTRUMENTS for take in one.takes)}


def written(form, folder):
    for name, content in formats.folder(KIT, form, WAVS).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def regions(text):
    """The regions of an SFZ file with all opcodes that they inherit; anything else than the strict form fails."""
    inherited, found = {"global": {}, "group": {}}, []
    for line in text.splitlines():
        if not line or line.startswith("//"):
            continue
        header, opcodes = re.fullmatch(r"<(global|group|region)>((?: [a-z_0-9]+=[^ =]+)+)", line).groups()
        values = dict(opcode.split("=") for opcode in opcodes.split())
        if header == "region":
            found.append(inherited["global"] | inherited["group"] | values)
        else:
            inherited[header] = values
    return found


def test_sfz_has_one_region_for_each_take_and_one_mute_group(tmp_path):
    found = regions((written("sfz", tmp_path) / f"{KIT.name}.sfz").read_text(encoding="utf8"))
    assert [(one["key"], Path(one["sample"]).name) for one in found] == [
        (str(one.key), take) for one in INSTRUMENTS for take in one.takes
    ]
    assert all((tmp_path / one["sample"]).read_bytes() == WAVS[Path(one["sample"]).name] for one in found)
    assert [one.get("group") for one in found] == [one.get("off_by") for one in found] == [None, *5 * ["2"], None]
    turns = [(one.get("seq_position"), one.get("seq_length")) for one in found]
    assert turns == [(None, None), ("1", "3"), ("2", "3"), ("3", "3"), ("1", "2"), ("2", "2"), (None, None)]


def test_a_linter_finds_nothing_in_the_sfz(tmp_path):
    pytest.importorskip("sfzlint")
    path = written("sfz", tmp_path) / f"{KIT.name}.sfz"
    for text, expected in ((path.read_text(encoding="utf8"), 0), ("<region> seq_lenght=3\n", 1)):
        path.write_text(text, encoding="utf8")
        command = [sys.executable, "-c", "from sfzlint.cli import sfzlint; sfzlint()", path, "--no-pickle"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and len(done.stdout.splitlines()) == expected, done.stdout + done.stderr


class Sampler:
    """sfizz with the kit loaded: it plays hits, [(block, key, velocity)], in blocks of 64 samples."""

    def __init__(self, folder):
        from pysfizz import Synth

        self._synth = Synth(RATE, 64)
        assert self._synth.load_sfz_file(folder / f"{KIT.name}.sfz")

    def play(self, *hits, blocks=150, side=0):
        played = []
        for block in range(blocks):
            for _, key, velocity in (hit for hit in hits if hit[0] == block):
                self._synth._synth.note_on(0, key, velocity)
                self._synth._synth.note_off(1, key, 0)
            played.append(self._synth._synth.render_block()[side].copy())
        return np.concatenate(played)


@pytest.fixture
def sampler(tmp_path):
    """A new sampler for each call."""
    pytest.importorskip("pysfizz")
    written("sfz", tmp_path)
    return lambda: Sampler(tmp_path)


def test_a_sampler_plays_the_takes_in_turn_to_their_end(sampler):
    playing = sampler()
    for number in (1, 2, 3, 1):
        heard = playing.play((0, 42, 127))
        wave, _ = soundfile.read(io.BytesIO(WAVS[f"closed_rr{number}.wav"]))
        assert np.corrcoef(heard[: len(wave)], wave)[0, 1] > 0.99
        assert np.abs(heard[len(wave) // 2 :]).max() > 0.01  # although the key was released at once


def test_in_a_sampler_the_closed_hat_ends_the_open_one_and_the_kick_does_not(sampler):
    start, after = 20 * 64, slice(35 * 64, 60 * 64)
    alone = sampler().play((0, 46, 127))
    for key, ends in ((42, True), (36, False)):
        rest = sampler().play((0, 46, 127), (20, key, 127)) - sampler().play((20, key, 127))
        np.testing.assert_allclose(rest[:start], alone[:start], atol=1e-5)
        kept = np.std(rest[after]) / np.std(alone[after])
        assert kept < 0.01 if ends else kept == pytest.approx(1, abs=0.01)


def test_in_a_sampler_soft_strokes_are_quieter_and_duller(sampler):
    def level_and_brightness(velocity):
        power = np.abs(np.fft.rfft(sampler().play((0, 36, velocity)))) ** 2
        high = np.fft.rfftfreq(150 * 64, 1 / RATE) > 8000
        return 10 * np.log10(power.sum()), 10 * np.log10(power[high].sum() / power[~high].sum())

    levels, brightness = zip(*map(level_and_brightness, (10, 60, 127)), strict=True)
    assert (np.diff(levels) > 6).all() and (np.diff(brightness) > 1).all()


def test_in_a_sampler_level_pan_and_pitch_are_those_of_the_instrument(sampler):
    kick, conga = (soundfile.read(io.BytesIO(WAVS[name]))[0] for name in ("kick.wav", "conga.wav"))
    left, right = (sampler().play((0, 63, 127), side=side, blocks=260) for side in (0, 1))
    lower = np.interp(np.arange(2 * len(conga)) * 2 ** (-11.5 / 12), np.arange(len(conga)), conga, right=0)
    assert np.corrcoef(left[: len(lower)], lower)[0, 1] > 0.99
    plain = np.linalg.norm(sampler().play((0, 36, 127))) / np.linalg.norm(kick)
    gains = [np.linalg.norm(side) / np.linalg.norm(lower) / plain for side in (left, right)]
    angle = (1 - 0.8) * np.pi / 4  # equal power, as on the page
    assert gains == pytest.approx([0.5 * 2**0.5 * np.cos(angle), 0.5 * 2**0.5 * np.sin(angle)], rel=0.02)


def test_decent_sampler_has_round_robins_and_hats_that_silence_each_other(tmp_path):
    root = ElementTree.parse(written("decent", tmp_path) / f"{KIT.name}.dspreset").getroot()
    (groups,) = root.findall("groups")
    assert [one.get("name") for one in groups] == ["kick", "closed_hat", "open_hat", "conga"]
    for group, instrument in zip(groups, INSTRUMENTS, strict=True):
        samples = group.findall("sample")
        assert [Path(one.get("path")).name for one in samples] == list(instrument.takes)
        assert all((tmp_path / one.get("path")).is_file() for one in samples)
        assert {one.get(note) for one in samples for note in ("loNote", "hiNote", "rootNote")} == {str(instrument.key)}
        assert [one.get("seqPosition") for one in samples] == [str(i + 1) for i in range(len(samples))]
        moved = samples[0].get("volume"), samples[0].get("pan"), samples[0].get("tuning")
        assert moved == (("-6.02dB", "-80", "-11.5") if instrument.name == "conga" else (None, None, None))
        several = len(samples) > 1
        assert group.get("seqMode") == ("round_robin" if several else None)
        assert group.get("seqLength") == (str(len(samples)) if several else None)
        assert group.get("tags") == group.get("silencedByTags") == (None if instrument.mute_group is None else "mute2")


def test_hydrogen_kit_is_a_tar_of_one_folder_with_what_its_layers_name(tmp_path):
    with tarfile.open(written("hydrogen", tmp_path) / f"{KIT.name}.h2drumkit") as archive:
        contents = {Path(one.name): archive.extractfile(one).read() for one in archive.getmembers()}
    assert {path.parent for path in contents} == {Path(KIT.name.replace("ä", "_"))}
    files = {path.name: content for path, content in contents.items()}
    ours = {"h": "http://www.hydrogen-music.org/drumkit"}
    root = ElementTree.fromstring(files["drumkit.xml"])
    assert root.findtext("h:name", namespaces=ours) == KIT.name
    found = root.findall("h:instrumentList/h:instrument", ours)
    for number, (element, instrument) in enumerate(zip(found, INSTRUMENTS, strict=True)):
        texts = {child.tag.partition("}")[2]: child.text for child in element}
        assert texts["id"] == str(number) and texts["midiOutNote"] == str(instrument.key)
        assert (texts["volume"], texts["pan"]) == (("0.5", "-0.8") if number == 3 else ("1", "0"))
        assert element.findtext(".//h:pitch", namespaces=ours) == ("-11.5" if number == 3 else "0")
        assert texts["muteGroup"] == str(-1 if instrument.mute_group is None else 2)
        assert texts["sampleSelectionAlgo"] == ("ROUND_ROBIN" if len(instrument.takes) > 1 else "VELOCITY")
        layers = element.findall("h:instrumentComponent/h:layer", ours)
        assert [layer.findtext("h:filename", namespaces=ours) for layer in layers] == list(instrument.takes)
        assert all(files[take] == WAVS[take] for take in instrument.takes)


@pytest.mark.skipif(not (XSD.is_file() and shutil.which("xmllint")), reason="no xmllint, or no Hydrogen")
def test_hydrogen_kit_follows_hydrogens_own_schema(tmp_path):
    (tmp_path / "drumkit.xml").write_bytes(formats.hydrogen(KIT))
    command = ["xmllint", "--noout", "--schema", XSD, tmp_path / "drumkit.xml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not shutil.which("h2cli"), reason="no Hydrogen")
def test_hydrogen_takes_the_kit_for_valid(tmp_path):
    path = written("hydrogen", tmp_path) / f"{KIT.name}.h2drumkit"
    environment = {"HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["h2cli", "-c", path], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "is valid" in done.stdout, done.stdout + done.stderr


def test_wavs_alone_and_equal_bytes_for_equal_kits():
    assert set(formats.folder(KIT, "wav", WAVS)) == {"README.txt", *WAVS}
    assert formats.folder(KIT, "hydrogen", WAVS) == formats.folder(KIT, "hydrogen", WAVS)


@pytest.mark.parametrize("form", formats.FORMATS)
def test_every_format_says_what_made_it_and_what_may_be_done_with_it(form):
    readme = formats.folder(KIT, form, WAVS)["README.txt"].decode()
    assert all(line in readme.splitlines() for line in (KIT.name, KIT.origin, KIT.licence))


def test_an_unknown_format_is_named():
    with pytest.raises(ValueError, match="one of sfz, decent, hydrogen, wav; got 'kontakt'"):
        formats.folder(KIT, "kontakt", WAVS)
