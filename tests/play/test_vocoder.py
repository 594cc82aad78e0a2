"""The vocoder: the same samples from fewer frames, no click at the start, silence after the end, the grain of noise."""

import functools

import jax
import numpy as np
import pytest
import small

from drumjax.config import CLASSES
from drumjax.data import procedural
from drumjax.play import networks, vocoder
from drumjax.presets import tiny
from drumjax.sound import dsp, inversion
from drumjax.synth import Synth

TINY = tiny()
AUDIO = TINY.audio


def vocoded(config, mel, params=None, frames=None):
    vocode = jax.jit(functools.partial(vocoder.vocode, config), static_argnums=0)
    return np.asarray(vocode(frames or config.audio.frames, params or {}, mel))


def noise(count):
    time = np.arange(AUDIO.samples) / AUDIO.rate
    made = np.random.default_rng(0).standard_normal((count, len(time))) * np.exp(-time / 0.15)
    return made.astype(np.float32) / np.abs(made).max()


@pytest.fixture(scope="module")
def sounds():
    """(waves, their mels, the waves of the mels): built-in drums, then three of noise, then a drum after 40 ms."""
    drums = [procedural.sound(name, seed, AUDIO)[0] for name in CLASSES for seed in (1, 2)]
    late = np.roll(np.where(np.arange(AUDIO.samples) < AUDIO.samples - 441, drums[4], 0), 441)
    waves = np.stack([*drums, *noise(3), late]).astype(np.float32)
    mels = dsp.gate(dsp.mel_spectrogram(waves, AUDIO))
    return waves, np.asarray(mels), vocoded(TINY, mels)


@pytest.mark.parametrize(
    "overrides", [["tiny", "vocoder.refine=1"], ["paper", "vocoder.end=mel"]], ids=["phases", "mcnn"]
)
def test_a_short_sound_equals_the_full_computation(overrides):
    config = small.config(*overrides)
    params = networks.lay_out(small.bundle(config)) if config.plays_mcnn else {}
    *short, full = vocoder.lengths(config).items()
    frames = config.audio.frames
    assert [one for one, _ in short] == [5, 8, 10] and full == (frames, frames)
    for fewer, latest in short:
        mel = np.random.default_rng(fewer).uniform(0.1, 1, (2, frames, config.audio.mels)).astype(np.float32)
        mel[:, latest:] = 0.0  # the loudest end there is
        expected, wave = vocoded(config, mel, params), vocoded(config, mel, params, fewer)
        assert np.abs(expected).max() > 1e-3 and wave.shape == (2, config.audio.samples)
        np.testing.assert_allclose(wave, expected, atol=1e-5 * np.abs(expected).max())


def test_the_fewest_frames_hold_the_end_and_its_halo():
    mels, lengths = np.zeros((5, 86, 3), np.float32), vocoder.lengths(TINY)
    assert lengths == {32: 29, 48: 45, 64: 61, 86: 86}  # windows of four hops reach three frames on
    for sound, last in enumerate((None, 29, 30, 61, 62)):
        if last is not None:
            mels[sound, 4:last, 1] = 1
    np.testing.assert_array_equal(vocoder.fewest_frames(lengths, mels), [32, 32, 48, 64, 86])
    assert vocoder.lengths(small.config("paper")) == {13: 13}  # the paper's mask may end a sound anywhere


def test_sounds_start_from_near_zero_at_their_first_audible_sample(sounds):
    waves, _, made = sounds
    level = np.abs(made) / np.abs(made).max(axis=1, keepdims=True)
    assert level[:, 0].max() < 0.1
    # As recordings are trimmed, at -60 dB; also the drum that comes 40 ms late.
    assert np.argmax(level > 1e-3, axis=1).max() == 0
    assert np.argmax(np.abs(waves[-1]) > 1e-3) > 400


