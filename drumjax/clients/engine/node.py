"""The engine in WebAssembly from Python, run by Node: its tests and measurements."""

import json
import shutil
import subprocess
import weakref
from pathlib import Path

import numpy as np
from jaxtyping import Float

from drumjax.clients.engine.page import WEB
from drumjax.config import CLASSES

SCRIPT = Path(__file__).parent / "trial.mjs"


class Node:
    """An instrument in a process of Node: a `trial.Engine`.

    Args:
        path: an instrument file.

    Attributes:
        ms: the time of the last answer, in Node alone.

    Raises:
        ValueError: there is no Node.
    """

    ms = 0.0

    def __init__(self, path: Path):
        node = shutil.which("node")
        if node is None:
            raise ValueError("the engine in WebAssembly is run by Node; there is no node on PATH")
        command: list[str | Path] = [node, SCRIPT, WEB / "drumjax.wasm", path]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        weakref.finalize(self, _end, self._process)

    def render(
        self,
        knobs: Float[np.ndarray, "3"],
        mix: Float[np.ndarray, " classes"],
        take: int | None = 0,
        base: Float[np.ndarray, " latent"] | None = None,
    ) -> Float[np.ndarray, " length"]:
        """A sound up to its end."""
        around, texture = None if base is None else base.tolist(), "-1" if take is None else str(take)
        return self._ask(**{"class": _text(mix)}, knobs=np.asarray(knobs).tolist(), texture=texture, around=around)

    def draw(self, mix: Float[np.ndarray, " classes"], n: int, seed: int) -> Float[np.ndarray, "n latent"]:
        """The latents of the new sound of a seed, of which there is one."""
        assert n == 1, "the page draws one sound of a seed"
        return self.latents(_text(mix), seed=str(seed))[None]

    def latents(self, drum_class: str, **sound: object) -> Float[np.ndarray, " latent"]:
        """The latents of a sound, as the page describes it."""
        return self._ask(only="latents", **{"class": drum_class}, **sound)

    # Seeds go as text: JavaScript's numbers are whole up to 2^53 only.
    def _ask(self, **sound: object) -> Float[np.ndarray, " floats"]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{json.dumps(sound)}\n".encode())
        self._process.stdin.flush()
        head = self._process.stdout.read(8)
        if len(head) < 8:
            raise ValueError("Node has ended; its errors say why")
        self.ms = float(np.frombuffer(head, "<f4", 1, 4)[0])
        return np.frombuffer(self._process.stdout.read(4 * int.from_bytes(head[:4], "little")), "<f4").copy()


def _end(process: subprocess.Popen[bytes]) -> None:
    with process:
        process.kill()


def _text(mix: Float[np.ndarray, " classes"]) -> str:
    """The weights as in `kick:0.7,snare:0.3`."""
    return ",".join(f"{name}:{float(weight)!r}" for name, weight in zip(CLASSES, mix, strict=True) if weight)
