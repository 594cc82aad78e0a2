"""Fourier transforms as products of matrices."""

import math

import numpy as np

from drumjax.clients.onnx.nodes import Nodes, Value


def transformed(nodes: Nodes, rows: list[Value], size: int, inverse: bool) -> list[Value]:
    """(real, imaginary) parts of the Fourier transform of rows of `size` numbers; real rows come alone.

    Two products with matrices and twiddle factors between them (Cooley and Tukey 1965): few runtimes have ONNX's DFT,
    and onnxruntime's takes longer.
    """
    outer = max(n for n in range(1, math.isqrt(size) + 1) if size % n == 0)
    inner, sign = size // outer, 2j * np.pi * (1 if inverse else -1)
    first, last = (np.exp(sign / n * np.outer(np.arange(n), np.arange(n))) for n in (outer, inner))
    twiddles = np.exp(sign / size * np.outer(np.arange(outer), np.arange(inner)))
    columns = [np.concatenate([first.real, first.imag]), np.concatenate([-first.imag, first.real])][: len(rows)]
    whole = np.block([[last.real, last.imag], [-last.imag, last.real]]) / (size if inverse else 1)
    x = nodes.add("Concat", [nodes.reshape(part, [-1, outer, inner]) for part in rows], axis=1)
    y = nodes.add("MatMul", [np.concatenate(columns, axis=1).astype(np.float32), x])
    real, imaginary = (nodes.slice(y, [at], [at + outer], axes=[1]) for at in (0, outer))
    cosine, sine = twiddles.real.astype(np.float32), twiddles.imag.astype(np.float32)
    products = [[nodes.add("Mul", [part, factor]) for factor in (cosine, sine)] for part in (real, imaginary)]
    turned = (
        nodes.add("Sub", [products[0][0], products[1][1]]),
        nodes.add("Add", [products[0][1], products[1][0]]),
    )
    z = nodes.add("MatMul", [nodes.add("Concat", turned, axis=2), whole.astype(np.float32)])
    parts = (nodes.slice(z, [at], [at + inner], axes=[2]) for at in (0, inner))
    return [nodes.reshape(nodes.add("Transpose", [part], perm=[0, 2, 1]), [-1, size]) for part in parts]
