"""Strict sampling rejects draws that the bundle's classifier does not assign to the class."""

import dataclasses

import numpy as np
import pytest
import small

from drumjax.config import CLASSES
from drumjax.play import judge, sampling
from drumjax.synth import Synth


@pytest.fixture(scope="module")
def synth():
    """A small bundle with codes."""
    bundle = small.bundle(small.config("home"))
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(CLASSES)), 60)
    z = rng.standard_normal((len(labels), bundle.config.cwae.latent)).astype(np.float32)
    return Synth(dataclasses.replace(bundle, density=sampling.fit(z, labels, np.full(len(z), -1))))


def probabilities(synth, strict):
    z = synth.draw("snare", 12, 3, strict=strict)
    return judge.probabilities(synth._judge, synth.decode(z, ["snare"] * 12))[:, CLASSES.index("snare")]


def test_strict_draws_reach_the_probability_and_others_do_not(synth):
    plain, strict = probabilities(synth, False), probabilities(synth, True)
    assert np.mean(plain >= judge.STRICT) < 0.5
    assert (strict >= judge.STRICT).all()


def test_the_classifier_is_fitted_to_codes_of_all_kits_evenly(monkeypatch):
    monkeypatch.setattr(judge, "EXAMPLES", 12)
    labels, kits = np.repeat([0, 4], [64, 5]), np.r_[np.repeat([7, 8, 9], [58, 4, 2]), np.full(5, 3)]
    density = sampling.fit(np.random.default_rng(1).standard_normal((69, 4)), labels, kits)
    chosen = judge.examples(density)
    assert sorted(chosen[chosen >= 64]) == [64, 65, 66, 67, 68]
    assert [np.sum(kits[chosen] == kit) for kit in (7, 8, 9)] == [4, 4, 2]


def test_strict_sampling_needs_a_class_and_codes(synth):
    with pytest.raises(ValueError, match="not a mix"):
        synth.draw({"clap": 1, "snare": 1}, 2, strict=True)
    without = Synth(small.bundle(small.config("paper")))
    with pytest.raises(ValueError, match="no codes"):
        without.draw("clap", 2, strict=True)
