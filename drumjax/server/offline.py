"""The service workers of the page: which files a browser keeps, so that it opens the page without server or network."""

import hashlib
import json
from collections.abc import Mapping

WORKER = "sw.js"
"""Of the page's files; it is delivered beside the page, with what it keeps written into it."""


def worker(source: str, contents: Mapping[str, bytes]) -> str:
    """The service worker.

    A browser compares it byte by byte on each visit, so a change of any file makes it keep all files anew.

    Args:
        source: of the worker.
        contents: {address relative to the worker: bytes} of the files to keep.
    """
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        digest.update(f"{name} {len(content)}\n".encode() + content)
    filled = source.replace('const VERSION = "";', f"const VERSION = {json.dumps(digest.hexdigest()[:16])};")
    return filled.replace("const FILES = [];", f"const FILES = {json.dumps(sorted(contents))};")
