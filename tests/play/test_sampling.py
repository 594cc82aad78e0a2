"""The density of each class's codes: its draws have the right moments, and accepted ones come first."""

import numpy as np

from drumjax.config import CLASSES
from drumjax.play import sampling


def test_draws_have_the_moments_of_the_class_half_way_to_the_prior():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(CLASSES)), 200)
    mixing = rng.standard_normal((5, 5)) * 0.6
    z = rng.standard_normal((len(labels), 5)) @ mixing + labels[:, None]
    density = sampling.fit(z, labels)
    for label in (0, 7):
        own = z[labels == label]
        drawn = sampling.draw(density, label, 2000, np.random.default_rng(1))
        assert drawn.shape == (2000, 5) and drawn.dtype == np.float32
        np.testing.assert_allclose(drawn.mean(axis=0), own.mean(axis=0), atol=0.15)
        np.testing.assert_allclose(np.cov(drawn.T), (np.cov(own.T) + np.eye(5)) / 2, atol=0.25)
        nearest = np.linalg.norm(drawn[:200, None] - own[None], axis=-1).min(axis=1)
        assert np.median(nearest) > 0.1
    np.testing.assert_array_equal(
        sampling.draw(density, 3, 4, np.random.default_rng(2)), sampling.draw(density, 3, 4, np.random.default_rng(2))
    )


def test_a_class_of_fewer_sounds_than_latents_has_a_density():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(CLASSES)), 4)
    density = sampling.fit(rng.standard_normal((len(labels), 5)), labels)
    assert np.isfinite(sampling.draw(density, 10, 50, rng)).all()


def test_accepted_draws_come_first_and_the_best_follow_where_too_few_are():
    widths = []

    def draw_round(width):
        widths.append(width)
        return np.array([[0.1 * len(widths) + 0.05], [0.5]], np.float32)

    def score(z):
        return np.minimum(z[:, 0], 1)

    np.testing.assert_allclose(sampling.accepted(2, draw_round, score)[:, 0], [1.05, 1.15], atol=1e-6)
    assert len(widths) == 11 and widths[0] == 1 and np.all(np.diff(widths) > 0)

    worse = iter(np.linspace(0.9, 0.1, 200))
    best = sampling.accepted(2, lambda width: np.full((2, 1), next(worse)), score)
    np.testing.assert_allclose(best[:, 0], 0.9)
