"""Builds the Max for Live instrument, drumjax.amxd, and the same instrument for Max alone, drumjax.maxpat.

    python -m drumjax.clients.max.build

These need the server; `live` exports the ones that do not. The panel is in `panel`, the logic in `parts`.
"""

import json
import struct
from pathlib import Path
from typing import Any

from drumjax import files
from drumjax.clients.max import panel, parts
from drumjax.clients.max.objects import ports
from drumjax.clients.max.panel import Control
from drumjax.clients.max.parts import Way
from drumjax.clients.notation import Patch

HERE = Path(__file__).parent
TYPE = b"iiii"
"""The device type of an instrument."""
BANKS = {
    "Sound": ["Class", "X", "Y", "Fine", "Range", "Sens.", "Amount", "Volume"],
    "Seeds, crop": ["Seed", "Variation", "Take", "Amount", "Start", "End", "Preview", "Volume"],
}
"""The parameters on the eight encoders of a controller, bank by bank."""
ROW, COLUMN, CHAINS = 26, 150, 9
"""Layout of the patch behind the panel: height of a row, width of a column (pixels), chains side by side."""


def patches(way: Way = parts.SERVER, name: str = "drumjax") -> dict[str, bytes]:
    """The content of every file, by file name."""
    return {f"{name}.amxd": container(device(way)), f"{name}.maxpat": text(alone(way)).encode()}


def device(way: Way) -> dict[str, Any]:
    """The instrument in Live, where Live replaces --- in a name by the number of the instance."""
    live = patcher(panel.controls(), way, "loaded = [live.thisdevice]\nout = [plugout~]")
    project = {"version": 1, "creationdate": 0, "modificationdate": 0, "viewrect": [0.0, 0.0, 300.0, 500.0]}
    project |= {
        "autoorganize": 1,
        "hideprojectwindow": 1,
        "showdependencies": 1,
        "autolocalize": 0,
        "detailsvisible": 0,
    }
    project |= {"contents": {"patchers": {}}, "layout": {}, "searchpath": {}, "sortmode": 0, "viewmode": 0}
    project |= {"amxdtype": int.from_bytes(TYPE, "big"), "readonly": 0, "devpathtype": 0, "devpath": "."}
    live["patcher"] |= {"latency": 0, "project": project}
    return live


def alone(way: Way) -> dict[str, Any]:
    """The instrument in Max alone, where Max replaces #0 in a name by the number of the instance."""
    made = patcher(panel.controls() + panel.speaker(), way, "loaded = [loadbang]")
    return json.loads(json.dumps(made).replace("---", "#0-"))


def container(patcher: dict[str, Any]) -> bytes:
    """The file of a device that is not frozen: chunks of a tag, a size (little-endian), and content."""
    chunks = (b"ampf", TYPE), (b"meta", bytes(4)), (b"ptch", text(patcher).encode() + b"\0")
    return b"".join(tag + struct.pack("<I", len(content)) + content for tag, content in chunks)


def text(patcher: dict[str, Any]) -> str:
    """The patch as Max writes it: JSON with tabs."""
    return json.dumps(patcher, indent="\t") + "\n"


def patcher(controls: list[Control], way: Way, more: str) -> dict[str, Any]:
    """The patch as Max reads it: the controls, the parts, the way to what plays, and `more` in the notation."""
    patch = Patch()
    for control in controls:
        patch.box(control, control.name)
    patch.read(f"{parts.ALL}\n{way.logic}\n{more}")
    boxes = [_box(i, box, *place) for i, (box, place) in enumerate(zip(patch.boxes, patch.places, strict=True))]
    content = {
        "fileversion": 1,
        "appversion": {"major": 8, "minor": 5, "revision": 5, "architecture": "x64", "modernui": 1},
        "classnamespace": "box",
        "rect": [60.0, 90.0, 1400.0, 800.0],
        "openrect": [0.0, 0.0, float(panel.WIDTH), float(panel.HEIGHT)],
        "openinpresentation": 1,
        "default_fontsize": 10.0,
        "default_fontname": "Arial",
        "gridsize": [8.0, 8.0],
        "devicewidth": float(panel.WIDTH),
        "description": f"A neural drum machine. It needs {way.needs}.",
        "boxes": [{"box": box} for box in boxes],
        "lines": [
            {"patchline": {"source": [_id(source), outlet], "destination": [_id(target), inlet]}}
            for source, outlet, target, inlet in patch.cords
        ],
        "parameters": {
            **{box["id"]: [box["varname"], box["varname"], 0] for box in boxes if box.get("parameter_enable")},
            "parameterbanks": {
                str(i): {"index": i, "name": name, "parameters": bank} for i, (name, bank) in enumerate(BANKS.items())
            },
        },
        "dependency_cache": [],
        "autosave": 0,
    }
    return {"patcher": content}


def _id(number: int) -> str:
    return f"obj-{number + 1}"


def _box(number: int, box: str | Control, chain: int, row: int) -> dict[str, Any]:
    """The JSON of a box: a control, in the panel and at the top of the patch; or an object or a message below them."""
    if isinstance(box, Control):
        maxclass, kind, arguments = box.maxclass, box.maxclass, []
        rect = [float(value) for value in box.rect]
        look = {"patching_rect": rect, "presentation": 1, "presentation_rect": rect, **box.attributes}
    else:
        kind, *arguments = box[1:-1].split()
        maxclass, kind = ("message", "message") if box.endswith("(") else ("newobj", kind)
        x, y = 20.0 + COLUMN * (chain % CHAINS), 220.0 + ROW * (9 * (chain // CHAINS) + row)
        look = {"text": box[1:-1], "patching_rect": [x, y, max(30.0, 6.5 * len(box)), 22.0]}
    inlets, outlets = ports(kind, arguments)
    types = {"outlettype": outlets} if outlets else {}
    return {"id": _id(number), "maxclass": maxclass, "numinlets": inlets, "numoutlets": len(outlets), **types, **look}


if __name__ == "__main__":
    for name, content in patches().items():
        files.write(HERE / name, content)
