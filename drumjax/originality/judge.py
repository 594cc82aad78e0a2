"""Originality by a bundle: the nearest training sound, and how unusual so small a distance is among real drums.

A bundle holds the codes of its training sounds, not the sounds. A sound is encoded as they were, and both are compared
as the bundle decodes them: by the levels of cells of the mel in dB, fine at the attack. The measure of "near" are real
sounds: the distances from each training sound to the nearest one of another kit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from drumjax import checkpoint
from drumjax.config import CLASSES, Audio
from drumjax.library.features import distances
from drumjax.sound import audio

if TYPE_CHECKING:
    from drumjax.synth import Synth

COPY_PERCENT, CLOSE_PERCENT = 5.0, 25.0
"""Percentiles of the distances between real sounds of different kits: below the first a sound is as near as a copy."""

READ_SECONDS = 10.0  # of a file; a bundle holds a second of it
AT_ONCE = 32  # sounds decoded at once
BLOCK = 256  # sounds whose distances are computed at once
VOTERS = 10  # nearest training sounds that decide on a class that nothing says
DB = 20 / np.log(10)  # dB of a neper


@dataclass(frozen=True)
class Origin:
    """A training sound of a bundle.

    Attributes:
        number: of its code in the bundle.
        drum_class: of the sound.
        source, licence: of the collection that it is from; empty where the bundle does not hold them.
        kit: that it belongs to; empty for a built-in drum.
    """

    number: int
    drum_class: str
    source: str
    licence: str
    kit: str


@dataclass(frozen=True)
class Originality:
    """The report on one sound.

    Attributes:
        drum_class: that it was encoded as.
        nearest: the nearest training sound.
        distance: to it: root mean square difference in dB.
        percentile: share, in percent, of real sounds that are nearer than that to a sound of another kit.
    """

    drum_class: str
    nearest: Origin
    distance: float
    percentile: float

    @property
    def verdict(self) -> str:
        """One clause in plain words."""
        if self.percentile < COPY_PERCENT:
            return "as near as a copy"
        return "nearer than most" if self.percentile < CLOSE_PERCENT else "no nearer than real drums of other kits"


class Judge:
    """Compares sounds with the training sounds of a bundle.

    Attributes:
        real_distances: from each training sound to the nearest one of another kit, ascending.

    Raises:
        ValueError: the bundle holds no codes of training sounds, or not which kit they are of.
    """

    def __init__(self, bundle: checkpoint.Bundle, synth: "Synth | None" = None):
        from drumjax.synth import Synth

        if "codes" not in bundle.density:
            raise ValueError("this bundle holds no codes of its training sounds: originality cannot be judged by it")
        self._synth = synth or Synth(bundle)
        self._labels = np.asarray(bundle.density["labels"], np.int64)
        self._origins = origins(bundle.metadata, self._labels)
        self._codes = np.asarray(bundle.density["codes"], np.float32)
        self._levels = self._decoded_levels(self._codes, [CLASSES[label] for label in self._labels])
        kits = [origin.kit for origin in self._origins]
        self.real_distances = np.sort(nearest_of_another_kit(self._levels, kits) / np.sqrt(self._levels.shape[1]))

    def fitted(self, path: Path) -> Float[np.ndarray, " samples"]:
        """The sound of a file, at the rate and length of the bundle.

        Raises:
            ValueError: it cannot be read, or is silent or too short.
        """
        return audio.fit_mix(*audio.read(path, READ_SECONDS), self.audio, READ_SECONDS)[0]

    def judge(self, wave: Float[np.ndarray, " samples"], drum_class: str | None = None) -> Originality:
        """The report on a sound, as `fitted` gives it.

        Args:
            wave: the sound.
            drum_class: None: that of most of the nearest training sounds.
        """
        if drum_class is None:
            near = np.argsort(_db_between(self._levels_of(self._synth.mel(wave)[None]), self._levels)[0])[:VOTERS]
            drum_class = CLASSES[np.bincount(self._labels[near]).argmax()]
        z = self._synth.encode(wave, drum_class)
        distance = _db_between(self._decoded_levels(z[None], [drum_class]), self._levels)[0]
        nearest = int(distance.argmin())
        percentile = 100 * np.searchsorted(self.real_distances, distance[nearest]) / max(len(self.real_distances), 1)
        return Originality(drum_class, self._origins[nearest], float(distance[nearest]), float(percentile))

    @property
    def audio(self) -> Audio:
        """Settings of the mels."""
        return self._synth.config.audio

    def mels(self, wave: Float[np.ndarray, " samples"], found: Originality) -> Float[np.ndarray, "2 frames mels"]:
        """The mels of a sound and of its nearest training sound."""
        number = found.nearest.number
        return np.stack([self._synth.mel(wave), self._synth.decode(self._codes[number], found.nearest.drum_class)])

    def _levels_of(self, mels):
        from drumjax.play import judge

        whole = mels.shape[-1] // judge.BAND * judge.BAND
        return (DB * judge.slot_levels(mels[..., :whole])).astype(np.float32)

    def _decoded_levels(self, z, names):
        blocks = (slice(at, at + AT_ONCE) for at in range(0, len(z), AT_ONCE))
        return np.concatenate([self._levels_of(self._synth.decode(z[block], names[block])) for block in blocks])


def origins(metadata: Mapping[str, Any], labels: Int[np.ndarray, " codes"]) -> list[Origin]:
    """Where each training sound of a bundle is from.

    Raises:
        ValueError: the bundle does not hold it.
    """
    sources, kits = metadata["sources"], metadata["heard_kits"]
    runs = [tuple(map(int, run.split())) for run in metadata.get("origins", "").split(",") if run]
    if sum(run[2] for run in runs) != len(labels):
        raise ValueError("this bundle does not hold where each of its training sounds is from: train it anew")
    of_code = [(source, kit) for source, kit, count in runs for _ in range(count)]
    found = []
    for number, (label, (source, kit)) in enumerate(zip(labels, of_code, strict=True)):
        named = sources[source] if source >= 0 else {}
        name, licence = named.get("source", ""), named.get("licence", "")
        found.append(Origin(number, CLASSES[label], name, licence, kits[kit] if kit >= 0 else ""))
    return found


def _db_between(levels: Float[np.ndarray, "n cells"], others: Float[np.ndarray, "m cells"]) -> Float[np.ndarray, "n m"]:
    """Root mean square differences in dB."""
    return distances(levels, others) / np.sqrt(levels.shape[1])


def nearest_of_another_kit(
    vectors: Float[np.ndarray, "sounds dimensions"], kits: Sequence[str]
) -> Float[np.ndarray, " sounds"]:
    """The distance of each sound to the nearest one of another kit; sounds without a kit are a kit each."""
    _, number = np.unique(np.array([kit or f"\0{i}" for i, kit in enumerate(kits)]), return_inverse=True)
    nearest = []
    for at in range(0, len(vectors), BLOCK):
        distance = distances(vectors[at : at + BLOCK], vectors)
        distance[number[at : at + BLOCK, None] == number[None]] = np.inf
        nearest.append(distance.min(axis=1))
    found = np.concatenate(nearest)
    return found[np.isfinite(found)]
