"""Properties against sounds of known ones; embeddings that ignore level, silence and format."""

import numpy as np
import pytest

from drumjax.data import procedural
from drumjax.library import features
from drumjax.library.features import PROPERTIES, RATE, analyse, describe, distances, narrowed
from drumjax.sound import audio

AUDIO = procedural.Audio(rate=RATE, samples=RATE)


def drum(name="snare", seed=0):
    wave, length = procedural.sound(name, seed, AUDIO)
    return wave[:length]


def properties(wave):
    return dict(zip(PROPERTIES, describe(wave)[0], strict=False))


def test_properties_of_decaying_tones():
    time = np.arange(RATE) / RATE
    low, high = (np.sin(2 * np.pi * hz * time) * np.exp(-time / 0.1) for hz in (100, 8000))
    found = properties((low + 0.1 * high).astype(np.float32))
    assert found["brightness"] == pytest.approx(-20, abs=0.1)  # a tenth of the amplitude above 5 kHz
    assert found["bass"] == pytest.approx(20, abs=0.5)
    # The energy falls with a time constant of 50 ms: its mean time, and a share of 1 - 1/e in the first 50 ms.
    assert 2 ** found["decay"] == pytest.approx(0.05, rel=0.02)
    assert found["punch"] == pytest.approx(10 * np.log10((1 - np.exp(-1)) / np.exp(-1)), abs=0.1)
    assert 2 ** found["pitch"] == pytest.approx(100, rel=0.1)
    assert found["seconds"] == pytest.approx(1)
    noise = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    assert properties(noise)["noisiness"] > -0.5 > -5 > found["noisiness"]


def test_level_silence_rate_and_format_change_little(tmp_path):
    wave = drum()
    for name, changed, rate in (
        ("a.wav", wave, RATE),
        ("quiet.wav", 0.1 * wave, RATE),
        ("late.wav", np.pad(wave, (3000, 1000)), RATE),
        ("stereo.wav", np.stack([wave, wave], axis=1), RATE),
        ("96k.wav", audio.resample(wave, RATE, 96_000), 96_000),
    ):
        audio.write(tmp_path / name, 0.9 * changed, rate, 24)
    names = ("a.wav", "quiet.wav", "late.wav", "stereo.wav", "96k.wav")
    (one, *others), other = (analyse(tmp_path / name).embedding for name in names), describe(drum(seed=7))[1]
    apart = np.linalg.norm(np.stack(others) - one, axis=1)
    assert apart.max() < 0.1 * np.linalg.norm(other - one)
    assert analyse(tmp_path / "stereo.wav").properties[-2:].tolist() == [RATE, 2]


def test_copies_at_a_low_rate_are_near_once_narrowed(tmp_path):
    wave = drum("closed_hat")
    low = audio.resample(audio.resample(wave, RATE, 22_050), 22_050, RATE)
    vectors = np.stack([describe(audio.trim(w, RATE))[1] for w in (wave, low)])
    before, after = (distances(v[:1], v[1:])[0, 0] for v in (vectors, narrowed(vectors, 0.45 * 22_050)))
    assert after < 0.5 * before


def test_problems(tmp_path):
    audio.write(tmp_path / "silent.wav", np.zeros(1000, np.float32), RATE)
    (tmp_path / "broken.wav").write_bytes(b"RIFF nothing")
    (tmp_path / "text.txt").write_text("hello, this is no sound at all")
    assert analyse(tmp_path / "silent.wav").problem == features.SILENT
    assert "broken.wav" in analyse(tmp_path / "broken.wav").problem
    assert analyse(tmp_path / "text.txt").problem == features.NOT_A_SOUND


def test_the_shortest_and_the_longest_sounds_are_described(tmp_path):
    rng = np.random.default_rng(0)
    for samples in (5, 40, 23 * RATE):
        audio.write(tmp_path / "a.wav", 0.5 * rng.uniform(0.5, 1, samples).astype(np.float32), RATE)
        found = analyse(tmp_path / "a.wav")
        assert not found.problem and np.isfinite(found.embedding).all() and np.isfinite(found.properties).all()
        assert found.properties[0] == pytest.approx(min(samples / RATE, features.READ_SECONDS), rel=0.01)
