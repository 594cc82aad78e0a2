"""Dense layers and batch statistics in the form that a CPU differentiates fast; the numbers are autodiff's."""

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
    # Without the barrier, XLA would write the two transpositions as that product again. And the kernel is read before
    # its own gradient is known: else a step that updates it in place would keep a copy of it.
    of_input, of_kernel = lax.optimization_barrier((kernel @ gradient.T, x.T @ gradient))
    return of_input.T, of_kernel


dense.defvjp(lambda x, kernel: (x @ kernel, (x, kernel)), _dense_backward)


def _means(x: Float[Array, "rows channels"], y: Float[Array, "rows channels"]) -> tuple[Array, Array]:
    """(mean of y, mean of x y) of every channel, as matrix products: XLA's sums over rows take twice as long."""
    ones = lax.optimization_barrier(jnp.ones((1, len(x)), x.dtype))
    return (ones @ y)[0] / len(x), jnp.diagonal(x.T @ y) / len(x)


@jax.custom_vjp
def standardised(x: Float[Array, "*rows channels"]) -> tuple[Array, Array, Array]:
    """(x less its mean over its standard deviation, that mean, the variance) of every channel: batch norm."""
    return _standardised_forward(x)[0]


def _standardised_forward(x):
    rows = x.reshape(-1, x.shape[-1])
    mean, square = _means(rows, rows)
    variance = jnp.maximum(square - mean**2, 0.0)
    scale = lax.rsqrt(variance + EPSILON)
    y = (x - mean) * scale
    return (y, mean, variance), (y, scale)


def _standardised_backward(residuals, gradients):
    y, scale = residuals
    gradient = gradients[0]  # the moments only feed the running statistics
    mean, inner = _means(y.reshape(-1, y.shape[-1]), gradient.reshape(-1, y.shape[-1]))
    return ((gradient - mean - y * inner) * scale,)


standardised.defvjp(_standardised_forward, _standardised_backward)
