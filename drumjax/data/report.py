"""The table at the end of a build: class x (kept, split with shares, rejected with reasons)."""

import json
from collections import Counter
from pathlib import Path

from drumjax.config import CLASSES
from drumjax.data.store import SPLITS

SPLIT_HEADINGS = ("train", "valid.", "test")


def summary(folder: Path) -> str:
    """The table and hints for the store in `folder`, from its report.json."""
    files = json.loads((folder / "report.json").read_text(encoding="ascii"))["files"]
    lines = [f"{'class':<11}{'kept':>6}" + "".join(f"{name:>13}" for name in SPLIT_HEADINGS) + "   dropped"]
    for name in (*CLASSES, None):
        entries = [entry for entry in files if entry["class"] == name]
        if entries:
            lines.append(_line(name or "no class", entries))
    lines.append(_line("all", files))
    return "\n".join([*lines, *_hints(files), f"store: {folder}"])


def _line(name: str, entries: list[dict]) -> str:
    """One line of the table."""
    sides = Counter(entry["split"] for entry in entries if entry["outcome"] == "kept")
    kept = sides.total()
    shares = (f"{sides[side]:>6} {sides[side] / kept:>6.1%}" if kept else f"{'':>13}" for side in SPLITS)
    reasons = Counter(entry["reason"] for entry in entries if entry["outcome"] == "rejected")
    dropped = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return f"{name:<11}{kept:>6}" + "".join(shares) + (f"   {reasons.total()}: {dropped}" if dropped else "   0")


def _hints(files: list[dict]) -> list[str]:
    """Hints about classes without sounds, in all or on one side of the split."""
    kept = [entry for entry in files if entry["outcome"] == "kept"]
    present = {name for name in CLASSES if any(entry["class"] == name for entry in kept)}
    hints = [f"no sounds of: {', '.join(n for n in CLASSES if n not in present)}"] if len(present) < 11 else []
    for side in SPLITS[:2]:
        here = {entry["class"] for entry in kept if entry["split"] == side}
        if missing := [name for name in CLASSES if name in present - here]:
            hints.append(f"none on the {side} side of: {', '.join(missing)} (kits are never split; see --group-by)")
    return hints
