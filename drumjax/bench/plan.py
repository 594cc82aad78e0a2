"""The networks, peers and number of calls of a benchmark."""

import functools
from collections.abc import Callable, Collection
from dataclasses import dataclass

from drumjax import checkpoint
from drumjax.bench import inputs, peers
from drumjax.checkpoint import Bundle
from drumjax.config import Config

ONNX = "onnxruntime"


@dataclass(frozen=True)
class Plan:
    """The networks, peers and number of calls of a benchmark.

    Attributes:
        config: the networks that peers compute too.
        calls: number of calls for one sound; slower measurements make fewer.
        absent: peers to leave out.
    """

    config: Config
    calls: int
    absent: Collection[str]

    @functools.cached_property
    def bundle(self) -> Bundle:
        """Random parameters of the networks."""
        return inputs.random_bundle(self.config)

    @functools.cached_property
    def release(self) -> Bundle:
        """The shipped bundle."""
        return checkpoint.load_bundle(checkpoint.shipped())

    @functools.cached_property
    def onnx(self) -> dict[str, Callable]:
        """{"onnxruntime": its `generate`}; empty where onnxruntime is absent."""
        return {} if ONNX in self.absent else {ONNX: peers.onnx_generate(self.bundle)}

    def share(self, part: float) -> int:
        """This part of the calls, 0 to 1; at least three, or all where there are fewer."""
        return max(min(3, self.calls), round(self.calls * part))
