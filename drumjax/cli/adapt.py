"""`drumjax train --stage adapt`: a trained bundle and folders of sounds in, a bundle that has learned them out."""

import argparse
import shlex
import time
from dataclasses import replace
from pathlib import Path

from drumjax import checkpoint, presets
from drumjax.cli.guess import guesser
from drumjax.cli.lock import locked
from drumjax.commands import invocation
from drumjax.config import CLASSES, Config, Run
from drumjax.kits import recipe
from drumjax.progress import duration

RUN = "runs/adapted"
"""Default of run.dir."""


def adapt(options: argparse.Namespace) -> None:
    """Reads the sounds, has the bundle learn them, writes the new one at the end, and prints what it has gained.

    Raises:
        ValueError: options that do not apply, no sounds or too few, or a bundle that cannot learn; one line.
        FileNotFoundError: there is no bundle to start from.
        OSError: a folder cannot be read or written.
    """
    _check_options(options)
    folder = Path(options.bundle) if options.bundle else checkpoint.shipped()
    parent = checkpoint.load_bundle(folder)
    settings = _settings(options, parent.config)
    written = settings.run_dir / "bundle"
    if written.exists():
        raise ValueError(f"{written} holds a bundle already; --set run.dir=FOLDER makes another beside it")

    from drumjax import process
    from drumjax.data import corpus
    from drumjax.train import adapt

    adapt.check_parent(parent)
    process.cache_compilations()
    with locked(settings.run_dir):
        store = corpus.build(settings, guess=guesser(settings.audio.rate))
        adapt.check_sounds(store)
        began = time.monotonic()
        bundle, outcome, _ = adapt.adapt(parent, store)
        record = {"parent": recipe.bundle_id(folder), "sounds": len(store), **outcome.record()}
        earlier = bundle.metadata.get("adapted", [])
        metadata = {**bundle.metadata, "adapted": [*earlier, record]}
        checkpoint.save_bundle(replace(bundle, metadata=metadata), written)
    seconds = duration(time.monotonic() - began)
    labels = sorted(set(store.labels.tolist()))
    words = ["drumjax", "generate", "--bundle", str(written), "--class", CLASSES[labels[0]], "--n", "4"]
    print(f"bundle {written}; hear it: {invocation(shlex.join(words))}")
    print(f"learned {len(store)} sounds of {_classes(len(labels))} in {seconds}: {summary(outcome, labels)}")


def summary(outcome, labels: list[int]) -> str:
    """What an adaptation has brought, as one line.

    Args:
        outcome: an `adapt.Outcome`.
        labels: of the classes that were learned.
    """
    changes = (
        f"{old:.2f} to {new:.2f} dB ({new / old - 1:+.0%})"
        for old, new in zip(outcome.before, outcome.after, strict=True)
    )
    fine, envelope = changes
    others = "the other classes" if len(labels) < len(CLASSES) else "what it knew before"
    return (
        f"the error of {outcome.held_out} held-out sounds went from {fine}, that of their envelopes from {envelope}; "
        f"{others} changed by {outcome.others:.2f} dB"
    )


def _classes(count: int) -> str:
    return f"{count} class" if count == 1 else f"{count} classes"


def _check_options(options: argparse.Namespace) -> None:
    if not options.data:
        raise ValueError("--stage adapt learns your sounds: name their folders with --data FOLDER [FOLDER ...]")
    for name in ("preset", "resume", "minutes", "coordinator", "processes", "process"):
        if getattr(options, name) not in (None, False):
            raise ValueError(f"--stage adapt starts from a bundle (--bundle) and takes no --{name}")


def _settings(options: argparse.Namespace, trained: Config) -> Config:
    """The settings of the data stage: the bundle's, with two thirds of the sounds to learn."""
    data = replace(
        trained.data,
        folders=tuple(str(Path(folder).resolve()) for folder in options.data),
        group_by=options.group_by or "auto",
        guess=options.guess,
        shares=(2 / 3, 1 / 3, 0.0),
        terms="any",
    )
    start = replace(trained, data=data, run=Run(dir=RUN))
    made = presets.override(start, options.set)
    if replace(made, data=start.data, run=start.run) != start:
        raise ValueError("--stage adapt takes settings of the groups data and run; the others are the bundle's")
    return made
