"""Plays a sound file through the first player that the system has."""

import shutil
import subprocess
from pathlib import Path

PLAYERS = {
    "ffplay": ("-nodisp", "-autoexit", "-loglevel", "error"),
    "aplay": ("-q",),
    "afplay": (),
    "paplay": (),
    "pw-play": (),
}
"""{program: its arguments before the file's path}, in the order of choice."""
_WAV_ONLY = {"aplay"}


def command(suffix: str) -> list[str]:
    """The program, and its arguments, that plays files with this extension.

    Raises:
        ValueError: there is none on PATH.
    """
    able = [name for name in PLAYERS if suffix.lower() == ".wav" or name not in _WAV_ONLY]
    for name in able:
        if found := shutil.which(name):
            return [found, *PLAYERS[name]]
    raise ValueError(f"--play needs one of {', '.join(able)} on PATH; there is none")


def play(path: Path) -> None:
    """Plays a file to its end.

    Raises:
        ValueError: there is no player, or it fails.
    """
    program, *options = command(path.suffix)
    # An absolute path: a name that begins with - is no option then.
    done = subprocess.run(
        [program, *options, str(path.absolute())], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        reason = said[-1] if said else f"exit code {done.returncode}"
        raise ValueError(f"{Path(program).name} could not play {path.name}: {reason}")
