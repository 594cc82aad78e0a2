"""Patches as text: boxes and the cords between them, for Pure Data and for Max.

A line is a chain from top to bottom, written as patchers write in mails: "[osc~ 440]" is an object, "[1, 2(" a
message. A box with a name can be used again; a number before the dot is an inlet, after it an outlet (0 if unsaid):

    number = [f 3]
    [loadbang] > [t b b] > number > [print]
    number > 1.[pack f f] > [print a]

Lines that begin with # are comments.
"""

import re
from dataclasses import dataclass, field

_ITEM = re.compile(r"(?:(\d+)\.)?(?:(\w+)(?: = )?)?(\[[^\[\]]*?[\](])?(?:\.(\d+))?(?: > |$)")


@dataclass
class Patch:
    """Boxes in the order they were made, and cords (box, outlet, box, inlet) by the numbers of boxes.

    Attributes:
        boxes: "[...]" or "[...(" or, for what stands outside the notation (a control of the panel), any object.
        cords: numbers of boxes, outlets and inlets.
        places: (column, row) of each box, for a tidy patch: a chain is a column.
    """

    boxes: list = field(default_factory=list)
    cords: list[tuple[int, int, int, int]] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    columns: int = 0

    def box(self, box: object, name: str = "", row: int = 0) -> int:
        """Adds a box; its number."""
        if name:
            if name in self.names:
                raise ValueError(f"two boxes are named {name}")
            self.names[name] = len(self.boxes)
        self.boxes.append(box)
        self.places.append((self.columns, row))
        return len(self.boxes) - 1

    def read(self, text: str) -> "Patch":
        """Adds what the text describes.

        Raises:
            ValueError: a line is not in the notation, or names a box that is not there.
        """
        for line in filter(None, map(str.strip, text.splitlines())):
            if not line.startswith("#"):
                self._chain(line)
        return self

    def _chain(self, line: str) -> None:
        at, before, first = 0, None, len(self.boxes)
        while at < len(line):
            item = _ITEM.match(line, at)
            if not item or item.end() == at:
                raise ValueError(f"no box at {line[at:]!r}")
            at = item.end()
            inlet, name, box, outlet = item.groups()
            if box is None and name not in self.names:
                raise ValueError(f"no box is named {name!r} in {line!r}")
            number = self.names[name] if box is None else self.box(box, name or "", len(self.boxes) - first)
            if before is not None:
                self.cords.append((*before, number, int(inlet or 0)))
            before = number, int(outlet or 0)
        self.columns += len(self.boxes) > first
