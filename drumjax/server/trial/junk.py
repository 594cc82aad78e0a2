"""Junk datagrams and frames of the kinds that break servers, seeded, so that a failure can be repeated."""

import random
import re

from drumjax.config import CLASSES
from drumjax.server import osc


def _good_datagram(rng: random.Random) -> bytes:
    values = [rng.choice((rng.uniform(-3, 3), rng.randrange(-3, 3), float("nan"), 1e30, "x")) for _ in range(3)]
    name = rng.choice((*CLASSES, "kick:2,snare:0.5", "cowbell", 3, 3.0, 99))
    return rng.choice(
        (
            osc.encode("/drum/generate", *values, name, rng.randrange(1000)),
            osc.encode("/drum/generate", 0.5, 1, -1.0, name),
            osc.encode("/drum/sample", name, rng.randrange(-2, 9)),
            osc.encode("/drum/variation", rng.uniform(-1, 2)),
            osc.encode("/drum/texture", 3),
            osc.encode("/drum/listen", rng.choice(("kick 0.wav", "../x.wav", "", "x")), name),
            osc.encode("/drum/takes", "snare 2.wav", rng.randrange(-1, 70), 4),
            osc.encode("/drum/morph", "kick 0.wav", "clap 1.wav", values[0]),
            osc.encode("/drum/hello", rng.choice((0, 53, 99_999, -1))),
            osc.encode("/drum/classes"),
            osc.encode("/drum/ping", 3.5),
            osc.encode("drum/generat", "\u00e9\u4e16", 1),
        )
    )


def datagram(rng: random.Random) -> bytes:
    """A datagram that is random, cut short, mutated, joined from several, or a bundle with wrong sizes."""
    good = _good_datagram(rng)
    kind = rng.randrange(7)
    if kind == 0:
        return rng.randbytes(rng.randrange(200))
    if kind == 1:
        return good[: rng.randrange(len(good))]
    if kind == 2:
        return rng.randbytes(rng.randrange(4000, 9000)) if rng.random() < 0.01 else good + rng.randbytes(8)
    if kind == 3:
        for _ in range(rng.randrange(1, 4)):
            size = rng.choice((len(good), 0, -4, -12, 2**31 - 1, -(2**31), len(good) + 4))
            good = b"#bundle\0" + rng.randbytes(8) + size.to_bytes(4, "big", signed=True) + good
        return good * rng.randrange(1, 3)
    mutated = bytearray(good)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(mutated))
        if kind == 4:
            mutated[at] ^= 1 << rng.randrange(8)
        elif kind == 5:
            mutated[at] = rng.choice(b"\0,/[]ifsbhtdTFNI\xff#")
        else:
            del mutated[at : at + rng.randrange(1, 5)]
            mutated = mutated or bytearray(1)
    return bytes(mutated)


_GOOD_FRAMES = (
    '{"type":"hello"}',
    '{"type":"ping","id":3}',
    '{"type":"map","class":"tom"}',
    '{"type":"kit","seed":5}',
    '{"type":"seeds","class":"tom","seed":5}',
    '{"type":"render","id":2,"sound":{"class":"kick","own":"0123456789abcdef","take":3,"other":{"class":"tom"},"t":0.5}}',
    '{"type":"render","id":1,"slot":"main","sound":{"class":"kick","knobs":[0,1,2],"seed":5,"vary":[[0.5,3]]}}',
)
_ODD = ("NaN", "1e999", "-1", "null", "[]", "{}", '"\\ud800"', "true", "9" * 500, "[" * 3000, '"' + "x" * 3000 + '"')


def frame(rng: random.Random) -> bytes:
    """The content of a WebSocket frame: random, cut short, or a good message with odd values or letters."""
    text = rng.choice(_GOOD_FRAMES)
    kind = rng.randrange(4)
    if kind == 0:
        return rng.randbytes(rng.randrange(100))
    if kind == 1:
        return text[: rng.randrange(len(text))].encode()
    if kind == 2:
        return re.sub(r"(?<=[:\[,])[^:,\[\]{}]+", lambda m: rng.choice((m[0], rng.choice(_ODD))), text).encode()
    at = rng.randrange(len(text))
    return (text[:at] + chr(rng.randrange(32, 127)) + text[at + 1 :]).encode()
