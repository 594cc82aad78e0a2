"""The two commands, `generate.py` and `train.py`: arguments in, files out, one clear line for a mistake."""

import argparse
import dataclasses
import functools
import json
import math
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from drumjax import audio, presets
from drumjax.config import CLASSES, Config

USER_ERROR = 2


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message} (see {self.prog} --help)")


def command(run: Callable[[list[str]], None]) -> Callable[[list[str]], int]:
    """The command as arguments -> exit code; what a user can mend is one line on stderr and code 2."""

    @functools.wraps(run)
    def guarded(arguments: list[str]) -> int:
        try:
            run(arguments)
        except (ValueError, OSError) as error:
            text = str(error) if not isinstance(error, OSError) or error.filename is None else f"{error.filename}: {error.strerror}"
            print(f"{run.__name__}: {' '.join(text.split())}", file=sys.stderr)
            return USER_ERROR
        except KeyboardInterrupt:
            print(f"\n{run.__name__}: stopped; --resume goes on from the last checkpoint", file=sys.stderr)
            return 130
        return 0

    return guarded


def _plain_numbers(arguments: list[str]) -> list[str]:
    """Negative numbers that argparse takes for options (-1e-3, -inf), marked as values by a leading space."""

    def number(text: str) -> bool:
        try:
            float(text)
        except ValueError:
            return False
        return True

    return [f" {a}" if a.startswith("-") and number(a) else a for a in arguments]


