"""Measures speed side by side with other libraries.

    drumjax bench [--only GROUP ...] [--out FILE.json]

The extra `bench` installs the other libraries; those that are missing are left out and named.
"""

import json
import sys
from pathlib import Path

from drumjax import files
from drumjax.bench import benchmark
from drumjax.bench.timing import table
from drumjax.commands import Parser, command
from drumjax.presets import preset


@command("bench")
def main(arguments: list[str]) -> None:
    """Parses arguments, runs the benchmark, and prints the table."""
    parser = Parser(prog="drumjax bench", description=__doc__.splitlines()[0])
    groups = f"groups to measure (default: all but train-full, the paper's batches): {', '.join(benchmark.GROUPS)}"
    parser.add_argument("--only", nargs="+", choices=benchmark.GROUPS, metavar="GROUP", help=groups)
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="file for all figures, as JSON")
    options = parser.parse_args(arguments)
    rows, absent = benchmark.run(
        preset("paper"), options.only or benchmark.DEFAULT, lambda text: print(text, file=sys.stderr)
    )
    machine = benchmark.machine()
    print(f"{', '.join(machine)}\n\n{table(rows)}")
    for peer, reason in absent.items():
        print(f"\nLeft out: {peer} ({reason}).")
    if options.out:
        record = {"machine": machine, "absent": absent, "rows": [row.plain() for row in rows]}
        files.write(options.out, json.dumps(record, indent=1).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
