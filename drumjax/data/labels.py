"""The drum class a name speaks of: file and folder names of sample packs, and what a user types.

A name is cut into words at anything that is not a letter and at CamelCase. Words that name a drum are looked up,
alone and joined with their neighbours (`Bass Drum`, `hi_hat`, `HatOpen`); words glued together are taken apart
(`hhopen`, `kickmess`). Within one name a full word beats an abbreviation, and of two drums the last is meant
(`snap clap` is a clap). The file's name beats its folder's, a nearer folder a farther one. A word for something
that is none of the 11 drums (`cowbell`, `ride`, `loop`) counts like a drum's, so that `Snares/cowbell.wav` has no
class. Only Latin letters are read: other scripts are for labels.csv.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float

from drumjax.config import CLASSES

Class = str | int | Mapping[str, float]
"""A drum class: a name, an index in `CLASSES`, or the weights of a mix; a mix is also written kick:0.7,snare:0.3."""

NONE = "none"  # a drum or a thing outside the 11 classes
HAT = "hat"  # a hi-hat of which this word does not say whether it is open

_NAMES = {
    "kick": "kick kicks kik kiks kck kickdrum kickdrums kdrum bdrum bassdrum bassdrums basedrum bombo bumbo"
    " grossecaisse grossetrommel grancassa",
    "clap": "clap claps clapping handclap handclaps clp palmas palmada klatschen fingerclap",
    "snare": "snare snares snr snrs snaredrum snaredrums snarerim rimsnare snarerimshot sidedrum caisseclaire"
    " kleinetrommel rullante redoblante tarola caixa",
    "tambourine": "tambourine tambourines tamb tambs tambo tambos tamborine tamborines tambourin tamburine tamburin"
    " tamburello pandereta schellenring schellenkranz",
    "conga": "conga congas tumba tumbas tumbadora quinto quintos",
    "bongo": "bongo bongos",
    "shaker": "shaker shakers shake shakes shkr shaken cabasa cabasas cabassa cabaza maraca maracas egg eggs eggshaker"
    " caxixi ganza chocalho afuche afoxe rattle",
    "snap": "snap snaps fingersnap fingersnaps fingersn handsnap schnipsen chasquido estalo",
    "tom": "tom toms tomtom tomtoms floortom floortoms ftom htom mtom ltom rototom rototoms",
    HAT: "hat hats hihat hihats highhat highhats hhat hihh charley charleston",
    "open_hat": "openhat openhats openhihat openhighhat",
    "closed_hat": "closedhat closedhats closehat closedhihat closedhighhat pedalhat",
    NONE: "cowbell cowbells cowb cow bell bells crash crashes ride rides cymbal cymbals china splash rim rims"
    " rimshot rimshots rimclick sidestick sidesticks crossstick crosstick xstick clave claves"
    " woodblock woodblocks block triangle gong"
    " timbale timbales timpani cuica guiro agogo whistle vibraslap tabla djembe cajon darbuka taiko surdo pandeiro"
    " tamborim chime chimes loop loops vox vocal vocals chord chords piano guitar",
}
_SHORT = {
    "kick": "bd kd bdr",
    "clap": "cp",
    "snare": "sd sn",
    "tambourine": "tmb tb",
    HAT: "hh",
    "open_hat": "oh ohh hho oho",
    "closed_hat": "ch chh hhc hhp hhf",
}
# What drum machines call their voices. So short that they count only where no longer word says anything.
_MACHINE = {
    "tom": "lt mt ht tm ft",
    "conga": "lc mc hc",
    "shaker": "ma sh",
    "open_hat": "ho",
    NONE: "cb cy rs cl cr rd",
}
_OPEN = "open opened opn offen ouvert ouverte abierto aberto aperto halfopen"
_CLOSED = "closed close clsd pedal ped foot geschlossen ferme cerrado fechado chiuso"
_FILLERS = "drum drums hi high mid low lo hit hand finger floor rack big small soft hard loud long short new old"


def _table(names: dict[str, str]) -> dict[str, str]:
    return {word: kind for kind, words in names.items() for word in words.split()}


_WORDS = _table(_NAMES) | dict.fromkeys(_OPEN.split(), "open") | dict.fromkeys(_CLOSED.split(), "closed")
_ABBREVIATIONS = _table(_SHORT)
_MACHINE_WORDS = _table(_MACHINE)
_PIECES = _WORDS | {"hh": HAT} | dict.fromkeys(_FILLERS.split(), "")
# Long enough to be meant wherever they begin or end a word. Not `snap` at the beginning, for `snappy`;
# not `tom`, for `bottom`.
_STEMS = ("kick", "snare", "clap", "hihat", "conga", "bongo", "shaker", "tambour", "cabasa", "maraca", "cowbell")
_SUFFIXES = {"o": "open", "c": "closed"} | dict.fromkeys("hlmrsx", "")  # TomL, SnapH, HatC
_LOUDEST = {"loop", "loops"}  # a loop of snares is no snare, wherever the word stands


def _words(name: str) -> list[str]:
    """The words of a name, lower case, accents dropped, digits dropped."""
    decomposed = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return [word.lower() for word in re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+", plain)]


@lru_cache(maxsize=4096)
def _pieces(word: str) -> tuple[str, ...]:
    """The kinds of the known words that `word` is glued from; empty when it is not."""
    if word in _PIECES:
        return (_PIECES[word],)
    if len(word) > 40:
        return ()
    for cut in range(len(word) - 1, 1, -1):
        if word[:cut] in _PIECES and (rest := _pieces(word[cut:])):
            return (_PIECES[word[:cut]], *rest)
    head, tail = word[:-1], word[-1:]
    if head in _WORDS and len(head) >= 3 and tail in _SUFFIXES:
        return (_WORDS[head], _SUFFIXES[tail])
    return ()


def _stems(word: str) -> tuple[str, ...]:
    """The kind of a drum's name at the end or the beginning of an unknown longer word."""
    for stem in (*_STEMS, "snap"):
        if word.endswith(stem):
            return (_PIECES.get(stem, "tambourine"),)
    for stem in _STEMS:
        if word.startswith(stem):
            return (_PIECES.get(stem, "tambourine"),)
    return ()


