"""Low partials of decoded mels, which a decoder trained by regression blurs.

Between two pitches that it is not sure of, a decoder gives the energy to both and to all between. Heard, they beat: a
tom that dies away in a recording grows again by 6 dB and more. Real drums have few partials below some hundred Hz, each
as narrow as the window resolves.
"""

import functools

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from drumjax.config import Audio
from drumjax.sound import dsp

LOW_HZ = 500.0, 800.0
"""All of this applies below the first frequency, nothing above the second."""

_REACH_HZ = 78.0
"""Energy stays within this distance: twice what a window of the paper's length in time, 46 ms, resolves."""

_LOUD_DB = 6.0, 18.0
"""Below the loudest low filter of a frame: cells up to the first are a partial, from the second on they are not."""

_TINY = 1e-9


@functools.cache
def lowness(audio: Audio) -> Float[np.ndarray, " mels"]:
    """1 for filters below the first of LOW_HZ, 0 above the second."""
    centre = dsp.mel_edges_hz(audio)[1:-1]
    return np.clip((LOW_HZ[1] - centre) / (LOW_HZ[1] - LOW_HZ[0]), 0, 1).astype(np.float32)


@functools.cache
def local_weights(audio: Audio) -> Float[np.ndarray, "low low"]:
    """Weights of the local mean over filters, a triangle of _REACH_HZ on either side."""
    low = int(np.count_nonzero(lowness(audio)))
    centre = dsp.mel_edges_hz(audio)[1 : low + 1]
    weights = np.maximum(1 - np.abs(centre[:, None] - centre) / _REACH_HZ, 0)
    return (weights / weights.sum(axis=0)).astype(np.float32)


def narrowed(mel: Float[Array, "*batch frames mels"], audio: Audio) -> Float[Array, "*batch frames mels"]:
    """The mel with the low partials of each frame narrowed; the energy within `_REACH_HZ` stays.

    The power is multiplied by the square of its ratio to its local mean: a blurred partial of standard deviation s gets
    s / sqrt(3), smoothly in the mel, so that a partial glides and does not jump when a knob is turned.
    """
    neighbours = local_weights(audio)
    low = mel[..., : len(neighbours)]
    power = low**2
    power = power / (jnp.max(power, axis=-1, keepdims=True) + _TINY**2)
    local = power @ neighbours + _TINY
    ratio = power / local
    gain = ratio * jnp.sqrt(local / ((power * ratio**2) @ neighbours + _TINY))
    gain = 1 + lowness(audio)[: len(neighbours)] * (gain - 1)
    return jnp.concatenate([low * gain, mel[..., len(neighbours) :]], axis=-1)


def share_of_others(
    mel: Float[Array, "*batch frames mels"], audio: Audio, offset: float
) -> Float[Array, "*batch frames mels"]:
    """0 on the loudest low partials of each frame, 1 where there are none: fluctuation would make partials beat."""
    low = lowness(audio)
    db = 20 * jnp.log10(mel[..., : np.count_nonzero(low)] + offset)
    below = jnp.max(db, axis=-1, keepdims=True) - db
    loud = jnp.clip((_LOUD_DB[1] - below) / (_LOUD_DB[1] - _LOUD_DB[0]), 0.0, 1.0)
    return 1 - low * jnp.pad(loud, [(0, 0)] * (mel.ndim - 1) + [(0, mel.shape[-1] - loud.shape[-1])])
