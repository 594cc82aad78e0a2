"""Measures of single sounds: arrays in, one number a sound out.

Every measure takes waves at 22,050 Hz or the paper's mels (`AUDIO`: 86 frames of 512 bins, linear magnitude),
whatever settings a model trained with. Leading axes are a batch and remain in the result. A natural logarithm of an
amplitude is converted to dB by 20 / ln 10. Statistics of sets of sounds (variety, copies, knobs, Frechet distance)
are in `drumjax.evaluate.populations`.
"""

import math

import numpy as np
from jaxtyping import Bool, Float, Int

from drumjax.config import Audio

AUDIO = Audio()
"""Rate, STFT and mel settings of all measures: the paper's."""

LSD_AUDIO = Audio(window=2048, hop=512, fft=2048)
"""STFT settings of the log-spectral distance: 43 frames of 1025 bins."""

Numpy = np.ndarray | np.generic
"""An array, or the numpy scalar that a reduction returns without batch axes."""

DB = 20 / np.log(10)  # natural logarithm of an amplitude -> dB
LOG_OFFSET = 1e-4  # log(mel + offset)
MIN_STD = 0.3  # of the standardisation, for the padding
SILENCE = 1e-3  # -60 dB of the peak: the end of a sound
CELL = (4, 16)  # frames, bins of one cell of the envelope error
TONAL = ("kick", "conga", "bongo", "tom")  # the classes with a pitch, for harmonic-to-noise
PEAK_DB, LOBE_BINS = 10.0, 4  # a spectral peak's height above the median around it; half its main lobe
COMB_SECONDS = 0.4  # spectra of shorter sounds do not resolve 3 Hz
LSD_FLOOR_DB = -80.0  # relative to the loudest bin of the reference
PRE_ECHO_FLOOR_DB, HARMONIC_FLOOR_DB = -80.0, -40.0  # a share of zero must not make a mean infinite

_TINY = 1e-20


def log_mel(mel: Float[np.ndarray, "*batch frames mels"]) -> Float[np.ndarray, "*batch frames mels"]:
    """log(mel + 1e-4), natural."""
    return np.log(np.maximum(mel, 0) + np.float32(LOG_OFFSET))


def sound_length(wave: Float[np.ndarray, "*batch samples"]) -> Int[Numpy, "*batch"]:
    """Samples up to the last one above -60 dB of the peak; 0 for silence."""
    amplitude = np.abs(wave)
    peak = amplitude.max(axis=-1, keepdims=True)
    audible = (amplitude > peak * SILENCE)[..., ::-1]
    return np.where(peak[..., 0] > 0, wave.shape[-1] - audible.argmax(axis=-1), 0)


def active_frames(
    lengths: Int[Numpy, "*batch"], frames: int = AUDIO.frames, hop: int = AUDIO.hop
) -> Bool[np.ndarray, "*batch frames"]:
    """True for frames centred before the sound's end (`lengths`, in samples), and always for the first frame."""
    return np.arange(frames) * hop < np.maximum(np.asarray(lengths), 1)[..., None]


def spectral_convergence(
    reference: Float[np.ndarray, "*batch frames mels"], output: Float[np.ndarray, "*batch frames mels"]
) -> Float[Numpy, "*batch"]:
    """Frobenius norm of the difference of two mels, over the norm of the reference (equation 11); no gain is fitted."""
    return _norm(reference - output) / np.maximum(_norm(reference), _TINY)


def best_gain_spectral_convergence(
    reference: Float[np.ndarray, "*batch frames mels"], output: Float[np.ndarray, "*batch frames mels"]
) -> Float[Numpy, "*batch"]:
    """Spectral convergence at the gain that minimises it: the sine of the angle between the two mels."""
    inner = np.sum(reference * output, axis=(-2, -1), dtype=np.float64)
    gain = inner / np.maximum(_norm(output) ** 2, _TINY)
    return spectral_convergence(reference, gain[..., None, None] * output)


def log_mel_error_db(
    reference: Float[np.ndarray, "*batch frames mels"],
    output: Float[np.ndarray, "*batch frames mels"],
    active: Bool[np.ndarray, "*batch frames"],
) -> Float[Numpy, "*batch"]:
    """Mean absolute difference of log(mel + 1e-4) over the active frames, in dB."""
    difference = np.abs(log_mel(reference) - log_mel(output)).mean(axis=-1, dtype=np.float64)
    return DB * _mean_where(difference, active)


def standardised_mse(
    reference: Float[np.ndarray, "*batch frames mels"],
    output: Float[np.ndarray, "*batch frames mels"],
    std: Float[np.ndarray, "frames mels"],
) -> Float[Numpy, "*batch"]:
    """Mean square difference of the standardised log-mels over all frames.

    The means of the standardisation cancel, so only its standard deviation is needed.

    Args:
        reference: mel of the input.
        output: mel of the output.
        std: standard deviation of the training split's log-mels, clamped at 0.3.
    """
    return np.mean(((log_mel(reference) - log_mel(output)) / std) ** 2, axis=(-2, -1), dtype=np.float64)


