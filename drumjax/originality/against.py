"""Originality beside the sounds of a folder, compared as a library compares them."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drumjax.library import copies
from drumjax.library.index import of_folder
from drumjax.library.library import Library
from drumjax.originality.judge import nearest_of_another_kit


@dataclass(frozen=True)
class Nearest:
    """The nearest sound of a folder.

    Attributes:
        path: of its file.
        distance: of the embeddings.
        percentile: share, in percent, of the folder's sounds that are nearer than that to one of another sub-folder; in
            a folder without sub-folders, to any other one.
        copy: whether both are one recording.
    """

    path: str
    distance: float
    percentile: float
    copy: bool


class Folder:
    """The sounds of a folder; each folder has an index of its own, so that a second look reads new files only.

    Raises:
        ValueError: the folder does not exist, or holds no sounds.
    """

    def __init__(self, folder: Path):
        self._library = Library.open(of_folder(folder))
        self._library.scan([folder])
        sounds = self._library.sounds
        if not len(sounds):
            raise ValueError(f"{folder} holds no sounds")
        kits = [os.path.dirname(path) for path in sounds.paths]
        several = len(set(kits)) > 1
        self._real = np.sort(nearest_of_another_kit(sounds.embeddings, kits if several else [""] * len(sounds)))

    def nearest(self, path: Path) -> Nearest | None:
        """The sound of the folder that is nearest to a file, other than itself; None where there is no other."""
        hits = self._library.like(path, 1)
        if not hits:
            return None
        hit = hits[0]
        percentile = 100 * np.searchsorted(self._real, hit.distance) / max(len(self._real), 1)
        return Nearest(hit.path, hit.distance, float(percentile), copies.is_copy(str(path), hit.path))
