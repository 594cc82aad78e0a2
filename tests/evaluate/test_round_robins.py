"""Which sounds are takes of one hit, and how far takes are apart."""

import numpy as np
import pytest
from exact import ExactModel

from drumjax.config import CLASSES
from drumjax.data import procedural
from drumjax.data.store import StoreWriter
from drumjax.evaluate import round_robins
from drumjax.evaluate.measures import AUDIO

PATHS = [
    ("snare", "a", "sn_vl1_rr1.wav"), ("snare", "a", "sn_vl1_rr2.wav"), ("snare", "a", "sn_vl1_rr10.wav"),
    ("snare", "a", "sn_vl2_rr1.wav"),  # another strength
    ("snare", "b", "sn_vl1_rr2.wav"),  # another kit
    ("kick", "a", "BD_RR_3_close.wav"), ("kick", "a", "BD_RR_4_close.wav"), ("kick", "a", "BD_RR_4_far.wav"),
    ("tom", "a", "arr1.wav"), ("tom", "a", "arr2.wav"), ("tom", "b", "tom_01.wav"), ("tom", "b", "tom_02.wav"),
]  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with StoreWriter(tmp_path_factory.mktemp("takes"), AUDIO) as writer:
        for i, (name, kit, path) in enumerate(PATHS):
            wave, length = procedural.sound(name, i, AUDIO)
            writer.add(wave, length, CLASSES.index(name), kit=kit, path=path)
        return writer.finish({"a": 0, "b": 1})


def test_round_robins_differ_in_the_number_after_rr_only(store):
    pairs = {tuple(sorted(PATHS[i][2] for i in pair)) for pair in round_robins.pairs_of(store)}
    assert len(pairs) == 2  # one of each hit
    assert ("BD_RR_3_close.wav", "BD_RR_4_close.wav") in pairs
    (snares,) = pairs - {("BD_RR_3_close.wav", "BD_RR_4_close.wav")}
    assert set(snares) < {"sn_vl1_rr1.wav", "sn_vl1_rr2.wav", "sn_vl1_rr10.wav"}


def test_distances_are_those_of_the_takes_whatever_their_level(store):
    """Every texture seed of the model adds 6 dB to all frequencies, which equal peaks undo, and a decay that stays."""

    def render(z, names, texture):
        time = np.arange(AUDIO.samples) / AUDIO.rate
        return store.wave(np.zeros(len(z), int)) * 2**texture * np.exp(-20 * texture * time).astype(np.float32)

    synth = ExactModel(store)
    synth.has_texture, synth.render = True, render
    synth.draw = lambda name, n, seed: np.zeros((n, 2))
    table = round_robins.take_distances(synth, store, 2)
    assert table["pairs"] == {"kick": 1, "snare": 1} and set(table["real"]["classes"]) == {"kick", "snare"}
    assert table["real"]["macro"] > 3  # the built-in sounds are no takes
    assert 0.5 < table["model"]["classes"]["kick"] == table["model"]["classes"]["snare"]
    synth.render = lambda z, names, texture: store.wave(np.zeros(len(z), int)) * 2**texture
    assert round_robins.take_distances(synth, store, 2)["model"]["macro"] == pytest.approx(0, abs=1e-4)
    synth.has_texture = False
    assert "model" not in round_robins.take_distances(synth, store, 2)
