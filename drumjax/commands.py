"""What all commands share: an argument parser, and one line with exit code 2 for a user's mistake."""

import argparse
import functools
import sys
import warnings
from collections.abc import Callable
from typing import NoReturn

USER_ERROR = 2


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message} (see {self.prog} --help)")


def whole(text: str) -> int:
    """An argument that is a whole number, 0 or more."""
    try:
        value = int(text)
    except ValueError:
        value = -1
    if value < 0:
        raise argparse.ArgumentTypeError(f"expected a whole number, 0 or more; got {text.strip()!r}")
    return value


def command(name: str) -> Callable[[Callable[[list[str]], None]], Callable[..., int]]:
    """Makes a function of arguments a command: arguments (sys.argv's by default) -> exit code.

    What a user can mend is one line on stderr, beginning with the command's name, and exit code 2.
    """
    return functools.partial(_guarded, name)


def _guarded(name: str, run: Callable[[list[str]], None]) -> Callable[..., int]:
    @functools.wraps(run)
    def guarded(arguments: list[str] | None = None) -> int:
        # A cache that cannot be read or written costs time, and is none of the user's business.
        warnings.filterwarnings("ignore", message=".*persistent compilation cache")
        try:
            run(sys.argv[1:] if arguments is None else arguments)
        except (ValueError, OSError, MemoryError, RuntimeError) as error:
            # XLA tells of a lack of memory as a RuntimeError; any other is a fault of ours and shows itself.
            if isinstance(error, RuntimeError) and "RESOURCE_EXHAUSTED" not in str(error):
                raise
            print(f"{name}: {_line(error)}", file=sys.stderr)
            return USER_ERROR
        except KeyboardInterrupt:
            print(f"\n{name}: stopped", file=sys.stderr)
            return 130
        return 0

    return guarded


def _line(error: Exception) -> str:
    if isinstance(error, (MemoryError, RuntimeError)):
        return "not enough memory: ask for fewer sounds, or lower train.<stage>.batch"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split())
