"""Features and their inverses against librosa, the referee."""

import dataclasses

import jax
import jax.numpy as jnp
import librosa
import numpy as np
import pytest

from drumjax import dsp
from drumjax.config import Audio
from drumjax.presets import tiny

PAPER = Audio()
SMALL = Audio(rate=11025, samples=4001, window=512, hop=128, fft=1024, mels=64)
SETTINGS = [PAPER, SMALL, tiny().audio]


def drum(audio, seed=0):
    """A decaying noise burst over a falling sine: something to analyse at every frequency."""
    rng = np.random.default_rng(seed)
    t = np.arange(audio.samples) / audio.rate
    wave = np.exp(-9 * t) * rng.standard_normal(t.size) + np.exp(-5 * t) * np.sin(2 * np.pi * 90 * t * (1 - 0.2 * t))
    return (wave / np.abs(wave).max()).astype(np.float32)


def librosa_stft(wave, audio):
    return librosa.stft(wave, n_fft=audio.fft, hop_length=audio.hop, win_length=audio.window, window="hann")


@pytest.mark.parametrize("audio", SETTINGS)
def test_stft_equals_librosa(audio):
    wave = drum(audio)
    expected = librosa_stft(wave, audio).T
    np.testing.assert_allclose(dsp.stft(jnp.asarray(wave), audio), expected, atol=2e-4)


@pytest.mark.parametrize("audio", SETTINGS)
def test_mel_bank_and_spectrogram_equal_librosa(audio):
    bank = librosa.filters.mel(sr=audio.rate, n_fft=audio.fft, n_mels=audio.mels)
    np.testing.assert_allclose(dsp.mel_bank(audio).T, bank, atol=1e-7)
    waves = np.stack([drum(audio, 1), drum(audio, 2)])
    expected = [
        librosa.feature.melspectrogram(
            y=w,
            sr=audio.rate,
            n_fft=audio.fft,
            hop_length=audio.hop,
            win_length=audio.window,
            n_mels=audio.mels,
            power=1,
        ).T
        for w in waves
    ]
    np.testing.assert_allclose(dsp.mel_spectrogram(waves, audio), expected, atol=1e-5)


def test_paper_sizes_and_no_empty_filter():
    assert (PAPER.frames, PAPER.bins) == (86, 1025)
    assert (dsp.mel_bank(PAPER).max(axis=0) > 0).all()
    assert ((dsp.mel_bank(PAPER) > 0).sum(axis=1) <= 2).all()


@pytest.mark.parametrize("audio", SETTINGS)
def test_istft_inverts_stft(audio):
    wave = drum(audio)
    covered = (audio.frames - 1) * audio.hop  # beyond the last frame's centre the windows thin out
    back = dsp.istft(dsp.stft(jnp.asarray(wave), audio), audio)
    np.testing.assert_allclose(back[:covered], wave[:covered], atol=1e-5)


def test_silence_is_exact_and_trains_nothing():
    silence = jnp.zeros(PAPER.samples)
    assert not dsp.mel_spectrogram(silence, PAPER).any()
    gradient = jax.grad(lambda w: dsp.mel_spectrogram(w, PAPER).sum())(silence)
    assert not gradient.any()


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
    ours = dsp.griffin_lim(jnp.asarray(target.T), jnp.ones_like(target.T, dtype=complex), SMALL, 6, 0.99)
    covered = (SMALL.frames - 2) * SMALL.hop
    error = np.linalg.norm(ours[:covered] - expected[:covered]) / np.linalg.norm(expected)
    assert error < 1e-3


def test_nnls_is_non_negative_and_its_mel_is_the_given_one():
    mel = dsp.mel_spectrogram(drum(PAPER), PAPER)
    for steps, limit in ((1, 0.05), (32, 0.02)):
        linear = dsp.nnls(mel, PAPER, steps)
        assert (linear >= 0).all() and not linear[..., 0].any()
        assert jnp.linalg.norm(linear @ dsp.mel_bank(PAPER) - mel) < limit * jnp.linalg.norm(mel)


@pytest.mark.parametrize("audio", SETTINGS)
def test_nnls_starts_from_numpy_s_pseudo_inverse(audio):
    bank = dsp.mel_bank(audio).astype(float)
    expected = np.linalg.pinv(bank, rcond=1e-3)
    np.testing.assert_allclose(dsp._pseudo_inverse(bank), expected, atol=1e-4 * np.abs(expected).max())


def test_gate_cuts_after_the_end_only():
    mel = np.full((2, 10, 4), 1e-5, np.float32)
    mel[0, :6] = 1.0
    mel[1, 3] = 1.0  # quiet frames before the end stay
    gated = np.asarray(dsp.gate(jnp.asarray(mel)))
    np.testing.assert_array_equal(gated[0, :6], mel[0, :6])
    np.testing.assert_array_equal(gated[1, :4], mel[1, :4])
    assert not gated[0, 6:].any() and not gated[1, 4:].any()


@pytest.mark.parametrize("audio", [PAPER, tiny().audio])
def test_products_with_the_bank_skip_its_zeros_only(audio):
    rng = np.random.default_rng(5)
    spectrum, mel = (rng.random((2, 3, n)).astype(np.float32) for n in (audio.bins, audio.mels))
    bank = dsp.mel_bank(audio)
    np.testing.assert_allclose(dsp.to_mels(spectrum, audio), spectrum @ bank, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(dsp.to_bins(mel, audio), mel @ bank.T, rtol=1e-5, atol=1e-7)
    gradient = jax.grad(lambda x: jnp.sum(dsp.to_mels(x, audio) * mel))(spectrum)
    np.testing.assert_allclose(gradient, mel @ bank.T, rtol=1e-5, atol=1e-7)
    inverse = dsp._pseudo_inverse(bank.astype(float))
    exact, banded = mel @ inverse, dsp._banded_product(mel, dsp._inverse(audio))
    np.testing.assert_allclose(banded, exact, atol=1e-4 * np.abs(exact).max())


def struck(audio):
    """Two partials between the bins that decay, from the onset on."""
    t = np.arange(audio.samples) / audio.rate - dsp.ONSET_MS / 1000
    partials = [np.sin(2 * np.pi * (audio.rate * share) * t) * np.exp(-20 * t) for share in (0.05123, 0.12071)]
    return jnp.asarray(sum(partials) * (t >= 0), jnp.float32)


@pytest.mark.parametrize("audio", SETTINGS)
def test_phases_are_read_off_the_magnitudes(audio):
    for every in (1, audio.fft // audio.window):
        spectrum = np.asarray(dsp.stft(struck(audio), dataclasses.replace(audio, fft=audio.fft // every)))
        phases = np.asarray(dsp.phases_of(dsp.magnitude(dsp.stft(struck(audio), audio)), audio, every))
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

    usual = error(dsp.griffin_lim(target, dsp.random_phase(target.shape, 0), audio, 8))
    assert error(dsp.inverted(target, audio, 4, 0.99)) < min(0.05, usual)
    assert not dsp.inverted(jnp.zeros_like(target), audio, 2, 0.99).any()
