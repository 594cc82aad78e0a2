"""Minimal filtering (Winograd 1980): correlations of many channels with fewer multiplications than taps x outputs.

F(m, r) gives m neighbouring outputs of a filter of r taps from m + r - 1 products in place of m r: each product is one
of the filter's and the input's values at m + r - 1 points (Toom and Cook), the outputs are combinations of them. With
channels, the products are matrix products, and the combinations cost little beside them. At 7 taps, 10 products take
the place of 28; rounding errors are within 2e-5 of the largest output.
"""

import functools
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

MOST_TAPS = 7
"""Beyond, the points lie so far apart that rounding errors grow: every output is computed by itself."""

OUTPUTS = 4
"""Of a tile. The more, the fewer multiplications, the larger the kernels and the errors."""

_FEW = 512
"""Columns up to which all products are one batched product: a core each. Beyond, all cores share one after the other.

Eigen copies a shared matrix into panels first, which takes longer than multiplying it by a few columns. On 2 cores,
batched products are faster for 8 sounds of a second (176 columns), and slower for 32.
"""

_POINTS = [Fraction(point) for point in ("0", "1", "-1", "2/5", "-2/5", "5/2", "-5/2", "3/4", "-3/4")]
"""Of sets of small fractions and their reciprocals, one with the smallest errors."""


@functools.cache
def matrices(taps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(of_outputs, of_kernel, of_input): y = of_outputs @ ((of_kernel @ kernel) * (of_input @ x)) of one tile.

    Shapes (outputs, products), (products, taps), (products, products), float32; products are taps + outputs - 1.
    """
    if taps > MOST_TAPS:
        return tuple(np.asarray(m, np.float32) for m in (np.ones((1, taps)), np.eye(taps), np.eye(taps)))
    points = _POINTS[: taps + OUTPUTS - 2]  # and infinity
    whole = _product(points)
    of_outputs = [[point**k for point in points] + [Fraction(k == OUTPUTS - 1)] for k in range(OUTPUTS)]
    of_kernel, of_input = [], []
    for point in points:
        others = [other for other in points if other != point]
        polynomial = _product(others)
        size = max(map(abs, polynomial))  # shared out so that no product is much larger than its sum
        scale = size / np.prod([point - other for other in others], initial=Fraction(1))
        of_kernel.append([scale * point**k for k in range(taps)])
        of_input.append([value / size for value in polynomial] + [Fraction(0)])
    size = max(map(abs, whole))
    of_kernel.append([size * (k == taps - 1) for k in range(taps)])
    of_input.append([value / size for value in whole])
    return tuple(np.array(m, np.float64).astype(np.float32) for m in (of_outputs, of_kernel, of_input))


def _product(roots: list[Fraction]) -> list[Fraction]:
    """Coefficients of the product of (x - root), the constant first."""
    polynomial = [Fraction(1)]
    for root in roots:
        polynomial = [a - root * b for a, b in zip([0, *polynomial], [*polynomial, 0], strict=True)]
    return polynomial


def _mixed(matrix: np.ndarray, parts: list[Array]) -> list[Array]:
    """matrix @ parts, written out: the compiler makes one pass over the memory of it."""
    return [sum(float(c) * part for c, part in zip(row, parts, strict=True) if c) for row in matrix]


def _transformed(kernel: Float[Array, " taps in out"]) -> Float[Array, " products in out"]:
    return jnp.stack(_mixed(matrices(len(kernel))[1], list(kernel)))


def laid_out(kernel: Float[np.ndarray, "taps out in"]) -> Float[np.ndarray, "products out in"]:
    """What `correlated` takes in place of a kernel."""
    return np.tensordot(matrices(len(kernel))[1], kernel, axes=1)


def _tiles(x: Float[Array, "batch steps in"], taps: int, padding: tuple[int, int]) -> list[Array]:
    """The input's part of every product, each (batch * tiles, in)."""
    of_outputs, _, of_input = matrices(taps)
    size, reach = of_outputs.shape
    batch, steps, channels = x.shape
    count = -(-(steps + sum(padding) - taps + 1) // size)
    length = -(-((count - 1) * size + reach) // size) * size
    x = jnp.pad(x, ((0, 0), (padding[0], length - steps - padding[0]), (0, 0)))
    x = x.reshape(batch, -1, size, channels)
    shifted = [x[:, i // size : i // size + count, i % size] for i in range(reach)]
    return [part.reshape(-1, channels) for part in _mixed(of_input, shifted)]


def _joined(products: list[Array], taps: int, batch: int, outputs: int) -> Float[Array, "batch outputs out"]:
    """The outputs from all products, each (batch * tiles, out)."""
    y = jnp.stack(_mixed(matrices(taps)[0], products), axis=1)
    return y.reshape(batch, -1, y.shape[-1])[:, :outputs]


def correlated(
    x: Float[Array, "batch steps in"], kernel: Float[Array, "products out in"], taps: int, padding: tuple[int, int]
) -> Float[Array, "batch outputs out"]:
    """`correlate` with a kernel of `taps` taps that never changes, given as `laid_out` gives it."""
    parts = [part.T for part in _tiles(x, taps, padding)]
    if parts[0].shape[1] <= _FEW:
        products = kernel @ jnp.stack(parts)
    else:
        products = [own @ part for own, part in zip(kernel, parts, strict=True)]
    return _joined([product.T for product in products], taps, len(x), x.shape[1] + sum(padding) - taps + 1)


def correlated_by_head(
    x: Float[Array, "heads batch steps in"],
    kernel: Float[Array, "heads products in out"],
    taps: int,
    padding: tuple[int, int],
) -> Float[Array, "heads batch outputs out"]:
    """`correlated` for heads with an input each. Their kernels are small: they stand on the right, (in, out)."""

    def correlated(x, kernel):
        products = jnp.stack(_tiles(x, taps, padding)) @ kernel
        return _joined(list(products), taps, len(x), x.shape[1] + sum(padding) - taps + 1)

    return jax.vmap(correlated)(x, kernel)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def correlate(
    x: Float[Array, "batch steps in"], kernel: Float[Array, " taps in out"], padding: tuple[int, int]
) -> Float[Array, "batch outputs out"]:
    """The correlation of zero-padded steps with a kernel: steps + sum(padding) - taps + 1 outputs."""
    taps = len(kernel)
    products = [part @ own for part, own in zip(_tiles(x, taps, padding), _transformed(kernel), strict=True)]
    return _joined(products, taps, len(x), x.shape[1] + sum(padding) - taps + 1)


def _backward(padding, residuals, gradient):
    x, kernel = residuals
    of_outputs, of_kernel, _ = matrices(len(kernel))
    size, outputs = len(of_outputs), gradient.shape[1]
    rows = jnp.pad(gradient, ((0, 0), (0, -outputs % size), (0, 0))).reshape(-1, size, gradient.shape[-1])
    of_products = _mixed(of_outputs.T, [rows[:, i] for i in range(size)])
    split = functools.partial(_tiles, taps=len(kernel), padding=padding)
    parts, to_input = jax.vjp(split, x)
    of_transformed = [part.T @ of for part, of in zip(parts, of_products, strict=True)]
    of_input = [of @ own.T for of, own in zip(of_products, _transformed(kernel), strict=True)]
    return to_input(of_input)[0], jnp.stack(_mixed(of_kernel.T, of_transformed))


correlate.defvjp(lambda x, kernel, padding: (correlate(x, kernel, padding), (x, kernel)), _backward)
