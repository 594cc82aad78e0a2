"""Dense layers and batch statistics against autodiff of the plain formulas."""

import jax
import jax.numpy as jnp
import numpy as np

from drumjax import layers


def test_dense_and_its_gradients():
    rng = np.random.default_rng(0)
    x, kernel, weight = (rng.standard_normal(s).astype(np.float32) for s in ((5, 7), (7, 3), (5, 3)))
    np.testing.assert_allclose(layers.dense(x, kernel), x @ kernel, rtol=1e-6)
    ours, plain = (
        jax.grad(lambda x, k, f=f: jnp.sum(jnp.sin(f(x, k)) * weight), (0, 1))(x, kernel)
        for f in (layers.dense, jnp.matmul)
    )
    for a, b in zip(ours, plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_standardised_and_its_gradient():
    rng = np.random.default_rng(1)
    x = (rng.standard_normal((5, 7, 11, 3)) * [0.5, 2, 1] + [1, 0, -2]).astype(np.float32)
    weight = rng.standard_normal(x.shape).astype(np.float32)

    def plain(x):
        mean, variance = jnp.mean(x, (0, 1, 2)), jnp.var(x, (0, 1, 2))
        return (x - mean) / jnp.sqrt(variance + layers.EPSILON), mean, variance

    for ours, theirs in zip(layers.standardised(x), plain(x), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    ours, theirs = (jax.grad(lambda x, f=f: jnp.sum(f(x)[0] * weight))(x) for f in (layers.standardised, plain))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
