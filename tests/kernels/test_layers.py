"""Dense layers and batch statistics against autodiff of the plain formulas."""

import jax
import jax.numpy as jnp
import numpy as np

from drumjax.kernels import layers


def test_dense_and_its_gradients_equal_autodiff():
    rng = np.random.default_rng(0)
    x, kernel, weight = (rng.standard_normal(s).astype(np.float32) for s in ((5, 7), (7, 3), (5, 3)))
    np.testing.assert_allclose(jax.jit(layers.dense)(x, kernel), x @ kernel, rtol=1e-5, atol=1e-6)
    ours, plain = (
        jax.jit(jax.grad(lambda x, k, f=f: jnp.sum(jnp.sin(f(x, k)) * weight), (0, 1)))(x, kernel)
        for f in (layers.dense, jnp.matmul)
    )
    for a, b in zip(ours, plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_conditional_norm_and_its_gradients_equal_autodiff():
    rng = np.random.default_rng(1)
    x = (rng.standard_normal((5, 7, 11, 3)) * [0.5, 2, 1] + [1, 0, -2]).astype(np.float32)
    scale, shift, weight = (rng.standard_normal(s).astype(np.float32) for s in ((5, 3), (5, 3), x.shape))

    def plain(x, scale, shift):
        mean, variance = jnp.mean(x, (0, 1, 2)), jnp.var(x, (0, 1, 2))
        y = (x - mean) / jnp.sqrt(variance + layers.EPSILON)
        return y * scale[:, None, None] + shift[:, None, None], mean, variance

    results = (jax.jit(f)(x, scale, shift) for f in (layers.conditional_norm, plain))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)
    ours, theirs = (
        jax.jit(jax.grad(lambda *v, f=f: jnp.sum(jnp.sin(f(*v)[0]) * weight), (0, 1, 2)))(x, scale, shift)
        for f in (layers.conditional_norm, plain)
    )
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=5e-5)


def test_sums_and_norms_equal_numpy():
    rng = np.random.default_rng(2)
    for positions in (1, 2, 13, 17, 96, 7353):
        x = rng.standard_normal((2, positions, 3)).astype(np.float32)
        np.testing.assert_allclose(
            jax.jit(layers.sum_positions)(x), x.sum(axis=1, dtype=np.float64), rtol=1e-5, atol=1e-3
        )
    tree = {"a": rng.standard_normal((4, 5)), "b": [np.float32(3.0), rng.standard_normal(17)]}
    flat = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree)])
    norm = jax.jit(layers.global_norm)(jax.tree.map(jnp.asarray, tree))
    np.testing.assert_allclose(norm, np.linalg.norm(flat), rtol=1e-5)
