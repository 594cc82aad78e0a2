"""The nodes and stored arrays of an ONNX graph in the making."""

from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy as np
import onnx
from onnx import helper, numpy_helper

LARGE = 1024
"""Numbers from which on a float32 array is stored as bfloat16 where that loses nothing."""

Value = np.ndarray | np.generic | str | tuple[Any, Any]
"""An array that is known, the name of an ONNX value, or a complex pair of the two: ONNX has no complex numbers."""


class Nodes:
    """Nodes and stored arrays, in the order in which they are added."""

    def __init__(self):
        self._nodes: list[onnx.NodeProto] = []
        self._arrays: dict[str, onnx.TensorProto] = {}
        self._constants: dict[tuple, str] = {}  # their names, by their content
        self._narrow: dict[str, Value] = {}  # the value that a broadcast one repeats, with as many axes

    def add(self, operator: str, inputs: Sequence[Value], output: str = "", **attributes: Any) -> str:
        """Adds a node; the name of its output."""
        names = [value if isinstance(value, str) else self._constant(np.asarray(value)) for value in inputs]
        output = output or f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, names, [output], **attributes))
        return output

    def add_pair(self, operator: str, inputs: Sequence[Value], **attributes: Any) -> list[str]:
        """Adds a node with two outputs; their names."""
        first = self.add(operator, inputs, **attributes)
        self._nodes[-1].output.append(f"{first}.1")
        return list(self._nodes[-1].output)

    def cast(self, value: Value, kind: Any) -> str:
        """The value in another type of numpy."""
        return self.add("Cast", [value], to=helper.np_dtype_to_tensor_dtype(np.dtype(kind)))

    def reshape(self, value: Value, shape: Sequence[int]) -> Value:
        if isinstance(value, np.ndarray):
            return value.reshape(shape)
        return self.add("Reshape", [value, np.array(shape, np.int64)])

    def slice(
        self,
        value: Value,
        starts: Sequence[int],
        ends: Sequence[int],
        steps: Sequence[int] | None = None,
        axes: Sequence[int] | None = None,
    ) -> str:
        """The value from `starts` to `ends` on its first axes, or on `axes`."""
        lists = starts, ends, axes or range(len(starts)), steps or [1] * len(starts)
        return self.add("Slice", [value, *(np.array(numbers, np.int64) for numbers in lists)])

    def expand(self, value: Value, shape: Sequence[int]) -> str:
        """The value repeated along its axes of length 1; `narrowest` undoes it."""
        name = self.add("Expand", [value, np.array(shape, np.int64)])
        self._narrow[name] = value
        return name

    def narrowest(self, value: Value) -> Value:
        """The value without what `expand` or numpy repeats, for operators that repeat it themselves."""
        if isinstance(value, np.ndarray):
            return np.asarray(value[tuple(slice(0, 1) if step == 0 else slice(None) for step in value.strides)])
        return self._narrow.get(value, value) if isinstance(value, str) else value

    def store(self, name: str, array: np.ndarray) -> str:
        """Stores an array; the name of its value. Narrow numbers stay narrow in the file, without loss."""
        array = np.asarray(array, order="C")
        if array.dtype != np.float32 or array.size < LARGE or np.any(array.view(np.uint32) & 0xFFFF):
            self._arrays[name] = numpy_helper.from_array(array, name)
            return name
        halves = array.astype(ml_dtypes.bfloat16).tobytes()
        self._arrays[name] = helper.make_tensor(name, onnx.TensorProto.BFLOAT16, array.shape, halves, raw=True)
        return self.add("Cast", [name], to=onnx.TensorProto.FLOAT)

    def needed(self, output: str) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
        """The nodes that an output needs, in their order, and the arrays that these need."""
        wanted, kept = {output}, []
        for node in reversed(self._nodes):
            if wanted & set(node.output):
                wanted |= set(node.input)
                kept.append(node)
        return kept[::-1], [array for name, array in self._arrays.items() if name in wanted]

    def _constant(self, array: np.ndarray) -> str:
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = self.store(f"c{len(self._constants)}", array)
        return self._constants[key]
