"""`drumjax train`: a folder of sounds, or none, in; a bundle that can be played out."""

import argparse
import contextlib
import os
import platform
import shlex
import sys

from drumjax import presets, progress
from drumjax.cli import settings as cli_settings
from drumjax.cli.lock import locked
from drumjax.cli.settings import PRESET
from drumjax.commands import Parser, command, invocation, whole
from drumjax.config import STAGES, Config

EXAMPLES = (
    ("drumjax train --preset tiny", "a first bundle from built-in drums, in minutes"),
    ("drumjax train --stage data --data ~/Samples", "reads and sorts your files; trains nothing"),
    ("drumjax train --data ~/Samples", "all stages, on your sounds"),
    ("drumjax train --data ~/Samples --minutes 30", "the same within half an hour"),
    ("drumjax train --stage adapt --data ~/MyKit", "the shipped bundle learns your kit, in a minute or two"),
    ("drumjax train --resume", "continues the newest run"),
    ("drumjax train --data ~/Samples --set run.dir=runs/mine train.mcnn.steps=6000", "with settings of your own"),
)


def _parser() -> Parser:
    parser = Parser("drumjax train", EXAMPLES, description="Trains drumjax on the built-in drums or on your own.")
    stages = "what to do (all); adapt has a trained bundle learn your sounds, in a minute or two"
    parser.add_argument("--stage", choices=("data", *STAGES, "all", "adapt"), default="all", help=stages)
    start = "for --stage adapt: the bundle that learns your sounds (the shipped one)"
    parser.add_argument("--bundle", metavar="FOLDER", help=start)
    parser.add_argument("--preset", choices=tuple(presets.PRESETS), help=f"where every number starts from ({PRESET})")
    folders = "folders of sounds (the built-in drums); may be given several times"
    parser.add_argument("--data", nargs="+", action="extend", metavar="FOLDER", help=folders)
    kit = "what a kit is: folder, top, file, or a column of manifest.csv"
    parser.add_argument("--group-by", metavar="WHAT", help=kit)
    guess = "classify by their sound the files that no name classifies, where it is fairly certain"
    parser.add_argument("--guess", action="store_true", help=guess)
    numbers = "any setting of drumjax/config.py, such as train.cwae.steps=20000 run.dir=runs/mine"
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="GROUP.FIELD=VALUE", help=numbers)
    budget = "time budget of the stages together; the learning rate falls to 0 along the last third of each part"
    parser.add_argument("--minutes", type=float, metavar="M", help=budget)
    last = "go on from the last checkpoint: of the newest run, or of the one named by --preset or run.dir"
    parser.add_argument("--resume", action="store_true", help=last)
    where = "of process 0, to train in several processes; auto: jax asks the cluster it runs on"
    parser.add_argument("--coordinator", metavar="HOST:PORT", help=where)
    parser.add_argument("--processes", type=whole, metavar="N", help="how many train together")
    parser.add_argument("--process", type=whole, metavar="I", help="which of them this one is, 0 to N - 1")
    return parser


@command("train")
def train(arguments: list[str]) -> None:
    """Runs the stages asked for in the run's folder, together with other processes where they are named."""
    options = _parser().parse_args(arguments)
    if options.stage == "adapt":
        from drumjax.cli.adapt import adapt

        return adapt(options)
    if options.bundle:
        raise ValueError("--bundle names the bundle that --stage adapt starts from; other stages start anew")

    from drumjax.train import devices

    with (
        devices.joined(options.coordinator, options.processes, options.process),
        progress.silenced(options.coordinator is not None and not devices.first()),
    ):
        _train(options)


