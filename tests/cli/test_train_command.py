"""drumjax train around the training: which run, which settings, the lock, and what is printed."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from drumjax import presets
from drumjax.cli import settings as cli_settings
from drumjax.cli import summary
from drumjax.cli import train as command
from drumjax.cli.lock import locked
from drumjax.cli.train import train
from drumjax.commands import invocation
from drumjax.data import procedural
from drumjax.sound import audio

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def options(*arguments):
    return command._parser().parse_args(arguments)


def trained(run, stage="cwae", step=7, at=1000, preset="tiny"):
    """A run's folder with a checkpoint that was written at a time."""
    saved = Path(run, stage, "checkpoints", str(step))
    saved.mkdir(parents=True)
    os.utime(saved, (at, at))
    presets.save(presets.preset(preset), Path(run, "config.json"))


@pytest.fixture
def prepared(monkeypatch):
    """Instead of training: (settings, stages, resume) of every call that would train."""
    calls = []
    monkeypatch.setattr(command, "_prepare", lambda *_: None)
    monkeypatch.setattr(command, "_train_stages", lambda *rest: calls.append(rest))
    return calls


def test_every_data_option_counts():
    made = cli_settings.settings(options("--data", "a", "b", "--data", "c"))
    assert [Path(folder).name for folder in made.data.folders] == ["a", "b", "c"]


def test_two_data_options_both_end_in_the_store(capsys):
    for folder, name in (("a", "kick"), ("b", "snare")):
        for seed in range(2):
            wave, _ = procedural.sound(name, 40 * seed, presets.tiny().audio)
            Path(folder, str(seed)).mkdir(parents=True)
            audio.write(Path(folder, str(seed), f"{name}.wav"), wave, 11025)
    assert train(["--stage", "data", "--preset", "tiny", "--data", "a", "--data", "b"]) == 0
    report = capsys.readouterr().out
    assert "kick            2" in report and "snare           2" in report


def test_guess_is_a_setting_of_the_data():
    assert cli_settings.settings(options("--data", "a", "--guess")).data.guess
    assert not cli_settings.settings(options("--data", "a")).data.guess
    with pytest.raises(ValueError, match="name their folders with --data"):
        cli_settings.settings(options("--guess"))


def test_a_row_of_labels_that_matches_nothing_is_one_line(capsys):
    wave, _ = procedural.sound("kick", 0, presets.tiny().audio)
    Path("a").mkdir()
    audio.write("a/00.wav", wave, 11025)
    Path("a/labels.csv").write_text("path,class\n00.wav,kick\n01.wav,kick\n")
    assert train(["--stage", "data", "--preset", "tiny", "--data", "a"]) == 2
    error = capsys.readouterr().err
    assert error.endswith("labels.csv, row 3: '01.wav' matches no file; the nearest is '00.wav'\n")
    assert error.count("\n") == 1


def test_the_plain_command_takes_release(prepared):
    assert train(["--data", "sounds"]) == 0 and train([]) == 0
    for made, asked, resume in prepared:
        assert (made.preset, str(made.run_dir), asked, resume) == ("release", "runs/release", ("cwae",), False)
    assert prepared[1][0] == presets.release()


def test_resume_alone_finds_the_newest_run(prepared, capsys):
    trained("runs/home", at=2000, preset="home")
    trained("runs/tiny", at=3000)
    trained("runs/release", at=1000, preset="release")
    trained("elsewhere/tiny", at=9000)
    assert train(["--resume"]) == 0
    assert "resuming runs/tiny\n" in capsys.readouterr().out
    assert train(["--resume", "--preset", "home"]) == 0
    assert train(["--resume", "--set", "run.dir=elsewhere/tiny"]) == 0
    assert [str(made.run_dir) for made, *_ in prepared] == ["runs/tiny", "runs/home", "elsewhere/tiny"]
    assert [made.preset for made, *_ in prepared] == ["tiny", "home", "tiny"]


def test_resume_without_a_run_is_one_line(capsys):
    Path("runs/home/cwae/checkpoints/7.orbax-tmp").mkdir(parents=True)
    assert train(["--resume"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("train: nothing to resume: no run in runs/") and error.count("\n") == 1


def test_two_runs_in_one_folder_are_refused(prepared, capsys):
    with locked(Path("runs/tiny")):
        assert train(["--preset", "tiny"]) == 2
        error = capsys.readouterr().err
        assert f"runs/tiny is in use by process {os.getpid()} on " in error and error.count("\n") == 1
        assert train(["--preset", "tiny", "--set", "run.dir=runs/other"]) == 0
    assert train(["--preset", "tiny"]) == 0 and len(prepared) == 2


def test_a_killed_process_leaves_no_lock():
    code = (
        "import pathlib, time; from drumjax.cli.lock import locked\n"
        "with locked(pathlib.Path('run')): print('held', flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ValueError, match=f"in use by process {holder.pid} on "), locked(Path("run")):
            pass
        holder.kill()
    assert Path("run/lock").exists()
    with locked(Path("run")):
        assert Path("run/lock").read_text().startswith(f"process {os.getpid()} on ")
    assert not Path("run/lock").exists() and Path("run").exists()


def test_a_mistake_leaves_no_folder(capsys):
    assert train(["--stage", "data", "--data", "missing"]) == 2
    assert "missing" in capsys.readouterr().err and not list(Path().iterdir())


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("audio.mels=4000", "audio.mels must be at most 741"),
        ("cwae.latent=1000", "cwae.components must be 0 or at least cwae.latent"),
        ("cwae.components=100000", "cwae.components must be at most 4400"),
    ],
)
def test_nonsense_is_refused_before_the_data_stage(assignment, message, capsys, monkeypatch):
    monkeypatch.setattr(command, "_prepare", lambda *_: pytest.fail("the data stage has begun"))
    assert train(["--set", assignment]) == 2
    error = capsys.readouterr().err
    assert error.startswith("train: ") and message in error and error.count("\n") == 1
    assert not list(Path().iterdir())


def test_ctrl_c_names_the_command_that_goes_on(prepared, capsys, monkeypatch):
    def interrupted(settings, *_):
        trained(settings.run_dir)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "_train_stages", interrupted)
    assert train(["--preset", "tiny", "--set", "run.dir=my run"]) == 130
    error = capsys.readouterr().err
    assert "drumjax train --set 'run.dir=my run' --resume goes on from the last checkpoint" in error
    assert error.endswith("train: stopped\n") and not Path("my run/lock").exists()


