"""`drumjax generate` as a user runs it: files, names, recipes, exit codes, one clear line for a mistake."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from drumjax import checkpoint
from drumjax.cli.generate import generate
from drumjax.config import CLASSES
from drumjax.sound import audio
from drumjax.synth import Synth

ROOT = Path(__file__).parents[2]
KICK = ["--class", "kick", "--z", "0.1", "-0.3", "0.5"]


def test_the_script_writes_a_kick_that_ends_where_the_sound_ends(tmp_path):
    # As a user runs it: conftest.py switches most of XLA's optimisations off.
    environment = {k: v for k, v in os.environ.items() if k not in ("JAX_DISABLE_MOST_OPTIMIZATIONS", "XLA_FLAGS")}
    command = [sys.executable, ROOT / "generate.py", *KICK]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0 and done.stdout.split() == ["kick_0.1_-0.3_0.5.wav"], done.stderr
    wave, rate = soundfile.read(tmp_path / "kick_0.1_-0.3_0.5.wav", dtype="float32")
    synth = Synth.load()
    played = synth.generate([0.1, -0.3, 0.5], "kick")
    end = np.flatnonzero(played)[-1] + 1
    assert rate == synth.rate and len(wave) == end < synth.samples
    np.testing.assert_allclose(wave, played[:end], atol=1e-4)


def test_full_length_keeps_the_silence(run, load):
    run(*KICK, "--full-length", "--out", "long.wav")
    run(*KICK, "--out", "short.wav")
    long, short = (soundfile.read(name)[0] for name in ("long.wav", "short.wav"))
    assert len(long) == load().samples > len(short)
    np.testing.assert_array_equal(long[: len(short)], short)
    assert not long[len(short) :].any()


def test_all_classes_another_rate_and_pictures(run):
    written = run(
        "--class", "all", "--z", "0", "0", "-1e-3", "--out", "kit", "--rate", "48000", "--bits", "24", "--plot"
    )
    assert len(written) == 22
    out = Path("kit")
    expected = sorted(f"{name}_0_0_-0.001" for name in CLASSES)
    assert sorted(p.stem for p in out.glob("*.wav")) == expected == sorted(p.stem for p in out.glob("*.png"))
    for path in out.glob("*.wav"):
        info = soundfile.info(path)
        assert (info.samplerate, info.subtype) == (48000, "PCM_24") and 1000 < info.frames <= 48000
        wave, _ = soundfile.read(path)
        assert np.abs(wave).max() > 0.05 and np.isfinite(wave).all()


def test_new_sounds_differ_by_number_and_by_seed(run):
    first = run("--class", "snare", "CH", "--n", "2", "--seed", "4", "--out", "a/")
    names = ["snare_seed4_01.wav", "snare_seed4_02.wav", "closed_hat_seed4_01.wav", "closed_hat_seed4_02.wav"]
    assert first == [f"a/{name}" for name in names]
    assert run("--class", "snare", "CH", "--n", "2", "--seed", "4", "--out", "b/") == [f"b/{name}" for name in names]
    contents = [Path("a", name).read_bytes() for name in names]
    assert contents == [Path("b", name).read_bytes() for name in names] and len(set(contents)) == 4
    assert run("--class", "snare", "--seed", "5", "--out", "a/") == ["a/snare_seed5.wav"]
    assert Path("a/snare_seed5.wav").read_bytes() not in contents
    assert run("--class", "snare", "--n", "1", "--range", "5") == ["snare_seed0_range5.wav"]


def test_nothing_is_overwritten_without_force(run):
    assert run(*KICK, "--out", "x.wav") == ["x.wav"]
    Path("x.wav").write_bytes(b"mine")
    assert run(*KICK, "--out", "x.wav") == ["x_2.wav"]
    assert run(*KICK, "--out", "x.wav") == ["x_3.wav"]
    Path("x_4.png").write_bytes(b"my picture")
    assert run(*KICK, "--out", "x.wav", "--plot") == ["x_5.wav", "x_5.png"]
    assert Path("x.wav").read_bytes() == b"mine" and Path("x_4.png").read_bytes() == b"my picture"
    assert run(*KICK, "--out", "x.wav", "--force") == ["x.wav"]
    assert Path("x.wav").read_bytes() == Path("x_2.wav").read_bytes()


def test_mixes_of_the_same_classes_are_two_files(run):
    written = run("--class", "kick:0.9,snare:0.1", "kick:0.1,snare:0.9", "--seed", "3")
    assert written == ["drums/kick90-snare10_seed3.wav", "drums/kick10-snare90_seed3.wav"]
    assert Path(written[0]).read_bytes() != Path(written[1]).read_bytes()
    # Mixes whose percentages round to the same name are two files all the same, with --force as well.
    near = run("--class", "kick:0.9,snare:0.1", "kick:0.901,snare:0.099", "--seed", "3", "--force")
    assert near == ["drums/kick90-snare10_seed3.wav", "drums/kick90-snare10_seed3_2.wav"]


@pytest.mark.parametrize(
    "arguments",
    [
        [*KICK, "--rate", "48000", "--bits", "24"],
        ["--class", "snare", "--n", "3", "--seed", "7", "--texture", "off"],
        ["--class", "kick:0.7,snare:0.3", "--n", "2", "--range", "5", "--texture", "9", "--full-length"],
        ["--class", "tom", "--seed", "2", "--strict", "--out", "new/tom.flac"],
        ["--class", "tom", "--base", "7", "--z", "1", "0", "-0.5", "--controls", "global"],
        ["--bundle", "paper", "--class", "clap", "--z", "0.5", "0", "0"],
    ],
)
def test_again_makes_the_same_file_byte_for_byte(arguments, run):
    written = Path(run(*arguments)[-1])
    renamed = Path(f"found{written.suffix}")
    written.rename(renamed)
    (again,) = map(Path, run("--again", renamed))
    assert again.read_bytes() == renamed.read_bytes() and again != renamed
    assert again.stem.split("_")[0] == written.stem.split("_")[0] and again.suffix == written.suffix


def test_again_after_a_long_run_is_of_the_same_batch(run, monkeypatch):
    monkeypatch.setattr("drumjax.cli.rendering.AT_ONCE", 2)
    written = run("--class", "snap", "--n", "5", "--seed", "1")
    for name in (written[1], written[4]):
        (again,) = run("--again", name)
        assert Path(again).read_bytes() == Path(name).read_bytes()


def test_again_needs_the_sound_that_was_the_base(run, capsys):
    (base,) = run("--class", "tom", "--seed", "7", "--out", "base.wav")
    (shaped,) = run("--class", "kick", "--base", base, "--z", "0", "0", "0")
    assert shaped == "kick_from-base_0_0_0.wav"
    Path(base).rename("moved.wav")
    assert generate(["--again", shaped]) == 2
    assert "base.wav" in (error := capsys.readouterr().err) and "--base FILE" in error and error.count("\n") == 1
    (again,) = run("--again", shaped, "--base", "moved.wav")
    assert Path(again).read_bytes() == Path(shaped).read_bytes()
    run("--class", "tom", "--seed", "8", "--out", "other.wav")
    assert generate(["--again", shaped, "--base", "other.wav"]) == 2
    assert "other.wav is not" in capsys.readouterr().err


def test_again_refuses_files_without_a_recipe_of_this_bundle(run, capsys, tmp_path):
    def refused(*arguments):
        assert generate(["--again", *map(str, arguments)]) == 2
        error = capsys.readouterr().err
        assert error.startswith("generate: ") and error.count("\n") == 1
        return error

    (kick,) = run(*KICK)
    comment = audio.comment(kick)
    assert "missing.wav" in refused("missing.wav")
    audio.write("plain.wav", np.hanning(9000), 22050)
    assert "cannot make plain.wav again: it has no comment by drumjax" in refused("plain.wav")
    # Those of the page are made again, where the sound is the bundle's own: tests/server/test_page_export.py.
    own = {"class": "kick", "own": "0123456789abcdef"}
    for sound, words in (
        (own, "a sound file of yours"),
        ({"class": "gong"}, "comment by drumjax is damaged (drum class"),
    ):
        comment = json.dumps({"drumjax": "1", "bundle": "b", "pad": {"sound": sound}})
        audio.write_with_comment("page.wav", np.ones(9, np.float32), 44100, 24, comment)
        assert "cannot make page.wav again: its" in refused("page.wav") and words in refused("page.wav")
    assert "leave out --n" in refused("page.wav", "--n", 2)
    for damaged in (comment[:-9], comment.replace("0.1", '"0.1"'), comment.replace('"bits"', '"bytes"')):
        audio.write_with_comment("damaged.wav", np.hanning(9000), 22050, 16, damaged)
        assert "damaged.wav again: its comment by drumjax is damaged" in refused("damaged.wav")
    assert "leave out --seed" in refused(kick, "--seed", "3")
    assert "leave out --full-length" in refused(kick, "--full-length")
    assert "it has no such sound" in refused(kick, "--base", "3")

    other = tmp_path / "other"
    shutil.copytree(checkpoint.shipped(), other, ignore=lambda *_: ["evaluation", "paper"])
    header = json.loads((other / "bundle.json").read_text())
    header["config"]["vocoder"]["refine"] += 1
    (other / "bundle.json").write_text(json.dumps(header))
    assert "name its folder with --bundle" in refused(kick, "--bundle", other)


def test_a_file_by_an_older_drumjax_is_made_with_a_note(run, capsys):
    (kick,) = run(*KICK)
    older = audio.comment(kick).replace('"drumjax": "', '"drumjax": "0.0.')
    audio.write_with_comment("older.wav", np.hanning(9000), 22050, 16, older)
    assert generate(["--again", "older.wav"]) == 0
    assert capsys.readouterr().err.startswith("made by drumjax 0.0.")


def test_play_starts_the_first_player_on_the_path(run, monkeypatch, capsys):
    programs = Path("bin").absolute()
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    assert generate([*KICK, "--play"]) == 2
    assert "--play needs one of ffplay, aplay" in capsys.readouterr().err and not list(Path().glob("*.wav"))

    def install(name, script):
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(stat.S_IRWXU)

    install("paplay", f'echo "paplay $*" >> {programs}/log')
    install("aplay", f'echo "aplay $*" >> {programs}/log')
    (kick,) = run(*KICK, "--play")
    (flac,) = run(*KICK, "--out", "x.flac", "--play")
    lines = (programs / "log").read_text().splitlines()
    assert lines == [f"aplay -q {Path(kick).absolute()}", f"paplay {Path(flac).absolute()}"]  # aplay reads no FLAC
    install("aplay", "echo no such card >&2; exit 1")
    assert generate([*KICK, "--play"]) == 2
    assert "aplay could not play kick_0.1_-0.3_0.5_2.wav: no such card" in capsys.readouterr().err


def test_many_sounds_are_made_a_few_at_a_time(run, monkeypatch):
    rendered = []
    render = Synth.render
    monkeypatch.setattr(Synth, "render", lambda self, z, *rest: rendered.append(len(z)) or render(self, z, *rest))
    for folder, most in (("few", 2), ("all", 128)):
        monkeypatch.setattr("drumjax.cli.rendering.AT_ONCE", most)
        run("--class", "snap", "tom", "--n", "3", "--out", folder, "--full-length")
    assert rendered == [2, 1, 2, 1, 3, 3]
    for path in Path("all").iterdir():
        np.testing.assert_allclose(*(soundfile.read(Path(f, path.name))[0] for f in ("few", "all")), atol=1e-3)


def test_knobs_move_around_a_seed_and_classes_are_mixed(run, capsys):
    for arguments in (["--n", "1", "--seed", "7"], ["--base", "7", "--z", "0", "0", "0"]):
        run("--class", "tom", *arguments, "--full-length", "--out", f"{arguments[0][2:]}.wav")
    np.testing.assert_allclose(*(soundfile.read(name)[0] for name in ("n.wav", "base.wav")), atol=1e-3)
    assert generate(["--class", "kick:0.7,snare:0.3", "--n", "2", "--strict", "--out", "mix"]) == 2
    assert "strict" in capsys.readouterr().err and not Path("mix").exists()
    assert run("--class", "kick:0.7,snare:0.3", "--n", "2", "--out", "mix") == [
        "mix/kick70-snare30_seed0_01.wav",
        "mix/kick70-snare30_seed0_02.wav",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--class", "cowbell", "--z", "0", "0", "0"], "drum class must be one of kick"),
        (
            ["--class", "kick,snare", "--seed", "1"],
            "a mix is --class kick:0.5,snare:0.5, one sound of each --class kick",
        ),
        (["--class", "kick snare", "--seed", "1"], "names several classes"),
        (["--class", "kick"], "give either --z P1 P2 P3"),
        (["--class", "kick", "--z", "0", "0"], "expected 3 arguments"),
        (["--class", "kick", "--z", "0", "nan", "0"], "finite number; got 'nan'"),
        (["--class", "kick", "--z", "0", "-inf", "0"], "finite number; got '-inf'"),
        (["--class", "kick", "--z", "0", "loud", "0"], "finite number; got 'loud'"),
        (["--class", "kick", "--z", "0", "0", "11"], "within -10 to 10"),
        (["--class", "kick", "--z", "0", "3", "0", "--range", "2"], "within -2 to 2"),
        (["--class", "kick", "--n", "0"], "a whole number, 1 or more; got '0'"),
        (["--class", "kick", "--n", "1.5"], "a whole number, 1 or more; got '1.5'"),
        (["--class", "kick", "--n", "many"], "a whole number, 1 or more; got 'many'"),
        (["--class", "kick", "--n", "9999999"], "--n must be 1000000 or less"),
        (["--class", "kick", "--seed", "-3"], "0 or more; got '-3'"),
        (["--class", "kick", "--seed", "0.5"], "0 or more; got '0.5'"),
        (["--z", "0", "0", "0"], "--class"),
        ([*KICK, "--rate", "12"], "--rate"),
        ([*KICK, "--base", "nowhere.wav"], "a sound file or a seed; there is no file 'nowhere.wav'"),
        ([*KICK, "--prior"], "they go with --n and --seed"),
        ([*KICK, "--texture", "loud"], "0 or more, or off; got 'loud'"),
        (["--class", "kick", "--n", "1", "--base", "3"], "give --z P1 P2 P3 as well"),
        (["--class", "kick:1,snare:x", "--n", "1"], "a mix of classes is written"),
        ([*KICK, "--bundle", "nowhere"], "no bundle in nowhere"),
        ([*KICK, "--out", "kick.mp3"], "--out must name a .wav or .flac file, or a folder with / at its end"),
        ([*KICK, "--out", "kicks"], "a folder with / at its end; got kicks"),
        (["--class", "all", "--z", "0", "0", "0", "--out", "one.wav"], "--out must name a folder"),
        ([*KICK, "--loudness", "3"], "unrecognized arguments"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert generate(arguments) == 2
    output = capsys.readouterr()
    assert message in output.err and output.err.count("\n") == 1 and not output.out
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path):
    """A file-size limit stands for a full disk: the write itself fails."""
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "from drumjax.cli.generate import generate; import jax; jax.numpy.zeros(1);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        f"sys.exit(generate({KICK!r} + ['--out', 'kick.wav']))"
    )
    # Compiled code is not cached here: the cache's own files would meet the limit first.
    environment = {**os.environ, "JAX_ENABLE_COMPILATION_CACHE": "0", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "kick.wav" in done.stderr and not list(tmp_path.iterdir())
