"""Drum classes from names: file and folder names of sample packs, and class names typed by users.

A name is split into words at non-letters and at CamelCase. Words are looked up alone and joined with their neighbours
(`Bass Drum`, `hi_hat`, `HatOpen`); compounds are split (`hhopen`, `kickmess`). Within one name a full word takes
precedence over an abbreviation, and the last of two drums counts (`snap clap` is a clap). The file's name takes
precedence over its folder's, a nearer folder over a farther one. A word for a sound outside the 11 classes (`cowbell`,
`ride`, `loop`) counts like a drum's, so `Snares/cowbell.wav` has no class. Only Latin letters are read; labels.csv
covers other scripts.
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

Class = str | int | np.integer | Mapping[str | int, float | int]
"""A drum class: a name, an index in `CLASSES`, or the weights of a mix; a mix can be written kick:0.7,snare:0.3."""

NONE = "none"  # a sound outside the 11 classes
HAT = "hat"  # a hi-hat, open or closed

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
# Voice names of drum machines. They are so short that they only count in names without a longer known word.
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
# Long enough to be unambiguous at the start or end of a word. Excluded are `snap` at the start (`snappy`) and `tom`
# (`bottom`).
_STEMS = ("kick", "snare", "clap", "hihat", "conga", "bongo", "shaker", "tambour", "cabasa", "maraca", "cowbell")
_SUFFIXES = {"o": "open", "c": "closed"} | dict.fromkeys("hlmrsx", "")  # TomL, SnapH, HatC
_OVERRIDING = {"loop", "loops"}  # a loop of snares is not a snare, whatever the position of the word


def _words(name: str) -> list[str]:
    """The words of a name in lower case, without accents and digits."""
    decomposed = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return [word.lower() for word in re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+", plain)]


@lru_cache(maxsize=4096)
def _split_compound(word: str) -> tuple[str, ...]:
    """The kinds of the known words that `word` is composed of; empty if it is not a compound of known words."""
    if word in _PIECES:
        return (_PIECES[word],)
    if len(word) > 40:
        return ()
    for cut in range(len(word) - 1, 1, -1):
        if word[:cut] in _PIECES and (rest := _split_compound(word[cut:])):
            return (_PIECES[word[:cut]], *rest)
    head, tail = word[:-1], word[-1:]
    if head in _WORDS and len(head) >= 3 and tail in _SUFFIXES:
        return (_WORDS[head], _SUFFIXES[tail])
    return ()


def _match_stem(word: str) -> tuple[str, ...]:
    """The kind of the drum whose name ends or starts an unknown longer word."""
    for stem in (*_STEMS, "snap"):
        if word.endswith(stem):
            return (_PIECES.get(stem, "tambourine"),)
    for stem in _STEMS:
        if word.startswith(stem):
            return (_PIECES.get(stem, "tambourine"),)
    return ()


def _kinds(words: list[str]) -> list[tuple[str, ...]]:
    """The kinds of each word or group of neighbouring words; `()` for an unknown word.

    A tuple that starts with "short" or "machine" is an abbreviation.
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
            kinds.append(_split_compound(word) or _match_stem(word))
        at += joined
    return kinds


@lru_cache(maxsize=65536)
def _parse_name(name: str) -> tuple[str, str, str]:
    """(drum by word or abbreviation, drum by a machine's abbreviation, "open", "closed" or "") of one name."""
    words = _words(name)
    kinds = _kinds(words)
    flat = [kind for group in kinds if group[:1] not in (("short",), ("machine",)) for kind in group]
    marks = [kind for kind in flat if kind in ("open", "closed")]
    drums = [kind for kind in flat if kind and kind not in ("open", "closed")]
    short = [group[1] for group in kinds if group[:1] == ("short",)]
    machine = [group[1] for group in kinds if group[:1] == ("machine",)]
    if {"mic", "mics"} & set(words):
        short = [kind for kind in short if kind != "open_hat"]  # here `oh` is the overhead microphone
    drum = drums[-1] if drums else short[-1] if short else ""
    if marks and drums[-1:] == [NONE] and {"cymbal", "cymbals"} & set(words):
        drum = HAT  # only a hi-hat can be open, closed or on a pedal
    if "snare" in drums and {"rim", "rims", "rimshot"} & set(words):
        drum = "snare"  # a stroke on rim and head; a stroke on the rim alone has no class
    if _OVERRIDING & set(words):
        drum = NONE
    return drum, machine[-1] if machine else "", marks[-1] if marks else ""


