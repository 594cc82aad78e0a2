"""Checks of single values that a client sends, by JSON or OSC. An invalid value raises a ValueError of one line."""

from typing import Any

from drumjax.config import CLASSES
from drumjax.data.labels import parse_class, parse_mix

REACH = 10.0
"""Largest position of a knob, in standard deviations."""
SEEDS = 2**31
LEAST_WEIGHT, LARGEST_WEIGHT = 0.001, 1000.0
"""Weights of a class in a mix."""


def drum_class(value: Any) -> str:
    """One of CLASSES, from its name (spelling is forgiving) or its index.

    Raises:
        ValueError: no class has this name or index.
    """
    if isinstance(value, str) and len(value) <= 40:
        return parse_class(value)
    index = int(value) if isinstance(value, float) and value.is_integer() else value
    if not is_integer(index) or not 0 <= index < len(CLASSES):
        choices = f"{', '.join(CLASSES)}, or an index below {len(CLASSES)}"
        raise ValueError(f"drum class must be one of {choices}; got {excerpt(value)}")
    return CLASSES[index]


def class_or_mix(value: Any) -> str:
    """One of CLASSES, or a mix of several of them as `kick:0.7,snare:0.3`, in the order of CLASSES.

    Raises:
        ValueError: a class is unknown or named twice, or a weight is not a number between LEAST_WEIGHT and
            LARGEST_WEIGHT.
    """
    if not isinstance(value, str) or ":" not in value or len(value) > 200 or not value.isprintable():
        return drum_class(value)
    mix = {name: number("a weight in a mix", w, LEAST_WEIGHT, LARGEST_WEIGHT) for name, w in parse_mix(value).items()}
    if len(mix) == 1:
        return next(iter(mix))
    return ",".join(f"{name}:{mix[name]!r}" for name in CLASSES if name in mix)


def knob(value: Any) -> float:
    """A knob's position, -REACH..REACH."""
    return number("a knob", value, -REACH, REACH)


def amount(value: Any) -> float:
    """The amount of a variation, 0..1."""
    return number("the amount of variation", value, 0.0, 1.0)


def number(label: str, value: Any, low: float, high: float) -> float:
    """The value as a float.

    Raises:
        ValueError: the value is not a number between `low` and `high`.
    """
    # Compared before the conversion: an integer in JSON may exceed every float. NaN fails both comparisons.
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{label} must be a number between {low:g} and {high:g}; got {excerpt(value)}")
    return float(value)


def integer(label: str, value: Any, low: int = 0, high: int = SEEDS - 1) -> int:
    """The value as an int; 3.0 counts as 3.

    Raises:
        ValueError: the value is not a whole number between `low` and `high`.
    """
    exact = int(value) if isinstance(value, float) and value.is_integer() else value
    if not is_integer(exact) or not low <= exact <= high:
        raise ValueError(f"{label} must be a whole number between {low} and {high}; got {excerpt(value)}")
    return exact


def excerpt(value: Any) -> str:
    """The value for an error message: at most 60 printable ASCII characters."""
    if is_integer(value) and abs(value) >= 10**40:
        return "a number of too many digits"
    line = ascii(value)
    return line if len(line) <= 60 else f"{line[:57]}..."


def is_integer(value: Any) -> bool:
    """Whether the value is an int; True and False do not count."""
    return isinstance(value, int) and not isinstance(value, bool)
