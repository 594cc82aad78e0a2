"""A CWAE on principal components of the log-mel: it trains in minutes and reconstructs better from few sounds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

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


def widen(
    cwae: Mapping[str, Any],
    settings: Settings,
    x: Float[np.ndarray, "sounds features"],
    labels: Int[np.ndarray, " sounds"],
    blurred: Float[np.ndarray, "sounds features"],
    count: int,
) -> tuple[dict[str, Any], Settings]:
    """A trained network with more components and latents, for sounds that its own components lack.

    New components are the leading directions of what the own ones leave of the sounds and of their blurred forms. Each
    has a latent of its own, between it and which only the linear path of the sounds' classes leads. At 0, their mean in
    all sounds so far, these latents change nothing; in other classes they have no effect at all.

    Args:
        cwae: variables of a `Components`.
        settings: its settings.
        x: standardised log-mels, flattened.
        labels: class index of each.
        blurred: `x` without its grain, which would not recur in other sounds.
        count: number of new components, at most.

    Returns:
        The variables and the settings of the wider network. A code of the old one becomes one of the new one by zeros
        at its end.
    """
    fitted, params, at = dict(cwae["batch_stats"]), dict(cwae["params"]), settings.latent
    directions = _missing_directions(fitted["basis"], np.concatenate([x, blurred]), count)
    u = np.asarray(x @ jnp.asarray(directions).T) / math.sqrt(x.shape[1])
    colour, whiten = _second_moment_roots(u, labels)
    added = len(directions)
    fitted |= {
        "basis": np.concatenate([fitted["basis"][:at], directions, fitted["basis"][at:]]),
        "centre": _inserted(fitted["centre"], at, added, 1),
        "scale": np.insert(fitted["scale"], [at] * added, np.maximum(u.std(axis=0), 1e-6)),
        "whiten": _block_diagonal(fitted["whiten"], whiten),
        "colour": _block_diagonal(fitted["colour"], colour),
    }
    # The dense layers neither read nor write what is new.
    last = len(settings.dense)
    for layer, axis in (("down_0", 0), (f"down_{last}", 1), ("up_0", 0), (f"up_{last}", 1)):
        changed = {"kernel": _inserted(params[layer]["kernel"], at, added, axis)}
        if axis:
            changed["bias"] = _inserted(params[layer]["bias"], at, added, 0)
        params[layer] = {**params[layer], **changed}
    wider = replace(settings, components=settings.components + added, latent=at + added)
    return {"params": params, "batch_stats": fitted}, wider


def _missing_directions(
    basis: Float[np.ndarray, "components features"], x: Float[np.ndarray, "sounds features"], count: int
) -> Float[np.ndarray, "added features"]:
    """Orthonormal leading directions of what a basis leaves of log-mels, `count` at most."""
    missing = jnp.asarray(x) - (x @ jnp.asarray(basis).T) @ basis
    # There are far fewer sounds than features: directions come from the products between sounds.
    values, vectors = np.linalg.eigh(np.asarray(missing @ missing.T, np.float64))
    leading = np.argsort(-values)[: min(count, int(np.sum(values > 1e-6 * values.max())))]
    weights = vectors[:, leading] / np.sqrt(values[leading])
    return np.asarray(weights.T.astype(np.float32) @ missing)


def _second_moment_roots(
    u: Float[np.ndarray, "sounds added"], labels: Int[np.ndarray, " sounds"]
) -> tuple[Float[np.ndarray, "classes added added"], Float[np.ndarray, "classes added added"]]:
    """The roots, and their inverses, of each class's second moments of new components; zeros for other classes.

    As in `fit_components`, half of them are the mean of all classes'.
    """
    roots, inverses = (np.zeros((len(CLASSES), u.shape[1], u.shape[1]), np.float32) for _ in range(2))
    moments = {label: u[labels == label].T @ u[labels == label] / np.sum(labels == label) for label in set(labels)}
    mean = sum(moments.values()) / len(moments)
    for label, moment in moments.items():
        values, vectors = np.linalg.eigh((moment + mean).astype(np.float64) / 2)
        sizes = np.sqrt(np.maximum(values, 1e-4 * values.max()))
        roots[label], inverses[label] = vectors * sizes @ vectors.T, vectors / sizes @ vectors.T
    return roots, inverses


def _inserted(array: np.ndarray, at: int, count: int, axis: int) -> np.ndarray:
    return np.insert(array, [at] * count, 0, axis)


def _block_diagonal(
    old: Float[np.ndarray, "classes latent latent"], new: Float[np.ndarray, "classes added added"]
) -> np.ndarray:
    at, added = old.shape[1], new.shape[1]
    joined = np.zeros((len(old), at + added, at + added), np.float32)
    joined[:, :at, :at], joined[:, at:, at:] = old, new
    return joined
