"""The paper's CWAE: convolutions on the standardised log-mel, with conditional batch norm (section "CWAE")."""

import math

import flax.linen as nn
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from drumjax.config import CWAE as Settings
from drumjax.config import Audio
from drumjax.kernels import layers
from drumjax.kernels.conv import conv, conv_transpose
from drumjax.models.autoencoder import Autoencoder, Dense

MOMENTUM = 0.95
"""Momentum of the running statistics: the share of the old value in a step."""


class BatchNorm(nn.Module):
    """Batch norm with a scale and a shift for each sound."""

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


class Convolutional(Autoencoder):
    """Encoder and decoder of the paper."""

    def setup(self):
        self.encoder = Encoder(self.settings)
        self.decoder = Decoder(self.settings, self.audio)

    def encode_inputs(self, u: Float[Array, "batch frames mels"], classes: Array, train: bool) -> Array:
        return self.encoder(u, classes, train)

    def decode_outputs(self, z: Float[Array, "batch latent"], classes: Array, train: bool) -> Array:
        return self.decoder(z, classes, train)
