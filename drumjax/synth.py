"""The one inference path: three knobs and a drum class in, a waveform out, in two jit-compiled functions.

    from drumjax.synth import generate
    wave = generate([0.1, -0.3, 0.5], "kick")  # float32, 22,050 Hz

The first decodes latents to a mel, which is exactly silent after its end. The second vocodes as many frames of it
as the sound lasts, in one of a few lengths: silence costs nothing, and the samples are the same. Weights are laid
out once and are arguments of the compiled functions, never constants in them.
"""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float

from drumjax import checkpoint, process
from drumjax.config import CLASSES, Config
from drumjax.data.labels import Class, class_index
from drumjax.kernels import conv
from drumjax.play import controls, judge, networks, novelty, sampling, vocoder
from drumjax.play.arguments import DrumClass, like, rows_of, weights_of
from drumjax.sound import dsp, texture

BATCHES = (32, 8, 1)
"""Sounds computed at once: a call takes the most that fit, so that little is compiled and memory stays flat."""


def _decode(config: Config, weights: Any, noise: Array | None, z: Array, classes: Array) -> Array:
    mel = networks.decode(config, weights, z, classes)
    return mel if noise is None else texture.textured(mel, z, classes, weights["texture"], noise)


def _in_batches(function: Callable[..., Array], *arrays: np.ndarray) -> np.ndarray:
    """What a function of a few batch sizes gives for all rows of the arrays."""
    outputs, at, rows = [], 0, len(arrays[0])
    while at < rows:
        size = next(size for size in BATCHES if size <= rows - at)
        outputs.append(np.asarray(function(*(array[at : at + size] for array in arrays))))
        at += size
    return outputs[0] if len(outputs) == 1 else np.concatenate(outputs)


