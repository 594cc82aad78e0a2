"""The classifier learns from uneven classes, ignores level, and is reproducible; its descriptors against numpy."""

import numpy as np
import pytest

from drumjax.evaluate import classifier
from drumjax.evaluate.classifier import Classifier, descriptors


def bursts(label, count, seed):
    """Mels of decaying bands; frequency and decay depend on the class."""
    rng = np.random.default_rng((label, seed))
    frames, bins = np.arange(86)[:, None], np.arange(512)
    place = 60 + 70 * label + rng.normal(0, 25, (count, 1, 1))
    decay = 4.0 + 3 * label + rng.exponential(2, (count, 1, 1))
    band = np.exp(-(((bins - place) / 60) ** 2)) * np.exp(-frames / decay)
    return (band * rng.rayleigh(0.5, (count, 86, 512))).astype(np.float32)


@pytest.fixture(scope="module")
def training():
    counts = {0: 60, 1: 12, 2: 50, 6: 40}  # uneven, and some classes are absent
    mels = np.concatenate([bursts(label, count, 0) for label, count in counts.items()])
    labels = np.repeat(list(counts), list(counts.values()))
    return descriptors(mels), labels, np.arange(len(labels)) % 7


@pytest.fixture(scope="module")
def fitted(training):
    return Classifier.fit(*training)


def test_new_sounds_of_every_class_are_recognised_also_of_the_rare_one(fitted):
    for label in (0, 1, 2, 6):
        assert np.mean(fitted.predict(descriptors(bursts(label, 40, 1))) == label) > 0.85


def test_probabilities_sum_to_one_and_are_zero_for_absent_classes(fitted):
    probabilities = fitted.probabilities(descriptors(bursts(2, 5, 2)))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert probabilities[:, [3, 4, 5, 7, 8, 9, 10]].max() == 0


def test_the_same_training_gives_the_same_classifier(training, fitted):
    x = descriptors(bursts(1, 6, 3))
    np.testing.assert_array_equal(Classifier.fit(*training).probabilities(x), fitted.probabilities(x))


def test_descriptors_are_independent_of_level_and_finite_for_silence():
    mels = bursts(0, 3, 4)
    np.testing.assert_allclose(descriptors(mels), descriptors(mels * 0.01), atol=1e-4)
    assert np.isfinite(descriptors(np.zeros((2, 86, 512), np.float32))).all()


def test_loudness_is_the_mean_power_of_cells():
    mels = bursts(1, 2, 5)
    x = descriptors(mels)[:, : 18 * 64].reshape(2, 18, 64)
    power = mels.astype(float) ** 2
    cell = np.sqrt(power[0, 15:18, 16:24].mean())
    edges = classifier.EDGES
    loudest = max(
        np.sqrt(power[0, a:b, band : band + 8].mean())
        for a, b in zip(edges[:-1], edges[1:], strict=True)
        for band in range(0, 512, 8)
    )
    assert edges[10:12] == (15, 18)
    np.testing.assert_allclose(x[0, 10, 2], np.log(cell / loudest + 1e-3), rtol=1e-4)


def roughness(mels):
    """(sounds, along time and along frequency, slots, bands)."""
    return descriptors(mels)[:, 18 * 64 :].reshape(len(mels), 2, 6, 32)


def test_roughness_separates_noise_smooth_spectra_and_steady_partials():
    rng = np.random.default_rng(7)
    expected = np.exp(-np.arange(86)[:, None] / 30 - np.arange(512) / 200)[None].astype(np.float32)
    # Slots and bands well above -80 dB. Expected: 6 times the variance of the logarithm of a Rayleigh law, pi^2 / 24.
    noise, smooth = (
        roughness(mels)[:, :, :3, :20].mean() for mels in (expected * rng.rayleigh(1, (1, 86, 512)), expected)
    )
    assert noise == pytest.approx(np.log(np.pi**2 / 4), abs=0.1) and smooth < np.log(1e-2) + 0.1
    partials = expected * np.where(np.arange(512) % 8 < 4, 1, 0.05)  # steady: rough along frequency only
    along_time, along_frequency = roughness(partials.astype(np.float32))[0, :, :3, :20].mean(axis=(1, 2))
    assert along_time < np.log(1e-2) + 0.1 and along_frequency > 1


def test_roughness_is_the_mean_square_of_second_differences():
    mels = bursts(1, 1, 8)
    x = np.log(mels[0].astype(float) / mels.max() + 1e-4)
    lag = classifier.LAG
    assert classifier.ROUGH_EDGES[2:4] == (10, 18)
    square = [(x[n, 96:112] * -2 + x[n - lag, 96:112] + x[n + lag, 96:112]) ** 2 for n in range(10, 18)]
    np.testing.assert_allclose(roughness(mels)[0, 0, 2, 6], np.log(np.mean(square) + 1e-2), rtol=1e-3)
    square = [(x[10:18, n] * -2 + x[10:18, n - lag] + x[10:18, n + lag]) ** 2 for n in range(96, 112)]
    np.testing.assert_allclose(roughness(mels)[0, 1, 2, 6], np.log(np.mean(square) + 1e-2), rtol=1e-3)


def test_the_embedding_is_narrow_and_separates_classes(fitted):
    first, second = (fitted.embed(descriptors(bursts(label, 20, 6))) for label in (0, 6))
    assert first.shape[1] <= 64
    spread = first.std(axis=0).mean() + second.std(axis=0).mean()
    assert np.linalg.norm(first.mean(axis=0) - second.mean(axis=0)) > 2 * spread


def test_sample_weights_balance_classes_and_limit_large_kits():
    labels, kits = np.array([0] * 9 + [4] * 4), np.array([1] * 8 + [2] + [1] * 4)
    weights = classifier.sample_weights(labels, kits)
    assert weights[labels == 0].sum() == pytest.approx(weights[labels == 4].sum())
    assert weights[:8].sum() / weights[8] == pytest.approx(np.sqrt(8))
    assert weights.mean() == pytest.approx(1)


def test_one_class_is_an_error(training):
    x, _, kits = training
    with pytest.raises(ValueError, match="two classes"):
        Classifier.fit(x, np.zeros(len(x), int), kits)
