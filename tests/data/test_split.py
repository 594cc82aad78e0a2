"""The split by kit: properties for arbitrary kits."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from drumjax.data.split import kit_splits

counts = st.dictionaries(
    st.text("abcxyz", min_size=1, max_size=4),
    st.lists(st.sampled_from([0, 0, 1, 2, 20]), min_size=3, max_size=3).map(np.array),
    min_size=1,
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(counts, st.sampled_from([(0.8, 0.2, 0.0), (0.7, 0.2, 0.1), (1.0, 0.0, 0.0), (0.5, 0.0, 0.5)]), st.randoms())
def test_splits_depend_only_on_kits_and_empty_sides_stay_empty(kits, shares, shuffler):
    splits = kit_splits(kits, shares)
    assert splits.keys() == kits.keys()
    assert all(shares[side] > 0 for side in splits.values())
    items = list(kits.items())
    shuffler.shuffle(items)
    assert kit_splits(dict(items), shares) == splits


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=9), min_size=1, max_size=4))
def test_every_class_is_on_every_side_it_has_kits_for(sizes):
    """Each class has its own kits, so no two classes conflict."""
    table = {}
    for label, kit_sizes in enumerate(sizes):
        for n, size in enumerate(kit_sizes):
            table[f"{label}-{n}"] = size * np.eye(len(sizes), dtype=int)[label]
    for shares in ((0.8, 0.2, 0.0), (0.7, 0.2, 0.1)):
        splits = kit_splits(table, shares)
        for label, kit_sizes in enumerate(sizes):
            sides = {side for kit, side in splits.items() if kit.startswith(f"{label}-")}
            wanted = sum(share > 0 for share in shares)
            assert sides == set(range(min(wanted, len(kit_sizes)))), (kit_sizes, shares)


def test_a_single_large_kit_is_on_the_training_side():
    splits = kit_splits({"large": np.array([20]), **{f"small {n}": np.array([2]) for n in range(7)}}, (0.7, 0.2, 0.1))
    assert splits["large"] == 0 and set(splits.values()) == {0, 1, 2}
