"""What is asked of a Synth, made rows: one sound or several, and clear words for what is neither."""

import numpy as np
import pytest

from drumjax.config import CLASSES
from drumjax.play.arguments import like, rows_of, weights_of


def test_one_sound_and_several_come_back_as_they_were_given():
    rows, one = rows_of([1, 2, 3], 3)
    assert rows.shape == (1, 3) and rows.dtype == np.float32 and like(rows, one).shape == (3,)
    rows, one = rows_of(np.zeros((2, 4, 5)), 4, 5)
    assert rows.shape == (2, 4, 5) and like(rows, one).shape == (2, 4, 5)


@pytest.mark.parametrize(
    "array, said",
    [
        ([1, 2], "expected 3 numbers a sound"),
        (np.zeros((2, 2, 3)), "expected 3 numbers a sound"),
        (np.zeros((0, 3)), "got none"),
        ([1, 2, np.nan], "finite"),
    ],
)
def test_what_is_no_row_is_told(array, said):
    with pytest.raises(ValueError, match=said):
        rows_of(array, 3)


def test_weights_have_a_row_for_every_sound():
    tom = np.eye(len(CLASSES))[CLASSES.index("tom")]
    np.testing.assert_array_equal(weights_of("tom", 2), [tom, tom])
    mixed = weights_of(["tom", {"kick": 1, "tom": 3}], 2)
    np.testing.assert_array_equal(mixed[0], tom)
    np.testing.assert_allclose(mixed[1], 0.75 * tom + 0.25 * np.eye(len(CLASSES))[CLASSES.index("kick")])
    with pytest.raises(ValueError, match="one for each of the 3 sounds; got 2"):
        weights_of(["tom", "kick"], 3)
