"""The vocoder computes only the frames in which a sound lasts, to the same samples, and ends it at its mask's end."""

import dataclasses
import functools

import jax
import numpy as np
import pytest

from drumjax.play import vocoder


@pytest.fixture(scope="module")
def shipped():
    from drumjax import synth

    return synth.shipped()


@pytest.mark.parametrize("refine", [0, 4])
def test_a_short_sound_equals_the_full_computation(shipped, refine):
    config = dataclasses.replace(shipped.config, vocoder=dataclasses.replace(shipped.config.vocoder, refine=refine))
    vocode = jax.jit(functools.partial(vocoder.vocode, config), static_argnums=0)
    *short, full = vocoder.lengths(config).items()
    assert [frames for frames, _ in short] == [32, 48, 64] and full == (86, 86)
    t = np.arange(shipped.samples) / shipped.rate
    noise = np.random.default_rng(0).standard_normal(t.size)
    for frames, latest in short:
        loud = shipped.mel((np.sin(2 * np.pi * 200 * t) + 0.1 * noise).astype(np.float32))[None] * 0.5
        loud[:, latest:] = 0.0  # the loudest end there is
        expected, wave = (np.asarray(vocode(n, shipped._params, loud))[0] for n in (full[0], frames))
        last = np.flatnonzero(expected)[-1]
        assert last > 0.9 * latest * config.audio.hop
        np.testing.assert_allclose(wave, expected, atol=1e-5 * np.abs(expected).max())
        assert not wave[last + 1 :].any() and wave.shape == (shipped.samples,)


def test_the_fewest_frames_hold_the_end_and_its_halo(shipped):
    mels = np.zeros((5, 86, 3), np.float32)
    lengths = vocoder.lengths(shipped.config)
    for sound, last in enumerate((None, lengths[32], lengths[32] + 1, lengths[64], lengths[64] + 1)):
        if last is not None:
            mels[sound, 4:last, 1] = 1
    np.testing.assert_array_equal(vocoder.fewest_frames(lengths, mels), [32, 32, 48, 64, 86])


def test_the_mask_is_exactly_undecided_after_the_end(shipped):
    """Rounding errors of the networks do not show."""
    mel = shipped.mel(np.random.default_rng(0).standard_normal(shipped.samples)).copy()
    mel[40:] = 0.0
    mask = shipped.mask(mel)
    assert (mask[: 36 * 256] > 0.5).mean() > 0.9 and (mask[40 * 256 :] == 0.5).all()
