"""The wider network of an adaptation, and its encoder and decoder for the sounds of a store.

Components of a user's sounds are fitted to the sounds, to variations of them, and to both blurred: what recurs in other
sounds of the kit is rather their envelope than their grain.
"""

import dataclasses
import functools
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int

from drumjax.checkpoint import Bundle
from drumjax.config import CLASSES, Audio, Config
from drumjax.data.store import Store
from drumjax.data.variation import vary
from drumjax.kernels.conv import jit
from drumjax.models import components
from drumjax.play import encoding, takes
from drumjax.progress import bar, phase
from drumjax.sound import dsp
from drumjax.train import assembly
from drumjax.train.loop import in_chunks

ADDED = (64, 128)
"""Components added, at least and at most; in between half as many as there are sounds."""

ITEMS, VARIATIONS = 400, 8
"""Sounds and variations that the components are fitted to, about; variations of each sound, at most."""

BLUR = (2.0, 4.0)
"""Standard deviation of the blur, in frames and mels."""


def frozen(bundle: Bundle) -> dict[str, Any]:
    """{"cwae", "mean", "std"} of a bundle, as `encoding.encode` takes them."""
    return {"cwae": bundle.cwae, **bundle.statistics}


def widened(parent: Bundle, store: Store, chosen: Int[np.ndarray, " chosen"], count: int) -> Bundle:
    """The bundle with the network that has components of its own for these sounds.

    Args:
        parent: the bundle.
        store: the sounds.
        chosen: indices of the sounds to fit to.
        count: number of sounds that decides on the number of components.
    """
    items = chosen[takes.choose(store.kits[chosen], ITEMS)]
    waves, rng = list(store.wave(items)), np.random.default_rng(0)
    varied = np.resize(items, min(VARIATIONS * len(items), max(0, ITEMS - len(items))))
    for sound in bar(varied, "variations", unit="sound"):
        waves.append(vary(store.wave(sound), int(store.lengths[sound]), rng, store.audio.rate)[0])
    added = min(max(ADDED[0], count // 2), ADDED[1], room(parent.config))
    inputs = functools.partial(_jitted_inputs(parent.config), dict(parent.statistics))
    labels = store.labels[np.concatenate([items, varied])]
    with phase("fitting components"):
        x, blurred = in_chunks(inputs, np.stack(waves))
        cwae, settings = components.widen(parent.cwae, parent.config.cwae, x, labels, blurred, added)
    return dataclasses.replace(parent, cwae=cwae, config=dataclasses.replace(parent.config, cwae=settings))


def room(config: Config) -> int:
    """The number of components that can still be added: a network has at most as many latents as its layers units."""
    return min(config.cwae.dense) - config.cwae.latent


@functools.cache
def _jitted_inputs(config: Config):
    """(statistics, waves) -> standardised log-mels, flattened, and the same blurred."""
    along_time, along_mels = map(_blurring, (config.audio.frames, config.audio.mels), BLUR)

    def inputs(statistics, waves):
        mel = dsp.mel_spectrogram(waves, config.audio)
        x = dsp.standardise(mel, statistics["mean"], statistics["std"], config.cwae.log_offset)
        return tuple(y.reshape(len(waves), -1) for y in (x, along_time @ x @ along_mels.T))

    return jit(inputs)


def _blurring(size: int, width: float) -> Float[np.ndarray, "size size"]:
    """The matrix that blurs by a Gaussian; rows have the sum 1, at the edges too."""
    apart = np.arange(size)[:, None] - np.arange(size)
    weights = np.exp(-0.5 * (apart / width) ** 2)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def mels(audio: Audio, waves: Float[np.ndarray, "sounds samples"]) -> Float[np.ndarray, "sounds frames mels"]:
    """The linear mels of sounds."""
    return in_chunks(_jitted_mel(audio), waves)


@functools.cache
def _jitted_mel(audio: Audio):
    return jit(lambda waves: dsp.mel_spectrogram(waves, audio))


def encoded(bundle: Bundle, store: Store, chosen: Int[np.ndarray, " chosen"]) -> Float[np.ndarray, "chosen latent"]:
    """The codes of these sounds of a store."""
    encode = functools.partial(_jitted_encode(bundle.config), jax.device_put(frozen(bundle)))
    with phase(f"encoding {len(chosen)} sounds"):
        return in_chunks(encode, store.wave(chosen), store.labels[chosen])


@functools.cache
def _jitted_encode(config: Config):
    return jit(
        lambda frozen, waves, labels: encoding.encode(config, frozen, waves, jax.nn.one_hot(labels, len(CLASSES)))
    )


def reconstructed(
    bundle: Bundle, store: Store, chosen: Int[np.ndarray, " chosen"]
) -> Float[np.ndarray, "chosen frames mels"]:
    """The mels of these sounds of a store, encoded and decoded without a take."""
    decode = assembly.decoder(bundle.config, frozen(bundle))
    return decoded(decode, encoded(bundle, store, chosen), store.labels[chosen])


def decoded(
    decode: assembly.Decode, z: Float[np.ndarray, "sounds latent"], labels: Int[np.ndarray, " sounds"]
) -> Float[np.ndarray, "sounds frames mels"]:
    """The mels of codes of several classes."""
    order = np.argsort(labels, kind="stable")
    parts = [decode(z[labels == label], int(label)) for label in np.unique(labels)]
    return np.concatenate(parts)[np.argsort(order)]
