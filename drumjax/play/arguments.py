"""What is asked of a `Synth`, for one sound or for several: checked, and made rows."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Array, Float

from drumjax.data.labels import Class, class_weights

DrumClass = Class | Sequence[Class] | np.ndarray


def rows_of(array: Array, *shape: int) -> tuple[np.ndarray, bool]:
    """(the array with a leading axis for the sounds, whether it had none), float32.

    Raises:
        ValueError: it is not of this shape a sound, holds no sound, or what is no number.
    """
    array = np.asarray(array, np.float32)
    one = array.ndim == len(shape)
    rows = array[None] if one else array
    if rows.shape[1:] != shape:
        wanted = f"{shape[0]} numbers" if len(shape) == 1 else f"a mel of {shape[0]} frames of {shape[1]} bins"
        raise ValueError(f"expected {wanted} a sound; got an array of shape {array.shape}")
    if len(rows) == 0:
        raise ValueError("expected one sound or more; got none")
    if not np.isfinite(rows).all():
        raise ValueError("every number must be finite; got NaN or infinity")
    return rows, one


def like(rows: np.ndarray, one: bool) -> np.ndarray:
    """The rows, or the only one of them, as the caller gave it."""
    return rows[0] if one else rows


def weights_of(drum_class: DrumClass, count: int) -> Float[np.ndarray, "count classes"]:
    """Weights over the classes, one row a sound, each of sum 1.

    Raises:
        ValueError: there is no such class, or not one for each sound.
    """
    several = isinstance(drum_class, (list, tuple, np.ndarray))
    wanted = list(drum_class) if several else [drum_class] * count
    if len(wanted) != count:
        raise ValueError(f"give one drum class, or one for each of the {count} sounds; got {len(wanted)}")
    return np.stack([class_weights(one) for one in wanted])
