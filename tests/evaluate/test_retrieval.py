"""Recall and trustworthiness against double loops; which files are hits of one drum."""

import numpy as np
import pytest

from drumjax.evaluate import maps, retrieval
from drumjax.evaluate.retrieval import Drums, recall


def test_hits_of_a_drum_differ_in_marked_numbers_only():
    names = ["sn_vl1_rr1", "sn_vl2_rr10", "sn_vl1_rr2", "tom_01", "tom_02", "sn_vl1_rr1", "kick_v40", "kick_v100"]
    kits = ["a", "a", "a", "a", "a", "b", "a", "a"]
    kept = np.array([True] * 8)
    drums = Drums.of(names, kits, ["x"] * 8, kept)
    assert [hits.tolist() for hits in drums.hits] == [[0, 1, 2], [6, 7]] and drums.kits == ["a", "a"]
    kept[1] = False
    assert [hits.tolist() for hits in Drums.of(names, kits, ["x"] * 8, kept).hits] == [[0, 2], [6, 7]]


def test_recall_is_the_share_of_other_hits_among_ten():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((60, 3)).astype(np.float32)
    kept = rng.uniform(size=60) < 0.9
    drums = Drums([np.array([1, 2, 3]), np.arange(20, 35)], ["a", "b"])
    kept[np.concatenate(drums.hits)] = True
    want = []
    for hits in drums.hits:
        shares = []
        for hit in hits:
            others = [i for i in np.argsort(np.linalg.norm(vectors - vectors[hit], axis=1)) if kept[i] and i != hit][
                :10
            ]
            shares.append(len(set(others) & set(hits.tolist())) / min(10, len(hits) - 1))
        want.append(np.mean(shares))
    np.testing.assert_allclose(recall(vectors, drums, kept), want)


def test_trustworthiness_is_scikit_learns():
    from sklearn.manifold import trustworthiness

    rng = np.random.default_rng(0)
    vectors, places = rng.standard_normal((40, 6)), rng.standard_normal((40, 2))

    def order(x):
        """The other points of each, the nearest first, numbered without the point itself."""
        apart = np.linalg.norm(x[:, None] - x[None], axis=2) - 9 * np.eye(40)
        others = np.argsort(apart, axis=1)[:, 1:]
        return others - (others > np.arange(40)[:, None])

    found = maps.trustworthiness(order(vectors), order(places)[:, :5])
    assert found == pytest.approx(trustworthiness(vectors, places, n_neighbors=5))
    assert maps.trustworthiness(order(vectors), order(vectors)[:, :5]) == 1
    assert maps.trustworthiness(order(vectors), order(vectors)[:, -5:]) == pytest.approx(0)


def test_cepstra_are_cosine_transforms_of_log_mels():
    from scipy.fft import dct

    from drumjax.sound import dsp

    wave = np.random.default_rng(0).standard_normal(5000).astype(np.float32)
    power = retrieval._power(wave)
    assert power.shape == (1 + 5000 // 512, 1025)
    want = dct(np.log(power @ dsp.mel_bank(retrieval.MFCC_AUDIO) + 1e-10), axis=1)[:, :20] / 2
    np.testing.assert_allclose(retrieval._mfcc(power), np.append(want.mean(axis=0), want.std(axis=0)), rtol=1e-6)
