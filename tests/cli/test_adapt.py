"""drumjax train --stage adapt: a bundle and a folder in, a bundle out; one line for a mistake."""

import re
from pathlib import Path

import numpy as np
import pytest
import small

from drumjax import checkpoint
from drumjax.cli.train import train
from drumjax.kits import recipe
from drumjax.sound import audio
from drumjax.synth import Synth
from drumjax.train import adapt


@pytest.fixture(scope="module")
def parent(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parent")
    checkpoint.save_bundle(small.learner(folder / "store"), folder)
    return folder


@pytest.fixture(autouse=True)
def inside(tmp_path, monkeypatch):
    """Here are a kit of 11 toms, nine toms that are too few, and a folder whose names say nothing."""
    monkeypatch.chdir(tmp_path)
    for folder, name, count in (("kit", "tom", 11), ("few", "tom", 9), ("nameless", "qqq", 2)):
        Path(folder).mkdir()
        for i, wave in enumerate(small.strokes(count, 310)):
            audio.write(Path(folder, f"{name} {i}.wav"), wave, 4000)


def call(*arguments, bundle):
    return train(["--stage", "adapt", "--bundle", str(bundle), *arguments])


def test_a_kit_in_a_bundle_out(parent, capsys):
    assert call("--data", "kit", "--set", "run.dir=mine", bundle=parent) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    number = r"(\d+\.\d\d)"
    found = re.fullmatch(
        rf"learned 11 sounds of 1 class in .*: the error of (\d) held-out sounds went from {number} to {number} dB "
        rf"\(-\d+%\), that of their envelopes from {number} to {number} dB \(-\d+%\); the other classes changed by "
        r"0\.00 dB",
        last,
    )
    assert found, last
    synth = Synth.load("mine")
    assert np.abs(synth.sample("tom", seed=1)).max() == pytest.approx(1)
    (record,) = synth.metadata["adapted"]
    assert record["parent"] == recipe.bundle_id(parent) and record["sounds"] == 11
    assert f"{record['after']['fine']:.2f}" == found[3]
    assert call("--data", "kit", "--set", "run.dir=mine", bundle=parent) == 2
    assert "mine/bundle holds a bundle already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name their folders with --data"),
        (["--data", "missing"], "missing does not exist"),
        (["--data", "nameless"], "no usable sound of a known class"),
        (["--data", "few"], "from 10 sounds of one class on; got 9 of tom and fewer of the other classes"),
        (["--data", "kit", "--preset", "tiny"], "takes no --preset"),
        (["--data", "kit", "--set", "cwae.latent=9"], "settings of the groups data and run"),
        (["--data", "kit", "--bundle", "kit"], "no bundle in kit"),
        (["--data", "kit", "--bundle", "convolutional"], "only bundles of --preset release"),
    ],
)
def test_mistakes(arguments, message, parent, capsys, monkeypatch):
    monkeypatch.setattr("drumjax.cli.adapt.guesser", lambda rate: None)  # a forest takes seconds to fit
    if "convolutional" in arguments:
        checkpoint.save_bundle(small.bundle(small.config("tiny")), Path("convolutional"))
    assert call(*arguments, bundle=parent) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("train: ") and message in error and error.count("\n") == 0
    assert not Path("runs/adapted/bundle").exists()


def test_another_stage_takes_no_bundle(capsys):
    assert train(["--bundle", "kit"]) == 2
    assert "--bundle names the bundle that --stage adapt starts from" in capsys.readouterr().err


def test_stopping_leaves_no_bundle(parent, capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(adapt, "learn", interrupted)
    monkeypatch.setattr(adapt, "errors", lambda *_: adapt.Errors(1.0, 1.0))
    assert call("--data", "kit", bundle=parent) == 130
    assert not Path("runs/adapted/bundle").exists() and not Path("runs/adapted/lock").exists()
