"""Validates arguments of `Synth`, adds a batch axis where one is missing, and computes in batches."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from drumjax.data.labels import Class, to_class_mix
from drumjax.sound import audio

DrumClass = Class | Sequence[Class] | np.ndarray

MOST_CHANNELS = 8
"""Channels of a sound of the user's."""

BATCHES = (32, 8, 1)
"""Numbers of sounds computed at once, largest first: few sizes are compiled, and memory stays flat."""


def in_batches(function: Callable[..., Array], *arrays: np.ndarray) -> np.ndarray:
    """The outputs of `function` for all entries of the arrays, in batches of the sizes in `BATCHES`."""
    outputs, at, count = [], 0, len(arrays[0])
    while at < count:
        size = next(size for size in BATCHES if size <= count - at)
        outputs.append(np.asarray(function(*(array[at : at + size] for array in arrays))))
        at += size
    return outputs[0] if len(outputs) == 1 else np.concatenate(outputs)


def bases(base: ArrayLike, count: int, latent: int) -> Float[np.ndarray, "count latent"]:
    """The given latents for all sounds, or the given ones for each.

    Raises:
        ValueError: their number is neither 1 nor `count`, or they are none.
    """
    found, _ = add_batch_axis(base, latent)
    if len(found) not in (1, count):
        raise ValueError(f"give one base, or one for each of the {count} sounds; got {len(found)}")
    return np.broadcast_to(found, (count, latent))


def add_batch_axis(array: ArrayLike, *shape: int) -> tuple[np.ndarray, bool]:
    """(float32 array with a leading axis for the sounds, whether that axis was missing).

    Args:
        array: one sound's numbers of this shape, or a batch of them.
        shape: of one sound.

    Raises:
        ValueError: the array has another shape, is empty, or holds NaN or infinity.
    """
    try:
        array = np.asarray(array, np.float32)
    except (TypeError, ValueError):
        raise ValueError(f"expected numbers; got {array!r}") from None
    single = array.ndim == len(shape)
    batch = array[None] if single else array
    if batch.shape[1:] != shape:
        wanted = f"{shape[0]} numbers" if len(shape) == 1 else f"a mel of {shape[0]} frames of {shape[1]} bins"
        raise ValueError(f"expected {wanted} a sound; got an array of shape {array.shape}")
    if len(batch) == 0:
        raise ValueError("expected one sound or more; got none")
    if not np.isfinite(batch).all():
        raise ValueError("every number must be finite; got NaN or infinity")
    return batch, single


def drop_batch_axis(batch: np.ndarray, single: bool) -> np.ndarray:
    """The batch, or its only sound where the caller gave one without a batch axis."""
    return batch[0] if single else batch


def at_rate(wave: ArrayLike, from_rate: int | None, to_rate: int) -> Float[np.ndarray, "*batch samples"]:
    """Waves (*batch, samples) resampled to `to_rate`; `from_rate` None: they have it.

    Raises:
        ValueError: they are no waves, or have their channels last, as sound files are read.
    """
    waves = np.asarray(wave, np.float32)
    if waves.ndim == 0 or 0 in waves.shape:
        raise ValueError(f"expected waves (sounds, samples); got shape {waves.shape}")
    if waves.ndim == 2 and waves.shape[1] <= MOST_CHANNELS < waves.shape[0]:
        raise ValueError(
            f"expected waves (sounds, samples); got shape {waves.shape}: "
            "for one sound with its channels last give wave.mean(axis=1), or use Synth.listen"
        )
    if from_rate in (None, to_rate):
        return waves
    return audio.resample(waves.reshape(-1, waves.shape[-1]).T, from_rate, to_rate).T.reshape(*waves.shape[:-1], -1)


def fit_waves(wave: ArrayLike, samples: int, normalise: bool = True) -> Float[np.ndarray, "*batch fitted"]:
    """Waves cut or padded to `samples`, by default with their peak at 1.

    Raises:
        ValueError: a sample is NaN or infinite.
    """
    wave = np.asarray(wave, np.float32)[..., :samples]
    if not np.isfinite(wave).all():
        raise ValueError("a wave must be finite; got NaN or infinity")
    wave = np.pad(wave, [(0, 0)] * (wave.ndim - 1) + [(0, samples - wave.shape[-1])])
    peak = np.abs(wave).max(axis=-1, keepdims=True, initial=0.0)
    return wave / np.where(peak > 0, peak, 1.0) if normalise else wave


def class_mixes(drum_class: DrumClass, count: int) -> Float[np.ndarray, "count classes"]:
    """The class mix of each sound: weights over the classes with sum 1.

    Raises:
        ValueError: there is no such class, or the number of classes is neither 1 nor `count`.
    """
    several = isinstance(drum_class, (list, tuple, np.ndarray))
    wanted = list(drum_class) if several else [drum_class] * count
    if len(wanted) != count:
        raise ValueError(f"give one drum class, or one for each of the {count} sounds; got {len(wanted)}")
    return np.stack([to_class_mix(one) for one in wanted])


def whole_number(value: object, name: str, least: int = 0) -> int:
    """The value, an integer of `least` or more.

    Raises:
        ValueError: it is a fraction, a string, or less.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} must be a whole number, {least} or more; got {value!r}")
    return int(value)
