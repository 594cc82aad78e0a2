"""generate.py as a user runs it: files, exit codes, one clear line for a mistake."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from drumjax.cli.generate import generate
from drumjax.config import CLASSES
from drumjax.evaluate import yardsticks
from drumjax.synth import Synth

ROOT = Path(__file__).parents[2]
KICK = ["--class", "kick", "--z", "0.1", "-0.3", "0.5"]


def script(name, *arguments, **kwargs):
    return subprocess.run(
        [sys.executable, str(ROOT / name), *map(str, arguments)], capture_output=True, text=True, timeout=400, **kwargs
    )


def test_the_first_command_of_the_readme_writes_a_kick(tmp_path):
    done = script("generate.py", *KICK, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.split() == ["kick.wav"], done.stderr
    wave, rate = soundfile.read(tmp_path / "kick.wav")
    assert rate == 22050 and wave.shape == (22015,) and np.abs(wave).max() > 0.05
    again = script("generate.py", *KICK, "--out", "again.wav", cwd=tmp_path)
    assert again.returncode == 0
    assert (tmp_path / "again.wav").read_bytes() == (tmp_path / "kick.wav").read_bytes()


def test_all_classes_another_rate_and_pictures(tmp_path, capsys):
    out = tmp_path / "kit"
    arguments = [
        "--class",
        "all",
        "--z",
        "0",
        "0",
        "-1e-3",
        "--out",
        str(out),
        "--rate",
        "44100",
        "--bits",
        "24",
        "--plot",
    ]
    assert generate(arguments) == 0
    assert sorted(p.stem for p in out.glob("*.wav")) == sorted(CLASSES) == sorted(p.stem for p in out.glob("*.png"))
    for path in out.glob("*.wav"):
        info = soundfile.info(path)
        assert (info.samplerate, info.subtype, info.frames) == (44100, "PCM_24", 44030)
        wave, _ = soundfile.read(path)
        assert np.abs(wave).max() > 0.05 and np.isfinite(wave).all()
    assert len(capsys.readouterr().out.splitlines()) == 22


def test_random_sounds_are_seeded_and_numbered(tmp_path):
    for folder in ("a", "b"):
        assert generate(["--class", "snare", "CH", "--n", "2", "--seed", "4", "--out", str(tmp_path / folder)]) == 0
    names = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert names == ["closed_hat_000.wav", "closed_hat_001.wav", "snare_000.wav", "snare_001.wav"]
    contents = [(tmp_path / "a" / n).read_bytes() for n in names]
    assert contents == [(tmp_path / "b" / n).read_bytes() for n in names] and len(set(contents)) == 4
    assert generate(["--class", "snare", "--n", "1", "--range", "5", "--out", str(tmp_path / "wide.wav")]) == 0


def test_many_sounds_are_made_a_few_at_a_time(tmp_path, monkeypatch):
    rendered = []
    render = Synth.render
    monkeypatch.setattr(Synth, "render", lambda self, z, *rest: rendered.append(len(z)) or render(self, z, *rest))
    for folder, most in (("few", 2), ("all", 128)):
        monkeypatch.setattr("drumjax.cli.generate.AT_ONCE", most)
        assert generate(["--class", "snap", "tom", "--n", "3", "--out", str(tmp_path / folder)]) == 0
    assert rendered == [2, 1, 2, 1, 3, 3]
    for path in (tmp_path / "all").iterdir():
        np.testing.assert_allclose(*(soundfile.read(tmp_path / f / path.name)[0] for f in ("few", "all")), atol=1e-3)


def test_a_sound_at_hand_is_shaped_and_classes_are_mixed(tmp_path, capsys):
    """A found sound, from a file or a seed, is what the knobs move around."""

    def written(name, *arguments):
        assert generate([*arguments, "--out", str(tmp_path / name)]) == 0
        return soundfile.read(tmp_path / name)[0]

    found = written("found.wav", "--class", "tom", "--n", "1", "--seed", "7")
    seeded = written("seeded.wav", "--class", "tom", "--base", "7", "--z", "0", "0", "0")
    np.testing.assert_allclose(seeded, found, atol=1e-3)
    shaped = written("shaped.wav", "--class", "tom", "--base", str(tmp_path / "found.wav"), "--z", "0", "0", "0")
    centre = written("centre.wav", "--class", "tom", "--z", "0", "0", "0", "--texture", "off")
    mels = np.log(yardsticks.mels_of(np.stack([wave / np.abs(wave).max() for wave in (found, shaped, centre)])) + 1e-3)
    assert np.abs(mels[1] - mels[0]).mean() < np.abs(mels[2] - mels[0]).mean()
    assert generate(["--class", "kick:0.7,snare:0.3", "--n", "2", "--strict", "--out", str(tmp_path / "mix")]) == 2
    assert "strict" in capsys.readouterr().err and not (tmp_path / "mix").exists()
    assert generate(["--class", "kick:0.7,snare:0.3", "--n", "2", "--out", str(tmp_path / "mix")]) == 0
    assert sorted(p.name for p in (tmp_path / "mix").iterdir()) == ["kick-snare_000.wav", "kick-snare_001.wav"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--class", "cowbell", "--z", "0", "0", "0"], "drum class must be one of kick"),
        (["--class", "kick"], "give either --z P1 P2 P3"),
        (["--class", "kick", "--z", "0", "0"], "expected 3 arguments"),
        (["--class", "kick", "--z", "0", "nan", "0"], "finite number; got 'nan'"),
        (["--class", "kick", "--z", "0", "-inf", "0"], "finite number; got '-inf'"),
        (["--class", "kick", "--z", "0", "loud", "0"], "finite number; got 'loud'"),
        (["--class", "kick", "--z", "0", "0", "11"], "within -10 to 10"),
        (["--class", "kick", "--z", "0", "3", "0", "--range", "2"], "within -2 to 2"),
        (["--class", "kick", "--n", "0"], "1 or more"),
        (["--class", "kick", "--seed", "-3"], "0 or more; got '-3'"),
        (["--z", "0", "0", "0"], "--class"),
        ([*KICK, "--rate", "12"], "--rate"),
        ([*KICK, "--base", "nowhere.wav"], "a sound file or a seed; got 'nowhere.wav'"),
        ([*KICK, "--prior"], "they go with --n and --seed"),
        ([*KICK, "--texture", "loud"], "0 or more; got 'loud'"),
        (["--class", "kick", "--n", "1", "--base", "3"], "give --z P1 P2 P3 as well"),
        (["--class", "kick:1,snare:x", "--n", "1"], "a mix of classes is written"),
        ([*KICK, "--bundle", "nowhere"], "no bundle in nowhere"),
        ([*KICK, "--out", "kick.mp3"], "--out must name a .wav file"),
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
