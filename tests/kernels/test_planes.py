"""Strided convolutions over planes and their kernel gradients, against `lax`."""

import jax
import numpy as np
import pytest
from jax import lax

from drumjax.kernels import planes

STRIDE, PADDING = (2, 3), (2, 5)


def native(x, kernel):
    pads = [(p, p) for p in PADDING]
    return lax.conv_general_dilated(x, kernel, STRIDE, pads, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def arrays(rows, columns, channels, channels_out):
    """(x, kernel, a gradient of the outputs)."""
    rng = np.random.default_rng(channels_out)
    x, kernel = (
        rng.standard_normal(shape).astype(np.float32)
        for shape in ((2, rows, columns, channels), (5, 11, channels, channels_out))
    )
    return x, kernel, rng.standard_normal(jax.eval_shape(native, x, kernel).shape).astype(np.float32)


@jax.jit
def native_kernel_gradient(x, kernel, gradient):
    return jax.vjp(native, x, kernel)[1](gradient)[1]


@pytest.mark.parametrize("channels_out", [3, 16])
@pytest.mark.parametrize("columns", [47, 50])
def test_one_channel_convolution_and_kernel_gradient_equal_lax(columns, channels_out):
    x, kernel, gradient = arrays(13, columns, 1, channels_out)
    made = jax.jit(planes.conv_one_channel, static_argnums=(2, 3))(x, kernel, STRIDE, PADDING)
    np.testing.assert_allclose(made, jax.jit(native)(x, kernel), atol=1e-4)
    of_kernel = jax.jit(planes.one_channel_kernel_gradient, static_argnums=(2, 3, 4))
    ours = of_kernel(x, gradient, kernel.shape, STRIDE, PADDING)
    np.testing.assert_allclose(ours, native_kernel_gradient(x, kernel, gradient), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("rows, columns", [(37, 50), (8, 19)])
def test_kernel_gradient_equals_lax(rows, columns):
    x, kernel, gradient = arrays(rows, columns, 3, 5)
    ours = jax.jit(planes.kernel_gradient, static_argnums=(2, 3, 4))(x, gradient, kernel.shape, STRIDE, PADDING)
    np.testing.assert_allclose(ours, native_kernel_gradient(x, kernel, gradient), rtol=1e-4, atol=1e-4)
