"""The independent ear: a classifier of drum sounds that never hears a model.

It is fitted on real log-mels of the training split, judges what models make by their class, and lends its
penultimate layer to the Frechet distance. It is used for figures only, never to select a model. Its features were
chosen by how many real validation sounds it recognises, once it was clear that texture was beyond its hearing.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES

BANDS = 64
"""The 512 mel bins in groups of 8."""

EDGES = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40, 50, 64, 86)
"""Frames at which the time slots begin: fine at the attack, coarse in the tail."""

OFFSET = 1e-3  # -60 dB of the loudest cell: what lies below is not heard

LAG = 4
"""Frames, and mel bins, between values of which the second difference tells how rough a spectrum is: four frames of
the usual window share no samples."""

ROUGH_BANDS, ROUGH_EDGES = 32, (0, 4, 10, 18, 33, 64, 86)
ROUGH_OFFSET, ROUGH_FLOOR = 1e-4, 1e-2  # of the loudest bin; of the mean square of the difference

COMPONENTS = 128
HIDDEN = (256, 64)
WIDTH = 64  # of the embedding
MEMBERS = 4  # networks whose opinions are averaged
EPOCHS = 30


def features(mels: Float[np.ndarray, "sounds frames mels"]) -> Float[np.ndarray, "sounds features"]:
    """Loudness and roughness of a sound in bands and time slots, blind to its level.

    Loudness: log-mels of 64 bands in 18 slots (mel power averaged), the loudest cell at 0. Roughness: the log of the
    mean square of the log-mel's second difference, along time and along frequency, of 32 bands in 6 slots. A mean
    over a cell says how loud it is; whether it hisses, rings or was smoothed, only what goes on inside it says.
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
    """Means over `bands` groups of bins and the slots between `edges`: (sounds, slots * bands)."""
    x = x.reshape(*x.shape[:2], bands, -1).mean(axis=-1)
    slots = np.add.reduceat(x, edges[:-1], axis=1) / np.diff(edges)[:, None].astype(np.float32)
    return slots.reshape(len(x), -1)


def weights(labels: Int[np.ndarray, " sounds"], kits: Int[np.ndarray, " sounds"]) -> Float[np.ndarray, " sounds"]:
    """Weights that give every class the same sum, and a kit of n sounds the root of n inside its class."""
    _, groups, sizes = np.unique(np.stack([labels, kits]), axis=1, return_inverse=True, return_counts=True)
    raw = 1 / np.sqrt(sizes[groups.ravel()])
    raw /= np.bincount(labels, raw, minlength=len(CLASSES))[labels]
    return raw / raw.mean()


@dataclass(frozen=True)
class Ear:
    """A fitted classifier.

    Attributes:
        mean, std: of the features, per feature.
        pca: scikit-learn PCA of the standardised features.
        scale: of the components, one number: their relative sizes stay.
        members: scikit-learn MLPs.
        embedder: PCA of the members' penultimate layers to 64.
    """

    mean: np.ndarray
    std: np.ndarray
    pca: object
    scale: float
    members: tuple
    embedder: object

    @classmethod
    def fit(
        cls,
        x: Float[np.ndarray, "sounds features"],
        labels: Int[np.ndarray, " sounds"],
        kits: Int[np.ndarray, " sounds"],
        seed: int = 0,
    ) -> "Ear":
        """Fits on `features` of real training sounds; the same sounds and seed give the same ear.

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
        balance = weights(labels, kits)
        # A fixed number of epochs: stopping early would need held-out kits, which the thin classes do not have.
        settings = dict(hidden_layer_sizes=HIDDEN, alpha=1.0, batch_size=min(64, len(x)), max_iter=EPOCHS, tol=0.0)
        networks = [MLPClassifier(**settings, random_state=seed + i) for i in range(MEMBERS)]
        # Products this small cost fifty times more on two busy cores than on one.
        with threadpool_limits(1):
            members = tuple(_fitted(network, projected / scale, labels, balance) for network in networks)
        layers = _penultimate(members, projected / scale)
        embedder = PCA(min(WIDTH, *layers.shape), svd_solver="full").fit(layers)
        return cls(mean, std, pca, scale, members, embedder)

    def probabilities(self, x: Float[np.ndarray, "sounds features"]) -> Float[np.ndarray, "sounds classes"]:
        """The members' geometric mean, 0 for classes without a training sound."""
        projected, total = self._projected(x), np.zeros((len(x), len(CLASSES)))
        known = self.members[0].classes_
        total[:, known] = np.exp(np.mean([np.log(m.predict_proba(projected) + 1e-9) for m in self.members], axis=0))
        return total / total.sum(axis=1, keepdims=True)

    def predict(self, x: Float[np.ndarray, "sounds features"]) -> Int[np.ndarray, " sounds"]:
        """The likeliest class of each sound, an index in CLASSES."""
        return self.probabilities(x).argmax(axis=1)

    def embed(self, x: Float[np.ndarray, "sounds features"]) -> Float[np.ndarray, "sounds 64"]:
        """The penultimate layers, reduced to 64 numbers or fewer."""
        return self.embedder.transform(_penultimate(self.members, self._projected(x)))

    def _projected(self, x):
        return self.pca.transform((x - self.mean) / self.std) / self.scale


def _fitted(network, x, labels, balance):
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is the regularisation
        return network.fit(x, labels, sample_weight=balance)


def _penultimate(members, x):
    layers = []
    for network in members:
        hidden = x
        for weight, bias in zip(network.coefs_[:-1], network.intercepts_[:-1], strict=True):
            hidden = np.maximum(hidden @ weight + bias, 0)
        layers.append(hidden)
    return np.concatenate(layers, axis=1)
