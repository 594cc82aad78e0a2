"""Takes: what a decoder trained by regression averages out, given back to its mels.

A decoded log-mel is an expected value: smooth where a real hat, clap or snare differs from cell to cell. Two kinds of
texture fill the gap. The fine structure of real hits (`texture` "hits"): for some training sounds of each class the
bundle holds what their log-mels have beyond the decoded ones, within cells of `CELL`; that of the nearest ones in the
space of the latents is added, except to low partials, which are narrowed (`drumjax.sound.partials`). The fluctuation of
white noise (`texture` "noise", and "hits" where no hit is near): `drumjax.sound.texture`. A seed is a take: another
seed is another hit of the same drum.
"""

import functools
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, Int8, UInt8

from drumjax.config import CLASSES, Config
from drumjax.sound import partials, texture
from drumjax.sound.seeds import TAKES, Numbers

PER_CLASS = 40
"""Training sounds of each class whose fine structure a bundle holds, at most."""

CELL = texture.CELL
"""Frames and mel bins of a cell: what is constant in it is the envelope, which the latents hold."""

_LARGEST = 3.0  # of a residue, in nepers
_LEVELS = 7  # steps on either side of zero: 4 bits

CHANCE = 0.25
"""Standard deviation of the chance by which a seed prefers one hit to another, as a share of `reach`."""


def choose(kits: Int[np.ndarray, " sounds"], count: int = PER_CLASS) -> Int[np.ndarray, " chosen"]:
    """Indices of at most `count` sounds of a class, its kits evenly; the same in every call."""
    return evenly(kits, count, np.random.default_rng(0))


def evenly(kits: Int[np.ndarray, " sounds"], count: int, rng: np.random.Generator) -> Int[np.ndarray, " chosen"]:
    """Indices of at most `count` sounds, of every kit as many as of the others while it has any left."""
    order = rng.permutation(len(kits))
    turns = np.zeros(len(kits), int)  # a kit's first sound, its second, ...
    for kit in np.unique(kits):
        own = order[kits[order] == kit]
        turns[own] = np.arange(len(own))
    return order[np.argsort(turns[order], kind="stable")][:count]


def residues(
    log_mels: Float[np.ndarray, "sounds frames mels"], decoded: Float[np.ndarray, "sounds frames mels"]
) -> Int8[np.ndarray, "sounds frames mels"]:
    """The fine structure that decoded log-mels lack, in steps of `_LARGEST` / `_LEVELS` nepers."""
    missing = log_mels - decoded
    cells = _cells(missing)
    fine = cells - cells.mean(axis=(2, 4), keepdims=True)
    sounds, frames, mels = missing.shape
    fine = fine.reshape(sounds, cells.shape[1] * CELL[0], -1)[:, :frames, :mels] * (_LEVELS / _LARGEST)
    return np.clip(np.round(fine), -_LEVELS, _LEVELS).astype(np.int8)


def envelopes(log_mels: Float[np.ndarray, "sounds frames mels"]) -> Float[np.ndarray, "sounds cell_frames cell_mels"]:
    """The means of cells: what `residues` are without."""
    return _cells(log_mels).mean(axis=(2, 4))


