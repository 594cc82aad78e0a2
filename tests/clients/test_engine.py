"""The engine in C++ beside Synth, and with damaged files. DRUMJAX_FUZZ: number of damaged files (800)."""

import dataclasses
import functools
import os
import subprocess

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small
import soundfile
from test_instrument import CHANGES, change

from drumjax.clients.engine import binding, instrument, trial
from drumjax.config import CLASSES
from drumjax.data.labels import to_class_mix
from drumjax.sound import inversion, packed
from drumjax.synth import Synth

OTHERS = {
    "hits": small.PLAYED,
    "noise": small.config("release", "cwae.components=13", "texture=noise", "controls=global", "sampling=prior"),
    "smooth": small.config("release", "cwae.components=14", "texture=none", "cwae.dense=19", "vocoder.nnls=0"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the library and the fuzzer."""
    if lack := binding.missing():
        pytest.fail(lack) if os.environ.get("CI") else pytest.skip(lack)
    folder = tmp_path_factory.mktemp("engine")
    binding.build(folder)
    return folder


@pytest.fixture(scope="module")
def library(built):
    return binding.load_library(built / binding.LIBRARY)


def pair(library, path, config=small.PLAYED):
    """(Synth, engine) of one instrument file."""
    instrument.write(small.instrument(config), path)
    return Synth(instrument.read(path)), binding.Engine(library, path.read_bytes())


@pytest.fixture(scope="module")
def both(library, tmp_path_factory):
    return pair(library, tmp_path_factory.mktemp("both") / "instrument")


KICK, SNARE = to_class_mix("kick"), to_class_mix("snare")
RATE = small.PLAYED.audio.rate


@pytest.mark.parametrize("name", OTHERS)
def test_sounds_and_draws_are_those_of_synth(library, tmp_path, name):
    waves, latents = np.array(list(trial.differences(*pair(library, tmp_path / "i", OTHERS[name]), 20, seed=1))).T
    assert np.sum(waves > trial.FARTHEST) <= 1 and latents.max() < 1e-5


@pytest.mark.slow
def test_the_shipped_instrument_sounds_as_in_synth(library, tmp_path, synth):
    from drumjax import checkpoint

    instrument.write(checkpoint.load_bundle(checkpoint.shipped()), tmp_path / "i")
    engine = binding.Engine(library, (tmp_path / "i").read_bytes())
    waves, latents = np.array(list(trial.differences(synth, engine, 40, seed=2))).T
    assert np.sum(waves > trial.FARTHEST) <= 1 and np.median(waves) < 1e-4 and latents.max() < 1e-5


def test_every_stage_is_that_of_synth(both):
    synth, engine = both
    audio, z = synth.config.audio, synth.draw("snare", seed=4)[0]
    engine.render(np.zeros(3), to_class_mix("snare"), 9, z)
    mel, textured, magnitude, turns = (engine.stage(number) for number in range(4))
    np.testing.assert_allclose(mel, synth.decode(z, "snare").ravel(), rtol=1e-4, atol=1e-6)
    expected = synth.decode(z, "snare", texture=9)
    np.testing.assert_allclose(textured, expected.ravel(), rtol=1e-4, atol=1e-6)
    bins = jax.jit(lambda x: inversion.nnls(x, audio, synth.config.vocoder.nnls))(jnp.asarray(expected))
    ends = magnitude.size // audio.bins
    np.testing.assert_allclose(magnitude.reshape(-1, ends).T, bins[:ends], rtol=1e-3, atol=1e-6 * bins.max())
    select = functools.partial(packed.select, audio=audio)
    phases = jax.jit(lambda x: inversion.phases_from_magnitude(x, audio, select))(bins)
    np.testing.assert_allclose(np.exp(2j * np.pi * turns.reshape(-1, ends).T), phases[:ends], atol=1e-3)


def test_knobs_and_latents_are_those_of_synth(both):
    synth, engine = both
    mix, knobs = {"tom": 0.25, "kick": 0.75}, np.array([0.5, -2, 1], np.float32)
    z = engine.place(knobs, to_class_mix(mix))
    np.testing.assert_allclose(z, synth.place(knobs, mix), atol=1e-5)
    np.testing.assert_allclose(engine.controls(z, to_class_mix(mix)), synth.controls(z, mix), atol=1e-4)
    np.testing.assert_allclose(engine.draw(KICK, 3, seed=5), synth.draw("kick", 3, seed=5), atol=1e-5)
    varied = engine.variation(z, to_class_mix(mix), 0.4, seed=6)
    np.testing.assert_allclose(varied, synth.variation(z, mix, 0.4, seed=6), atol=1e-5)
    base = synth.draw("tom", seed=3)[0]
    np.testing.assert_allclose(engine.place(knobs, to_class_mix(mix), base), synth.place(knobs, mix, base), atol=1e-5)


@pytest.mark.parametrize(
    ("rate", "channels", "seconds"), [(RATE, 1, 0.05), (1500, 2, 0.09), (3100, 1, 0.5)], ids=["own", "stereo", "long"]
)
def test_sounds_of_the_users_are_heard_and_edited_as_in_synth(both, rate, channels, seconds):
    synth, engine = both
    rng, time = np.random.default_rng(rate), np.arange(round(seconds * rate)) / rate
    decay = np.exp(-9 * time / seconds)[:, None] * [1.0, 0.4][:channels]
    noisy = 0.6 * decay * (np.sin(2 * np.pi * 180 * time)[:, None] + 0.3 * rng.standard_normal((len(time), channels)))
    wave = (np.pad(noisy, ((11, 40), (0, 0))) + 0.01).astype(np.float32)
    wave = wave[:, 0] if channels == 1 else wave
    expected, found = synth.listen(wave, rate, "snare"), engine.listen(wave, rate, SNARE)
    assert found.error_db == pytest.approx(expected.error_db, abs=0.02)
    np.testing.assert_allclose(found.z, expected.z, atol=0.02)
    np.testing.assert_array_equal(engine.edit(found, np.zeros(3), SNARE), wave)
    at_same = dataclasses.replace(expected, z=found.z)
    for knobs in np.array([[0.02, 0, 0], [0, 0.1, -0.1], [3, -2, 1]], np.float32):  # near; the model alone
        edited, base = engine.edit(found, knobs, SNARE), synth.place(knobs, "snare", found.z)
        by_synth = synth.edit(at_same, base, texture=0)
        assert edited.shape == by_synth.shape and not np.array_equal(edited[: len(wave)], wave)
        taken, by_synth_taken = engine.take(found, 5, knobs), synth.takes(at_same, 1, 5, base)[0]
        assert taken.shape == wave.shape and not np.array_equal(taken, engine.take(found, 6, knobs))
        for ours, theirs in ((edited, by_synth), (taken, by_synth_taken)):
            apart = np.sort(np.abs(ours - theirs).ravel())  # phases of single bins may differ: see FARTHEST
            assert apart[: -len(wave) // 50].max() < (1e-3 if knobs[0] < 1 else 5e-3), knobs
    for other in (np.zeros(2000), wave[:9], np.full(40 * rate, 0.1), np.full(99, np.nan)):
        with pytest.raises(ValueError, match="silent|shorter than 10 ms|longer than 30 s|finite"):
            engine.listen(other, rate, SNARE)


def test_a_sound_does_not_depend_on_the_sounds_before(both):
    _, engine = both
    bases = engine.draw(KICK, 6, seed=1)
    fresh = [engine.player().render(np.zeros(3), KICK, take, base) for take, base in enumerate(bases)]
    for take in (3, 0, 5, 1, 1, 4, 2):
        np.testing.assert_array_equal(engine.render(np.zeros(3), KICK, take, bases[take]), fresh[take])
    smooth = engine.render(np.zeros(3), KICK, None, bases[0])
    assert not np.array_equal(smooth, fresh[0])
    np.testing.assert_array_equal(engine.render(np.zeros(3), KICK * 4, 0, bases[0]), fresh[0])  # a mix has any sum


def test_names_and_sources_are_those_of_the_bundle(both):
    _, engine = both
    bundle = small.instrument()
    assert engine.classes == CLASSES
    assert [engine.knob_names(i) for i in range(len(CLASSES))] == list(bundle.metadata["knobs"].values())
    assert 'a \\"name\\", n\\u00e4her' in engine.sources
    np.testing.assert_array_equal(engine.map_points(10), bundle.controls["points"][10])
    assert engine.knob_names(11) == [None] * 3 and engine.map_points(-1).shape == (0, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"knobs": np.array([0, np.nan, 0])}, "not finite"),
        ({"knobs": np.array([0, 3e38, -3e38])}, "not finite, or too far out"),
        ({"mix": np.zeros(11)}, "not all 0"),
        ({"mix": -KICK}, "0 or more"),
        ({"mix": np.full(11, np.inf)}, "0 or more"),
        ({"base": np.full(7, np.inf)}, "not finite"),
        ({"take": -2}, "seed must be 0 or more"),
    ],
)
def test_wrong_arguments_are_errors(both, arguments, message):
    with pytest.raises(ValueError, match=message):
        both[1].render(**{"knobs": np.zeros(3), "mix": KICK} | arguments)


@pytest.mark.parametrize("name", CHANGES)
def test_a_file_of_another_version_is_refused(library, tmp_path, name):
    path = tmp_path / "instrument"
    instrument.write(small.instrument(), path)
    change(path, **CHANGES[name])
    with pytest.raises(ValueError, match="the instrument file cannot be read: it"):
        binding.Engine(library, path.read_bytes())


@pytest.mark.slow
def test_damaged_files_neither_crash_nor_play_wrongly(built, tmp_path):
    binding.build(built, "fuzz")
    instrument.write(small.instrument(), tmp_path / "instrument")
    command = [built / "fuzz", tmp_path / "instrument", os.environ.get("DRUMJAX_FUZZ", "800"), "0"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    noise = np.random.default_rng(0).uniform(-1, 1, (90, 2))
    soundfile.write(tmp_path / "wav", noise, RATE, "PCM_16", format="WAV")
    done = subprocess.run([*command, tmp_path / "wav"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    print(done.stdout)
