"""The numbers of a seed, against Philox4x64-10 and the Box-Muller transform written here from their papers."""

import itertools
import math

import numpy as np
import pytest

from drumjax.sound import seeds
from drumjax.sound.seeds import Numbers

LARGEST = 2**64 - 1


def philox(counter, key):
    """Philox4x64-10 (Salmon et al. 2011): a block of four words of 64 bits."""
    x, (first, second) = list(counter), key
    for _ in range(10):
        a, b = 0xD2E7470EE14C6C93 * x[0], 0xCA5A826395121157 * x[2]
        x = [b >> 64 ^ x[1] ^ first, b & LARGEST, a >> 64 ^ x[3] ^ second, a & LARGEST]
        first, second = (first + 0x9E3779B97F4A7C15) & LARGEST, (second + 0xBB67AE8584CAA73B) & LARGEST
    return x


def uniforms(seed, stream, count):
    words = itertools.chain.from_iterable(philox((block, 0, 0, 0), (seed, stream)) for block in itertools.count(1))
    return [(word >> 11) / 2**53 for word in itertools.islice(words, count)]


def test_the_reference_gives_the_known_answers():
    """Of Random123, the authors' library: all zeros, all ones."""
    assert philox((0,) * 4, (0,) * 2) == [
        0x16554D9ECA36314C,
        0xDB20FE9D672D0FDC,
        0xD7E772CEE186176B,
        0x7E68B68AEC7BA23B,
    ]
    assert philox((LARGEST,) * 4, (LARGEST,) * 2) == [
        0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0,
    ]  # fmt: skip


@pytest.mark.parametrize(("seed", "stream"), [(0, seeds.DRAWS), (7, seeds.TAKES), (2**63 + 5, seeds.NOISE)])
def test_numbers_are_philox_in_order(seed, stream):
    expected, numbers = uniforms(seed, stream, 19), Numbers(seed, stream)
    # What is taken in parts is what is taken at once.
    np.testing.assert_array_equal(np.concatenate([numbers.uniform(n) for n in (1, 7, 3, 8)]), expected)
    np.testing.assert_array_equal(Numbers(seed + 2**64, stream).uniform(19), expected)


def test_normal_numbers_are_pairs_of_box_and_muller():
    u = uniforms(3, seeds.NOISE, 12)
    pairs = [
        [math.sqrt(-2 * math.log(1 - a)) * part(2 * math.pi * b) for part in (math.cos, math.sin)]
        for a, b in zip(u[::2], u[1::2], strict=True)
    ]
    numbers = Numbers(3, seeds.NOISE)
    # Five numbers use up three pairs.
    np.testing.assert_allclose(numbers.normal(5), np.ravel(pairs)[:5], rtol=1e-12)
    np.testing.assert_allclose(numbers.normal(6), np.ravel(pairs)[6:], rtol=1e-12)


def test_normal_numbers_have_the_moments_of_the_normal_distribution():
    x = Numbers(0, seeds.NOISE).normal(200_000)
    assert np.isfinite(x).all()
    moments = [np.mean(x**power) for power in (1, 2, 3, 4)]
    np.testing.assert_allclose(moments, [0, 1, 0, 3], atol=0.06)
    assert abs(np.mean(np.abs(x) < 1) - math.erf(math.sqrt(0.5))) < 0.005
    assert abs(np.mean(x[1:] * x[:-1])) < 0.01


def test_seeds_and_streams_differ():
    drawn = [Numbers(seed, stream).uniform(1000) for seed in (0, 1, 2) for stream in (0, 1, 2)]
    assert np.abs(np.corrcoef(drawn) - np.eye(9)).max() < 0.15


def test_choices_follow_their_weights_and_never_have_weight_zero(monkeypatch):
    weights = np.array([0, 0.1, 0, 0, 0.6, 0.3, 0])
    numbers = Numbers(4, seeds.DRAWS)
    chosen = np.bincount([numbers.choose(weights) for _ in range(20_000)], minlength=7)
    np.testing.assert_allclose(chosen / 20_000, weights, atol=0.015)
    np.testing.assert_array_equal(chosen > 0, weights > 0)
    # At the ends of [0, 1) as well, and for weights of any sum and type.
    for edge, expected in ((0.0, 1), (1 - 2.0**-53, 5)):
        monkeypatch.setattr(numbers, "uniform", lambda count, edge=edge: np.full(count, edge))
        for scale in (1e-6, 1.0, 3e5):
            assert numbers.choose((scale * weights).astype(np.float32)) == expected
