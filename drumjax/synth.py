"""The fast player: three controls and a drum class in, a waveform out, in two jit-compiled functions.

    from drumjax.synth import generate
    wave = generate([0.1, -0.3, 0.5], "kick")  # float32, 44,100 Hz

The first function decodes latents to a mel, with exact zeros after its end unless `vocoder.end` is "mask", the paper's.
The second vocodes only the frames in which the sound lasts, in one of a few lengths: the samples are those of all
frames. Parameters are laid out once and are arguments of the compiled functions, never constants in them.
`drumjax.functional` has the same as pure functions.
"""

import functools
import math
import os
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from drumjax import checkpoint, functional
from drumjax.config import CLASSES
from drumjax.data.labels import Class, class_index
from drumjax.kernels import conv
from drumjax.play import controls, guess, judge, networks, own, sampling, vocoder
from drumjax.play.arguments import (
    DrumClass,
    add_batch_axis,
    at_rate,
    bases,
    class_mixes,
    drop_batch_axis,
    fit_waves,
    in_batches,
    whole_number,
)
from drumjax.play.editing import Editing
from drumjax.sound import dsp
from drumjax.sound.seeds import DRAWS, Numbers


class Synth(Editing):
    """A drum machine that plays one bundle.

    Every method takes one sound or a batch of them, as arrays or lists, and returns the same as float32 arrays: without
    the leading axis for one sound. `z_pca` are positions of the three knobs (*batch, 3), `z` and `base` latents
    (*batch, latent), `wave` samples (*batch, samples), `mel` linear mels (*batch, frames, mels); a wrong shape or NaN
    raises a ValueError. A drum class is a name (in any usual spelling), an index in `classes`, a mix of classes
    ({"kick": 0.7, "snare": 0.3} or "kick:0.7,snare:0.3"), or a sequence of those with one entry for each sound.

    `texture` is the seed of what decoded mels lack: the same seed is the same take of a sound, another seed is another
    take, None leaves the mel smooth. Bundles without texture are always smooth.

    Constructing a Synth changes nothing outside it; `drumjax.process` has settings for processes that play.

    Attributes:
        classes: names of the drum classes, in the order of their indices.
        rate: Hz.
        samples: of every wave, padded with zeros.
        config: the config the bundle was trained with.
        metadata: the bundle's metrics and sources.
        density: codes of the training sounds, their class indices and weights; empty in a bundle without.
        guessers: {rate: guesser of classes}, those used so far.
        reaches: for each class the distance within which a code mostly has its nearest neighbour.
        knob_names: {class: names of its three knobs}; empty for global controls and in bundles without names.
        has_texture: whether the bundle has texture.
        has_codes: whether the bundle has codes of training sounds, which strict sampling needs.
        has_mask: whether the bundle plays an MCNN, whose mask `mask` gives.
    """

    def __init__(self, bundle: checkpoint.Bundle, knobs: str | None = None):
        self.config, self.metadata = bundle.config, bundle.metadata
        self.classes, self.rate, self.samples = CLASSES, bundle.config.audio.rate, bundle.config.audio.samples
        knobs = knobs or bundle.config.controls
        self.knob_names: dict[str, list[str]] = self.metadata.get("knobs", {}) if knobs == "class" else {}
        self.has_texture, self.has_codes = bool(bundle.texture), "codes" in bundle.density
        self.has_mask = self.config.plays_mcnn
        self.density = bundle.density
        self.guessers: dict[int, guess.Guesser] = {}
        self.reaches = bundle.texture.get("reach", np.full(len(CLASSES), math.sqrt(self.config.cwae.latent)))
        self._points = bundle.controls.get("points")
        self._knobs = controls.select(bundle.controls, knobs)
        self._params = jax.device_put(functional.from_bundle(bundle, knobs))
        self._cwae = networks.without_basis(bundle.cwae)
        self._lengths = vocoder.lengths(self.config)
        self._jitted_decode, self._jitted_mask = (
            conv.jit(functools.partial(function, self.config)) for function in (functional.decode, vocoder.mask)
        )
        self._jitted_vocode = conv.jit(functools.partial(vocoder.vocode, self.config), static_argnums=0)
        self._jitted_mel = conv.jit(lambda wave: dsp.mel_spectrogram(wave, self.config.audio))

    @functools.cached_property
    def _judge(self) -> dict[str, np.ndarray]:
        return judge.fit_codes(self.density, self.decode)

    @functools.cached_property
    def _jitted_encode(self) -> Callable[[Array, Array], Array]:
        from drumjax.play.encoding import encode  # imports flax and optax, which playing does without

        jitted = conv.jit(functools.partial(encode, self.config))
        params = self._params | {"cwae": networks.with_basis(self._cwae, self._params)}  # only now: few players encode
        return functools.partial(jitted, {name: params[name] for name in ("cwae", "mean", "std")})

    @classmethod
    def load(cls, path: str | os.PathLike | None = None, knobs: str | None = None) -> "Synth":
        """The bundle in the folder `path`, by default the shipped one.

        Args:
            path: of the bundle.
            knobs: kind of the controls, one of `controls.KINDS`; None: the bundle's own.

        Raises:
            FileNotFoundError: there is no bundle.
            ValueError: it is damaged, or has no such controls.
        """
        return cls(checkpoint.load_bundle(Path(path) if path is not None else checkpoint.shipped()), knobs)

    def generate(
        self,
        z_pca: ArrayLike,
        drum_class: DrumClass,
        base: ArrayLike | own.Sound | None = None,
        texture: int | None = 0,
    ) -> Float[np.ndarray, "*batch samples"]:
        """The sounds at knob positions `z_pca`, in standard deviations around the latents `base`.

        Without a base they move around the centre of the class; `draw` and `encode` return other bases. A sound of the
        user's (`listen`) as the base is edited as by `edit`.
        """
        if isinstance(base, own.Sound):
            return self.edit(base, self.place(z_pca, drum_class, base.z), drum_class, texture)
        return self.render(self.place(z_pca, drum_class, base), drum_class, texture)

    def place(
        self,
        z_pca: ArrayLike,
        drum_class: DrumClass,
        base: ArrayLike | None = None,
    ) -> Float[np.ndarray, "*batch latent"]:
        """The latents that `generate` plays."""
        points, single = add_batch_axis(z_pca, controls.COUNT)
        mixes = class_mixes(drum_class, len(points))
        start = mixes @ self._knobs["centre"] if base is None else bases(base, len(points), self.config.cwae.latent)
        return drop_batch_axis(start + np.einsum("bp,bc,cpl->bl", points, mixes, self._knobs["basis"]), single)

    def draw(
        self, drum_class: Class, n: int = 1, seed: int = 0, prior: bool = False, strict: bool = False
    ) -> Float[np.ndarray, "n latent"]:
        """The latents of `n` new sounds of a class, near codes of its training sounds (`drumjax.play.sampling`).

        Args:
            drum_class: of all draws; draws of a mix come from its classes by their weights.
            n: number of sounds.
            seed: the same seed gives the same latents.
            prior: draw from the paper's prior N(0, I), as bundles without codes always do.
            strict: only draws to which `judge.fit_codes` gives judge.STRICT, or the best where these are rare.

        Raises:
            ValueError: `n` or `seed` is no whole number, or strict sampling is not possible here.
        """
        n, numbers = whole_number(n, "n", 1), Numbers(whole_number(seed, "seed"), DRAWS)
        mix = class_mixes(drum_class, 1)[0]
        if strict and mix.max() < 1:
            raise ValueError(f"strict sampling takes one drum class, not a mix; got {drum_class!r}")
        if strict and not self.has_codes:
            raise ValueError("this bundle has no codes of training sounds, which strict sampling needs")
        deviation, label = math.sqrt(self.config.cwae.sigma2), int(mix.argmax())

        def draw() -> np.ndarray:
            if prior or not self.density:
                return (deviation * numbers.normal(self.config.cwae.latent)).astype(np.float32)
            return sampling.draw(self.density, label if mix.max() == 1 else numbers.choose(mix), numbers)

        def draws() -> np.ndarray:
            return np.stack([draw() for _ in range(n)])

        score = functools.partial(self.acceptance, label=label)
        return sampling.accepted(n, draws, score) if strict else draws()

    def acceptance(self, z: Float[np.ndarray, "n latent"], label: int) -> Float[np.ndarray, " n"]:
        """1 for draws of a class that strict sampling accepts, less the farther they are from it."""
        return np.minimum(judge.probabilities(self._judge, self.decode(z, label))[:, label] / judge.STRICT, 1)

    def sample(
        self,
        drum_class: Class,
        n: int = 1,
        seed: int = 0,
        prior: bool = False,
        strict: bool = False,
        texture: int | None = 0,
    ) -> Float[np.ndarray, "n samples"]:
        """`n` new sounds of a class: those of `draw`, which describes the arguments."""
        z = self.draw(drum_class, n, seed, prior, strict)
        return self.render(z, [drum_class] * len(z), texture)

    def map_points(self, drum_class: str | int) -> Float[np.ndarray, "sounds 3"]:
        """Knobs one and two and the spectral centroid in Hz of training sounds of a class; none in old bundles."""
        if self._points is None:
            return np.zeros((0, 3), np.float32)
        return np.asarray(self._points[class_index(drum_class)])

    def render(
        self, z: ArrayLike, drum_class: DrumClass, texture: int | None = 0
    ) -> Float[np.ndarray, "*batch samples"]:
        """The sounds of latents `z`."""
        latents, single = add_batch_axis(z, self.config.cwae.latent)
        waves = self._vocode(self._decode(latents, drum_class, texture))
        peaks = np.abs(waves).max(axis=1, keepdims=True)
        return drop_batch_axis(waves / np.maximum(peaks, functional.full_peak(self.config)), single)

    def encode(
        self, wave: ArrayLike, drum_class: DrumClass, rate: int | None = None
    ) -> Float[np.ndarray, "*batch latent"]:
        """The latents of sounds, which are fitted to `samples` and peak-normalised as in training.

        They start at their onset, as those of training do; `listen` takes recordings as they are.

        Args:
            wave: (*batch, samples).
            drum_class: of the sounds.
            rate: Hz of the wave; None: that of the bundle.
        """
        waves, single = add_batch_axis(fit_waves(at_rate(wave, rate, self.rate), self.samples), self.samples)
        z = in_batches(self._jitted_encode, waves, class_mixes(drum_class, len(waves)))
        return drop_batch_axis(z, single)

    def controls(self, z: ArrayLike, drum_class: DrumClass) -> Float[np.ndarray, "*batch 3"]:
        """The knob positions nearest to latents `z`."""
        latents, single = add_batch_axis(z, self.config.cwae.latent)
        mixes = class_mixes(drum_class, len(latents))
        moved = latents - mixes @ self._knobs["centre"]
        return drop_batch_axis(np.einsum("bl,bc,cpl->bp", moved, mixes, self._knobs["dual"]), single)

    def decode(
        self, z: ArrayLike, drum_class: DrumClass, texture: int | None = None
    ) -> Float[np.ndarray, "*batch frames mels"]:
        """The linear mels of latents `z`, by default without texture; after their end exact zeros, as in `vocode`."""
        latents, single = add_batch_axis(z, self.config.cwae.latent)
        return drop_batch_axis(self._decode(latents, drum_class, texture), single)

    def mel(self, wave: ArrayLike) -> Float[np.ndarray, "*batch frames mels"]:
        """The linear mels of sounds."""
        waves, single = add_batch_axis(fit_waves(wave, self.samples, normalise=False), self.samples)
        return drop_batch_axis(in_batches(self._jitted_mel, waves), single)

    def vocode(self, mel: ArrayLike) -> Float[np.ndarray, "*batch samples"]:
        """The sounds of linear mels, at the mels' own level.

        Unless the MCNN's mask ends a sound, it ends with its mel (`dsp.gate`).
        """
        mels, single = add_batch_axis(mel, self.config.audio.frames, self.config.audio.mels)
        gated = mels if self.config.vocoder.end == "mask" else in_batches(dsp.gate, mels)
        return drop_batch_axis(self._vocode(gated), single)

    def mask(self, mel: ArrayLike) -> Float[np.ndarray, "*batch samples"]:
        """The MCNN's probability that a sound with this mel still lasts at each sample, before it is binarised.

        Raises:
            ValueError: the bundle plays without an MCNN.
        """
        if not self.has_mask:
            raise ValueError("this bundle plays without an MCNN: it has no mask")
        mels, single = add_batch_axis(mel, self.config.audio.frames, self.config.audio.mels)
        return drop_batch_axis(in_batches(functools.partial(self._jitted_mask, self._params), mels), single)

    def _decode(
        self, z: Float[np.ndarray, "batch latent"], drum_class: DrumClass, seed: int | None
    ) -> Float[np.ndarray, "batch frames mels"]:
        take = {} if seed is None else functional.take(self._params, self.config, whole_number(seed, "texture"))
        decode = functools.partial(self._jitted_decode, self._params, take)
        return in_batches(decode, z, class_mixes(drum_class, len(z)))

    def _vocode(self, mels: Float[np.ndarray, "batch frames mels"]) -> Float[np.ndarray, "batch samples"]:
        """The waves of mels, those of similar length together."""
        waves = np.empty((len(mels), self.samples), np.float32)
        lengths = vocoder.fewest_frames(self._lengths, mels)
        for frames in np.unique(lengths):
            chosen = lengths == frames
            vocode = functools.partial(self._jitted_vocode, int(frames), self._params)
            waves[chosen] = in_batches(vocode, mels[chosen])
        return waves


@functools.cache
def shipped() -> Synth:
    """The Synth of the shipped bundle, loaded once."""
    return Synth.load()


def generate(
    z_pca: ArrayLike,
    drum_class: DrumClass,
    base: ArrayLike | None = None,
    texture: int | None = 0,
) -> Float[np.ndarray, "*batch samples"]:
    """The sounds at knob positions `z_pca` on the shipped bundle: see `Synth.generate`."""
    return shipped().generate(z_pca, drum_class, base, texture)
