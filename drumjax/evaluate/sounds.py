"""The real sounds that models are evaluated on."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES
from drumjax.data.store import Store
from drumjax.evaluate import measures, yardsticks
from drumjax.evaluate.measures import AUDIO
from drumjax.evaluate.model import Model


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