def _train(options: argparse.Namespace) -> None:
    from drumjax.train import devices

    settings = cli_settings.settings(options)
    if options.stage == "data" and not settings.data.folders:
        raise ValueError("--stage data reads folders of sounds: name them with --data FOLDER [FOLDER ...]")
    asked = {"all": settings.stages, "data": ()}.get(options.stage, (options.stage,))
    with contextlib.ExitStack() as stack:
        devices.wait("settings")  # nobody changes the run's folder before everybody has looked at it
        devices.alone(lambda: stack.enter_context(locked(settings.run_dir)))
        trained = cli_settings.trained_stages(settings.run_dir)
        _require_possible(settings, asked, trained, options.resume)
        if options.resume:
            print(f"resuming {settings.run_dir}")
        devices.wait("stages")
        devices.alone(lambda: _prepare(settings, bool(trained)))
        try:
            _train_stages(settings, asked, options.resume)
        except KeyboardInterrupt:
            if cli_settings.trained_stages(settings.run_dir):
                again = invocation(shlex.join(["drumjax", "train", "--set", f"run.dir={settings.run_dir}", "--resume"]))
                print(f"\n{again} goes on from the last checkpoint", file=sys.stderr)
            raise


def _require_possible(settings: Config, asked: tuple[str, ...], trained: list[str], resume: bool) -> None:
    """Raises a ValueError where a stage asked for cannot be trained: known before hours pass."""
    from drumjax.train import devices

    for stage in asked:
        if stage not in settings.stages:
            raise ValueError(f"--stage must be one of the config's stages, {', '.join(settings.stages)}; got {stage}")
        if stage in trained and not resume:
            raise ValueError(
                f"{settings.run_dir / stage} already holds a run; --resume goes on with it, "
                f"--set run.dir=FOLDER starts another beside it"
            )
        missing = [need for need in STAGES[:2] if stage == "joint" and need not in (*asked, *trained)]
        if missing:
            raise ValueError(
                f"{settings.run_dir} holds no trained {missing[0]}: --stage joint goes on from both networks"
            )
        devices.mesh(getattr(settings.train, stage).batch, stage)  # raises where processes cannot share the batch


def _prepare(settings: Config, trained: bool) -> None:
    """Makes the sounds to train on: the user's folders, a store named without folders, or the built-in drums.

    A run that has begun keeps the store it began with, whatever has become of the folders since.
    """
    from drumjax.cli.guess import guesser
    from drumjax.data import corpus, procedural

    named = settings.data.store and not settings.data.folders and (settings.store_dir / "store.json").exists()
    if not (trained or named):
        if settings.data.folders:
            corpus.build(settings, guess=guesser(settings.audio.rate))
        else:
            procedural.build(settings)
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    presets.save(settings, settings.run_dir / "config.json")


def _train_stages(settings: Config, asked: tuple[str, ...], resume: bool) -> None:
    if not asked:
        return
    from drumjax.cli import summary
    from drumjax.data.batches import Balanced
    from drumjax.data.store import Store
    from drumjax.train import assembly, budget, loop, stages

    store = Store.open(settings.store_dir, settings.audio)
    print(summary.plan(settings, store, asked), flush=True)
    balanced = Balanced(store, settings.data.per_class, settings.run.seed)
    for at, name in enumerate(asked):
        seconds = budget.stage_seconds(settings.train, asked[at:], _seconds_spent(settings, asked[:at]))
        blank = assembly.blank_state(settings, name) if resume else None
        loop.run(stages.task(name, settings, store, balanced), balanced, settings.run_dir / name, blank, seconds)
    record = _record(settings)
    bundle = assembly.assemble(settings, store, balanced, record)
    print(summary.outcome(settings, store, record["stages"], bundle))


def _seconds_spent(settings: Config, stages: tuple[str, ...]) -> float:
    from drumjax.train import log

    return sum((log.seconds(log.read(settings.run_dir / name / "metrics.jsonl")) for name in stages), 0.0)


def _record(settings: Config) -> dict:
    """How this run was trained: steps, hours and best validation of each stage, and the machine."""
    from drumjax.train import log

    done = {}
    for name in STAGES:
        rows = log.read(settings.run_dir / name / "metrics.jsonl")
        if rows:
            best = min(rows, key=lambda row: row["validation/loss"])
            hours = log.seconds(rows) / 3600
            done[name] = {"steps": rows[-1]["step"], "hours": round(hours, 3), "best": best}
    machine = f"{platform.machine()} {platform.system()}, {os.cpu_count()} cores"
    return {"preset": settings.preset, "machine": machine, "stages": done}
