"""Edits of built-in sounds, written as a user's files, by the shipped bundle: what is measured is what was changed."""

import numpy as np
import pytest
import soundfile

from drumjax.evaluate import own_files, own_goals, own_sounds
from drumjax.evaluate.ears import EARS
from drumjax.evaluate.measures import AUDIO


@pytest.fixture(scope="module")
def folder(store, tmp_path_factory):
    """The files of the validation split; the other files are missing."""
    folder = tmp_path_factory.mktemp("files")
    for i in store.indices("validation"):
        path = folder / store.paths[i]
        path.parent.mkdir(exist_ok=True)
        with open(path, "wb") as file:
            soundfile.write(file, 0.5 * store.wave(i), AUDIO.rate, format="WAV")
    return folder


def test_edits_are_judged_beside_their_inputs(synth, store, ears, folder, monkeypatch):
    monkeypatch.setattr(own_files, "EXACT_RATES", (8000, 48000))
    monkeypatch.setattr(own_files, "TAIL_SECONDS", 1.5)
    monkeypatch.setattr(own_sounds, "PAIRS", 3)
    rows = "".join(f"{path},{44100 if path.startswith('kick') else 48000}\n" for path in store.paths)
    (folder / "manifest.csv").write_text("path,original_rate_hz\n" + rows)
    table = own_sounds.measure(synth, store, folder, limit=2)
    assert 0 < table["stereo"] < table["sounds"] == 6
    assert table["rates"].keys() == {"44100", "48000"} and table["seconds"][1] == 1.5
    assert table["exact"] == 1 and table["exact_forms"] == 1
    known = table["attack_of_known_changes"]
    assert known["delayed"] == {"10_to_90_percent": 1, "attack_shift": 0}
    assert known["decays"]["attack_shift"] == 1 > known["faded in"]["attack_shift"]
    edits = table["edits"]
    assert set(edits["recognised"]["input"]) == {"mels", "convolutional", "tells"}
    assert all(share > 0.5 for share in edits["recognised"]["input"].values())
    assert edits["recognised"]["variation 0.15"]["mels"] > 0.5 and len(edits["recognised"]) == 7
    assert max(edits["follows"].values()) > 0.9 and edits["attack_within_1_ms"] > 0.7
    assert table["morphs"]["exact"] == 1 and table["morphs"]["highest_peak"] <= 1
    assert table["takes"] == {"pairs": {}}  # no file is a round robin
    assert table["layers"] == {"drums": {}}  # nor a layer
    goals = {goal["name"]: goal["met"] for goal in own_goals.goals(table)}
    assert goals["files unchanged at zero"] and goals["morphs with exact ends"] and len(goals) > 2 + 9 + 4


def test_goals_are_met_within_their_bounds():
    recognised = {"input": 0.5, "knob by 1": 0.46, "knob by 1, the model's own": 0.3}
    table = {
        "exact": 1.0, "exact_forms": 1.0,
        "edits": {
            "recognised": {name: dict.fromkeys(EARS, x) for name, x in recognised.items()},
            "follows": {"decay": 0.9, "pitch": 0.7}, "attack_within_1_ms": 0.95, "pre_echo": 0.0,
        },
        "morphs": {"exact": 1.0, "lowest_level_db": -3.5}, "takes": {"told_apart": {"right": 0.6}},
        "layers": {"log_mel": {"mean_ratio": 1.01}},
    }  # fmt: skip
    lines = own_goals.markdown(own_goals.goals(table)).splitlines()
    assert sum("| met |" in line for line in lines) == 2 + 3 + 1 + 2 + 1
    missed = [line.split(" | ")[0] for line in lines if "| missed |" in line]
    assert [name[2:8] for name in missed] == ["pitch:", "edits ", "quiete", "layers"]
    assert "| knob by 1: recognised by mels, x the files (the model: 0.60) | 0.92 | at least 0.9 | met |" in lines


def test_a_folder_without_the_files_is_refused(synth, store, tmp_path):
    with pytest.raises(ValueError, match="has none of the store's validation files, such as"):
        own_sounds.measure(synth, store, tmp_path)


def test_only_what_an_edit_adds_before_the_hit_is_a_pre_echo(synth):
    wave = np.zeros(4000, np.float32)
    wave[1000:] = np.exp(-np.arange(3000) / 300)
    noise = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    sound = synth.listen(0.5 * wave * noise, 44100, "snare")
    early = 0.5 * wave * noise
    early[900:1000] = 0.03
    assert own_sounds._has_pre_echo(sound, early)
    early[900:1000] = 0.001  # below -50 dB
    assert not own_sounds._has_pre_echo(sound, early)
    assert not own_sounds._has_pre_echo(synth.listen(early, 44100, "snare"), 1.5 * early)
    assert own_sounds._attack_shift(sound, sound.wave) == 0


def test_a_tail_decays_behind_the_sound():
    wave = np.zeros(4410, np.float32)
    wave[0] = 1
    long = own_files.with_tail(wave, 44100, seed=0)
    assert len(long) == 3 * 44100 and np.sum(long[1:] ** 2) == pytest.approx(10 ** (own_files.TAIL_DB / 10), rel=0.2)
    assert np.sum(long[-44100:] ** 2) < 1e-3 * np.sum(long[1:44100] ** 2)
