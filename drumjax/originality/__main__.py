"""Reports how original sounds are: the nearest training sound of a bundle, its source, its licence and its distance.

drumjax originality FILE|FOLDER ... [--against FOLDER] [--json] [--plot FILE.png]
"""

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from drumjax import checkpoint, process
from drumjax.commands import Parser, command
from drumjax.data import folders
from drumjax.data.labels import class_of_path, parse_class
from drumjax.files import shown
from drumjax.originality.against import Folder, Nearest
from drumjax.originality.judge import COPY_PERCENT, Judge, Originality
from drumjax.progress import bar

EXAMPLES = (
    ("drumjax originality drums/", "every sound of a folder"),
    ("drumjax originality kick.wav --against ~/Samples", "also the nearest sound of a collection"),
)


@command("originality")
def main(arguments: list[str]) -> None:
    """Parses arguments and reports on each file."""
    parser = Parser("drumjax originality", EXAMPLES, description=__doc__.splitlines()[0])
    parser.add_argument("sounds", type=Path, nargs="+", metavar="FILE|FOLDER", help="sounds to report on")
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="also find the nearest sound of this folder")
    parser.add_argument("--class", dest="drum_class", metavar="CLASS", help="of all sounds (default: by name or sound)")
    parser.add_argument("--bundle", type=Path, help="folder of the trained bundle (default: the shipped one)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="draw the sounds beside their nearest training sounds")
    options = parser.parse_args(arguments)
    paths, drum_class = _files(options.sounds), parse_class(options.drum_class) if options.drum_class else None
    process.cache_compilations()
    judge = Judge(checkpoint.load_bundle(options.bundle or checkpoint.shipped()))
    folder = Folder(options.against) if options.against else None
    rows, mels, captions = [], [], []
    for path in bar(paths, "comparing", unit="sound"):
        try:
            wave = judge.fitted(path)
        except ValueError as error:
            if len(paths) == 1:
                raise
            print(f"drumjax originality: {error}", file=sys.stderr)
            continue
        found = judge.judge(wave, drum_class or class_of_path(path.name, path.absolute().parent.name))
        nearest = folder.nearest(path) if folder else None
        rows.append({"file": shown(path), **dataclasses.asdict(found), "verdict": found.verdict})
        rows[-1] |= {"against": dataclasses.asdict(nearest)} if nearest else {}
        if options.plot:
            mels.append(judge.mels(wave, found))
            captions.append([path.name, f"{found.nearest.source or 'training sound'} · {found.distance:.1f} dB"])
        if not options.json:
            print(words(path, found, nearest))
    if options.json:
        print(json.dumps(rows, indent=1))
    elif len(rows) > 1:
        copies = sum(row["percentile"] < COPY_PERCENT for row in rows)
        print(f"{copies} of {len(rows)} sounds are as near as a copy (of real drums: {COPY_PERCENT:.0f} %)")
    if mels:
        from drumjax.sound import pictures

        pictures.save(pictures.mel_grid(np.stack(mels), captions, judge.audio, sounds_per_row=2), options.plot)


def words(path: Path, found: Originality, nearest: Nearest | None = None) -> str:
    """The report in plain words: one line, and another one for the nearest sound of a folder."""
    origin = found.nearest
    where = f"{origin.source} ({origin.licence})" if origin.source else f"the kit {origin.kit}" if origin.kit else ""
    line = (
        f"{shown(path)}: {found.verdict}. Nearest training sound: a {origin.drum_class.replace('_', ' ')} of "
        f"{where or 'the built-in drums'}, {found.distance:.1f} dB apart; {found.percentile:.0f} % of real drums are "
        "nearer to a drum of another kit."
    )
    if nearest:
        line += (
            f"\n  in the folder: {'a copy, ' if nearest.copy else ''}{shown(nearest.path)}; {nearest.percentile:.0f} % "
            "of the sounds there are nearer to one of another folder"
        )
    return line


def _files(given: Sequence[Path]) -> list[Path]:
    """The files, and those of the folders."""
    found = []
    for path in given:
        if not path.exists():
            raise ValueError(f"{shown(path)} does not exist")
        inside = folders.walk(path, set()) if path.is_dir() else [path]
        found += [file for file in inside if not file.name.startswith(".") and file.suffix.lower() != ".csv"]
    if not found:
        raise ValueError(f"{', '.join(map(shown, given))} holds no files")
    return found


if __name__ == "__main__":
    sys.exit(main())
