"""What a trained model is held against: linear PCA of log-mels, and classical inversion of a mel.

Both work on the features every measure is defined on (`measures.AUDIO`), and so do the mels of a model that
trained with other settings, once `as_measured` has carried them over.
"""

import functools
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from drumjax.config import Audio
from drumjax.evaluate.measures import AUDIO, LOG_OFFSET, MIN_STD, log_mel
from drumjax.sound import audio, dsp, inversion
from drumjax.train.loop import in_chunks

COMPONENTS = 64
NNLS_STEPS, GRIFFIN_LIM_STEPS = 16, 32
"""Mel spectral convergence 0.06 on real drums; more steps buy little."""


@dataclass(frozen=True)
class LinearYardstick:
    """PCA on standardised log-mels.

    Attributes:
        mean, std: (frames, mels), of the log-mels it was fitted on; std clamped at 0.3.
        components: (components, frames * mels), orthonormal.
        centre: (frames * mels,), of the standardised log-mels: zero up to rounding.
        loudest: the largest log-mel it was fitted on.
    """

    mean: Float[np.ndarray, "frames mels"]
    std: Float[np.ndarray, "frames mels"]
    components: Float[np.ndarray, "components features"]
    centre: Float[np.ndarray, " features"]
    loudest: float

    @classmethod
    def fit(cls, mels: Float[np.ndarray, "sounds frames mels"], components: int = COMPONENTS) -> "LinearYardstick":
        """Fitted on linear mels of the training split; fewer components where there are fewer sounds."""
        from sklearn.decomposition import PCA

        x = log_mel(mels)
        loudest = float(x.max())
        mean, std = x.mean(axis=0), np.maximum(x.std(axis=0), np.float32(MIN_STD))
        x -= mean
        x /= std
        flat = x.reshape(len(x), -1)
        count = min(components, *flat.shape)
        solver = "arpack" if count < min(flat.shape) else "full"  # exact both, and the first needs no square of memory
        pca = PCA(count, svd_solver=solver, random_state=0).fit(flat)
        return cls(mean, std, pca.components_, pca.mean_, loudest)

    def reconstruct(self, mels: Float[np.ndarray, "sounds frames mels"]) -> Float[np.ndarray, "sounds frames mels"]:
        """The linear mels of the projections on the components, not below zero nor above the loudest one known."""
        x = ((log_mel(mels) - self.mean) / self.std).reshape(len(mels), -1) - self.centre
        x = (x @ self.components.T) @ self.components + self.centre
        # Without the ceiling one sound unlike all others, its exponential gone wild, would decide a mean over sounds.
        x = np.minimum(x.reshape(mels.shape) * self.std + self.mean, self.loudest)
        return np.maximum(np.exp(x) - np.float32(LOG_OFFSET), 0)


@jax.jit
def _mel(wave):
    return dsp.mel_spectrogram(wave, AUDIO)


@jax.jit
def _magnitude(wave):
    return dsp.magnitude(dsp.stft(wave, AUDIO))


@jax.jit
def _inverted(mel):
    target = inversion.nnls(mel, AUDIO, NNLS_STEPS)
    return inversion.griffin_lim(target, inversion.random_phase(target.shape, 0), AUDIO, GRIFFIN_LIM_STEPS)


def mels_of(waves: Float[np.ndarray, "sounds samples"]) -> Float[np.ndarray, "sounds frames mels"]:
    """The measures' mels of waves at 22,050 Hz."""
    return in_chunks(_mel, waves)


def magnitudes_of(waves: Float[np.ndarray, "sounds samples"]) -> Float[np.ndarray, "sounds frames bins"]:
    """The measures' STFT magnitudes of waves at 22,050 Hz."""
    return in_chunks(_magnitude, waves)


def inverted(mels: Float[np.ndarray, "sounds frames mels"]) -> Float[np.ndarray, "sounds samples"]:
    """Waves at 22,050 Hz of the measures' mels by NNLS and accelerated Griffin-Lim from random phase."""
    return in_chunks(_inverted, mels)


def at_rate(
    waves: Float[np.ndarray, "sounds samples"], from_rate: int, to_rate: int, samples: int
) -> Float[np.ndarray, "sounds samples"]:
    """Waves at another rate, cut or padded with zeros to `samples`."""
    fitted = np.zeros((len(waves), samples), np.float32)
    for row, wave in zip(fitted, waves, strict=True):
        resampled = audio.resample(wave, from_rate, to_rate)[:samples]
        row[: len(resampled)] = resampled
    return fitted


def as_measured(
    mels: Float[np.ndarray, "sounds frames mels"], settings: Audio
) -> Float[np.ndarray, "sounds frames mels"] | None:
    """Linear mels of a model's own settings as the measures' mels; None where the frames do not coincide.

    At another rate with window, hop and FFT of the same duration, frames and bins lie at the same times and
    frequencies: NNLS gives the linear magnitudes, the level follows from the windows' lengths, and what is
    above the model's rate / 2 is empty.
    """
    if settings == AUDIO:
        return mels
    sizes = ("window", "hop", "fft")
    if any(getattr(settings, s) * AUDIO.rate != getattr(AUDIO, s) * settings.rate for s in sizes):
        return None
    return in_chunks(functools.partial(_carried_over, settings), mels)


@functools.partial(jax.jit, static_argnums=0)
def _carried_over(settings, mel):
    magnitude = inversion.nnls(mel, settings, 2 * NNLS_STEPS) * (AUDIO.window / settings.window)
    frames, bins = min(settings.frames, AUDIO.frames), min(settings.bins, AUDIO.bins)
    missing = ((0, 0), (0, AUDIO.frames - frames), (0, AUDIO.bins - bins))
    return jnp.pad(magnitude[:, :frames, :bins], missing) @ dsp.mel_bank(AUDIO)
