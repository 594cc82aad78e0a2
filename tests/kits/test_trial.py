"""The measures of kits: what strict sampling refuses, and what the drums of a kit share."""

import itertools

import numpy as np
import pytest
import small
from scipy.stats import spearmanr

from drumjax.kits import trial
from drumjax.synth import Synth


def test_the_refused_are_those_of_which_strict_sampling_is_not_sure(monkeypatch):
    synth = Synth(small.instrument())
    z = synth.draw("tom", 230, 0)
    sure = z[:, 0] > np.quantile(z[:, 0], 0.7)

    def acceptance(some, label):
        assert label == 10 and len(some) <= trial.AT_ONCE
        return np.where(some[:, 0] > np.quantile(z[:, 0], 0.7), 1.0, 0.999)

    monkeypatch.setattr(synth, "acceptance", acceptance)
    assert trial.refused(synth, "tom", 230) == pytest.approx(np.mean(~sure))


def test_what_is_shared_is_spearmans_correlation_between_classes():
    rng = np.random.default_rng(0)
    whole, own = rng.normal(size=(40, 1)), rng.normal(size=(40, 5))
    for values in (whole * np.arange(1, 6), own, np.exp(whole + own)):
        pairs = itertools.combinations(range(5), 2)
        expected = np.mean([spearmanr(values[:, a], values[:, b]).statistic for a, b in pairs])
        assert trial.shared(values) == pytest.approx(expected)


def test_the_tables(monkeypatch, capsys):
    synth = Synth(small.instrument())
    monkeypatch.setattr(trial.Synth, "load", lambda bundle: synth)
    monkeypatch.setattr(synth, "acceptance", lambda z, label: np.ones(len(z)))
    monkeypatch.setattr(trial.process, "setup_player", lambda: None)
    assert trial.main(["--draws", "5", "--kits", "3"]) == 0
    lines = [line.split("|") for line in capsys.readouterr().out.splitlines() if line]
    rows = {label.strip(): value.strip() for _, label, value, _ in lines}
    assert rows["refused of 5 draws"] == rows["3 kits"] == "" and rows["conga"] == "0%"
    before, after = (float(rows[f"loudness beyond the classes, {when}, dB"]) for when in ("at equal peaks", "balanced"))
    assert 0 <= after < before and float(rows["low_tom to mid_tom, semitones, median"]) >= 0
    assert trial.main(["--kits", "2"]) == 2 and "3 kits or more" in capsys.readouterr().err
