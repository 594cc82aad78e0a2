"""The conditional Wasserstein autoencoder: standardised log-mel <-> 64 latents, for a drum class.

The class comes in as weights over the classes, one-hot for a plain drum.
"""

import math

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from drumjax.config import CLASSES, Audio
from drumjax.config import CWAE as Settings
from drumjax.conv import conv, conv_transpose


def standardised(mel: Float[Array, "*batch frames mels"], mean: Array, std: Array, offset: float) -> Array:
    """log(mel + offset), standardised per element (frame, mel bin) with the training set's mean and std."""
    return (jnp.log(mel + offset) - mean) / std


def unstandardised(x: Float[Array, "*batch frames mels"], mean: Array, std: Array, offset: float) -> Array:
    """The linear mel of a standardised log-mel: the inverse of `standardised`, never below zero.

    Mels of sounds with peak 1 stay below e^3. Where knobs far out ask for more, e^6 is the most: its square
    is still a number.
    """
    return jnp.maximum(jnp.exp(jnp.minimum(x * std + mean, 6.0)) - offset, 0.0)


def sizes(settings: Settings, audio: Audio) -> list[tuple[int, int]]:
    """(frames, mels) at the input and after each convolution: 86x512, 43x171, 22x57, 11x19 in the paper."""
    steps = [(audio.frames, audio.mels)]
    for _ in settings.channels:
        steps.append(tuple(math.ceil(n / s) for n, s in zip(steps[-1], reversed(settings.stride), strict=True)))
    return steps


class ConditionalBatchNorm(nn.Module):
    """Batch norm without its own affine, then a scale and a shift for each class and channel."""

    @nn.compact
    def __call__(self, x: Float[Array, "batch frames mels channels"], classes: Array, train: bool) -> Array:
        x = nn.BatchNorm(use_running_average=not train, use_bias=False, use_scale=False, momentum=0.95, name="norm")(x)
        shape = (classes.shape[-1], x.shape[-1])
        scale = classes @ self.param("scale", nn.initializers.ones, shape)
        shift = classes @ self.param("shift", nn.initializers.zeros, shape)
        return x * scale[:, None, None] + shift[:, None, None]


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
            x = nn.relu(nn.Dense(width, name=f"dense_{layer}")(x))
        return nn.Dense(s.latent, name="latent")(x)


class Decoder(nn.Module):
    """Latent and class -> standardised log-mel: the encoder's mirror, its input joined with the class."""

    settings: Settings
    audio: Audio

    @nn.compact
    def __call__(self, z: Float[Array, "batch latent"], classes: Array, train: bool) -> Array:
        s = self.settings
        taps, stride = s.kernel[::-1], s.stride[::-1]
        padding = tuple(k // 2 for k in taps)
        steps = sizes(s, self.audio)[::-1]
        channels = s.channels[::-1]
        x = jnp.concatenate([z, classes], axis=-1)
        for layer, width in enumerate((*s.dense[::-1], channels[0] * math.prod(steps[0]))):
            x = nn.relu(nn.Dense(width, name=f"dense_{layer}")(x))
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


class CWAE(nn.Module):
    """Encoder and decoder; `classes` are weights over the drum classes, (batch, classes)."""

    settings: Settings
    audio: Audio

    def setup(self):
        self.encoder = Encoder(self.settings)
        self.decoder = Decoder(self.settings, self.audio)

    def __call__(self, x: Float[Array, "batch frames mels"], classes: Array, train: bool = False):
        """(latents, reconstruction) of standardised log-mels."""
        z = self.encode(x, classes, train)
        return z, self.decode(z, classes, train)

    def encode(self, x: Float[Array, "batch frames mels"], classes: Array, train: bool = False) -> Array:
        """Latents (batch, latent)."""
        return self.encoder(x, classes, train)

    def decode(self, z: Float[Array, "batch latent"], classes: Array, train: bool = False) -> Array:
        """Standardised log-mels (batch, frames, mels)."""
        return self.decoder(z, classes, train)


def empty_inputs(settings: Settings, audio: Audio) -> tuple[Array, Array]:
    """Zeros of the shapes that `CWAE.init` needs: (log-mel, classes), a batch of two."""
    return jnp.zeros((2, audio.frames, audio.mels)), jnp.zeros((2, len(CLASSES)))
