"""The lines that a server prints about its clients."""

import contextlib

LINES = 500
"""Lines at most: a program that reads none of the server's output must not block it."""


class Visitors:
    """Prints a line on stdout for each new client."""

    def __init__(self) -> None:
        self._lines: set[str] = set()

    def add(self, line: str) -> None:
        """Prints the line, unless it was printed before."""
        if line in self._lines or len(self._lines) >= LINES:
            return
        self._lines.add(line)
        last = len(self._lines) == LINES
        # A closed stdout is no reason to end.
        with contextlib.suppress(OSError):
            print("more clients came: no further ones are listed" if last else line, flush=True)


def address_text(host: str, port: int) -> str:
    """An address and port in one word."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
