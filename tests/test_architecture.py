"""Imports point one way, and every heavy dependency has one gate."""

import ast
import subprocess
import sys
from pathlib import Path

import drumjax

PACKAGE = Path(drumjax.__file__).parent
LAYERS = [
    {"config"},
    {"files", "console", "devices"},
    {"presets"},
    {"planes", "winograd", "narrow", "layers"},
    {"audio", "dsp", "conv", "data.labels"},
    {"inversion"},
    {"data", "cwae", "mcnn", "losses", "controls", "density", "texture", "figures", "measures", "populations"},
    {"checkpoint", "training", "encoding", "objectives"},
    {"assembly", "inference", "rows"},
    {"vocoder"},
    {"synth"},
    {"stages"},
    {"recognition", "yardsticks"},
    {"comparison", "generation", "tables"},
    {"bench", "bench.twin", "bench.timing", "bench.material"},
    {"bench.peers"},
    {"bench.plan"},
    {"bench.playing", "bench.steps"},
    {"evaluate", "bench.__main__"},
    {"cli"},
    {"server.checks"},
    {"server.protocol"},
    {"server.osc", "server.engine", "server.guard"},
    {"server.udp", "server.exports", "server.junk", "server.browser", "server.session"},
    {"server.web", "server.harness"},
    {"server.load"},
    {"server.__main__"},
    {"clients.notation", "clients.max", "clients.pd"},
    {"clients.max.objects", "clients.max.parts", "clients.pd.parts"},
    {"clients.max.panel", "clients.pd.panel"},
    {"clients.max.build", "clients.pd.build"},
]
GATES = {
    "flax": {"cwae", "mcnn"},
    "orbax": {"checkpoint"},
    "safetensors": {"checkpoint"},
    "soundfile": {"audio"},
    "soxr": {"audio"},
    "sklearn": {"controls", "cwae", "density", "recognition", "yardsticks"},
    "matplotlib": {"figures"},
    "optax": {"encoding", "training"},
    "librosa": {"bench.peers"},
    "onnxruntime": {"bench.peers"},
    "torch": {"bench.twin"},
    "pythonosc": {"server.osc"},
    "starlette": {"server.guard", "server.session", "server.web"},
    "uvicorn": {"server.session", "server.web"},
    "playwright": {"server.browser"},
    "websockets": {"server.session", "server.load"},
    "socket": {"devices", "server.__main__", "server.harness"},
}


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        if name != "__init__":
            yield name, ast.parse(path.read_text(encoding="utf8"))


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(name):
    found = [i for i, names in enumerate(LAYERS) if name in names]
    group = [i for i, names in enumerate(LAYERS) if name.split(".")[0] in names]
    assert found or group, f"give {name} its place in LAYERS"
    return (found or group)[0]


def test_imports_point_one_way():
    names = {name for name, _ in modules()}
    for name, tree in modules():
        for imported in imports(tree):
            target = imported.removeprefix("drumjax.")
            if imported.startswith("drumjax.") and target in names and target not in (name, "data", "server"):
                assert layer(target) <= layer(name), f"{name} imports {target}"


def test_heavy_dependencies_have_one_gate():
    for name, tree in modules():
        for imported in imports(tree):
            top = imported.split(".")[0]
            assert name in GATES.get(top, {name}), f"{name} imports {top}"


def test_a_player_imports_nothing_it_does_not_need():
    heavy = "librosa", "sklearn", "orbax", "matplotlib", "torch", "scipy"
    code = f"import sys, drumjax.synth; print([m for m in {heavy} if m in sys.modules])"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"