def _kinds(words: list[str]) -> list[tuple[str, ...]]:
    """What each word, or group of neighbours, speaks of; `()` for a word that is not known.

    A tuple that begins with "short" or "machine" is an abbreviation.
    """
    kinds, at = [], 0
    while at < len(words):
        joined = next((n for n in (3, 2) if "".join(words[at : at + n]) in _WORDS and at + n <= len(words)), 1)
        word = "".join(words[at : at + joined])
        if joined == 1 and word in _ABBREVIATIONS:
            kinds.append(("short", _ABBREVIATIONS[word]))
        elif joined == 1 and word in _MACHINE_WORDS:
            kinds.append(("machine", _MACHINE_WORDS[word]))
        else:
            kinds.append(_pieces(word) or _stems(word))
        at += joined
    return kinds


@lru_cache(maxsize=65536)
def _spoken(name: str) -> tuple[str, str, str]:
    """(drum by word or abbreviation, drum by a machine's abbreviation, "open", "closed" or "") of one name."""
    words = _words(name)
    kinds = _kinds(words)
    flat = [kind for group in kinds if group[:1] not in (("short",), ("machine",)) for kind in group]
    marks = [kind for kind in flat if kind in ("open", "closed")]
    drums = [kind for kind in flat if kind and kind not in ("open", "closed")]
    short = [group[1] for group in kinds if group[:1] == ("short",)]
    machine = [group[1] for group in kinds if group[:1] == ("machine",)]
    if {"mic", "mics"} & set(words):
        short = [kind for kind in short if kind != "open_hat"]  # `oh` is the overhead microphone here
    drum = drums[-1] if drums else short[-1] if short else ""
    if marks and drums[-1:] == [NONE] and {"cymbal", "cymbals"} & set(words):
        drum = HAT  # only a hi-hat is open, closed or on a pedal
    if "snare" in drums and {"rim", "rims", "rimshot"} & set(words):
        drum = "snare"  # a stroke on rim and head together; the rim alone is a click of no class
    if _LOUDEST & set(words):
        drum = NONE
    return drum, machine[-1] if machine else "", marks[-1] if marks else ""


