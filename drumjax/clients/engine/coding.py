"""Lossless coding of bytes by their frequencies: range asymmetric numeral systems (rANS, Duda 2013).

`LANES` coders take turns, byte i going to coder i % LANES, so that numpy works on all of them at once. A coder is a
32-bit state x of 2**16 or more. Byte s, with frequency f of 2**14 and the sum c of the frequencies below it, is popped
as s: x mod 2**14 lies in [c, c + f), x becomes f (x >> 14) + x mod 2**14 - c, and takes in the next 16-bit word where
it has fallen below 2**16. All coders start and end at 2**16. The engine has the same decoder (reader.cpp).
"""

import numpy as np
from jaxtyping import UInt8, UInt16

LANES = 256

_BITS = 14
_START = 1 << 16


def encode(
    data: UInt8[np.ndarray, " bytes"], tables: int = 1
) -> tuple[UInt16[np.ndarray, " words"], UInt16[np.ndarray, " frequencies"]]:
    """(words, frequencies of the 256 bytes in each table, with sum 2**14) that `decode` takes; data is not empty."""
    turns = -(-len(data) // LANES)
    padded = np.pad(data, (0, turns * LANES - len(data)), mode="edge").reshape(turns, LANES)
    of_turn = _table(turns, min(tables, turns))
    frequencies = np.stack([_frequencies(padded[of_turn == table].ravel()) for table in range(of_turn[-1] + 1)])
    below = np.cumsum(frequencies, axis=1) - frequencies
    states, emitted = np.full(LANES, _START, np.uint64), []
    for symbols, table in zip(padded[::-1], of_turn[::-1], strict=True):
        own = frequencies[table, symbols]
        full = states >= own << np.uint64(32 - _BITS)
        emitted.append((states[full] & np.uint64(0xFFFF)).astype(np.uint16))
        states[full] >>= np.uint64(16)
        whole, rest = np.divmod(states, own)
        states = (whole << np.uint64(_BITS)) + rest + below[table, symbols]
    first = states.astype("<u4").view(np.uint16)
    return np.concatenate([first, *reversed(emitted)]), frequencies.astype(np.uint16).ravel()


def _table(turns: int, tables: int) -> np.ndarray:
    """The table of each turn."""
    return np.arange(turns) * tables // turns


def _frequencies(data: UInt8[np.ndarray, " bytes"]) -> np.ndarray:
    """Frequencies of all bytes, of 1 and more for those that occur, with sum 2**14."""
    counts = np.bincount(data, minlength=256)
    scaled = np.where(counts > 0, np.maximum(counts * (1 << _BITS) // len(data), 1), 0)
    scaled[scaled.argmax()] += (1 << _BITS) - scaled.sum()
    return scaled.astype(np.uint64)


def decode(
    words: UInt16[np.ndarray, " words"], frequencies: UInt16[np.ndarray, " frequencies"], count: int
) -> UInt8[np.ndarray, " bytes"]:
    """The `count` bytes that `encode` was given.

    Raises:
        ValueError: the words are damaged.
    """
    turns = -(-count // LANES)
    if len(frequencies) % 256 or not 0 < len(frequencies) <= 256 * turns or len(words) < 2 * LANES:
        raise ValueError("coded bytes are damaged")
    own = frequencies.astype(np.uint32).reshape(-1, 256)
    if (own.sum(axis=1) != 1 << _BITS).any():
        raise ValueError("coded bytes are damaged")
    symbol_at = np.stack([np.repeat(np.arange(256, dtype=np.uint8), table) for table in own])
    below = np.cumsum(own, axis=1, dtype=np.uint32) - own
    states, at = words[: 2 * LANES].copy().view("<u4").astype(np.uint32), 2 * LANES
    data = np.empty((turns, LANES), np.uint8)
    for symbols, table in zip(data, _table(turns, len(own)), strict=True):
        slots = states & np.uint32((1 << _BITS) - 1)
        symbols[:] = symbol_at[table, slots]
        states = own[table, symbols] * (states >> np.uint32(_BITS)) + slots - below[table, symbols]
        empty = np.flatnonzero(states < _START)
        taken = words[at : at + len(empty)]
        if len(taken) < len(empty):
            raise ValueError("coded bytes are damaged")
        states[empty] = states[empty] << np.uint32(16) | taken
        at += len(empty)
    if at != len(words) or (states != _START).any():
        raise ValueError("coded bytes are damaged")
    return data.reshape(-1)[:count]
