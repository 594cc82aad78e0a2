"""The panel of the Max device: its controls, their places (pixels), and their parameters in Live."""

from dataclasses import dataclass
from typing import Any

from drumjax.clients.max.parts import SEEDS
from drumjax.config import CLASSES

WIDTH, HEIGHT = 584, 169
FLOAT, ENUM = 0, 2  # kinds of parameters
WHOLE, DECIMAL, MS, DECIBEL, PERCENT, NAMES = 0, 1, 2, 4, 5, 9  # how their values are shown
ONE_LINE = {"num_lines_patching": 1, "num_lines_presentation": 1}
FLAT = {"orientation": 1, "shownumber": 0}


Number = int | float
"""A number that the patch holds as it is written: 1 or 1.0."""
Rect = tuple[int, int, int, int]
"""x, y, width, height."""


@dataclass(frozen=True)
class Control:
    """One control: a box of the class `maxclass`, with further attributes."""

    name: str
    maxclass: str
    rect: Rect
    attributes: dict[str, Any]


def controls() -> list[Control]:
    """Every control of the panel."""
    return [
        label("status", (8, 2, 380, 18), "starting"),
        label("label_z", (392, 2, 184, 18), "z", right=True),
        *shape(),
        *choice(),
        *actions(),
        *wave(),
    ]


def shape() -> list[Control]:
    """The XY pad, in thousandths, with its two numbers, and Fine."""
    span = {"leftvalue": -1000, "rightvalue": 1000, "bottomvalue": -1000, "topvalue": 1000, "parameter_enable": 0}
    themed = theme(bgcolor="lcd_bg", elementcolor="lcd_bg", color="lcd_control_fg")
    fine = parameter("Fine", FLOAT, (-1, 1), 0, "Knob 3, as a share of Range.", DECIMAL)
    return [
        label("name_y", (8, 20, 138, 18), "Y"),
        Control("pad", "pictslider", (8, 38, 138, 108), {**span, **themed}),
        label("name_x", (8, 149, 56, 18), "X"),
        number("x", (66, 150, 38, 15), "X", (-1, 1), 0, DECIMAL, "Knob 1, as a share of Range and Sens."),
        number("y", (108, 150, 38, 15), "Y", (-1, 1), 0, DECIMAL, "Knob 2, as a share of Range and Sens."),
        label("name_fine", (154, 20, 60, 18), "Fine"),
        Control("fine", "live.dial", (162, 38, 44, 48), fine),
    ]


def choice() -> list[Control]:
    """Range, Sens. and the class."""
    ranges = parameter("Range", ENUM, ["2", "5", "10"], 0, "How far pad and Fine reach, in standard deviations.")
    sens = parameter("Sens.", FLOAT, (5, 100), 100, "How much of the range the whole pad spans.", PERCENT)
    classes = parameter("Class", ENUM, [name.replace("_", " ") for name in CLASSES], 0, "The drum class.")
    return [
        label("label_range", (154, 90, 60, 18), "Range"),
        Control("range", "live.tab", (154, 108, 60, 18), {**ONE_LINE, **ranges}),
        Control("sens", "live.slider", (154, 130, 60, 36), {**FLAT, **sens}),
        Control("class", "live.menu", (224, 24, 104, 15), classes),
    ]


def actions() -> list[Control]:
    """Preview, Play, Dice, Vary, Home, Retake and Volume."""
    preview = parameter("Preview", ENUM, ["off", "on"], 1, "Plays every new sound at once.")
    volume = parameter("Volume", FLOAT, (-70, 6), 0, "Level of the device.", DECIBEL)
    toggle = {"mode": 1, "text": "Preview", "texton": "Preview"}
    most = SEEDS - 1
    seed_hint = "Number of the sound that the knobs change; -1: the centre of the class."
    return [
        Control("preview", "live.text", (224, 42, 50, 15), {**toggle, **preview}),
        button("play", (278, 42, 50, 15), "Play", "Plays the sound."),
        button("dice", (224, 60, 50, 15), "Dice", "A new random sound of this class; the knobs stay."),
        number("seed", (278, 60, 50, 15), "Seed", (-1, most), -1, WHOLE, seed_hint),
        button("vary", (224, 78, 50, 15), "Vary", "A new variation of the sound."),
        number("vseed", (278, 78, 50, 15), "Variation", (0, most), 0, WHOLE, "Number of the variation."),
        button("home", (224, 96, 50, 15), "Home", "Back to the centre of the class."),
        number("amount", (278, 96, 50, 15), "Amount", (0, 100), 0, PERCENT, "Size of the variation."),
        button("retake", (224, 114, 50, 15), "Retake", "A new take: the same drum is hit again."),
        number("take", (278, 114, 50, 15), "Take", (0, most), 0, WHOLE, "Number of the take."),
        Control("volume", "live.slider", (224, 131, 104, 36), {**FLAT, **volume}),
    ]


