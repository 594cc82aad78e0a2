"""Losses against plain numpy, the MMD against a double loop over pairs."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drumjax.config import CWAE, Audio
from drumjax.models import losses

SETTINGS = CWAE()


def kernel(x, y):
    squared = float(np.sum((x - y) ** 2))
    return sum(s * 2 * x.size / (s * 2 * x.size + squared) for s in SETTINGS.scales)


def double_loop(z, prior):
    n, total = len(z), 0.0
    for i in range(n):
        for j in range(n):
            if i != j:
                total += (kernel(z[i], z[j]) + kernel(prior[i], prior[j])) / (n * (n - 1))
            total -= 2 * kernel(z[i], prior[j]) / n**2
    return total


def test_class_mmd_equals_a_double_loop_for_every_class():
    rng = np.random.default_rng(0)
    z, prior = rng.standard_normal((2, 3, 7, 5)) * 1.3 + 0.2
    expected = [double_loop(z[c], prior[c]) for c in range(3)]
    ours = jax.jit(functools.partial(losses.class_mmd, scales=SETTINGS.scales))(z, prior)
    np.testing.assert_allclose(ours, expected, rtol=2e-4, atol=1e-5)


def test_mmd_is_unbiased_and_grows_with_the_distance():
    keys = jax.random.split(jax.random.key(0), 200)
    mmd = functools.partial(losses.mmd, scales=SETTINGS.scales)
    same = np.asarray(jax.jit(jax.vmap(lambda k: mmd(*jax.random.normal(k, (2, 8, 64)))))(keys))
    assert abs(same.mean()) < 4 * same.std() / np.sqrt(len(keys)) and (same < 0).any()
    z, prior = np.random.default_rng(0).standard_normal((2, 8, 64), np.float32)
    far = [float(jax.jit(mmd)(z + np.float32(shift), prior)) for shift in (0.0, 0.5, 2.0)]
    assert far[0] < far[1] < far[2]


def test_spectral_losses_equal_numpy():
    rng = np.random.default_rng(1)
    mel, estimate = rng.random((2, 3, 5, 7), np.float32)
    convergence = [np.linalg.norm(a - b) / np.linalg.norm(a) for a, b in zip(mel, estimate, strict=True)]
    np.testing.assert_allclose(jax.jit(losses.spectral_convergence)(mel, estimate), convergence, rtol=1e-5)
    x, y = np.log(mel + 1e-3), np.log(estimate + 1e-3)
    paper = np.abs(x - y).sum((1, 2)) / np.abs(x).sum((1, 2))
    log_mel_distance = jax.jit(losses.log_mel_distance, static_argnums=2)
    np.testing.assert_allclose(log_mel_distance(mel, estimate, 1e-3), paper, rtol=1e-5)
    active = np.zeros((3, 5), np.float32)
    active[0, :2] = active[1, :4] = active[2, :5] = 1
    some = [np.abs(x - y)[i, :n].sum() / np.abs(x)[i, :n].sum() for i, n in enumerate((2, 4, 5))]
    np.testing.assert_allclose(log_mel_distance(mel, estimate, 1e-3, active), some, rtol=1e-5)


def test_mask_loss_is_binary_cross_entropy():
    rng = np.random.default_rng(2)
    logits, lengths = rng.standard_normal((2, 11)).astype(np.float32) * 3, np.array([4, 11])
    p = 1 / (1 + np.exp(-logits.astype(np.float64)))
    mask = np.arange(11) < lengths[:, None]
    expected = -np.where(mask, np.log(p), np.log(1 - p)).mean(1)
    np.testing.assert_allclose(jax.jit(losses.mask_loss)(logits, lengths), expected, rtol=1e-5)


def test_active_frames_are_those_centred_before_the_end():
    audio = Audio(samples=1000, window=512, hop=128, fft=1024, mels=8)
    active = losses.active_frames(jnp.array([1, 128, 129, 1000]), audio)
    assert active.sum(1).tolist() == [1, 1, 2, 8]


@pytest.mark.parametrize("loss", [losses.spectral_convergence, lambda a, b: losses.log_mel_distance(a, b, 1e-3)])
def test_gradients_are_finite_at_a_perfect_copy_and_at_silence(loss):
    for mel in (jnp.ones((1, 3, 4)), jnp.zeros((1, 3, 4))):
        assert np.isfinite(jax.jit(jax.grad(lambda e, m=mel: loss(m, e).sum()))(mel)).all()
