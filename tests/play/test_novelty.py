"""Distances to training sounds, in units of a radius that sounds of two kits rarely fall below."""

import numpy as np

from drumjax.play import novelty


def test_sounds_near_a_training_sound_count_as_copies():
    rng = np.random.default_rng(0)
    mels = rng.uniform(0.0, 1.0, (24, 6, 32)).astype(np.float32)
    labels, kits = np.repeat([2, 5], 12), np.tile(np.repeat([0, 1, 2], 4), 2)
    kits[labels == 5] = 7  # one kit: no two kits whose distance could be measured
    fitted = novelty.fit(novelty.outlines(mels), labels, kits)
    assert fitted["outlines"].shape == (24, 3 * 4) and fitted["radius"][2] > 0 == fitted["radius"][5]
    assert (novelty.distances(fitted, 2, mels[:12] * 1.01) < 1).all()
    assert (novelty.distances(fitted, 2, mels[:12] * 30) > 1).all()
    np.testing.assert_array_equal(novelty.distances(fitted, 5, mels[12:]), 1)
    outlines = novelty.outlines(mels[[3, 20]])
    expected = [np.mean((row - fitted["outlines"][:12]) ** 2, axis=1).min() for row in outlines]
    np.testing.assert_allclose(novelty.distances(fitted, 2, mels[[3, 20]]) * fitted["radius"][2], expected, atol=1e-5)
