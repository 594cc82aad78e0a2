"""The library: a collection of sounds that is searched by sound and laid out on maps.

library = Library.open()
library.scan(["~/Samples"])
for hit in library.like("my kick.wav", brighter=1):
    print(hit.path, hit.distance)
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from drumjax.config import CLASSES
from drumjax.data.labels import Class, class_index
from drumjax.files import shown
from drumjax.library import copies, layout
from drumjax.library.features import PROPERTIES, analyse, distances
from drumjax.library.index import Index, Sounds, default_path, present
from drumjax.library.scan import Scan, scan

AXES = {
    "brighter": ("brightness", 3.0),
    "darker": ("brightness", -3.0),
    "punchier": ("punch", 3.0),
    "softer": ("punch", -3.0),
    "shorter": ("decay", -0.5),
    "longer": ("decay", 0.5),
}
"""{direction: (property, the least change of one step)}; brightness and punch in dB, decay in octaves."""

NEIGHBOURS = 4
"""Sounds that an empty spot of a map is played from."""

VOTERS = 10
"""Nearest sounds that decide on the class of a sound whose names say nothing."""


@dataclass(frozen=True)
class Hit:
    """A sound of the library.

    Attributes:
        path: absolute.
        drum_class: by the names of the path; None where they name none of the classes.
        distance: from the sound that was searched for; 0 where none was.
        properties: {name: value}, see `drumjax.library.features.PROPERTIES`.
    """

    path: str
    drum_class: str | None
    distance: float
    properties: Mapping[str, float]


@dataclass(frozen=True)
class Map:
    """Sounds on a map, neighbours near each other.

    Attributes:
        paths: of the sounds.
        places: x and y of each, within 0 to 1.
        labels: index in CLASSES of each, -1: none.
        values: the property that colours each.
    """

    paths: list[str]
    places: Float[np.ndarray, "sounds 2"]
    labels: Int[np.ndarray, " sounds"]
    values: Float[np.ndarray, " sounds"]


class Library:
    """The sounds of one index. Methods raise a ValueError for an index that is damaged, or arguments that are wrong."""

    def __init__(self, index: Index):
        self.index = index
        self._stamp: tuple[int, int] | None = None

    @classmethod
    def open(cls, path: str | os.PathLike | None = None) -> "Library":
        """The library of the index in the file `path`, by default that of the user's account; it may not exist yet."""
        return cls(Index(Path(path) if path is not None else default_path()))

    @property
    def sounds(self) -> Sounds:
        """All sounds, read again when the index has changed."""
        stamp = self.index.stamp()
        if stamp != self._stamp:
            self._sounds, self._stamp = self.index.sounds(), stamp
        return self._sounds

    def scan(self, folders: str | os.PathLike | Sequence[str | os.PathLike], workers: int | None = None) -> Scan:
        """Reads the new and changed files below the folders: see `drumjax.library.scan`."""
        tops = [folders] if isinstance(folders, (str, os.PathLike)) else folders
        return scan(self.index, [Path(top).expanduser() for top in tops], workers)

    def like(
        self,
        sound: str | os.PathLike,
        n: int = 10,
        steps: Mapping[str, int] | None = None,
        drum_class: Class | None = None,
    ) -> list[Hit]:
        """The sounds most like that of a file, the nearest first.

        Args:
            sound: a sound file, of the library or not; itself it is not found.
            n: number of hits, at most.
            steps: {one of AXES: number of steps}: only sounds that differ from it by so much in that direction.
            drum_class: only sounds of this class.

        Raises:
            ValueError: the file is no sound.
        """
        embedding, properties = self._describe(Path(sound))
        sounds = self.sounds
        chosen = self._of_class(drum_class)
        for direction, count in (steps or {}).items():
            if direction not in AXES:
                raise ValueError(f"a direction is one of {', '.join(AXES)}; got {direction!r}")
            name, least = AXES[direction]
            change = sounds.property(name) - properties[PROPERTIES.index(name)]
            chosen &= change * np.sign(least) >= abs(least) * count if count else chosen
        distance = distances(embedding[None], sounds.embeddings)[0]
        itself = os.path.abspath(os.fspath(sound))
        order = np.argsort(np.where(chosen, distance, np.inf), kind="stable")[: int(chosen.sum())]
        return self._hits([i for i in order if sounds.paths[i] != itself], n, distance)

    def find(
        self,
        drum_class: Class | None = None,
        name: str = "",
        ranges: Mapping[str, tuple[float, float]] | None = None,
        sort: str | None = None,
        n: int | None = None,
    ) -> list[Hit]:
        """The sounds of a class, with a text in their path, with properties within ranges.

        Args:
            drum_class: None: any.
            name: words that the path contains, in any order and case.
            ranges: {property: (least, most)}.
            sort: a property, the smallest first; None: by path.
            n: number of hits, at most; None: all.
        """
        sounds = self.sounds
        chosen = self._of_class(drum_class)
        for which, (least, most) in (ranges or {}).items():
            chosen &= (sounds.property(which) >= least) & (sounds.property(which) <= most)
        words = name.casefold().split()
        found = [i for i in np.flatnonzero(chosen) if all(word in sounds.paths[i].casefold() for word in words)]
        found.sort(key=lambda i: sounds.property(sort)[i] if sort else sounds.paths[i])
        return self._hits(found, n or len(found))

    def duplicates(self, near: bool = True) -> list[list[Hit]]:
        """Groups of files with the same sound; with `near` also under other names, formats, levels and starts."""
        sounds = self.sounds
        there = np.flatnonzero(present(sounds.paths))
        groups = copies.groups(sounds, there, near)
        return [self._hits(group, len(group)) for group in groups]

    def map(self, drum_class: Class | None = None, colour: str = "brightness", fresh: bool = False) -> Map:
        """The map of a class, or of all sounds.

        Places stay: a sound that is added lands among its neighbours and moves no other one.

        Args:
            drum_class: None: all sounds.
            colour: the property of `values`.
            fresh: lay the map out anew.
        """
        sounds, chosen = self.sounds, np.flatnonzero(self._of_class(drum_class))
        values = sounds.property(colour)[chosen]
        places = layout.of_index(self.index, self._name(drum_class), sounds, chosen, fresh)
        return Map([sounds.paths[i] for i in chosen], places, sounds.labels[chosen], values)

    def between(self, spot: tuple[float, float], drum_class: Class | None = None) -> list[tuple[Hit, float]]:
        """The sounds around a spot of a map that are there, with weights of sum 1: the nearer, the larger."""
        drawn, chosen = self.map(drum_class), np.flatnonzero(self._of_class(drum_class))
        there = present(drawn.paths)
        if not there.any():
            raise ValueError(f"this map has no sounds: scan a folder first{self._where()}")
        near, weights = layout.around(np.asarray(spot, np.float32), drawn.places[there], NEIGHBOURS)
        return list(zip(self._hits(chosen[there][near], len(near)), map(float, weights), strict=True))

    def class_of(self, sound: str | os.PathLike) -> str | None:
        """The class of a sound file: by its names, else that of most of the nearest sounds of the library."""
        sounds, path = self.sounds, os.path.abspath(os.fspath(sound))
        known = sounds.paths.index(path) if path in sounds.paths else -1
        if known >= 0 and sounds.labels[known] >= 0:
            return CLASSES[sounds.labels[known]]
        classed = np.flatnonzero(sounds.labels >= 0)
        if not len(classed):
            return None
        embedding, _ = self._describe(Path(sound))
        near = np.argsort(distances(embedding[None], sounds.embeddings[classed])[0])[:VOTERS]
        return CLASSES[np.bincount(sounds.labels[classed][near]).argmax()]

    def forget(self, folder: str | os.PathLike) -> int:
        """Removes the sounds of a folder from the index; returns the number of files."""
        return self.index.forget(os.path.abspath(Path(folder).expanduser()))

    def _describe(self, path: Path) -> tuple[Float[np.ndarray, " dimensions"], Float[np.ndarray, " properties"]]:
        """(embedding, properties) of a sound file."""
        found = analyse(path)
        if found.problem:
            raise ValueError(f"cannot search for {shown(path)}: {found.problem}")
        return found.embedding.astype(np.float32), found.properties

    def _of_class(self, drum_class: Class | None) -> Bool[np.ndarray, " sounds"]:
        labels = self.sounds.labels
        return np.ones(len(labels), bool) if drum_class is None else labels == class_index(drum_class)

    def _name(self, drum_class: Class | None) -> str:
        return "" if drum_class is None else CLASSES[class_index(drum_class)]

    def _where(self) -> str:
        return f" (the index is {shown(self.index.path)})"

    def _hits(
        self, order: Iterable[int | np.integer], n: int, distance: Float[np.ndarray, " sounds"] | None = None
    ) -> list[Hit]:
        """The first `n` of these sounds whose files are there."""
        sounds, hits = self.sounds, []
        for i in order:
            if len(hits) == n:
                break
            if os.path.exists(sounds.paths[i]):
                label = int(sounds.labels[i])
                values = dict(zip(PROPERTIES, map(float, sounds.properties[i]), strict=True))
                found = 0.0 if distance is None else float(distance[i])
                hits.append(Hit(sounds.paths[i], CLASSES[label] if label >= 0 else None, found, values))
        return hits
