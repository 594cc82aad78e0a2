"""Speed, side by side with the peers: python -m drumjax.bench

Every figure is taken in turn with its peer's, in one process on one machine, and stands beside it in one Markdown
table: training steps beside PyTorch, playing beside onnxruntime with the same weights and beside the matrix products
alone, starting beside `import jax`. The extra `bench` installs the peers; what is missing is left out, and named.
"""

import contextlib
import json
import os
import platform
import re
import sys
import warnings
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from drumjax import files
from drumjax.bench import peers, playing, steps
from drumjax.bench.plan import Plan
from drumjax.bench.timing import table
from drumjax.commands import Parser, command
from drumjax.presets import preset
from drumjax.process import tune_for_training

GROUPS = playing.GROUPS | steps.GROUPS
CALLS = 1000
"""Of one sound: enough for a p99."""


@command("bench")
def main(arguments: list[str]) -> None:
    """Prints the table."""
    parser = Parser(prog="python -m drumjax.bench", description=__doc__.split("\n\n")[0])
    groups = "groups of rows to take (all but train-full, the paper's batches)"
    parser.add_argument("--only", nargs="+", choices=GROUPS, metavar="ROWS", help=f"{groups}: {', '.join(GROUPS)}")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="also keep every figure here")
    options = parser.parse_args(arguments)
    names = options.only or list(GROUPS)[:-1]
    if not steps.GROUPS.keys().isdisjoint(names):
        tune_for_training()  # as train.py is
    absent = peers.missing()
    plan, rows = Plan(preset("paper"), CALLS, absent), []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="torch")  # what its compiler thinks of its own parts
        for name in names:
            print(f"{name} ...", file=sys.stderr)
            rows += GROUPS[name](plan)
    print(f"{', '.join(machine())}\n\n{table(rows)}")
    for peer, why in absent.items():
        print(f"\nLeft out: {peer} ({why}).")
    if options.out:
        record = {"machine": machine(), "absent": absent, "rows": [row.plain() for row in rows]}
        files.write(options.out, json.dumps(record, indent=1).encode() + b"\n")


def machine() -> list[str]:
    """What the figures are of: processor, cores, and versions."""
    versions = [f"{name} {metadata.version(name)}" for name in ("jax", "torch", "onnxruntime") if find_spec(name)]
    return [_processor(), f"{os.cpu_count()} cores", *versions]


def _processor() -> str:
    """Its name, where the kernel tells it, or the architecture."""
    with contextlib.suppress(OSError):
        named = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf8"), re.MULTILINE)
        if named:
            return named[1]
    return platform.machine()


if __name__ == "__main__":
    sys.exit(main())
