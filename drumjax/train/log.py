"""The log of a stage, `metrics.jsonl`: one row for every validation."""

import json
from pathlib import Path

from drumjax import files

Metrics = dict[str, float | int]


def read(path: Path) -> list[Metrics]:
    """The rows of a log; none before its stage is trained."""
    return [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()] if path.exists() else []


def write(rows: list[Metrics], path: Path) -> None:
    """Writes the log, whole or not at all."""
    files.write(path, "".join(json.dumps(row) + "\n" for row in rows).encode())


def named(group: str, metrics: Metrics) -> Metrics:
    """Metrics under the names that a row has for them: "validation/loss"."""
    return {f"{group}/{name}": value for name, value in metrics.items()}


def seconds(rows: list[Metrics]) -> float:
    """How long the stage has run."""
    return sum((row["seconds"] for row in rows), 0.0)


def line(name: str, row: Metrics) -> str:
    """A row for the terminal."""
    shown = [
        "train/loss",
        "validation/loss",
        *(k for k in row if k.startswith("validation/") and k != "validation/loss"),
    ]
    figures = "  ".join(f"{key.replace('validation/', 'val ').replace('train/', '')} {row[key]:.4g}" for key in shown)
    return f"{name} step {row['step']}  {figures}  {row['ms_per_sound']:.1f} ms/sound"
