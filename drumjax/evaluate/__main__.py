"""Measures a trained bundle and the yardsticks on held-out sounds.

    drumjax evaluate --store DIR [--bundle DIR] [--split test|validation] [--out DIR] [--samples 100]
    drumjax evaluate --store DIR [--bundle DIR] [--split test|validation] [--out DIR] --own FOLDER

Writes `evaluation.json`, `evaluation.md` and the paper's figures as PNG; with --own `own_sounds.json`
and `own_sounds.md`. With
`--adapt KITS`, it measures what learning a kit brings instead (`drumjax.evaluate.adaptation`), and writes
`adaptation.json` and `adaptation.md`.
"""

import json
import sys
import time
from pathlib import Path

from drumjax import checkpoint, files, process
from drumjax.commands import Parser, command
from drumjax.data.store import Store
from drumjax.evaluate import evaluation, own_goals, own_sounds, tables
from drumjax.evaluate.sounds import choose_sounds


@command("evaluate")
def main(arguments: list[str]) -> None:
    """Parses arguments, evaluates, and writes the results."""
    parser = Parser(prog="drumjax evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, help="folder of the trained bundle (default: the shipped one)")
    parser.add_argument("--store", type=Path, required=True, help="folder of the store (drumjax train --stage data)")
    parser.add_argument("--split", choices=("test", "validation"), help="default: test, or validation if that is empty")
    parser.add_argument("--out", type=Path, default=Path("runs/evaluation"), help="folder for the tables and figures")
    parser.add_argument("--samples", type=int, default=100, help="new sounds of every class")
    parser.add_argument("--limit", type=int, help="most held-out sounds of every class")
    own = "measures edits of held-out sound files instead: the folder that the store was made from"
    parser.add_argument("--own", type=Path, metavar="FOLDER", help=own)
    learned = "measure --stage adapt on these kits instead (tr808:conga, tr808,tr909); may be given several times"
    parser.add_argument("--adapt", action="append", metavar="KITS", help=learned)
    options = parser.parse_args(arguments)
    if options.samples < 2 or (options.limit is not None and options.limit < 1):
        parser.error("--samples must be 2 or more and --limit 1 or more")
    start = time.monotonic()
    store = Store.open(options.store)
    if options.adapt:
        return _measure_adaptation(options, store)
    choose_sounds(store, options.split, options.limit)  # an empty split is an error before the model loads
    from drumjax.synth import Synth

    process.setup_player()
    synth = Synth.load(options.bundle)

    def log(text: str) -> None:
        print(text, file=sys.stderr)

    if options.own:
        edits = own_sounds.measure(synth, store, options.own, options.split, options.limit, log)
        edits["goals"] = own_goals.goals(edits)
        options.out.mkdir(parents=True, exist_ok=True)
        files.write(options.out / "own_sounds.json", json.dumps(tables.plain(edits), indent=1).encode() + b"\n")
        files.write(options.out / "own_sounds.md", own_goals.markdown(edits["goals"]).encode())
        print(own_goals.markdown(edits["goals"]), end="")
        print(f"wrote {options.out / 'own_sounds.json'} and own_sounds.md")
        return
    table, material = evaluation.evaluate(synth, store, options.split, options.samples, options.limit, log)
    options.out.mkdir(parents=True, exist_ok=True)
    table = {"bundle": (options.bundle or checkpoint.shipped()).name, **table}
    table["figures"] = evaluation.draw_figures(synth, material, options.out)
    table["seconds"] = round(time.monotonic() - start)
    files.write(options.out / "evaluation.json", json.dumps(tables.plain(table), indent=1).encode() + b"\n")
    files.write(options.out / "evaluation.md", tables.markdown(table).encode())
    print(tables.overview(table))
    print(f"wrote {options.out / 'evaluation.md'}, evaluation.json and {len(table['figures'])} figures")


def _measure_adaptation(options, store: Store) -> None:
    from drumjax.evaluate import adaptation

    process.setup_player()
    bundle = checkpoint.load_bundle(options.bundle or checkpoint.shipped())
    rows = adaptation.measure(bundle, store, options.adapt, lambda text: print(text, file=sys.stderr))
    options.out.mkdir(parents=True, exist_ok=True)
    files.write(options.out / "adaptation.json", json.dumps(tables.plain(rows), indent=1).encode() + b"\n")
    files.write(options.out / "adaptation.md", adaptation.markdown(rows).encode())
    print(adaptation.markdown(rows), end="")


if __name__ == "__main__":
    sys.exit(main())
