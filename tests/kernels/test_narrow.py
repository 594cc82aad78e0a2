"""Dense layers stored as pairs of bfloat16 or as int8, against numpy's product."""

import ml_dtypes
import numpy as np
import pytest

from drumjax.kernels import conv, narrow


@pytest.mark.parametrize("rows", [1, 16, 45, 96])
@pytest.mark.parametrize("batch", [1, 2, 9])
def test_product_equals_numpy_with_the_rounded_kernel(batch, rows):
    rng = np.random.default_rng(rows)
    x = rng.standard_normal((batch, rows)).astype(np.float32)
    kernel = rng.standard_normal((rows, 37)).astype(np.float32)
    expected = x.astype(float) @ kernel.astype(ml_dtypes.bfloat16).astype(float)
    assert not np.allclose(expected, x.astype(float) @ kernel, rtol=0, atol=1e-4)
    ours = conv.jit(narrow.product)(x, narrow.pack(kernel))
    np.testing.assert_allclose(ours, expected, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 16, 45, 96])
@pytest.mark.parametrize("batch", [1, 2, 9])
def test_product_equals_numpy_with_the_quantised_kernel(batch, rows):
    rng = np.random.default_rng(rows)
    x = rng.standard_normal((batch, rows)).astype(np.float32)
    kernel = rng.standard_normal((rows, 37)).astype(np.float32) * rng.uniform(0.01, 10, (rows, 1)).astype(np.float32)
    whole, step = narrow.quantise(kernel)
    assert whole.dtype == np.int8 and np.abs(whole).max(axis=1).tolist() == [127] * rows
    assert (np.abs(whole * step[:, None] - kernel) <= 0.51 * step[:, None]).all()
    expected = x.astype(float) @ (whole * step[:, None].astype(float))
    ours = conv.jit(narrow.product)(x * step, whole)
    np.testing.assert_allclose(ours, expected, atol=1e-5 * np.abs(expected).max())


def test_quantising_twice_changes_nothing():
    kernel = np.random.default_rng(7).standard_normal((32, 10)).astype(np.float32)
    whole, step = narrow.quantise(kernel)
    again, same = narrow.quantise(whole * step[:, None])
    np.testing.assert_array_equal(again, whole)
    np.testing.assert_allclose(same, step, rtol=1e-6)


def test_a_packed_kernel_takes_half_the_memory():
    kernel = np.ones((64, 10), np.float32)
    assert narrow.pack(kernel).nbytes == kernel.nbytes / 2
