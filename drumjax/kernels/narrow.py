"""Wide dense layers with narrow weights: int8 with a scale for each row, or pairs of bfloat16.

For one sound, nearly all the time of such a layer is spent reading its weights. Bundles store them in these forms
(drumjax/checkpoint.py), so no precision is lost. A pair of bfloat16 shares one uint32, because every processor shifts
32-bit integers in vectors; XLA's own conversion of bfloat16 takes longer than the product.
"""

import jax.numpy as jnp
import ml_dtypes
import numpy as np
from jax import lax
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int8, Shaped, UInt32

_PARTS = 8
"""For one sound, rows summed in one pass; for several, parts of the kernel converted to float32 one at a time.

A part stays in the processor's cache until it is multiplied; the whole kernel would pass through memory once more.
"""


def quantise(kernel: Float[np.ndarray, "in out"]) -> tuple[Int8[np.ndarray, "in out"], Float[np.ndarray, " in"]]:
    """(rows in 127 steps on either side of zero, the size of each row's step). Quantising twice changes nothing."""
    scale = (np.abs(kernel).max(axis=1) / 127 + 1e-12).astype(np.float32)
    return np.round(kernel / scale[:, None]).astype(np.int8), scale


def pack(kernel: Float[np.ndarray, "in out"]) -> UInt32[np.ndarray, "pairs out"]:
    """The kernel rounded to bfloat16, with rows i and i + pairs in one uint32; zero rows are appended at the end."""
    pairs = -(-len(kernel) // (2 * _PARTS)) * _PARTS
    bits = np.pad(kernel.astype(ml_dtypes.bfloat16).view(np.uint16), ((0, 2 * pairs - len(kernel)), (0, 0)))
    rows = bits[pairs:].astype(np.uint32)
    rows <<= 16
    rows |= bits[:pairs]
    return rows


def unpack(kernel: UInt32[np.ndarray, "pairs out"], inputs: int) -> Float[np.ndarray, "in out"]:
    """The inverse of `pack`, for a kernel of this number of rows."""
    return np.concatenate([kernel << 16, kernel & np.uint32(0xFFFF0000)])[:inputs].view(np.float32)


def product(x: Float[ArrayLike, "batch in"], kernel: Shaped[ArrayLike, "rows out"]) -> Float[Array, "batch out"]:
    """x @ kernel, with float32 sums.

    The kernel is a result of `pack`, of `quantise` with its scale in x, or float32 as it is.
    """
    rows, outputs = kernel.shape
    if kernel.dtype == jnp.float32:
        return x @ kernel
    held = 1 if kernel.dtype == jnp.int8 else 2  # rows of the layer in one of the kernel
    parts = next(n for n in range(_PARTS, 0, -1) if rows % n == 0)
    x = jnp.pad(x, ((0, 0), (0, held * rows - x.shape[1])))
    if len(x) == 1:
        blocks, terms = kernel.reshape(-1, parts, outputs), x.reshape(held, -1, parts, 1)
        sums = sum(terms[j, :, i] * wide for i in range(parts) for j, wide in enumerate(_widened(blocks[:, i])))
        return jnp.ones((1, len(sums))) @ sums  # a product uses all cores, a sum over rows uses one
    split = x.reshape(len(x), held, parts, -1).transpose(2, 1, 0, 3)

    def add(sums, part):
        terms, block = part
        return sums + sum(term @ wide for term, wide in zip(terms, _widened(block), strict=True)), None

    return lax.scan(add, jnp.zeros((len(x), outputs)), (split, kernel.reshape(parts, -1, outputs)))[0]


def _widened(kernel: Shaped[Array, "..."]) -> list[Float[Array, "..."]]:
    """The rows in a kernel as float32: those of the lower and of the upper halves, or int8."""
    if kernel.dtype == jnp.int8:
        return [kernel.astype(jnp.float32)]
    halves = kernel << 16, kernel & jnp.uint32(0xFFFF0000)
    return [lax.bitcast_convert_type(half, jnp.float32) for half in halves]
