"""A CWAE on principal components of the log-mel: it trains in minutes and reconstructs better from few sounds."""

import math
from collections.abc import Sequence

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from drumjax.config import CLASSES
from drumjax.config import CWAE as Settings
from drumjax.models.autoencoder import Autoencoder, Dense


class Components(Autoencoder):
    """Encoder and decoder in the leading principal components of standardised log-mels, in place of convolutions.

    A linear path, affine for each class, leads from the first `latent` components to the latents and back: alone it
    reconstructs as a PCA with `latent` components does, and its latents are N(0, I) in every class up to second order.
    Dense networks beside it read and write all components and learn the rest. The linear path is fitted before
    training (`fit_components`) and kept among the batch statistics.

    Components are scaled so that the mean square of a log-mel is the sum of their squares.
    """

    def setup(self):
        s, rows, features = self.settings, len(CLASSES), self.audio.frames * self.audio.mels
        shapes = {
            "basis": (s.components, features),
            "centre": (rows, s.components),
            "scale": (s.components,),
            "whiten": (rows, s.latent, s.latent),
            "colour": (rows, s.latent, s.latent),
        }
        self.fitted = {name: self.variable("batch_stats", name, jnp.zeros, shape) for name, shape in shapes.items()}
        last = nn.initializers.zeros  # training starts from the linear path alone
        self.down = [*(Dense(width) for width in s.dense), Dense(s.latent, kernel_init=last)]
        self.up = [*(Dense(width) for width in reversed(s.dense)), Dense(s.components, kernel_init=last)]
        self.drop = nn.Dropout(s.dropout)

    def project(self, x: Float[Array, "batch frames mels"]) -> Float[Array, "batch components"]:
        """The components of standardised log-mels."""
        basis = self.fitted["basis"].value
        return x.reshape(x.shape[0], -1) @ basis.T / math.sqrt(basis.shape[1])

    def expand(self, u: Float[Array, "batch components"]) -> Float[Array, "batch frames mels"]:
        """The standardised log-mels of components."""
        basis = self.fitted["basis"].value
        return (u @ basis * math.sqrt(basis.shape[1])).reshape(-1, self.audio.frames, self.audio.mels)

    def squared_errors(
        self, u: Float[Array, "batch components"], v: Float[Array, "batch components"]
    ) -> Float[Array, " batch"]:
        """The mean squared error of the log-mels: the sum over components."""
        return jnp.sum((u - v) ** 2, axis=-1)

    def encode_inputs(self, u: Float[Array, "batch components"], classes: Array, train: bool) -> Array:
        centred = (u - classes @ self.fitted["centre"].value)[:, : self.settings.latent]
        z = jnp.einsum("bk,bc,ckl->bl", centred, classes, self.fitted["whiten"].value)
        return z + self._dense(self.down, jnp.concatenate([u / self.fitted["scale"].value, classes], axis=-1), train)

    def decode_outputs(self, z: Float[Array, "batch latent"], classes: Array, train: bool) -> Array:
        moved = jnp.einsum("bl,bc,clk->bk", z, classes, self.fitted["colour"].value)
        missing = self.settings.components - self.settings.latent
        linear = classes @ self.fitted["centre"].value + jnp.pad(moved, ((0, 0), (0, missing)))
        return linear + self.fitted["scale"].value * self._dense(self.up, jnp.concatenate([z, classes], axis=-1), train)

    def _dense(self, stack: Sequence[Dense], x: Float[Array, "batch in"], train: bool) -> Float[Array, "batch out"]:
        for layer in stack[:-1]:
            x = self.drop(nn.gelu(layer(x)), deterministic=not train)
        return stack[-1](x)


def fit_components(
    x: Float[np.ndarray, "sounds features"], labels: Int[np.ndarray, " sounds"], settings: Settings
) -> dict[str, np.ndarray]:
    """The statistics of `Components`, fitted to standardised log-mels of the training set.

    Half of a class's covariance is the mean of all classes': a class of few kits varies in the directions of those
    kits alone, and sounds of other kits would fall far outside.

    Args:
        x: standardised log-mels, (frames, mels) flattened.
        labels: class index of each.
        settings: number of components and of latents.

    Returns:
        `basis`, `centre`, `scale`, `whiten` and `colour`, of the shapes in `Components.setup`.
    """
    from sklearn.decomposition import PCA

    basis = PCA(settings.components, svd_solver="randomized", random_state=0).fit(x).components_
    u = x @ basis.T / math.sqrt(basis.shape[1])
    groups = [u[labels == label] for label in range(len(CLASSES))]
    covariances = np.stack([np.cov(group[:, : settings.latent], rowvar=False) for group in groups])
    values, vectors = np.linalg.eigh((covariances + covariances.mean(axis=0)) / 2)
    fitted = {
        "basis": basis,
        "centre": np.stack([group.mean(axis=0) for group in groups]),
        "scale": u.std(axis=0),
        "whiten": vectors / np.sqrt(values)[:, None] @ np.swapaxes(vectors, 1, 2),
        "colour": vectors * np.sqrt(values)[:, None] @ np.swapaxes(vectors, 1, 2),
    }
    return {name: np.asarray(value, np.float32) for name, value in fitted.items()}
