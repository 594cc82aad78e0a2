"""What training minimises: arrays in, numbers out, one value a sound where a sound is the unit.

Equation numbers are those of the paper, Neural Drum Machine (2019).
"""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int

from drumjax.config import Audio


def inverse_multiquadratics(
    x: Float[ArrayLike, "n latent"], y: Float[ArrayLike, "m latent"], scales: Sequence[float], sigma2: float = 1.0
) -> Float[Array, "n m"]:
    """k(x, y) = sum over s of C_s / (C_s + |x - y|^2), C_s = s * 2 * latent * sigma2, for every pair."""
    # |x - y|^2 by differences, not by |x|^2 + |y|^2 - 2xy: the latter loses the small distances in float32.
    squared = jnp.sum((x[:, None] - y[None]) ** 2, axis=-1)
    base = 2.0 * x.shape[-1] * sigma2
    return sum(s * base / (s * base + squared) for s in scales)


def mmd(
    z: Float[ArrayLike, "n latent"], prior: Float[ArrayLike, "n latent"], scales: Sequence[float], sigma2: float = 1.0
) -> Float[Array, ""]:
    """The unbiased U-statistic of the maximum mean discrepancy (equation 3). It can be negative."""
    n = z.shape[0]
    kernel = functools.partial(inverse_multiquadratics, scales=scales, sigma2=sigma2)
    within = sum(jnp.sum(k) - jnp.trace(k) for k in (kernel(z, z), kernel(prior, prior)))
    return within / (n * (n - 1)) - 2.0 * jnp.mean(kernel(z, prior))


def class_mmd(
    z: Float[ArrayLike, "classes n latent"],
    prior: Float[ArrayLike, "classes n latent"],
    scales: Sequence[float],
    sigma2: float = 1.0,
) -> Float[Array, " classes"]:
    """The MMD of every class against its own draw of the prior, `vmap`ped; equation 4 is its mean."""
    return jax.vmap(lambda a, b: mmd(a, b, scales, sigma2))(z, prior)


def active_frames(lengths: Int[ArrayLike, " batch"], audio: Audio) -> Float[Array, "batch frames"]:
    """1 for the frames centred before a sound's own end, 0 after it."""
    return (jnp.arange(audio.frames) * audio.hop < lengths[:, None]).astype(jnp.float32)


def spectral_convergence(
    mel: Float[ArrayLike, "batch frames mels"], estimate: Float[ArrayLike, "batch frames mels"]
) -> Float[Array, " batch"]:
    """||mel - estimate||_F / ||mel||_F of every sound (equation 11)."""
    error = jnp.sum((mel - estimate) ** 2, axis=(1, 2))
    # The gradient of a square root is infinite at zero; a perfect copy must not give NaN.
    return jnp.sqrt(error + 1e-12) / jnp.sqrt(jnp.sum(mel**2, axis=(1, 2)) + 1e-12)


def log_mel_distance(
    mel: Float[ArrayLike, "batch frames mels"],
    estimate: Float[ArrayLike, "batch frames mels"],
    eps: float,
    active: Float[ArrayLike, "batch frames"] | None = None,
) -> Float[Array, " batch"]:
    """||log(mel + eps) - log(estimate + eps)||_1 / ||log(mel + eps)||_1 of every sound (equation 12).

    Over all frames as printed, where the padding's constant log(eps) fills most of the denominator, or over
    the `active` ones only.
    """
    reference = jnp.log(mel + eps)
    error = jnp.abs(reference - jnp.log(estimate + eps))
    size = jnp.abs(reference)
    if active is not None:
        error, size = error * active[..., None], size * active[..., None]
    return jnp.sum(error, axis=(1, 2)) / (jnp.sum(size, axis=(1, 2)) + 1e-12)


def mask_loss(logits: Float[ArrayLike, "batch samples"], lengths: Int[ArrayLike, " batch"]) -> Float[Array, " batch"]:
    """Binary cross-entropy of sigmoid(logits) against 1 up to each sound's length, 0 after (equation 9)."""
    inside = jnp.arange(logits.shape[-1]) < lengths[:, None]
    return jnp.mean(jax.nn.softplus(jnp.where(inside, -logits, logits)), axis=-1)
