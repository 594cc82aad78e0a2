"""State, step, and the loop that all stages share."""

import dataclasses
import functools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh
from tqdm import tqdm

from drumjax import checkpoint, process, progress
from drumjax.config import Stage
from drumjax.data.batches import Balanced, Batch, Batches, stream
from drumjax.kernels import layers
from drumjax.kernels.conv import jit
from drumjax.train import devices, log
from drumjax.train.budget import Clock, learning_rate_scale
from drumjax.train.log import Metrics

Tree = Any

CHUNK = 32
"""Sounds that go through a compiled function at once outside the training steps."""


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=("step", "params", "extra", "opt", "plateau", "ema_params"),
    meta_fields=(),
)
@dataclass(frozen=True)
class State:
    """Everything that training changes: the content of a checkpoint."""

    step: Tree  # steps taken, int32
    params: Tree
    extra: Tree  # fitted without a gradient: batch statistics, standardisation
    opt: optax.OptState
    plateau: Tree  # state of the annealing; its `scale` multiplies every update
    ema_params: Tree  # exponential moving average of params; empty where the stage has none


class Task(NamedTuple):
    """A training stage.

    Attributes:
        name: of the stage and its folder.
        settings: batch, steps, learning rate.
        init: key -> (params, extra).
        objective: (params, extra, frozen, batch, key) -> (loss, (metrics, extra)).
        frozen: arrays that the objective reads and that are not trained.
        validate: (params, extra) -> metrics; annealing and the choice of the best checkpoint follow its `loss`.
        show: (params, extra, folder, step) -> None, writes pictures and sounds.
        source: (balanced set, extra, folder) -> source of the batches; None: the balanced set itself.
    """

    name: str
    settings: Stage
    init: Callable[[jax.Array], tuple[Tree, Tree]]
    objective: Callable[..., tuple[jax.Array, tuple[dict[str, jax.Array], Tree]]]
    frozen: Tree
    validate: Callable[[Tree, Tree], Metrics]
    show: Callable[[Tree, Tree, Path, int], None]
    source: Callable[[Balanced, Tree, Path], Batches] | None = None


class Diverged(ValueError):
    """The loss is no longer a number; the last checkpoint is still good."""


def optimiser(settings: Stage) -> optax.GradientTransformation:
    """Adam, after clipping by the global norm where the stage asks for it."""

    def clipped(grads: Tree, params: Tree | None = None) -> Tree:
        scale = jnp.minimum(1.0, settings.clip / (layers.global_norm(grads) + 1e-12))
        return jax.tree.map(lambda leaf: leaf * scale, grads)

    clip = optax.stateless(clipped) if settings.clip else optax.identity()
    return optax.chain(clip, optax.adam(settings.learning_rate))


def plateau_detector(settings: Stage) -> optax.GradientTransformationExtraArgs:
    """Scale times `factor` once the validation loss has not fallen for `patience` epochs."""
    return optax.contrib.reduce_on_plateau(factor=settings.factor, patience=settings.patience, rtol=0.0, atol=1e-12)


def start(params: Tree, extra: Tree, settings: Stage) -> State:
    """The state before the first step."""
    # A step donates its state: no array may be shared with other code, nor occur in it twice.
    params, ema_params, extra = jax.tree.map(jnp.copy, (params, params if settings.ema else {}, extra))
    plateau = plateau_detector(settings).init(params)
    return State(jnp.zeros((), jnp.int32), params, extra, optimiser(settings).init(params), plateau, ema_params)


