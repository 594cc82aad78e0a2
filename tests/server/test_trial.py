"""A tenth of the flood, the fuzz and the soak, on networks so small that the server itself is the load."""

import functools

import jax
import numpy as np
import pytest

from drumjax import checkpoint, presets
from drumjax.config import CLASSES
from drumjax.server.trial import __main__ as trial
from drumjax.server.trial import harness
from drumjax.train import assembly


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A bundle of networks with random weights."""
    config, rng = presets.preset("tiny"), np.random.default_rng(0)

    def filled(stage):
        shapes = jax.eval_shape(functools.partial(assembly.blank_state, config, stage))
        return jax.tree.map(lambda leaf: 0.05 * rng.standard_normal(leaf.shape, np.float32), shapes)

    cwae = assembly.frozen_cwae(filled("cwae"))["cwae"]
    controls = {
        name: rng.standard_normal((len(CLASSES) + 1, *shape, config.cwae.latent), np.float32)
        for name, shape in {"centre": (), "basis": (3,), "dual": (3,), "explained": (3,)}.items()
    }
    made = checkpoint.Bundle(
        config=config,
        cwae={**cwae, "batch_stats": jax.tree.map(np.ones_like, cwae["batch_stats"])},
        mcnn={},
        statistics={name: np.ones((config.audio.frames, config.audio.mels), np.float32) for name in ("mean", "std")},
        controls=controls,
        metadata={},
    )
    folder = tmp_path_factory.mktemp("bundle")
    checkpoint.save_bundle(made, folder)
    return str(folder)


def run(bundle, capsys, *arguments):
    """The table that a trial prints, {label: cells}; its exit code; its stderr."""
    try:
        code = trial.main([*arguments, "--bundle", bundle])
    except SystemExit as ended:
        code = ended.code
    output = capsys.readouterr()
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in output.out.splitlines()[2:]]
    return {line[0]: line[1:] for line in lines}, code, output.err


def missed(table):
    return [name for name, (_, _, verdict) in table.items() if verdict == "MISSED"]


@pytest.mark.slow
@pytest.mark.parametrize("clients", [1, 4])
def test_a_flood(bundle, capsys, clients):
    table, _, log = run(bundle, capsys, "flood", "--seconds", "2", "--clients", str(clients))
    # The age of answers is measured in the full trial: a test machine is busy with other tests.
    assert set(missed(table)) <= {"p95 / one request alone"} and not log
    counts = [int(count) for count in table["answered, by client"][0].split()]
    assert table["messages sent"][0] == "2000" and len(counts) == clients and min(counts) > 0.5 * max(counts)


@pytest.mark.slow
def test_a_fuzz(bundle, capsys):
    table, code, log = run(bundle, capsys, "fuzz", "--datagrams", "10000", "--frames", "1000")
    assert not missed(table) and code == 0, log


@pytest.mark.slow
def test_a_soak(bundle, capsys):
    table, code, log = run(bundle, capsys, "soak", "--requests", "2000")
    assert not missed(table) and code == 0, log


def test_latency_is_a_table(bundle, capsys):
    table, code, _ = run(bundle, capsys, "latency", "--requests", "20")
    assert code == 0 and len(table) == 6
    for door in ("OSC, message to file", "WebSocket, message to samples"):
        p50, p95, p99 = (float(table[f"{door}, p{p}"][0]) for p in (50, 95, 99))
        assert 0 < p50 <= p95 <= p99 < 5000


def test_a_missed_bar_gives_exit_code_1(bundle, capsys, monkeypatch):
    monkeypatch.setattr(harness.Server, "wavs", lambda server: range(300))
    table, code, _ = run(bundle, capsys, "soak", "--requests", "100")
    assert code == 1 and "most WAVs in the folder" in missed(table)
