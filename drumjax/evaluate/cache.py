"""Arrays that take minutes to compute, kept in a folder beside the data that they were computed from."""

import contextlib
import hashlib
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


class Cache:
    """Named arrays in a folder, each computed once for the same data and code.

    Args:
        folder: need not exist; one that cannot be written costs time only.
        data: arrays and numbers that the results depend on.
    """

    def __init__(self, folder: Path, data: Iterable[Any]):
        self._folder, self._data = folder, hashlib.blake2b(digest_size=16)
        for part in data:
            part = np.ascontiguousarray(part)
            self._data.update(f"{part.dtype} {part.shape}".encode() + part.tobytes())

    def arrays(self, name: str, code: Iterable[ModuleType], compute: Callable[[], Arrays]) -> Arrays:
        """The arrays that `compute` returns, from the file of an earlier call where data and code are the same.

        Args:
            name: of the file; a file of that name for other data or code is removed.
            code: modules whose source the result depends on.
            compute: () -> {name: array}.
        """
        key = self._data.copy()
        for module in code:
            key.update(Path(module.__file__).read_bytes())
        path = self._folder / f"{name}-{key.hexdigest()}.npz"
        with contextlib.suppress(OSError, ValueError, zipfile.BadZipFile), np.load(path) as found:
            return dict(found)
        computed = compute()
        with contextlib.suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            for old in self._folder.glob(f"{name}-*.npz"):
                old.unlink()
            self._write(path, computed)
        return computed

    def _write(self, path, arrays):
        import io

        from drumjax import files

        content = io.BytesIO()
        np.savez(content, **arrays)
        files.write(path, content.getvalue())
