"""Draws between training sounds: kits count evenly, the moments of the class stay, no code comes back."""

import collections

import numpy as np
import pytest

from drumjax.config import CLASSES
from drumjax.play import sampling
from drumjax.sound.seeds import DRAWS, Numbers

LATENT = 5


@pytest.fixture(scope="module")
def fitted():
    """(codes, labels, kits, density): kits of very different size, far apart; classes farther apart."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(CLASSES)), 60)
    kits = np.tile(np.repeat([4, 9, -1], [40, 15, 5]), len(CLASSES))
    place = rng.standard_normal((10, LATENT))  # of each kit
    z = 30 * labels[:, None] + 2 * place[kits] + rng.standard_normal((len(labels), LATENT)) @ np.diag([1, 2, 1, 0.5, 1])
    return z, labels, kits, sampling.fit(z, labels, kits)


def drawn(density, label, count, seed=1):
    numbers = Numbers(seed, DRAWS)
    return np.stack([sampling.draw(density, label, numbers) for _ in range(count)])


def test_every_kit_is_as_likely_and_a_sound_without_a_kit_is_one():
    kits = np.array([3, 3, 8, 3, -1, 5, 5, -1, 3])
    counts = collections.Counter(kits.tolist())
    expected = [1 / 5 / (1 if kit < 0 else counts[kit]) for kit in kits.tolist()]  # kits 3, 5, 8 and two single sounds
    np.testing.assert_allclose(sampling.kit_even(kits), expected, rtol=1e-12)
    np.testing.assert_allclose(sampling.kit_even(np.full(7, -1)), np.full(7, 1 / 7), rtol=1e-12)


def test_mean_and_covariance_of_draws_are_those_of_the_codes(fitted):
    z, labels, kits, density = fitted
    for label in (0, 7):
        own = labels == label
        # Kits even: each of 7 (two kits, five single sounds) has a share of 1/7.
        weights = np.select([kits[own] == 4, kits[own] == 9], [1 / 40, 1 / 15], 1.0) / 7
        mean, covariance = weights @ z[own], np.cov(z[own].T, aweights=weights, ddof=0)
        made = drawn(density, label, 3000)
        assert made.shape == (3000, LATENT) and made.dtype == np.float32
        deviations = np.sqrt(np.diag(covariance))
        np.testing.assert_allclose(made.mean(axis=0), mean, atol=0.1 * deviations.max())
        np.testing.assert_allclose(np.cov(made.T), covariance, atol=0.15 * deviations.max() ** 2)


def parents(density, label, made):
    """The two codes in whose plane with the mean a draw lies, with the shares of `ANGLES`, and its distance from it."""
    own = np.flatnonzero(density["labels"] == label)
    codes, z = density["codes"][own] - density["means"][label], made - density["means"][label]
    best = (np.inf, -1, -1)
    for angle in np.linspace(*sampling.ANGLES, 25):
        between = np.cos(angle) * codes[:, None] + np.sin(angle) * codes
        apart = np.linalg.norm(z - between, axis=-1)
        np.fill_diagonal(apart, np.inf)
        first, second = np.unravel_index(apart.argmin(), apart.shape)
        best = min(best, (apart[first, second], own[first], own[second]))
    return best


def test_a_draw_lies_between_two_sounds_of_its_class_and_on_none(fitted):
    z, labels, _, density = fitted
    made = drawn(density, 3, 60)
    found = [parents(density, 3, one) for one in made]
    assert max(apart for apart, _, _ in found) < 0.1
    assert len({(first, second) for _, first, second in found}) > 40
    assert np.linalg.norm(made[:, None] - z[labels == 3], axis=2).min() > 1e-3


def rising(z, label):
    """Mels of 20 frames, whose level rises again by as many dB as the first latent says."""
    db = np.where(np.arange(20) < 12, -np.arange(20.0), -11.0 + np.maximum(z[:, :1], 0))
    return 10 ** (db[..., None] / 20) * np.ones(4)


def test_partners_are_sounds_between_which_nothing_swells():
    """Codes on two sides of a line: between those of different sides, the made-up decoder swells by 9 dB."""
    rng = np.random.default_rng(3)
    labels = np.repeat(np.arange(len(CLASSES)), 40)
    z = rng.standard_normal((len(labels), LATENT))
    z[:, 1] = np.where(np.arange(len(labels)) % 2, 10, -10)
    density = sampling.fit(z, labels, np.full(len(z), -1))
    codes = density["codes"]

    def decode(z, label):
        assert label == 4
        return rising(np.where(np.abs(z[:, 1:2]) < 5, 9.0, 0.0), label)

    partners = sampling.partners(density, 4, decode)
    assert partners.shape == (40, sampling.PARTNERS) and partners.dtype == np.uint16
    own = np.flatnonzero(labels == 4)
    np.testing.assert_array_equal(codes[partners][..., 1] > 0, np.tile(codes[own, 1:2] > 0, sampling.PARTNERS))
    assert not np.any(partners == own[:, None])
    whole = np.zeros((len(z), sampling.PARTNERS), np.uint16)
    whole[own] = partners
    for one in drawn(density | {"partners": whole}, 4, 30):
        apart, first, second = parents(density, 4, one)
        assert apart < 0.5 and second in whole[first]


def test_where_everything_swells_partners_are_those_that_swell_least():
    labels = np.repeat(np.arange(len(CLASSES)), 3)
    z = np.tile([[0.0, 0.0], [6.0, 0.0], [20.0, 0.0]], (len(CLASSES), 1))
    density = sampling.fit(z, labels, np.full(len(z), -1))
    # Codes themselves do not swell; what lies between does, the more the larger it is.
    swelling = lambda z, label: rising(np.where(np.isin(z[:, :1], density["codes"][:, 0]), 0, 4 + np.abs(z)), label)  # noqa: E731
    np.testing.assert_array_equal(sampling.partners(density, 2, swelling), np.tile([[7], [6], [6]], sampling.PARTNERS))


def test_swells_are_measured_behind_the_hit_and_above_the_noise():
    frames = np.ones((3, 10, 2))
    frames[0] *= 10 ** (-np.array([0, 3, 6, 9, 12, 15, 18, 11, 14, 20]) / 20)[:, None]
    frames[1] *= 10 ** (-np.array([20, 10, 0, 3, 6, 9, 12, 15, 18, 21]) / 20)[:, None]  # a slow attack is no swell
    frames[2] *= 10 ** (-np.array([0, 6, 12, 18, 24, 30, 60, 60, 34, 60]) / 20)[:, None]  # below -30 dB: silence
    np.testing.assert_allclose(sampling.swell_db(frames), [7, 0, 0], atol=1e-6)


def test_a_class_of_one_sound_draws_it():
    z = np.arange(3.0 * len(CLASSES)).reshape(-1, 3)
    density = sampling.fit(z, np.arange(len(CLASSES)), np.full(len(CLASSES), -1))
    np.testing.assert_allclose(drawn(density, 2, 5), np.tile(z[2], (5, 1)), atol=0.1)


def test_draws_depend_on_the_seed_alone(fitted):
    density = fitted[3]
    np.testing.assert_array_equal(drawn(density, 5, 20, seed=3), drawn(density, 5, 20, seed=3))
    # The first of many draws is the draw of one.
    np.testing.assert_array_equal(drawn(density, 5, 1, seed=3), drawn(density, 5, 20, seed=3)[:1])
    assert np.abs(drawn(density, 5, 20, seed=3) - drawn(density, 5, 20, seed=4)).min() > 0


def test_bundles_without_codes_draw_from_the_gaussian(fitted):
    factors = np.tril(np.random.default_rng(0).standard_normal((len(CLASSES), LATENT, LATENT)))
    density = {"means": fitted[3]["means"], "factors": factors}
    made = drawn(density, 2, 3000)
    np.testing.assert_allclose(made.mean(axis=0), density["means"][2], atol=0.3)
    expected = density["factors"][2] @ density["factors"][2].T
    np.testing.assert_allclose(np.cov(made.T), expected, atol=0.12 * np.diag(expected).max())


def test_a_class_of_fewer_sounds_than_latents_has_a_density():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(CLASSES)), 3)
    density = sampling.fit(rng.standard_normal((len(labels), LATENT)), labels, np.full(len(labels), -1))
    assert np.isfinite(drawn(density, 10, 50)).all()


def test_the_medoid_is_the_code_in_the_middle_with_kits_even(fitted):
    z, labels, kits, density = fitted
    for label in (1, 6):
        own, weights = z[labels == label], sampling.kit_even(kits[labels == label])
        means = [sum(w * np.linalg.norm(one - other) for w, other in zip(weights, own, strict=True)) for one in own]
        np.testing.assert_allclose(sampling.medoid(density, label), own[np.argmin(means)], rtol=1e-6)
    # A large kit does not rule: of five kits, the third along a line is in the middle; of seven sounds, the second.
    line = np.tile([0.0, 0.1, 0.2, 5.0, 5.1, 5.2, 5.3], len(CLASSES))[:, None]
    kits = np.tile([0, 0, 0, 1, 2, 3, -1], len(CLASSES))
    uneven = sampling.fit(line, np.repeat(np.arange(len(CLASSES)), 7), kits)
    assert sampling.medoid(uneven, 4)[0] == pytest.approx(5.1)


def test_accepted_draws_come_first_and_the_best_follow_where_too_few_are():
    rounds = []

    def draw_round():
        rounds.append(1)
        return np.array([[0.1 * len(rounds) + 0.05], [0.5]], np.float32)

    def score(z):
        return np.minimum(z[:, 0], 1)

    np.testing.assert_allclose(sampling.accepted(2, draw_round, score)[:, 0], [1.05, 1.15], atol=1e-6)
    assert len(rounds) == 11

    worse = iter(np.linspace(0.9, 0.1, 200))
    best = sampling.accepted(2, lambda: np.full((2, 1), next(worse)), score)
    np.testing.assert_allclose(best[:, 0], [0.9, 0.9])


def test_many_draws_are_scored_a_few_at_a_time():
    sizes = []

    def score(z):
        sizes.append(len(z))
        return np.ones(len(z))

    made = sampling.accepted(300, lambda: np.arange(300.0)[:, None], score)
    assert sizes == [128, 128, 44]
    np.testing.assert_array_equal(made[:, 0], np.arange(300))
