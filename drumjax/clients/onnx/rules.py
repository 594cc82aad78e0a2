"""The ONNX nodes of each primitive of jax that drumjax plays with."""

import math
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from drumjax.clients.onnx.fourier import transformed
from drumjax.clients.onnx.nodes import Nodes, Value

SAME_PLACE = {
    "abs": "Abs", "add": "Add", "cos": "Cos", "div": "Div", "eq": "Equal", "exp": "Exp",
    "ge": "GreaterOrEqual", "gt": "Greater", "floor": "Floor", "le": "LessOrEqual", "log": "Log",
    "logistic": "Sigmoid", "lt": "Less", "max": "Max", "min": "Min", "mul": "Mul", "neg": "Neg", "not": "Not",
    "or": "Or", "pow": "Pow", "round": "Round", "sign": "Sign", "sin": "Sin", "sqrt": "Sqrt", "sub": "Sub",
    "tanh": "Tanh",
}  # fmt: skip
"""Operators on numbers at the same place. `or` and `not` are those of booleans."""

RULES: dict[str, Callable[..., Value]] = {}
"""{primitive: function (nodes, equation, *operands) -> result}; operands that are known are numpy arrays."""


def _rule(*names: str) -> Callable[[Callable], Callable]:
    def register(function):
        RULES.update(dict.fromkeys(names, function))
        return function

    return register


def repeating(nodes: Nodes, equation: Any, values: list[Value]) -> list[Value]:
    """Operands for an operator that repeats short ones: at least one has the shape of the result."""
    shape = equation.outvars[0].aval.shape
    narrow = [nodes.narrowest(value) for value in values]
    full = [i for i, atom in enumerate(equation.invars) if atom.aval.shape == shape]
    stays = [i for i in full if isinstance(values[i], str) and narrow[i] == values[i]] or full[:1]
    return [values[i] if i in stays else narrow[i] for i in range(len(values))]


@_rule("ne")
def _ne(nodes, equation, a, b):
    return nodes.add("Not", [nodes.add("Equal", repeating(nodes, equation, [a, b]))])


@_rule("select_n")
def _select(nodes, equation, which, *cases):
    which, other, chosen = repeating(nodes, equation, [which, *cases])
    return nodes.add("Where", [which, chosen, other])


@_rule("and")
def _and(nodes, equation, *values):
    of_numbers = equation.outvars[0].aval.dtype != bool
    return nodes.add("BitwiseAnd" if of_numbers else "And", repeating(nodes, equation, list(values)))


@_rule("shift_right_logical")
def _shift_right(nodes, equation, *values):
    return nodes.add("BitShift", repeating(nodes, equation, list(values)), direction="RIGHT")


@_rule("integer_pow")
def _integer_pow(nodes, equation, x):
    power = equation.params["y"]
    return nodes.add("Mul", [x, x]) if power == 2 else nodes.add("Pow", [x, np.float32(power)])


@_rule("square")
def _square(nodes, equation, x):
    return nodes.add("Mul", [x, x])


@_rule("rsqrt")
def _rsqrt(nodes, equation, x):
    return nodes.add("Reciprocal", [nodes.add("Sqrt", [x])])


@_rule("convert_element_type")
def _convert(nodes, equation, x):
    kind, own = equation.params["new_dtype"], equation.invars[0].aval
    if np.issubdtype(kind, np.complexfloating):
        return x, np.zeros(own.shape, np.float32)
    return x if own.dtype == kind else nodes.cast(x, kind)


@_rule("complex")
def _complex(nodes, equation, real, imaginary):
    return real, imaginary


@_rule("real")
def _real(nodes, equation, x):
    return x[0]


@_rule("imag")
def _imaginary(nodes, equation, x):
    return x[1]


@_rule("reshape", "squeeze")
def _reshape(nodes, equation, x):
    return nodes.reshape(x, equation.outvars[0].aval.shape)


@_rule("broadcast_in_dim")
def _broadcast(nodes, equation, x):
    shape, axes = equation.params["shape"], equation.params["broadcast_dimensions"]
    own = equation.invars[0].aval.shape
    lengths = [1] * len(shape)
    for axis, length in zip(axes, own, strict=True):
        lengths[axis] = length
    x = x if tuple(lengths) == own else nodes.reshape(x, lengths)
    return x if tuple(lengths) == shape else nodes.expand(x, shape)


