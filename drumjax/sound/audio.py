"""Sound files to float32 waves and back: read, mix to mono, resample, trim, fit, write.

No other module imports soundfile and soxr. The functions that need them import them, so importing this module is
cheap. A wave is float32, (samples,) when mono and (samples, channels) as read. Levels in dB are relative to the
wave's own peak.
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
from drumjax.sound import m4a, riff
from drumjax.sound.trimming import END_DB as END_DB
from drumjax.sound.trimming import Unfit as Unfit
from drumjax.sound.trimming import fit as fit
from drumjax.sound.trimming import fit_trimmed as fit_trimmed
from drumjax.sound.trimming import trim as trim

MAX_CHANNELS = 32
RATES = (1_000, 768_000)  # Hz; any other rate means a broken header
WRITTEN_RATES, WRITTEN_BITS = (22_050, 44_100, 48_000), (16, 24)  # that users may ask for
MENDED_BYTES = 1 << 26  # largest broken file that is mended in memory
_UNRECOGNISED = 1  # libsndfile's code for a format that it does not know


def read(path: str | Path, seconds: float = math.inf) -> tuple[Float[np.ndarray, "samples channels"], int]:
    """The wave and the rate of a sound file, whatever its extension.

    Args:
        path: a WAV, AIFF, FLAC, Ogg (Vorbis, Opus) or MP3 file, or any other format that libsndfile detects.
        seconds: the longest part that is read, from the start.

    Returns:
        float32 (samples, channels), nominally within -1..1, and the rate in Hz.

    Raises:
        ValueError: the file is missing, not a regular file, or cannot be decoded as sound. The message is one line.
    """
    import soundfile

    name = files.shown(path)
    try:
        # open() on a pipe named kick.wav would block for ever, so the file type is checked first.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ValueError(f"{name} is not a regular file")
        with open(path, "rb") as file:
            try:
                wave, rate, wanted = _decode(_NamelessFile(file), seconds, name)
                broken: soundfile.SoundFileError | None = None
            except soundfile.SoundFileError as error:
                wave, rate, wanted, broken = np.zeros((0, 1), np.float32), 0, 0, error
            if len(wave) == 0:
                wave, rate, wanted = _decode_otherwise(file, seconds, name, broken)
    except OSError as error:
        raise ValueError(f"cannot read {name}: {error.strerror or error}") from error
    except soundfile.SoundFileError as error:
        details = getattr(error, "error_string", str(error)).strip().splitlines() or ["unknown format"]
        known = "it is none of WAV, AIFF, FLAC, Ogg, MP3 and M4A"
        unknown = getattr(error, "code", None) == _UNRECOGNISED
        raise ValueError(f"cannot decode {name}: {known if unknown else details[0]}") from error
    if len(wave) == 0 or len(wave) < wanted:
        raise ValueError(f"{name} ends early: {len(wave)} of {wanted} samples")
    if not np.isfinite(wave).all():
        raise ValueError(f"{name} has NaN or infinite samples")
    return wave, rate


def _decode(file: "_NamelessFile | io.BytesIO", seconds: float, name: str) -> tuple[np.ndarray, int, int]:
    """(wave, rate, samples that the header promises of the part that is read) of an open sound file."""
    import soundfile

    with soundfile.SoundFile(file) as sound:
        rate, channels = sound.samplerate, sound.channels
        _check_header(rate, channels, name)
        wanted = int(min(sound.frames, seconds * rate))
        wave = _read_frames(sound, wanted, channels)
        # An MP3 header may overstate the length a little.
        return wave, rate, len(wave) if sound.format == "MP3" else wanted


def _check_header(rate: int, channels: int, name: str) -> None:
    if not (RATES[0] <= rate <= RATES[1] and 1 <= channels <= MAX_CHANNELS):
        raise ValueError(
            f"{name} has {channels} channels at {rate} Hz in its header; "
            f"at most {MAX_CHANNELS} channels at {RATES[0]} to {RATES[1]} Hz are read"
        )


def _decode_otherwise(
    file: io.BufferedReader, seconds: float, name: str, broken: Exception | None
) -> tuple[np.ndarray, int, int]:
    """`_decode` of a file that libsndfile finds empty or cannot decode: a broken WAV, or M4A."""
    file.seek(0)
    head = file.read(riff.REACH)
    whole = None
    if m4a.is_m4a(head):
        wave, rate = m4a.decode(head + file.read(MENDED_BYTES), seconds, name)
        _check_header(rate, wave.shape[1], name)
        return wave, rate, len(wave)
    if b"RIFF" in head:
        whole = riff.mended(head + file.read(MENDED_BYTES))
    if whole is None and broken is not None:
        raise broken
    return (np.zeros((0, 1), np.float32), 0, 0) if whole is None else _decode(io.BytesIO(whole), seconds, name)


class _NamelessFile:
    """A file object without a name: soundfile derives the format from some extensions (.raw) if it sees them."""

    def __init__(self, file: io.BufferedReader):
        self.read, self.readinto, self.seek, self.tell = file.read, file.readinto, file.seek, file.tell


def _read_frames(sound, wanted: int, channels: int) -> np.ndarray:
    """Up to `wanted` frames, read in blocks: a header that overstates the length costs no memory."""
    blocks = [np.zeros((0, channels), np.float32)]
    while wanted > 0:
        block = sound.read(min(wanted, 1 << 18), dtype="float32", always_2d=True)
        if len(block) == 0:
            break
        blocks.append(block)
        wanted -= len(block)
    return np.concatenate(blocks)


def mono(wave: Float[np.ndarray, "samples ..."]) -> Float[np.ndarray, " samples"]:
    """The mean of the channels, (samples,), or the loudest channel where the channels cancel."""
    if wave.ndim == 1:
        return wave
    mean = wave.mean(axis=1, dtype=np.float32)
    energies = np.square(wave, dtype=np.float64).sum(axis=0)
    if np.square(mean, dtype=np.float64).sum() < 0.1 * energies.mean():
        return np.ascontiguousarray(wave[:, energies.argmax()])
    return mean


def resample(
    wave: Float[np.ndarray, "samples ..."], from_rate: int, to_rate: int
) -> Float[np.ndarray, "resampled ..."]:
    """The wave, time on axis 0, at another rate in Hz by soxr's high-quality polyphase filters; float32."""
    if from_rate == to_rate:
        return np.asarray(wave, np.float32)
    import soxr

    return soxr.resample(np.asarray(wave, np.float32), from_rate, to_rate)


