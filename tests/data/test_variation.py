"""Variations: each effect measured on a suitable sound, and the properties of the result."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumjax.config import CLASSES, Audio
from drumjax.data.procedural import sound
from drumjax.data.variation import DECAY_DB, Change, apply_change, cut_at_silence, vary

RATE, SAMPLES = 22050, 22015
T = np.arange(SAMPLES) / RATE


def sine(hz: float, seconds: float = 0.8, t60: float = np.inf) -> tuple[np.ndarray, int]:
    """A sine with a short fade, exponential in level."""
    length = int(seconds * RATE)
    wave = np.sin(2 * np.pi * hz * T) * np.exp(-6.908 * T / t60)
    wave[:200] *= np.linspace(0, 1, 200)
    wave[length - 500 : length] *= np.linspace(1, 0, 500)
    wave[length:] = 0
    return (wave / np.abs(wave).max()).astype(np.float32), length


def spectrum_db(wave: np.ndarray, start: int, size: int = 8192) -> tuple[np.ndarray, np.ndarray]:
    """Hz, and dB below the largest bin, of one Blackman window."""
    magnitude = np.abs(np.fft.rfft(wave[start : start + size] * np.blackman(size), 8 * size))
    return np.fft.rfftfreq(8 * size, 1 / RATE), 20 * np.log10(magnitude / magnitude.max() + 1e-12)


@pytest.mark.parametrize("semitones", [-3.0, -1.3, 0.4, 3.0])
def test_pitch_changes_by_the_given_semitones(semitones: float):
    wave, length = sine(997)
    varied, new_length = apply_change(wave, length, Change(semitones=semitones), RATE)
    ratio = 2 ** (semitones / 12)
    hz, db = spectrum_db(varied, 2000)
    assert 1200 * abs(np.log2(hz[np.argmax(db)] / (997 * ratio))) < 6  # cents
    assert new_length == pytest.approx(length / ratio, rel=0.02)


@pytest.mark.parametrize("semitones", [-3.0, -0.7, 0.7, 3.0])
def test_resampling_does_not_alias(semitones: float):
    """A low and a very high tone: content above the Nyquist frequency disappears, and none appears elsewhere."""
    low, length = sine(500)
    high, _ = sine(10_600)
    varied, _ = apply_change((low + high) / 2, length, Change(semitones=semitones), RATE)
    hz, db = spectrum_db(varied, 2000)
    ratio = 2 ** (semitones / 12)
    elsewhere = (np.abs(hz - 500 * ratio) > 60) & (np.abs(hz - 10_600 * ratio) > 60)
    assert db[elsewhere].max() < -70
    if semitones < 0:
        assert db[np.abs(hz - 10_600 * ratio) < 20].max() > -12, "a high tone that fits was lost"


@pytest.mark.parametrize("tilt_db", [-4.0, 2.5])
def test_tilt_is_linear_in_log_frequency(tilt_db: float):
    wave = np.random.default_rng(0).uniform(-1, 1, SAMPLES).astype(np.float32)
    varied, length = apply_change(wave, SAMPLES, Change(tilt_db=tilt_db), RATE)
    inner = slice(500, length - 1000)
    hz = np.fft.rfftfreq(length - 1500, 1 / RATE)
    change_db = 20 * np.log10(np.abs(np.fft.rfft(varied[inner])) / np.abs(np.fft.rfft(wave[inner])))
    kept = (hz > 100) & (hz < 10_000)
    slope, _ = np.polyfit(np.log10(hz[kept]), change_db[kept], 1)
    assert slope == pytest.approx(tilt_db / 2, abs=0.15)  # dB a decade; two decades from 100 Hz to 10 kHz


@pytest.mark.parametrize("decay_db", [DECAY_DB[0], -9.0, DECAY_DB[1]])
def test_decay_changes_by_the_given_db(decay_db: float):
    wave, length = sine(800, t60=1.2)
    varied, _ = apply_change(wave, length, Change(decay_db=decay_db), RATE)
    block = 441
    inner = slice(block, 15 * block)  # before any fade

    def level_db(x: np.ndarray) -> np.ndarray:
        return 10 * np.log10(np.square(x[inner]).reshape(-1, block).mean(axis=1))

    blocks = np.arange(14)
    slope = np.polyfit(blocks, level_db(varied) - level_db(wave), 1)[0] / block
    assert slope * length == pytest.approx(decay_db, abs=0.2)


def test_saturation_is_tanh():
    """The third harmonic equals the Fourier integral of tanh(g sin)."""
    wave, length = sine(600)
    drive = 1.2
    varied, _ = apply_change(wave, length, Change(drive=drive), RATE)
    turn = 2 * np.pi * np.arange(4096) / 4096
    shaped = np.tanh(drive * np.sin(turn))
    want = 20 * np.log10(abs((shaped * np.sin(3 * turn)).mean() / (shaped * np.sin(turn)).mean()))
    hz, db = spectrum_db(varied, 2000)
    assert db[np.abs(hz - 1800) < 20].max() == pytest.approx(want, abs=0.3)
    assert db[np.abs(hz - 1200) < 20].max() < -60


def test_delay_shifts_the_start():
    wave = np.zeros(SAMPLES, np.float32)
    wave[0], wave[1:300] = 1, np.linspace(0.5, 0, 299)
    varied, length = apply_change(wave, 300, Change(delay_ms=4.0), RATE)
    assert np.argmax(np.abs(varied)) == round(0.004 * RATE)
    assert length == pytest.approx(300 + 0.004 * RATE, abs=3)


def test_the_default_change_is_the_identity():
    wave, length = sine(321, t60=0.7)
    varied, new_length = apply_change(wave, length, Change(), RATE)
    np.testing.assert_allclose(varied[: new_length - 500], wave[: new_length - 500], atol=1e-5)


def test_equal_seeds_give_equal_variations():
    wave, length = sound("snare", 5, Audio())
    one, n = vary(wave, length, 11, RATE)
    again, m = vary(wave, length, np.random.default_rng(11), RATE)
    np.testing.assert_array_equal(one, again)
    assert n == m
    assert np.abs(vary(wave, length, 12, RATE)[0] - one).max() > 0.05


def test_the_original_is_not_modified():
    wave, length = sound("tom", 5, Audio())
    before = wave.copy()
    vary(wave, length, 1, RATE)
    np.testing.assert_array_equal(wave, before)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(CLASSES),
    st.integers(0, 2**32 - 1),
    st.sampled_from([11025, 22050, 44100]),
    st.integers(20, 44000),
)
def test_variations_are_finite_normalised_and_end_in_silence(name: str, seed: int, rate: int, cut: int):
    """Built-in sounds, complete and cut off at arbitrary points."""
    audio = Audio(rate=rate, samples=int(0.9984 * rate))
    wave, length = sound(name, seed % 97, audio)
    length = min(length, cut)
    wave[length:] = 0
    varied, new_length = vary(wave, length, seed, rate)
    assert varied.dtype == np.float32 and varied.shape == wave.shape
    assert np.isfinite(varied).all()
    assert np.abs(varied).max() == pytest.approx(1, abs=1e-6)
    assert 0 < new_length <= audio.samples and not varied[new_length:].any()
    assert varied[new_length - 1] == pytest.approx(0, abs=0.01), "ends with a click"


def test_silence_stays_silent():
    silence = np.zeros(SAMPLES, np.float32)
    for length in (0, 500):
        varied, new_length = vary(silence, length, 3, RATE)
        assert new_length == 0 and not varied.any()


def test_cut_at_silence_cuts_at_60_db():
    wave, _ = sine(700, seconds=0.9, t60=0.5)
    result, length = cut_at_silence(3 * wave, RATE)
    assert length == pytest.approx(0.5 * RATE, rel=0.03)
    assert np.abs(result).max() == pytest.approx(1) and not result[length:].any()


def test_varied_sounds_keep_their_class():
    """Of variations, the 3 nearest unvaried sounds have the same class in most cases."""
    audio = Audio()

    def descriptor(wave: np.ndarray) -> np.ndarray:
        spans = np.array_split(wave[:16000], [400, 1300, 3300, 8000])
        hz = np.fft.rfftfreq(22050, 1 / RATE)
        edges = np.geomspace(40, 11000, 13)
        power = [np.abs(np.fft.rfft(span, 22050)) ** 2 for span in spans]
        place = np.digitize(hz, edges)
        return 10 * np.log10(np.concatenate([np.bincount(place, p, 14) for p in power]) + 1e-2)

    sounds = [[sound(name, seed, audio) for seed in range(0, 200, 10)] for name in CLASSES]
    unvaried = np.array([[descriptor(wave) for wave, _ in row] for row in sounds])
    varied = np.array([[descriptor(vary(w, n, i, RATE)[0]) for i, (w, n) in enumerate(row)] for row in sounds])
    distance = np.square(varied[:, :, None, None] - unvaried).mean(axis=-1)
    right = np.sort(distance, axis=-1)[..., :3].mean(axis=-1).argmin(axis=-1) == np.arange(len(CLASSES))[:, None]
    assert right.mean() > 0.85, dict(zip(CLASSES, right.mean(axis=1), strict=True))
