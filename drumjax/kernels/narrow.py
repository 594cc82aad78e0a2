"""Wide dense layers with weights stored as pairs of bfloat16.

For one sound, nearly all the time of such a layer is spent reading its weights. Bundles store weights as bfloat16
(drumjax/checkpoint.py), so no precision is lost. A pair shares one uint32, because every processor shifts 32-bit
integers in vectors; XLA's own conversion of bfloat16 takes longer than the product.
"""

import jax.numpy as jnp
import ml_dtypes
import numpy as np
from jax import lax
from jax.typing import ArrayLike
from jaxtyping import Array, Float, UInt32

_PARTS = 8
"""For one sound, pairs of rows summed in one pass; for several, parts of the kernel converted to float32 one at a time.

A part stays in the processor's cache until it is multiplied; the whole kernel would pass through memory once more.
"""


def pack(kernel: Float[np.ndarray, "in out"]) -> UInt32[np.ndarray, "pairs out"]:
    """The kernel rounded to bfloat16, with rows i and i + pairs in one uint32; zero rows are appended at the end."""
    pairs = -(-len(kernel) // (2 * _PARTS)) * _PARTS
    bits = np.pad(kernel.astype(ml_dtypes.bfloat16).view(np.uint16), ((0, 2 * pairs - len(kernel)), (0, 0)))
    rows = bits[pairs:].astype(np.uint32)
    rows <<= 16
    rows |= bits[:pairs]
    return rows


def product(x: Float[ArrayLike, "batch in"], kernel: UInt32[ArrayLike, "pairs out"]) -> Float[Array, "batch out"]:
    """x @ the kernel passed to `pack`, rounded; sums are float32."""
    pairs, outputs = kernel.shape
    x = jnp.pad(x, ((0, 0), (0, 2 * pairs - x.shape[1])))
    if len(x) == 1:
        rows, terms = kernel.reshape(-1, _PARTS, outputs), x.reshape(2, -1, _PARTS, 1)
        sums = sum(terms[0, :, i] * _low(rows[:, i]) + terms[1, :, i] * _high(rows[:, i]) for i in range(_PARTS))
        return jnp.ones((1, len(sums))) @ sums  # a product uses all cores, a sum over rows uses one
    parts = x.reshape(len(x), 2, _PARTS, -1).transpose(2, 1, 0, 3)

    def add(sums, part):
        (low, high), rows = part
        return sums + low @ _low(rows) + high @ _high(rows), None

    return lax.scan(add, jnp.zeros((len(x), outputs)), (parts, kernel.reshape(_PARTS, -1, outputs)))[0]


def _low(pairs: UInt32[Array, "..."]) -> Float[Array, "..."]:
    return lax.bitcast_convert_type(pairs << 16, jnp.float32)


def _high(pairs: UInt32[Array, "..."]) -> Float[Array, "..."]:
    return lax.bitcast_convert_type(pairs & jnp.uint32(0xFFFF0000), jnp.float32)
