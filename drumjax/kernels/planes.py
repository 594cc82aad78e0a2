"""Strided convolutions over planes, as the CWAE has them, in the forms a CPU computes fastest (`drumjax.kernels.conv`).

Arrays are (batch, rows, columns, channels), kernels (taps, taps, in, out), and a gradient is of the outputs. `shape` is
the kernel's; `stride` and `padding` have a number for each axis, and as many zeros stand on both sides.
`with_zero_taps` serves kernels of any number of axes.
"""

from collections.abc import Sequence

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

_LAYOUT = ("NHWC", "HWIO", "NHWC")


def of_one_channel(
    x: Float[Array, "batch rows columns 1"], kernel: Array, stride: Sequence[int], padding: Sequence[int]
) -> Array:
    """The convolution of planes of one channel, blocks of outputs on the last axis being channels: 48 come out.

    With 64, the first layer of the CWAE takes 10.0 instead of 8.7 ms for 44 sounds, its kernel's gradient 18.8 instead
    of 13.7.
    """
    block, blocks = _columns_in_blocks(x, kernel.shape, stride, padding)
    wide, outputs = blocks.shape[2] - 1, _outputs(x, kernel.shape, stride, padding)
    taps, step = kernel.shape[1], stride[1]
    shifted = [with_zero_taps(kernel, step * i, 2 * step * block - taps - step * i) for i in range(block)]
    kernel = jnp.stack(shifted, axis=-2).reshape(kernel.shape[0], 2, step * block, -1)
    pads = [(padding[0], padding[0]), (0, 0)]
    y = lax.conv_general_dilated(blocks, kernel, (stride[0], 1), pads, dimension_numbers=_LAYOUT)
    return y.reshape(len(x), outputs[0], wide * block, -1)[:, :, : outputs[1]]


def _columns_in_blocks(x, shape, stride, padding):
    """(outputs of a block, x with blocks of columns as channels): a block and the next hold all that its outputs see.

    Shape (batch, rows, blocks + 1, stride * outputs of a block).
    """
    taps, step = shape[1], stride[1]
    block = max(48 // shape[-1], -(-(taps - step) // step))
    count = -(-_outputs(x, shape, stride, padding)[1] // block)
    size = step * block
    behind = (count + 1) * size - x.shape[2] - padding[1]
    x = lax.pad(x[..., 0], jnp.zeros((), x.dtype), [(0, 0, 0), (0, 0, 0), (padding[1], behind, 0)])
    return block, x.reshape(*x.shape[:2], count + 1, size)


def _outputs(x, shape, stride, padding):
    sizes = zip(x.shape[1:-1], shape, stride, padding, strict=False)
    return [(n + 2 * p - k) // s + 1 for n, k, s, p in sizes]


def kernel_gradient(
    x: Float[Array, "batch rows columns channels"],
    gradient: Array,
    shape: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
) -> Array:
    """The kernel's gradient, as a convolution over positions with the batch for channels.

    XLA writes it so too, but with x's channels for its batch: then putting the axes in that order takes as long as
    half of the convolution. Channels that stay beside the last axis, as finer positions, cost a plain transposition.
    """
    batch, rows, columns, channels = x.shape
    _, out_rows, out_columns, channels_out = gradient.shape
    turned = lax.optimization_barrier(x.reshape(batch, -1).T).reshape(1, rows, columns * channels, batch)
    behind = [
        (s * (o - 1) + k - n - p) * step
        for s, o, k, n, p, step in zip(
            stride, (out_rows, out_columns), shape, (rows, columns), padding, (1, channels), strict=False
        )
    ]
    y = lax.conv_general_dilated(
        turned,
        gradient.transpose(1, 2, 0, 3),
        (1, 1),
        [(padding[0], behind[0]), (padding[1] * channels, behind[1])],
        rhs_dilation=(stride[0], stride[1] * channels),
        dimension_numbers=_LAYOUT,
    )
    return y.reshape(shape)


def one_channel_kernel_gradient(
    x: Float[Array, "batch rows columns 1"],
    gradient: Array,
    shape: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
) -> Array:
    """`kernel_gradient` for one channel: a product of the patches that blocks of outputs see, and these blocks."""
    block, blocks = _columns_in_blocks(x, shape, stride, padding)
    taps, columns, channels = shape[0], shape[1], shape[-1]
    batch, rows, outputs, _ = gradient.shape
    count, size = blocks.shape[2] - 1, blocks.shape[3]
    behind = stride[0] * (rows - 1) + taps - blocks.shape[1] - padding[0]
    blocks = lax.pad(blocks, jnp.zeros((), x.dtype), [(0, 0, 0), (padding[0], behind, 0), (0, 0, 0), (0, 0, 0)])
    last = stride[0] * (rows - 1) + 1
    seen = [blocks[:, k : k + last : stride[0], i : i + count] for k in range(taps) for i in range(2)]
    seen = jnp.concatenate(seen, axis=-1).reshape(batch * rows * count, -1)
    gradient = jnp.pad(gradient, ((0, 0), (0, 0), (0, count * block - outputs), (0, 0)))
    products = (seen.T @ gradient.reshape(batch * rows * count, -1)).reshape(taps, 2 * size, block, channels)
    of_taps = sum(products[:, stride[1] * i : stride[1] * i + columns, i] for i in range(block))
    return of_taps[:, :, None]


def with_zero_taps(kernel: Array, before: int, behind: int) -> Array:
    """The kernel with so many zeros more on both ends of its last taps."""
    return jnp.pad(kernel, [(0, 0)] * (kernel.ndim - 3) + [(before, behind), (0, 0), (0, 0)])
