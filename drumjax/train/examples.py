"""Pictures and sounds of validation sounds, written during training."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from drumjax.config import CLASSES, Config
from drumjax.data.batches import Batch
from drumjax.sound import audio

_SOUNDS = 4
"""Classes whose output is written as WAV."""


def write_examples(
    config: Config, held: Batch, outputs: Callable[[Batch], tuple[np.ndarray, ...]], folder: Path, step: int
) -> None:
    """Writes one validation sound of each class: input and output mel side by side as PNG, the output as WAV.

    Args:
        config: of the run.
        held: validation sounds.
        outputs: sounds -> (input mels, output mels, output waves).
        folder: of the stage.
        step: number in the files' names.
    """
    from drumjax.sound import pictures

    first = np.array([np.flatnonzero(held.labels == label)[0] for label in np.unique(held.labels)])
    batch = Batch(held.waves[first], held.lengths[first], held.labels[first])
    inputs, reconstructions, waves = (np.asarray(value) for value in outputs(batch))
    names = [CLASSES[label] for label in batch.labels]
    pictures.save(pictures.mel_pairs(inputs, reconstructions, names, config.audio), folder / f"mel_{step:06d}.png")
    (folder / "sounds").mkdir(exist_ok=True)
    for name, wave in zip(names[:_SOUNDS], waves[:_SOUNDS], strict=True):
        path = folder / "sounds" / f"{step:06d}_{name}.wav"
        audio.write(path, wave / max(1.0, np.abs(wave).max()), config.audio.rate)
