"""Three judges of drum sounds, fitted on the real sounds of a store's training split.

    ears = Ears.fit(store, "validation")            # the first time minutes, then from the store's folder
    ears.judge(waves, rate, labels)                 # {ear: {"recognised": ..., "frechet": ...}}
    ears.real_held_out(), ears.real_training()      # the same of real sounds, for comparison
    heard = ears.hear(waves, rate)                  # once, where `assessment.assess` is wanted too

    mels            perceptrons on loudness and roughness of the paper's mels (`classifier`), at 22,050 Hz
    convolutional   a convolutional network on log-mels of another resolution (`convolutional`), at 22,050 Hz
    tells           gradient boosting on descriptors of waves (`tells`), at 44,100 Hz

No ear shares a feature with another, and the last two share none with the models. `judge` takes waves of any rate and
level: each ear resamples to its own rate and scales to a peak of 1.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from drumjax.data.store import Store
from drumjax.evaluate import (
    boosting,
    cache,
    classifier,
    convolutional,
    dynamics,
    measures,
    populations,
    tells,
    yardsticks,
)
from drumjax.evaluate.measures import AUDIO
from drumjax.evaluate.sounds import Sounds, choose_sounds, training_indices
from drumjax.sound import dsp

EARS = ("mels", "convolutional", "tells")


class Heard(NamedTuple):
    """What the ears make of sounds.

    Attributes:
        probabilities: {ear: of the classes}.
        embeddings: {ear: for the Frechet distance}.
        descriptors: `tells.describe`.
    """

    probabilities: dict[str, Float[np.ndarray, "sounds classes"]]
    embeddings: dict[str, Float[np.ndarray, "sounds _"]]
    descriptors: Float[np.ndarray, "sounds descriptors"]


@dataclass(frozen=True)
class Ears:
    """Fitted ears, and the real sounds of both sides.

    Attributes:
        perceptrons: ear 1.
        network: parameters of ear 2.
        boosted: ear 3.
        split: of the held-out sounds.
        training: the real sounds that the ears were fitted on.
        training_descriptors: their `tells.describe`.
        held_out: real sounds of other kits.
    """

    perceptrons: classifier.Classifier
    network: convolutional.Params
    boosted: boosting.Boosting
    split: str
    training: Sounds
    training_descriptors: Float[np.ndarray, "training descriptors"]
    held_out: Sounds

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
        perceptrons = classifier.Classifier.fit(classifier.descriptors(training.mels), labels, kits, seed)
        log("ears: convolutional network")
        network = keep.arrays(
            "convolutional",
            (convolutional, dsp),
            lambda: convolutional.train(_network_waves(training.stored, training.rate), labels, kits, seed),
        )
        log("ears: descriptors")
        described = keep.arrays(
            "tells",
            (tells, dynamics, measures),
            lambda: {"descriptors": tells.describe(training.stored, training.rate)},
        )["descriptors"]
        boosted = boosting.Boosting.fit(described, labels, kits, seed)
        return cls(perceptrons, network, boosted, split, training, described, held_out)

    def hear(self, waves: Float[np.ndarray, "sounds samples"], rate: int) -> Heard:
        """Class probabilities, embeddings and descriptors of waves of any rate, in Hz, and any level."""
        described = tells.describe(waves, rate)
        waves = (waves / np.maximum(np.abs(waves).max(axis=1, keepdims=True), 1e-9)).astype(np.float32)
        x = classifier.descriptors(yardsticks.mels_of(yardsticks.resample(waves, rate, AUDIO.rate, AUDIO.samples)))
        of_ears = {
            "mels": (self.perceptrons.probabilities(x), self.perceptrons.embed(x)),
            "convolutional": convolutional.outputs(self.network, _network_waves(waves, rate)),
            "tells": (self.boosted.probabilities(described), self.boosted.embed(described)),
        }
        probabilities, embeddings = ({ear: of_ears[ear][part] for ear in EARS} for part in (0, 1))
        return Heard(probabilities, embeddings, described)

    @functools.cached_property
    def heard(self) -> Heard:
        """`hear` of the held-out sounds."""
        return self.hear(self.held_out.stored, self.held_out.rate)

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
        return self.judge_heard(self.hear(waves, rate), labels, kits)

    def judge_heard(
        self, heard: Heard, labels: Int[np.ndarray, " sounds"], kits: Int[np.ndarray, " sounds"] | None = None
    ) -> dict[str, dict[str, Any]]:
        """`judge` of what `hear` has returned."""
        kits = np.arange(len(labels)) if kits is None else kits
        sizes = {c: min(n, int(np.sum(labels == c))) for c, n in _sizes(self.held_out.labels).items()}
        made, real = (populations.equal_numbers(of, sizes) for of in (labels, self.held_out.labels))
        table = {}
        for ear in EARS:
            correct = (heard.probabilities[ear].argmax(axis=1) == labels).astype(float)
            distance = populations.frechet_distance(heard.embeddings[ear][made], self.heard.embeddings[ear][real])
            table[ear] = {"recognised": populations.recognition(correct, labels, kits), "frechet": {"macro": distance}}
        return table

    def real_held_out(self) -> dict[str, dict[str, Any]]:
        """Recognition of the held-out sounds, with an interval over their kits."""
        judged = self.judge_heard(self.heard, self.held_out.labels, self.held_out.kits)
        return {ear: {"recognised": judged[ear]["recognised"]} for ear in EARS}

    def real_training(self) -> dict[str, dict[str, Any]]:
        """Frechet distance of training sounds to the held-out ones: that of a model which only plays back."""
        chosen = populations.equal_numbers(self.training.labels, _sizes(self.held_out.labels), seed=1)
        judged = self.judge(self.training.stored[chosen], self.training.rate, self.training.labels[chosen])
        # They are recognised because the ears were fitted on them.
        return {ear: {"frechet": judged[ear]["frechet"]} for ear in EARS}


def _sizes(labels):
    """{class index: number of its sounds}"""
    return {int(label): int(count) for label, count in zip(*np.unique(labels, return_counts=True), strict=True)}


def _network_waves(waves, rate):
    return yardsticks.resample(waves, rate, convolutional.AUDIO.rate, convolutional.AUDIO.samples)
