"""The text notation for patches."""

import pytest

from drumjax.clients.notation import Patch


def test_a_chain_is_a_column_of_boxes_and_cords():
    patch = Patch().read("""
    # a comment
    sum = [expr max(0, $f1) > 2; $f2].1 > 2.[pack f f f] > [list $1, two(
    sum.2 > 1.last = [s ears]
    """)
    assert patch.boxes == ["[expr max(0, $f1) > 2; $f2]", "[pack f f f]", "[list $1, two(", "[s ears]"]
    assert patch.cords == [(0, 1, 1, 2), (1, 0, 2, 0), (0, 2, 3, 1)]
    assert patch.places == [(0, 0), (0, 1), (0, 2), (1, 0)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[t b] > nobody", "no box is named 'nobody'"),
        ("a = [f]\na = [f]", "two boxes are named a"),
        ("[f] -> [f]", "no box at"),
        ("a = [f] > 1. > [f]", "no box in '1. > '"),
    ],
)
def test_an_error_in_the_notation_is_named(text, reason):
    with pytest.raises(ValueError, match=reason):
        Patch().read(text)
