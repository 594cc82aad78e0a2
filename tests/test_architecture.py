"""Imports point one way, every heavy dependency has one gate, and no file or function grows too long."""

import ast
import subprocess
import sys
from pathlib import Path

import drumjax

PACKAGE = Path(drumjax.__file__).parent
ORDER = [
    ("validation",),
    ("config", "files", "progress"),
    ("presets", "commands", "process"),
    ("kernels", "sound"),
    ("models", "checkpoint", "data"),
    ("play",),
    ("train",),
    ("functional", "synth"),
    ("library", "kits"),
    ("evaluate", "bench", "server", "clients"),
    ("cli", "originality", "__main__"),
]
"""Folders and top-level modules; each imports from its own folder, from its own row or from rows above."""

_FITTED = {f"evaluate.{name}" for name in ("boosting", "classifier", "maps", "tells", "yardsticks")}

GATES = {
    "flax": {"models", "evaluate.convolutional"},
    "orbax": {"checkpoint"},
    "safetensors": {"checkpoint", "clients.engine.instrument"},
    "soundfile": {"sound.audio"},
    "soxr": {"sound.audio"},
    "sklearn": {"play.controls", "play.judge", "models.components", "library.layout", *_FITTED},
    "scipy": {"evaluate.tells", "kits.trial", "sound.audio"},
    "matplotlib": {"sound.pictures", "evaluate.figures"},
    "optax": {"play.encoding", "train.loop", "evaluate.convolutional"},
    "librosa": {"bench.peers"},
    "onnx": {"clients.onnx"},
    "onnxruntime": {"bench.peers"},
    "torch": {"bench.torch_twin"},
    "pythonosc": {"server.osc"},
    "starlette": {"server"},
    "uvicorn": {"server"},
    "websockets": {"server"},
    "playwright": {"server.trial"},
    "socket": {"server", "train.devices"},
}
"""The modules or folders that may import each dependency."""

LONGEST_FILE, LONGEST_FUNCTION = 300, 60


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        if name != "__init__":
            yield name, path, ast.parse(path.read_text(encoding="utf8"))


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_modules(tree, names):
    """The modules of drumjax that a module imports; the packages themselves are empty."""
    found = {name.removeprefix("drumjax.") for name in imports(tree) if name.startswith("drumjax.")}
    return {name for name in found & names if not (PACKAGE / name.replace(".", "/")).is_dir()}


def row(name):
    top = name.split(".")[0]
    found = [i for i, tops in enumerate(ORDER) if top in tops]
    assert found, f"give {top} its place in ORDER"
    return found[0]


def test_folders_import_one_way():
    names = {name for name, _, _ in modules()}
    for name, _, tree in modules():
        for target in imported_modules(tree, names):
            assert row(target) <= row(name), f"{name} imports {target}"
            same = row(target) == row(name) and target.split(".")[0] != name.split(".")[0]
            assert not (
                same
                and any(
                    row(back) == row(name) and back.split(".")[0] == name.split(".")[0]
                    for other, _, t in modules()
                    if other.split(".")[0] == target.split(".")[0]
                    for back in imported_modules(t, names)
                )
            ), f"{name} and {target} import each other"


def test_no_import_comes_back_in_a_circle():
    names = {name for name, _, _ in modules()}
    targets = {name: imported_modules(tree, names) - {name} for name, _, tree in modules()}
    while targets:
        leaves = {name for name, needs in targets.items() if not needs & set(targets)}
        assert leaves, f"a circle among {', '.join(sorted(targets))}"
        targets = {name: needs for name, needs in targets.items() if name not in leaves}


def test_heavy_dependencies_have_one_gate():
    for name, _, tree in modules():
        for imported in imports(tree):
            top = imported.split(".")[0]
            allowed = GATES.get(top, {name})
            assert any(name == gate or name.startswith(f"{gate}.") for gate in allowed), f"{name} imports {top}"


def test_files_and_functions_are_short():
    for name, path, tree in modules():
        lines = len(path.read_text(encoding="utf8").splitlines())
        assert lines <= LONGEST_FILE, f"{name} has {lines} lines"
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = node.end_lineno - node.lineno + 1
                assert lines <= LONGEST_FUNCTION, f"{name}.{node.name} has {lines} lines"


def test_a_player_imports_nothing_it_does_not_need():
    heavy = "flax", "optax", "orbax", "sklearn", "matplotlib", "librosa", "torch", "scipy", "tqdm"
    code = f"import sys, drumjax.synth; print([m for m in {heavy} if m in sys.modules])"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"
