"""The config of a `drumjax train` command: from the preset, the run's folder and the arguments."""

import argparse
from dataclasses import replace
from pathlib import Path

from drumjax import checkpoint, presets
from drumjax.config import STAGES, Config

PRESET = "release"
"""Default of --preset."""


def settings(options: argparse.Namespace) -> Config:
    """The preset, or the config in the run's folder, with --set, --data, --group-by and --guess applied.

    Raises:
        ValueError: they contradict the settings that the run was trained with, or there is nothing to resume.
    """
    base = presets.preset(options.preset or PRESET)
    run = presets.override(base, [text for text in options.set if text.strip().startswith("run.dir=")]).run
    if options.resume and not (options.preset or run.dir):
        run = replace(run, dir=str(newest_run()))
    run_dir = replace(base, run=run).run_dir
    trained = trained_stages(run_dir)
    if options.resume and not trained:
        raise ValueError(
            f"nothing to resume in {run_dir}: name the run as it was started, with --preset or --set run.dir="
        )
    if (run_dir / "config.json").exists():
        base = presets.load(run_dir / "config.json")
        if options.preset not in (None, base.preset):
            raise ValueError(f"{run_dir} belongs to --preset {base.preset}; choose another folder with --set run.dir=")
    base = replace(base, run=replace(base.run, dir=run.dir))  # it may have been moved, or spelled differently
    made = presets.override(base, options.set)
    data = made.data
    if options.data:
        data = replace(data, folders=tuple(str(Path(folder).resolve()) for folder in options.data))
    if options.group_by:
        data = replace(data, group_by=options.group_by)
    if options.guess:
        data = replace(data, guess=True)
    made = replace(made, data=data)
    if (options.group_by or options.guess) and not data.folders:
        raise ValueError("--group-by and --guess are for sounds of yours: name their folders with --data FOLDER")
    if options.minutes is not None:
        made = replace(made, train=replace(made.train, minutes=options.minutes))
    if trained:
        _require_unchanged(made, base, trained)
    return made


def _require_unchanged(made: Config, base: Config, trained: list[str]) -> None:
    fixed = ["audio", "data", "cwae", "mcnn", "run"]
    changed = [name for name in fixed if getattr(made, name) != getattr(base, name)]
    changed += [s for s in trained if getattr(made.train, s).ema != getattr(base.train, s).ema]
    if changed:
        raise ValueError(
            f"{made.run_dir} was trained with other settings of {changed[0]!r}; choose another --set run.dir="
        )


def trained_stages(run_dir: Path) -> list[str]:
    """The stages that a run has checkpoints of."""
    return [stage for stage in STAGES if checkpoint.exists(run_dir / stage / "checkpoints")]


def newest_run() -> Path:
    """The run below runs/ with the newest checkpoint.

    Raises:
        ValueError: no run has one.
    """
    saved = [path for stage in STAGES for path in Path("runs").glob(f"*/{stage}/checkpoints/*") if path.name.isdigit()]
    if not saved:
        raise ValueError(
            "nothing to resume: no run in runs/ has a checkpoint; name another run's folder with --set run.dir="
        )
    return max(saved, key=lambda path: path.stat().st_mtime).parents[2]