def wave() -> list[Control]:
    """The waveform, and the crop in ms."""
    look = {"buffername": "---drum", "setmode": 1, "allowdrag": 0, "vlabels": 0, "vticks": 0}
    ink, paper = "lcd_control_fg", "lcd_bg"
    themed = theme(bgcolor=paper, waveformcolor=ink, labelbgcolor=paper, labeltextcolor=ink)
    modes = parameter(
        "Mouse", ENUM, ["Select", "Move"], 0, "Mouse on the waveform: Select sets the crop, Move scrolls and zooms."
    )
    return [
        Control("wave", "waveform~", (338, 24, 238, 98), {**look, **themed}),
        Control("mode", "live.tab", (338, 127, 90, 18), {**ONE_LINE, **modes}),
        button("reset", (434, 128, 44, 15), "Reset", "Removes the crop."),
        label("label_crop", (484, 127, 92, 18), "crop", right=True),
        number("start", (338, 150, 66, 15), "Start", (0, 1000), 0, MS, "Start of the crop."),
        number("end", (412, 150, 66, 15), "End", (0, 1000), 1000, MS, "End of the crop."),
    ]


def speaker() -> list[Control]:
    """The control that only Max needs: a switch for its audio."""
    return [Control("out", "ezdac~", (552, 148, 20, 20), {})]


def parameter(
    name: str, kind: int, span: tuple[Number, Number] | list[str], initial: Number, hint: str, style: int = NAMES
) -> dict[str, Any]:
    """The attributes of a parameter in Live: a unique name, its range (or its names), its initial value."""
    low, high = (0, len(span) - 1) if kind == ENUM else span
    value = {
        "parameter_longname": name,
        "parameter_shortname": name,
        "parameter_type": kind,
        "parameter_mmin": float(low),
        "parameter_mmax": float(high),
        "parameter_initial_enable": 1,
        "parameter_initial": [initial],
        "parameter_unitstyle": style,
    }
    if kind == ENUM:
        value["parameter_enum"] = list(span)
    help_text = {"annotation": hint, "annotation_name": name}
    return {"parameter_enable": 1, "varname": name, "saved_attribute_attributes": {"valueof": value}, **help_text}


def number(
    name: str, rect: Rect, long_name: str, span: tuple[Number, Number], initial: Number, style: int, hint: str
) -> Control:
    """A number box, which is a parameter."""
    return Control(name, "live.numbox", rect, parameter(long_name, FLOAT, span, initial, hint, style))


def button(name: str, rect: Rect, text: str, hint: str) -> Control:
    """A button. Live neither stores nor automates it."""
    look = {"mode": 0, "text": text, **parameter(text, ENUM, ["off", "on"], 0, hint)}
    look["saved_attribute_attributes"]["valueof"]["parameter_invisible"] = 2
    return Control(name, "live.text", rect, look)


def label(name: str, rect: Rect, text: str, right: bool = False) -> Control:
    """A text, which the patch can change."""
    look = {"varname": name, "text": text, "textjustification": 2 if right else 0}
    return Control(name, "live.comment", rect, look)


def theme(**colors: str) -> dict[str, Any]:
    """Colors that follow Live's theme."""
    return {"saved_attribute_attributes": {k: {"expression": f"themecolor.live_{v}"} for k, v in colors.items()}}
