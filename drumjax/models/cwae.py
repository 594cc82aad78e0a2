"""The conditional Wasserstein autoencoder: standardised log-mel <-> 64 latents, for a drum class.

The class comes in as weights over the classes, one-hot for a plain drum. The paper's networks are convolutions on
the mel; `components` puts dense ones on its principal components in their place, which learn in minutes and
reconstruct better from few sounds.
"""

import math

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int

from drumjax.config import CLASSES, Audio
from drumjax.config import CWAE as Settings
from drumjax.kernels import layers
from drumjax.kernels.conv import conv, conv_transpose

MOMENTUM = 0.95
"""Of the running statistics."""


class Dense(nn.Dense):
    """A dense layer that trains fast on a CPU."""

    @nn.compact
    def __call__(self, x: Float[Array, "batch in"]) -> Float[Array, "batch out"]:
        kernel = self.param("kernel", self.kernel_init, (x.shape[-1], self.features))
        return layers.dense(x, kernel) + self.param("bias", self.bias_init, (self.features,))


class BatchNorm(nn.Module):
    """Batch norm whose scale and shift are each sound's own."""

    @nn.compact
    def __call__(self, x: Float[Array, "batch frames mels channels"], scale: Array, shift: Array, train: bool) -> Array:
        shape = (x.shape[-1],)
        mean = self.variable("batch_stats", "mean", jnp.zeros, shape)
        variance = self.variable("batch_stats", "var", jnp.ones, shape)
        if not train:
            gain = scale * lax.rsqrt(variance.value + layers.EPSILON)
            return x * gain[:, None, None] + (shift - mean.value * gain)[:, None, None]
        y, *moments = layers.conditional_norm(x, scale, shift)
        if not self.is_initializing():
            for running, of_batch in zip((mean, variance), moments, strict=True):
                running.value = MOMENTUM * running.value + (1 - MOMENTUM) * of_batch
        return y


class ConditionalBatchNorm(nn.Module):
    """Batch norm, then a scale and a shift for each class and channel."""

    @nn.compact
    def __call__(self, x: Float[Array, "batch frames mels channels"], classes: Array, train: bool) -> Array:
        shape = (classes.shape[-1], x.shape[-1])
        scale = classes @ self.param("scale", nn.initializers.ones, shape)
        shift = classes @ self.param("shift", nn.initializers.zeros, shape)
        return BatchNorm(name="norm")(x, scale, shift, train)


