"""Sounds -> latents: what the encoder says, then a descent to the latents whose decoded mel is nearest to the sound.

An encoder that has seen few kits misjudges the sounds of others, though the decoder could make them. So its code is
only a start (as in semi-amortised variational autoencoders, Kim et al. 2018): `encoding.refine` steps of Adam follow.
They also see what the encoder's training does not: the loud cells, which rule spectral convergence and which the mean
of logarithms leaves too quiet, and the frames in which the sound lasts, apart from the silence after it.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from drumjax.config import Config
from drumjax.models import losses
from drumjax.models.cwae import CWAE
from drumjax.sound import dsp

_RATE = 0.1
"""Adam's first step, in standard deviations of the prior; it falls to 0 along half a cosine."""

_END = 1e-3
"""Of its peak, below which a sound has ended: -60 dB."""

_CONVERGENCE, _ACTIVE, _PRIOR = 0.025, 0.2, 0.002
"""Weights beside the standardised MSE: of the squared spectral convergence, the log-mel error of active frames in
nepers, and the mean square of the latents."""


def encode(
    config: Config, weights: Any, wave: Float[Array, "batch samples"], classes: Float[Array, "batch classes"]
) -> Float[Array, "batch latent"]:
    """The latents of sounds.

    Args:
        config: of the bundle.
        weights: {"cwae": variables of the CWAE, "mean", "std"}.
        wave: peak-normalised.
        classes: weights over the drum classes, one-hot for a plain drum.
    """
    model, offset = CWAE(config.cwae, config.audio), config.cwae.log_offset
    mel = dsp.mel_spectrogram(wave, config.audio)
    x = dsp.standardised(mel, weights["mean"], weights["std"], offset)
    z = model.apply(weights["cwae"], x, classes, method=CWAE.encode)
    if not config.encoding.refine:
        return z
    loud = jnp.abs(wave) > _END * jnp.max(jnp.abs(wave), axis=-1, keepdims=True)
    lengths = jnp.max(loud * jnp.arange(1, wave.shape[-1] + 1), axis=-1)
    active = losses.active_frames(lengths, config.audio)[..., None]
    count = config.audio.mels * jnp.maximum(jnp.sum(active, axis=(1, 2)), 1)

    def error(z):
        y = model.apply(weights["cwae"], z, classes, method=CWAE.decode)
        decoded = dsp.unstandardised(y, weights["mean"], weights["std"], offset)
        nepers = jnp.sum(jnp.abs(x - y) * weights["std"] * active, axis=(1, 2)) / count
        convergence = losses.spectral_convergence(mel, decoded)
        return jnp.sum(
            jnp.mean((x - y) ** 2, axis=(1, 2))
            + _CONVERGENCE * convergence**2
            + _ACTIVE * nepers
            + _PRIOR * jnp.mean(z**2, axis=1)
        )

    adam = optax.adam(optax.cosine_decay_schedule(_RATE, config.encoding.refine))

    def step(_, carried):
        z, state = carried
        moved, state = adam.update(jax.grad(error)(z), state)
        return z + moved, state

    return jax.lax.fori_loop(0, config.encoding.refine, step, (z, adam.init(z)))[0]