def fit_mix(
    wave: Float[np.ndarray, "samples ..."], rate: int, shape: Audio, max_seconds: float, min_seconds: float = 0.010
) -> tuple[Float[np.ndarray, " fitted"], int]:
    """`fit` of the mono mix of a wave of `rate` Hz; what a cut costs does not matter."""
    return fit(resample(mono(wave), rate, shape.rate), shape, max_seconds, min_seconds, most_lost=1.0)


def high_pass(wave: Float[np.ndarray, " samples"], rate: int, hz: float) -> Float[np.ndarray, " samples"]:
    """The wave without what lies below `hz` (Butterworth, 24 dB an octave, causal), at the peak it had."""
    from scipy.signal import butter, sosfilt, sosfilt_zi

    sections = butter(4, hz, "highpass", fs=rate, output="sos")
    # As if the first sample had lasted for ever: a DC offset is no step.
    filtered, _ = sosfilt(sections, wave, zi=sosfilt_zi(sections) * wave[0])
    return (filtered * (np.abs(wave).max() / max(np.abs(filtered).max(), 1e-9))).astype(np.float32)


def write(path: str | Path, wave: Float[np.ndarray, "samples ..."], rate: int, bits: int = 16) -> None:
    """Writes a WAV file (see `wav_bytes`), completely or not at all.

    Raises:
        ValueError: `bits` is not 16 or 24, or the wave has NaN or infinite samples.
        OSError: the file cannot be written; the message is one line and no partial file remains.
    """
    # The WAV is encoded in memory: libsndfile does not report a full disk reliably, Python's own files do.
    files.write(path, wav_bytes(wave, rate, bits))


