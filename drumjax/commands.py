"""The frame of every command: its argument parser, and one line with exit code 2 for a user's mistake."""

import argparse
import functools
import os
import shlex
import shutil
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

USER_ERROR = 2
INTERRUPTED = 130


def invocation(command_line: str) -> str:
    """A command line of `drumjax` in the form that works here: without the script on PATH, through Python."""
    if command_line.split()[0] != "drumjax" or shutil.which("drumjax"):
        return command_line
    python = Path(sys.executable)
    shown = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
    return f"{shlex.quote(str(shown))} -m {command_line}"


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line.

    Args:
        prog: the command, as `drumjax generate`.
        examples: command lines shown at the end of the help, each with a word on what it does.
    """

    def __init__(self, prog: str, examples: tuple[tuple[str, str], ...] = (), **options: Any):
        if examples:
            width = max(len(line) for line, _ in examples)
            shown = "\n".join(f"  {line:{width}}  {meaning}" for line, meaning in examples)
            options |= {"epilog": f"examples:\n{shown}", "formatter_class": argparse.RawDescriptionHelpFormatter}
        super().__init__(prog=invocation(prog), **options)

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message} (see {self.prog} --help)")


def whole(text: str) -> int:
    """An argument that is a whole number, 0 or more."""
    return _at_least(0, text)


def positive(text: str) -> int:
    """An argument that is a whole number, 1 or more."""
    return _at_least(1, text)


def _at_least(least: int, text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = -1
    if value < least:
        raise argparse.ArgumentTypeError(f"expected a whole number, {least} or more; got {text.strip()!r}")
    return value


def command(name: str) -> Callable[[Callable[[list[str]], None]], Callable[..., int]]:
    """Makes a function of arguments a command: arguments (sys.argv's by default) -> exit code.

    A mistake that the user can mend is one line on stderr, beginning with the command's name, and exit code 2.
    """
    return functools.partial(_guarded, name)


def _guarded(name: str, run: Callable[[list[str]], None]) -> Callable[..., int]:
    @functools.wraps(run)
    def guarded(arguments: list[str] | None = None) -> int:
        # A cache that cannot be read or written costs time only.
        warnings.filterwarnings("ignore", message=".*persistent compilation cache")
        _compute_in_32_bits(name)
        try:
            run(sys.argv[1:] if arguments is None else arguments)
        except (ValueError, OSError, MemoryError, RuntimeError, AssertionError) as error:
            line = _line(error)
            if line is None:
                raise
            print(f"{name}: {line}", file=sys.stderr)
            return USER_ERROR
        except KeyboardInterrupt:
            print(f"\n{name}: stopped", file=sys.stderr)
            return INTERRUPTED
        return 0

    return guarded


def _compute_in_32_bits(name: str) -> None:
    """Takes back JAX_ENABLE_X64: networks and their tables are float32, and 64 bits compute other sounds, slowly."""
    asked = os.environ.get("JAX_ENABLE_X64", "")
    if asked.lower() in ("", "0", "false", "f", "n", "no", "off"):
        return
    os.environ["JAX_ENABLE_X64"] = "0"  # before jax is imported, and for the processes that a command starts
    if "jax" in sys.modules:
        sys.modules["jax"].config.update("jax_enable_x64", False)
    print(f"{name}: ignoring JAX_ENABLE_X64={asked}: drumjax computes in 32 bits; unset it", file=sys.stderr)


def _line(error: Exception) -> str | None:
    """The error as one line; None for a fault of drumjax, which shows its traceback."""
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "RESOURCE_EXHAUSTED" in str(error)):
        return "not enough memory: ask for fewer sounds, or lower train.<stage>.batch"
    if isinstance(error, (RuntimeError, AssertionError)):
        return _no_device(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split())


def _no_device(error: Exception) -> str | None:
    """The line for an error of jax's choice of a device; None for another error.

    jax raises a RuntimeError for a platform it has no plugin for, and fails an assertion for some.
    """
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    if at is None or Path(at.tb_frame.f_code.co_filename).name != "xla_bridge.py":
        return None
    platforms = os.environ.get("JAX_PLATFORMS")
    if not platforms:
        return f"jax finds no device to compute on ({' '.join(str(error).split())}): set JAX_PLATFORMS=cpu"
    return f"jax finds no device for JAX_PLATFORMS={platforms}: unset it, or set JAX_PLATFORMS=cpu"
