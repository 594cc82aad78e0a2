"""The decoder and the MCNN as they are played: the networks of `drumjax.models`, for one sound at a time.

Parameters are laid out once, when a bundle is loaded; the results are equal up to rounding. The MCNN is a chain of
matrix products, for all heads at once: the heads read the same mel, so their first layers are one product; wide layers
use minimal filtering; in late layers with few channels a banded matrix maps a block of steps and its neighbours to a
block of outputs. The widest layer of a decoder is kept as narrow as in the bundle (`drumjax.kernels.narrow`).
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from drumjax.checkpoint import Bundle
from drumjax.config import Config
from drumjax.kernels import layers, narrow, winograd
from drumjax.kernels.conv import conv_transpose, elu
from drumjax.models import Params
from drumjax.sound import dsp

BLOCK = 64
"""Smallest size of a block, in steps x channels."""

MINIMAL = 32
"""Smallest number of channels of a layer of the MCNN that uses minimal filtering (`drumjax.kernels.winograd`).

For 32 sounds at once, minimal filtering is faster for a layer of 32 channels, banded matrices for one of 16.
"""


def halo(taps: int, stride: int) -> tuple[int, int]:
    """Input steps (before, behind) a block that its outputs need: a transposed convolution, padded by taps // 2."""
    return (taps // 2) // stride, -(-(taps // 2) // stride)


def banded(kernel: np.ndarray, axis: int, stride: int, block: int = 1) -> np.ndarray:
    """The matrix of a transposed convolution padded by taps // 2, from a block and its halo to its outputs.

    Args:
        kernel: with its taps on `axis`.
        axis: is replaced by two: the block + halo input steps, and the stride * block output steps.
        stride: output steps for one input step.
        block: input steps.
    """
    taps = kernel.shape[axis]
    before, behind = halo(taps, stride)
    tap = np.arange(stride * block) + taps // 2 - stride * np.arange(-before, block + behind)[:, None]
    inside = ((tap >= 0) & (tap < taps)).reshape(tap.shape + (1,) * (kernel.ndim - axis - 1))
    return np.where(inside, np.take(kernel, np.clip(tap, 0, taps - 1), axis), np.float32(0))


def lay_out(bundle: Bundle) -> dict[str, Any]:
    """The parameters that `decode` and, in a bundle that plays an MCNN, `wave_and_mask` take: numpy arrays."""
    lay_out_decoder, _ = _decoder(bundle.config)
    mcnn = {"mcnn": _lay_out_mcnn(bundle)} if bundle.config.plays_mcnn else {}
    return {"decoder": lay_out_decoder(bundle), **mcnn, **bundle.statistics}


def _decoder(config: Config) -> tuple[Callable[[Bundle], dict[str, Any]], Callable[..., Array]]:
    """(lay out, play) of the decoder of the config's CWAE."""
    if config.cwae.components:
        return _lay_out_components, _decode_components
    return _lay_out_convolutional, _decode_convolutional


def _dense(layers: Mapping[str, Any], name: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """(kernel, bias) of the layers name_0, name_1, ..."""
    count = sum(layer.startswith(f"{name}_") for layer in layers)
    return [(layers[f"{name}_{i}"]["kernel"], layers[f"{name}_{i}"]["bias"]) for i in range(count)]


def _lay_out_components(bundle: Bundle) -> dict[str, Any]:
    fitted = bundle.cwae["batch_stats"]
    return {
        "dense": _dense(bundle.cwae["params"], "up"),
        "basis": narrow.quantise(fitted["basis"]),
        **{name: fitted[name] for name in ("centre", "scale", "colour")},
    }


def without_basis(cwae: Params) -> Params:
    """Variables of a CWAE without the float32 basis of components, 45 MB in the release; `lay_out` has it as int8."""
    kept = {name: value for name, value in cwae["batch_stats"].items() if name != "basis"}
    return {**cwae, "batch_stats": kept}


def with_basis(cwae: Params, params: Params) -> Params:
    """The inverse of `without_basis`, from the result of `lay_out`."""
    if "basis" not in params["decoder"]:
        return cwae
    whole, step = params["decoder"]["basis"]
    return {**cwae, "batch_stats": {**cwae["batch_stats"], "basis": whole * step[:, None]}}


def _lay_out_convolutional(bundle: Bundle) -> dict[str, Any]:
    settings = bundle.config.cwae
    params, statistics = bundle.cwae["params"]["decoder"], bundle.cwae["batch_stats"]["decoder"]
    kernels, norms = [params[f"kernel_{i}"] for i in range(len(settings.channels))], []
    for i in range(len(settings.channels) - 1):
        norm, running = params[f"norm_{i}"], statistics[f"norm_{i}"]["norm"]
        scale = norm["scale"] / np.sqrt(running["var"] + layers.EPSILON)
        norms.append((scale, norm["shift"] - running["mean"] * scale))
    *dense, (widest, bias) = _dense(params, "dense")
    return {
        "dense": dense,
        "widest": (narrow.pack(widest), bias),
        "kernels": kernels,
        "norms": norms,
        "offset": params["offset"],
    }


def _lay_out_mcnn(bundle: Bundle) -> dict[str, Any]:
    params = bundle.mcnn["params"]
    layers, kernels = [params["heads"][f"kernel_{i}"] for i in range(len(bundle.config.mcnn.channels))], []
    of_taps = winograd.transform_kernel(banded(np.eye(layers[0].shape[1], dtype=np.float32), 0, 2))
    for i, kernel in enumerate(layers[1:], 1):
        if kernel.shape[2] >= MINIMAL:
            own = np.tensordot(kernel, of_taps, axes=(1, 2))  # heads, in, out, products, outputs
            kernels.append(own.transpose(0, 3, 1, 4, 2).reshape(len(own), len(of_taps), kernel.shape[2], -1))
        else:
            block = min(2**i, BLOCK // kernel.shape[2])  # layer i works on 2^i steps a frame: blocks must divide them
            kernels.append(banded(kernel, 1, 2, block).transpose(0, 1, 3, 2, 4))  # heads, inputs, in, outputs, out
    products, _, taps = of_taps.shape
    first = of_taps.reshape(-1, taps) @ np.ascontiguousarray(layers[0].transpose(1, 0, 3, 2)).reshape(taps, -1)
    return {
        "first": first.reshape(products, -1, layers[0].shape[2]),  # products, phases x heads x out, in
        "kernels": [np.ascontiguousarray(kernel) for kernel in kernels],
        "head_weights": params["head_weights"],
        "softsign": (params["softsign_a"], params["softsign_b"]),
    }


def decode(
    config: Config, params: Params, z: Float[Array, "batch latent"], classes: Float[Array, "batch classes"]
) -> Float[Array, "batch frames mels"]:
    """The linear mels of latents. Unless the MCNN's mask alone ends a sound, they are exact zeros after their end."""
    _, play = _decoder(config)
    x = play(config, params["decoder"], z, classes)
    mel = dsp.unstandardise(x, params["mean"], params["std"], config.cwae.log_offset)
    return mel if config.vocoder.end == "mask" else dsp.gate(mel)


def _decode_components(config: Config, w: Any, z: Array, classes: Array) -> Float[Array, "batch frames mels"]:
    x = jnp.concatenate([z, classes], axis=-1)
    *hidden, (kernel, bias) = w["dense"]
    for inner, offset in hidden:
        x = jax.nn.gelu(x @ inner + offset)
    moved = jnp.einsum("bl,bc,clk->bk", z, classes, w["colour"])
    missing = config.cwae.components - config.cwae.latent
    u = classes @ w["centre"] + jnp.pad(moved, ((0, 0), (0, missing))) + w["scale"] * (x @ kernel + bias)
    basis, step = w["basis"]
    unit = step * math.sqrt(basis.shape[1])
    return narrow.product(u * unit, basis).reshape(-1, config.audio.frames, config.audio.mels)


def _decode_convolutional(config: Config, w: Any, z: Array, classes: Array) -> Float[Array, "batch frames mels"]:
    settings = config.cwae
    x = jnp.concatenate([z, classes], axis=-1)
    for kernel, bias in w["dense"]:
        x = jax.nn.relu(x @ kernel + bias)
    widest, bias = w["widest"]
    x = jax.nn.relu(narrow.product(x, widest) + bias)
    grid, padding = settings.grid(config.audio)[::-1], tuple(k // 2 for k in settings.kernel[::-1])
    x = x.reshape(-1, *grid[0], settings.channels[-1])
    for i, (kernel, size) in enumerate(zip(w["kernels"], grid[1:], strict=True)):
        x = conv_transpose(x, kernel, settings.stride[::-1], padding, size)
        if i < len(w["norms"]):
            scale, shift = (classes @ row for row in w["norms"][i])
            x = jax.nn.relu(x * scale[:, None, None] + shift[:, None, None])
    return x[..., 0] + w["offset"]


def wave_and_mask(
    taps: int, params: Params, mel: Float[Array, "batch frames mels"]
) -> tuple[Float[Array, "batch all_samples"], Float[Array, "batch all_samples"]]:
    """The MCNN, every layer of width `taps`: (waveform before the mask, mask logits), both (batch, hop * frames).

    Layers have no biases: silence stays silent, up to rounding errors of minimal filtering, and fewer frames give the
    same samples as long as they hold a mel's end and `halo` frames more.
    """
    w = params["mcnn"]
    batch, frames, _ = mel.shape
    heads, (before, behind) = len(w["head_weights"]), halo(taps, 2)
    y = winograd.correlate_transformed(mel, w["first"], before + 1 + behind, (before, behind))
    x = y.reshape(batch, frames, 2, heads, -1).transpose(3, 0, 1, 2, 4)
    for kernel in w["kernels"]:
        if kernel.ndim == 4:
            x = elu(x).reshape(heads, batch, -1, kernel.shape[2])
            x = winograd.correlate_heads(x, kernel, before + 1 + behind, (before, behind))
        else:
            inputs, channels, outputs = kernel.shape[1:4]
            x = elu(x).reshape(heads * batch, -1, channels)
            blocks = _blocks(x, inputs, outputs // 2).reshape(heads, -1, inputs * channels)
            x = blocks @ kernel.reshape(heads, inputs * channels, -1)
    pairs = x.reshape(heads, batch, -1, 2)
    mixed = jnp.einsum("h,hbt->bt", w["head_weights"], pairs[..., 0])
    a, b = w["softsign"]
    return a * mixed / (1 + jnp.abs(b * mixed)), jnp.sum(pairs[..., 1], axis=0)


def _blocks(x: Float[Array, "batch steps channels"], inputs: int, block: int) -> Array:
    """(batch, steps / block, inputs * channels): blocks of steps with their halo, zeros beyond the edges."""
    batch, steps, channels = x.shape
    before = (inputs - block) // 2
    behind = inputs - block - before
    if block < max(before, behind):
        padded = jnp.pad(x, ((0, 0), (before, behind), (0, 0)))
        return jnp.concatenate([padded[:, i : i + steps : block] for i in range(inputs)], axis=-1)
    rows = x.reshape(batch, steps // block, block * channels)
    last = jnp.pad(rows[:, :-1, rows.shape[2] - before * channels :], ((0, 0), (1, 0), (0, 0)))
    first = jnp.pad(rows[:, 1:, : behind * channels], ((0, 0), (0, 1), (0, 0)))
    return jnp.concatenate([last, rows, first], axis=-1)
