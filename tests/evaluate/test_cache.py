"""Arrays are computed once for equal data and code, and again for others or after damage."""

import numpy as np
import pytest

from drumjax.evaluate import cache, dynamics, measures


@pytest.fixture
def compute():
    calls = []

    def compute():
        calls.append(1)
        return {"a/b": np.arange(3), "c": np.float32([len(calls)])}

    compute.calls = calls
    return compute


def test_equal_data_and_code_are_computed_once(tmp_path, compute):
    for _ in range(2):
        found = cache.Cache(tmp_path / "new", (np.ones(4), 7)).arrays("x", (dynamics,), compute)
        assert found["a/b"].tolist() == [0, 1, 2] and found["c"] == 1
    assert len(compute.calls) == 1


def test_other_data_or_code_are_computed_again_and_leave_one_file(tmp_path, compute):
    for data, code in (((np.ones(4), 7), dynamics), ((np.ones(4), 8), dynamics), ((np.ones((2, 2)), 8), dynamics),
                       ((np.ones((2, 2)), 8), measures)):  # fmt: skip
        cache.Cache(tmp_path, data).arrays("x", (code,), compute)
    assert len(compute.calls) == 4 and len(list(tmp_path.iterdir())) == 1


def test_a_damaged_file_is_replaced(tmp_path, compute):
    keep = cache.Cache(tmp_path, (1,))
    keep.arrays("x", (), compute)
    (file,) = tmp_path.iterdir()
    for damage in (b"", file.read_bytes()[:-30], b"PK\x03\x04 no archive"):
        file.write_bytes(damage)
        assert keep.arrays("x", (), compute)["a/b"].tolist() == [0, 1, 2]
    assert len(compute.calls) == 4


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path, compute):
    (tmp_path / "file").write_bytes(b"")
    keep = cache.Cache(tmp_path / "file" / "folder", ())
    assert keep.arrays("x", (), compute)["c"] == 1
