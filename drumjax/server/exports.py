"""Sounds as files to save: cropped, resampled WAVs."""

import numpy as np
from jaxtyping import Float

from drumjax.server import protocol, recipes
from drumjax.server.rendering import Rendering
from drumjax.sound import audio

RATE = 44_100
"""Hz of a file whose request names none; a sound of the user's keeps its own."""


def wave_of(export: protocol.Export, rendering: Rendering) -> tuple[Float[np.ndarray, "samples ..."], int]:
    """The samples of an export, within full scale, and their rate in Hz.

    The wave is resampled before it is cut, so that the filter does not ring at the cut.

    Raises:
        ValueError: the crop contains no sample.
    """
    wave = rendering.wave
    own = export.sound.own is not None
    rate = export.rate or (rendering.rate if own else RATE)
    if export.crop is None and wave.any() and not own:
        wave = wave[: np.flatnonzero(wave.reshape(len(wave), -1).any(axis=1))[-1] + 1]
    wave = audio.resample(wave, rendering.rate, rate)
    if export.crop is not None:
        start, end = (round(ms * rate / 1000) for ms in export.crop)
        wave = wave[start:end]
    if not len(wave):
        raise ValueError("the crop contains no sound")
    wave = wave * np.float32(export.gain)
    # Resampling and gain may lift a peak above full scale.
    return (wave / np.float32(max(1.0, float(np.abs(wave).max())))).astype(np.float32), rate


def wav(export: protocol.Export, rendering: Rendering, bundle: str = "") -> bytes:
    """The WAV of an export, with its recipe for the bundle of this id.

    Raises:
        ValueError: the crop contains no sample.
    """
    wave, rate = wave_of(export, rendering)
    return audio.bytes_with_comment(wave, rate, export.bits, recipes.comment(export, bundle))
