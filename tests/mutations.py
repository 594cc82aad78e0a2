"""Removes one term at a time from the code and names the tests that fail: python tests/mutations.py

Each mutation is applied to a copy of the package, on which the tests of the objectives and of strict sampling run; as
many copies at a time as there are cores. It exits with 1 if a mutation leaves all of them green.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = "tests/train/test_objectives.py", "tests/play/test_strict.py"
MUTATIONS = {
    "MMD left out": ("train/objectives.py", "* mse + settings.beta * mmd", "* mse"),
    "reduction ignored": ("train/objectives.py", '(batch if settings.reduction == "sum" else 1)', "1"),
    "blending off": ("train/objectives.py", "    if not settings.blend:\n", "    if True:\n"),
    "clipping off": ("train/loop.py", "optax.stateless(clipped) if settings.clip else optax.identity()",
                     "optax.identity()"),
    "EMA off": ("train/loop.py", "return state.ema_params or state.params", "return state.params"),
    "MCNN loss weights 1, 1, 1": ("train/objectives.py", "config.mcnn.loss_weights, strict", "(1.0, 1.0, 1.0), strict"),
    "joint stage without reconstructions": ("train/mcnn_stage.py",
                                            "objectives.joint_inputs(config, frozen, mel, batch.labels, key)", "mel"),
    "strict sampling without its filter": ("synth.py", "sampling.accepted(n, draws, score) if strict else draws()",
                                           "draws()"),
}  # fmt: skip
"""{name: (file in drumjax/, text, its replacement)}"""


def failing_tests(name: str) -> list[str]:
    """The tests that fail when a mutation is applied to a copy of the package, or without one for "unchanged"."""
    file, text, replacement = MUTATIONS.get(name, ("synth.py", "class Synth(Editing):", "class Synth(Editing):"))
    with tempfile.TemporaryDirectory() as folder:
        for part in ("drumjax", "tests"):
            shutil.copytree(ROOT / part, Path(folder) / part, ignore=shutil.ignore_patterns("__pycache__"))
        path = Path(folder) / "drumjax" / file
        source = path.read_text(encoding="utf8")
        if source.count(text) != 1:
            raise ValueError(f"{name}: drumjax/{file} holds {text!r} {source.count(text)} times, want once")
        path.write_text(source.replace(text, replacement), encoding="utf8")
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider",
                   "-c", ROOT / "pyproject.toml", "--rootdir", folder, *TESTS]  # fmt: skip
        environment = {
            "JAX_COMPILATION_CACHE_DIR": str(ROOT / ".pytest_cache" / "jax"),  # most of the programs are the same
            **os.environ,
            "PYTHONPATH": os.pathsep.join([folder, str(Path(folder) / "tests")]),
        }
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.M)


def main() -> int:
    survived = len(failing_tests("unchanged"))  # it also compiles what most of the others need
    print(f"unchanged: {'TESTS FAIL' if survived else 'all tests pass'}", flush=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, failed in zip(MUTATIONS, pool.map(failing_tests, MUTATIONS), strict=True):
            print(f"{name}: {', '.join(failed) or 'NOT CAUGHT'}", flush=True)
            survived += not failed
    return int(survived > 0)


if __name__ == "__main__":
    sys.exit(main())
