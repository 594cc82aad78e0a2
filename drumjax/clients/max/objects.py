"""Inlets and outlets of Max's objects, which Max stores with each box of a patch."""

import re

SIGNAL = "signal"
FIXED: dict[str, tuple[int, list[str]]] = {
    "*~": (2, [SIGNAL]),
    "==": (2, ["int"]),
    ">": (2, ["int"]),
    "buffer~": (1, ["float", "bang"]),
    "change": (1, ["", "int", "int"]),
    "counter": (5, ["int", "", "", "int"]),
    "dbtoa": (1, [""]),
    "deferlow": (1, [""]),
    "delay": (2, ["bang"]),
    "ezdac~": (2, []),
    "f": (2, ["float"]),
    "i": (2, ["int"]),
    "line~": (2, [SIGNAL, "bang"]),
    "live.comment": (1, []),
    "live.dial": (1, ["", "float"]),
    "live.menu": (1, ["", "", "float"]),
    "live.numbox": (1, ["", "float"]),
    "live.slider": (1, ["", "float"]),
    "live.tab": (1, ["", "", "float"]),
    "live.text": (1, ["", ""]),
    "live.thisdevice": (1, ["bang", "int", "int"]),
    "loadbang": (1, ["bang"]),
    "maximum": (2, ["float", "int"]),
    "message": (2, [""]),
    "metro": (2, ["bang"]),
    "node.script": (1, ["", ""]),
    "notein": (1, ["int", "int", "int"]),
    "pictslider": (2, ["int", "int"]),
    "play~": (1, [SIGNAL, "bang"]),
    "plugout~": (2, [SIGNAL, SIGNAL]),
    "prepend": (1, [""]),
    "random": (2, ["int"]),
    "round": (2, [""]),
    "speedlim": (2, [""]),
    "stripnote": (2, ["int", "int"]),
    "udpreceive": (1, [""]),
    "udpsend": (1, []),
    "waveform~": (5, ["float", "float", "float", "float", "list", ""]),
    "zl.reg": (2, ["", ""]),
}
"""Inlets, and the type of each outlet, of objects whose arguments do not change them."""
OUTLET_TYPES = {"b": "bang", "f": "float", "l": "", "s": ""}
"""Outlets of [t]: the types of its arguments; every other argument is an int."""


def ports(kind: str, arguments: list[str]) -> tuple[int, list[str]]:
    """Inlets, and the type of each outlet, of an object with its arguments.

    Raises:
        KeyError: the object is in neither table.
    """
    match kind:
        case "+" | "-" | "*" | "/":
            return 2, ["float" if "." in arguments[0] else "int"]
        case "t":
            return 1, [OUTLET_TYPES.get(argument, "int") for argument in arguments]
        case "pack":
            return len(arguments), [""]
        case "unpack":
            return 1, ["float" if "." in a else "int" if a.isdigit() else "" for a in arguments]
        case "sel":
            return len(arguments) + 1, [*["bang"] * len(arguments), ""]
        case "route":
            return len(arguments) + 1, [""] * (len(arguments) + 1)
        case "gate":
            return 2, [""] * int(arguments[0] if arguments else 1)
        case "expr":
            return max(int(n) for n in re.findall(r"\$f(\d)", " ".join(arguments))), [""]
        case "sprintf":
            return max(1, " ".join(arguments).count("%")), [""]
    return FIXED[kind]
