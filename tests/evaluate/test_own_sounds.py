"""Edits of built-in sounds, written as a user's files, by the shipped bundle: what is measured is what was changed."""

import numpy as np
import pytest
import soundfile

from drumjax.evaluate import own_sounds
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


def test_edits_are_judged_beside_their_inputs(synth, store, ears, folder):
    table = own_sounds.measure(synth, store, folder)
    assert table["sounds"] == len(store.indices("validation")) and table["exact"] == 1 and table["stereo"] == 0
    assert table["rates"] == [AUDIO.rate]
    edits = table["edits"]
    assert set(edits["recognised"]["input"]) == {"mels", "convolutional", "tells"}
    assert all(share > 0.8 for share in edits["recognised"]["input"].values())
    assert edits["recognised"]["variation 0.15"]["mels"] > 0.8 and len(edits["recognised"]) == 7
    assert max(edits["follows"].values()) > 0.9 and edits["attack_change_ms"]["median"] < 5
    assert table["morphs"]["exact"] == 1 and table["morphs"]["highest_peak"] <= 1
    assert table["takes"] == {"pairs": {}}  # no file is a round robin
    assert table["layers"] == {"drums": {}}  # nor a layer


def test_a_folder_without_the_files_is_refused(synth, store, tmp_path):
    with pytest.raises(ValueError, match="has none of the store's validation files, such as"):
        own_sounds.measure(synth, store, tmp_path)


def test_pre_echo_and_attack_are_those_of_the_change(synth):
    wave = np.zeros(4000, np.float32)
    wave[1000:] = np.exp(-np.arange(3000) / 300)
    noise = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    sound = synth.listen(0.5 * wave * noise, 44100, "snare")
    early = 0.5 * wave * noise
    early[900:1000] = 0.01
    before, after = own_sounds._pre_echo_db(sound, early)
    assert before < -60 and -50 < after < -20
    assert own_sounds._attack_change(sound, sound.wave) == 0
