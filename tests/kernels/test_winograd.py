"""Minimal filtering against a plain correlation in numpy."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drumjax.kernels import winograd

TAPS = [1, 2, 3, 5, 7, 9]


def plain(x, kernel, padding):
    x = np.pad(x.astype(float), ((0, 0), padding, (0, 0)))
    outputs = x.shape[1] - len(kernel) + 1
    return sum(x[:, k : k + outputs] @ kernel[k].astype(float) for k in range(len(kernel)))


@pytest.fixture(params=TAPS)
def case(request):
    rng = np.random.default_rng(request.param)
    shapes = (2, 11, 5), (request.param, 5, 3)
    return *(rng.standard_normal(shape).astype(np.float32) for shape in shapes), (request.param - 1, 2)


def test_correlations_equal_numpy(case, monkeypatch):
    x, kernel, padding = case
    expected = plain(x, kernel, padding)
    ours = jax.jit(winograd.correlate, static_argnums=2)(x, kernel, padding)
    np.testing.assert_allclose(ours, expected, atol=2e-5 * np.abs(expected).max())
    for columns in (512, 0):
        monkeypatch.setattr(winograd, "_BATCHED_COLUMNS", columns)
        correlate = jax.jit(functools.partial(winograd.correlate_transformed, taps=len(kernel), padding=padding))
        ours = correlate(x, winograd.transform_kernel(kernel.swapaxes(1, 2)))
        np.testing.assert_allclose(ours, expected, atol=2e-5 * np.abs(expected).max())


def test_gradients_equal_numpy(case):
    x, kernel, padding = case
    weight = np.random.default_rng(1).standard_normal(plain(x, kernel, padding).shape).astype(np.float32)
    gradients = jax.grad(lambda x, k: jnp.sum(winograd.correlate(x, k, padding) * weight), (0, 1))
    of_x, of_kernel = jax.jit(gradients)(x, kernel)
    # The correlation is linear in both arguments: <gradient, direction> = <output(direction), weight>.
    for given, gradient, output in (
        (x, of_x, lambda d: plain(d, kernel, padding)),
        (kernel, of_kernel, lambda d: plain(x, d, padding)),
    ):
        direction = np.random.default_rng(2).standard_normal(given.shape).astype(np.float32)
        assert np.sum(gradient * direction) == pytest.approx(np.sum(output(direction) * weight), rel=1e-3, abs=1e-3)


def test_seven_taps_need_ten_products_for_four_outputs():
    of_outputs, of_kernel, of_input = winograd.matrices(7)
    assert of_outputs.shape == (4, 10) and of_kernel.shape == (10, 7) and of_input.shape == (10, 10)
