"""A user's own sounds: exact at their own latents, moved by the knobs, taken again, morphed; odd input refused."""

import numpy as np
import pytest
import soundfile

from drumjax.config import CLASSES
from drumjax.data import procedural
from drumjax.play import controls, own
from drumjax.sound import audio
from drumjax.sound.trimming import Unfit

RATE = 48000


def recording(synth, drum_class, seed=1, rate=RATE, stereo=True, lead=997, offset=0.02, level=0.3, seconds=1.0):
    """A built-in drum as a user's file might hold it: late, quiet, with an offset, two channels that differ."""
    mono = procedural.sound(drum_class, seed, synth.config.audio)[0]
    moved = audio.resample(mono, synth.rate, rate)[: round(seconds * rate)]
    channels = np.stack([moved, 0.5 * moved], axis=1) if stereo else moved
    whole = np.concatenate([np.zeros((lead, *channels.shape[1:])), channels, np.zeros((600, *channels.shape[1:]))])
    return (level * whole + offset).astype(np.float32)


@pytest.fixture(scope="module")
def snare(synth):
    return synth.listen(recording(synth, "snare"), RATE, "snare")


@pytest.mark.parametrize("drum_class", ["kick", "closed_hat"])
@pytest.mark.parametrize(("rate", "stereo"), [(22050, False), (44100, False), (96000, True)])
def test_a_sound_at_its_own_latents_is_itself_bit_for_bit(synth, drum_class, rate, stereo):
    wave = recording(synth, drum_class, rate=rate, stereo=stereo)
    sound = synth.listen(wave, rate, drum_class)
    for made in (synth.generate([0, 0, 0], drum_class, base=sound), synth.edit(sound, sound.z)):
        np.testing.assert_array_equal(made, wave)
        assert made.dtype == np.float32


def test_beside_its_latents_a_sound_is_nearly_itself(synth, snare):
    assert np.abs(synth.edit(snare, snare.z + 1e-5) - snare.wave).max() < 1e-4


def test_listen_finds_start_offset_class_and_quality(synth, snare):
    assert 900 <= snare.start <= 997 and np.allclose(snare.offset, 0.02, atol=1e-3)
    assert snare.drum_class == "snare" and snare.certainty == 1 and 0 < snare.error_db < 20
    plain = procedural.sound("snare", 1, synth.config.audio)[0]
    # Level, offset, leading silence, rate and channels do not change what the model hears.
    assert np.linalg.norm(snare.z - synth.encode(plain, "snare")) < 0.5 * np.linalg.norm(snare.z)


def test_edits_keep_what_the_model_does_not_hear(synth, snare):
    edited = synth.generate([0.5, 0, 0], "snare", base=snare)
    assert edited.shape == snare.wave.shape
    np.testing.assert_array_equal(edited[: snare.start], snare.wave[: snare.start])
    np.testing.assert_allclose(edited[-100:], 0.02, atol=2e-3)
    moved = edited - snare.wave
    assert 0.01 < np.abs(moved).max() < 0.3 and np.abs(moved[snare.start]).max() < 1e-3
    # The right channel has half the level, in the change as well.
    energy = (moved**2).sum(axis=0)
    assert 0.15 < energy[1] / energy[0] < 0.4


@pytest.mark.parametrize("knob", range(3))
def test_the_named_property_moves_as_in_the_model(synth, snare, knob):
    name = synth.knob_names["snare"][knob]

    def measured(wave):
        mono = audio.resample(audio.mono(wave)[snare.start :] - 0.02, RATE, synth.rate)
        return float(controls.properties(synth.mel(mono[None]), synth.config.audio)[name][0])

    down, up = (synth.generate(sign * np.eye(3)[knob], "snare", base=snare) for sign in (-1, 1))
    assert measured(down) < measured(up)


def test_small_steps_change_little_and_large_ones_lead_to_the_model(synth, snare):
    def distance(wave, other):
        count = min(len(wave), len(other))
        return np.sqrt(np.sum((wave[:count] - other[:count]) ** 2) / np.sum(snare.wave**2))

    steps = [synth.generate([position, 0, 0], "snare", base=snare) for position in np.linspace(0, 0.4, 5)]
    assert max(distance(b, a) for a, b in zip(steps[:-1], steps[1:], strict=True)) < 0.5
    correlations = []
    for far in 3 * np.concatenate([synth.draw("snare", seed=seed) for seed in (1, 2, 3)]):
        alone = audio.resample(synth.render(far, "snare"), synth.rate, RATE)
        made = synth.edit(snare, far)[snare.start :, 0] - 0.02
        count = min(len(alone), len(made))
        correlations.append(np.corrcoef(alone[:count], made[:count])[0, 1])
    assert np.median(correlations) > 0.9


