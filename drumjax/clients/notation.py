"""Patches as text: boxes and the cords between them, for Pure Data and for Max.

A line is a chain from top to bottom, written as patchers write in mails: "[osc~ 440]" is an object, "[1, 2(" a
message. A box with a name can be used again, above or below; a number before the dot is an inlet, after it an outlet
(0 if unsaid):

    [loadbang] > [t b b] > number
    number = [f 3] > [print]
    number > 1.[pack f f] > [print list]

Lines that begin with # are comments.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise

_ITEM = re.compile(r"(?:(\d+)\.)?(?:(\w+)(?: = )?)?(\[[^\[\]]*?[\](])?(?:\.(\d+))?(?: > |$)")


@dataclass
class Patch:
    """Boxes in the order they were made, and cords between them.

    Attributes:
        boxes: "[...]", "[...(", or any object for what stands outside the notation, as a control of a panel does.
        cords: (box, outlet, box, inlet), all by number.
        places: (column, row) of each box, for a tidy patch: a chain is a column.
        names: numbers of the boxes that have a name.
    """

    boxes: list = field(default_factory=list)
    cords: list[tuple[int, int, int, int]] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    columns: int = 0

    def box(self, box: object, name: str = "", row: int = 0) -> int:
        """Adds a box; its number.

        Raises:
            ValueError: another box has the name.
        """
        if name in self.names:
            raise ValueError(f"two boxes are named {name}")
        if name:
            self.names[name] = len(self.boxes)
        self.boxes.append(box)
        self.places.append((self.columns, row))
        return len(self.boxes) - 1

    def read(self, text: str) -> "Patch":
        """Adds what the text describes.

        Raises:
            ValueError: a line is not in the notation, or names a box that is nowhere.
        """
        lines = (line.strip() for line in text.splitlines())
        chains = [self._chain(line) for line in lines if line and not line.startswith("#")]
        for chain in chains:
            numbers = [self._number(box) for _, box, _ in chain]
            for (source, (_, _, outlet)), (target, (inlet, _, _)) in pairwise(zip(numbers, chain, strict=True)):
                self.cords.append((source, outlet, target, inlet))
        return self

    def _chain(self, line: str) -> list[tuple[int, int | str, int]]:
        """Inlet, box (its number, or its name if it is made elsewhere) and outlet of each item; boxes are made."""
        items, at, rows = [], 0, 0
        while at < len(line):
            match = _ITEM.match(line, at)
            if not match or match.end() == at:
                raise ValueError(f"no box at {line[at:]!r}")
            at = match.end()
            inlet, name, box, outlet = match.groups()
            if box:
                name, rows = self.box(box, name or "", rows), rows + 1
            items.append((int(inlet or 0), name, int(outlet or 0)))
        self.columns += rows > 0
        return items

    def _number(self, box: int | str) -> int:
        if box not in self.names and not isinstance(box, int):
            raise ValueError(f"no box is named {box!r}")
        return box if isinstance(box, int) else self.names[box]
