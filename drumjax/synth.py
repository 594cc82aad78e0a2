"""The one inference path: three knobs and a drum class in, a waveform out, in one jit-compiled function.

    from drumjax.synth import generate
    wave = generate([0.1, -0.3, 0.5], "kick")  # float32, 22,050 Hz

Weights are arguments of the compiled function, never constants in it, and batches are padded to a few sizes,
so that little is compiled.
"""

import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from drumjax import checkpoint, controls, dsp
from drumjax.config import CLASSES, Config
from drumjax.cwae import CWAE, standardised, unstandardised
from drumjax.data.labels import class_named
from drumjax.mcnn import MCNN

LARGEST_BATCH = 32
"""Sounds computed at once; more are computed in turn, so that memory stays flat."""

Weights = Mapping[str, Any]
DrumClass = str | int | Sequence[str] | Sequence[int] | np.ndarray


def _encode(config: Config, weights: Weights, wave: Array, classes: Array) -> Array:
    mel = dsp.mel_spectrogram(wave, config.audio)
    x = standardised(mel, weights["mean"], weights["std"], config.cwae.log_offset)
    return CWAE(config.cwae, config.audio).apply(weights["cwae"], x, classes, method=CWAE.encode)


def _decode(config: Config, weights: Weights, z: Array, classes: Array) -> Array:
    x = CWAE(config.cwae, config.audio).apply(weights["cwae"], z, classes, method=CWAE.decode)
    return dsp.gate(unstandardised(x, weights["mean"], weights["std"], config.cwae.log_offset))


def _mask(config: Config, weights: Weights, mel: Array) -> Array:
    return jax.nn.sigmoid(MCNN(config.mcnn, config.audio).apply(weights["mcnn"], mel)[1])


def _vocode(config: Config, weights: Weights, mel: Array) -> Array:
    wave, logits = MCNN(config.mcnn, config.audio).apply(weights["mcnn"], mel)
    if config.vocoder.refine:
        target = dsp.nnls(mel, config.audio, config.vocoder.nnls)
        start = dsp.stft(wave, config.audio)
        wave = dsp.griffin_lim(target, start, config.audio, config.vocoder.refine, config.vocoder.momentum)
    return _cut(config, wave, logits)


def _cut(config: Config, wave: Array, logits: Array) -> Array:
    """The wave up to the end its mask tells, faded over the last few samples, exact zeros after.

    The binarised mask (> 0.5: silence gives exactly 0.5) may flicker near the end of a sound; the cut is
    the single end that agrees with most of it.
    """
    agreement = jnp.cumsum(jnp.where(logits > 0, 1, -1), axis=-1)
    last = jnp.argmax(agreement, axis=-1)
    end = jnp.where(jnp.max(agreement, axis=-1) > 0, last + 1, 0)[:, None]
    position = jnp.arange(wave.shape[-1])
    inside = position < end
    # Without the mean of what is left, a cut sound has no offset of its own.
    mean = jnp.sum(wave * inside, axis=-1, keepdims=True) / jnp.maximum(end, 1)
    fade = config.vocoder.fade_ms / 1000 * config.audio.rate
    gain = jnp.clip((end - position) / fade, 0.0, 1.0)
    return jnp.where(inside, (wave - mean) * gain, 0.0)


def _render(config: Config, weights: Weights, z: Array, classes: Array) -> Array:
    wave = _vocode(config, weights, _decode(config, weights, z, classes))
    # Nothing that is played or written may clip; a sound below full scale keeps its level.
    return wave / jnp.maximum(1.0, jnp.max(jnp.abs(wave), axis=-1, keepdims=True))


def _place(config: Config, weights: Weights, z_pca: Array, base: Array, classes: Array) -> Array:
    return base + jnp.einsum("bp,bc,cpl->bl", z_pca, classes, weights["basis"])


def _generate(config: Config, weights: Weights, z_pca: Array, base: Array, classes: Array) -> Array:
    return _render(config, weights, _place(config, weights, z_pca, base, classes), classes)


def _controls(config: Config, weights: Weights, z: Array, classes: Array) -> Array:
    return jnp.einsum("bl,bc,cpl->bp", z - classes @ weights["centre"], classes, weights["dual"])