def class_of_names(names: Iterable[str]) -> str | None:
    """The drum class of a sound from its names, the nearest first: file (without extension), folder, its parent, ...

    Never raises. One-letter names are ignored. None if no name contains one of the 11 drums.
    """
    parsed = [_parse_name(name) for name in names]
    drum, at = next(((s[0], i) for i, s in enumerate(parsed) if s[0]), ("", 0))
    if not drum:
        drum, at = next(((s[1], i) for i, s in enumerate(parsed) if s[1]), ("", 0))
    if drum == HAT:
        # `Hats/Open/01.wav` and `Open Hats/hat 1.wav`: the mark of the name, of an inner name, or of an outer hat.
        inner = [s[2] for s in parsed[: at + 1]]
        outer = [s[2] or s[0].removesuffix("_hat") for s in parsed[at + 1 :] if s[0] == HAT or s[0].endswith("_hat")]
        mark = next((m for m in inner + outer if m in ("open", "closed")), "closed")
        drum = f"{mark}_hat"
    return drum if drum in CLASSES else None


def class_of_path(path: str, top: str = "") -> str | None:
    """`class_of_names` for a path relative to the folder `top`, whose own name comes last."""
    parts = PurePosixPath(path)
    return class_of_names([parts.stem, *reversed(parts.parts[:-1]), top])


def parse_class(text: str) -> str:
    """The drum class of a name typed by a user: `hihat-closed`, `closed hat`, `CH`, `Kick`.

    Raises:
        ValueError: the text is no class or contains words that belong to none.
    """
    kinds = _kinds(_words(text))
    if all(kinds) and not re.search(r"\d", text):
        found = class_of_names([text])
        if found is not None:
            return found
    raise ValueError(f"drum class must be one of {', '.join(CLASSES)}; got {text!r}")


def parse_mix(text: str) -> dict[str, float]:
    """{drum class: weight} of a mix written as `kick:0.7,snare:0.3`.

    Raises:
        ValueError: a class is unknown or named twice, or a weight is not a positive number.
    """
    mix: dict[str, float] = {}
    for part in text.split(","):
        name, _, weight = part.rpartition(":")
        try:
            number = float(weight)
        except ValueError:
            number = math.nan
        if not (name and 0 < number < math.inf):
            raise ValueError(f"a mix of classes is written kick:0.7,snare:0.3 with weights above 0; got {text!r}")
        found = parse_class(name)
        if found in mix:
            raise ValueError(f"a mix must name every class once; got {found} twice in {text!r}")
        mix[found] = number
    return mix


def class_index(drum_class: Class | object) -> int:
    """The index of a drum class in `CLASSES`, from its name or index.

    Raises:
        ValueError: there is no such class, or the argument has another type.
    """
    if isinstance(drum_class, str):
        return CLASSES.index(parse_class(drum_class))
    if isinstance(drum_class, (int, np.integer)) and 0 <= drum_class < len(CLASSES):
        return int(drum_class)
    raise ValueError(f"drum class must be an index below {len(CLASSES)} or a name; got {drum_class}")


def to_class_mix(drum_class: Class | object) -> Float[np.ndarray, " classes"]:
    """Weights over `CLASSES`, of sum 1, from a drum class or a mix of them.

    Raises:
        ValueError: a class is unknown; the weights of a mix are negative, not finite or all 0; or the argument has
            another type.
    """
    if isinstance(drum_class, str) and ":" in drum_class:
        drum_class = parse_mix(drum_class)
    mix = drum_class if isinstance(drum_class, Mapping) else {drum_class: 1.0}
    weights = np.zeros(len(CLASSES), np.float32)
    for name, weight in mix.items():
        weights[class_index(name)] += weight
    if not (weights.min() >= 0 and 0 < weights.sum() < np.inf):
        raise ValueError(f"the weights of a mix must be 0 or more, and not all 0; got {drum_class!r}")
    return weights / weights.sum()
