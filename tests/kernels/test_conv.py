"""Convolutions against their definition in numpy, `lax`, and torch where it is installed."""

import json
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drumjax.kernels import conv

# (positions, kernel, stride, padding) of every kind of layer in the two networks; small, pairwise different sizes.
STRIDED = [((37, 50), (5, 11), (2, 3), (2, 5)), ((29,), (13,), (2,), (6,)), ((7, 19), (5, 11), (2, 3), (2, 5))]
TRANSPOSED = [
    ((11, 19), (5, 11), (2, 3), (2, 5), (22, 57)),
    ((22, 17), (5, 11), (2, 3), (2, 5), (43, 51)),
    ((5, 7), (5, 11), (2, 3), (2, 5), (10, 20)),
    ((17,), (13,), (2,), (6,), (34,)),
    ((9,), (16,), (4,), (6,), (36,)),
    ((24,), (13,), (2,), (6,), (48,)),
]


def arrays(seed, *shapes):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(np.float32) for shape in shapes]


def plain_transpose(x, kernel, stride, padding, sizes):
    """The definition: every input position adds its scaled kernel to the output."""
    out = np.zeros((x.shape[0], *sizes, kernel.shape[-1]), np.float64)
    for i in np.ndindex(*x.shape[1:-1]):
        for k in np.ndindex(*kernel.shape[:-2]):
            at = tuple(s * a + b - p for s, a, b, p in zip(stride, i, k, padding, strict=True))
            if all(0 <= t < n for t, n in zip(at, sizes, strict=True)):
                out[(slice(None), *at)] += x[(slice(None), *i)] @ kernel[k]
    return out


@pytest.mark.parametrize("case", TRANSPOSED)
@pytest.mark.parametrize("form", [conv._transpose_in_phases, conv._transpose_native])
def test_both_transposed_forms_equal_the_definition(case, form):
    positions, taps, stride, padding, sizes = case
    x, kernel = arrays(0, (2, *positions, 3), (*taps, 3, 5))
    expected = plain_transpose(x, kernel, stride, padding, sizes)
    made = jax.jit(form, static_argnums=(2, 3, 4))(x, kernel, stride, padding, sizes)
    np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("case", TRANSPOSED)
def test_transposed_gradients_equal_the_native_form(case):
    positions, taps, stride, padding, sizes = case
    x, kernel, weight = arrays(1, (2, *positions, 3), (*taps, 3, 5), (2, *sizes, 5))
    grads = [
        jax.jit(jax.grad(lambda x, k, f=f: jnp.sum(f(x, k, stride, padding, sizes) * weight), (0, 1)))(x, kernel)
        for f in (conv.conv_transpose, conv._transpose_native)
    ]
    for ours, native in zip(*grads, strict=True):
        np.testing.assert_allclose(ours, native, rtol=1e-4, atol=1e-4)


SQUARE = """
from drumjax import process
process.tune_for_training()
import jax
import jax.numpy as jnp
import numpy as np
from drumjax.kernels import conv

def loss(form, x, kernel, weight):
    return jnp.sum(form(jax.nn.elu(x), kernel, (1,), (2,), (40,)) * weight)

rng = np.random.default_rng(0)
arrays = [rng.standard_normal(shape).astype(np.float32) for shape in ((32, 40, 32), (5, 32, 32), (32, 40, 32))]
plain = lambda x, kernel, pads: conv._convolve(x, kernel, (1,), pads)
for correlate in (conv._correlate, plain):
    conv._correlate, form = correlate, lambda *arguments: conv.conv_transpose(*arguments)
    step = jax.jit(jax.value_and_grad(loss, (1, 2)), static_argnums=0).lower(form, *arrays).compile()
    fused, _, _ = step.as_text().partition("ENTRY")
    sums = [float(np.sum(g * arrays[0].reshape(-1)[: g.size].reshape(g.shape))) for g in step(*arrays)[1]]
    print(" convolution(" in fused, sums)
"""


