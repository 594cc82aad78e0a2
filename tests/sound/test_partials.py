"""Low partials are narrowed and keep their energy; what lies above and silence stay; nothing jumps."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drumjax.presets import preset
from drumjax.sound import dsp, partials

AUDIO = dataclasses.replace(preset("release").audio, samples=5120)
HZ = dsp.mel_edges_hz(AUDIO)[1:-1]
OFFSET = 1e-3


def bump(hz, deviation, level=1.0):
    """A frame with a blurred partial, its power a Gaussian."""
    return jnp.asarray(level * np.exp(-((HZ - hz) ** 2) / (4 * deviation**2))[None], jnp.float32)


def moments(mel):
    """(energy, mean in Hz, standard deviation in Hz) of one frame."""
    power = np.asarray(mel, np.float64)[0] ** 2
    mean = power @ HZ / power.sum()
    return power.sum(), mean, np.sqrt(power @ (HZ - mean) ** 2 / power.sum())


@pytest.mark.parametrize("level", [30.0, 1.0, 1e-2])
@pytest.mark.parametrize("hz", [90.0, 180.0, 330.0])
def test_a_blurred_partial_is_narrowed_in_its_place_with_its_energy(hz, level):
    before = moments(bump(hz, 20.0, level))
    after = moments(partials.narrowed(bump(hz, 20.0, level), AUDIO))
    assert after[0] == pytest.approx(before[0], rel=0.1)
    assert after[1] == pytest.approx(before[1], abs=2.0)
    assert after[2] < 0.75 * before[2]


def test_two_partials_keep_their_energies_whatever_their_levels():
    low, high = bump(100.0, 12.0), bump(400.0, 12.0, 0.03)
    made = np.asarray(partials.narrowed(low + high, AUDIO))[0]
    for part, own in ((low, HZ < 250), (high, (HZ > 250) & (HZ < 550))):
        assert np.sum(made[own] ** 2) == pytest.approx(float(jnp.sum(part**2)), rel=0.15)


def test_above_800_hz_and_in_silence_nothing_changes():
    mel = np.random.default_rng(0).random((3, 7, AUDIO.mels), np.float32)
    mel[:, 4:] = 0
    made = np.asarray(partials.narrowed(jnp.asarray(mel), AUDIO))
    np.testing.assert_array_equal(made[..., HZ >= 800], mel[..., HZ >= 800])
    assert not made[:, 4:].any() and (made >= 0).all()
    assert np.abs(made - mel)[:, :4, HZ < 500].max() > 0.1


def test_a_partial_that_glides_never_jumps():
    frames = jnp.concatenate([bump(hz, 25.0) + bump(150.0, 20.0) for hz in np.linspace(80, 300, 500)])
    made = np.asarray(partials.narrowed(frames, AUDIO))
    assert np.abs(np.diff(made, axis=0)).max() < 0.05 * made.max()


def test_gradients_are_finite_for_partials_and_for_silence():
    for mel in (bump(100.0, 20.0), jnp.zeros((2, AUDIO.mels))):
        gradient = jax.grad(lambda mel: jnp.sum(partials.narrowed(mel, AUDIO) ** 2))(mel)
        assert jnp.isfinite(gradient).all()


def test_fluctuation_is_left_to_what_is_no_loud_low_partial():
    mel = bump(100.0, 12.0) + 0.05 * jnp.ones((1, AUDIO.mels))
    share = np.asarray(partials.share_of_others(mel, AUDIO, OFFSET))[0]
    assert share[np.argmin(np.abs(HZ - 100))] < 1e-6
    assert (share[(HZ > 250) & (HZ < 500)] == 1).all() and (share[HZ >= 800] == 1).all()
    assert ((share >= 0) & (share <= 1)).all()
