"""`drumjax generate` in this process and an empty folder, with the shipped bundle loaded once for a test file."""

import pytest

from drumjax.cli.generate import generate
from drumjax.synth import Synth


@pytest.fixture(scope="module")
def load():
    """`Synth.load`, which loads and compiles the shipped bundle once for all tests of this file."""
    once, load = {}, Synth.load

    def loaded(path=None, knobs="class"):
        if path is not None:
            return load(path, knobs)
        return once[knobs] if knobs in once else once.setdefault(knobs, load(path, knobs))

    return loaded


@pytest.fixture
def run(load, tmp_path, monkeypatch, capsys):
    """Runs the command in an empty folder, and returns the paths that it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Synth, "load", load)

    def written(*arguments):
        code = generate(list(map(str, arguments)))
        output = capsys.readouterr()
        assert code == 0, output.err
        return output.out.splitlines()

    return written
