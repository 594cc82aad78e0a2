"""Minimal filtering (Winograd 1980): correlations of many channels with fewer multiplications than taps x outputs.

F(m, r) computes m neighbouring outputs of a filter of r taps from m + r - 1 products instead of m r. Each product
multiplies the values of the filter and the input at one of m + r - 1 points (Toom and Cook); the outputs are
combinations of the products. With channels, the products are matrix products, and the combinations cost little in
comparison. At 7 taps, 10 products replace 28; rounding errors are within 2e-5 of the largest output.
"""

import functools
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

MAX_TAPS = 7
"""With more taps, the points spread so far that rounding errors grow; then every output is computed directly."""

TILE_OUTPUTS = 4
"""Outputs per tile. More outputs need fewer multiplications, but larger kernels, and have larger rounding errors."""

_BATCHED_COLUMNS = 512
"""Columns up to which all products form one batched product, one core each; above, all cores share each product.

Eigen first copies a shared matrix into panels, which takes longer than multiplying it by a few columns. On 2 cores,
batched products are faster for 8 sounds of one second (176 columns) and slower for 32.
"""

_POINTS = [Fraction(point) for point in ("0", "1", "-1", "2/5", "-2/5", "5/2", "-5/2", "3/4", "-3/4")]
"""The set with the smallest errors among sets of small fractions and their reciprocals."""


@functools.cache
def matrices(
    taps: int,
) -> tuple[
    Float[np.ndarray, "outputs products"], Float[np.ndarray, "products taps"], Float[np.ndarray, "products products"]
]:
    """(of_outputs, of_kernel, of_input): y = of_outputs @ ((of_kernel @ kernel) * (of_input @ x)) for one tile.

    All are float32; there are taps + outputs - 1 products.
    """
    if taps > MAX_TAPS:
        return tuple(np.asarray(m, np.float32) for m in (np.ones((1, taps)), np.eye(taps), np.eye(taps)))
    points = _POINTS[: taps + TILE_OUTPUTS - 2]  # the last point is infinity
    whole = _product(points)
    of_outputs = [[point**k for point in points] + [Fraction(k == TILE_OUTPUTS - 1)] for k in range(TILE_OUTPUTS)]
    of_kernel, of_input = [], []
    for point in points:
        others = [other for other in points if other != point]
        polynomial = _product(others)
        size = max(map(abs, polynomial))  # balances both factors: no product is much larger than the sum
        scale = size / np.prod([point - other for other in others], initial=Fraction(1))
        of_kernel.append([scale * point**k for k in range(taps)])
        of_input.append([value / size for value in polynomial] + [Fraction(0)])
    size = max(map(abs, whole))
    of_kernel.append([size * (k == taps - 1) for k in range(taps)])
    of_input.append([value / size for value in whole])
    return tuple(np.array(m, np.float64).astype(np.float32) for m in (of_outputs, of_kernel, of_input))


def _product(roots: list[Fraction]) -> list[Fraction]:
    """Coefficients of the product of (x - root) over the roots, the constant first."""
    polynomial = [Fraction(1)]
    for root in roots:
        polynomial = [a - root * b for a, b in zip([0, *polynomial], [*polynomial, 0], strict=True)]
    return polynomial


def _combine(matrix: Float[np.ndarray, "combined parts"], parts: list[ArrayLike]) -> list[ArrayLike]:
    """matrix @ parts, written as sums, which the compiler fuses into one pass over memory."""
    return [sum(float(c) * part for c, part in zip(row, parts, strict=True) if c) for row in matrix]


def _transform(kernel: Float[ArrayLike, " taps in out"]) -> Float[Array, " products in out"]:
    return jnp.stack(_combine(matrices(len(kernel))[1], list(kernel)))


def transform_kernel(kernel: Float[np.ndarray, "taps out in"]) -> Float[np.ndarray, "products out in"]:
    """The kernel in the form that `correlate_transformed` takes."""
    return np.tensordot(matrices(len(kernel))[1], kernel, axes=1)


