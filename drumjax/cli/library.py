"""drumjax library: scan folders of sounds, search them by sound, list copies, draw and play maps."""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from drumjax.cli import names
from drumjax.commands import Parser, command, positive
from drumjax.data.labels import parse_class
from drumjax.files import shown
from drumjax.library.features import PROPERTIES
from drumjax.library.library import AXES, Hit, Library

EXAMPLES = (
    ("drumjax library scan ~/Samples", "reads new and changed files; Ctrl-C loses nothing"),
    ("drumjax library like kick.wav", "the sounds most like it"),
    ("drumjax library like kick.wav --brighter --shorter", "like it, but brighter and shorter"),
    ("drumjax library find --class snare --range seconds 0 0.3", "short snares"),
    ("drumjax library duplicates", "copies of one sound, under any name and in any format"),
    ("drumjax library map --class snare --out snares.png", "snares, neighbours near each other"),
    ("drumjax library play 0.4 0.7 --class snare", "a new sound between those around a spot of that map"),
)

SHOWN = 10
"""Hits and broken files listed where no number is asked for."""


@command("library")
def library(arguments: list[str]) -> None:
    """Parses arguments and runs one of the sub-commands."""
    parser = Parser("drumjax library", EXAMPLES, description="Your own sounds: scanned, searched by sound, mapped.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def sub(name: str, run: Callable[[Library, argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        added.add_argument("--index", type=Path, help="file of the index (default: in your account's data folder)")
        added.set_defaults(run=run)
        return added

    scan = sub("scan", _scan, "read the new and changed sounds of folders, which are never written to")
    scan.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    scan.add_argument("--workers", type=positive, help="processes (default: one a core)")
    like = sub("like", _like, "find the sounds most like that of a file")
    like.add_argument("file", type=Path, metavar="FILE")
    for direction, (name, step) in AXES.items():
        unit = "octaves" if name == "decay" else "dB"
        like.add_argument(
            f"--{direction}", action="count", default=0, help=f"by {abs(step):g} {unit} of {name}; twice: by more"
        )
    find = sub("find", _find, "find sounds by class, name and properties")
    find.add_argument("--name", default="", help="words in the path, in any order and case")
    find.add_argument(
        "--range", nargs=3, action="append", default=[], metavar=("PROPERTY", "LEAST", "MOST"),
        help=f"any of {', '.join(PROPERTIES)}",
    )  # fmt: skip
    find.add_argument("--sort", metavar="PROPERTY", help="the smallest first (default: by path)")
    for added in (like, find):
        added.add_argument("--n", type=positive, default=SHOWN, help="number of hits (default: %(default)s)")
    duplicates = sub("duplicates", _duplicates, "list files that hold the same sound")
    duplicates.add_argument("--exact", action="store_true", help="only those that are equal sample by sample")
    drawn = sub("map", _map, "draw sounds as points, neighbours near each other")
    drawn.add_argument("--colour", default="brightness", metavar="PROPERTY", help="(default: %(default)s)")
    drawn.add_argument("--fresh", action="store_true", help="lay the map out anew; otherwise all places stay")
    drawn.add_argument("--out", type=Path, metavar="PNG", default=Path("library.png"), help="(default: %(default)s)")
    play = sub("play", _play, "render a spot of a map, between the sounds around it")
    play.add_argument("spot", type=float, nargs=2, metavar=("X", "Y"), help="0 to 1 each")
    play.add_argument("--out", type=Path, metavar="WAV", default=Path("spot.wav"), help="(default: %(default)s)")
    play.add_argument("--bundle", type=Path, help="folder of the trained bundle (default: the shipped one)")
    for added in (like, find, drawn, play):
        added.add_argument("--class", dest="drum_class", metavar="CLASS", help="only sounds of this class")
    for added in (like, find, duplicates, drawn):
        added.add_argument("--json", action="store_true", help="print JSON")
    sub("problems", _problems, "list the files that could not be read, and why")
    forget = sub("forget", _forget, "remove the sounds of a folder from the index")
    forget.add_argument("folder", type=Path, metavar="FOLDER")
    options = parser.parse_args(arguments)
    if getattr(options, "drum_class", None):
        options.drum_class = parse_class(options.drum_class)
    options.run(Library.open(options.index), options)


def _scan(library: Library, options: argparse.Namespace) -> None:
    found = library.scan(options.folders, options.workers)
    parts = [f"{found.read:,} sounds read", f"{found.unchanged:,} unchanged"]
    others = {"moved": found.moved, "gone": found.gone, "not sounds": found.no_sounds, "broken": found.broken}
    parts += [f"{count:,} {name}" for name, count in others.items() if count]
    print(f"{', '.join(parts)} in {found.seconds:.1f} s; {len(library.sounds):,} sounds in {shown(library.index.path)}")
    if found.broken:
        print("drumjax library problems lists the files that could not be read")


def _like(library: Library, options: argparse.Namespace) -> None:
    steps = {direction: getattr(options, direction) for direction in AXES}
    _scanned(library)
    _print(library.like(options.file, options.n, steps, options.drum_class), options.json)


def _find(library: Library, options: argparse.Namespace) -> None:
    _scanned(library)
    ranges = {}
    for name, *ends in options.range:
        try:
            ranges[name] = float(ends[0]), float(ends[1])
        except ValueError:
            raise ValueError(f"--range takes a property and two numbers; got {name} {' '.join(ends)}") from None
    _print(library.find(options.drum_class, options.name, ranges, options.sort, options.n), options.json)


def _duplicates(library: Library, options: argparse.Namespace) -> None:
    _scanned(library)
    groups = library.duplicates(near=not options.exact)
    if options.json:
        print(json.dumps([[shown(hit.path) for hit in group] for group in groups], indent=1))
        return
    for group in groups:
        print("\n  ".join(shown(hit.path) for hit in group))
    print(f"{len(groups):,} sounds have copies: {sum(map(len, groups)) - len(groups):,} files more than needed")


def _map(library: Library, options: argparse.Namespace) -> None:
    _scanned(library)
    drawn = library.map(options.drum_class, options.colour, options.fresh)
    if options.json:
        values = zip(drawn.paths, drawn.places.tolist(), drawn.values.tolist(), strict=True)
        print(json.dumps([{"path": shown(p), "x": x, "y": y, options.colour: v} for p, (x, y), v in values], indent=1))
        return
    from drumjax.sound import pictures

    title = f"{(options.drum_class or 'all sounds').replace('_', ' ')}: {len(drawn.paths):,}"
    with names.claimed(options.out, set(), force=False) as path:
        pictures.save(pictures.scatter(drawn.places, drawn.values, title, options.colour), path)
    print(shown(path))


def _play(library: Library, options: argparse.Namespace) -> None:
    _scanned(library)
    if not all(0 <= place <= 1 for place in options.spot):
        raise ValueError(f"X and Y are places on the map, 0 to 1 each; got {options.spot[0]:g} {options.spot[1]:g}")
    from drumjax import process
    from drumjax.library.spots import play
    from drumjax.sound import audio
    from drumjax.synth import Synth

    process.setup_player()
    synth = Synth.load(options.bundle)
    near = library.between((options.spot[0], options.spot[1]), options.drum_class)
    wave = play(library, synth, near)
    with names.claimed(options.out, set(), force=False) as path:
        audio.write(path, np.trim_zeros(wave, "b"), synth.rate)
    for hit, weight in near:
        print(f"{weight:5.0%}  {shown(hit.path)}")
    print(shown(path))


def _problems(library: Library, options: argparse.Namespace) -> None:
    for path, problem in library.index.problems():
        print(f"{shown(path)}: {problem}")


def _forget(library: Library, options: argparse.Namespace) -> None:
    print(f"{library.forget(options.folder):,} files removed from {shown(library.index.path)}")


def _scanned(library: Library) -> None:
    if not len(library.sounds):
        raise ValueError(f"the index {shown(library.index.path)} holds no sounds: drumjax library scan FOLDER first")


def _print(hits: Sequence[Hit], as_json: bool) -> None:
    if as_json:
        rows: list[dict[str, Any]] = [
            {"path": shown(hit.path), "class": hit.drum_class, "distance": hit.distance, **hit.properties}
            for hit in hits
        ]
        print(json.dumps(rows, indent=1))
        return
    print("distance  class        ms  bright  punch  decay ms  path")
    for hit in hits:
        values = hit.properties
        print(
            f"{hit.distance:8.2f}  {hit.drum_class or '':10} {1000 * values['seconds']:5.0f} "
            f"{values['brightness']:6.1f} {values['punch']:6.1f} {1000 * 2 ** values['decay']:9.0f}  {shown(hit.path)}"
        )
