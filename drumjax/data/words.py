"""The words of names in sample packs: what one file's or folder's name says about the drum.

A name is split into words at non-letters and where capitals show it (`HatOpen`, `HHopen`). Words are looked up alone
and joined with their neighbours (`Bass Drum`, `hi_hat`); compounds are split (`hhopen`, `linnhats`, `512hhop`). Only
Latin letters are read.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

NONE = "none"  # a sound outside the 11 classes
HAT = "hat"  # a hi-hat, open or closed
OPEN, CLOSED = "open", "closed"
UNREAD = "unread"  # a mark of a hi-hat that is neither

FULL, SHORT, MACHINE = 3, 2, 1
"""How much a word counts: a word, an abbreviation, and a drum machine's two letters, which mean other things too."""

_NAMES = {
    "kick": "kick kicks kik kiks kck kickdrum kickdrums kdrum bdrum bassdrum bassdrums basedrum bombo bumbo"
    " grossecaisse grossetrommel grancassa",
    "clap": "clap claps clapping handclap handclaps clp clps palmas palmada klatschen fingerclap",
    "snare": "snare snares snr snrs snaredrum snaredrums snarerim rimsnare snarerimshot sidedrum caisseclaire"
    " kleinetrommel rullante redoblante tarola caixa",
    "tambourine": "tambourine tambourines tamb tambs tambo tambos tambn tamborine tamborines tombourine tambourin"
    " tamburine tamburin tamburello pandereta schellenring schellenkranz",
    "conga": "conga congas cnga cngas tumba tumbas tumbadora quinto quintos",
    "bongo": "bongo bongos bngo bngos",
    "shaker": "shaker shakers shake shakes shk shks shkr shkrs shker shak shaken cabasa cabasas cabassa cabaza maraca"
    " maracas egg eggs eggshaker caxixi ganza chocalho afuche afoxe rattle",
    "snap": "snap snaps snp snps fingersnap fingersnaps fingersn handsnap schnipsen chasquido estalo",
    "tom": "tom toms tomtom tomtoms floortom floortoms ftom htom mtom ltom rototom rototoms",
    HAT: "hat hats hihat hihats highhat highhats hhat hhats hihh hithat charley charleston",
    "open_hat": "openhat openhats openhihat openhighhat",
    "closed_hat": "closedhat closedhats closehat closedhihat closedhighhat pedalhat",
    NONE: "cowbell cowbells cowb cow bell bells crash crashes ride rides cymbal cymbals china splash rim rims"
    " rimshot rimshots rimclick sidestick sidesticks crossstick crosstick xstick clave claves"
    " woodblock woodblocks block triangle gong"
    " timbale timbales timpani cuica guiro agogo whistle vibraslap tabla djembe cajon darbuka taiko surdo pandeiro"
    " tamborim chime chimes loop loops vox vocal vocals chord chords piano guitar guitars gtr gtrs"
    " roll rolls fill fills build builds buildup buildups riser risers",
}
_SHORT = {
    "kick": "bd kd bdr",
    "clap": "cp",
    "snare": "sd sn sna",
    "tambourine": "tmb tmbn tam tb",
    "conga": "cng cga",
    "bongo": "bng bgo",
    "shaker": "mrc",
    HAT: "hh hht",
    "open_hat": "oh ohh hho oho oht ohat ohats ophat ophh ophats",
    "closed_hat": "ch chh hhc hhp hhf cht clhat clhh clhats",
}
_VOICES = {
    "tom": "lt mt ht tm ft",
    "conga": "lc mc hc",
    "shaker": "ma sh cab",
    "open_hat": "ho",
    NONE: "cb cy rs cl cr rd",
}
_OPEN = "open opened opn opnd opens offen ouvert ouverte abierto aberto aperto halfopen"
_CLOSED = "closed closeds close clsd clsed pedal pedals ped foot geschlossen ferme cerrado fechado chiuso"
_HAT_OPEN = "op o half semi ring rings ringing ringy loose sizzle sizzling sizzly slosh sloshy wash washy"
_HAT_CLOSED = "cl c clo cls cld clos pd tight shut chick choke choked"
_FILLERS = "drum drums hi high mid low lo hit hand finger floor rack big small soft hard loud long short new old"
_NEGATIONS = frozenset("not no non isn isnt aint without ohne sans nicht kein keine".split())
_ARTICLES = frozenset("a an the any t real".split())
_CONJUNCTION = re.compile(r"[&+,]|\b(?:and|und|n|et|y|e|vs|plus)\b")
_OVERRIDING = frozenset(
    "loop loops fill fills build builds buildup buildups riser risers".split()
)  # a loop of snares or a fill is not a snare, whatever the position of the word


