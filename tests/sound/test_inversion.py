"""Inversion of mels and magnitudes to waves, against librosa and numpy."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import librosa
import numpy as np
import pytest
from test_dsp import PAPER, SETTINGS, SMALL, drum, librosa_stft, mel_spectrogram, stft

from drumjax.presets import release, tiny
from drumjax.sound import dsp, inversion

nnls = jax.jit(inversion.nnls, static_argnums=(1, 2))
invert = jax.jit(inversion.invert, static_argnums=(1, 2, 3))
griffin_lim = jax.jit(inversion.griffin_lim, static_argnums=(2, 3, 4))
phases_from_magnitude = jax.jit(inversion.phases_from_magnitude, static_argnums=(1, 2))
random_phases = jax.jit(functools.partial(inversion.random_phase, seed=0), static_argnums=0)


@functools.partial(jax.jit, static_argnums=1)
def magnitude(wave, audio):
    return dsp.magnitude(dsp.stft(wave, audio))


def test_griffin_lim_equals_librosa():
    wave = drum(SMALL)
    target = np.abs(librosa_stft(wave, SMALL))
    expected = librosa.griffinlim(
        target,
        n_iter=6,
        hop_length=SMALL.hop,
        win_length=SMALL.window,
        n_fft=SMALL.fft,
        momentum=0.99,
        init=None,
        length=SMALL.samples,
    )
    ours = griffin_lim(jnp.asarray(target.T), np.ones_like(target.T, dtype=np.complex64), SMALL, 6, 0.99)
    covered = (SMALL.frames - 2) * SMALL.hop
    error = np.linalg.norm(ours[:covered] - expected[:covered]) / np.linalg.norm(expected)
    assert error < 1e-3


@pytest.mark.parametrize("audio", [PAPER, tiny().audio])
def test_nnls_is_non_negative_and_reproduces_the_mel(audio):
    """Grain costs 5 % of the mel at the presets' two updates."""
    mel = np.asarray(mel_spectrogram(drum(audio), audio))
    for steps, limit in ((2, 0.08), (32, 0.03)):
        linear = np.asarray(nnls(mel, audio, steps))
        assert (linear >= 0).all() and not linear[..., 0].any()
        assert np.linalg.norm(linear @ dsp.mel_bank(audio) - mel) < limit * np.linalg.norm(mel)


@pytest.mark.parametrize("audio", [PAPER, release().audio])
def test_grain_is_the_fluctuation_of_noise_where_filters_are_wide(audio):
    grain = inversion._grain(audio)
    hz, edges = np.linspace(0, audio.rate / 2, audio.bins), dsp.mel_edges_hz(audio)
    width = np.interp(hz, edges[1:-1], (edges[2:] - edges[:-2]) / 2) * audio.window / audio.rate
    # Where a filter is as narrow as half of the window's resolution, the mel itself has the fluctuation.
    assert (width < 0.5).sum() > 20 and (grain[:, width < 0.5] == 1).all()
    wide = np.log(grain[:, width > 2] + 1e-6)
    assert 0.5 < wide.std() < 1.5 and abs(wide.mean()) < 0.5 and (grain > 0).all()
    # White noise: bins of frames that share no samples, and bins two resolutions apart, do not follow each other.
    apart = audio.window // audio.hop, 4 * audio.fft // audio.window
    assert abs(np.corrcoef(wide[: -apart[0]].ravel(), wide[apart[0] :].ravel())[0, 1]) < 0.05
    assert abs(np.corrcoef(wide[:, : -apart[1]].ravel(), wide[:, apart[1] :].ravel())[0, 1]) < 0.12


