"""Yardsticks: linear PCA of log-mels, and classical inversion of mels.

Both use the mel settings of the measures (`measures.AUDIO`). `to_measure_mels` converts the mels of a model with other
settings.
"""

import functools
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from drumjax.config import Audio
from drumjax.evaluate import measures
from drumjax.evaluate.measures import AUDIO, LOG_OFFSET, MIN_STD, log_mel
from drumjax.sound import audio, dsp, inversion
from drumjax.train.loop import in_chunks

Mels = Float[np.ndarray, "sounds frames mels"]
COMPONENTS = 64  # as many as the CWAE has latents
NNLS_STEPS, GRIFFIN_LIM_STEPS = 16, 32
"""Mel spectral convergence is 0.06 on real drums; more steps improve it little."""


@dataclass(frozen=True)
class LinearYardstick:
    """PCA of standardised log-mels.

    Attributes:
        mean, std: of the log-mels it was fitted on; std is at least 0.3.
        components: orthonormal; the second axis is a flattened mel.
        centre: mean of the standardised log-mels: zero up to rounding.
        loudest: the largest log-mel it was fitted on.
    """

    mean: Float[np.ndarray, "frames mels"]
    std: Float[np.ndarray, "frames mels"]
    components: Float[np.ndarray, "components cells"]
    centre: Float[np.ndarray, " cells"]
    loudest: float

    @classmethod
    def fit(cls, mels: Float[np.ndarray, "sounds frames mels"], components: int = COMPONENTS) -> "LinearYardstick":
        """Fits the PCA on linear mels of the training split, with fewer components where there are fewer sounds."""
        from sklearn.decomposition import PCA

        x = log_mel(mels)
        loudest = float(x.max())
        mean, std = x.mean(axis=0), np.maximum(x.std(axis=0), np.float32(MIN_STD))
        x -= mean
        x /= std
        flat = x.reshape(len(x), -1)
        count = min(components, *flat.shape)
        solver = "arpack" if count < min(flat.shape) else "full"  # both are exact; arpack needs less memory
        pca = PCA(count, svd_solver=solver, random_state=0).fit(flat)
        return cls(mean, std, pca.components_, pca.mean_, loudest)

    def reconstruct(self, mels: Float[np.ndarray, "sounds frames mels"]) -> Float[np.ndarray, "sounds frames mels"]:
        """Linear mels of the projections on the components, limited to the range 0 to `loudest`."""
        x = ((log_mel(mels) - self.mean) / self.std).reshape(len(mels), -1) - self.centre
        x = (x @ self.components.T) @ self.components + self.centre
        # The exponential of one unusual sound could otherwise dominate the mean over sounds.
        x = np.minimum(x.reshape(mels.shape) * self.std + self.mean, self.loudest)
        return np.maximum(np.exp(x) - np.float32(LOG_OFFSET), 0)


@jax.jit
def _mel(wave):
    return dsp.mel_spectrogram(wave, AUDIO)


@functools.partial(jax.jit, static_argnums=0)
def _magnitude(settings, wave):
    return dsp.magnitude(dsp.stft(wave, settings))


@jax.jit
def _invert(mel):
    target = inversion.nnls(mel, AUDIO, NNLS_STEPS)
    return inversion.griffin_lim(target, inversion.random_phase(target.shape, 0), AUDIO, GRIFFIN_LIM_STEPS)


def mels_of(waves: Float[np.ndarray, "sounds samples"]) -> Float[np.ndarray, "sounds frames mels"]:
    """The measures' mels of waves at 22,050 Hz."""
    return in_chunks(_mel, waves)


def mels_of_pairs(
    first: Float[np.ndarray, "sounds samples"], second: Float[np.ndarray, "sounds samples"]
) -> tuple[Mels, Mels, Bool[np.ndarray, "sounds frames"]]:
    """The mels of pairs of sounds with peaks at 1, and True for the frames before the end of the longer one."""
    first, second = (x / np.maximum(np.abs(x).max(axis=1, keepdims=True), 1e-9) for x in (first, second))
    lengths = np.maximum(measures.sound_length(first), measures.sound_length(second))
    return mels_of(first.astype(np.float32)), mels_of(second.astype(np.float32)), measures.active_frames(lengths)


def magnitudes_of(
    waves: Float[np.ndarray, "sounds samples"], settings: Audio = AUDIO
) -> Float[np.ndarray, "sounds frames bins"]:
    """STFT magnitudes of waves at 22,050 Hz."""
    return in_chunks(functools.partial(_magnitude, settings), waves)


def invert(mels: Float[np.ndarray, "sounds frames mels"]) -> Float[np.ndarray, "sounds samples"]:
    """Waves at 22,050 Hz of the measures' mels, by NNLS and accelerated Griffin-Lim from random phases."""
    return in_chunks(_invert, mels)


def resample(
    waves: Float[np.ndarray, "sounds input"], from_rate: int, to_rate: int, samples: int
) -> Float[np.ndarray, "sounds {samples}"]:
    """Waves at another rate, in Hz, cut or padded with zeros to `samples`."""
    output = np.zeros((len(waves), samples), np.float32)
    for i, wave in enumerate(waves):
        resampled = audio.resample(wave, from_rate, to_rate)[:samples]
        output[i, : len(resampled)] = resampled
    return output


def to_measure_mels(
    mels: Float[np.ndarray, "sounds model_frames model_mels"], settings: Audio
) -> Float[np.ndarray, "sounds frames mels"] | None:
    """Converts linear mels of a model's settings to the measures' mels; None where the frames do not coincide.

    Where window, hop and FFT last as long as the measures', frames and bins lie at the same times and frequencies:
    NNLS gives the linear magnitudes, and the ratio of the windows' lengths their level. Bins above half the model's
    rate are zero.
    """
    if settings == AUDIO:
        return mels
    sizes = ("window", "hop", "fft")
    if any(getattr(settings, s) * AUDIO.rate != getattr(AUDIO, s) * settings.rate for s in sizes):
        return None
    return in_chunks(functools.partial(_convert, settings), mels)


@functools.partial(jax.jit, static_argnums=0)
def _convert(settings, mel):
    magnitude = inversion.nnls(mel, settings, 2 * NNLS_STEPS) * (AUDIO.window / settings.window)
    frames, bins = min(settings.frames, AUDIO.frames), min(settings.bins, AUDIO.bins)
    missing = ((0, 0), (0, AUDIO.frames - frames), (0, AUDIO.bins - bins))
    return jnp.pad(magnitude[:, :frames, :bins], missing) @ dsp.mel_bank(AUDIO)
