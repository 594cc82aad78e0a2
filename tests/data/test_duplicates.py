"""Copies of a sound are dropped, takes are kept."""

import numpy as np
import soundfile
from test_corpus import RATE, build, put, sound

from drumjax.sound import audio


def test_copies_are_dropped_and_takes_kept(tmp_path):
    put(tmp_path / "in", kick=1, kick_take_2=2, Snares__snare=3)
    wave = sound(1)
    audio.write(tmp_path / "in" / "kick_again.wav", wave, RATE)
    audio.write(tmp_path / "in" / "kick_quiet.wav", 0.3 * wave, RATE, 24)
    audio.write(tmp_path / "in" / "kick_late.wav", np.append(np.zeros(777, np.float32), wave), RATE)
    audio.write(tmp_path / "in" / "kick_22k.wav", audio.resample(wave, RATE, 22050), 22050)
    audio.write(tmp_path / "in" / "kick_11k.wav", audio.resample(wave, RATE, 11025), 11025)
    soundfile.write(tmp_path / "in" / "kick_a.mp3", wave, RATE, format="MP3")
    soundfile.write(tmp_path / "in" / "kick_b.ogg", wave, RATE, format="OGG", subtype="VORBIS")
    store, rows = build(tmp_path / "store", tmp_path / "in")
    kept = [path for path in store.paths if "Snares" not in path]
    assert len(store) == 3 and "kick_take_2.wav" in kept
    original = next(path for path in kept if path != "kick_take_2.wav")
    assert original not in ("kick_a.mp3", "kick_b.ogg", "kick_11k.wav")  # the best of them
    dropped = {path: row for path, row in rows.items() if row["outcome"] == "rejected"}
    assert len(dropped) == 7 and {row["reason"] for row in dropped.values()} == {"duplicate", "near duplicate"}
    assert all(original in row["detail"] for row in dropped.values())
