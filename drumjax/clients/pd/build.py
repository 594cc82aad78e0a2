"""Builds the patches for Pure Data: drumjax~.pd, the instrument, and drumjax.pd, an example to open.

    python -m drumjax.clients.pd.build

The panel is in `panel`, the logic in `parts`.
"""

from pathlib import Path

from drumjax import files
from drumjax.clients.notation import Patch
from drumjax.clients.pd import panel, parts
from drumjax.clients.pd.panel import escape

HERE = Path(__file__).parent


def patches() -> dict[str, str]:
    """The text of every patch, by file name."""
    return {"drumjax~.pd": instrument(), "drumjax.pd": opening()}


def instrument() -> str:
    """The instrument: the panel on the face of the patch, each part in a subpatch below it."""
    patch = Patch()
    for line in panel.lines():
        patch.box(line)
    for i, (name, text) in enumerate(parts.PARTS.items()):
        x, y = 20 + 120 * (i % 5), panel.HEIGHT + 30 + 30 * (i // 5)
        patch.box("\n".join([*lines(Patch().read(text), name), f"#X restore {x} {y} pd {name};"]), name)
    patch.read(parts.TOP)
    face = f"#X coords 0 -1 1 1 {panel.WIDTH} {panel.HEIGHT} 2 0 0;"
    return "\n".join([*lines(patch, y=panel.HEIGHT + 130), face, ""])


HELP = (
    "Use [drumjax~] in any patch, as often as you like. Its inlet takes a bang, lists of pitch and velocity, and "
    "messages: class snare, x 0.3, y -1, fine 0, range 5, dice, home, vary, amount 0.2, crop 0 250, save hit.wav"
)


def opening() -> str:
    """The example: an instrument that MIDI notes play, with its output."""
    boxes = {"drumjax~": (20, 80), "dac~": (20, 490), "notein": (20, 20), "pack f f": (20, 47)}
    cords = "0 0 1 0", "0 0 1 1", "2 0 3 0", "2 1 3 1", "3 0 0 0"
    return "\n".join(
        [
            "#N canvas 60 40 680 540 12;",
            *(f"#X obj {x} {y} {text};" for text, (x, y) in boxes.items()),
            f"#X text 150 14 {escape(HELP)}, f 64;",
            *(f"#X connect {cord};" for cord in cords),
            "",
        ]
    )


def lines(patch: Patch, name: str = "", size: tuple[int, int] = (900, 600), y: int = 20) -> list[str]:
    """The lines of a canvas: its boxes, a column for each chain, then its cords."""
    content = [f"#N canvas 60 60 {size[0]} {size[1]} {name or '12'}{' 0' if name else ''};"]
    column = [0] * (patch.columns + 1)
    for box, (chain, _) in zip(patch.boxes, patch.places, strict=True):
        column[chain] = max(column[chain], 7 * len(box) + 24 if box.startswith("[") else 0)
    for box, (chain, row) in zip(patch.boxes, patch.places, strict=True):
        if box.startswith("["):
            kind = "msg" if box.endswith("(") else "obj"
            box = f"#X {kind} {20 + sum(column[:chain])} {y + 27 * row} {escape(box[1:-1])};"
        content.append(box)
    return content + [f"#X connect {' '.join(map(str, cord))};" for cord in patch.cords]


if __name__ == "__main__":
    for file, text in patches().items():
        files.write(HERE / file, text.encode())
