"""A part of the flood, the fuzz and the soak, on networks so small that the server itself is the load; the trace."""

import dataclasses
import json

import numpy as np
import pytest
import small

from drumjax import checkpoint, presets
from drumjax.server.trial import __main__ as trial
from drumjax.server.trial import soak, trace
from drumjax.server.trial.played import STEP_MS, Played, tasks_of
from drumjax.server.trial.report import Report


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
    assert set(missed(table)) <= {"p95 / mean of the moves alone"} and not log
    counts = [int(count) for count in table["answered, by client"][0].split()]
    assert table["moves sent"][0] == "2000" and len(counts) == clients and min(counts) > 0.5 * max(counts)


@pytest.mark.slow
def test_a_fuzz(bundle, capsys):
    table, code, log = run(bundle, capsys, "fuzz", "--datagrams", "4000", "--frames", "600", "--requests", "50")
    assert not missed(table) and code == 0, log


@pytest.mark.slow
def test_a_soak(bundle, capsys):
    table, code, log = run(bundle, capsys, "soak", "--requests", "240")
    assert not missed(table) and code == 0, log


def test_latency_is_a_table(bundle, capsys):
    table, code, _ = run(bundle, capsys, "latency", "--requests", "20")
    shown = [cells[0].split(", ") for label, cells in table.items() if label.endswith("p50, p95, p99")]
    assert code == 0 and len(shown) == 8
    for p50, p95, p99 in (map(float, percentiles) for percentiles in shown):
        assert 0 < p50 <= p95 <= p99 < 5000


@pytest.mark.parametrize("leak", ["mib", "threads", "open_files", "wavs", "left"])
def test_the_soak_finds_what_grows(bundle, capsys, monkeypatch, leak):
    def leaking(options):
        flat = soak.Measured(500.0, 24, 9, 200, 0)
        grown = [dataclasses.replace(flat, **{leak: getattr(flat, leak) + 10 * at}) for at in range(soak.ROUNDS)]
        report = Report("soak")
        soak.add_growth(report, grown, 1000)
        return report

    monkeypatch.setitem(trial.TRIALS, "soak", leaking)
    table, code, _ = run(bundle, capsys, "soak")
    assert code == 1 and len(missed(table)) == 1


def test_without_chromium_a_trial_of_the_page_is_one_line(bundle, capsys, monkeypatch):
    monkeypatch.setenv("PATH", "")
    for name in ("trace", "opening"):
        _, code, log = run(bundle, capsys, name)
        assert code == 2 and log.startswith("trial: no chromium") and log.count("\n") == 1


@pytest.mark.slow
def test_the_trace_and_the_opening_of_a_page(browser, server):
    url = f"http://127.0.0.1:{server.http}/"
    ((ready, heard),) = trace.first_sounds(browser, url, 1)
    assert 0 < ready < heard
    played = trace.play(browser, url, 4.0, search=False)
    assert played.off_ms < STEP_MS and len(played.voices) and played.moves
    assert max(played.traced)[0] > 0 and len(played.heap) == len(played.held_up) - 1 > 0
    assert "| trace: a pattern" in str(played.report(0.1))


def test_the_trace_finds_hits_off_the_grid_late_and_missing_and_tasks_of_the_page():
    played = Played()
    starts = 1 + np.delete(np.arange(40), 7) * STEP_MS / 1000
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
    played.traced = tasks_of(json.dumps({"traceEvents": events}).encode())
    assert played.traced == [(3.0, 2.5)]
    played.heap = [(0.0, 9000.0), *((minutes, 5000.0 + 120 * minutes) for minutes in (2.0, 5.0, 10.0))]
    report = played.report(10.0)
    assert "| heap, kB a minute | 120.0 | 100 | MISSED |" in str(report) and not report.met
    assert "| tasks over 50 ms | 0 | 0 | met |" in str(report)
    silent = Played(traced=[(3.0, 60.0)], heap=[(0.5, 5000.0)]).report(0.5)
    for missed_goal in ("| hits scheduled | 0 | some |", "| farthest from the grid, ms | inf | 1 |", "| 60.0 | 50 |"):
        assert f"{missed_goal} MISSED |" in str(silent)
