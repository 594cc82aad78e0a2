"""M4A: read with PyAV, and a message that names the cure without it."""

import sys

import numpy as np
import pytest

from drumjax.sound import audio

HEAD = b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(500)


def test_without_a_reader_the_message_names_the_cure(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    (tmp_path / "kick.m4a").write_bytes(HEAD)
    with pytest.raises(ValueError, match=r"kick.m4a: M4A needs PyAV \(pip install 'drumjax\[m4a\]'\), or convert"):
        audio.read(tmp_path / "kick.m4a")


def test_a_file_is_read(tmp_path):
    av = pytest.importorskip("av")
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(22050) / 44100).astype(np.float32)
    with av.open(str(tmp_path / "kick.m4a"), "w", format="ipod") as file:
        stream = file.add_stream("aac", rate=44100, layout="mono")
        for start in range(0, len(wave), 1024):
            frame = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], format="fltp", layout="mono")
            frame.rate, frame.pts = 44100, start
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    read, rate = audio.read(tmp_path / "kick.m4a")
    assert rate == 44100 and read.shape[1] == 1 and read.dtype == np.float32 and abs(len(read) - 22050) < 3000
    spectrum = np.abs(np.fft.rfft(read[4000:18000, 0]))
    assert abs(spectrum.argmax() * 44100 / 14000 - 440) < 5 and 0.3 < np.abs(read).max() < 0.7
    assert len(audio.read(tmp_path / "kick.m4a", 0.1)[0]) == 4410
    (tmp_path / "cut.m4a").write_bytes((tmp_path / "kick.m4a").read_bytes()[:900])
    with pytest.raises(ValueError, match="cut.m4a") as caught:
        audio.read(tmp_path / "cut.m4a")
    assert "\n" not in str(caught.value)
