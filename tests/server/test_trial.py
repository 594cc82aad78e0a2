"""A part of the flood, the fuzz and the soak, on networks so small that the server itself is the load; the trace."""

import json

import numpy as np
import pytest
import small

from drumjax import checkpoint, presets
from drumjax.server.trial import __main__ as trial
from drumjax.server.trial import harness, trace


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """The folder of a bundle of networks with random weights."""
    folder = tmp_path_factory.mktemp("bundle")
    checkpoint.save_bundle(small.bundle(presets.override(presets.preset("tiny"), small.TRAINED)), folder)
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
    table, code, log = run(bundle, capsys, "fuzz", "--datagrams", "4000", "--frames", "600", "--requests", "50")
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


def test_the_trace_finds_hits_off_the_grid_late_and_missing_and_tasks_of_the_page():
    played = trace.Played()
    starts = 1 + np.delete(np.arange(40), 7) * trace.STEP_MS / 1000
    starts[3] += 0.002
    ends = np.where(starts > 5.5, starts, np.inf)  # the last ones were taken back
    played.voices = np.stack([starts, starts - 0.4, np.where(starts > 5, starts + 0.1, 0), ends], axis=1)
    assert played.off_ms == pytest.approx(2) and played.missing == 1 and played.late == np.sum(starts > 5)
    main = {"pid": 1, "tid": 2}
    events = [
        {**main, "name": "thread_name", "args": {"name": "CrRendererMain"}},
        {**main, "name": "RunTask", "dur": 3000, "tdur": 2500},
        {"pid": 1, "tid": 3, "name": "RunTask", "dur": 90_000, "tdur": 90_000},
    ]
    played.traced = trace.tasks_of(json.dumps({"traceEvents": events}).encode())
    assert played.traced == [(3.0, 2.5)]
    played.heap = [(0.0, 9000.0), *((minutes, 5000.0 + 120 * minutes) for minutes in (2.0, 5.0, 10.0))]
    report = trace.report_of(played, 10.0)
    assert "| heap, kB a minute | 120.0 | 100 | MISSED |" in str(report) and not report.met
    assert "| tasks over 50 ms | 0 | 0 | met |" in str(report)
