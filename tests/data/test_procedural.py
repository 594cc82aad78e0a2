"""Built-in drums: properties of every sound, equality at any rate, distinct kits and classes, and the store."""

import dataclasses

import numpy as np
import pytest
import soxr

from drumjax.config import CLASSES, Audio, Data
from drumjax.data import procedural
from drumjax.data.procedural import kit_of, sound
from drumjax.data.store import SPLITS
from drumjax.presets import preset

RATES = (11025, 22050, 44100, 48000)


def audio_at(rate: int) -> Audio:
    return Audio(rate=rate, samples=int(0.9984 * rate))


def bands(wave: np.ndarray, rate: int) -> np.ndarray:
    """dB of 12 bands of at most one octave in 5 spans of time: a simple descriptor of a sound."""
    edges = np.geomspace(40, 11000, 13)
    spans = np.array([0, 0.02, 0.06, 0.15, 0.35, 0.95]) * rate
    levels = []
    for a, b in zip(spans.astype(int), spans[1:].astype(int), strict=False):
        power = np.abs(np.fft.rfft(wave[a:b], rate)) ** 2
        hz = np.fft.rfftfreq(rate, 1 / rate)
        levels.append([power[(hz >= low) & (hz < high)].sum() for low, high in zip(edges, edges[1:], strict=False)])
    return 10 * np.log10(np.array(levels).ravel() + 1e-2)


@pytest.fixture(scope="module")
def descriptors() -> np.ndarray:
    """Descriptors of 10 kits with 4 sounds each, (classes, kits, sounds, bands)."""
    audio = Audio()

    def kit(name: str, number: int) -> list[np.ndarray]:
        return [bands(sound(name, 10 * number + i, audio)[0], audio.rate) for i in range(4)]

    return np.array([[kit(name, number) for number in range(10)] for name in CLASSES])


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", CLASSES)
def test_every_sound_is_finite_normalised_and_ends_in_silence(name: str, rate: int):
    audio = audio_at(rate)
    for seed in (0, 7, 13, 101, 2003):
        wave, length = sound(name, seed, audio)
        assert wave.dtype == np.float32 and wave.shape == (audio.samples,)
        assert np.isfinite(wave).all()
        assert np.abs(wave).max() == pytest.approx(1, abs=1e-6)
        assert 0.03 * rate < length <= audio.samples
        assert not wave[length:].any(), "not silent after its own end"
        assert np.abs(wave[length - rate // 50 : length]).max() > 5e-4, "silence was counted as sound"
        assert abs(wave[:length].mean()) < 0.001, "DC"
        assert np.argmax(np.abs(wave) > 0.1) < 0.12 * rate, "the onset is late"


def test_a_sound_depends_only_on_class_and_seed():
    audio = Audio()
    first = {name: sound(name, 42, audio)[0] for name in CLASSES}
    for name in reversed(CLASSES):
        sound(name, 43, audio)
        np.testing.assert_array_equal(sound(name, 42, audio)[0], first[name])
        assert np.abs(sound(name, 43, audio)[0] - first[name]).max() > 0.1


@pytest.mark.parametrize("name", CLASSES)
def test_a_seed_is_the_same_drum_at_any_rate(name: str):
    """Equals soxr's resampling of the sound at 44.1 kHz; aliases or new random draws would not."""
    for seed in (3, 25):
        fine, _ = sound(name, seed, audio_at(44100))
        for rate in (11025, 22050):
            wave, _ = sound(name, seed, audio_at(rate))
            want = soxr.resample(fine, 44100, rate, quality="VHQ")
            size = min(len(wave), len(want))
            a, b = np.fft.rfft(wave[:size]), np.fft.rfft(want[:size])
            low = slice(0, int(0.85 * len(a)))  # below the slopes at the Nyquist frequency
            correlation = abs(np.vdot(a[low], b[low])) / np.linalg.norm(a[low]) / np.linalg.norm(b[low])
            assert correlation > 0.999


def test_an_unknown_class_raises_an_error_with_all_classes():
    with pytest.raises(ValueError, match="one of kick, clap, .*; got 'gong'"):
        sound("gong", 0, Audio())


def test_sounds_of_a_kit_are_similar(descriptors):
    centres = descriptors.mean(axis=2, keepdims=True)
    within = np.square(descriptors - centres).mean(axis=(1, 2, 3))
    between = np.square(centres - centres.mean(axis=1, keepdims=True)).mean(axis=(1, 2, 3))
    assert (between > within).all(), dict(zip(CLASSES, between / within, strict=True))


def test_classes_differ_in_unseen_kits(descriptors):
    """Nearest neighbours of the descriptors find the class; chance is 9 %."""
    seen = descriptors[:, :7].reshape(len(CLASSES), -1, descriptors.shape[-1])
    unseen = descriptors[:, 7:].reshape(len(CLASSES), -1, descriptors.shape[-1])
    distance = np.square(unseen[:, :, None, None] - seen).mean(axis=-1)  # (class, sound, class, seen)
    nearest = np.sort(distance, axis=-1)[..., :3].mean(axis=-1).argmin(axis=-1)
    right = (nearest == np.arange(len(CLASSES))[:, None]).mean(axis=1)
    assert right.mean() > 0.7, dict(zip(CLASSES, right, strict=True))


def test_every_class_varies(descriptors):
    """Sounds of one class differ by several dB in many bands."""
    spread = descriptors.reshape(len(CLASSES), -1, descriptors.shape[-1]).std(axis=1)
    assert (np.sort(spread, axis=-1)[:, -10:].mean(axis=-1) > 6).all()


@pytest.fixture
def config(tmp_path):
    data = Data(store=str(tmp_path / "store"), builtin=25, shares=(0.5, 0.5, 0.0))
    return dataclasses.replace(preset("tiny"), data=data)


def test_build_splits_by_kit_and_stores_the_sounds(config):
    store = procedural.build(config, progress=False)
    assert len(store) == 25 * len(CLASSES)
    np.testing.assert_array_equal(np.bincount(store.labels), 25)
    for kit in range(len(store.kit_names)):
        assert len(set(store.splits[store.kits == kit])) == 1
    for split in SPLITS[:2]:
        assert set(store.labels[store.indices(split)]) == set(range(len(CLASSES)))
    for index in (0, 137, len(store) - 1):
        seed = store.extras[index]["seed"]
        wave, length = sound(CLASSES[store.labels[index]], seed, config.audio)
        np.testing.assert_allclose(store.wave(index), wave, atol=1 / 32767)
        assert store.lengths[index] == length
        assert store.kit_names[store.kits[index]] == kit_of(seed)


def test_build_reuses_an_unchanged_store(config):
    procedural.build(config, progress=False)
    head = config.store_dir / "store.json"
    before = head.stat().st_mtime_ns
    reseeded = dataclasses.replace(config, run=dataclasses.replace(config.run, seed=5))
    assert len(procedural.build(reseeded, progress=False)) == 25 * len(CLASSES)
    assert head.stat().st_mtime_ns == before
    fewer = dataclasses.replace(config, data=dataclasses.replace(config.data, builtin=11))
    assert len(procedural.build(fewer, progress=False)) == 11 * len(CLASSES)
    # A damaged store and a store of the user's sounds are never replaced.
    for text, message in (
        ("{", "is damaged"),
        (head.read_text().replace("built-in drums", "corpus", 1), "your own sounds"),
    ):
        head.write_text(text)
        with pytest.raises(ValueError, match=message):
            procedural.build(fewer, progress=False)