def _table(names: dict[str, str]) -> dict[str, str]:
    return {word: kind for kind, words in names.items() for word in words.split()}


_MARKS = dict.fromkeys(_OPEN.split(), OPEN) | dict.fromkeys(_CLOSED.split(), CLOSED)
_HAT_MARKS = dict.fromkeys(_HAT_OPEN.split(), OPEN) | dict.fromkeys(_HAT_CLOSED.split(), CLOSED)
_WORDS = _table(_NAMES) | _MARKS
_ABBREVIATIONS = _table(_SHORT) | {f"{word}s": kind for word, kind in _table(_SHORT).items() if len(word) == 2}
_MACHINE_WORDS = _table(_VOICES)
_LONG_MARKS = {word: mark for word, mark in _HAT_MARKS.items() if len(word) > 1}
_PIECES = _WORDS | {"hh": HAT, "bd": "kick", "sd": "snare"} | dict.fromkeys(_FILLERS.split(), "")
# Long enough to be unambiguous at the start or end of a word. Excluded are `snap` at the start (`snappy`) and `tom`,
# `hat` at the start (`tomorrow`, `hatch`).
_STEMS = {word: word for word in ("kick", "snare", "clap", "conga", "bongo", "shaker")} | {
    "hihat": HAT, "tambour": "tambourine", "cabasa": "shaker", "maraca": "shaker", "cowbell": NONE
}  # fmt: skip
_END_STEMS = _STEMS | {"snap": "snap", "hat": HAT, "tom": "tom"}
_OTHER_STARTS = re.compile(
    r"kick(back|ball|board|box|down|flip|off|plate|stand|start|up|ass|able)|clap(ton|ham|board|per|ped|trap|back)"
    r"|shakeris|tamboura$"
)  # words that only begin like a drum
_OTHER_ENDS = frozenset(
    "sidekick dropkick freekick ensnare thunderclap gingersnap saltshaker earthshaker somewhat custom bottom phantom"
    " symptom accustom".split()
)
_GLUED = {"bd": "kick", "hh": HAT, "sd": "snare", "snr": "snare", "kik": "kick", "clp": "clap", "shkr": "shaker"}
"""Abbreviations that no other word begins or ends with."""
_GLUED_HATS = {"hho": "open_hat", "hhc": "closed_hat", "hhp": "closed_hat", "hhf": "closed_hat"}
_CRIES = frozenset("ahh shh uhh ehh ohhh ahhh shhh".split())
_SUFFIXES = {"o": OPEN, "c": CLOSED} | dict.fromkeys("hlmrsx", "")  # TomL, SnapH, HatC
_PARTNERS = frozenset("perc percs percussion fx sfx hit hits stab stabs noise noises bass synth others other".split())
"""Words for other sounds, read only beside an `&` and behind the name of a kit."""

Kinds = tuple[tuple[str, int], ...]
"""The kinds of the parts of a word (a class, HAT, NONE, a mark, or "" for a filler) and how much each counts."""


@dataclass(frozen=True)
class Reading:
    """What one name says."""

    drum: str = ""  # a class, HAT, NONE, or "": nothing
    weight: int = 0  # FULL, SHORT or MACHINE
    mark: str = ""  # OPEN, CLOSED, UNREAD or ""
    several: bool = False  # two drums, and nothing decides between them
    only_marks: str = ""  # the mark of a name without any other word (`Open/`, `O/`)


def plain(name: str) -> str:
    """The name without accents."""
    decomposed = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def words(name: str) -> list[str]:
    """The words of a name in lower case, without accents and digits."""
    found: list[str] = []
    for capitals, rest in re.findall(r"([A-Z]*)([a-z]*)", plain(name)):
        found += _split_at_capitals(capitals, rest)
    return found


