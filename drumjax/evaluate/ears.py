"""Three judges of drum sounds, fitted on the real sounds of a store's training split.

    ears = Ears.fit(store)                          # the first time minutes, then from the store's folder
    ears.judge(waves, rate, labels)                 # {ear: {"recognised": ..., "frechet": ...}}
    ears.real_held_out(), ears.real_training()      # the same of real sounds, for comparison

    mels            perceptrons on loudness and roughness of the paper's mels (`classifier`), at 22,050 Hz
    convolutional   a convolutional network on log-mels of another resolution (`convolutional`), at 22,050 Hz
    tells           gradient boosting on descriptors of waves (`tells`), at 44,100 Hz

No ear shares a feature with another, and the last two share none with the models. `judge` takes waves of any rate and
level: each ear resamples to its own rate and scales to a peak of 1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES
from drumjax.data.store import Store
from drumjax.evaluate import boosting, cache, classifier, convolutional, populations, tells, yardsticks
from drumjax.evaluate.measures import AUDIO
from drumjax.evaluate.sounds import Sounds, choose_sounds, training_indices

EARS = ("mels", "convolutional", "tells")


class Heard(NamedTuple):
    """What one ear makes of sounds: class probabilities, and an embedding for the Frechet distance."""

    probabilities: Float[np.ndarray, "sounds classes"]
    embedding: Float[np.ndarray, "sounds embedding"]


@dataclass(frozen=True)
class Ears:
    """Fitted ears, and the real sounds that they were fitted on or not.

    Attributes:
        mels, network, tells: the fitted ears: a `Classifier`, parameters, a `Boosting`.
        split: the held-out sounds' split.
        training, held_out: real sounds.
        heard: of the held-out sounds, by ear.
        training_descriptors: `tells.describe` of the training sounds.
    """

    mels: classifier.Classifier
    network: convolutional.Params
    tells: boosting.Boosting
    split: str
    training: Sounds
    held_out: Sounds
    heard: dict[str, Heard]
    training_descriptors: Float[np.ndarray, "training descriptors"]

    @classmethod
    def fit(
        cls,
        store: Store,
        split: str | None = None,
        limit: int | None = None,
        seed: int = 0,
        log: Callable[[str], None] = lambda text: None,
    ) -> "Ears":
        """Fits the ears on the training split, or reads what an earlier call has left in the store's folder.

        Args:
            store: real sounds.
            split: held-out sounds to compare with, "test" or "validation"; by default test, or validation where test
                is empty.
            limit: most held-out sounds of every class.
            seed: of the fits.
            log: receives a line at the start of each fit.

        Raises:
            NothingToEvaluate: the split has no sounds, or the training split has fewer than two classes.
        """
        split, chosen = choose_sounds(store, split, limit)
        training, held_out = (Sounds.from_store(store, indices) for indices in (training_indices(store), chosen))
        labels, kits = training.labels, training.kits
        keep = cache.Cache(store.folder / "ears", (training.stored, labels, kits, seed))
        log(f"ears: {len(labels)} training sounds, {len(chosen)} of {split}")
        mels = classifier.Classifier.fit(classifier.descriptors(training.mels), labels, kits, seed)
        log("ears: convolutional network")
        network = keep.arrays(
            "convolutional",
            (convolutional,),
            lambda: convolutional.train(_network_waves(training.stored, training.rate), labels, kits, seed),
        )
        log("ears: descriptors")
        described = keep.arrays(
            "tells", (tells,), lambda: {"descriptors": tells.describe(training.stored, training.rate)}
        )["descriptors"]
        boosted = boosting.Boosting.fit(described, labels, kits, seed)
        ears = cls(mels, network, boosted, split, training, held_out, {}, described)
        ears.heard.update(ears.hear(held_out.stored, held_out.rate))
        return ears

    def hear(self, waves: Float[np.ndarray, "sounds samples"], rate: int) -> dict[str, Heard]:
        """{ear: class probabilities and embedding} of waves of any rate, in Hz, and any level."""
        peaks = np.maximum(np.abs(waves).max(axis=1, keepdims=True), 1e-9)
        waves = (waves / peaks).astype(np.float32)
        x = classifier.descriptors(yardsticks.mels_of(yardsticks.resample(waves, rate, AUDIO.rate, AUDIO.samples)))
        described = tells.describe(waves, rate)
        return {
            "mels": Heard(self.mels.probabilities(x), self.mels.embed(x)),
            "convolutional": Heard(*convolutional.outputs(self.network, _network_waves(waves, rate))),
            "tells": Heard(self.tells.probabilities(described), self.tells.embed(described)),
        }

    def judge(
        self,
        waves: Float[np.ndarray, "sounds samples"],
        rate: int,
        labels: Int[np.ndarray, " sounds"],
        kits: Int[np.ndarray, " sounds"] | None = None,
    ) -> dict[str, dict[str, Any]]:
        """Recognition of sounds, and their Frechet distance to the held-out sounds, by every ear.

        Args:
            waves: at any level.
            rate: Hz.
            labels: class of each sound, as an index in CLASSES.
            kits: kit of each sound, for the intervals; None: each is a kit of its own.

        Returns:
            {ear: {"recognised": {"macro", "classes", "interval"}, "frechet": {"macro"}}}. The distance is that of all
            classes together, with equal numbers of a class on both sides.
        """
        return self._judge(self.hear(waves, rate), labels, np.arange(len(labels)) if kits is None else kits)

    def real_held_out(self) -> dict[str, dict[str, Any]]:
        """Recognition of the held-out sounds, with an interval over their kits."""
        return self._judge(self.heard, self.held_out.labels, self.held_out.kits, frechet=False)

    def real_training(self) -> dict[str, dict[str, Any]]:
        """Frechet distance of training sounds to the held-out ones: that of a model which only plays back."""
        chosen = populations.equal_numbers(self.training.labels, _sizes(self.held_out.labels), seed=1)
        heard = self.hear(self.training.stored[chosen], self.training.rate)
        judged = self._judge(heard, self.training.labels[chosen], self.training.kits[chosen])
        return {ear: {"frechet": judged[ear]["frechet"]} for ear in EARS}  # recognised: they were fitted on

    def _judge(self, heard, labels, kits, frechet=True):
        table = {}
        for ear in EARS:
            correct = (heard[ear].probabilities.argmax(axis=1) == labels).astype(float)
            table[ear] = {"recognised": populations.recognition(correct, labels, kits)}
            if frechet:
                sizes = {c: min(n, _sizes(labels).get(c, 0)) for c, n in _sizes(self.held_out.labels).items()}
                made, real = (populations.equal_numbers(of, sizes) for of in (labels, self.held_out.labels))
                distance = populations.frechet_distance(heard[ear].embedding[made], self.heard[ear].embedding[real])
                table[ear]["frechet"] = {"macro": distance}
        return table


def _sizes(labels):
    """{class index: number of its sounds}"""
    return {int(label): int(np.sum(labels == label)) for label in range(len(CLASSES)) if np.any(labels == label)}


def _network_waves(waves, rate):
    return yardsticks.resample(waves, rate, convolutional.AUDIO.rate, convolutional.AUDIO.samples)