def _finite(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a finite number; got {text.strip()!r}")
    return value


def _whole(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = -1
    if value < 0:
        raise argparse.ArgumentTypeError(f"expected a whole number, 0 or more; got {text.strip()!r}")
    return value


def _generate_parser() -> Parser:
    parser = Parser(prog="generate.py", description="Three knobs and a drum class in, a WAV out.")
    parser.add_argument("--class", dest="classes", nargs="+", required=True, metavar="CLASS",
                        help=f"one or several of {', '.join(CLASSES)}, or all")  # fmt: skip
    parser.add_argument("--z", nargs=3, type=_finite, metavar=("P1", "P2", "P3"),
                        help="the three knobs, in standard deviations around the class's centre")  # fmt: skip
    parser.add_argument("--n", type=_whole, help="instead of --z: so many new sounds of each class")
    parser.add_argument("--seed", type=_whole, help="of the new sounds (0)")
    parser.add_argument("--range", type=float, choices=(2, 5, 10), dest="reach",
                        help="how far a knob goes: a limit for --z (10), or, with --n, knobs drawn within it")  # fmt: skip
    parser.add_argument("--out", type=Path, help="the WAV, or the folder where there are several")
    parser.add_argument("--rate", type=int, choices=(22050, 44100, 48000), help="Hz of the WAV (the bundle's own)")
    parser.add_argument("--bits", type=int, choices=(16, 24), default=16)
    parser.add_argument("--plot", action="store_true", help="also a PNG of each waveform and mel")
    parser.add_argument("--bundle", type=Path, help="a trained bundle (the shipped one)")
    parser.add_argument("--controls", choices=("class", "global"), default="class",
                        help="knobs of the class's own components, or the paper's: of all classes together")  # fmt: skip
    return parser


@command
def generate(arguments: list[str]) -> None:
    """Writes the sounds asked for and says where."""
    from drumjax.data.labels import class_named

    options = _generate_parser().parse_args(_plain_numbers(arguments))
    asked = CLASSES if options.classes == ["all"] else [class_named(name) for name in options.classes]
    asked = list(dict.fromkeys(asked))
    random = options.n is not None or options.seed is not None
    if (options.z is None) != random:
        raise ValueError("give either --z P1 P2 P3, the three knobs, or --n and --seed for new sounds")
    if options.n == 0:
        raise ValueError("--n must be 1 or more; got 0")
    reach = options.reach or 10
    if options.z and max(map(abs, options.z)) > reach:
        raise ValueError(f"--z must lie within -{reach:g} to {reach:g}; got {' '.join(f'{p:g}' for p in options.z)}")
    count = options.n or 1
    paths = _paths(options.out, asked, count, options)

    import numpy as np

    from drumjax.synth import Synth

    synth = Synth.load(options.bundle, options.controls)
    sounds = []
    for label, name in enumerate(asked):
        if options.z:
            sounds.append(synth.generate([options.z], name))
        elif options.reach:
            rng = np.random.default_rng([options.seed or 0, label])
            sounds.append(synth.generate(rng.uniform(-reach, reach, (count, 3)), name))
        else:
            sounds.append(synth.sample(name, count, options.seed or 0))
    rate = options.rate or synth.rate
    for path, wave in zip(paths, np.concatenate(sounds), strict=True):
        written = audio.resample(wave, synth.rate, rate)
        path.parent.mkdir(parents=True, exist_ok=True)
        # A resampled peak may rise above full scale between the samples.
        audio.write(path, written / max(1.0, float(np.abs(written).max())), rate, options.bits)
        print(path)
        if options.plot:
            _plot(synth, wave, path.with_suffix(".png"))


def _paths(out: Path | None, classes: list[str], count: int, options: argparse.Namespace) -> list[Path]:
    """Where every sound goes: the file named, or a folder with one file for each."""
    if len(classes) * count == 1:
        path = out or Path(f"{classes[0]}.wav")
        if path.is_dir():
            path /= f"{classes[0]}.wav"
        if path.suffix.lower() != ".wav":
            raise ValueError(f"--out must name a .wav file or a folder that exists; got {path}")
        return [path]
    folder = out or Path("drums")
    if folder.suffix.lower() == ".wav" or folder.is_file():
        raise ValueError(f"--out must name a folder for {len(classes) * count} sounds; got {folder}")
    return [folder / (f"{name}_{i:03d}.wav" if count > 1 else f"{name}.wav") for name in classes for i in range(count)]


def _plot(synth, wave, path: Path) -> None:
    from drumjax import figures
    from drumjax.checkpoint import atomic

    with atomic(path) as temporary:
        figures.save(figures.sound(wave, synth.mel(wave), path.stem, synth.config.audio), temporary)
    print(path)


def _train_parser() -> Parser:
    parser = Parser(prog="train.py", description="Trains drumjax on the built-in drums or on your own.")
    parser.add_argument("--stage", choices=("data", "cwae", "mcnn", "joint", "all"), required=True)
    parser.add_argument("--preset", choices=tuple(presets.PRESETS), help="where every number starts from (home)")
    parser.add_argument("--data", nargs="+", metavar="FOLDER", help="folders of sounds (the built-in drums)")
    parser.add_argument("--group-by", metavar="WHAT",
                        help="what a kit is: folder, top, file, or a column of manifest.csv")  # fmt: skip
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="GROUP.FIELD=VALUE")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    return parser


@command
def train(arguments: list[str]) -> None:
    """Runs the stages asked for in the run's folder."""
    options = _train_parser().parse_args(arguments)
    settings = _settings(options)
    if options.stage == "data" and not settings.data.folders:
        raise ValueError("--stage data reads folders of sounds: name them with --data FOLDER [FOLDER ...]")
    store = _store(settings)
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    presets.save(settings, settings.run_dir / "config.json")
    if options.stage == "data":
        return
    stages_asked = ("cwae", "mcnn", "joint") if options.stage == "all" else (options.stage,)
    _train_stages(settings, store, stages_asked, options.resume)


def _settings(options: argparse.Namespace) -> Config:
    """The preset, or what the run's folder remembers, with --set, --data and --group-by applied.

    Raises:
        ValueError: they contradict what the run has been trained with.
    """
    fresh = presets.override(presets.preset(options.preset or "home"), options.set)
    remembered = fresh.run_dir / "config.json"
    started = any((fresh.run_dir / stage / "checkpoints").is_dir() for stage in ("cwae", "mcnn", "joint"))
    settings = fresh
    if remembered.exists() and (started or not options.preset):
        base = presets.load(remembered)
        if options.preset not in (None, base.preset):
            raise ValueError(f"{fresh.run_dir} was trained with --preset {base.preset}; choose another --set run.dir=FOLDER")
        settings = presets.override(base, options.set)
    if options.data:
        folders = tuple(str(Path(folder).resolve()) for folder in options.data)
        settings = dataclasses.replace(settings, data=dataclasses.replace(settings.data, folders=folders))
    if options.group_by:
        settings = dataclasses.replace(settings, data=dataclasses.replace(settings.data, group_by=options.group_by))
    if started:
        for name in ("audio", "data", "cwae", "mcnn", "run"):
            if getattr(settings, name) != getattr(base, name):
                raise ValueError(
                    f"{fresh.run_dir} was trained with other settings of {name!r}; choose another --set run.dir=FOLDER"
                )
    return settings


def _store(settings: Config):
    """The sounds to train on: the user's folders, a store named without folders, or the built-in drums."""
    if settings.data.folders:
        from drumjax.data import corpus

        return corpus.build(settings)
    if settings.data.store and (settings.store_dir / "store.json").exists():
        from drumjax.data.store import Store

        return Store.open(settings.store_dir, settings.audio)
    from drumjax.data import procedural

    return procedural.build(settings)


def _train_stages(settings: Config, store, asked: tuple[str, ...], resume: bool) -> None:
    from drumjax import stages, training
    from drumjax.data.batches import Balanced

    balanced = Balanced(store, settings.data.per_class, settings.run.seed)
    for name in asked:
        training.run(stages.task(name, settings, store, balanced), balanced, settings.run_dir / name, resume)
    made = stages.assemble(settings, store, balanced, _record(settings))
    if made is None:
        trained = asked[-1]
        print(f"trained {trained} in {settings.run_dir}; `--stage {'mcnn' if trained == 'cwae' else 'cwae'}` makes it playable")
    else:
        print(f"bundle {made}; hear it: python generate.py --bundle {made} --class kick --z 0 0 0")


def _record(settings: Config) -> dict:
    """How this run was trained: steps, hours and best validation of each stage, and the machine."""
    stages_done = {}
    for name in ("cwae", "mcnn", "joint"):
        log = settings.run_dir / name / "metrics.jsonl"
        if not log.exists():
            continue
        rows = [json.loads(line) for line in log.read_text(encoding="utf8").splitlines()]
        if rows:
            best = min(rows, key=lambda row: row["validation/loss"])
            hours = sum(row["seconds"] for row in rows) / 3600
            stages_done[name] = {"steps": rows[-1]["step"], "hours": round(hours, 3), "best": best}
    machine = f"{platform.machine()} {platform.system()}, {os.cpu_count()} cores"
    return {"preset": settings.preset, "machine": machine, "stages": stages_done}
