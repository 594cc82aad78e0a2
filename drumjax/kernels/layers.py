"""Dense layers and batch statistics in the form that a CPU differentiates fast; the numbers are autodiff's."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

EPSILON = 1e-5
"""Added to a variance."""


@jax.custom_vjp
def dense(x: Float[Array, "batch in"], kernel: Float[Array, "in out"]) -> Float[Array, "batch out"]:
    """x @ kernel. No gradient multiplies by the transposed kernel, which Eigen takes three times as long for."""
    return x @ kernel


def _dense_backward(residuals, gradient):
    x, kernel = residuals
    # Without the barrier, XLA would write the two transpositions as that product again.
    of_input = lax.optimization_barrier(kernel @ gradient.T)
    # The kernel has been read before its own gradient is known: else a step that updates it in place would copy it.
    return of_input.T, x.T @ (gradient + 0 * of_input[0, 0])


dense.defvjp(lambda x, kernel: (x @ kernel, (x, kernel)), _dense_backward)


def summed(x: Float[Array, "batch positions channels"]) -> Float[Array, "batch channels"]:
    """The sum over the middle axis.

    Parts of it are added up first: XLA's own sum over a long axis takes two to three times as long.
    """
    batch, positions, channels = x.shape
    count = next(n for n in range(16, 0, -1) if positions % n == 0)
    parts = x.reshape(batch, count, -1, channels)
    return jnp.sum(sum(parts[:, i] for i in range(count)), axis=1)


def norm(tree: Any) -> Float[Array, ""]:
    """The root of the sum of the squares of all numbers in a tree."""
    leaves = [leaf.reshape(1, -1, 1) for leaf in jax.tree.leaves(tree)]
    return jnp.sqrt(sum(summed(leaf * leaf)[0, 0] for leaf in leaves))


@jax.custom_vjp
def conditional_norm(
    x: Float[Array, "batch *positions channels"], scale: Float[Array, "batch channels"], shift: Array
) -> tuple[Array, Array, Array]:
    """Batch norm, then each sound's own scale and shift: (that, the mean of x, its variance) of every channel."""
    return _norm_forward(x, scale, shift)[0]


def _norm_forward(x, scale, shift):
    flat = x.reshape(len(x), -1, x.shape[-1])
    count = flat.shape[0] * flat.shape[1]
    mean, square = (jnp.sum(summed(v), axis=0) / count for v in (flat, flat * flat))
    variance = jnp.maximum(square - mean**2, 0.0)
    inverse = lax.rsqrt(variance + EPSILON)
    gain = scale * inverse
    y = flat * gain[:, None] + (shift - mean * gain)[:, None]
    return (y.reshape(x.shape), mean, variance), (x, scale, mean, inverse)


def _norm_backward(residuals, gradients):
    x, scale, mean, inverse = residuals
    # The moments only feed the running statistics. All sums that are needed follow from two of every sound.
    flat, gradient = (v.reshape(len(x), -1, x.shape[-1]) for v in (x, gradients[0]))
    count = flat.shape[0] * flat.shape[1]
    centred = flat - mean
    of_shift, of_scale = summed(gradient), summed(gradient * centred) * inverse
    offset, slope = (jnp.sum(scale * of, axis=0) * inverse / count for of in (of_shift, of_scale))
    of_x = gradient * (scale * inverse)[:, None] - (offset + centred * (inverse * slope))
    return of_x.reshape(x.shape), of_scale, of_shift


conditional_norm.defvjp(_norm_forward, _norm_backward)
