"""What a library remembers of a sound: its properties, and an embedding in which like sounds are near.

The embedding is a cepstrum along both axes: the cosine transform of the levels of cells of the spectrogram, in dB below
the loudest cell. The cells are fine at the attack. Finer patterns weigh more, so that the slopes that most drums share
do not hide what is a drum's own. `python -m drumjax.evaluate.retrieval` compares it with other embeddings. Neither
level nor leading silence changes a property or the embedding.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float

from drumjax.data.analysis import looks_like_sound
from drumjax.sound import audio

VERSION = 1  # of properties and embedding; an index of another version is read anew

RATE = 44_100  # Hz, at which sounds are analysed
READ_SECONDS = 20.0  # of a file; a sound that is longer counts as so long
WINDOW, HOP = 2048, 441  # of the spectrogram: 46 and 10 ms
SLOTS = np.array([0, 1, 2, 4, 6, 9, 13, 19, 28, 42, 63, 95, 140, 200])  # frames at which the cells begin, and the end
BANDS = 40  # of the cells, from 40 Hz to 20 kHz
FLOOR_DB = -45.0  # of a cell, below the loudest one
KEPT = (10, 20)  # orders of the transform that the embedding holds, along time and along frequency
PUNCH_SECONDS, BRIGHT_HZ, BASS_HZ = 0.05, 5000.0, 200.0

PROPERTIES = ("seconds", "brightness", "bass", "punch", "decay", "pitch", "noisiness", "rate", "channels")
"""seconds: length to the end of the sound. brightness, bass: dB, energy above 5 kHz to that below, and below 200 Hz to
that above. punch: dB, energy of the first 50 ms to that after. decay: octaves of a second, of the mean time of the
energy. pitch: octaves of 1 Hz, of the centroid of the squared power, dominated by the strongest partials. noisiness:
spectral flatness in nepers. Knobs have the same properties (`drumjax.play.controls.properties`). rate, in Hz, and
channels are the file's."""

SILENT, NOT_A_SOUND = "silent", "not a sound"
"""Problems of files that need not be read again before they change."""

_HZ = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
_TINY = 1e-12


@dataclass(frozen=True)
class Analysis:
    """What one file holds.

    Attributes:
        problem: why it cannot be used, one line; empty where it can.
        digest: of its decoded samples.
        properties: see PROPERTIES.
        embedding: 200 numbers; distances are in dB, as root mean squares over the cells would be without weights.
    """

    problem: str
    digest: bytes = b""
    properties: Float[np.ndarray, " properties"] = field(default_factory=lambda: np.zeros(len(PROPERTIES), np.float32))
    embedding: Float[np.ndarray, " dimensions"] = field(default_factory=lambda: np.zeros(KEPT[0] * KEPT[1], np.float32))


def analyse(path: Path) -> Analysis:
    """The analysis of a file; a bad file has a problem, it never raises."""
    try:
        raw, rate = audio.read(path, READ_SECONDS)
    except ValueError as error:
        size = path.stat().st_size if path.is_file() else -1
        return Analysis(str(error) if looks_like_sound(path, size) else NOT_A_SOUND)
    wave = audio.trim(audio.resample(audio.mono(raw), rate, RATE), RATE)
    if not len(wave):
        return Analysis(SILENT)
    properties, embedding = describe(wave)
    digest = hashlib.blake2b(raw.tobytes() + f"{rate} {raw.shape[1]}".encode(), digest_size=16).digest()
    file = np.array([rate, raw.shape[1]], np.float32)
    return Analysis("", digest, np.concatenate([properties, file]), embedding)


def describe(
    wave: Float[np.ndarray, " samples"],
) -> tuple[Float[np.ndarray, " properties"], Float[np.ndarray, " dimensions"]]:
    """The properties of a sound without those of its file, and its embedding.

    Args:
        wave: mono, at RATE, from the onset to the end of the sound (`audio.trim`), not silent.
    """
    wave = wave / np.abs(wave).max()
    spectrogram = _power_spectrogram(wave)
    cells = _cells(spectrogram)
    energy, spectrum = np.square(wave, dtype=np.float64), spectrogram.sum(axis=0, dtype=np.float64)
    bands = _in_bands(spectrum[None])[0] / np.diff(_EDGES)
    time = np.arange(len(wave)) / RATE
    attack = int(PUNCH_SECONDS * RATE)
    properties = [
        len(wave) / RATE,
        _db(spectrum[_HZ > BRIGHT_HZ].sum(), spectrum[_HZ <= BRIGHT_HZ].sum()),
        _db(spectrum[_HZ < BASS_HZ].sum(), spectrum[_HZ >= BASS_HZ].sum()),
        _db(energy[:attack].sum(), energy[attack:].sum()),
        np.log2(max(energy @ time / energy.sum(), 1 / RATE)),
        np.log2(np.square(spectrum) @ _HZ / np.square(spectrum).sum()),
        np.log(bands + _TINY * bands.max()).mean() - np.log(bands.mean()),
    ]
    return np.array(properties, np.float32), _cepstrum(cells)