def envelope_error_db(
    reference: Float[np.ndarray, "*batch frames mels"],
    output: Float[np.ndarray, "*batch frames mels"],
    active: Bool[np.ndarray, "*batch frames"],
) -> Float[Numpy, "*batch"]:
    """Log-mel error, in dB, of mel power averaged over cells of 4 frames x 16 bins; texture does not affect it.

    Cells whose first frame is active count. The last cell has 2 frames only (86 = 21 x 4 + 2).
    """
    error = np.abs(log_mel(_cells(reference)) - log_mel(_cells(output))).mean(axis=-1, dtype=np.float64)
    return DB * _mean_where(error, active[..., :: CELL[0]])


def log_spectral_distance_db(
    reference: Float[np.ndarray, "*batch frames bins"],
    output: Float[np.ndarray, "*batch frames bins"],
    active: Bool[np.ndarray, "*batch frames"],
) -> Float[Numpy, "*batch"]:
    """Root mean square over the bins of the difference of two log-power spectra in dB, mean over the active frames.

    Args:
        reference: STFT magnitudes of the input, settings as `LSD_AUDIO`.
        output: the same of the output; both are limited to 80 dB below the reference's loudest bin.
        active: frames before the sound's end.
    """
    floor = np.maximum(reference.max(axis=(-2, -1), keepdims=True), _TINY) * 10 ** (LSD_FLOOR_DB / 20)
    levels = (20 * np.log10(np.maximum(magnitude, floor)) for magnitude in (reference, output))
    difference = np.subtract(*levels)
    return _mean_where(np.sqrt(np.mean(difference**2, axis=-1, dtype=np.float64)), active)


def comb_db(wave: Float[np.ndarray, "*batch samples"]) -> Float[Numpy, "*batch"]:
    """Prominence of the multiples of the frame rate, in dB: 0 for a flat spectrum, positive for a comb.

    Median over k = 1..127 of the ratio of two mean energies: within 3 Hz of k * rate / hop, and 15 to 43 Hz to both
    sides. Real drums lie near -1 dB, because the median of a few bins is below their mean. Valid for sounds of 0.4 s
    and longer: peaks of shorter ones are wider than 3 Hz.
    """
    rate, hop = AUDIO.rate, AUDIO.hop
    size = max(rate, wave.shape[-1])
    # float64, because the teeth at 10 kHz can lie 100 dB below the low frequencies of a kick.
    power = np.abs(np.fft.rfft(wave.astype(np.float64), size, axis=-1)) ** 2

    def energy(low, high):  # of the bins between two frequencies in Hz, both included
        return power[..., math.ceil(low * size / rate - 1e-9) : math.floor(high * size / rate + 1e-9) + 1]

    teeth = []
    for tooth in np.arange(1, 128) * rate / hop:
        beside = np.concatenate([energy(tooth - 43, tooth - 15), energy(tooth + 15, tooth + 43)], axis=-1)
        teeth.append((energy(tooth - 3, tooth + 3).mean(axis=-1) + _TINY) / (beside.mean(axis=-1) + _TINY))
    return np.median(10 * np.log10(teeth), axis=0)


def rms_envelope(
    wave: Float[np.ndarray, "*batch samples"], rate: int, ms: float = 1.0
) -> Float[np.ndarray, "*batch samples"]:
    """Root mean square over the `ms` milliseconds from each sample on; the wave is padded with zeros.

    The window lies after its sample, so an onset found on the envelope lies before the attack, never inside it.
    """
    width = max(1, round(rate * ms / 1000))
    power = np.square(wave, dtype=np.float64)
    padded = np.concatenate([np.zeros_like(power[..., :1]), power, np.zeros((*power.shape[:-1], width - 1))], axis=-1)
    total = np.cumsum(padded, axis=-1)
    return np.sqrt(np.maximum(total[..., width:] - total[..., :-width], 0) / width)


def onset(
    wave: Float[np.ndarray, "*batch samples"], rate: int = AUDIO.rate, share: float = 0.1
) -> Int[Numpy, "*batch"]:
    """First sample at which the 1 ms RMS envelope reaches `share` of its peak."""
    envelope = rms_envelope(wave, rate)
    return np.argmax(envelope >= share * envelope.max(axis=-1, keepdims=True), axis=-1)


def attack_ms(wave: Float[np.ndarray, "*batch samples"], rate: int = AUDIO.rate) -> Float[Numpy, "*batch"]:
    """Time from 10 to 90 % of the peak of the 1 ms RMS envelope, first crossings, in milliseconds."""
    return (onset(wave, rate, 0.9) - onset(wave, rate, 0.1)) * 1000 / rate