def test_no_convolution_is_fused_into_a_loop_when_batch_equals_channels():
    """XLA's multi-output fusion computes the convolution element by element, and a step takes four times as long."""
    done = subprocess.run([sys.executable, "-c", SQUARE], capture_output=True, text=True, check=True)
    (ours, gradients), (plain, expected) = (line.split(" ", 1) for line in done.stdout.splitlines())
    assert ours == "False" and plain == "True"  # if XLA no longer fuses the plain form, `_correlate` is unnecessary
    np.testing.assert_allclose(json.loads(gradients), json.loads(expected), rtol=1e-4)


@pytest.mark.parametrize("case", STRIDED)
def test_strided_gradients_equal_lax(case):
    positions, taps, stride, padding = case
    x, kernel = arrays(2, (2, *positions, 3), (*taps, 3, 5))

    def native(x, kernel):
        return conv._convolve(x, kernel, stride, [(p, p) for p in padding])

    (weight,) = arrays(3, jax.eval_shape(native, x, kernel).shape)
    ours = jax.jit(jax.grad(lambda x, k: jnp.sum(conv.conv(x, k, stride, padding) * weight), (0, 1)))(x, kernel)
    lax_ = jax.jit(jax.grad(lambda x, k: jnp.sum(native(x, k) * weight), (0, 1)))(x, kernel)
    for a, b in zip(ours, lax_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def test_layers_with_many_channels_use_winograd_and_equal_lax():
    """Results and gradients equal `lax` at sizes as in the first layer of the MCNN."""
    assert conv.uses_winograd(1, 512, 2048) and conv.uses_winograd(1, 128, 128) and not conv.uses_winograd(1, 64, 64)
    x, kernel, weight = arrays(9, (2, 9, 520), (13, 520, 260), (2, 18, 260))
    kernel /= np.sqrt(520 * 6.5)
    arguments = (2,), (6,), (18,)
    ours, native = (
        jax.jit(f, static_argnums=(2, 3, 4))(x, kernel, *arguments)
        for f in (conv.conv_transpose, conv._transpose_native)
    )
    np.testing.assert_allclose(ours, native, atol=3e-5)
    grads = [
        jax.jit(jax.grad(lambda x, k, f=f: jnp.sum(f(x, k, *arguments) * weight), (0, 1)))(x, kernel)
        for f in (conv.conv_transpose, conv._transpose_native)
    ]
    for ours, native in zip(*grads, strict=True):
        np.testing.assert_allclose(ours, native, atol=1e-5 * np.abs(native).max())


@pytest.mark.parametrize("case", TRANSPOSED)
def test_transposed_equals_torch(case):
    torch = pytest.importorskip("torch", reason="torch is installed with the extra `bench`")
    positions, taps, stride, padding, sizes = case
    x, kernel = arrays(4, (2, *positions, 3), (*taps, 3, 5))
    natural = [(i - 1) * s - 2 * p + k for i, s, p, k in zip(positions, stride, padding, taps, strict=True)]
    surplus = tuple(n - m for n, m in zip(sizes, natural, strict=True))
    rank = len(sizes)
    function = torch.nn.functional.conv_transpose1d if rank == 1 else torch.nn.functional.conv_transpose2d
    weight = torch.tensor(np.moveaxis(kernel, (-2, -1), (0, 1)))
    theirs = function(
        torch.tensor(np.moveaxis(x, -1, 1)), weight, stride=stride, padding=padding, output_padding=surplus
    )
    ours = jax.jit(conv.conv_transpose, static_argnums=(2, 3, 4))(x, kernel, stride, padding, sizes)
    np.testing.assert_allclose(ours, np.moveaxis(theirs.numpy(), 1, -1), rtol=1e-4, atol=1e-4)


def test_an_option_that_xla_does_not_have_is_left_out(monkeypatch):
    def unknown(*_, **options):
        raise jax.errors.JaxRuntimeError(f"No such compile option: {list(options['compiler_options'])}")

    conv._cpu_options.cache_clear()
    monkeypatch.setattr(conv.jax, "jit", unknown)
    assert conv._cpu_options() == {}
    monkeypatch.undo()
    conv._cpu_options.cache_clear()
    assert conv.jit(lambda x: x + 1)(1.0) == 2.0
