"""train.py: a folder of sounds, or none, in; a bundle that can be played out."""

import argparse
import os
import platform
import sys
from dataclasses import replace
from pathlib import Path

from drumjax import checkpoint, presets
from drumjax.commands import Parser, command, whole
from drumjax.config import Config

STAGES = ("cwae", "mcnn", "joint")


def _parser() -> Parser:
    parser = Parser(prog="train.py", description="Trains drumjax on the built-in drums or on your own.")
    parser.add_argument("--stage", choices=("data", *STAGES, "all"), default="all", help="what to do (all)")
    parser.add_argument("--preset", choices=tuple(presets.PRESETS), help="where every number starts from (home)")
    parser.add_argument("--data", nargs="+", metavar="FOLDER", help="folders of sounds (the built-in drums)")
    kit = "what a kit is: folder, top, file, or a column of manifest.csv"
    parser.add_argument("--group-by", metavar="WHAT", help=kit)
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="GROUP.FIELD=VALUE")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    where = "of process 0, to train in several processes; auto: jax asks the cluster it runs on"
    parser.add_argument("--coordinator", metavar="HOST:PORT", help=where)
    parser.add_argument("--processes", type=whole, metavar="N", help="how many train together")
    parser.add_argument("--process", type=whole, metavar="I", help="which of them this one is, 0 to N - 1")
    return parser


@command("train")
def train(arguments: list[str]) -> None:
    """Runs the stages asked for in the run's folder, together with other processes where they are named."""
    options = _parser().parse_args(arguments)

    from drumjax.train import devices

    with devices.joined(options.coordinator, options.processes, options.process):
        _train(options)


def _train(options: argparse.Namespace) -> None:
    from drumjax.train import devices

    settings, trained = _settings(options)
    if options.stage == "data" and not settings.data.folders:
        raise ValueError("--stage data reads folders of sounds: name them with --data FOLDER [FOLDER ...]")
    asked = {"all": settings.stages, "data": ()}.get(options.stage, (options.stage,))
    for stage in asked:
        if stage in trained and not options.resume:
            raise ValueError(
                f"{settings.run_dir / stage} already holds a run; --resume goes on with it, "
                f"--set run.dir=FOLDER starts another beside it"
            )
        missing = [need for need in STAGES[:2] if stage == "joint" and need not in (*asked, *trained)]
        if missing:
            raise ValueError(
                f"{settings.run_dir} holds no trained {missing[0]}: --stage joint goes on from both networks"
            )
        devices.mesh(getattr(settings.train, stage).batch, stage)  # that it can be shared is known before hours pass
    devices.wait("settings")  # nobody changes the run's folder before everybody has looked at it
    devices.alone(lambda: _prepare(settings, bool(trained)))
    try:
        _train_stages(settings, asked, options.resume)
    except KeyboardInterrupt:
        print("\n--resume goes on from the last checkpoint", file=sys.stderr)
        raise


def _settings(options: argparse.Namespace) -> tuple[Config, list[str]]:
    """The preset, or what the run's folder remembers, with --set, --data and --group-by applied.

    Returns:
        The config, and the stages that the run has checkpoints of.

    Raises:
        ValueError: they contradict what the run has been trained with, or there is nothing to resume.
    """
    base = presets.preset(options.preset or "home")
    run = presets.override(base, [text for text in options.set if text.strip().startswith("run.dir=")]).run
    run_dir = replace(base, run=run).run_dir
    trained = [stage for stage in STAGES if checkpoint.exists(run_dir / stage / "checkpoints")]
    if options.resume and not trained:
        raise ValueError(
            f"nothing to resume in {run_dir}: name the run as it was started, with --preset or --set run.dir="
        )
    if (run_dir / "config.json").exists():
        base = presets.load(run_dir / "config.json")
        if options.preset not in (None, base.preset):
            raise ValueError(f"{run_dir} belongs to --preset {base.preset}; choose another folder with --set run.dir=")
    base = replace(base, run=replace(base.run, dir=run.dir))  # it may have been moved, or spelled differently
    settings = presets.override(base, options.set)
    data = settings.data
    if options.data:
        data = replace(data, folders=tuple(str(Path(folder).resolve()) for folder in options.data))
    if options.group_by:
        data = replace(data, group_by=options.group_by)
    settings = replace(settings, data=data)
    if trained:
        fixed = ["audio", "data", "cwae", "mcnn", "run"]
        changed = [name for name in fixed if getattr(settings, name) != getattr(base, name)]
        changed += [s for s in trained if getattr(settings.train, s).ema != getattr(base.train, s).ema]
        if changed:
            raise ValueError(
                f"{run_dir} was trained with other settings of {changed[0]!r}; choose another --set run.dir="
            )
    return settings, trained


def _prepare(settings: Config, trained: bool) -> None:
    """Makes the sounds to train on: the user's folders, a store named without folders, or the built-in drums.

    A run that has begun keeps the store it began with, whatever has become of the folders since.
    """
    from drumjax.data import corpus, procedural

    named = settings.data.store and not settings.data.folders and (settings.store_dir / "store.json").exists()
    if not (trained or named):
        (corpus if settings.data.folders else procedural).build(settings)
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    presets.save(settings, settings.run_dir / "config.json")


def _train_stages(settings: Config, asked: tuple[str, ...], resume: bool) -> None:
    if not asked:
        return
    from drumjax.data.batches import Balanced
    from drumjax.data.store import Store
    from drumjax.train import assembly, loop, stages

    store = Store.open(settings.store_dir, settings.audio)
    balanced = Balanced(store, settings.data.per_class, settings.run.seed)
    for name in asked:
        loop.run(stages.task(name, settings, store, balanced), balanced, settings.run_dir / name, resume)
    made = assembly.assemble(settings, store, balanced, _record(settings))
    if made is None:
        other = "mcnn" if "cwae" in asked else "cwae"
        print(f"trained {asked[-1]} in {settings.run_dir}; --stage {other} makes it playable")
    else:
        print(f"bundle {made}; hear it: python generate.py --bundle {made} --class kick --z 0 0 0")


def _record(settings: Config) -> dict:
    """How this run was trained: steps, hours and best validation of each stage, and the machine."""
    from drumjax.train.loop import read_log

    done = {}
    for name in STAGES:
        log = read_log(settings.run_dir / name / "metrics.jsonl")
        if log:
            best = min(log, key=lambda row: row["validation/loss"])
            hours = sum(row["seconds"] for row in log) / 3600
            done[name] = {"steps": log[-1]["step"], "hours": round(hours, 3), "best": best}
    machine = f"{platform.machine()} {platform.system()}, {os.cpu_count()} cores"
    return {"preset": settings.preset, "machine": machine, "stages": done}