def test_takes_differ_from_the_sound_and_from_each_other_but_not_much(synth, snare):
    takes = synth.takes(snare, 3, seed=5)
    assert [take.shape for take in takes] == [snare.wave.shape] * 3
    mels = [
        np.log(synth.mel(audio.resample(audio.mono(x)[snare.start :] - 0.02, RATE, synth.rate)[None])[0, :30] + 1e-2)
        for x in (snare.wave, *takes)
    ]
    for i in range(4):
        for j in range(i):
            assert 0.05 < np.abs(mels[i] - mels[j]).mean() < 1.0
    np.testing.assert_array_equal(takes[1], synth.takes(snare, 1, seed=6)[0])


def test_morphs_have_exact_ends_and_a_middle_that_is_heard(synth, snare):
    kick = synth.listen(recording(synth, "kick", rate=44100, stereo=False), 44100, "kick")
    np.testing.assert_array_equal(synth.morph(snare, kick, 0.0), snare.wave)
    np.testing.assert_array_equal(synth.morph(kick, kick, 1.0), kick.wave)
    middle = synth.morph(snare, kick, 0.5)
    energies = [np.sum(own.by_channel(x).mean(axis=0) ** 2) for x in (snare.wave - 0.02, kick.wave - 0.02, middle)]
    energies[1] *= RATE / 44100
    assert 10 * np.log10(energies[2] / min(energies[:2])) > -3 and np.abs(middle).max() <= 1
    near = synth.morph(snare, kick, 1e-6)
    count = len(snare.wave) - snare.start
    assert np.abs(near[:count] - snare.channels.T).max() < 1e-3
    for t in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="t must be between 0"):
            synth.morph(snare, kick, t)


def test_sound_files_are_read_with_their_channels_and_a_class_from_their_name(synth, tmp_path):
    for name, stereo in (("my tom 3.wav", True), ("BD.wav", False)):
        soundfile.write(tmp_path / name, recording(synth, "tom", stereo=stereo), RATE, subtype="PCM_24")
    tom, kick = synth.listen(tmp_path / "my tom 3.wav"), synth.listen(str(tmp_path / "BD.wav"))
    assert (tom.drum_class, tom.wave.ndim, tom.rate) == ("tom", 2, RATE)
    assert (kick.drum_class, kick.wave.ndim) == ("kick", 1)


@pytest.mark.slow
def test_classes_are_guessed_by_the_sound(synth):
    """The bundle has never heard the built-in drums."""
    shape = synth.config.audio
    names = [name for name in ("kick", "snare", "closed_hat", "open_hat") for _ in range(4)]
    waves = np.stack([procedural.sound(name, 10 * n, shape)[0] for n, name in enumerate(names)])
    found = synth.guess(waves, shape.rate)
    assert len(found) == 16 and all(name in CLASSES and 1 / 11 <= certainty <= 1 for name, certainty in found)
    assert sum(name == wanted for (name, _), wanted in zip(found, names, strict=True)) >= 8
    sound = synth.listen(waves[0], shape.rate)
    assert sound.drum_class == "kick" and 0.3 < sound.certainty <= 1


NOISE = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)


@pytest.mark.parametrize(
    ("sound", "rate", "error", "text"),
    [
        (np.zeros(4800), RATE, Unfit, "silent"),
        (np.zeros(0), RATE, Unfit, "silent"),
        (0.5 * NOISE[:100], RATE, Unfit, "too short: 2.1 ms"),
        (np.tile(NOISE, 31), RATE, Unfit, "too long"),
        ([0.0, float("nan")], RATE, ValueError, "must be finite"),
        (np.stack([NOISE, NOISE]), RATE, ValueError, "pass wave.T"),
        (np.zeros((3, 20, 2)), RATE, ValueError, "got shape"),
        (NOISE, None, ValueError, "need their rate in Hz"),
        (NOISE, 3, ValueError, "the rate must be"),
        ("nowhere.wav", None, ValueError, "nowhere.wav"),
        ("kick", RATE, ValueError, "kick"),
    ],
)
def test_what_is_no_sound_is_refused_in_one_line(synth, sound, rate, error, text):
    with pytest.raises(error, match=text) as caught:
        synth.listen(sound, rate, "kick")
    assert "\n" not in str(caught.value)


def test_encode_takes_a_rate_and_refuses_channels_last(synth):
    wave = procedural.sound("kick", 1, synth.config.audio)[0]
    twice = audio.resample(wave, synth.rate, 2 * synth.rate)
    own_rate, other = synth.encode(wave, "kick"), synth.encode(twice, "kick", rate=2 * synth.rate)
    assert np.linalg.norm(own_rate - other) < 0.3 * np.linalg.norm(own_rate)
    with pytest.raises(ValueError, match=r"wave.mean\(axis=1\)"):
        synth.encode(np.stack([wave, wave], axis=1), "kick")
    with pytest.raises(ValueError, match="one position at a time"):
        synth.generate(np.zeros((2, 3)), "kick", base=synth.listen(wave, synth.rate, "kick"))
