"""The table at the end of a build: class x (kept, split with shares, dropped and why)."""

import json
from collections import Counter
from pathlib import Path

from drumjax.config import CLASSES
from drumjax.data.store import SPLITS

SHORT = ("train", "valid.", "test")


def summary(folder: Path) -> str:
    """The table of the store in `folder`, from its report.json, and what is missing from it."""
    files = json.loads((folder / "report.json").read_text(encoding="ascii"))["files"]
    lines = [f"{'class':<11}{'kept':>6}" + "".join(f"{name:>13}" for name in SHORT) + "   dropped"]
    for name in (*CLASSES, None):
        rows = [row for row in files if row["class"] == name]
        if rows:
            lines.append(_line(name or "no class", rows))
    lines.append(_line("all", files))
    return "\n".join([*lines, *_hints(files), f"store: {folder}"])


def _line(name: str, rows: list[dict]) -> str:
    sides = Counter(row["split"] for row in rows if row["outcome"] == "kept")
    kept = sides.total()
    shares = (f"{sides[side]:>6} {sides[side] / kept:>6.1%}" if kept else f"{'':>13}" for side in SPLITS)
    reasons = Counter(row["reason"] for row in rows if row["outcome"] == "rejected")
    dropped = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return f"{name:<11}{kept:>6}" + "".join(shares) + (f"   {reasons.total()}: {dropped}" if dropped else "   0")


def _hints(files: list[dict]) -> list[str]:
    """What a user would want to know of classes that are missing from a side that others are on."""
    kept = [row for row in files if row["outcome"] == "kept"]
    present = {name for name in CLASSES if any(row["class"] == name for row in kept)}
    hints = [f"no sounds at all of: {', '.join(n for n in CLASSES if n not in present)}"] if len(present) < 11 else []
    for side in SPLITS[:2]:
        here = {row["class"] for row in kept if row["split"] == side}
        if missing := [name for name in CLASSES if name in present - here]:
            hints.append(
                f"none on the {side} side of: {', '.join(missing)} (a kit is never cut; --group-by says what a kit is)"
            )
    return hints