@pytest.fixture
def store():
    """Built-in drums of two kits, without a kick to train on."""
    made = presets.override(presets.preset("tiny"), ["data.builtin=12", "run.dir=runs/mine"])
    built = procedural.build(made, progress=False)
    built.splits[(built.labels == 0)] = 1
    return made, built


def test_the_plan_counts_sounds_and_steps(store):
    made, built = store
    trained("runs/mine", step=60)
    text = summary.plan(made, built, ("cwae", "mcnn"))
    assert "preset tiny; run in runs/mine, sounds in runs/mine/store" in text
    train, validation = (int(np.sum(built.splits == side)) for side in (0, 1))
    assert f"132 sounds of 2 kits ({train} train, {validation} validation, 0 test)" in text
    assert "kick 12, clap 12" in text and "no training sounds of kick: built-in drums stand in" in text
    assert "cwae 240 steps of 44 sounds (60 done); mcnn 50,000 steps of 128 sounds; then the bundle" in text
    assert "each stage prints how long it takes" in text
    text = summary.plan(presets.override(made, ["train.minutes=90"]), built, ("cwae", "mcnn"))
    assert "time budget 1 h 30 min for the stages" in text and "each stage prints" not in text


def test_a_budget_is_kept_in_the_run_and_may_be_changed(prepared, capsys):
    assert train(["--preset", "tiny", "--minutes", "90"]) == 0
    trained("runs/tiny")
    presets.save(prepared[-1][0], Path("runs/tiny/config.json"))
    assert train(["--resume"]) == 0 and train(["--resume", "--minutes", "120.5"]) == 0
    assert train(["--resume", "--minutes", "0"]) == 0
    assert [made.train.minutes for made, *_ in prepared] == [90, 90, 120.5, 0]
    capsys.readouterr()
    for wrong in ("-1", "nan", "soon"):
        assert train(["--resume", "--minutes", wrong]) == 2
        error = capsys.readouterr().err
        assert "minutes" in error and error.count("\n") == 1


def test_each_stage_gets_its_part_of_the_budget(monkeypatch, store):
    from drumjax.data import batches
    from drumjax.train import assembly, log, loop, stages

    made, built = store
    made = presets.override(made, ["train.minutes=10"])
    parts = []

    def run(task, balanced, folder, blank, seconds):
        parts.append(seconds)
        folder.mkdir(parents=True)
        log.write([{"step": 1, "validation/loss": 1.0, "seconds": 60.0}], folder / "metrics.jsonl")

    monkeypatch.setattr(loop, "run", run)
    monkeypatch.setattr(stages, "task", lambda *_: None)
    monkeypatch.setattr(batches, "Balanced", lambda *_: None)
    monkeypatch.setattr(assembly, "assemble", lambda *_: None)
    command._train_stages(made, ("cwae", "mcnn", "joint"), False)
    assert parts == pytest.approx([600 / 5, 540 * 3 / 4, 480])


def test_the_outcome_names_figures_and_the_next_command(store):
    made, built = store
    best = {"step": 120, "validation/loss": 250.0, "validation/mse": 0.25, "validation/mean_mel_baseline": 0.9}
    stages = {"cwae": {"best": best}}
    text = summary.outcome(made, built, stages, None)
    figures = "squared error of the standardised log-mels 0.25, that of the mean sound 0.9"
    assert f"cwae, best validation at step 120: {figures}" in text and "no training sounds of kick" in text
    following = invocation("drumjax train --stage mcnn --set run.dir=runs/mine")
    assert f"holds no trained mcnn; next: {following}" in text
    row = {"validation/loss": 3.0, "validation/convergence": 0.1, "validation/log_mel": 0.2, "validation/mask": 0.3}
    stages["mcnn"] = {"best": {"step": 80, **row}}
    text = summary.outcome(made, built, stages, Path("runs/mine/bundle"))
    assert "mcnn, best validation at step 80: spectral convergence 0.1, log-mel distance 0.2" in text
    heard = invocation("drumjax generate --bundle runs/mine/bundle --class kick --z 0 0 0")
    assert text.endswith(f"hear it: {heard}")
    assert "132 sounds of 2 kits" in text


def test_the_next_command_parses(store):
    import shlex

    made, built = store
    text = summary.outcome(made, built, {"mcnn": {"best": {"step": 8}}}, None)
    words = shlex.split(text.rpartition("next: ")[2])
    at = words.index("drumjax")
    assert words[at + 1] == "train" and options(*words[at + 2 :]).stage == "cwae"
