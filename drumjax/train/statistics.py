"""Statistics of the training set that a CWAE is fitted with before it trains, and means over classes."""

import functools
from collections.abc import Iterable, Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from drumjax.config import CLASSES, Config
from drumjax.data.batches import Balanced
from drumjax.kernels.conv import jit
from drumjax.models.components import fit_components
from drumjax.progress import bar, phase
from drumjax.sound import dsp
from drumjax.train.loop import in_chunks

_AT_ONCE = 352
"""Items whose log-mels are in memory at once: 62 MB of the paper's."""


def fit_statistics(config: Config, balanced: Balanced) -> dict[str, Any]:
    """Mean and deviation of the training set's log-mels, and the components where the config has any.

    They are fitted to `cwae.fit_per_class` items of each class: half of them are the sounds themselves as far as there
    are enough, half are spread over the variations.

    Returns:
        {"mean", "std"}, (frames, mels), the deviation floored; with components {"components"} as well.
    """
    chosen = _chosen(config, balanced)
    parts: Iterable[np.ndarray] = _log_mels(config, balanced, chosen)
    if not config.cwae.components:
        return _moments(parts, config.cwae.min_std)
    x = np.concatenate(list(parts))  # a PCA needs all of them in memory
    fitted: dict[str, Any] = _moments(np.array_split(x, len(CLASSES)), config.cwae.min_std)
    x -= fitted["mean"]
    x /= fitted["std"]
    labels = np.repeat(np.arange(len(CLASSES)), len(chosen))
    with phase("fitting principal components"):
        fitted["components"] = fit_components(x.reshape(len(x), -1), labels, config.cwae)
    return fitted


def _moments(parts: Iterable[Float[np.ndarray, "some frames mels"]], min_std: float) -> dict[str, np.ndarray]:
    """{"mean", "std"} over all parts, the deviation floored."""
    count, total, squares, shift = 0, 0.0, 0.0, np.float32(0)
    for x in parts:
        shift = x[0].copy() if count == 0 else shift  # sums of differences: sums of the values would lose digits
        count, total = count + len(x), total + np.sum(x - shift, axis=0, dtype=np.float64)
        squares = squares + np.sum((x - shift) ** 2, axis=0, dtype=np.float64)
    mean = (shift + total / count).astype(np.float32)
    std = np.sqrt(np.maximum(squares / count - (total / count) ** 2, 0)).astype(np.float32)
    return {"mean": mean, "std": np.maximum(std, np.float32(min_std))}


def _chosen(config: Config, balanced: Balanced) -> Int[np.ndarray, " items"]:
    """Indices of the items of each class that statistics are fitted to."""
    wanted = config.cwae.fit_per_class
    if wanted == 0 or wanted >= balanced.per_class:
        return np.arange(balanced.per_class)
    half = wanted // 2
    return np.concatenate([np.arange(half), np.linspace(half, balanced.per_class - 1, half).astype(int)])


def _log_mels(
    config: Config, balanced: Balanced, chosen: np.ndarray
) -> Iterator[Float[np.ndarray, "some frames mels"]]:
    """Log-mels of the chosen items of every class in turn, `_AT_ONCE` or less at a time."""
    log_mel = _jitted_log_mel(config)
    for label in bar(range(len(CLASSES)), "variations and statistics", unit="class"):
        for at in range(0, len(chosen), _AT_ONCE):
            waves = [balanced.item(label, int(i))[0] for i in chosen[at : at + _AT_ONCE]]
            yield in_chunks(log_mel, np.stack(waves))


@functools.cache
def _jitted_log_mel(config: Config):
    return jit(lambda waves: jnp.log(dsp.mel_spectrogram(waves, config.audio) + config.cwae.log_offset))


def macro(values: Float[np.ndarray, " sounds"] | Array, labels: Int[np.ndarray, " sounds"]) -> float:
    """The mean over classes of the mean over a class's sounds; classes without sounds are left out."""
    return float(np.mean([values[labels == label].mean() for label in np.unique(labels)]))
