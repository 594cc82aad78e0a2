"""Arguments of a Synth: one sound or a batch, and clear errors for anything else."""

import numpy as np
import pytest

from drumjax.config import CLASSES
from drumjax.play.arguments import add_batch_axis, class_mixes, drop_batch_axis, whole_number


def test_a_batch_axis_is_added_and_dropped_again():
    batch, single = add_batch_axis([1, 2, 3], 3)
    assert batch.shape == (1, 3) and batch.dtype == np.float32 and drop_batch_axis(batch, single).shape == (3,)
    batch, single = add_batch_axis(np.zeros((2, 4, 5)), 4, 5)
    assert batch.shape == (2, 4, 5) and drop_batch_axis(batch, single).shape == (2, 4, 5)


@pytest.mark.parametrize(
    "array, message",
    [
        ([1, 2], "expected 3 numbers a sound"),
        (np.zeros((2, 2, 3)), "expected 3 numbers a sound"),
        (np.zeros((0, 3)), "got none"),
        ([1, 2, np.nan], "finite"),
        (["a", "b", "c"], "expected numbers"),
    ],
)
def test_other_shapes_and_values_are_refused(array, message):
    with pytest.raises(ValueError, match=message):
        add_batch_axis(array, 3)


def test_class_mixes_have_an_entry_for_each_sound():
    tom = np.eye(len(CLASSES))[CLASSES.index("tom")]
    np.testing.assert_array_equal(class_mixes("tom", 2), [tom, tom])
    mixed = class_mixes(["tom", {"kick": 1, "tom": 3}], 2)
    np.testing.assert_array_equal(mixed[0], tom)
    np.testing.assert_allclose(mixed[1], 0.75 * tom + 0.25 * np.eye(len(CLASSES))[CLASSES.index("kick")])
    with pytest.raises(ValueError, match="one for each of the 3 sounds; got 2"):
        class_mixes(["tom", "kick"], 3)


def test_whole_numbers_are_no_fractions_strings_or_truths():
    assert whole_number(np.int64(3), "n", 1) == 3
    for value in (0, 1.5, "3", True, None):
        with pytest.raises(ValueError, match="n must be a whole number, 1 or more; got"):
            whole_number(value, "n", 1)
