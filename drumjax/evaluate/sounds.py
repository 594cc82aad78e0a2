"""The real sounds that models are evaluated on."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES
from drumjax.data.store import Store
from drumjax.evaluate import measures, populations, yardsticks
from drumjax.evaluate.measures import AUDIO
from drumjax.evaluate.model import Model

TRAINING_LIMIT = 6000
"""Most training sounds that yardsticks and ears are fitted on: 1 GB of log-mels."""


class NothingToEvaluate(ValueError):
    """A split of the store has no sounds, or sounds of too few classes."""


@dataclass(frozen=True)
class Sounds:
    """Real sounds at the rate of the measures, and at the rate of the store.

    Attributes:
        waves: 22,015 samples each, at 22,050 Hz.
        mels: 86 frames of 512 bins, linear magnitude.
        lengths: samples up to the end of each sound, at 22,050 Hz.
        labels: class index of each sound.
        kits: kit index of each sound.
        stored: waves at the rate of the store.
        rate: of the store, Hz.
    """

    waves: Float[np.ndarray, "sounds samples"]
    mels: Float[np.ndarray, "sounds frames mels"]
    lengths: Int[np.ndarray, " sounds"]
    labels: Int[np.ndarray, " sounds"]
    kits: Int[np.ndarray, " sounds"]
    stored: Float[np.ndarray, "sounds stored"]
    rate: int

    @classmethod
    def from_store(cls, store: Store, chosen: Int[np.ndarray, " sounds"]) -> "Sounds":
        """The sounds of a store with these indices."""
        stored = np.asarray(store.wave(chosen), np.float32)
        waves = yardsticks.resample(stored, store.audio.rate, AUDIO.rate, AUDIO.samples)
        lengths = measures.sound_length(waves)
        mels, labels, kits = yardsticks.mels_of(waves), store.labels[chosen], store.kits[chosen]
        return cls(waves, mels, lengths, labels, kits, stored, store.audio.rate)

    @property
    def names(self) -> list[str]:
        """Class name of each sound."""
        return [CLASSES[label] for label in self.labels]

    def waves_for(self, synth: Model) -> Float[np.ndarray, "sounds samples"]:
        """The waves at the rate and length of a model."""
        return yardsticks.resample(self.stored, self.rate, synth.rate, synth.samples)


def measure_waves(synth: Model, waves: Float[np.ndarray, "sounds input"]) -> Float[np.ndarray, "sounds samples"]:
    """A model's waves at the rate and length of the measures."""
    return yardsticks.resample(waves, synth.rate, AUDIO.rate, AUDIO.samples)


def choose_sounds(store: Store, split: str | None, limit: int | None) -> tuple[str, Int[np.ndarray, " sounds"]]:
    """The split, and the indices of at most `limit` of its sounds a class.

    Raises:
        NothingToEvaluate: the split has no sounds.
    """
    if split is None:
        split = "test" if len(store.indices("test")) else "validation"
    chosen = store.indices(split)
    if len(chosen) == 0:
        raise NothingToEvaluate(f"the store's {split} split holds no sounds: choose another with --split")
    return split, chosen[populations.within_limit(store.labels[chosen], limit)]


def training_indices(store: Store) -> Int[np.ndarray, " sounds"]:
    """The indices of the training sounds, or of at most `TRAINING_LIMIT` of them.

    Raises:
        NothingToEvaluate: they are of fewer than two classes.
    """
    indices = store.indices("train")
    if len(np.unique(store.labels[indices])) < 2:
        raise NothingToEvaluate("the store's training split holds too few classes to fit the yardsticks on")
    if len(indices) > TRAINING_LIMIT:
        indices = indices[populations.within_limit(store.labels[indices], -(-TRAINING_LIMIT // len(CLASSES)))]
    return indices