def _cells(x: Float[np.ndarray, "sounds frames mels"]) -> Float[np.ndarray, "sounds cell_frames 4 cell_mels 16"]:
    """Log-mels in cells of CELL; the last ones are filled up with the nearest values."""
    sounds, frames, mels = x.shape
    padded = np.pad(x, ((0, 0), (0, -frames % CELL[0]), (0, -mels % CELL[1])), mode="edge")
    return padded.reshape(sounds, -1, CELL[0], padded.shape[2] // CELL[1], CELL[1])


def fit(
    levels: Int8[np.ndarray, "hits frames mels"],
    ends: Int[np.ndarray, " hits"],
    z: Float[np.ndarray, "hits latent"],
    labels: Int[np.ndarray, " hits"],
) -> dict[str, np.ndarray]:
    """What a bundle holds of its hits.

    Args:
        levels: `residues` of training sounds.
        ends: frames up to the end of each.
        z: their codes.
        labels: class index of each.

    Returns:
        `packed`: two levels in a byte, of the frames up to the ends, in a row; `ends`; `codes`; `labels`; `reach`
        (classes,), the distance within which nearly every hit has its nearest neighbour of the same class.
    """
    kept = np.concatenate([one[:end].ravel() for one, end in zip(levels, ends, strict=True)])
    reach = np.ones(len(CLASSES))
    for label in range(len(CLASSES)):
        own = z[labels == label]
        if len(own) > 1:
            distance = np.sqrt(np.sum((own[:, None] - own) ** 2, axis=2)) + np.where(np.eye(len(own)), np.inf, 0)
            reach[label] = np.percentile(distance.min(axis=1), 90)
    return {
        "packed": _paired(kept),
        "ends": ends.astype(np.float32),
        "codes": z.astype(np.float32),
        "labels": labels.astype(np.uint8),
        "reach": np.maximum(reach, 1e-6).astype(np.float32),
    }


def lay_out(fitted: Mapping[str, np.ndarray], config: Config) -> dict[str, Any]:
    """The texture of a bundle as `add_take` takes it.

    In place of `packed`, `ends` and `labels` it has the `pairs` of `_paired`, uint8 (hits, frames, pairs), and `of_hit`
    (hits, classes), one-hot.
    """
    if "packed" not in fitted:
        return dict(fitted)
    kept = {name: value for name, value in fitted.items() if name not in ("packed", "ends", "labels")}
    of_hit = np.eye(len(CLASSES), dtype=np.float32)[fitted["labels"]]
    return kept | {"pairs": _paired(unpacked(fitted, config)), "of_hit": of_hit}


def unpacked(fitted: Mapping[str, np.ndarray], config: Config) -> Int8[np.ndarray, "hits frames mels"]:
    """The levels that `fit` has packed, zeros after the ends."""
    flat = _levels_of(np.asarray(fitted["packed"])).astype(np.int8)
    levels = np.zeros((len(fitted["ends"]), config.audio.frames, config.audio.mels), np.int8)
    at = 0
    for one, end in zip(levels, fitted["ends"].astype(int), strict=True):
        one[:end] = flat[at : at + end * config.audio.mels].reshape(end, config.audio.mels)
        at += end * config.audio.mels
    return levels


def _paired(levels: Int8[np.ndarray, "*shape levels"]) -> UInt8[np.ndarray, "*shape pairs"]:
    """Two levels in a byte, neighbours on the last axis: 9 MB of hits in the release, not 19."""
    even = np.pad(levels, [(0, 0)] * (levels.ndim - 1) + [(0, levels.shape[-1] % 2)])
    offset = (even + np.int8(_LEVELS)).astype(np.uint8)
    return offset[..., ::2] | (offset[..., 1::2] << 4)


def _levels_of(pairs: Any) -> Any:
    """The levels in `pairs`, which may be numpy's or jax's: `_paired` undone, with the zero beside a last odd one."""
    module = np if isinstance(pairs, np.ndarray) else jnp
    levels = module.stack([pairs & 15, pairs >> 4], axis=-1).reshape(*pairs.shape[:-1], -1)
    return levels.astype(module.int8) - module.int8(_LEVELS)


def take(config: Config, hits: int, seed: int) -> dict[str, np.ndarray]:
    """What a seed decides: `noise` (frames, mels), and with hits `chance` (hits,), by which it prefers some of them."""
    noise = texture.fluctuation(seed, config.audio)
    return {"noise": noise, "chance": _chance(hits, seed)} if hits else {"noise": noise}


@functools.lru_cache(maxsize=256)
def _chance(hits: int, seed: int) -> Float[np.ndarray, " hits"]:
    return (CHANCE * Numbers(seed, TAKES).normal(hits)).astype(np.float32)


def add_take(
    mel: Float[Array, "batch frames mels"],
    z: Float[Array, "batch latent"],
    mixes: Float[Array, "batch classes"],
    fitted: Mapping[str, Any],
    take: Mapping[str, ArrayLike],
    config: Config,
) -> Float[Array, "batch frames mels"]:
    """The mels of a take.

    Args:
        mel: linear, from the decoder.
        z: the latents that they were decoded from.
        mixes: the class mixes that they were decoded from.
        fitted: result of `lay_out`.
        take: result of `take`.
        config: of the bundle.
    """
    if "pairs" not in fitted:
        return texture.add_texture(mel, z, mixes, fitted, take["noise"])
    offset = config.cwae.log_offset
    levels, near = _nearest(z, mixes, fitted, take["chance"])
    fine = levels[..., : mel.shape[-1]] * (_LARGEST / _LEVELS)
    mel = partials.narrowed(mel, config.audio)
    share = partials.share_of_others(mel, config.audio, offset)
    # The sum of the squares is 1, and the slope finite everywhere, so that gradients are.
    angle = 0.5 * np.pi * near[:, None, None]
    noisy = texture.add_texture(mel, z, mixes, fitted, share * jnp.cos(angle) * take["noise"])
    textured = jnp.exp(jnp.log(noisy + offset) + share * jnp.sin(angle) * fine) - offset
    return jnp.where(mel > 0, jnp.maximum(textured, 0.0), 0.0)


def _nearest(
    z: Float[Array, "batch latent"], mixes: Float[Array, "batch classes"], fitted: Mapping[str, Any], chance: ArrayLike
) -> tuple[Float[Array, "batch frames levels"], Float[Array, " batch"]]:
    """(fine structure in steps of a level, 1 where a hit is near and 0 where none is).

    It is that of the nearest hit, and of the second where that is nearly as near: a hit that comes in does so with
    weight zero, so that nothing jumps when a knob is turned. The weights keep the power of the fluctuation.
    """
    distance = (
        jnp.sqrt(jnp.sum((z[:, None] - fitted["codes"]) ** 2, axis=-1) + 1e-12) / (mixes @ fitted["reach"])[:, None]
    )
    # A hit of another class is out of reach, one of a class with half the weight a little farther away.
    distance -= jnp.log(mixes @ fitted["of_hit"].T + 1e-9)
    best, index = jax.lax.top_k(chance - distance, 3)
    weights = best[:, :2] - best[:, 2:] + 1e-6
    weights = weights / jnp.sqrt(jnp.sum(weights**2, axis=-1, keepdims=True))
    levels = _levels_of(fitted["pairs"][index[:, :2]]).astype(jnp.float32)
    return jnp.einsum("bk,bkfm->bfm", weights, levels), jnp.clip(2.5 - jnp.min(distance, axis=-1), 0.0, 1.0)
