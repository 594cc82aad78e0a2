"""The multi-head convolutional network: mel spectrogram -> waveform and mask (equations 6 to 8)."""

import functools
import math

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from drumjax.config import MCNN as Settings
from drumjax.config import Audio, Config
from drumjax.kernels.conv import conv_transpose, elu
from drumjax.models import QUICK, Params


class Heads(nn.Module):
    """All heads side by side: (batch, frames, mels) -> for each head (batch, hop * frames, 2).

    Every head is a stack of transposed convolutions of stride 2 without biases, ELU between them. Their
    kernels are stacked on the first axis, (heads, width, in, out) a layer.
    """

    settings: Settings

    @nn.compact
    def __call__(self, mel: Float[Array, "batch frames mels"]) -> list[Float[Array, "batch samples pair"]]:
        heads, width = self.settings.heads, self.settings.width
        sizes = (mel.shape[-1], *self.settings.channels)
        kernels = []
        for layer, (inputs, outputs) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
            # A tap reaches every second output sample, so half of them add up in one.
            deviation = math.sqrt(1.0 / (inputs * width / 2))
            init = nn.initializers.normal(deviation)
            kernels.append(self.param(f"kernel_{layer}", init, (heads, width, inputs, outputs)))
        # The heads read the same mel: their first layers are one convolution with all their channels.
        first = jnp.moveaxis(kernels[0], 0, 2).reshape(width, sizes[0], heads * sizes[1])
        shared = self.upsample(mel, first).reshape(mel.shape[0], -1, heads, sizes[1])
        return [self.rest(shared[:, :, head], [k[head] for k in kernels[1:]]) for head in range(heads)]

    def rest(self, x: Array, kernels: list[Array]) -> Array:
        for kernel in kernels:
            x = self.upsample(elu(x), kernel)
        return x

    def upsample(self, x: Array, kernel: Array) -> Array:
        # Odd widths have padding (width - 1) / 2 and output padding 1: exactly twice the length.
        return conv_transpose(x, kernel, (2,), ((kernel.shape[0] - 1) // 2,), (2 * x.shape[1],))


class MCNN(nn.Module):
    """Mel spectrogram -> (waveform before the mask, mask logits), both (batch, samples)."""

    settings: Settings
    audio: Audio

    @nn.compact
    def __call__(
        self, mel: Float[Array, "batch frames mels"]
    ) -> tuple[Float[Array, "batch samples"], Float[Array, "batch samples"]]:
        pairs = Heads(self.settings, name="heads")(mel)
        weights = self.param("head_weights", nn.initializers.constant(1 / self.settings.heads), (self.settings.heads,))
        # Added up head by head: stacked, all heads would pass through the memory once more.
        mixed = sum(weight * pair[..., 0] for weight, pair in zip(weights, pairs, strict=True))[:, : self.audio.samples]
        a = self.param("softsign_a", nn.initializers.ones, ())
        b = self.param("softsign_b", nn.initializers.ones, ())
        return a * mixed / (1 + jnp.abs(b * mixed)), sum(pair[..., 1] for pair in pairs)[:, : self.audio.samples]


def init(config: Config, key: Key[Array, ""]) -> Params:
    """Initial variables of the MCNN, {"params"}, drawn with `key`; `draw`, compiled as in `cwae.init`."""
    return jax.jit(functools.partial(draw, config), compiler_options=QUICK)(key)


def draw(config: Config, key: Key[Array, ""]) -> Params:
    """The variables of `init`, for `jax.eval_shape` and for use inside `jax.jit`."""
    return MCNN(config.mcnn, config.audio).init(key, jnp.zeros((1, config.audio.frames, config.audio.mels)))