def _split_at_capitals(capitals: str, rest: str) -> list[str]:
    """The words of capitals followed by lower-case letters: `HHOpen`, `HHopen`, `Open`, `BDs`, `SNare`."""
    run, whole, last = capitals.lower(), (capitals + rest).lower(), (capitals[-1:] + rest).lower()
    if not whole:
        return []
    if len(capitals) < 2 or not rest or whole in _PIECES:
        return [whole]
    if last in _PIECES or last in _LONG_MARKS or _compound(last):
        return [run[:-1], last]
    if run in _ABBREVIATIONS or run in _MACHINE_WORDS or run in _PIECES:
        return [run] if rest == "s" else [run, rest]
    return [run[:-1], last]


@lru_cache(maxsize=4096)
def _compound(word: str) -> tuple[str, ...]:
    """The kinds of the known words that `word` is composed of; empty if it is not a compound of known words."""
    if word in _PIECES:
        return (_PIECES[word],)
    if len(word) > 40:
        return ()
    for cut in range(len(word) - 1, 1, -1):
        head, tail = word[:cut], word[cut:]
        if head in _PIECES and (rest := _compound(tail)):
            return (_PIECES[head], *rest)
        if _PIECES.get(head) == HAT and tail in _LONG_MARKS:  # hihatop, hhtight
            return (HAT, _LONG_MARKS[tail])
    head, tail = word[:-1], word[-1:]
    if head in _WORDS and len(head) >= 3 and tail in _SUFFIXES:
        return (_WORDS[head], _SUFFIXES[tail])
    if word[0] in "oc" and word != "chat" and _PIECES.get(word[1:]) == HAT:  # ohihat
        return (_SUFFIXES[word[0]], HAT)
    head, tail = word[:2], word[2:]
    if len(tail) >= 4 and head in _ABBREVIATIONS and (tail in _LONG_MARKS or _PIECES.get(tail) == ""):  # chtight
        return (_ABBREVIATIONS[head],)
    return ()


def _stem(word: str) -> str:
    """The drum whose name ends or starts an unknown longer word, or ""."""
    if re.search(rf"({'|'.join(_STEMS)})s?less|hatless", word):
        return NONE
    singular = word.removesuffix("s")
    if singular not in _OTHER_ENDS:
        for stem, kind in _END_STEMS.items():
            if singular.endswith(stem) and len(singular) >= len(stem) + (3 if len(stem) == 3 else 0):
                return kind
    if not _OTHER_STARTS.match(word):
        for stem, kind in _STEMS.items():
            if word.startswith(stem):
                return kind
    return ""


def _glued(word: str) -> Kinds:
    """The drum whose abbreviation starts or ends an unknown word: `ignorebd`, `HHCD`."""
    if len(word) < 3 or word in _CRIES:
        return ()
    for short, kind in _GLUED_HATS.items():
        if word.startswith(short):
            return ((kind, SHORT),)
    for short, kind in _GLUED.items():
        if word.startswith(short) or word.endswith(short):
            unread = kind == HAT and word.startswith(short) and len(word) <= len(short) + 2
            return ((kind, SHORT), (UNREAD, SHORT)) if unread else ((kind, SHORT),)
    return ()


@lru_cache(maxsize=65536)
def _kinds_of_word(word: str) -> Kinds:
    if word in _WORDS:
        return ((_WORDS[word], FULL),)
    for table, weight in ((_ABBREVIATIONS, SHORT), (_MACHINE_WORDS, MACHINE)):
        if word in table:
            return ((table[word], weight),)
    if found := _compound(word):
        return tuple((kind, FULL) for kind in found)
    if stem := _stem(word):
        unread = stem == HAT and re.search(r"hihats?\w{1,2}$", word) and not word.endswith("s")
        return ((stem, FULL), (UNREAD, FULL)) if unread else ((stem, FULL),)
    return ()


def kinds(text: list[str]) -> list[tuple[str, Kinds]]:
    """(word, its kinds) of each word or group of neighbouring words; no kinds for an unknown word."""
    found, at = [], 0
    while at < len(text):
        joined = next((n for n in (3, 2) if "".join(text[at : at + n]) in _WORDS and at + n <= len(text)), 1)
        word = "".join(text[at : at + joined])
        found.append((word, _kinds_of_word(word)))
        at += joined
    return found


def _without_negated(groups: list[tuple[str, Kinds]], name: str) -> list[tuple[str, Kinds]]:
    """The words without a drum that a word before it denies: `not a kick`, but not `Kick No 3`."""
    for at, (word, _) in enumerate(groups):
        if word not in _NEGATIONS or re.search(rf"\b{word}[\W_]*\d", name.lower()):
            continue
        after = next((n for n in range(at + 1, len(groups)) if groups[n][0] not in _ARTICLES), None)
        if after is not None and any(kind not in ("", OPEN, CLOSED) for kind, _ in groups[after][1]):
            left = groups[:at] + groups[after + 1 :]
            return left if any(found for _, found in left) else [(word, ((NONE, FULL),))]
    return groups


