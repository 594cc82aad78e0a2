"""What is measured, and how often."""

import functools
from collections.abc import Callable, Collection
from dataclasses import dataclass

from drumjax.bench import material, peers
from drumjax.config import Config

ONNX = "onnxruntime"


@dataclass(frozen=True)
class Plan:
    """What is measured, and how often.

    Attributes:
        config: the networks.
        calls: of one sound; the rest is called less, by how long it takes.
        absent: peers to leave out.
    """

    config: Config
    calls: int
    absent: Collection[str]

    @functools.cached_property
    def bundle(self):
        return material.bundle(self.config)

    @functools.cached_property
    def onnx(self) -> dict[str, Callable]:
        """{its name: generate}, or nothing."""
        return {} if ONNX in self.absent else {ONNX: peers.onnx_generate(self.bundle)}

    def share(self, part: float) -> int:
        """A part of the calls, three or more unless there are fewer."""
        return max(min(3, self.calls), round(self.calls * part))
