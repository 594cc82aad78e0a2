"""The way back from mels and magnitudes to a wave, against librosa and numpy."""

import dataclasses

import jax.numpy as jnp
import librosa
import numpy as np
import pytest
from test_dsp import PAPER, SETTINGS, SMALL, drum, librosa_stft

from drumjax.presets import tiny
from drumjax.sound import dsp, inversion


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
    ours = inversion.griffin_lim(jnp.asarray(target.T), jnp.ones_like(target.T, dtype=complex), SMALL, 6, 0.99)
    covered = (SMALL.frames - 2) * SMALL.hop
    error = np.linalg.norm(ours[:covered] - expected[:covered]) / np.linalg.norm(expected)
    assert error < 1e-3


def test_nnls_is_non_negative_and_its_mel_is_the_given_one():
    mel = dsp.mel_spectrogram(drum(PAPER), PAPER)
    for steps, limit in ((1, 0.05), (32, 0.02)):
        linear = inversion.nnls(mel, PAPER, steps)
        assert (linear >= 0).all() and not linear[..., 0].any()
        assert jnp.linalg.norm(linear @ dsp.mel_bank(PAPER) - mel) < limit * jnp.linalg.norm(mel)


@pytest.mark.parametrize("audio", SETTINGS)
def test_nnls_starts_from_numpy_s_pseudo_inverse(audio):
    bank = dsp.mel_bank(audio).astype(float)
    expected = np.linalg.pinv(bank, rcond=1e-3)
    np.testing.assert_allclose(inversion._pseudo_inverse(bank), expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("audio", [PAPER, tiny().audio])
def test_the_banded_inverse_is_the_whole_one(audio):
    mel = np.random.default_rng(5).random((3, audio.mels)).astype(np.float32)
    exact = mel @ inversion._pseudo_inverse(dsp.mel_bank(audio).astype(float))
    banded = dsp.banded_product(mel, inversion._inverse(audio))
    np.testing.assert_allclose(banded, exact, atol=1e-4 * np.abs(exact).max())


def struck(audio):
    """Two partials between the bins that decay, from the onset on."""
    t = np.arange(audio.samples) / audio.rate - inversion.ONSET_MS / 1000
    partials = [np.sin(2 * np.pi * (audio.rate * share) * t) * np.exp(-20 * t) for share in (0.05123, 0.12071)]
    return jnp.asarray(sum(partials) * (t >= 0), jnp.float32)


@pytest.mark.parametrize("audio", SETTINGS)
def test_phases_are_read_off_the_magnitudes(audio):
    for every in (1, audio.fft // audio.window):
        spectrum = np.asarray(dsp.stft(struck(audio), dataclasses.replace(audio, fft=audio.fft // every)))
        phases = np.asarray(inversion.phases_of(dsp.magnitude(dsp.stft(struck(audio), audio)), audio, every))
        np.testing.assert_allclose(np.abs(phases), 1.0, atol=1e-5)
        # How the phases differ may change neither along time nor between the bins of a partial, weighed by power.
        power, turned = np.abs(spectrum[1:]) ** 2, (phases / (spectrum + 1e-12))[1:]
        turned /= np.abs(turned)
        for axis, least in ((0, 0.99), (1, 0.9)):
            turned, power = (np.moveaxis(x, axis, 0) for x in (turned, power))
            assert np.average((turned[1:] / turned[:-1]).real, weights=power[1:]) > least, (every, axis)


@pytest.mark.parametrize("audio", [*SETTINGS, dataclasses.replace(SMALL, fft=512), dataclasses.replace(SMALL, fft=640)])
def test_inverted_magnitudes_are_the_wave_s_from_few_steps(audio):
    target = dsp.magnitude(dsp.stft(struck(audio), audio))

    def error(wave):
        return float(jnp.linalg.norm(dsp.magnitude(dsp.stft(wave, audio)) - target) / jnp.linalg.norm(target))

    usual = error(inversion.griffin_lim(target, inversion.random_phase(target.shape, 0), audio, 8))
    assert error(inversion.inverted(target, audio, 4, 0.99)) < min(0.05, usual)
    assert not inversion.inverted(jnp.zeros_like(target), audio, 2, 0.99).any()