def test_sounds_do_not_start_with_a_click(sounds):
    """Partials that start together would add up to one, within two milliseconds."""
    waves, _, made = sounds

    def share(of, ms):
        samples = round(ms * AUDIO.rate / 1000)
        peaks_early = np.abs(of[:22]).argmax(axis=1) < samples
        return np.mean(np.sum(of[:22, :samples] ** 2, axis=1) / np.sum(of[:22] ** 2, axis=1)), np.mean(peaks_early)

    (real, real_peaks), (energy, peaks) = share(waves, 1.5), share(made, 1.5)
    assert energy < real and peaks <= real_peaks
    assert share(made, 2.0)[0] < 1.1 * share(waves, 2.0)[0] and share(made, 3.0)[0] < 2 * share(waves, 3.0)[0]


def test_after_the_end_there_are_exact_zeros_and_before_it_a_fade(sounds):
    _, mels, made = sounds
    for mel, wave in zip(mels, made, strict=True):
        end = AUDIO.hop * (np.flatnonzero(mel.any(axis=1))[-1] + 1)
        last = np.flatnonzero(wave)[-1] + 1
        assert last <= end and not wave[last:].any()
        assert np.abs(wave[last - 5 : last]).max() < 0.01 * np.abs(wave).max()
    cut = mels[:3].copy()
    cut[:, 20:] = 0.0
    shorter = vocoded(TINY, cut)
    assert not shorter[:, 20 * AUDIO.hop :].any() and (np.abs(shorter[:, 18 * AUDIO.hop : 20 * AUDIO.hop]) > 0).any()
    assert np.abs(shorter[:, 20 * AUDIO.hop - 6 : 20 * AUDIO.hop]).max() < 0.1 * np.abs(shorter).max()


def test_a_wave_has_the_mel_that_it_was_made_from(sounds):
    _, mels, made = sounds
    estimate = np.asarray(dsp.mel_spectrogram(made[:-1], AUDIO))  # the last one starts earlier than its mel
    errors = np.linalg.norm(estimate - mels[:-1], axis=(1, 2)) / np.linalg.norm(mels[:-1], axis=(1, 2))
    assert errors.max() < 0.25


def roughness(waves):
    """Mean difference of the log-magnitudes of bins two windows' resolutions apart, from 2 kHz up."""
    spectra = dsp.magnitude(dsp.stft(waves, AUDIO))[:, 4:30:4, round(2000 / AUDIO.rate * AUDIO.fft) :]
    log = np.log(np.asarray(spectra) + 1e-6)
    return np.mean(np.abs(log[..., 4:] - log[..., :-4]))


def test_noise_is_as_rough_within_mel_filters_as_it_was(sounds, monkeypatch):
    waves, mels, made = sounds
    real = roughness(waves[22:25])
    assert 0.85 * real < roughness(made[22:25]) < 1.3 * real
    smooth = np.ones_like(inversion._grain(AUDIO))
    monkeypatch.setattr(inversion, "_grain", lambda audio: smooth)
    assert roughness(vocoded(TINY, mels[22:25])) < 0.75 * real


def test_only_the_highest_peaks_are_softened():
    time = np.arange(AUDIO.samples) / AUDIO.rate
    tone = 0.4 * np.sin(2 * np.pi * 300 * time) * np.exp(-2 * time)
    spiky = 0.02 * np.random.default_rng(0).standard_normal(len(time)) * np.exp(-4 * time)
    spiky[300], spiky[400] = 0.9, -0.6
    waves = np.stack([tone, spiky]).astype(np.float32)
    softened = np.asarray(jax.jit(functools.partial(vocoder._limited, TINY))(waves))
    np.testing.assert_allclose(softened[0], waves[0], atol=0.01 * np.abs(waves[0]).max())
    assert softened[1, 300] == pytest.approx(0.88 * 0.9, rel=0.01)
    assert -0.6 < softened[1, 400] < -0.9 * 0.6
    low = np.abs(waves[1]) < 0.4
    np.testing.assert_array_equal(softened[1, low], waves[1, low])


def test_the_mask_is_exactly_undecided_after_the_end():
    """Rounding errors of the networks do not show."""
    config = small.config("paper")
    mel = np.random.default_rng(0).uniform(0, 1, (config.audio.frames, config.audio.mels)).astype(np.float32)
    mel[8:] = 0.0
    mask, end = Synth(small.bundle(config)).mask(mel), 8 * config.audio.hop
    assert (mask[:end] != 0.5).mean() > 0.9 and (mask[end:] == 0.5).all()