@_rule("transpose")
def _transpose(nodes, equation, x):
    return _permuted(nodes, x, equation.params["permutation"])


def _permuted(nodes, x, order):
    return x if list(order) == sorted(order) else nodes.add("Transpose", [x], perm=list(order))


@_rule("concatenate")
def _concatenate(nodes, equation, *parts):
    kept = [part for part, atom in zip(parts, equation.invars, strict=True) if atom.aval.size]
    return nodes.add("Concat", kept, axis=equation.params["dimension"])


@_rule("stack")
def _stack(nodes, equation, *parts):
    axis, shape = equation.params["axis"], list(equation.outvars[0].aval.shape)
    shape[axis] = 1
    return nodes.add("Concat", [nodes.reshape(part, shape) for part in parts], axis=axis)


@_rule("slice")
def _slice(nodes, equation, x):
    params = equation.params
    return nodes.slice(x, params["start_indices"], params["limit_indices"], params["strides"])


@_rule("rev")
def _reverse(nodes, equation, x):
    axes = equation.params["dimensions"]
    count = len(axes)
    return nodes.slice(x, [-1] * count, [np.iinfo(np.int64).min] * count, [-1] * count, axes)


@_rule("pad")
def _pad(nodes, equation, x, filling):
    before, behind, between = zip(*equation.params["padding_config"], strict=True)
    _require(not any(between), "zeros between elements")
    if not any(before + behind):
        return x
    return nodes.add("Pad", [x, np.array(before + behind, np.int64), filling])


@_rule("reduce_sum", "reduce_max", "reduce_min")
def _reduce(nodes, equation, x):
    operator = "Reduce" + equation.primitive.name.removeprefix("reduce_").capitalize()
    return nodes.add(operator, [x, np.array(equation.params["axes"], np.int64)], keepdims=0)


@_rule("reduce_or")
def _any(nodes, equation, x):
    axes = np.array(equation.params["axes"], np.int64)
    return nodes.cast(nodes.add("ReduceMax", [nodes.cast(x, np.int32), axes], keepdims=0), bool)


@_rule("argmax")
def _argmax(nodes, equation, x):
    (axis,) = equation.params["axes"]
    x = nodes.cast(x, np.int32) if equation.invars[0].aval.dtype == bool else x
    return nodes.cast(nodes.add("ArgMax", [x], axis=axis, keepdims=0), equation.params["index_dtype"])


@_rule("cumsum")
def _cumsum(nodes, equation, x):
    return nodes.add("CumSum", [x, np.int64(equation.params["axis"])], reverse=int(equation.params["reverse"]))


@_rule("top_k")
def _top_k(nodes, equation, x):
    count, axis = np.array([equation.params["k"]], np.int64), equation.params["axis"]
    best, places = nodes.add_pair("TopK", [x, count], axis=axis)
    return best, nodes.cast(places, np.int32)


@_rule("dot_general")
def _dot(nodes, equation, a, b):
    """(batch axes, free axes of a, free axes of b): one product of matrices for each of the batch."""
    (of_a, of_b), (batch_a, batch_b) = equation.params["dimension_numbers"]
    shape_a, shape_b = (atom.aval.shape for atom in equation.invars)
    free_a = [axis for axis in range(len(shape_a)) if axis not in (*of_a, *batch_a)]
    free_b = [axis for axis in range(len(shape_b)) if axis not in (*of_b, *batch_b)]
    batch, inner = [shape_a[axis] for axis in batch_a], math.prod(shape_a[axis] for axis in of_a)
    if len(shape_b) == 2 and not batch and len(of_a) == 1 and of_a == (len(shape_a) - 1,):
        return nodes.add("MatMul", [a, _permuted(nodes, b, [*of_b, *free_b])])
    a = nodes.reshape(_permuted(nodes, a, [*batch_a, *free_a, *of_a]), [math.prod(batch), -1, inner])
    b = nodes.reshape(_permuted(nodes, b, [*batch_b, *of_b, *free_b]), [math.prod(batch), inner, -1])
    return nodes.reshape(nodes.add("MatMul", [a, b]), equation.outvars[0].aval.shape)