def _tiles(x: Float[ArrayLike, "batch steps in"], taps: int, padding: tuple[int, int]) -> list[ArrayLike]:
    """The input's factor of every product, each (batch * tiles, in)."""
    of_outputs, _, of_input = matrices(taps)
    size, reach = of_outputs.shape
    batch, steps, channels = x.shape
    count = -(-(steps + sum(padding) - taps + 1) // size)
    length = -(-((count - 1) * size + reach) // size) * size
    x = jnp.pad(x, ((0, 0), (padding[0], length - steps - padding[0]), (0, 0)))
    x = x.reshape(batch, -1, size, channels)
    shifted = [x[:, i // size : i // size + count, i % size] for i in range(reach)]
    return [part.reshape(-1, channels) for part in _combine(of_input, shifted)]


def _join_tiles(products: list[ArrayLike], taps: int, batch: int, outputs: int) -> Float[Array, "batch outputs out"]:
    """The outputs from all products, each (batch * tiles, out)."""
    y = jnp.stack(_combine(matrices(taps)[0], products), axis=1)
    return y.reshape(batch, -1, y.shape[-1])[:, :outputs]


def correlate_transformed(
    x: Float[ArrayLike, "batch steps in"],
    kernel: Float[ArrayLike, "products out in"],
    taps: int,
    padding: tuple[int, int],
) -> Float[Array, "batch outputs out"]:
    """`correlate` with a constant kernel of `taps` taps, given as `transform_kernel` returns it."""
    parts = [part.T for part in _tiles(x, taps, padding)]
    if parts[0].shape[1] <= _BATCHED_COLUMNS:
        products = kernel @ jnp.stack(parts)
    else:
        products = [matrix @ part for matrix, part in zip(kernel, parts, strict=True)]
    return _join_tiles([product.T for product in products], taps, len(x), x.shape[1] + sum(padding) - taps + 1)


def correlate_heads(
    x: Float[ArrayLike, "heads batch steps in"],
    kernel: Float[ArrayLike, "heads products in out"],
    taps: int,
    padding: tuple[int, int],
) -> Float[Array, "heads batch outputs out"]:
    """`correlate_transformed` for heads with an input each.

    The kernels are small, so they multiply from the right, as (in, out).
    """

    def correlate_head(x, kernel):
        products = jnp.stack(_tiles(x, taps, padding)) @ kernel
        return _join_tiles(list(products), taps, len(x), x.shape[1] + sum(padding) - taps + 1)

    return jax.vmap(correlate_head)(x, kernel)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def correlate(
    x: Float[ArrayLike, "batch steps in"], kernel: Float[ArrayLike, " taps in out"], padding: tuple[int, int]
) -> Float[Array, "batch outputs out"]:
    """The correlation of zero-padded steps with a kernel; there are steps + sum(padding) - taps + 1 outputs."""
    taps = len(kernel)
    products = [part @ own for part, own in zip(_tiles(x, taps, padding), _transform(kernel), strict=True)]
    return _join_tiles(products, taps, len(x), x.shape[1] + sum(padding) - taps + 1)


def _backward(padding, residuals, gradient):
    x, kernel = residuals
    of_outputs, of_kernel, _ = matrices(len(kernel))
    size, outputs = len(of_outputs), gradient.shape[1]
    rows = jnp.pad(gradient, ((0, 0), (0, -outputs % size), (0, 0))).reshape(-1, size, gradient.shape[-1])
    of_products = _combine(of_outputs.T, [rows[:, i] for i in range(size)])
    split = functools.partial(_tiles, taps=len(kernel), padding=padding)
    parts, to_input = jax.vjp(split, x)
    of_transformed = [part.T @ of for part, of in zip(parts, of_products, strict=True)]
    of_input = [of @ own.T for of, own in zip(of_products, _transform(kernel), strict=True)]
    return to_input(of_input)[0], jnp.stack(_combine(of_kernel.T, of_transformed))


correlate.defvjp(lambda x, kernel, padding: (correlate(x, kernel, padding), (x, kernel)), _backward)
