"""The loop learns, anneals, keeps the good state, and resumes bit for bit after a kill."""

import dataclasses
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small import TRAINED

from drumjax import checkpoint, presets
from drumjax.config import CLASSES, Stage
from drumjax.data import procedural
from drumjax.data.batches import Balanced, Batch
from drumjax.data.store import Store
from drumjax.play import takes
from drumjax.synth import Synth
from drumjax.train import assembly, devices, log, loop, mcnn_stage, stages

ROOT = Path(__file__).parents[2]
SMALL = [
    *TRAINED, "stages=cwae,mcnn,joint", "vocoder.refine=0", "vocoder.end=mask", "mcnn.length_buckets=true",
    "cwae.beta=0.3", "train.cwae.steps=48", "train.cwae.epoch_steps=12", "train.cwae.ema=0.8",
    "train.cwae.learning_rate=0.003", "train.mcnn.steps=24", "train.mcnn.epoch_steps=8",
    "train.joint.steps=4", "train.joint.epoch_steps=4",
]  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    made = presets.override(presets.preset("tiny"), [*SMALL, f"run.dir={tmp_path_factory.mktemp('run')}"])
    store = procedural.build(made, progress=False)
    return made, store, Balanced(store, made.data.per_class, 0)


def bits(tree):
    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(tree)]


def test_both_networks_halve_their_error_on_a_few_sounds(small):
    made, store, _ = small
    few, mesh = Balanced(store, 2, 0), devices.mesh(22, "cwae")
    for name, monitored, share in (("cwae", "mse", 0.5), ("mcnn", "convergence", 0.8)):
        task = stages.task(name, made, store, few)
        settings = dataclasses.replace(task.settings, batch=22, steps=60, learning_rate=3e-3)
        task = task._replace(settings=settings)
        step = loop.make_step(task, 0)
        # On a mesh as in `loop.run`: the step is compiled once.
        state = devices.placed(loop.start(*task.init(jax.random.key(0)), settings), devices.replicated(mesh))
        errors = []
        for i in range(60):
            state, metrics = step(state, task.frozen, few.batch(i, 22))
            errors.append(float(metrics[monitored]))
        assert np.mean(errors[-5:]) < share * np.mean(errors[:2]), (task.name, errors)


def test_the_silence_cut_off_short_sounds_changes_neither_loss_nor_gradient(small):
    made, store, balanced = small
    cuts = mcnn_stage.length_buckets(made)
    (shortest, samples), *_ = cuts.items()
    assert len(cuts) == 5 and list(cuts) == sorted(cuts) and cuts[made.audio.samples] == made.audio.samples
    batch = balanced.batch(0, 8)
    waves, lengths = batch.waves.copy(), np.minimum(batch.lengths, shortest - np.arange(8))
    waves[np.arange(waves.shape[1]) >= lengths[:, None]] = 0
    for log_loss in ("paper", "active"):
        made = presets.override(made, [f"mcnn.log_loss={log_loss}"])
        task = mcnn_stage.mcnn_task(made, batch)
        params, extra = task.init(jax.random.key(3))

        @jax.jit
        def losses(waves, lengths, params=params, task=task, extra=extra):
            batch = Batch(waves, lengths, np.zeros(len(lengths), np.int32))
            grad = jax.grad(lambda p: task.objective(p, extra, {}, batch, None)[0])
            return task.objective(params, extra, {}, batch, None)[1][0], grad(params)

        cut, whole = losses(waves[:, :samples], lengths), losses(waves, lengths)
        for a, b in zip(jax.tree.leaves(cut), jax.tree.leaves(whole), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5 * float(jnp.abs(b).max()))


def test_annealing_halves_after_patience_epochs_without_a_lower_loss():
    settings = Stage(batch=22, steps=1, learning_rate=1e-3, factor=0.5, patience=2)
    state = loop.start({"w": jnp.zeros(3)}, {}, settings)
    scales = []
    for loss in (1.0, 0.9, 0.95, 0.93, 0.8, 0.95, 0.99):
        state = loop.anneal(state, loss, settings)
        scales.append(float(state.plateau.scale))
    # The loss has not fallen for two epochs with 0.93, and again with 0.99.
    assert scales == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25]


