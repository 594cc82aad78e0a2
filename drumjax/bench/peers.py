"""The peers of drumjax in the benchmark, and which of them are installed."""

import functools
import importlib.util
import math
import os
import shutil
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from drumjax.checkpoint import Bundle
from drumjax.config import CLASSES, Config
from drumjax.kernels import conv, narrow
from drumjax.play.arguments import BATCHES
from drumjax.sound import dsp
from drumjax.synth import Synth

_NEEDS = {
    "torch": ("torch",),
    "torch.compile": ("torch",),
    "onnxruntime": ("torch", "onnx", "onnxscript", "onnxruntime"),  # torch exports the networks
    "librosa": ("librosa",),
}


def missing_peers() -> dict[str, str]:
    """{peer that is not installed: reason}."""
    reasons = {}
    for peer, needed in _NEEDS.items():
        absent = [name for name in needed if importlib.util.find_spec(name) is None]
        if absent:
            reasons[peer] = f"{', '.join(absent)} not installed"
    compiler = os.environ.get("CXX", "g++")
    if "torch" not in reasons and shutil.which(compiler) is None:
        reasons["torch.compile"] = f"no C++ compiler ({compiler})"
    return reasons


@functools.cache
def _session(model: bytes):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count() or 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def onnx_generate(bundle: Bundle) -> Callable[[np.ndarray, list[str]], np.ndarray]:
    """A function (knobs, classes) -> waves, as `Synth.generate`, on onnxruntime with one thread for each core.

    Raises:
        ValueError: the waves of onnxruntime and drumjax differ.
    """
    from drumjax.bench import torch_twin

    session, synth = _session(torch_twin.onnx_model(bundle)), Synth(bundle)

    def generate(points, classes):
        labels = np.array([CLASSES.index(name) for name in classes])
        return session.run(None, {"z": synth.place(points, classes), "labels": labels})[0]

    points, classes = np.random.default_rng(1).standard_normal((len(CLASSES), 3)), list(CLASSES)
    ours, theirs = synth.generate(points, classes), generate(points, classes)
    difference = np.abs(ours - theirs).max() / np.abs(ours).max()
    if difference > 1e-4:
        raise ValueError(
            f"the waves of onnxruntime and drumjax must be equal; they differ by {difference:.1e} of the peak"
        )
    return generate


def griffin_lim(synth: Synth, wave: np.ndarray) -> Callable[[], object]:
    """A call of librosa's Griffin-Lim, 32 iterations, on the mel of a wave; the magnitudes are computed before."""
    import librosa

    audio = synth.config.audio
    linear = np.maximum(synth.mel(wave) @ np.linalg.pinv(dsp.mel_bank(audio)), 0).T
    shape = {"hop_length": audio.hop, "win_length": audio.window, "n_fft": audio.fft, "length": audio.samples}
    return lambda: librosa.griffinlim(linear, n_iter=32, random_state=0, **shape)


def products(config: Config, sounds: int) -> list[tuple[int, int, int, int]]:
    """(count, m, k, n) of the (m, k) @ (k, n) matrix products in the paper's decoder and in the MCNN.

    A transposed convolution of `taps` taps and stride s multiplies, at each position, ceil(taps / s) x channels numbers
    by a matrix with s x channels columns. The first layers of all heads are one product.
    """
    s, m, audio = config.cwae, config.mcnn, config.audio
    grid = s.grid(audio)[::-1]
    widths = (s.latent + len(CLASSES), *s.dense[::-1], s.channels[-1] * math.prod(grid[0]))
    shapes = [(1, sounds, a, b) for a, b in zip(widths[:-1], widths[1:], strict=True)]
    channels, reach = (
        (*s.channels[::-1], 1),
        math.prod(math.ceil(k / t) for k, t in zip(s.kernel, s.stride, strict=True)),
    )
    for size, a, b in zip(grid[:-1], channels[:-1], channels[1:], strict=True):
        shapes.append((1, sounds * math.prod(size), reach * a, math.prod(s.stride) * b))
    channels = (audio.mels, *m.channels)
    for layer, (a, b) in enumerate(zip(channels[:-1], channels[1:], strict=True)):
        steps, inner = sounds * audio.frames * 2**layer, math.ceil(m.width / 2) * a
        shapes.append((m.heads, steps, inner, 2 * b) if layer else (1, steps, inner, 2 * b * m.heads))
    return shapes


def sgemm(config: Config, sounds: int) -> Callable[[], object]:
    """A call of the matrix products alone, a lower bound; batches are those of `Synth`."""
    at_once = min(sounds, BATCHES[0])
    pairs = [(jnp.ones((h, m, k)), jnp.ones((h, k, n))) for h, m, k, n in products(config, at_once)]
    multiply = jax.jit(lambda pairs: [a @ b for a, b in pairs])

    def call():
        for _ in range(sounds // at_once):
            jax.block_until_ready(multiply(pairs))

    return call


def widest_layer(config: Config) -> tuple[Callable[[], object], Callable[[], object]]:
    """Calls of the decoder's widest layer for one sound, with the packed kernel of `Synth` and with float32."""
    _, _, inner, outputs = products(config, 1)[len(config.cwae.dense)]
    kernel, x = np.random.default_rng(0).standard_normal((inner, outputs), np.float32), jnp.ones((1, inner))
    ways = ((narrow.product, narrow.pack(kernel)), (jnp.matmul, kernel))
    packed, plain = (functools.partial(conv.jit(product), x, jax.device_put(array)) for product, array in ways)
    return lambda: jax.block_until_ready(packed()), lambda: jax.block_until_ready(plain())
