"""Sound files to float32 waves and back: read, mono, resample, trim, fit, write.

The only module that imports soundfile and soxr, both inside the functions that need them, so that importing
this one costs nothing. A wave is float32, [samples] when mono and [samples, channels] as read; levels in dB
are relative to the wave's own peak.
"""

import io
import math
import os
import stat
from pathlib import Path

import numpy as np
from jaxtyping import Float

from drumjax import files
from drumjax.config import Audio

END_DB = -60.0  # where a sound's tail ends
LEAD_DB = -40.0  # what surely belongs to the onset: room noise before it may be louder than END_DB
LEAD_SECONDS = 0.002  # kept before that, down to END_DB, so that a soft attack stays whole
FADE_SECONDS = 0.005  # of the end, where a sound is cut to the length of the store
REST_SECONDS = 0.005  # of a tail that stands still: its level is an offset of the recording
SILENT = 3e-4  # -70 dB of full scale: dither and the last bits of 16
MAX_CHANNELS = 32
RATES = (1_000, 768_000)  # Hz: anything else is a broken header


class Unfit(ValueError):
    """A sound that cannot be used. `reason` is one of `silent`, `too short`, `too long`."""

    def __init__(self, reason: str, detail: str):
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


def read(path: str | Path, seconds: float = math.inf) -> tuple[np.ndarray, int]:
    """The wave in a sound file, whatever its extension says, and its rate.

    Args:
        path: a WAV, AIFF, FLAC, Ogg (Vorbis, Opus), MP3 or anything else libsndfile knows by its content.
        seconds: at most so much of it is read.

    Returns:
        float32 [samples, channels], nominally within -1..1, and the rate in Hz.

    Raises:
        ValueError: one line, when the file is missing, not a regular file, or no sound that can be decoded.
    """
    import soundfile

    try:
        # A pipe named kick.wav would block for ever in open(): look before opening, and do not wait there either.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ValueError(f"{files.shown(path)} is not a regular file")
        with open(path, "rb") as file, soundfile.SoundFile(_Unnamed(file)) as sound:
            rate, channels = sound.samplerate, sound.channels
            if not (RATES[0] <= rate <= RATES[1] and 1 <= channels <= MAX_CHANNELS):
                raise ValueError(f"{files.shown(path)} claims {channels} channels at {rate} Hz")
            wanted = int(min(sound.frames, seconds * rate))
            wave = _frames(sound, wanted, channels)
            estimated = sound.format == "MP3"  # its header may overstate the length a little
    except OSError as error:
        raise ValueError(f"cannot read {files.shown(path)}: {error.strerror or error}") from error
    except soundfile.SoundFileError as error:
        said = getattr(error, "error_string", str(error)).strip().splitlines() or ["unknown format"]
        raise ValueError(f"cannot decode {files.shown(path)}: {said[0]}") from error
    if len(wave) == 0 or (len(wave) < wanted and not estimated):
        raise ValueError(f"{files.shown(path)} ends early: {len(wave)} of {wanted} samples")
    if not np.isfinite(wave).all():
        raise ValueError(f"{files.shown(path)} holds NaN or infinite samples")
    return wave, rate


class _Unnamed:
    """A file without its name: soundfile takes some extensions (.raw) for the truth."""

    def __init__(self, file: io.BufferedReader):
        self.read, self.readinto, self.seek, self.tell = file.read, file.readinto, file.seek, file.tell


def _frames(sound, wanted: int, channels: int) -> np.ndarray:
    """Up to `wanted` frames in blocks: a header that lies about the length costs no memory."""
    blocks = [np.zeros((0, channels), np.float32)]
    while wanted > 0:
        block = sound.read(min(wanted, 1 << 18), dtype="float32", always_2d=True)
        if len(block) == 0:
            break
        blocks.append(block)
        wanted -= len(block)
    return np.concatenate(blocks)


def mono(wave: np.ndarray) -> np.ndarray:
    """[samples, channels] to [samples]: the mean, or the loudest channel where the channels cancel."""
    if wave.ndim == 1:
        return wave
    mean = wave.mean(axis=1, dtype=np.float32)
    energies = np.square(wave, dtype=np.float64).sum(axis=0)
    if np.square(mean, dtype=np.float64).sum() < 0.1 * energies.mean():
        return np.ascontiguousarray(wave[:, energies.argmax()])
    return mean


def resample(wave: np.ndarray, from_rate: int, to_rate: int) -> np.ndarray:
    """The wave at another rate (Hz), by soxr's high-quality polyphase filters; float32, its axis 0 is time."""
    if from_rate == to_rate:
        return np.asarray(wave, np.float32)
    import soxr

    return soxr.resample(np.asarray(wave, np.float32), from_rate, to_rate)


def trim(wave: np.ndarray, rate: int) -> np.ndarray:
    """The mono wave from its onset to the end of its tail at END_DB of its peak; empty when it is silent."""
    rest = wave[-max(1, int(REST_SECONDS * rate)) :]
    if len(wave) and np.ptp(rest) <= 2e-3 * np.ptp(wave):
        wave = wave - rest.mean(dtype=np.float32)
    level = np.abs(wave)
    peak = level.max(initial=0.0)
    if peak < SILENT:
        return wave[:0]
    heard = np.flatnonzero(level > peak * 10 ** (END_DB / 20))
    onset = int(np.argmax(level > peak * 10 ** (LEAD_DB / 20)))
    return wave[max(heard[0], onset - int(LEAD_SECONDS * rate)) : heard[-1] + 1]


