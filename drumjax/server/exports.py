"""Sounds as the files a producer takes away: cropped, resampled WAVs, and a kit of them as a zip."""

import io
import time
import zipfile

import numpy as np

from drumjax.server import protocol
from drumjax.server.engine import Played
from drumjax.sound import audio


def wav(asked: protocol.Export, played: Played, rate: int) -> bytes:
    """The WAV of an export: resampled, then cut, so that the cut rings nowhere.

    Raises:
        ValueError: nothing lies within the crop.
    """
    wave = played.wave
    if asked.crop is None:
        wave = np.trim_zeros(wave, "b") if wave.any() else wave
    wave = audio.resample(wave, rate, asked.rate)
    if asked.crop is not None:
        start, end = (round(ms * asked.rate / 1000) for ms in asked.crop)
        wave = wave[start:end]
    if not len(wave):
        raise ValueError("nothing lies within the crop")
    wave = wave * np.float32(asked.gain)
    # A resampled or louder peak may rise above full scale.
    return audio.encoded(wave / max(1.0, float(np.abs(wave).max())), asked.rate, asked.bits)


def kit(asked: list[protocol.Export], played: list[Played], rate: int) -> bytes:
    """A zip of the WAVs, under names that differ.

    Raises:
        ValueError: nothing lies within one of the crops.
    """
    content, used = io.BytesIO(), set()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for item, sound in zip(asked, played, strict=True):
            names = [item.name, *(f"{item.name}_{i}" for i in range(2, protocol.KIT + 2))]
            name = next(name for name in names if name not in used)
            used.add(name)
            stamp = zipfile.ZipInfo(f"{name}.wav", time.localtime()[:6])
            stamp.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(stamp, wav(item, sound, rate))
    return content.getvalue()
