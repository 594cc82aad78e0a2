"""The ears recognise what they were fitted for, at any rate and level, and are fitted once for the same store."""

import numpy as np
import pytest
from exact import PRESENT

from drumjax.config import CLASSES
from drumjax.evaluate import boosting, convolutional, tells, yardsticks
from drumjax.evaluate.ears import EARS, Ears


def test_every_ear_recognises_held_out_sounds(ears):
    for ear, judged in ears.real_held_out().items():
        assert judged["recognised"]["macro"] > 0.8, ear
        low, high = judged["recognised"]["interval"]
        assert low <= judged["recognised"]["macro"] <= high
        assert set(judged["recognised"]["classes"]) == set(PRESENT)


def test_neither_rate_nor_level_changes_what_is_recognised(ears):
    waves, rate, labels = ears.held_out.stored, ears.held_out.rate, ears.held_out.labels
    at_44100 = yardsticks.resample(waves, rate, 44100, 44030) * 0.01
    heard, again = ears.hear(waves, rate), ears.hear(at_44100, 44100)
    for ear in EARS:
        same = heard.probabilities[ear].argmax(axis=1) == again.probabilities[ear].argmax(axis=1)
        assert same.mean() > 0.9, ear
    judged = ears.judge(at_44100, 44100, labels)
    for ear, real in ears.real_training().items():
        assert 0 <= judged[ear]["frechet"]["macro"] < 0.3 * real["frechet"]["macro"], ear


def test_wrong_labels_are_not_recognised(ears):
    wrong = np.array([CLASSES.index("tom")] * len(ears.held_out.labels))
    judged = ears.judge(ears.held_out.stored, ears.held_out.rate, wrong)
    assert all(judged[ear]["recognised"]["macro"] == 0 for ear in EARS)


def test_a_second_fit_of_the_same_store_trains_nothing(store, ears, monkeypatch):
    def fail(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr(convolutional, "train", fail)
    again = Ears.fit(store)
    np.testing.assert_array_equal(again.heard.probabilities["convolutional"], ears.heard.probabilities["convolutional"])
    np.testing.assert_array_equal(again.training_descriptors, ears.training_descriptors)
    with pytest.raises(AssertionError, match="computed again"):
        Ears.fit(store, seed=1)


def test_boosting_takes_missing_descriptors_and_leaves_absent_classes_at_zero():
    rng = np.random.default_rng(0)
    labels = np.repeat([1, 4], 40)
    x = rng.standard_normal((80, len(tells.NAMES))) + 3 * (labels[:, None] == 4)
    x[::7] = np.nan
    fitted = boosting.Boosting.fit(x, labels, np.arange(80) % 5)
    probabilities = fitted.probabilities(x)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert probabilities[:, [0, 2, 3, 5]].max() == 0
    known = np.isfinite(x[:, 0])
    assert np.mean(probabilities.argmax(axis=1)[known] == labels[known]) > 0.95
    scores = fitted.embed(x)
    assert not scores[~known].any() and np.abs(scores).max() <= 3
    assert scores[known].std() == pytest.approx(1, abs=0.1)