class Synth:
    """A drum machine that plays one bundle.

    Every method takes one sound or a batch of them, float32, and gives the same back: an array without the
    leading axis for one. A drum class is a name (forgivingly spelled), an index in `classes`, or a sequence
    of either with one entry a sound.

    Attributes:
        classes: names of the drum classes, in the order of their indices.
        rate: Hz.
        samples: of every wave, padded with zeros.
        config: what the bundle was trained with.
        metadata: the bundle's metrics and sources.
    """

    def __init__(self, bundle: checkpoint.Bundle, knobs: str = "class"):
        self.config, self.metadata = bundle.config, bundle.metadata
        self.classes, self.rate, self.samples = CLASSES, bundle.config.audio.rate, bundle.config.audio.samples
        self._weights = jax.device_put(
            {
                "cwae": dict(bundle.cwae),
                "mcnn": dict(bundle.mcnn),
                **bundle.statistics,
                **controls.of_kind(bundle.controls, knobs),
            }
        )
        self._centre = np.asarray(self._weights["centre"])
        self._compiled = {
            function: jax.jit(functools.partial(function, self.config))
            for function in (_encode, _decode, _mask, _vocode, _render, _place, _generate, _controls)
        }

    @classmethod
    def load(cls, path: str | os.PathLike | None = None, knobs: str = "class") -> "Synth":
        """The bundle in the folder `path`, by default the shipped one, with knobs of one of `controls.KINDS`.

        Raises:
            FileNotFoundError: there is no bundle.
            ValueError: it is damaged, or `knobs` is unknown.
        """
        _cache_compilations()
        return cls(checkpoint.load_bundle(Path(path) if path is not None else checkpoint.shipped()), knobs)

    def generate(
        self, z_pca: Float[Array, "*batch 3"], drum_class: DrumClass, base: Float[Array, "*batch latent"] | None = None
    ) -> Float[np.ndarray, "*batch samples"]:
        """The sounds at knob positions `z_pca`, in standard deviations around the latents `base`.

        Without a base they move around the centre of the class; `draw` and `encode` give other bases.
        """
        return self._run(_generate, z_pca, drum_class, base=base, size=controls.COUNT)

    def place(
        self, z_pca: Float[Array, "*batch 3"], drum_class: DrumClass, base: Float[Array, "*batch latent"] | None = None
    ) -> Float[np.ndarray, "*batch latent"]:
        """The latents that `generate` plays."""
        return self._run(_place, z_pca, drum_class, base=base, size=controls.COUNT)

    def draw(self, drum_class: str | int, n: int = 1, seed: int = 0) -> Float[np.ndarray, "n latent"]:
        """The latents of `n` new sounds of a class, from the prior N(0, I)."""
        z = np.random.default_rng(seed).standard_normal((n, self.config.cwae.latent), np.float32)
        return np.sqrt(np.float32(self.config.cwae.sigma2)) * z

    def sample(self, drum_class: str | int, n: int = 1, seed: int = 0) -> Float[np.ndarray, "n samples"]:
        """`n` new sounds of a class: those of `draw`."""
        return self.render(self.draw(drum_class, n, seed), drum_class)

    def variation(
        self, z: Float[Array, "latent"], drum_class: str | int, amount: float, seed: int = 0
    ) -> Float[np.ndarray, "latent"]:
        """The latents of a sound near `z`: `amount` 0 is the sound itself, 1 another of its class.

        Between them the spread of the class is kept: around its centre, z counts by sqrt(1 - amount^2).
        """
        if not 0 <= amount <= 1:
            raise ValueError(f"the amount of variation must be between 0 and 1; got {amount:g}")
        centre, drawn = self.place(np.zeros(controls.COUNT), drum_class), self.draw(drum_class, 1, seed)[0]
        kept = np.float32(np.sqrt(1 - amount**2))
        return centre + kept * (np.asarray(z, np.float32) - centre) + np.float32(amount) * (drawn - centre)

    def render(self, z: Float[Array, "*batch latent"], drum_class: DrumClass) -> Float[np.ndarray, "*batch samples"]:
        """The sounds of latents `z`."""
        return self._run(_render, z, drum_class, size=self.config.cwae.latent)

    def encode(self, wave: Float[Array, "*batch samples"], drum_class: DrumClass) -> Float[np.ndarray, "*batch latent"]:
        """The latents of sounds, which are fitted to `samples` and peak-normalised as in training."""
        return self._run(_encode, self.fitted(wave), drum_class)

    def controls(self, z: Float[Array, "*batch latent"], drum_class: DrumClass) -> Float[np.ndarray, "*batch 3"]:
        """The knob positions nearest to latents `z`."""
        return self._run(_controls, z, drum_class, size=self.config.cwae.latent)

    def decode(
        self, z: Float[Array, "*batch latent"], drum_class: DrumClass
    ) -> Float[np.ndarray, "*batch frames mels"]:
        """The linear mels of latents `z`, exact zeros after the end of the sound."""
        return self._run(_decode, z, drum_class, size=self.config.cwae.latent)

    def mel(self, wave: Float[Array, "*batch samples"]) -> Float[np.ndarray, "*batch frames mels"]:
        """The linear mels of sounds."""
        return np.asarray(dsp.mel_spectrogram(self.fitted(wave, normalise=False), self.config.audio))

    def vocode(self, mel: Float[Array, "*batch frames mels"]) -> Float[np.ndarray, "*batch samples"]:
        """The sounds of linear mels, at the mels' own level."""
        return self._run(_vocode, self._checked_mel(mel))

    def mask(self, mel: Float[Array, "*batch frames mels"]) -> Float[np.ndarray, "*batch samples"]:
        """The probability that a sound with this mel still lasts at each sample, before it is binarised."""
        return self._run(_mask, self._checked_mel(mel))

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

    def _checked_mel(self, mel: Array) -> np.ndarray:
        mel, wanted = np.asarray(mel, np.float32), (self.config.audio.frames, self.config.audio.mels)
        if mel.shape[-2:] != wanted:
            raise ValueError(f"a mel must have {wanted[0]} frames of {wanted[1]} bins; got an array of {mel.shape}")
        return mel

    def _one_hot(self, drum_class: DrumClass, count: int) -> np.ndarray:
        several = not isinstance(drum_class, (str, int, np.integer))
        names = list(drum_class) if several else [drum_class] * count
        if len(names) != count:
            raise ValueError(f"give one drum class, or one for each of the {count} sounds; got {len(names)}")
        return np.eye(len(CLASSES), dtype=np.float32)[[_label(name) for name in names]]

    def _run(
        self,
        function,
        array: Array,
        drum_class: DrumClass | None = None,
        base: Array | None = None,
        size: int | None = None,
    ) -> np.ndarray:
        array = np.asarray(array, np.float32)
        if size is not None and (array.ndim not in (1, 2) or array.shape[-1] != size):
            raise ValueError(f"expected {size} numbers a sound; got an array of shape {array.shape}")
        core = 2 if function in (_vocode, _mask) else 1
        single = array.ndim == core
        rows = array[None] if single else array
        arguments = [rows]
        if drum_class is not None:
            classes = self._one_hot(drum_class, len(rows))
            if function in (_place, _generate):
                arguments.append(self._bases(base, classes))
            arguments.append(classes)
        if not all(np.isfinite(argument).all() for argument in arguments):
            raise ValueError("every number must be finite; got NaN or infinity")
        outputs = []
        for at in range(0, len(rows), LARGEST_BATCH):
            parts = [a[at : at + LARGEST_BATCH] for a in arguments]
            count = len(parts[0])
            bucket = 1 << (count - 1).bit_length()
            padded = [np.concatenate([p, np.repeat(p[-1:], bucket - count, axis=0)]) for p in parts]
            outputs.append(np.asarray(self._compiled[function](self._weights, *padded))[:count])
        if not outputs:
            raise ValueError("expected one sound or more; got none")
        return outputs[0][0] if single else np.concatenate(outputs)

    def _bases(self, base: Array | None, classes: np.ndarray) -> np.ndarray:
        """One base a sound: the given one or ones, else the centres of the classes."""
        if base is None:
            return classes @ self._centre
        base, latent = np.asarray(base, np.float32), self.config.cwae.latent
        if base.shape not in ((latent,), (len(classes), latent)):
            raise ValueError(f"a base has {latent} numbers, one for all or one a sound; got shape {base.shape}")
        return np.broadcast_to(base, (len(classes), latent))


def _label(drum_class: str | int) -> int:
    if isinstance(drum_class, str):
        return CLASSES.index(class_named(drum_class))
    if 0 <= int(drum_class) < len(CLASSES):
        return int(drum_class)
    raise ValueError(f"drum class must be an index below {len(CLASSES)} or a name; got {drum_class}")


def _cache_compilations() -> None:
    """Keeps compiled code in the user's cache folder: the second start on a machine compiles nothing."""
    if jax.config.jax_compilation_cache_dir:
        return
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    jax.config.update("jax_compilation_cache_dir", os.path.join(base, "drumjax"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


@functools.cache
def shipped() -> Synth:
    """The Synth of the shipped bundle, loaded once."""
    return Synth.load()


def generate(
    z_pca: Float[Array, "*batch 3"], drum_class: DrumClass, base: Float[Array, "*batch latent"] | None = None
) -> Float[np.ndarray, "*batch samples"]:
    """The sounds at knob positions `z_pca` on the shipped bundle: see `Synth.generate`."""
    return shipped().generate(z_pca, drum_class, base)
