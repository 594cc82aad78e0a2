"""train.py as a user runs it: exit codes, one clear line for a mistake."""

import numpy as np
import pytest

from drumjax.cli.train import train
from drumjax.sound import audio


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--stage", "data"], "name them with --data"),
        (["--stage", "data", "--data", "missing"], "missing"),
        (["--stage", "data", "--data", "empty"], "empty"),
        (["--stage", "data", "--data", "nameless"], "class"),
        (["--stage", "tea"], "--stage"),
        (["--stage", "cwae", "--preset", "huge"], "--preset"),
        (["--stage", "cwae", "--preset", "tiny", "--set", "cwae.betta=1"], "no field 'cwae.betta'"),
        (["--stage", "joint", "--preset", "home", "--set", "data.builtin=12"], "no trained cwae"),
        (["--stage", "mcnn", "--preset", "tiny"], "--stage must be one of the config's stages, cwae; got mcnn"),
    ],
)
def test_mistakes_in_training(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "nameless").mkdir()
    audio.write(tmp_path / "nameless" / "qqq.wav", np.hanning(9000), 22050)
    assert train(arguments) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("train: ") and message in error
