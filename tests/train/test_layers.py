"""Layered drums are found by their names, and what was done to their soft strokes is found by the fit."""

import numpy as np
import pytest

from drumjax.config import CLASSES
from drumjax.data.store import StoreWriter
from drumjax.evaluate import layers as evaluated
from drumjax.play import layers
from drumjax.train.layers import AUDIO, Mels, fit, strokes_of

DULLER = {"kick": (0, -20, 0, -20), "tom": (0, -8, 0, -8)}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Noise bursts of three kits: loud ones, soft ones that are duller by `DULLER`, and sounds without layers."""
    rng = np.random.default_rng(0)
    shape = (AUDIO.samples,)
    envelope = np.exp(-np.arange(AUDIO.samples) / 3000)
    with StoreWriter(tmp_path_factory.mktemp("layers"), AUDIO) as writer:
        for kit in "abc":
            for name, corners in DULLER.items():
                loud = (rng.standard_normal(shape) * envelope).astype(np.float32)
                soft = layers.softened(loud[None], AUDIO.rate, np.array(corners, np.float32), 1.0)[0]
                low, high = {"a": ("x_vl2_rr1", "x_vl11_rr1"), "b": ("x_v1", "x_v3"), "c": ("1-X", "12-X")}[kit]
                for stem, wave in ((low, soft), (high, loud), ("sf-x_v1", loud), ("sf-x_v3", loud), ("x_vl1-2", loud)):
                    writer.add(wave / np.abs(wave).max(), AUDIO.samples, CLASSES.index(name), kit, f"{name}/{stem}.wav")
        return writer.finish(dict.fromkeys("abc", 0))


def test_layers_differ_in_their_number_only_and_renders_are_left_out(store):
    strokes = strokes_of(store)
    assert len(strokes.soft) == 6 and len(np.unique(strokes.drums)) == 6
    stems = {store.paths[i].split("/")[1] for side in strokes[:2] for i in side}
    assert stems == {"x_vl2_rr1.wav", "x_vl11_rr1.wav", "x_v1.wav", "x_v3.wav", "1-X.wav", "12-X.wav"}
    assert {store.paths[i].split("/")[1] for i in strokes.loud} == {"x_vl11_rr1.wav", "x_v3.wav", "12-X.wav"}


def test_the_fit_finds_how_much_duller_soft_strokes_are_and_helps_other_kits(store):
    strokes = strokes_of(store)
    table = fit(strokes, Mels.of(store, np.concatenate(strokes[:2])))
    kick, tom, clap = (np.diff(table[CLASSES.index(name)].reshape(2, 2))[:, 0] for name in ("kick", "tom", "clap"))
    # The fit keeps 0.7 of the difference, and less where a class has few drums.
    assert np.all(kick < tom) and np.all(kick < -9) and np.all(kick > -15) and np.all(tom < -4)
    assert np.all(clap < -2)  # has no layers: what all classes share
    measured = evaluated.measure(store)
    assert measured["drums"] == {"kick": 3, "tom": 3}
    assert max(measured["log_mel"]["ratio"].values()) < 0.85 and measured["log_mel"]["miss_the_goal"] == []
