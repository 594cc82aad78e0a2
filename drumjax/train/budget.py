"""The time budget of a run: the part of each stage, and the annealing that ends with it."""

import math
from collections.abc import Sequence
from time import perf_counter

import jax
import numpy as np

from drumjax.config import STAGES, Training
from drumjax.train import devices

FALLING = 1 / 3
"""Last part of a stage's budget, in which the learning rate falls to zero."""

EPOCH_SECONDS = 180.0
"""Longest time between two validations under a budget; a kill costs no more."""

EPOCHS = 20
"""Least number of validations in a stage's budget."""


def stage_seconds(training: Training, stages: Sequence[str], spent: float) -> float:
    """The budget of the first of several stages; without `minutes`, infinite.

    What the stages before it have left is shared by it and those after it.

    Args:
        training: holds `minutes` and `parts`.
        stages: the stage and those that are to be trained after it.
        spent: seconds that the stages before it took.
    """
    if not training.minutes:
        return math.inf
    parts = [training.parts[STAGES.index(name)] for name in stages]
    return max(0.0, 60 * training.minutes - spent) * parts[0] / sum(parts)


def learning_rate_scale(share: float) -> float:
    """Factor of the learning rate when this share of a stage's budget is spent: 1, then a straight line to 0."""
    return min(1.0, max(0.0, 1.0 - share) / FALLING)


class Clock:
    """The running time of a stage, compared with its budget.

    Args:
        seconds: the budget; may be infinite.

    Attributes:
        spent: seconds up to the last lap, in earlier processes too.
    """

    def __init__(self, seconds: float):
        self.limited = math.isfinite(seconds)
        self.epoch_share = EPOCH_SECONDS / max(seconds, EPOCHS * EPOCH_SECONDS) if self.limited else math.inf
        self._seconds, self.spent, self._since = seconds, 0.0, perf_counter()

    def share(self, pending: object = ()) -> float:
        """The share of the budget that is spent, the same on every process; 0 without a budget.

        Args:
            pending: arrays to wait for before the clock is read.
        """
        if not self.limited:
            return 0.0
        jax.block_until_ready(pending)
        spent = self.spent + perf_counter() - self._since
        return float(devices.agreed(np.float32(spent / self._seconds if self._seconds else 1.0)))

    def lap(self) -> float:
        """Seconds since the last call, or since the clock was made."""
        now = perf_counter()
        seconds, self._since = now - self._since, now
        self.spent += seconds
        return seconds
