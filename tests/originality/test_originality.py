"""Originality by a small bundle of random weights, and beside a folder."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import small

from drumjax import checkpoint
from drumjax.config import CLASSES
from drumjax.data import procedural
from drumjax.data.store import StoreWriter
from drumjax.originality import trial
from drumjax.originality.__main__ import main
from drumjax.originality.judge import Judge, nearest_of_another_kit, origins
from drumjax.play import sampling
from drumjax.sound import audio
from drumjax.synth import Synth

SOURCES = [{"source": "alpha", "licence": "CC0"}, {"source": "beta", "licence": "MIT"}]


@pytest.fixture(scope="module")
def bundle():
    """Two kits of two kicks and two snares each; codes of one kit are near each other."""
    config = small.config("release", "audio.rate=4000", "audio.mels=32", "encoding.refine=40", "cwae.components=23")
    rng = np.random.default_rng(0)
    kits, labels = np.array([0, 0, 1, 1, 0, 0, 1, 1]), np.array([0, 0, 0, 0, 2, 2, 2, 2])
    codes = rng.standard_normal((8, config.cwae.latent))
    codes[1::2] = codes[::2] + 0.05 * rng.standard_normal((4, config.cwae.latent))
    filled = [label for label in range(len(CLASSES)) if label not in labels]
    z = np.concatenate([codes, 3 + rng.standard_normal((len(filled), config.cwae.latent))])
    order = np.argsort(np.concatenate([labels, filled]), kind="stable")
    kits = np.concatenate([kits, np.full(len(filled), -1)])[order]
    runs = ", ".join(f"{kit} {kit} 1" for kit in kits)
    made = small.bundle(config)
    density = sampling.fit(z[order].astype(np.float32), np.concatenate([labels, filled])[order], kits)
    metadata = {"sources": SOURCES, "heard_kits": ["kit a", "kit b"], "origins": runs}
    return dataclasses.replace(made, density=density, metadata=metadata)


@pytest.fixture(scope="module")
def judge(bundle):
    return Judge(bundle)


def test_origins_are_runs(bundle):
    labels = np.array([0, 0, 0, 4])
    metadata = {"sources": SOURCES, "heard_kits": ["a", "b"], "origins": "1 0 2, 0 1 1, -1 -1 1"}
    found = [(origin.source, origin.licence, origin.kit, origin.drum_class) for origin in origins(metadata, labels)]
    assert found == [
        ("beta", "MIT", "a", CLASSES[0]), ("beta", "MIT", "a", CLASSES[0]), ("alpha", "CC0", "b", CLASSES[0]),
        ("", "", "", CLASSES[4]),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="does not hold where"):
        origins({**metadata, "origins": "1 0 2"}, labels)
    with pytest.raises(ValueError, match="no codes"):
        Judge(dataclasses.replace(bundle, density={}))


def test_distances_to_other_kits_are_those_of_a_double_loop():
    rng = np.random.default_rng(0)
    vectors, kits = rng.standard_normal((19, 5)).astype(np.float32), [*"aabbbccdd", *[""] * 10]
    want = [
        min(
            np.linalg.norm(vectors[i] - vectors[j]) for j in range(19) if j != i and (kits[j] != kits[i] or not kits[i])
        )
        for i in range(19)
    ]
    np.testing.assert_allclose(nearest_of_another_kit(vectors, kits), want, rtol=1e-4)


def test_a_training_sound_is_as_near_as_a_copy_and_has_its_origin(bundle, judge):
    """What is heard is what a training sound's code decodes to, so that the encoder can find the code again."""
    synth = Synth(bundle)
    number = int(np.flatnonzero(bundle.density["labels"] == 2)[0])
    z = bundle.density["codes"][number]

    class Exact(Synth):
        def encode(self, wave, drum_class):
            return z

    exact = Judge(bundle, Exact(bundle))
    found = exact.judge(synth.render(z, "snare"), "snare")
    assert found.distance == pytest.approx(0, abs=1e-2) and found.percentile == 0
    assert (found.nearest.number, found.nearest.source, found.nearest.drum_class) == (number, "alpha", "snare")
    assert found.verdict == "as near as a copy"
    z = np.full_like(z, 25.0)
    far = exact.judge(synth.render(bundle.density["codes"][0], "kick"), "kick")
    assert far.distance > exact.real_distances[0] and far.percentile > 0


def test_the_command_reports_in_words_json_and_picture(bundle, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    checkpoint.save_bundle(bundle, tmp_path / "bundle")
    shape = procedural.Audio(rate=44_100, samples=22_050)
    for name in ("kick a", "kick b", "snare a"):
        wave, length = procedural.sound(name[:-2], ord(name[-1]), shape)
        (tmp_path / "mine").mkdir(exist_ok=True)
        audio.write(tmp_path / "mine" / f"{name}.wav", 0.9 * wave[:length], shape.rate)
    (tmp_path / "mine" / "broken.wav").write_bytes(b"RIFF")
    (tmp_path / "given").mkdir()
    shutil.copy(tmp_path / "mine" / "kick a.wav", tmp_path / "given" / "my kick.wav")
    shutil.copy(tmp_path / "mine" / "broken.wav", tmp_path / "given")
    given = [str(tmp_path / "given"), "--bundle", str(tmp_path / "bundle"), "--against", str(tmp_path / "mine")]
    assert main([*given, "--plot", str(tmp_path / "plot.png")]) == 0
    output = capsys.readouterr()
    assert "Nearest training sound: a" in output.out and "a copy, " in output.out and "kick a.wav" in output.out
    assert "broken.wav" in output.err and (tmp_path / "plot.png").read_bytes()[1:4] == b"PNG"
    assert main([*given, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["against"]["copy"] and row["against"]["path"].endswith("kick a.wav") and row["drum_class"] == "kick"
    assert main([str(tmp_path / "nowhere"), *given[1:]]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_the_trial_takes_altered_copies_of_what_was_heard_and_sounds_of_other_kits(bundle, judge, tmp_path):
    shape = bundle.config.audio
    with StoreWriter(tmp_path / "store", shape) as writer:
        for i in range(6):
            wave, length = procedural.sound("kick", i * procedural.KIT_SIZE, shape)
            writer.add(wave, length, 0, kit="kit a" if i % 2 else "kit z", path=f"kick/{i}")
        store = writer.finish({"kit a": 0, "kit z": 2})
    synth = Synth(bundle)
    sets = trial.sets(synth, store, 2)
    assert {name: len(sounds) for name, sounds in sets.items() if name != "new sounds"} == dict.fromkeys(
        ["real sounds of unheard kits", *trial.ALTERED], 2
    )
    heard, other = (sets[name][0][0] for name in ("training sounds", "real sounds of unheard kits"))
    stored = store.wave(np.arange(6))

    def nearest(wave):
        return np.abs(stored / np.abs(stored).max(axis=1, keepdims=True) - wave).sum(axis=1).argmin()

    assert nearest(heard) % 2 == 1 and nearest(other) % 2 == 0
    cut = sets[f"the same, cut to {trial.CUT:g} of their length"][0][0]
    lengths = [len(np.trim_zeros(wave, "b")) for wave in (cut, heard)]
    assert lengths[0] / lengths[1] == pytest.approx(trial.CUT, abs=0.05)
    found = trial.percentiles(judge, sets["training sounds"])
    assert found.shape == (2,) and (found >= 0).all() and (found <= 100).all()
    with pytest.raises(ValueError, match="trained on some of the store's kits"):
        trial.sets(Synth(dataclasses.replace(bundle, metadata={**bundle.metadata, "heard_kits": []})), store, 2)
