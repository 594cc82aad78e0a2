"""STFT, mel and inverse STFT against librosa."""

import jax
import jax.numpy as jnp
import librosa
import numpy as np
import pytest

from drumjax.config import Audio
from drumjax.presets import tiny
from drumjax.sound import dsp

PAPER = Audio()
SMALL = Audio(rate=11025, samples=4001, window=512, hop=128, fft=1024, mels=64)
SETTINGS = [PAPER, SMALL, tiny().audio]

# Compiled: operation by operation, each would be a program of its own.
stft, istft, mel_spectrogram, to_mels, to_bins = (
    jax.jit(function, static_argnums=1)
    for function in (dsp.stft, dsp.istft, dsp.mel_spectrogram, dsp.to_mels, dsp.to_bins)
)


def drum(audio, seed=0):
    """A decaying noise burst with a falling sine, with energy at every frequency."""
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
    np.testing.assert_allclose(stft(jnp.asarray(wave), audio), expected, atol=2e-4)


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
    np.testing.assert_allclose(mel_spectrogram(waves, audio), expected, atol=1e-5)


def test_paper_sizes_and_no_empty_filter():
    assert (PAPER.frames, PAPER.bins) == (86, 1025)
    assert (dsp.mel_bank(PAPER).max(axis=0) > 0).all()
    assert ((dsp.mel_bank(PAPER) > 0).sum(axis=1) <= 2).all()


@pytest.mark.parametrize("audio", SETTINGS)
def test_istft_inverts_stft(audio):
    wave = drum(audio)
    covered = (audio.frames - 1) * audio.hop  # beyond the last frame's centre, the windows do not overlap fully
    back = istft(stft(jnp.asarray(wave), audio), audio)
    np.testing.assert_allclose(back[:covered], wave[:covered], atol=1e-5)


def test_silence_gives_exact_zeros_and_no_gradient():
    silence = jnp.zeros(PAPER.samples)
    assert not np.any(mel_spectrogram(silence, PAPER))
    gradient = jax.jit(jax.grad(lambda w: mel_spectrogram(w, PAPER).sum()))(silence)
    assert not np.any(gradient)


def test_gate_zeroes_only_frames_after_the_end():
    mel = np.full((2, 10, 4), 1e-5, np.float32)
    mel[0, :6] = 1.0
    mel[1, 3] = 1.0  # quiet frames before the end are kept
    gated = np.asarray(dsp.gate(jnp.asarray(mel)))
    np.testing.assert_array_equal(gated[0, :6], mel[0, :6])
    np.testing.assert_array_equal(gated[1, :4], mel[1, :4])
    assert not gated[0, 6:].any() and not gated[1, 4:].any()


@pytest.mark.parametrize("audio", [PAPER, tiny().audio])
def test_fast_products_with_the_bank_equal_the_full_products(audio):
    rng = np.random.default_rng(5)
    spectrum, mel = (rng.random((2, 3, n)).astype(np.float32) for n in (audio.bins, audio.mels))
    bank = dsp.mel_bank(audio)
    np.testing.assert_allclose(to_mels(spectrum, audio), spectrum @ bank, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(to_bins(mel, audio), mel @ bank.T, rtol=1e-5, atol=1e-7)
    gradient = jax.jit(jax.grad(lambda x: jnp.sum(dsp.to_mels(x, audio) * mel)))(spectrum)
    np.testing.assert_allclose(gradient, mel @ bank.T, rtol=1e-5, atol=1e-7)
