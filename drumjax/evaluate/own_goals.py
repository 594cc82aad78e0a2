"""Goals of the editing of a user's own sounds, beside what `drumjax.evaluate.own_sounds` measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drumjax.evaluate import layers
from drumjax.evaluate.ears import EARS

RECOGNISED, FOLLOWS, TOLD_APART, QUIETER_DB = 0.9, 0.8, 0.65, -3.0
"""Recognition of edits relative to that of the files; correlation of a knob's property with the model's; share of takes
that an ear may tell from real ones; level of a morph relative to the quieter end."""


@dataclass(frozen=True)
class Goal:
    """A measured figure and its bounds."""

    name: str
    measured: float
    lowest: float = -float("inf")
    highest: float = float("inf")

    @property
    def met(self) -> bool:
        """Whether the figure lies within its bounds, both included."""
        return self.lowest <= self.measured <= self.highest


def goals(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The goals as plain data: name, measured, lowest, highest, met.

    Args:
        table: result of `own_sounds.measure`.
    """
    edits, rows = table["edits"], table["edits"]["recognised"]
    found = [
        Goal("files unchanged at zero", table["exact"], 1.0),
        Goal("unchanged at zero, of nine rates and lengths", table["exact_forms"], 1.0),
    ]
    edited = [name for name in rows if name != "input" and not name.endswith("own")]
    for name in edited:
        for ear in EARS:
            own = rows[f"{name}, the model's own"][ear] / max(rows["input"][ear], 1e-9)
            ratio = rows[name][ear] / max(rows["input"][ear], 1e-9)
            found.append(Goal(f"{name}: recognised by {ear}, x the files (the model: {own:.2f})", ratio, RECOGNISED))
    found += [Goal(f"{knob}: correlation with the model", r, FOLLOWS) for knob, r in edits["follows"].items()]
    found += [
        Goal("edits with an attack within 1 ms", edits["attack_within_1_ms"], 1.0),
        Goal("edits with a pre-echo above -50 dB", edits["pre_echo"], highest=0.0),
        Goal("morphs with exact ends", table["morphs"]["exact"], 1.0),
        Goal("quietest morph, dB of its quieter end", table["morphs"]["lowest_level_db"], QUIETER_DB),
    ]
    if "told_apart" in table["takes"]:
        found.append(Goal("takes told from real ones", table["takes"]["told_apart"]["right"], highest=TOLD_APART))
    if "log_mel" in table["layers"]:
        ratio = table["layers"]["log_mel"]["mean_ratio"]
        found.append(Goal("layers, log-mel error x volume only", ratio, highest=layers.GOAL))
    return [{**vars(goal), "met": goal.met} for goal in found]


def markdown(found: Sequence[Mapping[str, Any]]) -> str:
    """A table of what `goals` gave."""
    lines = ["| | measured | goal | |", "|---|---:|---:|---|"]
    for goal in found:
        low = goal["lowest"] != -float("inf")
        bound = f"at least {goal['lowest']:g}" if low else f"at most {goal['highest']:g}"
        lines.append(f"| {goal['name']} | {goal['measured']:.3g} | {bound} | {'met' if goal['met'] else 'missed'} |")
    return "\n".join(lines) + "\n"
