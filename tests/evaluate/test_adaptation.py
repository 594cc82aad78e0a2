"""What is measured of an adaptation: which sounds, and figures that follow from the mels before and after."""

import dataclasses

import numpy as np
import pytest
import small

from drumjax.config import CLASSES
from drumjax.data.store import StoreWriter
from drumjax.evaluate import adaptation
from drumjax.evaluate.ears import EARS, Ears
from drumjax.evaluate.sounds import HeardKits
from drumjax.synth import Synth
from drumjax.train import adapt, widening


@pytest.fixture(scope="module")
def parent(tmp_path_factory):
    return small.learner(tmp_path_factory.mktemp("parent"))


@pytest.fixture(scope="module")
def drums(parent, tmp_path_factory):
    """Kit a, test: 12 toms and 2 congas; kit b, validation: 3 toms; kit c, validation: 6 kicks."""
    parts = (("a", "tom", 12, 2), ("a", "conga", 2, 2), ("b", "tom", 3, 1), ("c", "kick", 6, 1))
    with StoreWriter(tmp_path_factory.mktemp("drums"), parent.config.audio) as writer:
        for kit, name, count, _ in parts:
            for i, wave in enumerate(small.strokes(count, 310)):
                fitted = np.pad(wave, (0, parent.config.audio.samples - len(wave)))
                writer.add(fitted, len(wave), CLASSES.index(name), kit, f"{kit}/{name} {i}")
        return writer.finish({kit: split for kit, _, _, split in parts})


def test_users_are_kits_splits_or_classes_of_them(drums):
    for names, count in (("a", 14), ("a:conga", 2), ("test,b", 17), ("validation:kick", 6), ("c, b:tom", 9)):
        assert len(adaptation.sounds_of(drums, names)) == count
    some = adaptation.subset(drums, adaptation.sounds_of(drums, "b"))
    assert len(some) == 3 and some.paths == ["b/tom 0", "b/tom 1", "b/tom 2"]
    np.testing.assert_array_equal(some.wave(np.arange(3)), drums.wave(np.arange(14, 17)))
    with pytest.raises(ValueError, match="no kit and no split 'd'; its kits are a, b, c"):
        adaptation.sounds_of(drums, "a,d")


def test_a_kit_that_the_bundle_has_heard_is_refused(parent, drums):
    heard = {**parent.metadata, "heard_kits": ["a", "z"]}
    with pytest.raises(HeardKits, match="trained on a: choose"):
        adaptation.measure(dataclasses.replace(parent, metadata=heard), drums, ["a"])
    with pytest.raises(ValueError, match="got 3 of tom"):
        adaptation.measure(parent, drums, ["b"])


def test_the_row_of_a_user(parent, drums, ears, monkeypatch):
    """With an adaptation that makes perfect mels of the held-out sounds and changes nothing else."""

    def perfect(bundle, store):
        _, held = adapt.thirds(store)
        mels = widening.mels(store.audio, store.wave(held))
        outcome = adapt.Outcome(len(held), adapt.Errors(3.0, 2.0), adapt.Errors(1.5, 0.5), 0.0)
        return bundle, outcome, adapt.Trial(held, mels[::-1], mels)

    monkeypatch.setattr(adapt, "adapt", perfect)
    monkeypatch.setattr(Ears, "fit", lambda *_, **__: ears)
    (row,) = adaptation.measure(parent, drums, ["a"])
    user = adaptation.subset(drums, adaptation.sounds_of(drums, "a"))
    _, held = adapt.thirds(user)
    played = Synth(parent).vocode(widening.mels(user.audio, user.wave(held)))
    for name, waves in (("real", user.wave(held)), ("after", played)):
        heard = ears.hear(waves, 4000).probabilities
        for ear in EARS:
            right = heard[ear].argmax(axis=1) == user.labels[held]
            macro = np.mean([right[user.labels[held] == label].mean() for label in np.unique(user.labels[held])])
            assert row["recognised"][name][ear] == pytest.approx(macro)
    others = row["real_sounds_of_others"]
    assert others["sounds"] == adaptation.OTHERS and others["before"] == others["after"]  # four of six kicks
    assert (row["sounds"], row["kits"], row["classes"], row["held_out"]) == (14, 1, 2, len(held))
    assert "| 3.00 -> 1.50 (-50%) | 2.00 -> 0.50 (-75%) |" in adaptation.markdown([row])
