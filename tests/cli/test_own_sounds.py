"""`drumjax generate` with sound files of the user's: edited, taken again, morphed, made again, refused."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from drumjax.cli.generate import generate
from drumjax.data import procedural
from drumjax.sound import audio


@pytest.fixture
def files(run, load):
    """snare.wav (stereo, 48,000 Hz, 24 bits) and my kick.flac (mono, 16 bits) in the folder of the test."""
    shape = load().config.audio
    snare, kick = (procedural.sound(name, 1, shape)[0] for name in ("snare", "kick"))
    stereo = np.stack([audio.resample(snare, shape.rate, 48000)] * 2, axis=1) * [0.5, 0.25]
    soundfile.write("snare.wav", stereo, 48000, subtype="PCM_24")
    soundfile.write("my kick.flac", 0.8 * kick, shape.rate, subtype="PCM_16")


def samples(path):
    return soundfile.read(path, dtype="float32", always_2d=True)


def test_knobs_at_zero_write_the_sound_itself(files, run):
    for name, drum_class in (("snare.wav", "snare"), ("my kick.flac", "kick")):
        (written,) = run("--base", name)
        assert written == f"{drum_class}_from-{Path(name).stem.replace(' ', '-')}_0_0_0.wav"
        (before, rate), (after, own_rate) = samples(name), samples(written)
        assert rate == own_rate
        np.testing.assert_array_equal(after, before)
        assert soundfile.info(written).subtype == soundfile.info(name).subtype


def test_turned_taken_and_morphed(files, run):
    before, rate = samples("snare.wav")
    (turned,) = run("--base", "snare.wav", "--z", "1", "0", "-0.5", "--plot")[:1]
    takes = run("--base", "snare.wav", "--takes", "2", "--seed", "3")
    assert takes == ["drums/snare_from-snare_take3.wav", "drums/snare_from-snare_take4.wav"]
    for name in (turned, *takes):
        after, own_rate = samples(name)
        assert (after.shape, own_rate) == (before.shape, rate) and np.abs(after - before).max() > 0.01
    morphs = run("--base", "snare.wav", "--morph", "my kick.flac", "--n", "3", "--rate", "44100", "--bits", "16")
    assert morphs == [f"drums/snare_from-snare_to-my-kick_0{number}.wav" for number in (1, 2, 3)]
    assert {soundfile.info(name).samplerate for name in morphs} == {44100}
    waves = [samples(name)[0].mean(axis=1) for name in morphs]
    shares = [np.abs(np.fft.rfft(wave, 44100))[:200].sum() for wave in waves]  # below 200 Hz, where a kick is
    assert shares[0] < shares[1] < shares[2]


def test_layers_rise_to_the_sound_itself(files, run):
    layers = run("--base", "snare.wav", "--layers", "3")
    assert layers == [f"drums/snare_from-snare_layer{number}.wav" for number in (1, 2, 3)]
    peaks = [np.abs(samples(name)[0]).max() for name in layers]
    np.testing.assert_allclose(20 * np.log10(np.divide(peaks[:2], peaks[2])), [-24, -12], atol=0.1)
    np.testing.assert_array_equal(samples(layers[2])[0], samples("snare.wav")[0])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--z", "0.5", "0", "0"],
        ["--takes", "2", "--seed", "9"],
        ["--layers", "3"],
        ["--morph", "my kick.flac", "--n", "2"],
    ],
)
def test_again_makes_the_same_file_byte_for_byte(arguments, files, run, capsys):
    written = Path(run("--base", "snare.wav", *arguments)[-1])
    (again,) = map(Path, run("--again", written))
    assert again.read_bytes() == written.read_bytes() and again != written
    if "--morph" in arguments:
        shutil.move("my kick.flac", "moved.flac")
        assert generate(["--again", str(written)]) == 2
        assert "--morph FILE" in (error := capsys.readouterr().err) and error.count("\n") == 1
        (again,) = map(Path, run("--again", written, "--morph", "moved.flac"))
        assert again.read_bytes() == written.read_bytes()


def test_a_class_that_no_name_has_is_guessed_and_told(files, run, load, monkeypatch, capsys):
    monkeypatch.setattr(type(load()), "guess", lambda self, waves, rate: [("tom", 0.62)])
    shutil.copy("snare.wav", "x7.wav")
    assert generate(["--base", "x7.wav"]) == 0
    output = capsys.readouterr()
    assert output.out == "tom_from-x7_0_0_0.wav\n" and "x7.wav sounds like tom (62% certain)" in output.err
    assert run("--base", "x7.wav", "--class", "clap") == ["clap_from-x7_0_0_0.wav"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--takes", "2"], "--takes needs a sound of yours"),
        (["--base", "7", "--class", "tom", "--morph", "snare.wav"], "--morph needs a sound of yours"),
        (["--base", "snare.wav", "--takes", "2", "--z", "0", "0", "0"], "one of --z, --takes, --layers and --morph"),
        (["--layers", "2"], "--layers needs a sound of yours"),
        (["--base", "snare.wav", "--layers", "128"], "--layers must be 127 or less"),
        (["--base", "snare.wav", "--n", "2"], "--n goes with --morph FILE"),
        (["--base", "snare.wav", "--seed", "2"], "--seed goes with --takes"),
        (["--base", "snare.wav", "--strict"], "--strict is for new sounds"),
        (["--base", "snare.wav", "--takes", "2", "--class", "tom", "kick"], "a sound has one class"),
        (["--base", "snare.wav", "--morph", "7"], "--morph must be a sound file; there is no file '7'"),
        (["--base", "snare.wav", "--z", "11", "0", "0"], "--z must lie within -10 to 10"),
        (["--base", "silent.wav", "--class", "kick"], "silent.wav is silent: no sample"),
        (["--base", "text.wav", "--class", "kick"], "text.wav"),
    ],
)
def test_mistakes_are_one_line_and_write_nothing(arguments, message, files, capsys):
    soundfile.write("silent.wav", np.zeros(1000), 44100)
    Path("text.wav").write_text("no sound")
    before = set(Path().rglob("*"))
    assert generate(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1 and error.startswith("generate: ")
    assert set(Path().rglob("*")) == before
