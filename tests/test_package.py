"""The package as it is installed from a wheel: its files, and its commands from an empty folder."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
import zipfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
import soundfile
from small import TRAINED

import drumjax
from drumjax import checkpoint
from drumjax.sound import audio

ROOT = Path(__file__).parents[1]
SHIPPED = checkpoint.load_bundle(checkpoint.shipped()).config.audio
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))
STEPS = ["train.cwae.steps=4", "train.cwae.epoch_steps=4"]


def test_every_folder_of_the_package_is_listed():
    folders = {".".join(path.relative_to(ROOT).parent.parts) for path in (ROOT / "drumjax").rglob("__init__.py")}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders | {"drumjax.checkpoints"}


def test_the_version_is_one():
    assert PROJECT["project"]["version"] == drumjax.__version__


def test_the_text_for_a_package_index_has_whole_addresses_only():
    links = re.findall(r"\]\(([^)]*)\)", PROJECT["project"]["readme"]["text"])
    assert links and all(link.startswith("https://") for link in links)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built from a copy of the repository, without anything that lies about."""
    if find_spec("pip") is None:
        pytest.skip("needs pip")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("drumjax", "checkpoints"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, source)
    # setuptools 77 reads the licence as it is written here; an older one is replaced for the build, from the index.
    own = find_spec("setuptools") is not None and int(version("setuptools").split(".")[0]) >= 77
    isolation = ["--no-build-isolation"] if own else []
    command = [sys.executable, "-m", "pip", "wheel", str(source), "--no-deps", "-q", "-w", str(out), *isolation]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode and not own and "No matching distribution" in done.stderr and not os.environ.get("CI"):
        pytest.skip("needs setuptools 77, or an index to take it from")
    assert done.returncode == 0, done.stderr
    (found,) = out.iterdir()
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Runs a command of the installed wheel in an empty folder: arguments -> (what it printed, the folder)."""
    target = tmp_path_factory.mktemp("installed")
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "-q", "--target", str(target), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)

    def run(folder, *arguments, program=(sys.executable, "-m", "drumjax")):
        environment = {**os.environ, "PYTHONPATH": str(target)}
        done = subprocess.run(
            [*program, *map(str, arguments)], cwd=folder, env=environment, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run.target = target
    return run


@pytest.mark.slow
def test_the_wheel_holds_weights_page_patches_and_types(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"drumjax/checkpoints/{name}" for name in ("bundle.json", "weights.safetensors", "MODEL_CARD.md")}
    expected |= {"drumjax/py.typed", "drumjax/__main__.py"}
    for pattern in ("drumjax/**/*.py", "drumjax/server/page/**/*.*", "drumjax/clients/*/*.*"):
        found = {path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern) if path.suffix != ".pyc"}
        assert len(found) > 5
        expected |= found
    assert expected <= names, expected - names
    assert not any(name.startswith(("tests", "checkpoints")) for name in names)


@pytest.mark.slow
def test_the_command_plays_from_an_empty_folder(installed, tmp_path):
    program = [sys.executable, str(installed.target / "bin" / "drumjax")]
    assert installed(tmp_path, "--version", program=program) == f"drumjax {drumjax.__version__}\n"
    where = installed(
        tmp_path, "-c", "import drumjax.checkpoint as c; print(c.__file__, c.shipped())", program=[sys.executable]
    )
    assert where.split() == [str(installed.target / "drumjax" / name) for name in ("checkpoint.py", "checkpoints")]
    assert installed(tmp_path, "generate", "--class", "kick", "--z", "0", "0", "0") == "kick.wav\n"
    wave, rate = soundfile.read(tmp_path / "kick.wav")
    assert rate == SHIPPED.rate and len(wave) > 2000 and abs(wave).max() > 0.1
    assert json.loads(audio.comment(tmp_path / "kick.wav"))["class"] == "kick"


@pytest.mark.slow
def test_the_patches_are_copied(installed, tmp_path):
    printed = [Path(line) for line in installed(tmp_path, "clients", "patches").splitlines()]
    assert {path.name for path in printed} == {"drumjax.pd", "drumjax~.pd", "drumjax.amxd", "drumjax.maxpat"}
    for path in printed:
        (original,) = (ROOT / "drumjax" / "clients").rglob(path.name)
        assert (tmp_path / path).read_bytes() == original.read_bytes()


@pytest.mark.slow
def test_the_server_answers(installed, tmp_path):
    ports = ["--osc-port", "0", "--reply-port", "0", "--http-port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(installed.target), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "drumjax", "serve", *ports]
    server = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        page = server.stdout.readline().removeprefix("page: ").strip()
        assert page.startswith("http://127.0.0.1:"), page
        with urllib.request.urlopen(page, timeout=60) as answer:
            assert b"<title>" in answer.read()
        with urllib.request.urlopen(f"{page}static/main.js", timeout=60) as answer:
            assert answer.read() == (ROOT / "drumjax" / "server" / "page" / "main.js").read_bytes()
    finally:
        server.terminate()
        code = server.wait(60)
        server.stdout.close()
    assert code == 0


@pytest.mark.slow
def test_training_makes_a_bundle_that_plays(installed, tmp_path):
    installed(tmp_path, "train", "--preset", "tiny", "--set", "run.dir=run", *TRAINED, *STEPS)
    printed = installed(tmp_path, "generate", "--bundle", "run/bundle", "--class", "snare", "--seed", "3")
    assert printed == "snare_seed3.wav\n"
    wave, rate = soundfile.read(tmp_path / "snare_seed3.wav")
    assert rate == 4000 and abs(wave).max() > 0.99
