"""The pads on the General MIDI drum map, and the sounds that a seed puts on them."""

import numpy as np
import pytest
import small

from drumjax.config import CLASSES
from drumjax.kits.pads import PADS, draw_seeds
from drumjax.play import controls
from drumjax.synth import Synth

GENERAL_MIDI = {
    36: "kick", 37: "snap", 38: "snare", 39: "clap", 40: "snare", 42: "closed_hat", 45: "tom", 46: "open_hat",
    47: "tom", 50: "tom", 54: "tambourine", 60: "bongo", 61: "bongo", 63: "conga", 64: "conga", 82: "shaker",
}  # fmt: skip
LOW_TO_HIGH = {
    "tom": ("low_tom", "mid_tom", "high_tom"),
    "bongo": ("low_bongo", "high_bongo"),
    "conga": ("low_conga", "high_conga"),
}


def test_pads_are_on_the_keys_of_general_midi():
    assert {pad.key: pad.drum_class for pad in PADS} == GENERAL_MIDI and len(PADS) == 16
    assert set(GENERAL_MIDI.values()) == set(CLASSES)
    assert len({pad.name for pad in PADS}) == 16
    assert {pad.key: pad.name for pad in PADS if pad.key > 59 and pad.drum_class != "shaker"} == {
        60: "high_bongo",
        61: "low_bongo",
        63: "high_conga",
        64: "low_conga",
    }


def test_only_the_hats_end_each_other():
    groups = {pad.name: pad.mute_group for pad in PADS if pad.mute_group is not None}
    assert set(groups) == {"closed_hat", "open_hat"} and len(set(groups.values())) == 1


@pytest.fixture(scope="module")
def synth():
    """A synth with random weights."""
    return Synth(small.bundle(small.config("release")))


@pytest.fixture(scope="module")
def kits(synth):
    """{seed: {pad: seed of its draw}} of three kits, not all of them equally full."""
    return {seed: draw_seeds(synth, seed) for seed in (0, 1, 5)}


def properties(synth, drum_class, draws):
    z = np.concatenate([synth.draw(drum_class, 1, draw) for draw in draws])
    return controls.properties(synth.decode(z, drum_class), synth.config.audio)


def test_no_two_pads_of_a_class_and_no_two_kits_have_the_same_draw(kits):
    found = [(pad.drum_class, kit[pad.name]) for kit in kits.values() for pad in PADS]
    assert len(set(found)) == len(found)


def test_low_is_lower_than_high_as_it_is_played(synth, monkeypatch):
    def pitched(z, drum_class, texture):
        """Sines with an octave above, at a pitch of each sound that its spectrogram does not show."""
        hz = 100 + 100 * np.argsort(np.argsort(z[:, 0])) + 50 * (np.abs(z[:, 1]) % 1)
        phases = 2 * np.pi * hz[:, None] * np.arange(synth.samples) / synth.rate
        return (np.sin(phases) + 0.5 * np.sin(2 * phases)).astype(np.float32)

    monkeypatch.setattr(synth, "render", pitched)
    for drum_class, names in LOW_TO_HIGH.items():
        kit = draw_seeds(synth, 3)
        z = np.concatenate([synth.draw(drum_class, 1, kit[name]) for name in names])
        assert (np.diff(z[:, 0]) > 0).all()  # the order of their pitches


def test_a_seed_is_a_kit_that_is_full_or_dry_as_a_whole(synth, kits):
    assert draw_seeds(synth, 5) == kits[5]
    places = {seed: set() for seed in kits}
    for seed, kit in kits.items():
        for pad in PADS:
            if pad.drum_class in (*LOW_TO_HIGH, "snare"):
                continue
            draws = list(range(1000 * seed, 1000 * seed + 3))
            fuller = np.argsort(properties(synth, pad.drum_class, draws)["fullness"])
            places[seed].add(list(np.array(draws)[fuller]).index(kit[pad.name]))
    assert all(len(found) == 1 for found in places.values()) and len(set(map(tuple, places.values()))) > 1