def pre_echo_db(wave: Float[np.ndarray, "*batch samples"], start: Int[Numpy, "*batch"]) -> Float[Numpy, "*batch"]:
    """Energy before the onset relative to the total, in dB, at least -80.

    Args:
        wave: the sound.
        start: sample of the onset, measured on the *input*: smearing shifts the onset of the output.
    """
    power = np.square(wave, dtype=np.float64)
    before = np.sum(power * (np.arange(wave.shape[-1]) < np.asarray(start)[..., None]), axis=-1)
    share = before / np.maximum(power.sum(axis=-1), _TINY)
    return np.maximum(10 * np.log10(np.maximum(share, _TINY)), PRE_ECHO_FLOOR_DB)


def harmonic_to_noise_db(magnitude: Float[np.ndarray, "*batch frames bins"]) -> Float[Numpy, "*batch"]:
    """Share of the energy in spectral peaks that last 3 frames or more, in dB: from -40 to 0 (all of the energy).

    A peak is a local maximum 10 dB above the median of the 49 bins around it. Noise has one in about a
    thousand bins, and overlapping frames repeat it. A peak lasts when the next frame has a peak at most one bin away.
    Its energy is that of its main lobe: a Hann window spans 4 bins to each side at FFT = 2 x window.

    Args:
        magnitude: STFT of the sound, settings as `AUDIO`.
    """
    share = harmonic_share(magnitude)
    return np.maximum(10 * np.log10(np.maximum(share, _TINY)), HARMONIC_FLOOR_DB)


def harmonic_share(magnitude: Float[np.ndarray, "*batch frames bins"]) -> Float[Numpy, "*batch"]:
    """Share of the energy in lasting peaks, 0 to 1: `harmonic_to_noise_db` before the logarithm."""
    peaks = _peaks(magnitude)
    runs_before, runs_after = _runs(peaks), _runs(peaks[..., ::-1, :])[..., ::-1, :]
    lasting = peaks & (runs_before + runs_after - 1 >= 3)
    lobe = lasting.copy()
    for shift in range(1, LOBE_BINS + 1):
        lobe[..., shift:] |= lasting[..., :-shift]
        lobe[..., :-shift] |= lasting[..., shift:]
    power = np.square(magnitude, dtype=np.float64)
    return np.sum(power * lobe, axis=(-2, -1)) / np.maximum(power.sum(axis=(-2, -1)), _TINY)


def mask_error(
    probability: Float[np.ndarray, "*batch samples"], lengths: Int[Numpy, "*batch"]
) -> Float[Numpy, "*batch"]:
    """Share of samples at which the binarised mask (> 0.5) differs from the sound's true extent, 0 to 1."""
    inside = np.arange(probability.shape[-1]) < np.asarray(lengths)[..., None]
    return np.mean((probability > 0.5) != inside, axis=-1)


def _norm(mel):
    return np.sqrt(np.sum(np.square(mel, dtype=np.float64), axis=(-2, -1)))


def _mean_where(values, where):
    return np.sum(values * where, axis=-1) / np.maximum(where.sum(axis=-1), 1)


def _cells(mel):
    """Root of the mean mel power in cells of 4 frames x 16 bins."""
    frames, mels = (np.arange(0, size, step) for size, step in zip(mel.shape[-2:], CELL, strict=True))
    sums = np.add.reduceat(np.add.reduceat(np.square(mel, dtype=np.float64), frames, axis=-2), mels, axis=-1)
    counts = np.diff(np.append(frames, mel.shape[-2]))[:, None] * np.diff(np.append(mels, mel.shape[-1]))
    return np.sqrt(sums / counts)


def _peaks(magnitude):
    """True at local maxima along the bins that are PEAK_DB above the median around them; ends excluded."""
    reach = 24
    edges = [(0, 0)] * (magnitude.ndim - 1) + [(reach, reach)]
    # One median for 16 bins is enough, because the floor is smooth. This is the slowest step.
    around = np.lib.stride_tricks.sliding_window_view(np.pad(magnitude, edges, mode="reflect"), 2 * reach + 1, axis=-1)
    medians = np.median(around[..., 8::16, :], axis=-1)
    floor = medians[..., np.minimum(np.arange(magnitude.shape[-1]) // 16, medians.shape[-1] - 1)]
    peaks = magnitude > floor * 10 ** (PEAK_DB / 20)
    peaks[..., 1:] &= magnitude[..., 1:] > magnitude[..., :-1]
    peaks[..., :-1] &= magnitude[..., :-1] >= magnitude[..., 1:]
    peaks[..., [0, -1]] = False
    return peaks


def _runs(peaks):
    """Frames in the chain of peaks that ends at each peak, each at most one bin from the last; 0 where no peak is."""
    runs = np.zeros(peaks.shape, np.int16)
    last = np.zeros(peaks[..., 0, :].shape, np.int16)
    for frame in range(peaks.shape[-2]):
        near = last.copy()
        near[..., 1:] = np.maximum(near[..., 1:], last[..., :-1])
        near[..., :-1] = np.maximum(near[..., :-1], last[..., 1:])
        last = np.where(peaks[..., frame, :], near + 1, 0).astype(np.int16)
        runs[..., frame, :] = last
    return runs