@pytest.mark.parametrize("audio", SETTINGS)
def test_pseudo_inverse_equals_numpy(audio):
    bank = dsp.mel_bank(audio).astype(float)
    expected = np.linalg.pinv(bank, rcond=1e-3)
    np.testing.assert_allclose(inversion._pseudo_inverse(bank), expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("audio", [PAPER, tiny().audio])
def test_the_banded_inverse_equals_the_full_inverse(audio):
    mel = np.random.default_rng(5).random((3, audio.mels)).astype(np.float32)
    exact = mel @ inversion._pseudo_inverse(dsp.mel_bank(audio).astype(float))
    banded = dsp.banded_product(mel, inversion.bank_inverse(audio))
    np.testing.assert_allclose(banded, exact, atol=1e-4 * np.abs(exact).max())


def every_bin(spectrum, every):
    return spectrum[..., ::every]


def struck(audio):
    """Two decaying partials with frequencies between bins, from the onset on."""
    t = np.arange(audio.samples) / audio.rate - inversion.ONSET_MS / 1000
    partials = [np.sin(2 * np.pi * (audio.rate * share) * t) * np.exp(-20 * t) for share in (0.05123, 0.12071)]
    return (sum(partials) * (t >= 0)).astype(np.float32)


@pytest.mark.parametrize("audio", SETTINGS)
def test_phases_from_magnitude_are_consistent(audio):
    for every in (1, audio.fft // audio.window):
        spectrum = np.asarray(stft(struck(audio), audio))[..., ::every]
        select = functools.partial(every_bin, every=every)
        phases = np.asarray(phases_from_magnitude(magnitude(struck(audio), audio), audio, select))
        np.testing.assert_allclose(np.abs(phases), 1.0, atol=1e-5)
        # The phase error must be constant over time and across the bins of a partial, weighted by power.
        power, phase_error = np.abs(spectrum[1:]) ** 2, (phases / (spectrum + 1e-12))[1:]
        phase_error /= np.abs(phase_error)
        for axis, least in ((0, 0.99), (1, 0.85)):  # the delays differ by a little across the bins of a partial
            phase_error, power = (np.moveaxis(x, axis, 0) for x in (phase_error, power))
            assert np.average((phase_error[1:] / phase_error[:-1]).real, weights=power[1:]) > least, (every, axis)


def test_every_bin_has_the_position_of_the_peak_next_uphill():
    rng = np.random.default_rng(3)
    smooth = np.cumsum(rng.standard_normal((2, 3, 90)), axis=-1)  # slopes longer than 8 bins
    rough, ties = rng.standard_normal((2, 3, 90)), rng.integers(0, 3, (2, 3, 90))
    log = np.concatenate([smooth, rough, ties]).astype(np.float32)
    positions = np.asarray(jax.jit(inversion._peak_positions)(log))
    for row, found in zip(log.reshape(-1, 90), positions.reshape(-1, 90), strict=True):
        for start in range(90):
            at, direction = start, 0
            for _ in range(9):
                below, here, above = row[max(at - 1, 0)], row[at], row[min(at + 1, 89)]
                step = 1 if above > max(here, below) else -1 if below > here else 0
                if step == 0 or step == -direction or abs(at - start) == 8:
                    break
                at, direction = at + step, step
            assert round(float(found[start])) == at
            if abs(at - start) < 8:
                curvature = min(below - 2 * here + above, -1e-6)
                offset = np.clip(0.5 * (below - above) / curvature, -0.5, 0.5)
                assert abs(found[start] - at - offset) < 2e-3


def test_series_and_sums_equal_numpy():
    turns = np.random.default_rng(4).uniform(-50, 50, (2, 3, 77)).astype(np.float32)
    circle = np.asarray(jax.jit(inversion._unit_circle)(turns))
    np.testing.assert_allclose(circle, np.exp(2j * np.pi * turns.astype(float)), atol=2e-6)
    sums = np.asarray(jax.jit(inversion._running_sum)(turns))
    np.testing.assert_allclose(sums, np.cumsum(turns.astype(float), axis=-1), atol=1e-3)


def test_half_of_the_bins_come_as_near_to_the_mel_as_all_of_them():
    """8 steps at momentum 0.85 in the packed STFT, against 7 steps at momentum 0.7 at every bin."""
    decay = np.exp(-np.arange(PAPER.samples) / (0.1 * PAPER.rate))
    noise = np.random.default_rng(6).standard_normal(PAPER.samples) * decay
    for wave in (drum(PAPER), noise.astype(np.float32)):
        mel = np.asarray(mel_spectrogram(wave, PAPER))
        linear = np.asarray(nnls(mel, PAPER, 2))
        every = griffin_lim(linear, phases_from_magnitude(linear, PAPER), PAPER, 7, 0.7)
        ours, theirs = (
            np.linalg.norm(np.asarray(mel_spectrogram(made, PAPER)) - mel)
            for made in (invert(linear, PAPER, 8, 0.85), every)
        )
        assert ours < 1.03 * theirs


@pytest.mark.parametrize("audio", [*SETTINGS, dataclasses.replace(SMALL, fft=512), dataclasses.replace(SMALL, fft=640)])
def test_invert_needs_fewer_steps_than_griffin_lim_from_random_phases(audio):
    target = np.asarray(magnitude(struck(audio), audio))

    def error(wave):
        return np.linalg.norm(np.asarray(magnitude(wave, audio)) - target) / np.linalg.norm(target)

    random_start = error(griffin_lim(target, random_phases(target.shape), audio, 8))
    assert error(invert(target, audio, 4, 0.99)) < min(0.05, random_start)
    assert not np.any(invert(np.zeros_like(target), audio, 4, 0.99))
