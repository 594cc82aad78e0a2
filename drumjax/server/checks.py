"""Checks of single values that a client sends, by JSON or OSC: what passes is safe; what does not is told in a line."""

from typing import Any

from drumjax.config import CLASSES
from drumjax.data.labels import class_named

REACH = 10.0
"""How far a knob goes, in standard deviations."""
SEEDS = 2**31


def drum_class(value: Any) -> str:
    """One of CLASSES: by name, forgivingly spelled, or by index.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, str) and len(value) <= 40:
        return class_named(value)
    index = int(value) if isinstance(value, float) and value.is_integer() else value
    if not is_whole(index) or not 0 <= index < len(CLASSES):
        known = f"{', '.join(CLASSES)}, or an index below {len(CLASSES)}"
        raise ValueError(f"drum class must be one of {known}; got {shown(value)}")
    return CLASSES[index]


def knob(value: Any) -> float:
    """A knob's position."""
    return number("a knob", value, -REACH, REACH)


def amount(value: Any) -> float:
    """The amount of a variation."""
    return number("the amount of variation", value, 0, 1)


def number(label: str, value: Any, low: float, high: float) -> float:
    """The value as a float.

    Raises:
        ValueError: it is no number between `low` and `high`.
    """
    # Compared before it is made a float: a whole number in JSON may be larger than any. NaN is between nothing.
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{label} must be a number between {low:g} and {high:g}; got {shown(value)}")
    return float(value)


def whole(label: str, value: Any, low: int = 0, high: int = SEEDS - 1) -> int:
    """The value as an int; 3.0 counts as 3.

    Raises:
        ValueError: it is no whole number between `low` and `high`.
    """
    exact = int(value) if isinstance(value, float) and value.is_integer() else value
    if not is_whole(exact) or not low <= exact <= high:
        raise ValueError(f"{label} must be a whole number between {low} and {high}; got {shown(value)}")
    return exact


def shown(value: Any) -> str:
    """The value in an error message: short, printable."""
    if is_whole(value) and abs(value) >= 10**40:
        return "a number of too many digits"
    line = ascii(value)
    return line if len(line) <= 60 else f"{line[:57]}..."


def is_whole(value: Any) -> bool:
    """Whether it is an int; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)
