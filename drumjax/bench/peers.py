"""What drumjax is held against, and which of it this machine has."""

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
from drumjax.sound import dsp
from drumjax.synth import BATCHES, Synth

_NEEDS = {
    "torch": ("torch",),
    "torch.compile": ("torch",),
    "onnxruntime": ("torch", "onnx", "onnxscript", "onnxruntime"),  # torch exports the networks
    "librosa": ("librosa",),
}


def missing() -> dict[str, str]:
    """{peer that is left out: why}."""
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
    """(knobs, classes) -> waves, as `Synth.generate`, on onnxruntime with as many threads as there are cores.

    Raises:
        ValueError: onnxruntime does not play the sound that drumjax plays.
    """
    from drumjax.bench import twin

    session, synth = _session(twin.exported(bundle)), Synth(bundle)

    def generate(points, classes):
        labels = np.array([CLASSES.index(name) for name in classes])
        return session.run(None, {"z": synth.place(points, classes), "labels": labels})[0]

    points, classes = np.random.default_rng(1).standard_normal((len(CLASSES), 3)), list(CLASSES)
    ours, theirs = synth.generate(points, classes), generate(points, classes)
    difference = np.abs(ours - theirs).max() / np.abs(ours).max()
    if difference > 1e-4:
        raise ValueError(
            f"onnxruntime and drumjax should play one waveform; they differ by {difference:.1e} of the peak"
        )
    return generate


def griffin_lim(synth: Synth, wave: np.ndarray) -> Callable[[], object]:
    """librosa's vocoder on the mel of a wave, 32 iterations; the magnitudes are made beforehand."""
    import librosa

    audio = synth.config.audio
    linear = np.maximum(synth.mel(wave) @ np.linalg.pinv(dsp.mel_bank(audio)), 0).T
    shape = {"hop_length": audio.hop, "win_length": audio.window, "n_fft": audio.fft, "length": audio.samples}
    return lambda: librosa.griffinlim(linear, n_iter=32, random_state=0, **shape)


def products(config: Config, sounds: int) -> list[tuple[int, int, int, int]]:
    """(how many, rows, inner, columns) of the matrix products in the paper's decoder and in the MCNN.

    A transposed convolution of `taps` taps and stride s is, for each position, ceil(taps / s) x channels numbers
    times a matrix with s x channels columns. The heads' first layers are one product.
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
    """The floor: nothing but those products, of as many sounds at once as `Synth` takes."""
    at_once = min(sounds, BATCHES[0])
    pairs = [(jnp.ones((h, m, k)), jnp.ones((h, k, n))) for h, m, k, n in products(config, at_once)]
    multiplied = jax.jit(lambda pairs: [a @ b for a, b in pairs])

    def call():
        for _ in range(sounds // at_once):
            jax.block_until_ready(multiplied(pairs))

    return call


def widest(config: Config) -> tuple[Callable[[], object], Callable[[], object]]:
    """One sound through the decoder's widest layer, its weights as a player keeps them and in float32."""
    _, _, inner, outputs = products(config, 1)[len(config.cwae.dense)]
    kernel, x = np.random.default_rng(0).standard_normal((inner, outputs), np.float32), jnp.ones((1, inner))
    ways = ((narrow.product, narrow.packed(kernel)), (jnp.matmul, kernel))
    kept, plain = (functools.partial(conv.jit(product), x, jax.device_put(weights)) for product, weights in ways)
    return lambda: jax.block_until_ready(kept()), lambda: jax.block_until_ready(plain())