def test_a_nan_stops_the_run_and_keeps_the_last_good_state(small, tmp_path):
    made, store, balanced = small
    task = stages.task("mcnn", made, store, balanced)

    def poisoned(params, extra, frozen, batch, key):
        loss, (metrics, extra) = task.objective(params, extra, frozen, batch, key)
        count = extra["count"] + 1
        loss = loss * jnp.where(count > 12, jnp.nan, 1.0)  # the gradients, and so the state, are poisoned too
        return loss, ({**metrics, "loss": loss}, {"count": count})

    broken = task._replace(
        objective=poisoned, init=lambda key: (task.init(key)[0], {"count": jnp.zeros(())}), show=lambda *_: None
    )
    with pytest.raises(loop.Diverged, match=r"mcnn loss became nan.*--resume"):
        loop.run(broken, balanced, tmp_path, None)
    assert [row["step"] for row in log.read(tmp_path / "metrics.jsonl")] == [0, 8]
    with checkpoint.Checkpoints(tmp_path / "checkpoints") as checkpoints:
        state = checkpoints.latest(loop.start(*broken.init(jax.random.key(0)), broken.settings))
    assert int(state.step) == 8 and all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.params))


def train(run, *arguments, **kwargs):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job passes on that it is ignored
    command = [sys.executable, "train.py", "--preset", "tiny", "--set", *SMALL, f"run.dir={run}", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kwargs)


def finished(process):
    output, _ = process.communicate(timeout=1200)  # a minute of computation, on a machine that others may use
    assert process.returncode == 0, output
    return output


def rows(run, stage):
    """The log without its clocks."""
    timed = ("seconds", "ms_per_sound")
    return [{k: v for k, v in row.items() if k not in timed} for row in log.read(run / stage / "metrics.jsonl")]


def last_state(run, stage):
    made = presets.load(run / "config.json")
    like = assembly.blank_state(made, stage)
    with checkpoint.Checkpoints(run / stage / "checkpoints") as checkpoints:
        return checkpoints.latest(like)


def killed_after(process, ready, signal_sent):
    """Sends the signal a moment after `ready` is true: in the middle of the next epoch."""
    deadline = time.monotonic() + 1200
    while not ready() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.4)
    process.send_signal(signal_sent)
    output = process.communicate(timeout=1200)[0]
    return process.returncode, output


@pytest.mark.slow
def test_a_killed_run_resumes_bit_for_bit_and_ends_in_a_playable_bundle(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    output = finished(train(whole, "--stage", "all"))
    assert "drumjax generate --bundle" in output
    code, _ = killed_after(train(killed, "--stage", "all"), lambda: len(rows(killed, "cwae")) >= 3, signal.SIGKILL)
    assert code == -signal.SIGKILL and 3 <= len(rows(killed, "cwae")) < 5, "the kill must fall into the run"
    refused = train(killed, "train.mcnn.steps=99", "--stage", "all")
    assert refused.communicate(timeout=1200)[0].strip().splitlines()[-1].endswith("starts another beside it")
    assert refused.returncode == 2
    # Ctrl-C in the next stage loses no more than a kill does.
    again = train(killed, "--stage", "all", "--resume")
    code, output = killed_after(again, lambda: len(rows(killed, "mcnn")) >= 2, signal.SIGINT)
    assert code == 130 and "--resume goes on" in output and "Traceback" not in output, output
    assert 2 <= len(rows(killed, "mcnn")) < 4
    finished(train(killed, "--stage", "all", "--resume"))
    for stage in ("cwae", "mcnn", "joint"):
        assert rows(killed, stage) == rows(whole, stage)
        assert bits(last_state(killed, stage)) == bits(last_state(whole, stage))
    weights = [(run / "bundle" / "weights.safetensors").read_bytes() for run in (whole, killed)]
    assert weights[0] == weights[1]
    waves = Synth.load(whole / "bundle").generate(np.zeros((len(CLASSES), 3)), CLASSES)
    assert np.isfinite(waves).all() and np.abs(waves).max(axis=1).min() > 0
    bundle, store = checkpoint.load_bundle(whole / "bundle"), Store.open(whole / "store")
    heard = {store.kit_names[kit] for kit in store.kits[store.indices("train")]}
    assert bundle.metadata["heard_kits"] == sorted(heard) and len(heard) < len(store.kit_names)
    for label in range(len(CLASSES)):  # the knobs of a class stand at 0 on one of its sounds
        own = bundle.density["codes"][bundle.density["labels"] == label]
        assert np.abs(own - bundle.controls["centre"][label]).max(axis=1).min() < 0.02 * np.abs(own).max()
        assert (bundle.density["labels"][bundle.density["partners"]] == bundle.density["labels"][:, None]).all()
    assert (np.bincount(bundle.texture["labels"], minlength=len(CLASSES)) >= 3).all()
    assert 0 < np.mean(np.abs(takes.unpacked(bundle.texture, bundle.config))) < 7 and (bundle.texture["ends"] > 1).all()
    validation = [row["validation/loss"] for row in rows(whole, "cwae")]
    assert validation[-1] < validation[0]
    assert list((whole / "cwae").glob("mel_*.png")) and list((whole / "mcnn" / "sounds").glob("*.wav"))
