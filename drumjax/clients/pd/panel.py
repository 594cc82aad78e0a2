"""The panel of the Pd instrument, as lines of a patch. Positions and sizes in pixels."""

from drumjax.clients.pd.parts import INK, RANGES, SEEDS
from drumjax.config import CLASSES

Number = int | float
"""A number that the patch holds as it is written: 1 or 1.0."""

WIDTH, HEIGHT = 640, 394
PAPER, FIELD, FAINT, ACCENT = "#f3efe6", "#fffdf8", "#8d887d", "#d4572a"
SAMPLES = 22015
CONTROL = f"empty 0 0 0 10 {FIELD} {ACCENT} {INK}"
NUMBER_BOX = f"empty 0 0 0 10 {FIELD} {INK} {INK}"


def lines() -> list[str]:
    """Every control, back to front."""
    return [
        gui(0, 0, f"cnv 15 {WIDTH} {HEIGHT} empty empty empty 0 0 0 10 {PAPER} {INK} 0"),
        gui(14, 13, f"cnv 1 10 10 empty $0-light empty 0 0 0 10 {FAINT} {INK} 0"),
        label(32, 18, "drumjax", size=16),
        label(120, 12, "connecting\\ to\\ the\\ server", receive="line-1"),
        label(120, 26, "empty", receive="line-2"),
        *shape(),
        *choice(),
        *actions(),
        *wave(),
    ]


def shape() -> list[str]:
    """The XY pad and Fine."""
    return [
        gui(14, 56, f"cnv 1 180 180 empty empty empty 0 0 0 10 {FIELD} {INK} 0"),
        graph(14, 56, "$0-pad", "#X coords 0 0 180 180 180 180 2 0 0;"),
        label(14, 46, "Y", receive="name-y"),
        label(14, 249, "X", receive="name-x"),
        number(104, 242, 6, -1, 1, "x", 0),
        number(150, 242, 6, -1, 1, "y", 0),
        label(206, 46, "Fine", receive="name-fine"),
        slider(213, 56, 18, 181, -1, 1, "fine", 0),
        twin(205, 242, 6, -1, 1, "fine"),
    ]


def choice() -> list[str]:
    """Class, Range and Sens."""
    return [
        gui(278, 56, f"vradio 16 1 1 {len(CLASSES)} $0-class $0-set-class {CONTROL} 0"),
        *(label(301, 64 + 16 * i, name) for i, name in enumerate(CLASSES)),
        label(400, 46, "Range"),
        gui(400, 56, f"hradio 18 1 1 3 $0-tab $0-set-tab {CONTROL} 0"),
        *(label(405 + 18 * i, 82, reach, FAINT) for i, reach in enumerate(RANGES.split())),
        label(480, 46, "Sens."),
        slider(480, 56, 146, 18, 0.05, 1, "sens", 1),
    ]


def actions() -> list[str]:
    """Play, Dice, Home, Vary, Save and the crop."""
    return [
        gui(400, 100, f"tgl 18 1 $0-preview $0-set-preview Preview 24 9 0 10 {FIELD} {ACCENT} {INK} 1 1"),
        button(480, 100, "play", "Play"),
        label(536, 109, "velocity", FAINT),
        number(590, 101, 4, 1, 127, "velocity", 100),
        button(400, 130, "dice", "Dice"),
        button(480, 130, "home", "Home"),
        label(536, 139, "seed", FAINT),
        number(562, 131, 7, -1, SEEDS - 1, "seed", -1),
        button(400, 160, "vary", "Vary"),
        slider(480, 160, 146, 18, 0, 1, "amount", 0),
        number(562, 185, 7, -1, SEEDS - 1, "vseed", 0),
        label(536, 193, "seed", FAINT),
        button(400, 218, "save", "Save"),
        button(480, 218, "reset", "Reset"),
        label(546, 211, "crop\\ (ms)", FAINT),
        twin(546, 219, 4, 0, 1000, "start"),
        twin(592, 219, 4, 0, 1000, "end"),
    ]


def wave() -> list[str]:
    """The waveform, its ruler in milliseconds, and the two ends of the crop."""
    array = f"#X array \\$0-drum {SAMPLES} float 10;"
    return [
        graph(14, 270, "$0-waveform", array, f"#X coords 0 1 {SAMPLES} -1 611 80 1 0 0;", box="graph"),
        *(label(14 + round(ms * 0.611), 358, str(ms), FAINT, 8) for ms in range(0, 1000, 100)),
        slider(14, 367, 611, 8, 0, 1000, "start", 0),
        slider(14, 379, 611, 8, 0, 1000, "end", 1000),
    ]


def escape(text: str) -> str:
    """The text of a box in the file format of Pd."""
    return text.replace(",", " \\,").replace(";", " \\;").replace("$", "\\$")


def gui(x: int, y: int, settings: str) -> str:
    """A control, from the settings that Pd stores."""
    return f"#X obj {x} {y} {escape(settings)};"


def label(x: int, y: int, text: str, color: str = INK, size: int = 10, receive: str = "") -> str:
    """A text, which messages to $0-`receive` can change."""
    name = f"$0-{receive}" if receive else "empty"
    return gui(x, y, f"cnv 1 1 1 empty {name} {text} 0 0 0 {size} {PAPER} {color} 0")


def slider(x: int, y: int, width: int, height: int, low: Number, high: Number, name: str, value: Number) -> str:
    kind, length = ("hsl", width) if width > height else ("vsl", height)
    hundredths = round((value - low) / (high - low) * (length - 1) * 100)
    return gui(x, y, f"{kind} {width} {height} {low} {high} 0 1 $0-{name} $0-set-{name} {CONTROL} {hundredths} 0")


def number(x: int, y: int, digits: int, low: Number, high: Number, name: str, value: Number) -> str:
    return gui(x, y, f"nbx {digits} 15 {low} {high} 0 1 $0-{name} $0-set-{name} {NUMBER_BOX} {value} 256")


def twin(x: int, y: int, digits: int, low: Number, high: Number, name: str) -> str:
    """A number that shows a slider's value and sets it."""
    return gui(x, y, f"nbx {digits} 15 {low} {high} 0 0 $0-set-{name} $0-show-{name} {NUMBER_BOX} 0 256")


def button(x: int, y: int, name: str, text: str) -> str:
    return gui(x, y, f"bng 18 100 50 0 $0-{name} $0-set-{name} {text} 24 9 0 10 {FIELD} {ACCENT} {INK}")


def graph(x: int, y: int, name: str, *content: str, box: str = "") -> str:
    opening = f"#N canvas 0 50 450 250 {escape(name)} 0;"
    return "\n".join([opening, *content, f"#X restore {x} {y} {escape(box or f'pd {name}')};"])