def make_step(task: Task, seed: int, mesh: Mesh | None = None) -> Callable[..., tuple[State, dict[str, jax.Array]]]:
    """The jit-compiled step: (state, frozen, batch, scale = 1) -> (state, metrics).

    The state it is given is donated. `scale` multiplies the learning rate, as the state's own annealing does.

    Args:
        task: the stage.
        seed: of the noise.
        mesh: devices that share each batch, of which every process gives its own part; None: the first device.
    """
    mesh = mesh or Mesh(jax.devices()[:1], (devices.AXIS,))
    whole, split = devices.replicated(mesh), devices.by_rows(mesh)
    tx, decay = optimiser(task.settings), task.settings.ema

    # Without donation every step would write 29 M parameters and their moments to freshly mapped pages.
    @functools.partial(
        jit,
        donate_argnames="state",
        in_shardings=(whole, whole, whole, split, split, split),
        out_shardings=whole,
    )
    def step(state: State, frozen: Tree, scale, waves, lengths, labels):
        batch = Batch(waves, lengths, labels)
        key = jax.random.fold_in(jax.random.key(seed), state.step)
        grad = jax.grad(task.objective, has_aux=True)
        with jax.sharding.use_abstract_mesh(mesh.abstract_mesh):
            grads, (metrics, extra) = grad(state.params, state.extra, frozen, batch, key)
        updates, opt = tx.update(grads, state.opt, state.params)
        updates = optax.tree.scale(state.plateau.scale * scale, updates)
        params = optax.apply_updates(state.params, updates)
        # A smaller decay at first: the initial parameters would weigh on the average for 1 / (1 - decay) steps.
        kept = jnp.minimum(decay, (1.0 + state.step) / (10.0 + state.step))
        ema_params = jax.tree.map(lambda a, p: kept * a + (1 - kept) * p, state.ema_params, params) if decay else {}
        metrics = {**metrics, "gradient": layers.global_norm(grads)}
        return dataclasses.replace(
            state, step=state.step + 1, params=params, extra=extra, opt=opt, ema_params=ema_params
        ), metrics

    return lambda state, frozen, batch, scale=1.0: step(
        state, frozen, np.float32(scale), *devices.placed((batch.waves, batch.lengths, batch.labels), split)
    )


def played_params(state: State) -> Tree:
    """The parameters that are validated and played: the moving average where the stage has one."""
    return state.ema_params or state.params


def anneal(state: State, loss: float, settings: Stage) -> State:
    """The state after an epoch with this validation loss."""
    _, plateau = plateau_detector(settings).update({}, state.plateau, value=jnp.float32(loss))
    return dataclasses.replace(state, plateau=plateau)


def annealing(state: State, share: float) -> float:
    """The factor of the learning rate after plateaus, and when this share of the stage's budget is spent."""
    return float(state.plateau.scale) * learning_rate_scale(share)


def fit(
    task: Task, state: State, batches: Batches, epoch_steps: int, mesh: Mesh, check: Callable[[], None], clock: Clock
) -> Iterator[tuple[State, Metrics]]:
    """Trains on a mesh to `task.settings.steps` or to the end of the clock's budget, whichever comes first.

    After every epoch it yields the state and its row of the log. Before every step it calls `check`, which may raise.

    Raises:
        Diverged: a loss is not finite. The states yielded before are good.
    """
    step, frozen = make_step(task, batches.seed, mesh), devices.placed(task.frozen, devices.replicated(mesh))
    done, total = int(state.step), task.settings.steps
    pace = progress.Pace(task.name, done, total) if not clock.limited else None
    shown = {"desc": task.name, "unit": "step", "dynamic_ncols": True, "disable": not devices.first()}
    with tqdm(total=total, initial=done, **shown) as bar:
        coming = stream(batches, done, task.settings.batch, devices.own_rows(task.settings.batch))
        while done < total and (share := clock.share()) < 1:
            began, sums, count, end = time.perf_counter(), {}, 0, min(1.0, share + clock.epoch_share)
            while count < epoch_steps and done < total and share < end:
                check()
                state, metrics = step(state, frozen, next(coming), learning_rate_scale(share))
                share = clock.share(sums)  # waits for the step before this one: the device stays busy
                sums = {name: sums.get(name, 0.0) + value for name, value in metrics.items()}
                count, done = count + 1, done + 1
                bar.update()
                if done % 10 == 0:
                    scale = annealing(state, share)
                    bar.set_postfix(loss=f"{float(metrics['loss']):.4g}", lr_scale=f"{scale:.3g}")
                    if pace:
                        pace.reached(done)
            row = {name: float(value) / count for name, value in sums.items()}
            seconds = time.perf_counter() - began
            _require_finite(task.name, done, row["loss"])
            validation = validated(task, state)
            _require_finite(task.name, done, validation["loss"])
            state = anneal(state, validation["loss"], task.settings)
            yield (
                state,
                {
                    "step": done,
                    **log.named("train", row),
                    **log.named("validation", validation),
                    "learning_rate": task.settings.learning_rate * annealing(state, share),
                    "ms_per_sound": 1000 * seconds / (count * task.settings.batch),
                    "seconds": clock.lap(),
                },
            )
        coming.close()


