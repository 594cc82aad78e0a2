"""Statistics of sets of sounds against double loops, closed forms and sets with known results."""

import numpy as np
import pytest

from drumjax.evaluate import populations


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def test_macro_is_the_mean_of_class_means_and_ignores_nan():
    means = populations.class_means(np.array([1.0, 3.0, 10.0, np.nan, np.nan]), np.array([0, 0, 2, 2, 5]))
    assert means.classes == {"kick": 2, "snare": 10}
    assert means.macro == 6
    assert np.isnan(populations.class_means(np.array([np.nan]), np.array([0])).macro)


def test_counts_mark_few_sounds_or_few_kits():
    labels = np.repeat([0, 1, 2], [25, 25, 5])
    kits = np.concatenate([np.arange(25) % 5, np.arange(25) % 2, np.arange(5)])
    table = populations.class_counts(labels, kits)
    assert [table[name]["few"] for name in ("kick", "clap", "snare", "tom")] == [False, True, True, True]
    assert table["clap"] == {"sounds": 25, "kits": 2, "few": True}


def test_bootstrap_draws_kits_not_sounds():
    labels, values = np.zeros(400, int), np.tile([1.0, 0.0], 200)
    low, high = populations.bootstrap_interval(values, labels, np.arange(400))
    assert low == pytest.approx(0.5 - 1.96 * 0.5 / 20, abs=0.01)
    assert high == pytest.approx(0.5 + 1.96 * 0.5 / 20, abs=0.01)
    # Four kits, two of them with every value 1: extreme draws (all of one kind) are frequent.
    wide = populations.bootstrap_interval(np.repeat([1.0, 0.0], 200), labels, np.repeat(np.arange(4), 100))
    assert wide == (0.0, 1.0)
    assert populations.bootstrap_interval(values, labels, np.zeros(400, int)) == (0.5, 0.5)


def test_variety_is_the_mean_over_pairs():
    x, y = normal(7, 13), normal(5, 13, seed=1) * 2

    def by_loop(values):
        pairs = [(a, b) for a in range(len(values)) for b in range(len(values)) if a != b]
        return np.mean([np.sqrt(((values[a] - values[b]) ** 2).mean()) for a, b in pairs])

    assert populations.variety(x, y) == pytest.approx(by_loop(x) / by_loop(y))
    assert np.isnan(populations.pairwise_distance(x[:1]))


def test_copies_are_found_and_new_sounds_are_not():
    training, kits = normal(200, 50).astype(np.float32), np.arange(200) % 9
    near = training[:30] + 0.05 * normal(30, 50, seed=1).astype(np.float32)
    fresh = normal(70, 50, seed=2).astype(np.float32)
    assert populations.copies(near, training, kits) == 1
    assert populations.copies(np.concatenate([near, fresh]), training, kits) == pytest.approx(0.3, abs=0.1)
    assert np.isnan(populations.copies(fresh, training, np.zeros(200, int)))


def test_the_copy_threshold_ignores_pairs_within_one_kit():
    training = np.repeat(normal(100, 50), 2, axis=0)  # every sound twice, in the same kit
    kits = np.repeat(np.arange(100), 2)
    assert populations.copies(training[:20] + 0.01, training, kits) == 1


def test_explained_variance_of_a_known_mixture_and_of_nothing():
    knobs, other = normal(2000, 3), normal(2000, 3, seed=1)
    maps = normal(3, 40, seed=2), normal(3, 40, seed=3)
    explained, other_part = knobs @ maps[0], other @ maps[1]
    expected = explained.var(axis=0).sum() / (explained.var(axis=0).sum() + other_part.var(axis=0).sum())
    assert populations.explained_variance(knobs, explained + other_part + 5) == pytest.approx(expected, abs=0.02)
    assert populations.explained_variance(knobs, explained) == pytest.approx(1)
    chance = [populations.explained_variance(normal(20, 3, seed=s), normal(20, 90, seed=s + 99)) for s in range(200)]
    assert np.mean(chance) == pytest.approx(0, abs=0.01)
    assert np.isnan(populations.explained_variance(knobs[:5], explained[:5]))
    assert populations.explained_variance(np.ones((50, 3)), explained[:50]) == pytest.approx(0)


def test_moments_of_normal_latents_equal_the_expectation():
    moments = populations.latent_moments(normal(500, 64))
    assert moments["abs_mean"] == pytest.approx(moments["abs_mean_normal"], rel=0.2)
    assert moments["abs_mean_normal"] == pytest.approx(np.abs(normal(4000, 500)).mean() / np.sqrt(500), rel=0.01)
    assert moments["std"] == pytest.approx(1, abs=0.02)


def test_marked_classes_and_nan_are_left_out_of_the_mean():
    classes = {name: {"few": name == "snap"} for name in ("kick", "snare", "tom", "snap")}
    values = {"kick": 1.0, "snare": 3.0, "tom": np.nan, "snap": 100.0}
    assert populations.macro_without_few(values, classes) == 2
    assert np.isnan(populations.macro_without_few({"snap": 1.0}, classes))


def test_kit_means_vary_more_where_the_sounds_of_a_kit_are_equal():
    kits = np.repeat(np.arange(300), 9)
    equal = np.repeat(normal(300, 64), 9, axis=0)
    # Nine equal sounds count as one, so absolute means are sqrt(9) times those of independent sounds.
    assert populations.kit_abs_mean_ratio(equal, kits, 20) == pytest.approx(3, rel=0.05)
    assert populations.kit_abs_mean_ratio(normal(2700, 64), kits, 20) == pytest.approx(1, rel=0.05)


def test_frechet_distance_of_two_gaussians():
    scale, offset = np.array([1.0, 2.0, 0.5, 1.0]), np.array([1.0, 0.0, -2.0, 0.5])
    rotation = np.linalg.qr(normal(4, 4))[0]
    x = normal(100_000, 4, seed=1) @ rotation
    y = (normal(100_000, 4, seed=2) * scale + offset) @ rotation
    closed = (offset**2).sum() + ((1 - scale) ** 2).sum()
    assert populations.frechet_distance(x, y) == pytest.approx(closed, rel=0.02)
    assert populations.frechet_distance(x, x) == pytest.approx(0, abs=1e-8)


def test_frechet_distance_of_fewer_sounds_than_dimensions():
    """Singular covariances: the trace of the root from the singular values of the product of the centred sets."""
    x, y = normal(5, 64), normal(7, 64, seed=1)
    a, b = ((v - v.mean(axis=0)) / np.sqrt(len(v) - 1) for v in (x, y))
    cross = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    expected = ((x.mean(axis=0) - y.mean(axis=0)) ** 2).sum() + (a**2).sum() + (b**2).sum() - 2 * cross
    assert populations.frechet_distance(x, y) == pytest.approx(expected)


def test_equal_numbers_are_drawn_without_replacement_and_reproducibly():
    labels = np.repeat([0, 3, 10], [30, 2, 9])
    chosen = populations.equal_numbers(labels, {0: 5, 3: 5, 10: 5})
    assert np.bincount(labels[chosen], minlength=11)[[0, 3, 10]].tolist() == [5, 2, 5]
    assert len(set(chosen)) == len(chosen)
    assert np.array_equal(chosen, populations.equal_numbers(labels, {0: 5, 3: 5, 10: 5}))
