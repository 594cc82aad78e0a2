"""The engine in WebAssembly beside Synth, in Node; the program that is in the repository, built anew."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import small

from drumjax.clients.engine import binding, instrument, trial
from drumjax.clients.engine.node import Node
from drumjax.clients.engine.page import WEB
from drumjax.synth import Synth

COMPILER = "ziglang==0.17.1"
PROGRAM = WEB / "drumjax.wasm"


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    if shutil.which("node") is None:
        pytest.fail("no node") if os.environ.get("CI") else pytest.skip("no node")
    path = tmp_path_factory.mktemp("wasm") / "instrument"
    instrument.write(small.instrument(), path)
    return Synth(instrument.read(path)), Node(path)


def test_sounds_and_draws_are_those_of_synth(both):
    waves, latents = np.array(list(trial.differences(*both, 20, seed=1))).T
    assert np.sum(waves > trial.FARTHEST) <= 1 and latents.max() < 1e-5


def test_knobs_seeds_and_variations_lead_to_the_latents_of_synth(both):
    synth, node = both
    knobs, mix = np.array([0.5, -2, 1], np.float32), {"kick": 0.7, "snare": 0.3}
    z = synth.place(knobs, mix, synth.draw(mix, 1, 8)[0])
    for amount, seed in ((0.3, 9), (0.5, 2**31 - 1)):
        z = synth.variation(z, mix, amount, seed)
    vary = [[0.3, 9], [0.5, 2**31 - 1]]
    found = node.latents("kick:0.7,snare:0.3", knobs=knobs.tolist(), seed=8, vary=vary)
    np.testing.assert_allclose(found, z, atol=1e-5)


def test_the_program_is_of_these_sources():
    lists = re.findall(r"^(?:SOURCES|HEADERS) = (.*)$", (binding.SOURCES / "Makefile").read_text(), re.MULTILINE)
    digest = hashlib.sha256()
    for name in " ".join(lists).split():
        digest.update((binding.SOURCES / name).read_bytes())
    assert PROGRAM.read_bytes().endswith(b"sources" + digest.hexdigest()[:16].encode()), (
        f"the sources of the engine changed: pip install {COMPILER}; make -C drumjax/clients/engine wasm"
    )
    assert PROGRAM.stat().st_size < 250_000


@pytest.mark.slow
def test_the_program_can_be_built_again_byte_for_byte(tmp_path):
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip(f"no compiler for WebAssembly: pip install {COMPILER}")
    compiler = f"{sys.executable} -m ziglang c++"
    command = ["make", f"WASM_CXX={compiler}", f"OUT={tmp_path}", f"{tmp_path}/drumjax.wasm"]
    subprocess.run(command, cwd=binding.SOURCES, check=True, capture_output=True)
    assert (tmp_path / "drumjax.wasm").read_bytes() == PROGRAM.read_bytes()