def wav_bytes(wave: Float[np.ndarray, "samples ..."], rate: int, bits: int = 16) -> bytes:
    """The bytes of a WAV file; equal waves give equal bytes.

    Args:
        wave: (samples,) or (samples, channels); values beyond -1..1 are clipped.
        rate: Hz.
        bits: 16 or 24.

    Raises:
        ValueError: `bits` is not 16 or 24, or the wave has NaN or infinite samples.
    """
    import soundfile

    if bits not in WRITTEN_BITS:
        raise ValueError(f"bits must be 16 or 24; got {bits}")
    wave = np.asarray(wave, np.float32)
    if not np.isfinite(wave).all():
        raise ValueError("the wave has NaN or infinite samples")
    file = io.BytesIO()
    soundfile.write(file, wave, rate, format="WAV", subtype=f"PCM_{bits}")
    return file.getvalue()


MAX_COMMENT = 2000
"""Characters of a comment: libsndfile skips longer ones when it reads a WAV."""


def write_with_comment(
    path: str | Path, wave: Float[np.ndarray, "samples ..."], rate: int, bits: int, comment: str
) -> None:
    """Writes a WAV file, or a FLAC file if the name ends in .flac, with a comment, completely or not at all.

    Args:
        path: of the file; it is overwritten.
        wave, rate, bits, comment: see `bytes_with_comment`.

    Raises:
        ValueError: the wave has NaN or infinite samples, or the comment is too long or not ASCII.
        OSError: the file cannot be written; the message is one line and no partial file remains.
    """
    form = "FLAC" if Path(path).suffix.lower() == ".flac" else "WAV"
    files.write(path, bytes_with_comment(wave, rate, bits, comment, form))


def bytes_with_comment(
    wave: Float[np.ndarray, "samples ..."], rate: int, bits: int, comment: str, form: str = "WAV"
) -> bytes:
    """The bytes of a WAV or FLAC file with a comment: ICMT in a WAV's INFO, COMMENT in a FLAC's tags.

    Equal arguments give equal bytes.

    Args:
        wave: (samples,) or (samples, channels); values beyond -1..1 are clipped.
        rate: Hz.
        bits: 16 or 24.
        comment: ASCII, at most `MAX_COMMENT` characters.
        form: WAV or FLAC.

    Raises:
        ValueError: the wave has NaN or infinite samples, or the comment is too long or not ASCII.
    """
    import soundfile

    if len(comment) > MAX_COMMENT or not comment.isascii():
        raise ValueError(f"a comment must be ASCII, at most {MAX_COMMENT} characters; got {len(comment)}")
    if not np.isfinite(wave).all():
        raise ValueError("the wave has NaN or infinite samples")
    content = io.BytesIO()
    channels = 1 if wave.ndim == 1 else wave.shape[1]
    with soundfile.SoundFile(content, "w", rate, channels, f"PCM_{bits}", format=form) as sound:
        sound.comment = comment
        sound.write(np.asarray(wave, np.float32))
    return content.getvalue()


def flac_bytes(wav: bytes) -> bytes:
    """A WAV file's bytes as those of a FLAC file: the same samples, of 24 bits at most, and the same comment.

    Raises:
        ValueError: it is no sound file, or has more channels or a higher rate than FLAC. The message is one line.
    """
    import soundfile

    content = io.BytesIO()
    try:
        with soundfile.SoundFile(io.BytesIO(wav)) as sound:
            made = soundfile.SoundFile(content, "w", sound.samplerate, sound.channels, "PCM_24", format="FLAC")
            with made:
                if sound.comment:  # libsndfile refuses an empty one
                    made.comment = sound.comment
                made.write(sound.read(dtype="int32", always_2d=True))
    except soundfile.SoundFileError as error:
        raise ValueError(f"cannot make a FLAC file: {getattr(error, 'error_string', error)}") from error
    return content.getvalue()


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
