"""Sounds -> latents: the encoder, then gradient descent on the latents towards the mel of the sound.

An encoder trained on few kits encodes sounds of other kits poorly, although the decoder can make them. Its code is
therefore the start of `encoding.refine` steps of Adam (as in semi-amortised variational autoencoders, Kim et al.
2018). Their error has two terms that the encoder's training has not: spectral convergence, dominated by the loud cells
that the mean of logarithms leaves too quiet, and the log-mel error of the active frames, apart from the silence after
them.
"""

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from drumjax.config import Config
from drumjax.models import Params, cwae, losses
from drumjax.sound import dsp

_RATE = 0.1
"""Adam's first step, in standard deviations of the prior; it falls to 0 along half a cosine."""

_END = 1e-3
"""Level of a sound's end relative to its peak: -60 dB."""

_CONVERGENCE, _ACTIVE, _PRIOR = 0.025, 0.2, 0.002
"""Weights beside the standardised MSE: of the squared spectral convergence, the log-mel error of active frames in
nepers, and the mean square of the latents."""


def encode(
    config: Config, params: Params, wave: Float[Array, "batch samples"], classes: Float[Array, "batch classes"]
) -> Float[Array, "batch latent"]:
    """The latents of sounds.

    Args:
        config: of the bundle.
        params: {"cwae": variables of the CWAE, "mean", "std"}.
        wave: peak-normalised.
        classes: weights over the drum classes, one-hot for a single class.
    """
    model, offset = cwae.build(config), config.cwae.log_offset
    mel = dsp.mel_spectrogram(wave, config.audio)
    x = dsp.standardise(mel, params["mean"], params["std"], offset)
    z = model.apply(params["cwae"], x, classes, method="encode")
    if not config.encoding.refine:
        return z
    loud = jnp.abs(wave) > _END * jnp.max(jnp.abs(wave), axis=-1, keepdims=True)
    lengths = jnp.max(loud * jnp.arange(1, wave.shape[-1] + 1), axis=-1)
    active = losses.active_frames(lengths, config.audio)[..., None]
    count = config.audio.mels * jnp.maximum(jnp.sum(active, axis=(1, 2)), 1)

    def error(z):
        y = model.apply(params["cwae"], z, classes, method="decode")
        decoded = dsp.unstandardise(y, params["mean"], params["std"], offset)
        nepers = jnp.sum(jnp.abs(x - y) * params["std"] * active, axis=(1, 2)) / count
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
