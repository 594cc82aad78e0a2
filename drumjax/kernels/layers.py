"""Dense layers and batch statistics in forms with fast gradients on a CPU; results equal autodiff."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.typing import ArrayLike
from jaxtyping import Array, Float

EPSILON = 1e-5
"""Added to a variance before the square root."""


@jax.custom_vjp
def dense(x: Float[ArrayLike, "batch in"], kernel: Float[ArrayLike, "in out"]) -> Float[Array, "batch out"]:
    """x @ kernel. No gradient multiplies by the transposed kernel: Eigen takes three times as long for that."""
    return jnp.matmul(x, kernel)


def _dense_backward(residuals, gradient):
    x, kernel = residuals
    # Without the barrier, XLA would fuse the two transpositions into the slow product again.
    of_input = lax.optimization_barrier(kernel @ gradient.T)
    # This term makes the kernel's gradient depend on the read of the kernel: otherwise XLA copies the kernel before a
    # step that updates it in place.
    return of_input.T, x.T @ (gradient + 0 * of_input[0, 0])


dense.defvjp(lambda x, kernel: (x @ kernel, (x, kernel)), _dense_backward)


def sum_positions(x: Float[ArrayLike, "batch positions channels"]) -> Float[Array, "batch channels"]:
    """The sum over the middle axis.

    Up to 16 parts of the axis are added first: XLA's own sum over a long axis takes two to three times as long.
    """
    batch, positions, channels = x.shape
    count = next(n for n in range(16, 0, -1) if positions % n == 0)
    parts = x.reshape(batch, count, -1, channels)
    return jnp.sum(sum(parts[:, i] for i in range(count)), axis=1)


def global_norm(tree: Any) -> Float[Array, ""]:
    """The Euclidean norm of all numbers in a tree."""
    leaves = [leaf.reshape(1, -1, 1) for leaf in jax.tree.leaves(tree)]
    return jnp.sqrt(sum(sum_positions(leaf * leaf)[0, 0] for leaf in leaves))


@jax.custom_vjp
def conditional_norm(
    x: Float[ArrayLike, "batch *positions channels"],
    scale: Float[ArrayLike, "batch channels"],
    shift: Float[ArrayLike, "batch channels"],
) -> tuple[Float[Array, "batch *positions channels"], Float[Array, " channels"], Float[Array, " channels"]]:
    """Batch norm followed by each sound's own scale and shift.

    Returns:
        The result, and the mean and variance of x per channel.
    """
    return _norm_forward(x, scale, shift)[0]


def _norm_forward(x, scale, shift):
    flat = x.reshape(len(x), -1, x.shape[-1])
    count = flat.shape[0] * flat.shape[1]
    mean, square = (jnp.sum(sum_positions(v), axis=0) / count for v in (flat, flat * flat))
    variance = jnp.maximum(square - mean**2, 0.0)
    inverse = lax.rsqrt(variance + EPSILON)
    gain = scale * inverse
    y = flat * gain[:, None] + (shift - mean * gain)[:, None]
    return (y.reshape(x.shape), mean, variance), (x, scale, mean, inverse)


def _norm_backward(residuals, gradients):
    x, scale, mean, inverse = residuals
    # The moments only feed the running statistics and get no gradient. All sums follow from two sums per sound.
    flat, gradient = (v.reshape(len(x), -1, x.shape[-1]) for v in (x, gradients[0]))
    count = flat.shape[0] * flat.shape[1]
    centred = flat - mean
    of_shift, of_scale = sum_positions(gradient), sum_positions(gradient * centred) * inverse
    offset, slope = (jnp.sum(scale * of, axis=0) * inverse / count for of in (of_shift, of_scale))
    of_x = gradient * (scale * inverse)[:, None] - (offset + centred * (inverse * slope))
    return of_x.reshape(x.shape), of_scale, of_shift


conditional_norm.defvjp(_norm_forward, _norm_backward)
