"""The README's commands and code, run as they are printed."""

import json
import os
import re
import shlex
import shutil
import site
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from drumjax import presets
from drumjax.cli.generate import generate
from drumjax.data import procedural
from drumjax.synth import Synth

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf8")
COMMANDS = [
    line.split("  #")[0].strip() for block in re.findall(r"```sh\n(.*?)```", TEXT, re.S) for line in block.splitlines()
]


def arguments_of(name):
    """The arguments of every command line of `drumjax NAME`, or of the script NAME.py."""
    starts = (f"drumjax {name}", f"python -m drumjax {name}", f"python {name}.py")
    found = [(line, next((start for start in starts if f"{line} ".startswith(f"{start} ")), None)) for line in COMMANDS]
    return [shlex.split(line[len(start) :]) for line, start in found if start]


PLAYED = [arguments for arguments in arguments_of("generate") if "--bundle" not in arguments]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One for all commands, with two sounds of the user's: a later command may take what an earlier one wrote."""
    folder = tmp_path_factory.mktemp("readme")
    for name in ("snare", "tom"):
        soundfile.write(folder / f"my-{name}.wav", procedural.sound(name, 1, presets.release().audio)[0], 44100)
    return folder


@pytest.fixture
def loaded_once(synth, monkeypatch):
    monkeypatch.setattr(Synth, "load", lambda path=None, knobs="class": synth)


@pytest.mark.parametrize("arguments", PLAYED, ids=" ".join)
def test_generate_commands_write_what_they_print(arguments, folder, loaded_once, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    before = set(folder.rglob("*.*"))
    assert generate(arguments) == 0, capsys.readouterr().err
    written = {folder / line for line in capsys.readouterr().out.splitlines()}
    assert written == set(folder.rglob("*.*")) - before - {folder / "drums"} and written
    for path in written - set(folder.rglob("*.png")):
        wave, _ = soundfile.read(path)
        assert len(wave) > 500 and abs(wave).max() > 0.01
    if "all" in arguments:
        assert len(written) == 11


def test_generate_is_shown_with_many_options():
    shown = {argument for arguments in PLAYED for argument in arguments if argument.startswith("--")}
    assert len(PLAYED) >= 8 and {"--z", "--seed", "--base", "--out", "--texture"} <= shown


@pytest.mark.slow
def test_the_first_command_installs_and_plays(tmp_path, synth):
    """In a copy of the repository; the dependencies are those of this Python instead of downloads."""
    for name in ("drumjax", "checkpoints"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "generate.py"):
        shutil.copy(ROOT / name, tmp_path)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(line, where=tmp_path):
        done = subprocess.run(["bash", "-c", line], cwd=where, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    venv, install, play = COMMANDS[0].split(" && ")
    run(venv.replace("python3 ", f"{shlex.quote(sys.executable)} "))
    (packages,) = (tmp_path / ".venv").glob("lib/python3*/site-packages")
    (packages / "borrowed.pth").write_text("\n".join(site.getsitepackages()))
    assert "pip install" in install
    run(install.replace("pip install", "pip install -q --no-deps"))
    written = tmp_path / run(play).strip()
    wave, rate = soundfile.read(written)
    assert rate == synth.rate and abs(wave).max() > 0.1
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert run("../.venv/bin/drumjax generate --class kick --z 0 0 0", elsewhere) == "kick.wav\n"


def test_the_python_examples_run(synth, folder, monkeypatch):
    monkeypatch.chdir(folder)
    names = {}
    guide = (ROOT / "docs" / "own-sounds.md").read_text(encoding="utf8")
    for code in re.findall(r"```python\n(.*?)```", TEXT + guide, re.S):
        exec(compile(code, "README.md", "exec"), names)
    assert (names["same"] == names["snare"].wave).all() and len(names["takes"]) == 8
    assert names["kit"].shape == (11, synth.samples) and names["turned"].shape == names["tom"].wave.shape
    assert names["more"].shape == (4, synth.samples) and names["knobs"].shape == (3,)
    assert names["mel"].shape == (synth.config.audio.frames, synth.config.audio.mels)


def test_the_data_stage_reads_a_folder_of_samples(loaded_once, tmp_path):
    """README's look at one's own files, on a kit in ~/Samples."""
    assert generate(["--class", "all", "--z", "0", "0", "0", "--out", str(tmp_path / "Samples")]) == 0
    (command,) = [arguments for arguments in arguments_of("train") if "data" in arguments]
    expanded = [argument.replace("~", str(tmp_path)) for argument in command]
    done = subprocess.run(
        [sys.executable, ROOT / "train.py", *expanded], cwd=tmp_path, capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stderr
    (report,) = tmp_path.glob("runs/*/store/report.json")
    assert json.loads(report.read_text(encoding="utf8"))


def test_train_commands_use_options_that_exist():
    """Training itself is tested from a wheel (test_package.py) and stage by stage (train/)."""
    from drumjax.cli import train

    shown = arguments_of("train")
    assert len(shown) >= 4
    for arguments in shown:
        train._parser().parse_args(arguments)


def test_ci_runs_the_readme_s_test_command():
    command = next(line for line in COMMANDS if "-m pytest" in line and "pip install" in line)
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf8")
    assert command.replace("pip install -e", "pip install -q -e") in ci


def test_links_inside_the_repository_exist():
    for target in re.findall(r"\]\(((?!https?:)[^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target