def fit(wave: np.ndarray, audio: Audio, max_seconds: float = 1.0, min_seconds: float = 0.010) -> tuple[np.ndarray, int]:
    """The mono wave at `audio.rate`, trimmed, padded with zeros to `audio.samples`, its peak at 1.

    What is longer than the store's sounds but not longer than `max_seconds` loses its surplus in a short fade.

    Returns:
        float32 [audio.samples], and the sound's own length in samples.

    Raises:
        Unfit: a ValueError: the wave is silent, shorter than `min_seconds` or longer than `max_seconds`.
    """
    wave = trim(wave, audio.rate)
    if len(wave) == 0:
        raise Unfit("silent", "nothing in it is above -70 dB of full scale")
    seconds = len(wave) / audio.rate
    if seconds < min_seconds:
        raise Unfit("too short", f"{1000 * seconds:.1f} ms of sound, at least {1000 * min_seconds:g} ms")
    # A resampler rounds up to a whole sample and may ring for one more: they do not make a sound too long.
    if len(wave) > max_seconds * audio.rate + 2:
        raise Unfit("too long", f"{seconds:.3f} s of sound, at most {max_seconds:g} s")
    length = min(len(wave), audio.samples)
    fitted = np.zeros(audio.samples, np.float32)
    fitted[:length] = wave[:length]
    if len(wave) > length:
        fade = min(length, int(FADE_SECONDS * audio.rate))
        fitted[length - fade :] *= np.linspace(1, 0, fade + 1, dtype=np.float32)[1:]
    return fitted / np.abs(fitted).max(), length


def write(path: str | Path, wave: np.ndarray, rate: int, bits: int = 16) -> None:
    """Writes a WAV whole or not at all: see `encoded`.

    Raises:
        ValueError: other bits, or a wave that is not finite.
        OSError: one line, when the file cannot be written; nothing is left behind.
    """
    # Encoded in memory: libsndfile does not report a full disk reliably, Python's own files do.
    files.write(path, encoded(wave, rate, bits))


def encoded(wave: np.ndarray, rate: int, bits: int = 16) -> bytes:
    """The bytes of a WAV; the same wave gives the same bytes.

    Args:
        wave: [samples] or [samples, channels]; what is beyond -1..1 is clipped.
        bits: 16 or 24.

    Raises:
        ValueError: other bits, or a wave that is not finite.
    """
    import soundfile

    if bits not in (16, 24):
        raise ValueError(f"bits must be 16 or 24; got {bits}")
    wave = np.asarray(wave, np.float32)
    if not np.isfinite(wave).all():
        raise ValueError("the wave holds NaN or infinite samples")
    file = io.BytesIO()
    soundfile.write(file, wave, rate, format="WAV", subtype=f"PCM_{bits}")
    return file.getvalue()


MAX_COMMENT = 2000
"""Characters of a comment: libsndfile skips longer ones when it reads a WAV."""


def write_with_comment(
    path: str | Path, wave: Float[np.ndarray, " samples"], rate: int, bits: int, comment: str
) -> None:
    """Writes a WAV file, or a FLAC file if the name ends in .flac, with a comment, completely or not at all.

    Equal arguments give equal bytes. The comment is ICMT in a WAV's INFO, COMMENT in a FLAC's tags.

    Args:
        path: of the file; it is overwritten.
        wave: values beyond -1..1 are clipped.
        rate: Hz.
        bits: 16 or 24.
        comment: ASCII, at most `MAX_COMMENT` characters.

    Raises:
        ValueError: the wave has NaN or infinite samples, or the comment is too long or not ASCII.
        OSError: the file cannot be written; the message is one line and no partial file remains.
    """
    import soundfile

    if len(comment) > MAX_COMMENT or not comment.isascii():
        raise ValueError(f"a comment must be ASCII, at most {MAX_COMMENT} characters; got {len(comment)}")
    if not np.isfinite(wave).all():
        raise ValueError("the wave has NaN or infinite samples")
    form = "FLAC" if Path(path).suffix.lower() == ".flac" else "WAV"
    content = io.BytesIO()
    with soundfile.SoundFile(content, "w", rate, 1, f"PCM_{bits}", format=form) as sound:
        sound.comment = comment
        sound.write(np.asarray(wave, np.float32))
    files.write(path, content.getvalue())


def comment(path: str | Path) -> str:
    """The comment in a sound file of at most 16 MB; empty if it has none.

    Raises:
        ValueError: the file is missing, not a regular file, or cannot be decoded as sound. The message is one line.
    """
    import soundfile

    read(path, seconds=0.1)  # raises if this is no sound file
    with open(path, "rb") as file:
        content = io.BytesIO(file.read(1 << 24))
    try:
        with soundfile.SoundFile(content) as sound:
            return sound.comment
    except soundfile.SoundFileError:  # cut at 16 MB
        return ""
