"""Fixtures that several test files need: the shared sounds, a server, the shipped Synth."""

import os
from importlib.metadata import version
from pathlib import Path

import pytest

# Most of the time of a small network's test is its compilation: tests and the processes that they start compile with
# few optimisations, and compiled code is kept between tests and runs. test_generate.py compares a sound of such code
# with the same sound from fully optimised code.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "0")
if version("jaxlib").startswith("0.10."):  # an XLA that no longer has this flag would end the process
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: the processes that share the files then end at about the same time."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared sounds: data/ in $DRUMJAX_SHARED, else in ../shared. Without it the test is skipped, but
    in CI it fails: there the sounds must be."""
    root = Path(__file__).resolve().parent.parent
    data = Path(os.environ.get("DRUMJAX_SHARED") or root.parent / "shared") / "data"
    if not data.is_dir():
        reason = f"no shared sounds in {data} (set DRUMJAX_SHARED)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return data


@pytest.fixture(scope="session")
def server():
    """A running server for clients that only play."""
    from drumjax.server.trial import harness

    with harness.start_server() as server:
        yield server
        assert server.stop() == 0 and server.log() == ""


@pytest.fixture(scope="session")
def synth():
    """The shipped bundle in this process: the same as the server's."""
    from drumjax.synth import Synth

    return Synth.load()