def validated(task: Task, state: State) -> Metrics:
    """The stage's validation, the same on every process."""
    metrics = devices.agreed(task.validate(*devices.own_copy((played_params(state), state.extra))))
    return {name: float(value) for name, value in metrics.items()}


def _require_finite(name: str, step: int, loss: float) -> None:
    if not math.isfinite(loss):
        raise Diverged(
            f"the {name} loss became {loss} in the epoch before step {step}; the last checkpoint is kept: "
            f"lower train.{name}.learning_rate or set train.{name}.clip, and go on with --resume"
        )


def run(task: Task, balanced: Balanced, folder: Path, blank: State | None, seconds: float = math.inf) -> None:
    """Trains one stage in `folder`, saving after every epoch.

    Args:
        task: the stage.
        balanced: the training set.
        folder: of the stage.
        blank: a state to load the last checkpoint into, where there is one; None: training starts anew.
        seconds: time budget of the stage, earlier processes included.

    Raises:
        Diverged: see `fit`.
        ValueError: several processes cannot share the stage's batches evenly.
    """
    clock, mesh = Clock(seconds), devices.mesh(task.settings.batch, task.name)
    if jax.device_count() > 1:
        print(f"{task.name}: batches of {task.settings.batch} on {mesh.size} of {jax.device_count()} devices")
    saved, path = folder / "checkpoints", folder / "metrics.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    epoch_steps = task.settings.epoch_steps or max(1, balanced.sounds.size // task.settings.batch)
    with checkpoint.Checkpoints(saved, writing=True) as checkpoints, process.late_interrupts() as check:
        state = checkpoints.latest(devices.placed(blank, devices.replicated(mesh))) if blank else None
        if state is None:
            state = devices.agreed(start(*task.init(jax.random.key(balanced.seed)), task.settings))
            state = devices.placed(state, devices.replicated(mesh))
        rows = [row for row in log.read(path) if row["step"] <= int(state.step)]
        if int(state.step) == 0:
            # A stage that goes on from trained weights must not end with worse ones than it was given.
            metrics = validated(task, state)
            rows = [{"step": 0, **log.named("validation", metrics), "seconds": clock.lap()}]
            checkpoints.save(0, state, metrics["loss"])
        clock.spent = log.seconds(rows)
        _write(rows, path)
        batches = _source(task, balanced, state, folder)
        for reached, row in fit(task, state, batches, epoch_steps, mesh, check, clock):
            # The row goes first: a kill between the two runs the epoch again, and drops the row above.
            rows.append(row)
            _write(rows, path)
            checkpoints.save(row["step"], reached, row["validation/loss"])
            tqdm.write(log.line(task.name, row))
            if devices.first():
                task.show(*devices.own_copy((played_params(reached), reached.extra)), folder, row["step"])


def _source(task: Task, balanced: Balanced, state: State, folder: Path) -> Batches:
    """What the stage's batches come from; of several processes the first one makes it, and the others read it."""
    if task.source is None:
        return balanced
    make = functools.partial(task.source, balanced, devices.own_copy(state.extra), folder)
    return devices.alone(make) or make()


def _write(rows: list[Metrics], path: Path) -> None:
    if devices.first():
        log.write(rows, path)


def in_chunks(function: Callable[..., Tree], *arrays: np.ndarray) -> Tree:
    """`function` over the leading axis in chunks of one compiled size; outputs joined, padding dropped."""
    count, outputs = len(arrays[0]), []
    for at in range(0, count, CHUNK):
        parts = [a[at : at + CHUNK] for a in arrays]
        padded = [np.concatenate([p, np.repeat(p[-1:], CHUNK - len(p), 0)]) if len(p) < CHUNK else p for p in parts]
        outputs.append(jax.tree.map(lambda x, n=len(parts[0]): np.asarray(x)[:n], function(*padded)))
    return jax.tree.map(lambda *x: np.concatenate(x), *outputs)
