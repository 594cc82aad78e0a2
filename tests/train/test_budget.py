"""The time budget: parts of the stages, the fall of the learning rate, the end of a run and its resumption."""

import contextlib
import dataclasses
import math

import jax.numpy as jnp
import numpy as np
import pytest

from drumjax import checkpoint
from drumjax.config import STAGES, Stage, Training
from drumjax.data.batches import Balanced, Batch
from drumjax.train import budget, log, loop


def test_what_a_stage_leaves_goes_to_the_stages_after_it():
    training = Training(minutes=10.0, parts=(1.0, 3.0, 1.0))
    assert budget.stage_seconds(training, STAGES, 0.0) == pytest.approx(120)
    assert budget.stage_seconds(training, STAGES[1:], 120.0) == pytest.approx(360)
    assert budget.stage_seconds(training, STAGES[1:], 20.0) == pytest.approx(435)
    assert budget.stage_seconds(training, ("joint",), 480.0) == pytest.approx(120)
    assert budget.stage_seconds(training, ("mcnn",), 0.0) == pytest.approx(600)
    assert budget.stage_seconds(training, ("mcnn",), 700.0) == 0
    assert budget.stage_seconds(Training(), STAGES, 0.0) == math.inf


def test_the_learning_rate_falls_along_the_last_third():
    scales = [budget.learning_rate_scale(share) for share in (0.0, 0.66, 5 / 6, 0.99, 1.0, 1.2)]
    np.testing.assert_allclose(scales, [1, 1, 0.5, 0.03, 0, 0], atol=1e-12)


@pytest.fixture
def clock(monkeypatch):
    """A clock that only `ticking` moves."""
    now = [100.0]
    monkeypatch.setattr(budget, "perf_counter", lambda: now[0])
    return now


class Sounds(Balanced):
    """Batches of one number each, all different."""

    def __init__(self):
        self.seed, self.sounds = 3, np.zeros((11, 40))

    def batch(self, step, size, part=slice(None)):
        waves = np.random.default_rng(step).standard_normal((size, 1)).astype(np.float32)
        return Batch(waves, np.zeros(size, np.int32), np.zeros(size, np.int32))


def ticking(monkeypatch, clock, seconds, kill_at=None):
    """Lets every step take so many seconds; the step `kill_at` is never taken."""
    steps = []

    def check():
        steps.append(clock[0])
        if len(steps) == kill_at:
            raise KeyboardInterrupt
        clock[0] += seconds

    monkeypatch.setattr(loop.process, "late_interrupts", lambda: contextlib.nullcontext(check))
    return steps


def small_task(**settings):
    def objective(params, extra, frozen, batch, key):
        loss = jnp.mean((batch.waves - params["w"]) ** 2)
        return loss, ({"loss": loss}, extra)

    made = {"batch": 11, "steps": 10_000, "learning_rate": 1e-2, "factor": 0.5, "patience": 50, **settings}

    def init(key):
        return {"w": jnp.ones(1)}, {}

    def validate(params, extra):
        return {"loss": float(jnp.abs(params["w"][0]))}

    return loop.Task("mcnn", Stage(**made), init, objective, {}, validate, lambda *_: None)


def trained(task, folder, seconds=math.inf, resume=False):
    blank = loop.start(*task.init(None), task.settings)
    loop.run(task, Sounds(), folder, blank if resume else None, seconds)
    return log.read(folder / "metrics.jsonl"), last_params(folder, task)


def last_params(folder, task):
    with checkpoint.Checkpoints(folder / "checkpoints") as checkpoints:
        return np.asarray(checkpoints.latest(loop.start(*task.init(None), task.settings)).params["w"])


def test_the_budget_ends_a_run_annealed(tmp_path, monkeypatch, clock):
    steps, task = ticking(monkeypatch, clock, 2.0), small_task()
    rows, _ = trained(task, tmp_path, seconds=411.0)
    assert len(steps) == 206 and log.seconds(rows) == pytest.approx(412)
    # An epoch is over after a 20th of the budget: 20.55 seconds, 11 steps.
    assert [row["step"] for row in rows] == [*range(0, 199, 11), 206]
    rates = [row["learning_rate"] for row in rows[1:]]
    expected = [1e-2 * max(0.0, min(1.0, 3 * (1 - 2 * row["step"] / 411))) for row in rows[1:]]
    np.testing.assert_allclose(rates, expected, atol=1e-8)