class Synth:
    """A drum machine that plays one bundle.

    Every method takes one sound or a batch of them, float32, and gives the same back: an array without the
    leading axis for one. A drum class is a name (forgivingly spelled), an index in `classes`, a mix of classes
    ({"kick": 0.7, "snare": 0.3} or "kick:0.7,snare:0.3"), or a sequence of those with one entry a sound.

    `texture` is the seed of the noise that decoded mels are given: the same seed is the same take of a sound, another
    is another, None leaves the mel smooth. Bundles without texture are smooth always.

    Attributes:
        classes: names of the drum classes, in the order of their indices.
        rate: Hz.
        samples: of every wave, padded with zeros.
        config: what the bundle was trained with.
        metadata: the bundle's metrics and sources.
        knob_names: {class: what its three knobs change}; empty where the bundle does not tell.
        has_texture: whether the bundle has texture.
    """

    def __init__(self, bundle: checkpoint.Bundle, knobs: str = "class"):
        self.config, self.metadata = bundle.config, bundle.metadata
        self.classes, self.rate, self.samples = CLASSES, bundle.config.audio.rate, bundle.config.audio.samples
        self.knob_names = self.metadata.get("knobs", {}) if knobs == "class" else {}
        self.has_texture = bool(bundle.texture)
        self._density, self._novelty, self._judge = bundle.density, bundle.novelty, bundle.judge
        self._points = bundle.controls.get("points")
        self._knobs = controls.of_kind(bundle.controls, knobs)
        self._weights = jax.device_put({**networks.laid_out(bundle), "texture": dict(bundle.texture)})
        self._encoder = {"cwae": dict(bundle.cwae), **bundle.statistics}
        process.spread_workers()  # the first array has started them
        self._lengths, self._played = vocoder.lengths(self.config), set()
        self._jitted_decode, self._jitted_mask = (
            conv.jit(functools.partial(function, self.config)) for function in (_decode, vocoder.mask)
        )
        self._jitted_vocode = conv.jit(functools.partial(vocoder.vocode, self.config), static_argnums=0)
        self._jitted_mel = conv.jit(lambda wave: dsp.mel_spectrogram(wave, self.config.audio))

    @functools.cached_property
    def _jitted_encode(self) -> Callable[[Array, Array], Array]:
        from drumjax.play.encoding import encode

        jitted = conv.jit(functools.partial(encode, self.config))
        self._encoder = jax.device_put(self._encoder)  # not before: most players never encode
        return functools.partial(jitted, self._encoder)

    @classmethod
    def load(cls, path: str | os.PathLike | None = None, knobs: str = "class") -> "Synth":
        """The bundle in the folder `path`, by default the shipped one, with knobs of one of `controls.KINDS`.

        Raises:
            FileNotFoundError: there is no bundle.
            ValueError: it is damaged, or `knobs` is unknown.
        """
        process.cache_compilations()
        return cls(checkpoint.load_bundle(Path(path) if path is not None else checkpoint.shipped()), knobs)

    def generate(
        self,
        z_pca: Float[Array, "*batch 3"],
        drum_class: DrumClass,
        base: Float[Array, "*batch latent"] | None = None,
        texture: int | None = 0,
    ) -> Float[np.ndarray, "*batch samples"]:
        """The sounds at knob positions `z_pca`, in standard deviations around the latents `base`.

        Without a base they move around the centre of the class; `draw` and `encode` give other bases.
        """
        return self.render(self.place(z_pca, drum_class, base), drum_class, texture)

    def place(
        self, z_pca: Float[Array, "*batch 3"], drum_class: DrumClass, base: Float[Array, "*batch latent"] | None = None
    ) -> Float[np.ndarray, "*batch latent"]:
        """The latents that `generate` plays."""
        points, one = rows_of(z_pca, controls.COUNT)
        weights = weights_of(drum_class, len(points))
        start = weights @ self._knobs["centre"] if base is None else self._bases(base, len(points))
        return like(start + np.einsum("bp,bc,cpl->bl", points, weights, self._knobs["basis"]), one)

    def draw(
        self, drum_class: Class, n: int = 1, seed: int = 0, prior: bool = False, strict: bool = False
    ) -> Float[np.ndarray, "n latent"]:
        """The latents of `n` new sounds of a class, from the density of its training sounds.

        Draws whose sound would be nearer to a training sound than sounds of two kits hardly ever are, are drawn again,
        every time from a little farther out.

        Args:
            drum_class: of all of them; draws of a mix come from its classes by their weights, and none is drawn again.
            n: how many.
            seed: the same seed gives the same latents.
            prior: draw from the paper's prior N(0, I) instead, as bundles without densities always do, and keep all.
            strict: keep only draws that the bundle's own classifier takes for the class, with a certainty of
                `judge.STRICT` or more.

        Where hardly any draws pass, the best of them are taken.
        """
        weights = weights_of(drum_class, 1)[0]
        rng = np.random.default_rng(seed)

        def drawn(width=1.0):
            if prior or not self._density:
                normal = rng.standard_normal((n, self.config.cwae.latent), np.float32)
                return np.sqrt(np.float32(self.config.cwae.sigma2)) * normal
            labels = rng.choice(len(CLASSES), n, p=weights / weights.sum())
            return np.concatenate([sampling.draw(self._density, label, 1, rng, width) for label in labels])

        if strict and weights.max() < 1:
            raise ValueError(f"strict sampling takes one drum class, not a mix; got {drum_class!r}")
        if strict and not self._judge:
            raise ValueError("this bundle has no classifier for strict sampling")
        new = bool(self._novelty) and not prior and weights.max() == 1
        if not (new or strict):
            return drawn()
        label = int(weights.argmax())

        def score(z):
            mels = self.decode(z, [label] * len(z))
            own = np.minimum(novelty.distances(self._novelty, label, mels), 1) if new else np.ones(len(z))
            sure = np.minimum(judge.probabilities(self._judge, mels)[:, label] / judge.STRICT, 1) if strict else 1
            return own * sure

        return sampling.accepted(n, drawn, score)

    def sample(
        self,
        drum_class: Class,
        n: int = 1,
        seed: int = 0,
        prior: bool = False,
        strict: bool = False,
        texture: int | None = 0,
    ) -> Float[np.ndarray, "n samples"]:
        """`n` new sounds of a class: those of `draw`."""
        z = self.draw(drum_class, n, seed, prior, strict)
        return self.render(z, [drum_class] * len(z), texture)

    def map_points(self, drum_class: str | int) -> Float[np.ndarray, "sounds 3"]:
        """Knobs one and two, and the spectral centroid in Hz, of training sounds of a class; none in old bundles."""
        if self._points is None:
            return np.zeros((0, 3), np.float32)
        return np.asarray(self._points[class_index(drum_class)])

    def variation(
        self, z: Float[Array, " latent"], drum_class: str | int, amount: float, seed: int = 0
    ) -> Float[np.ndarray, " latent"]:
        """The latents of a sound near `z`: `amount` 0 is the sound itself, 1 another of its class.

        Between them the spread of the class is kept: around its centre, z counts by sqrt(1 - amount^2).
        """
        if not 0 <= amount <= 1:
            raise ValueError(f"the amount of variation must be between 0 and 1; got {amount:g}")
        centre, drawn = self.place(np.zeros(controls.COUNT), drum_class), self.draw(drum_class, 1, seed)[0]
        kept = np.float32(np.sqrt(1 - amount**2))
        return centre + kept * (np.asarray(z, np.float32) - centre) + np.float32(amount) * (drawn - centre)

    def render(
        self, z: Float[Array, "*batch latent"], drum_class: DrumClass, texture: int | None = 0
    ) -> Float[np.ndarray, "*batch samples"]:
        """The sounds of latents `z`."""
        rows, one = rows_of(z, self.config.cwae.latent)
        waves = self._vocoded(self._decoded(rows, drum_class, texture))
        # Nothing that is played or written may clip; a sound below full scale keeps its level.
        return like(waves / np.maximum(1.0, np.abs(waves).max(axis=1, keepdims=True)), one)

    def encode(self, wave: Float[Array, "*batch samples"], drum_class: DrumClass) -> Float[np.ndarray, "*batch latent"]:
        """The latents of sounds, which are fitted to `samples` and peak-normalised as in training."""
        waves, one = rows_of(self.fitted(wave), self.samples)
        return like(_in_batches(self._jitted_encode, waves, weights_of(drum_class, len(waves))), one)

    def controls(self, z: Float[Array, "*batch latent"], drum_class: DrumClass) -> Float[np.ndarray, "*batch 3"]:
        """The knob positions nearest to latents `z`."""
        rows, one = rows_of(z, self.config.cwae.latent)
        weights = weights_of(drum_class, len(rows))
        moved = rows - weights @ self._knobs["centre"]
        return like(np.einsum("bl,bc,cpl->bp", moved, weights, self._knobs["dual"]), one)

    def decode(
        self, z: Float[Array, "*batch latent"], drum_class: DrumClass, texture: int | None = None
    ) -> Float[np.ndarray, "*batch frames mels"]:
        """The linear mels of latents `z`, by default without texture, exact zeros after the end of the sound."""
        rows, one = rows_of(z, self.config.cwae.latent)
        return like(self._decoded(rows, drum_class, texture), one)

    def mel(self, wave: Float[Array, "*batch samples"]) -> Float[np.ndarray, "*batch frames mels"]:
        """The linear mels of sounds."""
        waves, one = rows_of(self.fitted(wave, normalise=False), self.samples)
        return like(_in_batches(self._jitted_mel, waves), one)

    def vocode(self, mel: Float[Array, "*batch frames mels"]) -> Float[np.ndarray, "*batch samples"]:
        """The sounds of linear mels, at the mels' own level, which end where the mels fall 60 dB below their peak."""
        mels, one = rows_of(mel, self.config.audio.frames, self.config.audio.mels)
        return like(self._vocoded(_in_batches(dsp.gate, mels)), one)

    def mask(self, mel: Float[Array, "*batch frames mels"]) -> Float[np.ndarray, "*batch samples"]:
        """The probability that a sound with this mel still lasts at each sample, before it is binarised."""
        mels, one = rows_of(mel, self.config.audio.frames, self.config.audio.mels)
        return like(_in_batches(functools.partial(self._jitted_mask, self._weights), mels), one)

    def fitted(
        self, wave: Float[Array, "*batch samples"], normalise: bool = True
    ) -> Float[np.ndarray, "*batch samples"]:
        """Waves cut or padded to `samples`, by default with their peak at 1."""
        wave = np.asarray(wave, np.float32)[..., : self.samples]
        if not np.isfinite(wave).all():
            raise ValueError("a wave must be finite; got NaN or infinity")
        wave = np.pad(wave, [(0, 0)] * (wave.ndim - 1) + [(0, self.samples - wave.shape[-1])])
        peak = np.abs(wave).max(axis=-1, keepdims=True, initial=0.0)
        return wave / np.where(peak > 0, peak, 1.0) if normalise else wave

    def _decoded(
        self, z: Float[np.ndarray, "batch latent"], drum_class: DrumClass, seed: int | None
    ) -> Float[np.ndarray, "batch frames mels"]:
        noise = texture.fluctuation(seed, self.config.audio) if self.has_texture and seed is not None else None
        decode = functools.partial(self._jitted_decode, self._weights, noise)
        return _in_batches(decode, z, weights_of(drum_class, len(z)))

    def _vocoded(self, mels: Float[np.ndarray, "batch frames mels"]) -> Float[np.ndarray, "batch samples"]:
        """The waves of gated mels, those of about one length together."""
        waves = np.empty((len(mels), self.samples), np.float32)
        lengths = vocoder.fewest(self._lengths, mels)
        for frames in np.unique(lengths):
            chosen = lengths == frames
            vocode = functools.partial(self._jitted_vocode, int(frames), self._weights)
            waves[chosen] = _in_batches(vocode, mels[chosen])
            if frames not in self._played:  # it was compiled
                self._played.add(frames)
                process.give_back_freed_memory()
        return waves

    def _bases(self, base: Array, count: int) -> Float[np.ndarray, "count latent"]:
        """The given base, or bases, one for each sound."""
        bases, _ = rows_of(base, self.config.cwae.latent)
        if len(bases) not in (1, count):
            raise ValueError(f"give one base, or one for each of the {count} sounds; got {len(bases)}")
        return np.broadcast_to(bases, (count, bases.shape[1]))


@functools.cache
def shipped() -> Synth:
    """The Synth of the shipped bundle, loaded once."""
    return Synth.load()


def generate(
    z_pca: Float[Array, "*batch 3"],
    drum_class: DrumClass,
    base: Float[Array, "*batch latent"] | None = None,
    texture: int | None = 0,
) -> Float[np.ndarray, "*batch samples"]:
    """The sounds at knob positions `z_pca` on the shipped bundle: see `Synth.generate`."""
    return shipped().generate(z_pca, drum_class, base, texture)
