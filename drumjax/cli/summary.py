"""What `drumjax train` prints at its start and at its end."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from drumjax.commands import invocation
from drumjax.config import CLASSES, Config
from drumjax.data.store import SPLITS, Store
from drumjax.progress import MEASURED, SKIPPED, duration

_FIGURES = {
    "cwae": {"mse": "squared error of the standardised log-mels", "mean_mel_baseline": "that of the mean sound"},
    "mcnn": {"convergence": "spectral convergence", "log_mel": "log-mel distance", "mask": "mask cross-entropy"},
}
_FIGURES["joint"] = _FIGURES["mcnn"]
"""Stage -> {figure of its validation: its name in words}."""


def plan(settings: Config, store: Store, asked: Sequence[str]) -> str:
    """What will be done: where, with which sounds, in which stages. For the start."""
    counts = [(name, int((store.labels == label).sum())) for label, name in enumerate(CLASSES)]
    lines = [
        f"preset {settings.preset}; run in {settings.run_dir}, sounds in {store.folder}",
        _size(store),
        "  " + ", ".join(f"{name} {count:,}" for name, count in counts if count),
        *_missing(store),
    ]
    if asked:
        lines.append(f"stages: {'; '.join(_stage(settings, name) for name in asked)}; then the bundle")
        minutes = settings.train.minutes
        lines.append(
            f"time budget {duration(60 * minutes)} for the stages; data before them and the bundle after them on top"
            if minutes
            else f"each stage prints how long it takes, once {SKIPPED + MEASURED} steps are done"
        )
    return "\n".join(lines)


def outcome(settings: Config, store: Store, stages: Mapping[str, Mapping[str, Any]], bundle: Path | None) -> str:
    """What came out, and the next command. For the end.

    Args:
        settings: of the run.
        store: its sounds.
        stages: stage -> {"best": the row of its log with the lowest validation loss}.
        bundle: folder of the bundle; None where the CWAE or the MCNN is still missing.
    """
    lines = [f"trained on {_size(store)}", *_missing(store)]
    lines += [_validation(name, record["best"]) for name, record in stages.items()]
    if bundle is None:
        other = "mcnn" if "cwae" in stages else "cwae"
        words = ["drumjax", "train", "--stage", other, "--set", f"run.dir={settings.run_dir}"]
        following = invocation(shlex.join(words))
        lines.append(f"no bundle yet: {settings.run_dir} holds no trained {other}; next: {following}")
    else:
        words = ["drumjax", "generate", "--bundle", str(bundle), "--class", "kick", "--z", "0", "0", "0"]
        heard = invocation(shlex.join(words))
        lines.append(f"bundle {bundle}; hear it: {heard}")
    return "\n".join(lines)


def _size(store: Store) -> str:
    sides = ", ".join(f"{len(store.indices(split)):,} {split}" for split in SPLITS)
    return f"{len(store):,} sounds of {len(store.kit_names):,} kits ({sides})"


def _missing(store: Store) -> list[str]:
    missing = [name for label, name in enumerate(CLASSES) if not len(store.indices("train", label))]
    return [f"  no training sounds of {', '.join(missing)}: built-in drums stand in"] if missing else []


def _stage(settings: Config, name: str) -> str:
    stage, done = getattr(settings.train, name), steps_done(settings.run_dir / name / "checkpoints")
    reached = f" ({done:,} done)" if done else ""
    return f"{name} {stage.steps:,} steps of {stage.batch} sounds{reached}"


def steps_done(checkpoints: Path) -> int:
    """Steps of the last checkpoint of a stage; 0 where there is none."""
    found = checkpoints.iterdir() if checkpoints.is_dir() else ()
    return max((int(path.name) for path in found if path.name.isdigit()), default=0)


def _validation(name: str, best: Mapping[str, Any]) -> str:
    figures = [
        f"{words} {best[f'validation/{figure}']:.3g}"
        for figure, words in _FIGURES[name].items()
        if f"validation/{figure}" in best
    ]
    return f"{name}, best validation at step {best['step']:,}: {', '.join(figures)}"
