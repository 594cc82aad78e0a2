"""Writes layout.hpp, the pads of the plugin: python -m drumjax.clients.plugin.layout"""

from collections.abc import Mapping
from pathlib import Path

from drumjax import checkpoint, files
from drumjax.config import CLASSES
from drumjax.kits import recipe
from drumjax.kits.pads import PADS, draw_seeds
from drumjax.synth import Synth

FILE = Path(__file__).with_name("layout.hpp")
KIT = 1
"""The kit that the plugin begins with."""


def header(seeds: Mapping[str, int], bundle: str) -> str:
    """The file's text, for the seeds of a kit of the bundle with this id."""
    lines = [
        f"// The pads of `drumjax kit`, with the seeds of kit {KIT} of the bundle {bundle}: written by layout.py.",
        "constexpr Pad LAYOUT[PADS] = {",
    ]
    for pad in PADS:
        name = pad.name.replace("_", " ").capitalize()
        numbers = pad.key, CLASSES.index(pad.drum_class), seeds[pad.name], pad.mute_group or 0
        lines.append(f'    {{"{name}", "{pad.name}", {", ".join(map(str, numbers))}}},')
    return "\n".join([*lines, "};", ""])


if __name__ == "__main__":
    files.write(FILE, header(draw_seeds(Synth.load(), KIT), recipe.bundle_id(checkpoint.shipped())).encode())
