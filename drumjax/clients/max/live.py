"""The Max for Live device without a server: a folder with the engine, which plays in Node for Max."""

from pathlib import Path

import drumjax.server
from drumjax import __version__, checkpoint, files
from drumjax.clients.engine import instrument
from drumjax.clients.engine.page import WEB
from drumjax.clients.max import build, parts

NAME = Path(parts.SCRIPT).stem
_WAV = Path(drumjax.server.__file__).parent / "page" / "wav.js"


def write(bundle: Path, folder: Path, force: bool = False) -> Path:
    """Writes the device for Live, the patch for Max, and all that they play with, whole or not at all.

    Args:
        bundle: folder of the bundle whose instrument plays.
        folder: a new one, under its own name with a number where it exists.
        force: write into a folder that is there.

    Returns:
        The folder.

    Raises:
        FileNotFoundError: there is no such bundle.
        ValueError: it is damaged, or needs parts that the engine does not have.
        OSError: the folder cannot be written.
    """
    script, blank = (build.HERE / parts.SCRIPT).read_text("utf8"), 'const VERSION = "";'
    assert blank in script, f"{parts.SCRIPT} has no {blank}"
    contents = {
        **build.patches(parts.NODE, NAME),
        parts.SCRIPT: script.replace(blank, f'const VERSION = "{__version__}";').encode(),
        # .mjs: without a package.json, Node reads .js as scripts.
        "engine.mjs": (WEB / "engine.js").read_bytes(),
        "wav.mjs": _WAV.read_bytes(),
        "drumjax.wasm": (WEB / "drumjax.wasm").read_bytes(),
        "drums.safetensors": instrument.contents(checkpoint.load_bundle(bundle)),
    }
    return files.write_folder(folder, contents, force)
