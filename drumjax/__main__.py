"""The command `drumjax`, also `python -m drumjax`: one word chooses what to run, the rest are its arguments."""

import gc
import sys
from importlib import import_module

from drumjax import __version__
from drumjax.commands import USER_ERROR, invocation

COMMANDS = {
    "generate": ("drumjax.cli.generate:generate", "make drum sounds: a class and three knobs, or a seed, in; WAVs out"),
    "kit": ("drumjax.cli.kit:kit", "make a drum kit for a sampler: SFZ, Decent Sampler, Hydrogen, or WAVs"),
    "serve": ("drumjax.server.__main__:main", "play live: in the browser, in Pure Data, in Ableton Live, over OSC"),
    "train": ("drumjax.cli.train:train", "train a bundle on your own sounds, or on built-in drums"),
    "library": ("drumjax.cli.library:library", "your own sounds: scan, search by sound, find copies, map"),
    "originality": ("drumjax.originality.__main__:main", "the nearest training sound of a sound, and how near it is"),
    "evaluate": ("drumjax.evaluate.__main__:main", "measure a bundle on held-out sounds"),
    "bench": ("drumjax.bench.__main__:main", "time playing and training beside other software"),
    "clients": ("drumjax.cli.clients:clients", "copy the patches for Pure Data and Max to a folder"),
    "export": ("drumjax.cli.export:export", "the instrument without Python: engine, plugin, page, Max for Live, ONNX"),
}
"""{name: (module and function, what it does)}; a module is imported only when its command runs."""

EXAMPLES = (
    ("drumjax generate --class kick --z 0.1 -0.3 0.5", "a kick, with its three knobs set"),
    ("drumjax generate --class snare --n 8 --seed 3 --out snares/", "eight new snares in a folder"),
    ("drumjax generate --again snares/snare_seed3_05.wav", "the same sound again, from the file's comment"),
    ("drumjax kit --seed 7 --format sfz --out mykit", "a kit of sixteen new drums for a sampler"),
    ("drumjax serve", "opens the instrument at http://127.0.0.1:7780"),
    ("drumjax clients ~/patches", "the patches for Pure Data and Max"),
    ("drumjax train --data ~/Samples", "learns from your own sounds"),
)


def main(arguments: list[str] | None = None) -> int:
    """Runs the command that the first argument names, and returns its exit code."""
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if name in ("--help", "-h", "help"):
        print(_help())
        return 0
    if name in ("--version", "-V"):
        print(f"drumjax {__version__}")
        return 0
    if name not in COMMANDS:
        print(
            f"drumjax: expected one of {', '.join(COMMANDS)}; got {name!r} (see {invocation('drumjax --help')})",
            file=sys.stderr,
        )
        return USER_ERROR
    if name == "train":
        from drumjax.process import tune_for_training

        tune_for_training()  # before jax is imported
    return _without_collection(name, rest) if name in ("generate", "kit") else _run(name, rest)


def _run(name: str, arguments: list[str]) -> int:
    module, function = COMMANDS[name][0].split(":")
    return getattr(import_module(module), function)(arguments)


def _without_collection(name: str, arguments: list[str]) -> int:
    """Runs a short command without garbage collection, which would take a sixth of its time and find nothing."""
    gc.disable()
    try:
        return _run(name, arguments)
    finally:
        gc.freeze()  # nor is there anything to collect at the end
        gc.enable()


def _help() -> str:
    names = "\n".join(f"  {name:11} {meaning}" for name, (_, meaning) in COMMANDS.items())
    width = max(len(line) for line, _ in EXAMPLES)
    examples = "\n".join(f"  {line:{width}}  {meaning}" for line, meaning in EXAMPLES)
    return (
        f"usage: {invocation('drumjax COMMAND')} [arguments]\n\n"
        f"A neural drum machine: three knobs and a drum class in, a new drum sound out.\n\n"
        f"commands:\n{names}\n\n"
        f"options:\n  --version  the version\n  --help     this text; of a command: drumjax COMMAND --help\n\n"
        f"examples:\n{examples}"
    )


if __name__ == "__main__":
    sys.exit(main())
