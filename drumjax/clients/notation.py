"""A text notation for patches, that is boxes and the cords between them, for Pure Data and for Max.

A line is a chain of boxes from top to bottom, written as in mailing lists: "[osc~ 440]" is an object, "[1, 2(" a
message. A box with a name can be used in other lines, above or below. A number before the dot is an inlet, one after
it an outlet; without a number it is 0:

    [loadbang] > [t b b] > number
    number = [f 3] > [print]
    number > 1.[pack f f] > [print list]

Lines that begin with # are comments.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

_ITEM = re.compile(r"(?:(\d+)\.)?(?:(\w+)(?: = )?)?(\[[^\[\]]*?[\](])?(?:\.(\d+))?(?: > |$)")


@dataclass
class Patch:
    """Boxes in the order of their creation, and cords between them.

    Attributes:
        boxes: "[...]" or "[...(", or any object for a box outside the notation, such as a control of a panel.
        cords: (box, outlet, box, inlet), all by number.
        places: (column, row) of each box, for a tidy patch: a chain is a column.
        names: numbers of the named boxes.
        columns: count of chains so far.
    """

    boxes: list[Any] = field(default_factory=list)
    cords: list[tuple[int, int, int, int]] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    columns: int = 0

    def box(self, box: object, name: str = "", row: int = 0) -> int:
        """Adds a box; returns its number.

        Raises:
            ValueError: another box has this name.
        """
        if name in self.names:
            raise ValueError(f"two boxes are named {name}")
        if name:
            self.names[name] = len(self.boxes)
        self.boxes.append(box)
        self.places.append((self.columns, row))
        return len(self.boxes) - 1

    def read(self, text: str) -> "Patch":
        """Adds the boxes and cords of a text.

        Raises:
            ValueError: a line is not in the notation, or names a box that does not exist.
        """
        lines = (line.strip() for line in text.splitlines())
        chains = [self._chain(line) for line in lines if line and not line.startswith("#")]
        for chain in chains:
            numbers = [self._number(box) for _, box, _ in chain]
            for (source, (_, _, outlet)), (target, (inlet, _, _)) in pairwise(zip(numbers, chain, strict=True)):
                self.cords.append((source, outlet, target, inlet))
        return self

    def _chain(self, line: str) -> list[tuple[int, int | str, int]]:
        """Inlet, box and outlet of each item in a line; adds its boxes. A box is a number or a later name."""
        items: list[tuple[int, int | str, int]] = []
        at, length = 0, 0
        while at < len(line):
            match = _ITEM.match(line, at)
            if not match or match.end() == at:
                raise ValueError(f"no box at {line[at:]!r}")
            at = match.end()
            inlet, name, text, outlet = match.groups()
            if not (text or name):
                raise ValueError(f"no box in {match[0]!r}")
            box: int | str = name
            if text:
                box, length = self.box(text, name or "", length), length + 1
            items.append((int(inlet or 0), box, int(outlet or 0)))
        self.columns += length > 0
        return items

    def _number(self, box: int | str) -> int:
        if isinstance(box, int):
            return box
        if box not in self.names:
            raise ValueError(f"no box is named {box!r}")
        return self.names[box]
