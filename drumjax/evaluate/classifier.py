"""A classifier of drum sounds, trained on real sounds only and independent of the model under evaluation.

It is fitted on log-mels of the training split. The evaluation reports how many sounds it assigns to the right class,
and computes the Frechet distance on its penultimate layer. No model is selected by it. Its descriptors were chosen by
its accuracy on real validation sounds; loudness alone did not capture texture.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES

BANDS = 64
"""The 512 mel bins in groups of 8."""

EDGES = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40, 50, 64, 86)
"""Frames at which the time slots begin: fine at the attack, coarse in the tail."""

OFFSET = 1e-3  # -60 dB of the loudest cell, added before the logarithm

LAG = 4
"""Frames, or mel bins, between the values of a second difference: windows four frames apart share no samples."""

ROUGH_BANDS, ROUGH_EDGES = 32, (0, 4, 10, 18, 33, 64, 86)  # as BANDS and EDGES
ROUGH_OFFSET, ROUGH_FLOOR = 1e-4, 1e-2  # added to mels relative to the loudest bin; added to mean squares

COMPONENTS = 128  # of the PCA of the descriptors
HIDDEN = (256, 64)  # units of the hidden layers
EMBEDDING = 64  # dimensions
MEMBERS = 4  # networks of the ensemble
EPOCHS = 30


def descriptors(mels: Float[np.ndarray, "sounds frames mels"]) -> Float[np.ndarray, "sounds descriptors"]:
    """Loudness and roughness of sounds in bands and time slots, independent of level.

    Loudness: logarithm of the root mean mel power of 64 bands in 18 slots, relative to the loudest cell. Roughness:
    logarithm of the mean square of the log-mel's second difference, along time and along frequency, of 32 bands in 6
    slots. Roughness separates noise, steady partials and smoothed spectra of the same mean power.
    """
    parts = np.array_split(mels, max(1, len(mels) // 256))  # bounds the memory
    return np.concatenate([np.concatenate([_loudness(part), _roughness(part)], axis=1) for part in parts])


def _loudness(mels):
    level = np.sqrt(_cell_means(np.square(mels), BANDS, EDGES))
    peak = level.max(axis=1, keepdims=True, initial=0)
    return np.log(level / np.where(peak > 0, peak, 1) + np.float32(OFFSET))


def _roughness(mels):
    peak = mels.max(axis=(1, 2), keepdims=True, initial=0)
    log_mel = np.log(mels / np.where(peak > 0, peak, 1) + np.float32(ROUGH_OFFSET))
    along = []
    for axis in (1, 2):
        x = np.moveaxis(log_mel, axis, -1)
        difference = x[..., 2 * LAG :] - 2 * x[..., LAG:-LAG] + x[..., : -2 * LAG]
        padded = np.pad(np.square(difference), ((0, 0), (0, 0), (LAG, LAG)), mode="edge")
        along.append(_cell_means(np.moveaxis(padded, -1, axis), ROUGH_BANDS, ROUGH_EDGES))
    return np.log(np.concatenate(along, axis=1) + np.float32(ROUGH_FLOOR))


def _cell_means(x, bands, edges):
    """Means over `bands` groups of bins and over the slots between `edges`: (sounds, slots * bands)."""
    x = x.reshape(*x.shape[:2], bands, -1).mean(axis=-1)
    slots = np.add.reduceat(x, edges[:-1], axis=1) / np.diff(edges)[:, None].astype(np.float32)
    return slots.reshape(len(x), -1)


def sample_weights(
    labels: Int[np.ndarray, " sounds"], kits: Int[np.ndarray, " sounds"]
) -> Float[np.ndarray, " sounds"]:
    """Sample weights of mean 1: every class has the same sum, and a kit of n sounds counts sqrt(n) in its class."""
    _, groups, sizes = np.unique(np.stack([labels, kits]), axis=1, return_inverse=True, return_counts=True)
    raw = 1 / np.sqrt(sizes[groups.ravel()])
    raw /= np.bincount(labels, raw, minlength=len(CLASSES))[labels]
    return raw / raw.mean()


@dataclass(frozen=True)
class Classifier:
    """A fitted ensemble of multilayer perceptrons.

    Attributes:
        mean, std: of each descriptor; std at least 0.3.
        pca: scikit-learn PCA of the standardised descriptors.
        scale: standard deviation of all components together; dividing by it keeps their relative sizes.
        members: scikit-learn MLPs.
        embedder: scikit-learn PCA of the members' penultimate layers, to 64 dimensions.
    """

    mean: Float[np.ndarray, " descriptors"]
    std: Float[np.ndarray, " descriptors"]
    pca: Any
    scale: float
    members: tuple[Any, ...]
    embedder: Any

    @classmethod
    def fit(
        cls,
        x: Float[np.ndarray, "sounds descriptors"],
        labels: Int[np.ndarray, " sounds"],
        kits: Int[np.ndarray, " sounds"],
        seed: int = 0,
    ) -> "Classifier":
        """Fits the classifier; the same sounds and seed give the same result.

        Args:
            x: `descriptors` of real training sounds.
            labels: class index of each sound.
            kits: kit index of each sound.
            seed: of the members' initial values and batch order.

        Raises:
            ValueError: fewer than two classes have a sound.
        """
        from sklearn.decomposition import PCA
        from sklearn.neural_network import MLPClassifier
        from threadpoolctl import threadpool_limits

        if len(np.unique(labels)) < 2:
            raise ValueError("a classifier needs training sounds of two classes or more")
        mean, std = x.mean(axis=0), np.maximum(x.std(axis=0), 0.3)
        standard = (x - mean) / std
        pca = PCA(min(COMPONENTS, *x.shape), svd_solver="full").fit(standard)
        projected = pca.transform(standard)
        scale = float(projected.std())
        weights = sample_weights(labels, kits)
        # A fixed number of epochs: early stopping needs held-out kits, and the small classes have none to spare.
        settings = dict(hidden_layer_sizes=HIDDEN, alpha=1.0, batch_size=min(64, len(x)), max_iter=EPOCHS, tol=0.0)
        networks = [MLPClassifier(**settings, random_state=seed + i) for i in range(MEMBERS)]
        # Products this small are fifty times slower on two busy cores than on one.
        with threadpool_limits(1):
            members = tuple(_fit_member(network, projected / scale, labels, weights) for network in networks)
        layers = _penultimate(members, projected / scale)
        embedder = PCA(min(EMBEDDING, *layers.shape), svd_solver="full").fit(layers)
        return cls(mean, std, pca, scale, members, embedder)

    def probabilities(self, x: Float[np.ndarray, "sounds descriptors"]) -> Float[np.ndarray, "sounds classes"]:
        """Geometric mean of the members' probabilities, normalised; 0 for classes without a training sound."""
        projected, total = self._project(x), np.zeros((len(x), len(CLASSES)))
        logs = np.mean([np.log(member.predict_proba(projected) + 1e-9) for member in self.members], axis=0)
        total[:, self.members[0].classes_] = np.exp(logs)
        return total / total.sum(axis=1, keepdims=True)

    def predict(self, x: Float[np.ndarray, "sounds descriptors"]) -> Int[np.ndarray, " sounds"]:
        """The most probable class of each sound, as an index in CLASSES."""
        return self.probabilities(x).argmax(axis=1)

    def embed(self, x: Float[np.ndarray, "sounds descriptors"]) -> Float[np.ndarray, "sounds embedding"]:
        """The members' penultimate layers, projected to at most 64 dimensions."""
        return self.embedder.transform(_penultimate(self.members, self._project(x)))

    def _project(self, x):
        return self.pca.transform((x - self.mean) / self.std) / self.scale


def _fit_member(network, x, labels, weights):
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the fixed number of epochs regularises
        return network.fit(x, labels, sample_weight=weights)


def _penultimate(members, x):
    layers = []
    for network in members:
        hidden = x
        for weight, bias in zip(network.coefs_[:-1], network.intercepts_[:-1], strict=True):
            hidden = np.maximum(hidden @ weight + bias, 0)
        layers.append(hidden)
    return np.concatenate(layers, axis=1)
