"""Bars on a terminal, silence elsewhere, and the pace of a stage."""

import contextlib
import io

import pytest

from drumjax import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_names_its_phase_on_a_terminal():
    with contextlib.redirect_stderr(Terminal()) as terminal:
        assert list(progress.bar([3, 1], "statistics")) == [3, 1]
        with progress.phase("writing the bundle"):
            pass
    assert "statistics:" in terminal.getvalue() and "\rwriting the bundle ...\r" in terminal.getvalue()


def test_no_bar_in_a_log_file_in_other_processes_or_where_none_is_wanted():
    with contextlib.redirect_stderr(Terminal()) as terminal:
        with progress.silenced():
            assert list(progress.bar([3, 1], "statistics")) == [3, 1]
        with progress.silenced(False), progress.phase("writing", shown=False):
            list(progress.bar([3], "statistics", shown=False))
    with contextlib.redirect_stderr(io.StringIO()) as log:
        list(progress.bar([3], "statistics"))
    assert terminal.getvalue() == log.getvalue() == ""


def test_the_pace_is_measured_after_the_steps_that_compile(monkeypatch, capsys):
    clock = iter([100.0, 104.0])
    monkeypatch.setattr(progress.time, "perf_counter", lambda: next(clock))
    pace = progress.Pace("mcnn", 600, 1240)
    for done in (610, 620, 640, 650, 660):
        pace.reached(done)
    assert capsys.readouterr().out == "mcnn: 200 ms a step, measured over 20; about 2 min for the 600 steps left\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (42.4, "42 s"), (59.6, "1 min"), (3570, "1 h 0 min"), (5000, "1 h 23 min"), (100000, "27 h 47 min")],
)
def test_durations_read_as_a_person_reads_them(seconds, text):
    assert progress.duration(float(seconds)) == text
