"""The example notebook runs from top to bottom, and the fit in it finds the target."""

import json
from pathlib import Path

import matplotlib
import pytest

NOTEBOOK = Path(__file__).parents[1] / "docs" / "example.ipynb"


@pytest.mark.slow
def test_the_example_notebook_runs():
    matplotlib.use("agg")
    names: dict = {}
    for number, cell in enumerate(json.loads(NOTEBOOK.read_text(encoding="utf8"))["cells"]):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{NOTEBOOK.name} cell {number}", "exec"), names)
    assert names["snares"].shape == (5, names["config"].audio.samples)
    assert min(names["history"]) < 0.3 * names["history"][0]
