"""Builds the plugin with make, a C++ compiler and DPF, and lays its bundles out."""

import os
import subprocess
import tempfile
from pathlib import Path

from drumjax import files
from drumjax.clients.engine import binding

SOURCES = Path(__file__).parent
STANDALONE = "drumjax"
RESULTS = ("drumjax.vst3", "drumjax.clap", "drumjax.lv2", STANDALONE, "drumjax.safetensors")
"""What a build makes; the last is the standalone's instrument."""

WINDOW = {"gl": "libgl-dev", "x11": "libx11-dev"}
"""{what the window is built with, as pkg-config knows it: its package in Debian and Ubuntu}"""


def dpf() -> Path:
    """The folder of DPF's sources."""
    return Path(os.environ.get("DPF", "/usr/share/dpf"))


def missing(window: bool = True) -> str:
    """What this machine lacks to build the plugin, one line; empty if nothing."""
    if lack := binding.missing():
        return lack.replace("the engine", "the plugin")
    if not (dpf() / "Makefile.plugins.mk").is_file():
        return "the plugin is built with DPF: apt install dpf-source, or set DPF to a clone of github.com/DISTRHO/DPF"
    lacks = [package for name, package in WINDOW.items() if window and not _known(name)]
    return f"the plugin's window needs headers: apt install pkg-config {' '.join(lacks)}" if lacks else ""


def _known(name: str) -> bool:
    try:
        return subprocess.run(["pkg-config", "--exists", name]).returncode == 0
    except FileNotFoundError:
        return False


def make(out: Path, instrument: Path, *settings: str) -> None:
    """Runs the Makefile into a folder.

    Args:
        out: absolute, since make runs in the folder of the sources.
        instrument: an instrument file, copied into each bundle.
        settings: of make, as `UI=`, or targets.

    Raises:
        ValueError: something is missing, or the compiler fails.
    """
    if lack := missing(window="UI=" not in settings):
        raise ValueError(lack)
    command = ["make", f"-j{os.cpu_count()}", "-C", str(SOURCES), f"OUT={out}", f"INSTRUMENT={instrument}"]
    done = subprocess.run([*command, f"DPF={dpf()}", *settings], capture_output=True, text=True)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "error" in line.lower()] or [done.stderr or "make fails"]
        raise ValueError(f"the plugin cannot be built: {errors[0].strip()}")


def build(instrument: bytes, out: Path) -> list[Path]:
    """Builds everything and writes it into `out`, in place of what is there under the same names.

    Args:
        instrument: the instrument file.
        out: folder, made where it is missing.

    Returns:
        Their paths.

    Raises:
        ValueError: something is missing, or the compiler fails.
        OSError: the folder cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "instrument"
        source.write_bytes(instrument)
        made = Path(folder) / "out"
        make(made, source)
        paths = [path for path in made.rglob("*") if path.is_file() and path.relative_to(made).parts[0] in RESULTS]
        files.write_folder(out, {str(path.relative_to(made)): path.read_bytes() for path in paths}, force=True)
    (out / STANDALONE).chmod(0o755)
    return [out / name for name in RESULTS]