def test_the_rate_that_falls_is_the_one_of_the_steps(tmp_path, monkeypatch, clock):
    ticking(monkeypatch, clock, 2.0)
    scales, make_step = [], loop.make_step

    def recorded(*arguments):
        step = make_step(*arguments)

        def recording(state, frozen, batch, scale):
            before = np.asarray(state.params["w"])
            state, metrics = step(state, frozen, batch, scale)
            scales.append((scale, abs(float(np.asarray(state.params["w"])[0] - before[0]))))
            return state, metrics

        return recording

    monkeypatch.setattr(loop, "make_step", recorded)
    trained(small_task(), tmp_path, seconds=121.0)
    expected = [min(1.0, 3 * (1 - 2 * k / 121)) for k in range(61)]
    np.testing.assert_allclose([scale for scale, _ in scales], expected, atol=1e-6)
    assert max(moved for _, moved in scales[-2:]) < 0.15 * max(moved for _, moved in scales[:5])


def test_a_killed_run_goes_on_with_the_rest_of_its_budget_bit_for_bit(tmp_path, monkeypatch, clock):
    task = small_task()
    ticking(monkeypatch, clock, 2.0)
    whole, expected = trained(task, tmp_path / "whole", seconds=411.0)
    ticking(monkeypatch, clock, 2.0, kill_at=156)  # in the epoch after step 154
    with pytest.raises(KeyboardInterrupt):
        trained(task, tmp_path / "killed", seconds=411.0)
    clock[0] += 5000  # nothing runs meanwhile
    steps = ticking(monkeypatch, clock, 2.0)
    rows, params = trained(task, tmp_path / "killed", seconds=411.0, resume=True)
    assert len(steps) == 52 and rows[-1]["step"] == 206
    assert params.tobytes() == expected.tobytes()
    assert [row["learning_rate"] for row in rows[1:]] == [row["learning_rate"] for row in whole[1:]]


def test_epochs_of_a_long_budget_last_three_minutes(tmp_path, monkeypatch, clock):
    ticking(monkeypatch, clock, 70.0)
    rows, _ = trained(small_task(steps=9), tmp_path, seconds=36_000.0)
    assert [row["step"] for row in rows] == [0, 3, 6, 9] and rows[-1]["learning_rate"] == pytest.approx(1e-2)


def test_without_a_budget_the_clock_changes_nothing(tmp_path, monkeypatch, clock):
    task = small_task(steps=40, epoch_steps=20)
    ticking(monkeypatch, clock, 1e6)
    rows, params = trained(task, tmp_path / "slow")
    ticking(monkeypatch, clock, 0.0)
    again, expected = trained(task, tmp_path / "fast")
    assert [row["step"] for row in rows] == [row["step"] for row in again] == [0, 20, 40]
    assert params.tobytes() == expected.tobytes()
    # And the step is that of a plain loop with the factor 1 left out.
    step, state = loop.make_step(task, 3), loop.start(*task.init(None), task.settings)
    for at in range(40):
        state, _ = step(state, {}, Sounds().batch(at, 11))
    assert np.asarray(state.params["w"]).tobytes() == params.tobytes()


def test_a_budget_that_is_spent_trains_no_more(tmp_path, monkeypatch, clock):
    steps = ticking(monkeypatch, clock, 2.0)
    rows, params = trained(small_task(), tmp_path, seconds=0.0)
    assert not steps and [row["step"] for row in rows] == [0] and params == 1.0


def test_bad_budgets_are_refused():
    for values in ({"minutes": -1.0}, {"minutes": math.nan}, {"minutes": math.inf}, {"parts": (1.0, 0.0, 1.0)}):
        with pytest.raises(ValueError, match=r"train\.(minutes|parts) must be"):
            dataclasses.replace(Training(), **values)
