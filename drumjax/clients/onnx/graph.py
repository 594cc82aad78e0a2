"""ONNX models of jax functions: the equations of a jaxpr, one after another, as nodes.

Equations of known values alone are evaluated here. The rules are those of the primitives that drumjax plays with.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
import onnx
from jax.extend.core import Jaxpr, Literal
from onnx import helper

from drumjax.clients.onnx.nodes import Nodes, Value
from drumjax.clients.onnx.rules import RULES, SAME_PLACE, repeating

OPSET, _IR = 18, 8
"""The oldest versions that have every operator used here."""

_CALLS = {"jit": "jaxpr", "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr"}
"""Primitives that call a jaxpr, and the parameter that holds it."""

_OF_PARTS = ("broadcast_in_dim", "concatenate", "pad", "reshape", "rev", "slice", "squeeze", "transpose")
"""Primitives that do the same to real and imaginary parts."""


def model(
    function: Callable[..., jax.Array],
    params: Any,
    inputs: Mapping[str, tuple[tuple[int, ...], str]],
    output: tuple[str, str],
    metadata: Mapping[str, str],
) -> onnx.ModelProto:
    """The ONNX model of `function(params, *inputs)`; inputs and output are float32.

    Args:
        function: of jax.
        params: arrays in any nesting, which are stored in the file.
        inputs: {name: (shape, description)}.
        output: (name, description).
        metadata: of the file.

    Raises:
        NotImplementedError: the function has a primitive without a rule.
    """
    traced = jax.make_jaxpr(function)(
        params, *(jax.ShapeDtypeStruct(shape, np.float32) for shape, _ in inputs.values())
    )
    nodes = Nodes()
    stored = [
        nodes.store(jax.tree_util.keystr(path, simple=True, separator="/"), np.asarray(array))
        for path, array in jax.tree_util.tree_leaves_with_path(params)
    ]
    (result,) = add_equations(nodes, traced.jaxpr, traced.consts, [*stored, *inputs])
    nodes.add("Identity", [result], output[0])
    kept, arrays = nodes.needed(output[0])
    taken = [_described(name, *about) for name, about in inputs.items()]
    made = _described(output[0], traced.out_avals[0].shape, output[1])
    graph = helper.make_graph(kept, "drumjax", taken, [made], arrays)
    opset = helper.make_opsetid("", OPSET)
    whole = helper.make_model(graph, opset_imports=[opset], ir_version=_IR, producer_name="drumjax")
    helper.set_model_props(whole, dict(metadata))
    return whole


def _described(name: str, shape: tuple[int, ...], text: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape, text)


def add_equations(nodes: Nodes, jaxpr: Jaxpr, consts: Sequence[Any], arguments: Sequence[Value]) -> list[Value]:
    """Adds the equations of a jaxpr; its results."""
    known: dict[Any, Value] = dict(zip(jaxpr.constvars, map(np.asarray, consts), strict=True))
    known |= dict(zip(jaxpr.invars, arguments, strict=True))

    def read(atom) -> Value:
        return np.asarray(atom.val, atom.aval.dtype) if isinstance(atom, Literal) else known[atom]

    for equation in jaxpr.eqns:
        results = _results(nodes, equation, [read(atom) for atom in equation.invars])
        known |= dict(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _results(nodes: Nodes, equation: Any, values: list[Value]) -> Sequence[Value]:
    name = equation.primitive.name
    if name in _CALLS:
        inner = equation.params[_CALLS[name]]
        return add_equations(nodes, inner.jaxpr, inner.consts, values)
    if name == "optimization_barrier":
        return values
    if all(isinstance(value, np.ndarray) for value in values):
        return _evaluated(equation, values)
    if name not in ("real", "imag", "fft") and any(map(_is_complex, values)):
        return [_of_complex(nodes, equation, values)]
    result = _real(nodes, equation, values)
    return result if equation.primitive.multiple_results else [result]


def _is_complex(value: Value) -> bool:
    return isinstance(value, tuple) or (isinstance(value, np.ndarray) and np.iscomplexobj(value))


def _evaluated(equation: Any, values: list[np.ndarray]) -> list[np.ndarray]:
    """The results of an equation of known values; what is broadcast takes no memory."""
    params = equation.params
    if equation.primitive.name == "broadcast_in_dim":
        axes = params["broadcast_dimensions"]
        lengths = [values[0].shape[axes.index(axis)] if axis in axes else 1 for axis in range(len(params["shape"]))]
        return [np.broadcast_to(values[0].reshape(lengths), params["shape"])]
    made = equation.primitive.bind(*values, **params)
    return [np.asarray(one) for one in (made if equation.primitive.multiple_results else [made])]


def _real(nodes: Nodes, equation: Any, values: Sequence[Value]) -> Any:
    name = equation.primitive.name
    if name in SAME_PLACE:
        return nodes.add(SAME_PLACE[name], repeating(nodes, equation, list(values)))
    if name not in RULES:
        raise NotImplementedError(f"ONNX export has no rule for {name}, a primitive of jax")
    return RULES[name](nodes, equation, *values)


def _of_complex(nodes: Nodes, equation: Any, values: list[Value]) -> Value:
    name = equation.primitive.name
    pairs = [value if isinstance(value, tuple) else (np.real(value), np.imag(value)) for value in values]
    factors = [real for real, imaginary in pairs if isinstance(imaginary, np.ndarray) and not imaginary.any()]
    if name == "mul" and factors:
        (other,) = (value for value in values if isinstance(value, tuple))
        pairs = [(factors[0], factors[0]), other]
    elif name not in (*_OF_PARTS, "add", "sub"):
        raise NotImplementedError(f"ONNX export has no rule for {name} of complex numbers")
    return tuple(_real(nodes, equation, parts) for parts in zip(*pairs, strict=True))
