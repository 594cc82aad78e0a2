"""The training stages: CWAE, MCNN, and the MCNN on the CWAE's reconstructions."""

import functools
from typing import Any

from drumjax.config import CLASSES, Config
from drumjax.data.batches import Balanced, Batch, held_out
from drumjax.data.store import Store
from drumjax.train.assembly import best_state, frozen_cwae
from drumjax.train.cwae_stage import cwae_task
from drumjax.train.loop import Task, played_params
from drumjax.train.mcnn_stage import mcnn_task
from drumjax.train.statistics import fit_statistics

VALIDATION_PER_CLASS = 32
"""Held-out sounds of each class that every stage validates on, at most."""


def validation_sounds(store: Store, balanced: Balanced) -> Batch:
    """Held-out sounds to validate on; where no class has any, training sounds."""
    batch = held_out(store, "validation", VALIDATION_PER_CLASS)
    missing = [name for label, name in enumerate(CLASSES) if label not in batch.labels]
    if len(missing) == len(CLASSES):
        print("no sounds to validate on: validation takes training sounds (see --group-by and data.shares)")
        return balanced.batch(0, VALIDATION_PER_CLASS * len(CLASSES))
    if missing:
        print(f"validation has no sounds of {', '.join(missing)}: its figures are means over the other classes")
    return batch


def task(name: str, config: Config, store: Store, balanced: Balanced) -> Task:
    """The stage of this name on a store.

    Raises:
        ValueError: a stage that it builds on is not trained yet.
    """
    held = validation_sounds(store, balanced)
    if name == "cwae":
        return cwae_task(config, held, functools.partial(fit_statistics, config, balanced))
    if name == "mcnn":
        return mcnn_task(config, held)
    states: dict[str, Any] = {stage: best_state(config, stage) for stage in ("cwae", "mcnn")}
    for stage, state in states.items():
        if state is None:
            raise ValueError(f"{config.run_dir} holds no trained {stage}: run --stage {stage} before --stage {name}")
    return mcnn_task(config, held, frozen_cwae(states["cwae"]), played_params(states["mcnn"]))