def class_of(names: Iterable[str]) -> str | None:
    """The drum class of a sound from its names, the nearest first: file (no extension), folder, its folder, ...

    Never raises. One-letter names mean nothing. None when no name speaks of one of the 11 drums.
    """
    spoken = [_spoken(name) for name in names]
    drum, at = next(((s[0], i) for i, s in enumerate(spoken) if s[0]), ("", 0))
    if not drum:
        drum, at = next(((s[1], i) for i, s in enumerate(spoken) if s[1]), ("", 0))
    if drum == HAT:
        # `Hats/Open/01.wav` and `Open Hats/hat 1.wav`: an inner mark, the name's own, or that of an outer hat.
        inner = [s[2] for s in spoken[: at + 1]]
        outer = [s[2] or s[0].removesuffix("_hat") for s in spoken[at + 1 :] if s[0] == HAT or s[0].endswith("_hat")]
        mark = next((m for m in inner + outer if m in ("open", "closed")), "closed")
        drum = f"{mark}_hat"
    return drum if drum in CLASSES else None


def class_of_path(path: str, top: str = "") -> str | None:
    """`class_of` for a path relative to the folder `top`, whose own name counts last."""
    parts = PurePosixPath(path)
    return class_of([parts.stem, *reversed(parts.parts[:-1]), top])


def class_named(text: str) -> str:
    """The drum class a user means: `hihat-closed`, `closed hat`, `CH`, `Kick`.

    Raises:
        ValueError: the text is no class, or has words that belong to none.
    """
    kinds = _kinds(_words(text))
    if all(kinds) and not re.search(r"\d", text):
        found = class_of([text])
        if found is not None:
            return found
    raise ValueError(f"drum class must be one of {', '.join(CLASSES)}; got {text!r}")


def mixed_classes(text: str) -> dict[str, float]:
    """{drum class: weight} of a mix, as `kick:0.7,snare:0.3`.

    Raises:
        ValueError: a class is unknown or named twice, or a weight is no positive number.
    """
    mix: dict[str, float] = {}
    for part in text.split(","):
        name, _, weight = part.rpartition(":")
        try:
            number = float(weight)
        except ValueError:
            number = math.nan
        if not (name and 0 < number < math.inf):
            raise ValueError(f"a mix of classes is written kick:0.7,snare:0.3, weights above 0; got {text!r}")
        found = class_named(name)
        if found in mix:
            raise ValueError(f"a mix names every class once; got {found} twice in {text!r}")
        mix[found] = number
    return mix


def class_index(drum_class: str | int) -> int:
    """The index of a drum class in `CLASSES`, from its name or index.

    Raises:
        ValueError: there is no such class.
    """
    if isinstance(drum_class, str):
        return CLASSES.index(class_named(drum_class))
    if isinstance(drum_class, (int, np.integer)) and 0 <= drum_class < len(CLASSES):
        return int(drum_class)
    raise ValueError(f"drum class must be an index below {len(CLASSES)} or a name; got {drum_class}")


def class_weights(drum_class: Class) -> Float[np.ndarray, " classes"]:
    """Weights over `CLASSES`, of sum 1, of a drum class or a mix of them.

    Raises:
        ValueError: a class is unknown, or the weights of a mix are none.
    """
    if isinstance(drum_class, str) and ":" in drum_class:
        drum_class = mixed_classes(drum_class)
    mix = drum_class if isinstance(drum_class, Mapping) else {drum_class: 1.0}
    weights = np.zeros(len(CLASSES), np.float32)
    for name, weight in mix.items():
        weights[class_index(name)] += weight
    if not (weights.min() >= 0 and 0 < weights.sum() < np.inf):
        raise ValueError(f"the weights of a mix must be 0 or more, and not all 0; got {drum_class!r}")
    return weights / weights.sum()
