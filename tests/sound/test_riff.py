"""Broken WAV headers are mended, empty files stay empty."""

import struct

import numpy as np
import pytest

from drumjax.sound import audio, riff

SAMPLES = np.round(8000 * np.sin(np.arange(1500) / 9)).astype("<i2")
FORM = struct.pack("<HHIIHH", 1, 1, 22050, 44100, 2, 16)


def chunk(name: bytes, content: bytes, size: int | None = None, pad: bool = True) -> bytes:
    padding = b"\0" * (len(content) % 2 if pad else 0)
    return name + struct.pack("<I", len(content) if size is None else size) + content + padding


def wav(*chunks: bytes, size: int | None = None) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


DATA = SAMPLES.tobytes()
BROKEN = {
    "sizes of zero": wav(chunk(b"fmt ", FORM), chunk(b"data", DATA, 0), size=0),
    "the size of the header alone": wav(chunk(b"fmt ", FORM), chunk(b"data", DATA, 0), size=36),
    "sizes of zero behind an ID3 tag": b"ID3" + bytes(20) + wav(chunk(b"fmt ", FORM), chunk(b"data", DATA, 0), size=0),
    "no pad byte": wav(chunk(b"fmt ", FORM), chunk(b"LIST", b"INFOIART\5\0\0\0abcde", pad=False), chunk(b"data", DATA)),
    "no pad byte, twice": wav(
        chunk(b"bext", b"x" * 33, pad=False),
        chunk(b"fmt ", FORM),
        chunk(b"JUNK", b"y", pad=False),
        chunk(b"data", DATA),
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_headers_are_mended(tmp_path, kind):
    path = tmp_path / "kick.wav"
    path.write_bytes(BROKEN[kind])
    wave, rate = audio.read(path)
    assert rate == 22050
    np.testing.assert_allclose(wave[:, 0], SAMPLES / 32768, atol=1e-6)


@pytest.mark.parametrize(
    "content",
    [
        wav(chunk(b"fmt ", FORM), chunk(b"data", b""), chunk(b"LIST", b"INFO" + bytes(500))),
        wav(chunk(b"fmt ", FORM), size=0),
        wav(chunk(b"data", DATA, 0), size=0),
        wav(chunk(b"fmt ", FORM[:7]), chunk(b"data", DATA, 0), size=0),
        b"RIFF",
    ],
)
def test_what_cannot_be_mended_is_one_line(tmp_path, content):
    path = tmp_path / "kick.wav"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="kick.wav") as caught:
        audio.read(path)
    assert "\n" not in str(caught.value)


def test_a_whole_file_is_the_same_after_mending():
    whole = wav(chunk(b"fmt ", FORM), chunk(b"LIST", b"odd"), chunk(b"data", DATA))
    assert riff.mended(whole) == wav(chunk(b"fmt ", FORM), chunk(b"data", DATA))
