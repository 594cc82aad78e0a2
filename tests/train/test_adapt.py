"""A bundle learns a kit: the kit's sounds come nearer, everything else stays."""

import dataclasses

import numpy as np
import pytest
import small

from drumjax import checkpoint
from drumjax.config import CLASSES
from drumjax.data.store import StoreWriter
from drumjax.play import sampling, takes
from drumjax.sound.seeds import DRAWS, Numbers
from drumjax.synth import Synth
from drumjax.train import adapt, widening

TOM, CONGA = CLASSES.index("tom"), CLASSES.index("conga")


@pytest.fixture(scope="module")
def parent(tmp_path_factory):
    return small.learner(tmp_path_factory.mktemp("parent"))


@pytest.fixture(scope="module")
def kit(parent, tmp_path_factory):
    """12 toms and 6 congas of one kit, in an order that mixes them."""
    with StoreWriter(tmp_path_factory.mktemp("kit"), parent.config.audio) as writer:
        for i, (tom, conga) in enumerate(zip(small.strokes(12, 310), small.strokes(12, 520), strict=True)):
            for wave, label in ((tom, TOM), (conga, CONGA))[: 2 - i % 2]:
                fitted = np.pad(wave, (0, parent.config.audio.samples - len(wave)))
                writer.add(fitted, len(wave), label, kit="mine", path=f"{label} {i}")
        return writer.finish({"mine": 0})


@pytest.fixture(scope="module")
def adapted(parent, kit):
    return adapt.adapt(parent, kit)


def test_a_third_is_held_out_of_other_files_or_of_other_kits(kit):
    learned, held = adapt.thirds(kit)
    assert sorted([*learned, *held]) == list(range(18)) and 5 <= len(held) <= 7
    kits = np.array([0, 0, 0, 1, 1, 2] * 3, np.int32)
    learned, held = adapt.thirds(dataclasses.replace(kit, kits=kits))
    assert len(held) and not set(kits[learned]) & set(kits[held])


def test_sounds_that_were_not_learned_come_nearer(parent, kit, adapted):
    _, outcome, trial = adapted
    real = widening.mels(kit.audio, kit.wave(trial.held))
    for made, errors in ((trial.before, outcome.before), (trial.after, outcome.after)):
        means = {TOM: [], CONGA: []}
        for a, b, sound in zip(real, made, trial.held, strict=True):
            frames = -(-int(kit.lengths[sound]) // kit.audio.hop)
            db = 20 * np.log10((a[:frames] + 1e-4) / (b[:frames] + 1e-4))
            means[int(kit.labels[sound])].append(np.abs(db).mean())
        assert errors.fine == pytest.approx(np.mean([np.mean(of) for of in means.values()]), rel=1e-4)
    assert outcome.held_out == len(trial.held)
    assert outcome.after.fine < 0.8 * outcome.before.fine
    assert outcome.after.envelope < 0.9 * outcome.before.envelope
    assert outcome.before.envelope < outcome.before.fine


def test_other_classes_play_as_before(parent, adapted):
    bundle, outcome, _ = adapted
    assert outcome.others < 1e-3
    before, after = Synth(parent), Synth(bundle)

    def played(synth, name):
        return synth.decode(synth.place([0.5, -1, 2], name), name, texture=7)

    np.testing.assert_allclose(played(after, "kick"), played(before, "kick"), rtol=1e-3)
    assert not np.allclose(played(after, "tom"), played(before, "tom"), rtol=0.1)
    kick = [one.density["weights"][one.density["labels"] == 0] for one in (parent, bundle)]
    np.testing.assert_array_equal(*kick)
    others = ~np.isin(parent.density["labels"], [TOM, CONGA])
    partners = bundle.density["partners"][: len(others)]
    np.testing.assert_array_equal(partners[others], parent.density["partners"][others])
    assert not sampling.draw(bundle.density, 0, Numbers(1, DRAWS))[parent.config.cwae.latent :].any()


def test_new_sounds_of_the_kits_classes_are_drawn_near_the_kit(parent, kit, adapted):
    density, known = adapted[0].density, len(parent.density["labels"])
    for label in (TOM, CONGA):
        own = density["labels"] == label
        assert density["weights"][own].sum() == pytest.approx(1)
        partners = density["partners"][own]
        assert own[partners].all() and np.mean(partners >= known) > adapt.SHARE - 0.2
        assert density["weights"][known:][own[known:]].sum() == pytest.approx(adapt.SHARE)
    numbers, tom = Numbers(3, DRAWS), np.flatnonzero(density["labels"] == TOM)
    draws = np.stack([sampling.draw(density, TOM, numbers) for _ in range(60)])
    apart = np.linalg.norm(draws[:, None] - density["codes"][tom], axis=2)
    assert np.mean(tom[apart.argmin(axis=1)] >= known) > 0.5
    assert any(np.allclose(adapted[0].controls["centre"][TOM], code) for code in density["codes"][tom[tom >= known]])


def test_the_fine_structure_of_the_kit_joins_that_of_the_bundle(parent, kit, adapted):
    bundle = adapted[0]
    new = takes.lay_out(bundle.texture, bundle.config)
    old_levels, levels = (takes.unpacked(one.texture, one.config) for one in (parent, bundle))
    count = len(old_levels)
    np.testing.assert_array_equal(levels[:count], old_levels)
    assert len(levels) == count + len(kit)
    np.testing.assert_array_equal(np.bincount(new["of_hit"][count:].argmax(axis=1))[[TOM, CONGA]], [12, 6])
    assert levels[count:].any(axis=(1, 2)).all()
    for code in new["codes"][count:]:
        assert np.abs(bundle.density["codes"] - code).max(axis=1).min() < 1e-6


def test_the_bundle_is_one_like_any_other(kit, adapted, tmp_path):
    checkpoint.save_bundle(adapted[0], tmp_path)
    synth = Synth.load(tmp_path)
    waves = synth.sample("tom", n=2, seed=1)
    assert np.isfinite(waves).all() and np.abs(waves).max(axis=1) == pytest.approx(1)
    assert synth.knob_names["kick"] == ["a", "b", "c"] != synth.knob_names["tom"]
    assert synth.metadata["heard_kits"] == ["builtin-0000", "builtin-0001", "mine"]
    assert synth.metadata["sources"][-1] == {"source": "your own sounds", "licence": "", "terms": "", "count": 18}
    names, some = [CLASSES[label] for label in kit.labels[:4]], np.arange(4)
    decoded = synth.decode(synth.encode(kit.wave(some), names), names)
    made = widening.reconstructed(adapted[0], kit, some)
    rounding = adapt.errors(synth.config, kit, some, decoded).fine - adapt.errors(synth.config, kit, some, made).fine
    assert abs(rounding) < 0.1
