"""The page without a server: a folder for any web space, with the engine in WebAssembly and an instrument file."""

import re
from pathlib import Path

import drumjax.server
from drumjax import __version__, checkpoint, files
from drumjax.clients.engine import instrument
from drumjax.kits import recipe
from drumjax.server import offline

WEB = Path(__file__).parent / "web"
"""The engine for browsers: its program, built by `make wasm`, and what binds it."""

_PAGE = Path(drumjax.server.__file__).parent / "page"
_STATIC, _OFFLINE = "static/", "offline.js"
_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)


def write(bundle: Path, folder: Path, force: bool = False) -> Path:
    """Writes the page and everything that it needs, whole or not at all; returns the folder.

    Args:
        bundle: folder of the bundle whose instrument plays.
        folder: a new one, under its own name with a number where it exists.
        force: write into a folder that is there.

    Raises:
        FileNotFoundError: there is no such bundle.
        ValueError: it is damaged, or needs parts that the engine does not have.
        OSError: the folder cannot be written.
    """
    contents = {
        _STATIC + path.relative_to(root).as_posix(): path.read_bytes()
        for root in (_PAGE, WEB)
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
    html = contents.pop(f"{_STATIC}index.html").decode()
    contents["index.html"] = _marked(html, recipe.bundle_id(bundle)).encode()
    contents[f"{_STATIC}drums.safetensors"] = instrument.contents(checkpoint.load_bundle(bundle))
    del contents[f"{_STATIC}{offline.WORKER}"]  # that of a page with a server
    source = contents.pop(f"{_STATIC}{_OFFLINE}").decode()
    kept = {"./" if path == "index.html" else path: content for path, content in contents.items()}
    contents[_OFFLINE] = offline.worker(source, kept).encode()
    return files.write_folder(folder, contents, force)


def _marked(html: str, bundle: str) -> str:
    """The page that finds its engine in its own folder (see `local.js`), with its policy in place of the server's.

    What it saves names the version and the `bundle`, so that both kinds of page restore it.
    """
    marks = f'data-engine="{_STATIC}" data-version="{__version__}" data-bundle="{bundle}"'
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    marked, count = re.subn(r"<html\b", f"<html {marks}", html, count=1)
    marked, policies = re.subn(r'<meta charset="utf-8">', rf"\g<0>\n{policy}", marked, count=1)
    assert count == policies == 1, "index.html has no <html> or no charset"
    return marked