def _hat_marks(groups: list[tuple[str, Kinds]]) -> list[str]:
    """The marks that only a hi-hat has: `HH-O`, `hat_ring`; single letters count beside the hat alone."""
    hats = [any(kind == HAT for kind, _ in found) for _, found in groups]
    marks = []
    for at, (word, _) in enumerate(groups):
        beside = any(hats[max(0, at - 1) : at + 2]) and not hats[at]
        if word in _LONG_MARKS or (beside and word in _HAT_MARKS):
            marks.append(_HAT_MARKS[word])
        elif beside and len(word) <= 2 and word.startswith("o") and word not in _ABBREVIATIONS:
            marks.append(UNREAD)
    return marks


@lru_cache(maxsize=65536)
def read(name: str, folder: bool = False) -> Reading:
    """What one name says: of a file without its extension, or of a folder.

    In a file's name the last of two drums counts (`snap clap` is a clap) unless an `&` joins them. A folder that names
    two of the 11 classes says nothing about a file in it.
    """
    text = words(name)
    groups = [(word, found or _glued(word)) for word, found in kinds(text)]
    if text and all(word in _MARKS or word in _HAT_MARKS for word in text):
        only = {_MARKS.get(word) or _HAT_MARKS[word] for word in text}
        mark = only.pop() if len(only) == 1 else UNREAD
        drums = [found[0] for _, found in groups if found and found[0][0] not in (OPEN, CLOSED)]
        return Reading(*(drums[-1] if drums else ("", 0)), mark=mark, only_marks=mark)
    groups = _without_negated(groups, plain(name))
    parts = [part for _, found in groups for part in found]
    marks = [kind for kind, _ in parts if kind in (OPEN, CLOSED)]
    drums = [part for part in parts if part[0] not in ("", OPEN, CLOSED, UNREAD)]
    if {"mic", "mics"} & set(text):
        drums = [part for part in drums if part != ("open_hat", SHORT)]  # here `oh` is the overhead microphone
    weight = max((weight for _, weight in drums), default=0)
    best = [kind for kind, at in drums if at == weight]
    drum = best[-1] if best else ""
    if marks and weight == FULL and drum == NONE and {"cymbal", "cymbals"} & set(text):
        drum = HAT  # only a hi-hat can be open, closed or on a pedal
    if weight == FULL and "snare" in best and {"rim", "rims", "rimshot"} & set(text):
        drum = "snare"  # a stroke on rim and head; a stroke on the rim alone has no class
    if _OVERRIDING & set(text):
        drum, weight = NONE, FULL
    if drum == HAT:
        marks = marks or _hat_marks(groups) or [kind for kind, _ in parts if kind == UNREAD]
    joined = bool(_CONJUNCTION.search(plain(name).lower()))
    named = {kind for kind, at in drums if at >= SHORT} if joined else set(best)
    if folder and joined and named and _PARTNERS & set(text):
        named.add(NONE)
    several = (folder or joined) and _are_several(named, marks, joined)
    return Reading(drum, weight, marks[-1] if marks else "", several)


def _are_several(named: set[str], marks: list[str], joined: bool) -> bool:
    """Whether the kinds of a name are those of two drums; without an `&`, of two of the 11 classes."""
    hats = {kind for kind in named if kind == HAT or kind.endswith("_hat")}
    others = named - hats if joined else named - hats - {NONE}
    both = {"open_hat", "closed_hat"} <= hats or (bool(hats) and {OPEN, CLOSED} <= set(marks))
    return len(others) + bool(hats) > 1 or both


def glued_kit(file: str, folder: str) -> tuple[str, str]:
    """The two names without the name of a kit: in `hh27/003_hh27hit2.wav`, `hh27` is one, and no hi-hat.

    A folder is a kit if its name is an abbreviation with a number and the file repeats it before a word for another
    sound.
    """
    kit = folder.lower()
    if re.fullmatch(r"[a-z]{2,3}\d+", kit) and kit in file.lower():
        rest = file.lower().rpartition(kit)[2]
        if _PARTNERS & set(words(rest)):
            return rest, ""
    return file, folder
