"""Balanced batches: functions of the seed and the step, kits drawn evenly, validation spread over kits."""

import numpy as np
import pytest

from drumjax.config import CLASSES, Audio
from drumjax.data import procedural
from drumjax.data.batches import GROUP, Balanced, LengthBucketed, PrecomputedInputs, held_out, stream
from drumjax.data.store import StoreWriter

AUDIO = Audio(rate=11025, samples=1103, window=512, hop=128, fft=1024, mels=16)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Per class: 20 sounds in a big and 2 in a small training kit, 3 in each of two validation kits."""
    rng = np.random.default_rng(0)
    with StoreWriter(tmp_path_factory.mktemp("store"), AUDIO) as writer:
        for label in range(len(CLASSES)):
            for kit, count in (("big", 20), ("small", 2), ("held 1", 3), ("held 2", 3)):
                for i in range(count):
                    wave = np.zeros(AUDIO.samples, np.float32)
                    length = int(rng.integers(400, AUDIO.samples))
                    wave[:length] = rng.standard_normal(length) * np.exp(-np.arange(length) / 150)
                    writer.add(wave / np.abs(wave).max(), length, label, kit, f"{label}/{kit}/{i}")
        return writer.finish({"big": 0, "small": 0, "held 1": 1, "held 2": 1})


def test_a_batch_depends_only_on_seed_and_step(store):
    first, again, other = Balanced(store, 30, 7), Balanced(store, 30, 7), Balanced(store, 30, 8)
    first.batch(0, 22)
    a, b, c = first.batch(5, 22), again.batch(5, 22), other.batch(5, 22)
    np.testing.assert_array_equal(a.waves, b.waves)
    assert not np.array_equal(a.waves, c.waves)
    coming = stream(first, 5, 22)
    np.testing.assert_array_equal(next(coming).waves, a.waves)
    np.testing.assert_array_equal(next(coming).waves, again.batch(6, 22).waves)
    coming.close()


@pytest.mark.parametrize("kind", ["balanced", "bucketed", "precomputed"])
def test_parts_of_a_batch_join_to_the_whole_batch(store, tmp_path, kind):
    def source():
        balanced = Balanced(store, 30, 7)
        if kind == "bucketed":
            return LengthBucketed(balanced, {400: 600, 700: 900, AUDIO.samples: AUDIO.samples})
        if kind == "precomputed":
            return PrecomputedInputs(balanced, lambda waves: waves[:, :5], tmp_path / "f.npy")
        return balanced

    whole, parts = source(), [stream(source(), 4, 33, slice(11 * i, 11 * (i + 1))) for i in range(3)]
    for step in (4, 5):
        batch, shares = whole.batch(step, 33), [next(part) for part in parts]
        for name in ("waves", "lengths", "labels"):
            joined = np.concatenate([getattr(share, name) for share in shares])
            np.testing.assert_array_equal(joined, getattr(batch, name))
    for part in parts:
        part.close()


def test_batches_are_balanced_sorted_and_contain_every_item_once_per_pass(store):
    balanced = Balanced(store, 10, 0)
    batches = [balanced.batch(step, 22) for step in range(5)]  # 5 x 22 = 10 of each class: one pass
    for batch in batches:
        np.testing.assert_array_equal(batch.labels, np.repeat(np.arange(11), 2))
    seen = {wave.tobytes() for batch in batches for wave in batch.waves}
    assert len(seen) == 110
    # A batch size that is not a multiple of the number of classes is balanced over a few steps.
    labels = np.concatenate([balanced.batch(step, 16).labels for step in range(11)])
    assert (np.bincount(labels) == 16).all()


def test_small_classes_are_filled_with_variations_of_evenly_drawn_kits(store):
    balanced = Balanced(store, 1022, 0)
    own = store.indices("train", 3)
    assert set(balanced.sounds[3, :22]) == set(own) and not balanced.varied[3, :22].any()
    drawn = store.kits[balanced.sounds[3, 22:]]
    share = np.mean(drawn == store.kit_names.index("small"))
    assert 0.4 < share < 0.6  # 2 of 22 sounds, but one of two kits
    wave, length = balanced.item(3, 500)
    source = store.wave(int(balanced.sounds[3, 500]))
    assert not np.array_equal(wave, source) and not wave[length:].any()
    assert np.isclose(np.abs(wave).max(), 1.0, atol=1e-3)
    np.testing.assert_array_equal(balanced.item(3, 0)[0], store.wave(int(balanced.sounds[3, 0])))


def test_large_classes_are_drawn_from_without_repeats(store):
    balanced = Balanced(store, 12, 0)
    assert all(len(set(drawn)) == 12 for drawn in balanced.sounds) and not balanced.varied.any()


def test_held_out_alternates_between_kits(store):
    batch = held_out(store, "validation", 4)
    assert (np.bincount(batch.labels) == 4).all() and (batch.lengths > 0).all()
    own = [i for i in store.indices("validation", 0)]
    firsts = {kit: next(i for i in own if store.kits[i] == kit) for kit in set(store.kits[own])}
    first_two = [w.tobytes() for w in batch.waves[:2]]
    assert set(first_two) == {store.wave(i).tobytes() for i in firsts.values()}
    assert len(held_out(store, "test", 4).labels) == 0


def test_a_class_without_sounds_gets_built_in_drums(tmp_path, capsys):
    with StoreWriter(tmp_path, AUDIO) as writer:
        writer.add(np.ones(AUDIO.samples, np.float32), 500, 0, "kit", "kick")
        small = writer.finish({"kit": 0})
    balanced = Balanced(small, 10, 0)
    assert "no training sound of class clap: built-in drums are used" in capsys.readouterr().out
    np.testing.assert_array_equal(balanced.item(1, 4)[0], procedural.sound("clap", 4, AUDIO)[0])
    assert balanced.batch(0, 22).waves.shape == (22, AUDIO.samples)


def test_length_buckets_hold_the_same_sounds_sorted_by_length(store):
    balanced, steps = Balanced(store, 50, 3), range(2 * GROUP, 3 * GROUP)
    cuts = {400: 600, 700: 900, AUDIO.samples: AUDIO.samples}
    bucketed = LengthBucketed(balanced, cuts)
    batches = {step: bucketed.batch(step, 16) for step in steps}
    for batch in batches.values():
        most = max(batch.lengths)
        assert batch.waves.shape[1] in cuts.values() and batch.waves.shape[1] >= most
        assert (np.diff(batch.labels) >= 0).all()
    assert min(batch.waves.shape[1] for batch in batches.values()) < AUDIO.samples
    whole = [balanced.batch(step, 16) for step in steps]

    def sounds(batches):
        items = (item for b in batches for item in zip(b.waves, b.lengths, b.labels, strict=True))
        return sorted((int(label), wave[:length].tobytes()) for wave, length, label in items)

    assert sounds(batches.values()) == sounds(whole)
    spread = np.mean([np.ptp(batch.lengths) for batch in batches.values()])
    assert spread < 0.3 * np.mean([np.ptp(batch.lengths) for batch in whole])
    # Equal seeds and steps give equal batches; another group has another order.
    again = LengthBucketed(Balanced(store, 50, 3), cuts)
    np.testing.assert_array_equal(again.batch(steps[5], 16).waves, batches[steps[5]].waves)
    groups = [range(g * GROUP, (g + 1) * GROUP) for g in (2, 3)]
    longest = [[np.max(bucketed.batch(step, 16).lengths) for step in group] for group in groups]
    assert list(np.argsort(longest[0])) != list(np.argsort(longest[1]))


def test_items_are_at_most_max_length_long(store):
    balanced = Balanced(store, 200, 1)
    for label, index in ((0, 5), *((label, index) for label in range(3) for index in range(100, 160))):
        length = balanced.item(label, index)[1]
        assert length <= balanced.max_length(label, index) <= AUDIO.samples
        assert length > 0.5 * balanced.max_length(label, index)
