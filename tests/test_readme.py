"""The README's commands and code do what they say."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf8")
COMMANDS = [
    line.split("  #")[0].strip() for block in re.findall(r"```sh\n(.*?)```", TEXT, re.S) for line in block.splitlines()
]
PLAYED = [line for line in COMMANDS if line.startswith("python generate.py") and "--bundle" not in line]


def test_ci_runs_the_readme_s_test_command():
    command = next(line for line in COMMANDS if line.endswith("-m pytest"))
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf8")
    assert command.replace("pip install -e", "pip install -q -e") in ci


def test_the_first_command_installs_and_plays():
    first = COMMANDS[0]
    assert first.startswith("python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/python generate.py")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One for all commands: a later one may take what an earlier one wrote."""
    return tmp_path_factory.mktemp("readme")


@pytest.mark.parametrize("command", PLAYED)
def test_generate_commands_write_what_they_name(command, folder):
    arguments = shlex.split(command)[2:]
    done = subprocess.run(
        [sys.executable, ROOT / "generate.py", *arguments], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert all((folder / line).stat().st_size > 1000 for line in done.stdout.splitlines()) and done.stdout


def test_the_python_example_runs():
    code = re.search(r"```python\n(.*?)```", TEXT, re.S).group(1)
    names = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["kit"].shape == (11, 22015) and names["same"].shape == names["wave"].shape
    assert names["more"].shape == (4, 22015) and names["knobs"].shape == (3,) and names["mel"].shape == (86, 512)


def test_train_commands_parse():
    from drumjax.cli import train

    trained = [line for line in COMMANDS if line.startswith("python train.py")]
    assert len(trained) >= 4
    for command in trained:
        train._parser().parse_args(shlex.split(command)[2:])


def test_links_inside_the_repository_exist():
    for target in re.findall(r"\]\(((?!https?:)[^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target
