"""Takes: the fine structure of hits survives its packing, follows latents, classes and seeds, and never jumps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small

from drumjax.config import CLASSES
from drumjax.play import takes
from drumjax.sound import dsp, partials, texture

CONFIG = small.config("tiny")  # 13 frames of 29 mels: no whole number of cells, an odd number of levels
FRAMES, MELS = CONFIG.audio.frames, CONFIG.audio.mels
CELLS = int(np.prod(texture.cell_counts(CONFIG.audio)))
OFFSET = CONFIG.cwae.log_offset
HIGH = slice(np.count_nonzero(dsp.mel_edges_hz(CONFIG.audio)[1:-1] < partials.LOW_HZ[1]), None)
"""Filters above the low partials, which get no texture (tests/sound/test_partials.py)."""

STEP = 3 / 7
"""Nepers of one level."""


def random_levels(count, seed=0):
    return np.random.default_rng(seed).integers(-7, 8, (count, FRAMES, MELS)).astype(np.int8)


def one_hot(label, count=1):
    return jnp.tile(jnp.eye(len(CLASSES))[label], (count, 1))


@pytest.fixture(scope="module")
def add():
    """Log-mels with a take, less those without, above low partials: (latents, mixes, fitted, take) -> nepers."""

    @jax.jit
    def added(z, mixes, fitted, take):
        mel = jnp.linspace(0.1, 2.0, FRAMES * MELS).reshape(FRAMES, MELS) * jnp.ones((len(z), 1, 1))
        change = jnp.log(takes.add_take(mel, z, mixes, fitted, take, CONFIG) + OFFSET) - jnp.log(mel + OFFSET)
        return change[..., HIGH]

    return lambda z, mixes, fitted, take: np.asarray(added(jnp.asarray(z, jnp.float32), mixes, fitted, take))


def paired(levels):
    """Two levels in a byte, an odd last one beside a zero."""
    even = np.pad(levels, [(0, 0), (0, 0), (0, levels.shape[-1] % 2)]).astype(int) + 7
    return (even[..., ::2] + 16 * even[..., 1::2]).astype(np.uint8)


def laid_out(codes, labels, levels, noisy=0.0, reach=1.0):
    """Hits as a bundle has them once they are laid out, in classes that are all as noisy."""
    return {
        "of_latent": jnp.zeros((np.shape(codes)[1], CELLS)),
        "of_class": jnp.full((len(CLASSES), CELLS), noisy),
        "codes": jnp.asarray(codes, jnp.float32),
        "reach": jnp.full(len(CLASSES), reach),
        "pairs": jnp.asarray(paired(levels)),
        "of_hit": jnp.eye(len(CLASSES))[np.asarray(labels)],
    }


def test_hits_are_chosen_from_all_kits_evenly():
    kits = np.random.default_rng(0).permutation(np.repeat([3, 8, 1], [50, 5, 1]))
    chosen = takes.choose(kits, 12)
    assert len(set(chosen.tolist())) == 12
    assert [np.sum(kits[chosen] == kit) for kit in (1, 8, 3)] == [1, 5, 6]
    assert sorted(takes.choose(kits, 99)) == list(range(len(kits)))


def test_residues_are_what_differs_within_cells():
    rng = np.random.default_rng(1)
    real, made = rng.normal(0, 1.5, (2, 3, FRAMES, MELS)).astype(np.float32)
    difference = real.astype(np.float64) - made
    expected = np.zeros_like(difference)
    for frame in range(0, FRAMES, 4):
        for mel in range(0, MELS, 16):
            # Beyond the edges the last frame and the last bin go on.
            rows, columns = np.minimum(frame + np.arange(4), FRAMES - 1), np.minimum(mel + np.arange(16), MELS - 1)
            mean = difference[:, rows][:, :, columns].mean(axis=(1, 2), keepdims=True)
            inside = (slice(None), slice(frame, frame + 4), slice(mel, mel + 16))
            expected[inside] = difference[inside] - mean
    levels = takes.residues(real, made)
    assert levels.dtype == np.int8 and np.abs(levels).max() == 7
    np.testing.assert_allclose(STEP * levels, np.clip(expected, -3, 3), atol=STEP / 2 + 1e-5)
    # What is the same all over a cell is no fine structure.
    envelope = np.repeat(np.repeat(rng.normal(0, 1, (1, 4, 2)), 4, axis=1), 16, axis=2)[:, :FRAMES, :MELS]
    assert not takes.residues(made[:1] + envelope.astype(np.float32), made[:1]).any()


@pytest.mark.parametrize("ends", [[13, 4, 1, 9], [13, 2, 7, 4, 1], [0, 13, 1]])
def test_levels_survive_their_packing_up_to_the_ends(ends):
    levels, labels = random_levels(len(ends)), np.arange(len(ends))
    fitted = takes.fit(levels, np.array(ends), np.eye(len(ends), 7), labels)
    assert fitted["packed"].dtype == np.uint8 and len(fitted["packed"]) == -(-sum(ends) * MELS // 2)
    back = takes.lay_out(fitted, CONFIG)
    whole = levels * (np.arange(FRAMES) < np.array(ends)[:, None])[..., None]
    np.testing.assert_array_equal(takes.unpacked(fitted, CONFIG), whole)
    np.testing.assert_array_equal(back["pairs"], paired(whole))
    np.testing.assert_array_equal(back["of_hit"], np.eye(len(CLASSES))[labels])
    assert not {"packed", "ends", "labels"} & set(back)


def test_reach_is_the_distance_to_a_neighbour_of_the_same_class():
    rng = np.random.default_rng(2)
    z, labels = rng.standard_normal((23, 7)), np.repeat([2, 5, 9], [11, 11, 1])
    fitted = takes.fit(random_levels(23), np.full(23, 3), z, labels)
    for label in (2, 5):
        own = z[labels == label]
        nearest = [min(np.linalg.norm(own[i] - own[j]) for j in range(11) if j != i) for i in range(11)]
        assert fitted["reach"][label] == pytest.approx(np.percentile(nearest, 90), rel=1e-5)
    assert fitted["reach"][9] == fitted["reach"][0] == 1


def test_on_a_hit_away_from_others_its_fine_structure_is_added_and_no_noise(add):
    levels = random_levels(3)
    fitted = laid_out(np.diag([9.0, 9.0, 9.0]), [4, 4, 4], levels, noisy=1.0)
    take = {"noise": jnp.ones((FRAMES, MELS)), "chance": jnp.zeros(3)}
    np.testing.assert_allclose(add(9 * np.eye(3), one_hot(4, 3), fitted, take), STEP * levels[..., HIGH], atol=1e-4)


def test_far_from_all_hits_the_noise_speaks(add):
    fitted = laid_out(np.eye(4), [4] * 4, random_levels(4), noisy=0.25)
    take = {"noise": jnp.asarray(texture.fluctuation(3, CONFIG.audio)), "chance": jnp.array([0.3, 0.0, -0.2, 0.1])}
    (far,) = add([[0, 3.6, 0, 0]], one_hot(4), fitted, take)
    expected = 0.5 * take["noise"][:, HIGH]  # the root of the noisiness
    np.testing.assert_allclose(far, expected, atol=0.01 * np.abs(expected).max())
    # Half way there, neither is left out.
    quiet = {**take, "noise": 0 * take["noise"]}
    smooth = laid_out(np.eye(4), [4] * 4, 0 * random_levels(4), noisy=0.25)
    between = [[0, 3.0, 0, 0]]
    assert np.abs(add(between, one_hot(4), fitted, quiet)).max() > 0.5
    assert np.abs(add(between, one_hot(4), smooth, take)).max() > 0.2 * np.abs(expected).max()


def test_nothing_jumps_when_the_latents_move(add):
    """Along a line past many hits and out of their reach, steps a quarter as long change a quarter as much."""
    rng = np.random.default_rng(5)
    codes, start, end = 2 * rng.standard_normal((14, 2)), np.array([-4.0, -1.0]), np.array([9.0, 2.5])
    fitted = laid_out(codes, [4] * 14, random_levels(14), noisy=0.5)
    chance = 0.15 * rng.standard_normal(14)
    take = {"noise": jnp.asarray(texture.fluctuation(3, CONFIG.audio)), "chance": jnp.asarray(chance, jnp.float32)}
    largest = []
    for count in (500, 2000):
        line = start + np.linspace(0, 1, count)[:, None] * (end - start)
        made = add(line, one_hot(4, count), fitted, take)
        largest.append(np.abs(np.diff(made, axis=0)).max())
    assert largest[1] < 0.35 * largest[0] and largest[1] < 0.1
    # On the way the nearest hit and the second nearest have changed, and the hits have been left behind.
    apart = np.linalg.norm(line[:, None] - codes, axis=2)
    order = np.argsort(apart - chance, axis=1)[:, :2]
    assert np.sum(order[1:, 0] != order[:-1, 0]) >= 3 and np.sum(order[1:, 1] != order[:-1, 1]) >= 6
    nearest = apart.min(axis=1)
    assert nearest.min() < 1.0 and nearest[-1] > 2.5


def test_between_hits_the_power_of_the_fluctuation_stays(add):
    """Every hit has its own frame, so that the squares of two hits add up."""
    levels = np.zeros((8, FRAMES, MELS), np.int8)
    levels[np.arange(8), np.arange(8)] = 5
    codes = np.random.default_rng(1).uniform(-1, 1, (8, 2))
    fitted, take = laid_out(codes, [4] * 8, levels), {"noise": jnp.zeros((FRAMES, MELS)), "chance": jnp.zeros(8)}
    made = add(np.random.default_rng(2).uniform(-1, 1, (60, 2)), one_hot(4, 60), fitted, take)
    np.testing.assert_allclose(np.sum(made[:, :, 0] ** 2, axis=1), (5 * STEP) ** 2, rtol=1e-3)
    assert np.sum(np.sum(made[:, :, 0] > 0.2, axis=1) == 2) > 20  # more than a third of them between two hits


def test_a_class_has_its_own_hits_and_a_mix_those_of_its_classes(add):
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 2, 7], 4)
    levels = np.zeros((12, FRAMES, MELS), np.int8)
    levels[np.arange(12), labels] = rng.integers(1, 8, (12, MELS))  # a class's hits speak in the frame of its label
    codes = 0.3 * rng.standard_normal((12, 3))  # all of them near
    fitted, take = laid_out(codes, labels, levels), {"noise": jnp.zeros((FRAMES, MELS)), "chance": jnp.zeros(12)}
    z = 0.3 * rng.standard_normal((40, 3))

    def heard(mix):
        """The share of the sounds in which hits of the classes 0, 2 and 7 are heard."""
        made = add(z, jnp.tile(jnp.asarray(mix, jnp.float32), (len(z), 1)), fitted, take)
        assert np.abs(made[:, [1, 3, 4, 5, 6, *range(8, FRAMES)]]).max() < 1e-5
        return np.mean(np.abs(made[:, [0, 2, 7]]).max(axis=2) > 0.05, axis=0)

    for place, label in enumerate((0, 2, 7)):
        np.testing.assert_array_equal(heard(np.eye(len(CLASSES))[label]), np.eye(3)[place])
    half = heard(0.5 * np.eye(len(CLASSES))[0] + 0.5 * np.eye(len(CLASSES))[7])
    assert half[0] > 0.3 < half[2] and half[1] == 0
    # A trace of another class changes nothing: a knob of the mix does not jump either.
    pure, trace = np.eye(len(CLASSES))[0], 0.999 * np.eye(len(CLASSES))[0] + 0.001 * np.eye(len(CLASSES))[7]
    away = [[3.0, 0, 0]] + 0 * z  # out of reach of the class, and on a hit of the other
    beside = {**fitted, "codes": fitted["codes"].at[8].set(jnp.array([3.0, 0, 0]))}
    made = [add(away, jnp.tile(jnp.asarray(mix, jnp.float32), (len(z), 1)), beside, take) for mix in (pure, trace)]
    assert np.abs(made[1] - made[0]).max() < 0.01


def test_a_seed_is_a_take(add):
    rng = np.random.default_rng(4)
    fitted = laid_out(0.2 * rng.standard_normal((30, 5)), [4] * 30, random_levels(30), noisy=0.5)
    z = 0.2 * rng.standard_normal((9, 5))
    one, same, other = (add(z, one_hot(4, 9), fitted, takes.take(CONFIG, 30, seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (np.abs(one - other).mean(axis=(1, 2)) > 0.3).mean() > 0.7  # most sounds get another hit
    taken = takes.take(CONFIG, 30, 1)
    np.testing.assert_array_equal(taken["noise"], texture.fluctuation(1, CONFIG.audio))
    assert "chance" not in takes.take(CONFIG, 0, 1) and takes.take(CONFIG, 0, 1)["noise"].any()
    spread = np.std([takes.take(CONFIG, 30, seed)["chance"] for seed in range(40)])
    assert 0.22 < spread < 0.28


def test_silence_stays_silent_and_no_mel_is_negative():
    fitted = laid_out(np.eye(3), [4] * 3, np.full((3, FRAMES, MELS), -7, np.int8))
    mel = jnp.zeros((1, FRAMES, MELS)).at[:, :5].set(1e-3)
    take = {"noise": jnp.zeros((FRAMES, MELS)), "chance": jnp.zeros(3)}
    made = np.asarray(takes.add_take(mel, jnp.eye(3)[:1], one_hot(4), fitted, take, CONFIG))
    assert not made[:, 5:].any() and (made >= 0).all() and (made[:, :5] < 1e-3).all()


def test_gradients_are_finite_on_a_hit_between_hits_and_away(add):
    rng = np.random.default_rng(6)
    codes = rng.standard_normal((6, 3))
    fitted = laid_out(codes, [4] * 6, random_levels(6), noisy=0.5)
    take = jax.tree.map(jnp.asarray, takes.take(CONFIG, 6, 1))
    mel = jnp.ones((1, FRAMES, MELS))
    slope = jax.jit(
        jax.grad(lambda z, mix: jnp.sum(takes.add_take(mel, z[None], mix[None], fitted, take, CONFIG) ** 2), (0, 1))
    )
    for z in (codes[0], codes[:2].mean(axis=0), codes[0] + 2.0, codes[0] + 9.0):
        for gradient in slope(jnp.asarray(z, jnp.float32), one_hot(4)[0]):
            assert jnp.isfinite(gradient).all()
    assert jnp.abs(slope(jnp.asarray(codes[:2].mean(axis=0), jnp.float32), one_hot(4)[0])[0]).max() > 1e-3
