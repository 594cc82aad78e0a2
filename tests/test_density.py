"""The density of each class's codes: draws have its moments, half way to the prior's, and are nobody's copies."""

import numpy as np

from drumjax import density
from drumjax.config import CLASSES


def test_draws_are_where_the_class_is():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(CLASSES)), 200)
    mixing = rng.standard_normal((5, 5)) * 0.6
    z = rng.standard_normal((len(labels), 5)) @ mixing + labels[:, None]
    fitted = density.fit(z, rng.standard_normal((len(z), 3)), labels)
    for label in (0, 7):
        own = z[labels == label]
        drawn = density.draw(fitted, label, 2000, np.random.default_rng(1))
        assert drawn.shape == (2000, 5) and drawn.dtype == np.float32
        np.testing.assert_allclose(drawn.mean(axis=0), own.mean(axis=0), atol=0.15)
        np.testing.assert_allclose(np.cov(drawn.T), (np.cov(own.T) + np.eye(5)) / 2, atol=0.25)
        nearest = np.linalg.norm(drawn[:200, None] - own[None], axis=-1).min(axis=1)
        assert np.median(nearest) > 0.1
    np.testing.assert_array_equal(
        density.draw(fitted, 3, 4, np.random.default_rng(2)), density.draw(fitted, 3, 4, np.random.default_rng(2))
    )


def test_a_class_of_a_few_sounds_has_a_density_too():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(CLASSES)), 4)
    fitted = density.fit(rng.standard_normal((len(labels), 5)), rng.standard_normal((len(labels), 3)), labels)
    assert np.isfinite(density.draw(fitted, 10, 50, rng)).all()


def test_the_classifier_knows_where_the_energy_is_and_not_how_much():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(CLASSES)), 30)
    mels = rng.uniform(0.01, 0.02, (len(labels), 16, 192)).astype(np.float32)
    for mel, label in zip(mels, labels, strict=True):
        mel[:, 16 * label : 16 * label + 16] += 1.0
    mels *= rng.uniform(0.1, 10, (len(labels), 1, 1)).astype(np.float32)
    fitted = density.fit(rng.standard_normal((len(labels), 5)), density.cells(mels), labels)
    sure = density.certainty(fitted, mels)
    np.testing.assert_allclose(sure.sum(axis=1), 1, rtol=1e-5)
    assert np.mean(sure.argmax(axis=1) == labels) == 1
    np.testing.assert_allclose(density.certainty(fitted, 3 * mels[:4]), sure[:4], atol=1e-3)


def test_what_is_near_a_known_sound_is_told():
    rng = np.random.default_rng(0)
    mels = rng.uniform(0.0, 1.0, (24, 6, 32)).astype(np.float32)
    labels, kits = np.repeat([2, 5], 12), np.tile(np.repeat([0, 1, 2], 4), 2)
    kits[labels == 5] = 7  # one kit: nothing tells copies from kin
    fitted = density.known(density.outlines(mels), labels, kits)
    assert fitted["known"].shape == (24, 3 * 4) and fitted["near"][2] > 0 == fitted["near"][5]
    assert (density.apart(fitted, 2, mels[:12] * 1.01) < 1).all()
    assert (density.apart(fitted, 2, mels[:12] * 30) > 1).all()
    np.testing.assert_array_equal(density.apart(fitted, 5, mels[12:]), 1)
    expected = [np.mean((density.outlines(mels[i : i + 1]) - fitted["known"][:12]) ** 2, axis=1).min() for i in (3, 20)]
    np.testing.assert_allclose(density.apart(fitted, 2, mels[[3, 20]]) * fitted["near"][2], expected, atol=1e-5)


def test_draws_that_pass_come_first_and_the_best_follow_where_too_few_do():
    fitted = {"near": np.ones(len(CLASSES)), "known": np.zeros((1, 1)), "known_labels": np.full(1, 2)}
    widths = []

    def drawn(width):
        widths.append(width)
        return np.array([[0.1 * len(widths) + 0.05], [0.5]], np.float32)

    def decode(z):  # to a mel whose squared distance from the only sound known is z
        return np.exp(np.sqrt(z))[:, :, None] * np.ones((1, 2, 8)) - 1e-4

    z = density.passing(fitted, 2, 2, drawn, decode, new=True, strict=False)
    np.testing.assert_allclose(z[:, 0], [1.05, 1.15], atol=1e-6)
    assert len(widths) == 11 and widths[0] == 1 and np.all(np.diff(widths) > 0)

    nearer = iter(np.linspace(0.9, 0.1, 200))
    z = density.passing(fitted, 2, 2, lambda width: np.full((2, 1), next(nearer)), decode, new=True, strict=False)
    np.testing.assert_allclose(z[:, 0], 0.9)
