"""Strided and transposed convolutions: native `lax` on accelerators, phase form on a CPU; same results.

XLA's CPU code for a dilated convolution is 5 to 12 times slower than necessary. `lax` uses dilated convolutions for
transposed convolutions and for the input gradient of strided ones. The phase form avoids them: a transposed convolution
of width K and stride s is a stride-1 convolution of width ceil(K / s) with s times the output channels, one group per
output phase, whose outputs are interleaved afterwards.

Kernels have shape (taps..., in, out), arrays (batch, positions..., channels), with 1 or 2 position axes.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from drumjax.kernels import planes, winograd

_LAYOUTS = {1: ("NHC", "HIO", "NHC"), 2: ("NHWC", "HWIO", "NHWC")}


def phase_form() -> bool:
    """Whether the current backend uses the phase form; no other function decides this."""
    return jax.default_backend() == "cpu"


def uses_winograd(rank: int, channels_in: int, channels_out: int) -> bool:
    """Whether a stride-1 correlation of the phase form uses minimal filtering (`drumjax.kernels.winograd`).

    Minimal filtering needs a third of the multiplications and more memory traffic. That pays where the products are
    large: in the first and second layers of the MCNN, but not in the third.
    """
    return rank == 1 and channels_in * channels_out >= 2**14


def jit(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """`jax.jit` for programs that are mostly convolutions and products.

    On a CPU, jaxlib hands these to YNNPACK by default, which uses one core where Eigen uses all. This switches YNNPACK
    off where jaxlib has the option. Not for use inside another `jax.jit`, which accepts no compiler options.
    """
    return jax.jit(function, compiler_options=_cpu_options() if phase_form() else None, **options)


@functools.cache
def _cpu_options() -> dict[str, str]:
    options = {"xla_cpu_experimental_ynn_fusion_type": ""}
    try:  # a trial compilation: jaxlib lists its options nowhere
        jax.jit(lambda: 0.0, compiler_options=options).lower().compile()
    except jax.errors.JaxRuntimeError:  # "No such compile option"
        return {}
    return options


def elu(x: Float[ArrayLike, "*shape"]) -> Float[Array, "*shape"]:
    """ELU with exp(x) - 1 in place of the slower expm1: exact at 0, within 6e-8 elsewhere."""
    return jnp.maximum(x, 0.0) + (jnp.exp(jnp.minimum(x, 0.0)) - 1.0)


def _convolve(
    x: Float[ArrayLike, "batch *positions in"],
    kernel: Float[ArrayLike, "*taps in out"],
    stride: Sequence[int],
    padding: Sequence[tuple[int, int]],
    **options: Any,
) -> Float[Array, "batch *outputs out"]:
    """`lax.conv_general_dilated` in the layouts of this module."""
    return lax.conv_general_dilated(x, kernel, stride, padding, dimension_numbers=_LAYOUTS[x.ndim - 2], **options)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def conv(
    x: Float[ArrayLike, "batch *positions in"],
    kernel: Float[ArrayLike, "*taps in out"],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
) -> Float[Array, "batch *outputs out"]:
    """Strided convolution, zero-padded by `padding` on both sides.

    Args:
        x: input.
        kernel: correlated with x, as in every deep-learning library.
        stride: step along each position axis.
        padding: zeros on each side of each position axis.

    Returns:
        floor((size + 2 padding - taps) / stride) + 1 outputs along each position axis.
    """
    if phase_form() and x.ndim == 4 and kernel.shape[-2] == 1:
        return planes.conv_one_channel(x, kernel, stride, padding)
    return _convolve(x, kernel, stride, [(p, p) for p in padding])


def _kernel_gradient(
    x: Float[ArrayLike, "batch *positions in"],
    gradient: Float[ArrayLike, "batch *outputs out"],
    kernel: Float[ArrayLike, "*taps in out"],
    stride: Sequence[int],
    padding: Sequence[int],
) -> Float[Array, "*taps in out"]:
    """The gradient of `conv` with respect to a kernel of this shape."""
    if phase_form() and x.ndim == 4:
        form = planes.one_channel_kernel_gradient if kernel.shape[-2] == 1 else planes.kernel_gradient
        return form(x, gradient, kernel.shape, stride, padding)
    forward = functools.partial(_convolve, x, stride=stride, padding=[(p, p) for p in padding])
    return jax.linear_transpose(forward, kernel)(gradient)[0]


def _swap_channels(kernel: Float[ArrayLike, "*taps in out"]) -> Float[Array, "*taps out in"]:
    return jnp.swapaxes(kernel, -1, -2)


def _conv_backward(stride, padding, residuals, gradient):
    x, kernel = residuals
    of_input = conv_transpose(gradient, _swap_channels(kernel), stride, padding, x.shape[1:-1])
    return of_input, _kernel_gradient(x, gradient, kernel, stride, padding)


conv.defvjp(lambda x, kernel, stride, padding: (conv(x, kernel, stride, padding), (x, kernel)), _conv_backward)


def conv_transpose(
    x: Float[ArrayLike, "batch *positions in"],
    kernel: Float[ArrayLike, "*taps in out"],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    sizes: tuple[int, ...],
) -> Float[Array, "batch *outputs out"]:
    """Transposed convolution: out[stride * i + k - padding] += x[i] @ kernel[k], cropped to `sizes`.

    Args:
        x: input.
        kernel: that of the mirrored `conv` with in and out exchanged.
        stride: upsampling factor of each position axis.
        padding: the padding of the mirrored convolution.
        sizes: output positions along each axis: the input sizes of the mirrored convolution. They determine the output
            padding.

    Returns:
        Array of shape (batch, *sizes, out).
    """
    if not phase_form():
        return _transpose_native(x, kernel, stride, padding, sizes)
    if len(sizes) == 1:
        return _transpose_in_phases(*_group_positions(x, kernel, stride, padding, 32, True), sizes)
    return _transpose_in_planes(x, kernel, stride, padding, sizes)


def _group_positions(x, kernel, stride, padding, most, aligned):
    """Arguments of the same transposed convolution with fewer positions on the last axis and more channels.

    A layer with few channels and many positions is limited by memory bandwidth. Taking a block of positions as channels
    turns it into a small dense product whose kernel contains some zeros. A block has at most `most` output values.

    With `aligned`, blocks of the output begin where blocks of the input begin, which adds zeros to the kernel: the last
    layer of the CWAE would take 21 instead of 13 ms for 44 sounds. With one position axis, where the gradients are
    XLA's own, blocks are aligned nevertheless: the gradients of unaligned blocks take ten times as long.

    Returns:
        x, kernel, stride and padding of the equivalent convolution.
    """
    *steps, step = stride
    *pads, pad = padding
    *lengths, length, channels = x.shape[1:]
    block = max(1, most // (math.prod(stride) * kernel.shape[-1]))
    count = -(-length // block)
    front = -pad % (step * block) if aligned else 0
    x = jnp.pad(x, [(0, 0)] * (x.ndim - 2) + [(0, count * block - length), (0, 0)])
    x = x.reshape(x.shape[0], *lengths, count, block * channels)
    shifted = [planes.pad_taps(kernel, front + step * i, step * (block - 1 - i)) for i in range(block)]
    return x, jnp.concatenate(shifted, axis=-2), (*steps, step * block), (*pads, pad + front)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def _transpose_in_planes(x, kernel, stride, padding, sizes):
    return _transpose_in_phases(*_group_positions(x, kernel, stride, padding, 20, False), sizes)


def _planes_backward(stride, padding, sizes, residuals, gradient):
    # Input and output exchange roles: the input gradient is a strided convolution of the output gradient.
    x, kernel = residuals
    mirrored = _swap_channels(kernel)
    of_kernel = _swap_channels(_kernel_gradient(gradient, x, mirrored, stride, padding))
    return conv(gradient, mirrored, stride, padding), of_kernel


_transpose_in_planes.defvjp(
    lambda x, kernel, stride, padding, sizes: (_transpose_in_planes(x, kernel, stride, padding, sizes), (x, kernel)),
    _planes_backward,
)


def _transpose_native(x, kernel, stride, padding, sizes):
    axes = tuple(range(len(sizes)))
    taps, positions = kernel.shape[:-2], x.shape[1:-1]
    # The full output is cropped by `padding` at the start and down to `sizes` at the end.
    behind = [n + p - (i - 1) * s - 1 for n, p, i, s in zip(sizes, padding, positions, stride, strict=True)]
    pads = [(k - 1 - p, b) for k, p, b in zip(taps, padding, behind, strict=True)]
    return _convolve(x, jnp.flip(kernel, axes), (1,) * len(axes), pads, lhs_dilation=stride)


def _transpose_in_phases(x, kernel, stride, padding, sizes):
    rank = len(sizes)
    taps, channels_out = kernel.shape[:rank], kernel.shape[-1]
    widths = [math.ceil(k / s) for k, s in zip(taps, stride, strict=True)]
    blocks = phase_kernel(kernel, stride)
    # Output position t + padding = stride * m + phase; only the m within the output range are computed.
    first = [p // s for p, s in zip(padding, stride, strict=True)]
    last = [math.ceil((p + n) / s) for p, n, s in zip(padding, sizes, stride, strict=True)]
    pads = [(w - 1 - a, b - i) for w, a, b, i in zip(widths, first, last, x.shape[1:-1], strict=True)]
    if uses_winograd(rank, *blocks.shape[-2:]):
        y = winograd.correlate(x, blocks, pads[0])
    else:
        y = _correlate(x, blocks, tuple(pads))
    counts = y.shape[1:-1]
    y = y.reshape(x.shape[0], *counts, *stride, channels_out)
    order = [0, *(axis for i in range(rank) for axis in (1 + i, 1 + rank + i)), 1 + 2 * rank]
    y = y.transpose(order).reshape(x.shape[0], *(m * s for m, s in zip(counts, stride, strict=True)), channels_out)
    starts = [p - a * s for p, a, s in zip(padding, first, stride, strict=True)]
    return lax.slice(
        y, (0, *starts, 0), (x.shape[0], *(a + n for a, n in zip(starts, sizes, strict=True)), channels_out)
    )


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _correlate(x, kernel, pads):
    return _convolve(x, kernel, (1,) * len(pads), pads)


def _correlate_backward(pads, residuals, gradient):
    x, kernel = residuals
    of_x = jax.linear_transpose(lambda x: _convolve(x, kernel, (1,) * len(pads), pads), x)(gradient)[0]
    if gradient.shape == x.shape[::-1]:
        # XLA's multi-output fusion turns a convolution into a loop over single elements when another result of the
        # same shape is computed from the same input. With as many sounds in the batch as channels, the transposed x
        # of this product has that shape. Padding changes the shape and avoids the fusion.
        x, pads = lax.optimization_barrier(jnp.pad(x, [(0, 0), *pads, (0, 0)])), ((0, 0),) * len(pads)
    return of_x, jax.linear_transpose(lambda kernel: _convolve(x, kernel, (1,) * len(pads), pads), kernel)(gradient)[0]


_correlate.defvjp(lambda x, kernel, pads: (_correlate(x, kernel, pads), (x, kernel)), _correlate_backward)


def phase_kernel(
    kernel: Float[ArrayLike, "*taps in out"], stride: tuple[int, ...]
) -> Float[Array, "*widths in phases_out"]:
    """The kernel of the phase form, (ceil(taps / stride)..., in, phases * out).

    The taps are padded to a multiple of the stride, split by phase, and reversed because `lax` correlates.
    """
    rank = len(stride)
    taps, (channels_in, channels_out) = kernel.shape[:rank], kernel.shape[rank:]
    widths = [math.ceil(k / s) for k, s in zip(taps, stride, strict=True)]
    padded = jnp.pad(kernel, [(0, w * s - k) for w, s, k in zip(widths, stride, taps, strict=True)] + [(0, 0), (0, 0)])
    split = padded.reshape(*(n for pair in zip(widths, stride, strict=True) for n in pair), channels_in, channels_out)
    split = jnp.flip(split, [2 * i for i in range(rank)])
    order = [*range(0, 2 * rank, 2), 2 * rank, *range(1, 2 * rank, 2), 2 * rank + 1]
    return split.transpose(order).reshape(*widths, channels_in, math.prod(stride) * channels_out)