class Encoder(nn.Module):
    """Standardised log-mel and class -> latent, deterministic."""

    settings: Settings

    @nn.compact
    def __call__(self, x: Float[Array, "batch frames mels"], classes: Array, train: bool) -> Array:
        s = self.settings
        taps, stride = s.kernel[::-1], s.stride[::-1]  # the config says (mels, frames), arrays are (frames, mels)
        padding = tuple(k // 2 for k in taps)
        x = x[..., None]
        for layer, channels in enumerate(s.channels):
            init = nn.initializers.he_normal()
            kernel = self.param(f"kernel_{layer}", init, (*taps, x.shape[-1], channels))
            x = conv(x, kernel, stride, padding)
            x = nn.relu(ConditionalBatchNorm(name=f"norm_{layer}")(x, classes, train))
        x = x.reshape(x.shape[0], -1)
        for layer, width in enumerate(s.dense):
            x = nn.relu(Dense(width, name=f"dense_{layer}")(x))
        return Dense(s.latent, name="latent")(x)


class Decoder(nn.Module):
    """Latent and class -> standardised log-mel: the encoder's mirror, its input joined with the class."""

    settings: Settings
    audio: Audio

    @nn.compact
    def __call__(self, z: Float[Array, "batch latent"], classes: Array, train: bool) -> Array:
        s = self.settings
        taps, stride = s.kernel[::-1], s.stride[::-1]
        padding = tuple(k // 2 for k in taps)
        steps = s.grid(self.audio)[::-1]
        channels = s.channels[::-1]
        x = jnp.concatenate([z, classes], axis=-1)
        for layer, width in enumerate((*s.dense[::-1], channels[0] * math.prod(steps[0]))):
            x = nn.relu(Dense(width, name=f"dense_{layer}")(x))
        x = x.reshape(-1, *steps[0], channels[0])
        for layer, (outputs, size) in enumerate(zip((*channels[1:], 1), steps[1:], strict=True)):
            fan_in = x.shape[-1] * math.prod(taps) / math.prod(stride)  # the taps that meet in one output
            init = nn.initializers.normal(math.sqrt(2 / fan_in))
            kernel = self.param(f"kernel_{layer}", init, (*taps, x.shape[-1], outputs))
            x = conv_transpose(x, kernel, stride, padding, size)
            if layer < len(channels) - 1:
                x = nn.relu(ConditionalBatchNorm(name=f"norm_{layer}")(x, classes, train))
        # The last convolution has no norm before it that could hold its offset.
        return x[..., 0] + self.param("offset", nn.initializers.zeros, ())


class Components(nn.Module):
    """Encoder and decoder in the leading principal components of standardised log-mels, in place of convolutions.

    A linear path, affine for each class, goes from the first `latent` components to the latents and back: by itself
    it reconstructs as a PCA with `latent` components does, and latents are N(0, I) in every class up to second order.
    Dense networks beside it, which read and write all components, learn what it misses. What the path needs is
    fitted before training (`principal`) and kept among the statistics.

    Components are scaled so that the mean square of a log-mel is the sum of their squares.
    """

    settings: Settings
    audio: Audio

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
        last = nn.initializers.zeros  # the linear path is right already
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

    def encode(self, u: Float[Array, "batch components"], classes: Array, train: bool) -> Array:
        centred = (u - classes @ self.fitted["centre"].value)[:, : self.settings.latent]
        z = jnp.einsum("bk,bc,ckl->bl", centred, classes, self.fitted["whiten"].value)
        return z + self.dense(self.down, jnp.concatenate([u / self.fitted["scale"].value, classes], axis=-1), train)

    def decode(self, z: Float[Array, "batch latent"], classes: Array, train: bool) -> Array:
        moved = jnp.einsum("bl,bc,clk->bk", z, classes, self.fitted["colour"].value)
        missing = self.settings.components - self.settings.latent
        linear = classes @ self.fitted["centre"].value + jnp.pad(moved, ((0, 0), (0, missing)))
        return linear + self.fitted["scale"].value * self.dense(self.up, jnp.concatenate([z, classes], axis=-1), train)

    def dense(self, layers: list[Dense], x: Array, train: bool) -> Array:
        for layer in layers[:-1]:
            x = self.drop(nn.gelu(layer(x)), deterministic=not train)
        return layers[-1](x)


def principal(
    x: Float[np.ndarray, "sounds features"], labels: Int[np.ndarray, " sounds"], settings: Settings
) -> dict[str, np.ndarray]:
    """What `Components` is fitted with, from standardised log-mels of the training set.

    A class's covariance is taken half from all classes' own: a class of few kits varies in the directions of
    those kits alone, and sounds of other kits would fall far outside.
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


class CWAE(nn.Module):
    """Encoder and decoder; `classes` are weights over the drum classes, (batch, classes)."""

    settings: Settings
    audio: Audio

    def setup(self):
        if self.settings.components:
            self.components = Components(self.settings, self.audio)
        else:
            self.encoder = Encoder(self.settings)
            self.decoder = Decoder(self.settings, self.audio)

    def __call__(self, x: Float[Array, "batch frames mels"], classes: Array, train: bool = False):
        """(latents, reconstruction) of standardised log-mels."""
        z = self.encode(x, classes, train)
        return z, self.decode(z, classes, train)

    def encode(self, x: Float[Array, "batch frames mels"], classes: Array, train: bool = False) -> Array:
        """Latents (batch, latent)."""
        if self.settings.components:
            return self.components.encode(self.components.project(x), classes, train)
        return self.encoder(x, classes, train)

    def decode(self, z: Float[Array, "batch latent"], classes: Array, train: bool = False) -> Array:
        """Standardised log-mels (batch, frames, mels)."""
        if self.settings.components:
            return self.components.expand(self.components.decode(z, classes, train))
        return self.decoder(z, classes, train)

    def project(self, x: Float[Array, "batch frames mels"]) -> Float[Array, "batch components"]:
        """The principal components that the networks work on."""
        return self.components.project(x)

    def in_components(self, u: Float[Array, "batch components"], classes: Array, train: bool = False):
        """(latents, reconstruction) of principal components: `__call__` without the way to log-mels and back."""
        z = self.components.encode(u, classes, train)
        return z, self.components.decode(z, classes, train)


def empty_inputs(settings: Settings, audio: Audio) -> tuple[Array, Array]:
    """Zeros of the shapes that `CWAE.init` needs: (log-mel, classes), a batch of two."""
    return jnp.zeros((2, audio.frames, audio.mels)), jnp.zeros((2, len(CLASSES)))