@_rule("conv_general_dilated")
def _conv(nodes, equation, x, kernel):
    params = equation.params
    _require(params["batch_group_count"] == 1 and set(params["lhs_dilation"]) == {1}, "convolutions of this kind")
    inputs, taps, outputs = params["dimension_numbers"]
    made = nodes.add(
        "Conv",
        [_permuted(nodes, x, inputs), _permuted(nodes, kernel, taps)],
        pads=[int(pair[side]) for side in (0, 1) for pair in params["padding"]],
        strides=list(params["window_strides"]),
        dilations=list(params["rhs_dilation"]),
        group=params["feature_group_count"],
    )
    return _permuted(nodes, made, np.argsort(outputs).tolist())


@_rule("gather")
def _gather(nodes, equation, x, start):
    numbers, sizes = equation.params["dimension_numbers"], equation.params["slice_sizes"]
    shape, made = equation.invars[0].aval.shape, equation.outvars[0].aval.shape
    of_slice = list(map(int, numbers.offset_dims))
    of_batch = [axis for axis in range(len(made)) if axis not in of_slice]
    axes = list(map(int, numbers.start_index_map))
    if axes == list(numbers.collapsed_slice_dims) and len(axes) == 1:
        (axis,) = axes
        slices = shape[:axis] + (1,) + shape[axis + 1 :]
        if tuple(sizes) == slices and of_batch == list(range(axis, axis + len(of_batch))):
            return nodes.add("Gather", [x, nodes.reshape(start, [made[i] for i in of_batch])], axis=axis)
    place = _known_places(numbers, shape, made, of_slice, of_batch)
    for which, axis in enumerate(axes):
        first = nodes.slice(start, [which], [which + 1], axes=[equation.invars[1].aval.ndim - 1])
        first = nodes.reshape(first, [made[i] if i in of_batch else 1 for i in range(len(made))])
        inside = nodes.add("Min", [nodes.add("Max", [first, np.int32(0)]), np.int32(shape[axis] - sizes[axis])])
        place = nodes.add("Add", [place, nodes.add("Mul", [inside, np.int32(math.prod(shape[axis + 1 :]))])])
    return nodes.add("Gather", [nodes.reshape(x, [-1]), place], axis=0)


def _known_places(
    numbers: Any, shape: tuple[int, ...], made: tuple[int, ...], of_slice: list[int], of_batch: list[int]
) -> np.ndarray:
    """The places of a gather's numbers in the flattened array, where all slices start at 0."""
    place = np.zeros([1] * len(made), np.int32)
    batching = list(numbers.operand_batching_dims)
    kept = [axis for axis in range(len(shape)) if axis not in (*numbers.collapsed_slice_dims, *batching)]
    along = dict(zip(kept, of_slice, strict=True))
    along |= {axis: of_batch[at] for axis, at in zip(batching, numbers.start_indices_batching_dims, strict=True)}
    for axis, at in along.items():
        counts = np.arange(made[at], dtype=np.int32) * math.prod(shape[axis + 1 :])
        place = place + counts.astype(np.int32).reshape([-1 if i == at else 1 for i in range(len(made))])
    return place


@_rule("fft")
def _fft(nodes, equation, x):
    kind, (size,) = equation.params["fft_type"], equation.params["fft_lengths"]
    types, shape = jax.lax.FftType, equation.outvars[0].aval.shape
    own = equation.invars[0].aval.shape[-1]
    rows = [nodes.reshape(part, [-1, own]) for part in ([x] if kind == types.RFFT else x)]
    if kind == types.IRFFT:  # the bins above half the rate mirror those below
        mirrored = [nodes.slice(part, [(size + 1) // 2 - 1], [0], [-1], [1]) for part in rows]
        mirrored[1] = nodes.add("Neg", [mirrored[1]])
        rows = [nodes.add("Concat", pair, axis=1) for pair in zip(rows, mirrored, strict=True)]
    made = transformed(nodes, rows, size, kind in (types.IFFT, types.IRFFT))
    if kind == types.RFFT:
        made = [nodes.slice(part, [0], [shape[-1]], axes=[1]) for part in made]
    made = [nodes.reshape(part, shape) for part in made]
    return made[0] if kind == types.IRFFT else tuple(made)


def _require(true: bool, what: str) -> None:
    if not true:
        raise NotImplementedError(f"ONNX export has no rule for {what}")
