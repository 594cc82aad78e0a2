"""drumjax export: a bundle for programs other than drumjax, and the engine that plays it."""

import errno
import shutil
from pathlib import Path

from drumjax.commands import Parser, command
from drumjax.files import shown

EXAMPLES = (
    ("drumjax export --instrument drums.safetensors", "the shipped instrument as one file"),
    ("drumjax export --instrument mine.safetensors --bundle runs/release", "... of your own training"),
    ("drumjax export --engine engine/", "a C library that plays such files, and its header"),
)


@command("export")
def export(arguments: list[str]) -> None:
    """Writes an instrument file, builds the engine, or both, and prints the paths."""
    parser = Parser("drumjax export", EXAMPLES, description="Exports the instrument for programs without Python.")
    parser.add_argument("--instrument", type=Path, metavar="FILE", help="write an instrument file")
    parser.add_argument("--engine", type=Path, metavar="DIR", help="build the engine with make and g++ into a folder")
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="a trained bundle or its run (the shipped one)")
    parser.add_argument("--force", action="store_true", help="overwrite files that are there")
    options = parser.parse_args(arguments)
    if not options.instrument and not options.engine:
        raise ValueError("give --instrument FILE, --engine DIR or both (see drumjax export --help)")
    from drumjax.clients.engine import binding

    header, made = binding.HEADER, []
    if options.engine:
        made = [options.engine / name for name in (binding.LIBRARY, header)]
    for path in [*([options.instrument] if options.instrument else []), *made]:
        if not options.force and (path.exists() or path.is_symlink()):
            raise FileExistsError(errno.EEXIST, "the file exists; overwrite it with --force", shown(path))
    if options.instrument:
        from drumjax import checkpoint
        from drumjax.clients.engine import instrument

        instrument.write(checkpoint.load_bundle(options.bundle or checkpoint.shipped()), options.instrument)
        print(shown(options.instrument))
    if options.engine:
        binding.build(options.engine)
        shutil.copy(binding.SOURCES / header, options.engine)
        print(*map(shown, made), sep="\n")