def distances(
    vectors: Float[np.ndarray, "n dimensions"], others: Float[np.ndarray, "m dimensions"]
) -> Float[np.ndarray, "n m"]:
    """Euclidean distances of all pairs."""
    squares = np.square(vectors).sum(axis=1)[:, None] + np.square(others).sum(axis=1) - 2 * vectors @ others.T
    return np.sqrt(np.maximum(squares, 0))


def _power_spectrogram(wave: Float[np.ndarray, " samples"]) -> Float[np.ndarray, "frames bins"]:
    """Of the start of a sound: the part that the cells cover, or all of a shorter one."""
    part = wave[: int(SLOTS[-1]) * HOP]
    padded = np.pad(part, (WINDOW // 2, WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][: SLOTS[-1]]
    spectra = np.fft.rfft(frames * np.hanning(WINDOW).astype(np.float32), axis=1)
    return np.square(spectra.real) + np.square(spectra.imag)


def _edges() -> np.ndarray:
    """First bins of the bands, and the end; at low frequencies, where bands are narrower than bins, one bin each."""
    wanted = np.round(np.geomspace(40, 20_000, BANDS + 1) / RATE * WINDOW).astype(int)
    return np.maximum(wanted, wanted[0] + np.arange(BANDS + 1))


_EDGES = _edges()


def _in_bands(spectrogram: Float[np.ndarray, "frames bins"]) -> Float[np.ndarray, "frames bands"]:
    """Energy of each band."""
    return np.add.reduceat(spectrogram[:, : _EDGES[-1]], _EDGES[:-1], axis=1)


def _cells(spectrogram: Float[np.ndarray, "frames bins"]) -> Float[np.ndarray, "slots bands"]:
    """Levels of the cells in dB below the loudest, FLOOR_DB at least."""
    bands = np.zeros((SLOTS[-1], BANDS))
    bands[: len(spectrogram)] = _in_bands(spectrogram)
    power = np.add.reduceat(bands, SLOTS[:-1], axis=0) / np.diff(SLOTS)[:, None]
    return np.maximum(10 * np.log10(power / power.max() + _TINY), FLOOR_DB)


def _cosines(size: int, kept: int) -> Float[np.ndarray, "kept size"]:
    """The rows of the orthonormal cosine transform (DCT-II), each weighted with the root of its order, from 1."""
    order, place = np.arange(kept)[:, None], np.arange(size) + 0.5
    rows = np.sqrt(2 / size) * np.cos(np.pi * order * place / size)
    rows[0] /= np.sqrt(2)
    return rows * np.sqrt(1 + order)


_ALONG_TIME, _ALONG_FREQUENCY = _cosines(len(SLOTS) - 1, KEPT[0]), _cosines(BANDS, KEPT[1])


def _cepstrum(cells: Float[np.ndarray, "slots bands"]) -> Float[np.ndarray, " dimensions"]:
    orders = _ALONG_TIME @ (cells - FLOOR_DB) @ _ALONG_FREQUENCY.T
    return (orders.ravel() / np.sqrt(cells.size)).astype(np.float32)


def narrowed(vectors: Float[np.ndarray, "n dimensions"], top_hz: float) -> Float[np.ndarray, "n dimensions"]:
    """Embeddings of sounds, roughly as they would be without what lies above a frequency."""
    rows, columns = (rows / np.sum(rows**2, axis=1, keepdims=True) for rows in (_ALONG_TIME, _ALONG_FREQUENCY))
    cells = rows.T @ (vectors.reshape(-1, *KEPT) * np.sqrt(rows.shape[1] * columns.shape[1])) @ columns
    below = int(np.searchsorted(_EDGES[1:] * RATE / WINDOW, top_hz, side="right"))
    cells = cells[:, :, : max(below, 1)] + FLOOR_DB
    cells = np.maximum(cells - cells.max(axis=(1, 2), keepdims=True), FLOOR_DB)
    return np.stack([_cepstrum(np.pad(c, ((0, 0), (0, BANDS - c.shape[1])), constant_values=FLOOR_DB)) for c in cells])


def _db(part: float, rest: float) -> float:
    return float(10 * np.log10((part + _TINY) / (rest + _TINY)))
