"""The words of names in sample packs: what one file's or folder's name says about the drum.

A name is split into words at non-letters and where capitals show it (`HatOpen`, `HHopen`). Words are looked up alone
and joined with their neighbours (`Bass Drum`, `hi_hat`); compounds are split (`hhopen`, `linnhats`, `512hhop`). Only
Latin letters are read.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from drumjax.data.spellings import (
    ABBREVIATIONS,
    ARTICLES,
    CLOSED,
    CONJUNCTIONS,
    CRIES,
    END_STEMS,
    GENRE,
    GLUED,
    GLUED_HATS,
    HAT,
    HAT_MARKS,
    JOINING,
    LONG_MARKS,
    MACHINE_WORDS,
    MARKS,
    NEGATIONS,
    NONE,
    OPEN,
    OTHER_ENDS,
    OTHER_STARTS,
    OVERRIDING,
    PARTNERS,
    PIECES,
    STEMS,
    SUFFIXES,
    UNREAD,
    WORDS,
)

FULL, SHORT, MACHINE = 3, 2, 1
"""How much a word counts: a word, an abbreviation, and a drum machine's two letters, which mean other things too."""

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
    if len(capitals) < 2 or not rest or whole in PIECES:
        return [whole]
    if last in PIECES or last in LONG_MARKS or _compound(last):
        return [run[:-1], last]
    if run in ABBREVIATIONS or run in MACHINE_WORDS or run in PIECES:
        return [run] if rest == "s" else [run, rest]
    return [run[:-1], last]


@lru_cache(maxsize=4096)
def _compound(word: str) -> tuple[str, ...]:
    """The kinds of the known words that `word` is composed of; empty if it is not a compound of known words."""
    if word in PIECES:
        return (PIECES[word],)
    if len(word) > 40:
        return ()
    for cut in range(len(word) - 1, 1, -1):
        head, tail = word[:cut], word[cut:]
        if head in PIECES and (rest := _compound(tail)):
            return (PIECES[head], *rest)
        if PIECES.get(head) == HAT and tail in LONG_MARKS:  # hihatop, hhtight
            return (HAT, LONG_MARKS[tail])
    head, tail = word[:-1], word[-1:]
    if head in WORDS and len(head) >= 3 and tail in SUFFIXES:
        return (WORDS[head], SUFFIXES[tail])
    if word[0] in "oc" and word != "chat" and PIECES.get(word[1:]) == HAT:  # ohihat
        return (SUFFIXES[word[0]], HAT)
    head, tail = word[:2], word[2:]
    if len(tail) >= 4 and head in ABBREVIATIONS and (tail in LONG_MARKS or PIECES.get(tail) == ""):  # chtight
        return (ABBREVIATIONS[head],)
    return ()


def _stem(word: str) -> str:
    """The drum whose name ends or starts an unknown longer word, or ""."""
    stems = "|".join(STEMS)
    if re.search(rf"({stems})s?less|hatless|^non?({stems})s?$", word):
        return NONE
    singular = word.removesuffix("s")
    if singular not in OTHER_ENDS:
        for stem, kind in END_STEMS.items():
            if singular.endswith(stem) and len(singular) >= len(stem) + (3 if len(stem) == 3 else 0):
                return kind
    if not OTHER_STARTS.match(word):
        for stem, kind in STEMS.items():
            if word.startswith(stem):
                return kind
    return ""


def _glued(word: str) -> Kinds:
    """The drum whose abbreviation starts or ends an unknown word: `ignorebd`, `HHCD`."""
    if len(word) < 3 or word in CRIES:
        return ()
    for short, kind in GLUED_HATS.items():
        if word.startswith(short):
            return ((kind, SHORT),)
    for short, kind in GLUED.items():
        if word.startswith(short) or word.endswith(short):
            unread = kind == HAT and word.startswith(short) and len(word) <= len(short) + 2
            return ((kind, SHORT), (UNREAD, SHORT)) if unread else ((kind, SHORT),)
    return ()


@lru_cache(maxsize=65536)
def _kinds_of_word(word: str) -> Kinds:
    if word in WORDS:
        return ((WORDS[word], FULL),)
    for table, weight in ((ABBREVIATIONS, SHORT), (MACHINE_WORDS, MACHINE)):
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
        joined = next((n for n in (3, 2) if "".join(text[at : at + n]) in WORDS and at + n <= len(text)), 1)
        word = "".join(text[at : at + joined])
        found.append((word, _kinds_of_word(word)))
        at += joined
    return found


def _without_negated(groups: list[tuple[str, Kinds]], name: str) -> list[tuple[str, Kinds]]:
    """The words without a drum that a word before it denies: `not a kick`, but not `Kick No 3`."""
    for at, (word, _) in enumerate(groups):
        if word not in NEGATIONS or re.search(rf"\b{word}[\W_]*\d", name.lower()):
            continue
        after = next((n for n in range(at + 1, len(groups)) if groups[n][0] not in ARTICLES), None)
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
        if word in LONG_MARKS or (beside and word in HAT_MARKS):
            marks.append(HAT_MARKS[word])
        elif beside and len(word) <= 2 and word.startswith("o") and word not in ABBREVIATIONS:
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
    if text and all(word in MARKS or word in HAT_MARKS for word in text):
        only = {MARKS.get(word) or HAT_MARKS[word] for word in text}
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
    if OVERRIDING & set(text):
        drum, weight = NONE, FULL
    if drum == HAT:
        short = [kind.removesuffix("_hat") for kind, _ in drums if kind in ("open_hat", "closed_hat")]  # hihat_oh
        marks = marks or short or _hat_marks(groups) or [kind for kind, _ in parts if kind == UNREAD]
    rest = GENRE.sub("", plain(name))
    joined = bool(JOINING.search(rest) or CONJUNCTIONS & set(words(rest)))
    named = {kind for kind, at in drums if at >= SHORT} if joined else set(best)
    if folder and joined and named and PARTNERS & set(text):
        named.add(NONE)
    if not (folder or joined):
        return Reading(drum, weight, marks[-1] if marks else "")
    hats = {kind for kind in named if kind == HAT or kind.endswith("_hat")}
    if hats and {OPEN, CLOSED} <= {*marks, *(kind.removesuffix("_hat") for kind in hats)}:
        drum, marks = HAT, [UNREAD]
    others = named - hats if joined else named - hats - {NONE}  # without an `&`, two of the 11 classes
    return Reading(drum, weight, marks[-1] if marks else "", several=len(others) + bool(hats) > 1)


def glued_kit(file: str, folder: str) -> tuple[str, str]:
    """The two names without the name of a kit: in `hh27/003_hh27hit2.wav`, `hh27` is one, and no hi-hat.

    A folder is a kit if its name is an abbreviation with a number and the file repeats it before a word for another
    sound.
    """
    kit = folder.lower()
    if re.fullmatch(r"[a-z]{2,3}\d+", kit) and kit in file.lower():
        rest = file.lower().rpartition(kit)[2]
        if PARTNERS & set(words(rest)):
            return rest, ""
    return file, folder
