"""Broken headers of WAV files, mended: the bytes of a file that libsndfile can read.

Recorders that lose power leave sizes of zero, editors forget the pad byte behind a chunk of odd length. The sound is
whole in both.
"""

import struct

REACH = 1 << 16
"""First bytes of a file in which its RIFF header lies."""

_CHUNKS = (b"fmt ", b"data", b"LIST", b"JUNK", b"bext", b"fact", b"smpl", b"inst", b"cue ", b"id3 ", b"ID3 ", b"acid")


def mended(content: bytes) -> bytes | None:
    """A WAV file with the format and the samples of a broken one; None if they cannot be found.

    Args:
        content: of the file, from its first byte.
    """
    start = content.find(b"RIFF", 0, REACH)
    if start < 0 or content[start + 8 : start + 12] != b"WAVE":
        return None
    # A recorder writes the sizes last. A WAV without samples is whole if the size in its first chunk is right.
    unfinished = start + 8 + struct.unpack("<I", content[start + 4 : start + 8])[0] < len(content) - 1
    form, at = b"", start + 12
    while at + 8 <= len(content):
        name, (size,) = content[at : at + 4], struct.unpack("<I", content[at + 4 : at + 8])
        if name == b"data":
            if size == 0 and unfinished:  # the samples go on to the end
                size = len(content)
            samples = content[at + 8 : at + 8 + size]
            return _file(form, samples) if form and samples else None
        if name == b"fmt ":
            form = content[at + 8 : at + 8 + size]
        at = _next_chunk(content, at + 8 + size)
    return None


def _next_chunk(content: bytes, end: int) -> int:
    """Where the chunk behind one that ends at `end` begins: at an even place, or without a pad byte."""
    if end % 2 and content[end : end + 4] in _CHUNKS and content[end + 1 : end + 5] not in _CHUNKS:
        return end
    return end + end % 2


def _file(form: bytes, samples: bytes) -> bytes:
    body = b"".join(
        name + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2)
        for name, part in ((b"fmt ", form), (b"data", samples))
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body
