"""Guesses of drum classes by sound, for sounds that no name classifies.

A bundle holds the codes of its training sounds. A forest is fitted to what they decode to, in seconds, when the first
sound is to be guessed.
"""

import functools
from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float

from drumjax.config import CLASSES, Audio
from drumjax.play import judge
from drumjax.sound import audio, dsp

AT_ONCE = 64
"""Sounds that are decoded or analysed at once."""

HELD = 0.45
"""Share of a rate up to which resampled waves hold every frequency."""


class Guesser:
    """Waves, float32 (sounds, samples), at `rate` Hz with peaks at 1 -> (class, certainty 0 to 1) of each.

    Forest and sounds are compared up to the frequencies that a wave of this rate holds.

    Args:
        density: of a bundle: "codes", "labels", "weights".
        shape: the bundle's audio settings.
        decode: (latents, class indices) -> linear mels.
        mel: waves of the bundle's rate and length -> linear mels.
        rate: Hz of the waves.
    """

    def __init__(
        self,
        density: Mapping[str, np.ndarray],
        shape: Audio,
        decode: Callable[[np.ndarray, np.ndarray], np.ndarray],
        mel: Callable[[np.ndarray], np.ndarray],
        rate: int,
    ):
        self._density, self._shape, self._decode, self._mel, self._rate = density, shape, decode, mel, rate

    def __call__(self, waves: Float[np.ndarray, "sounds samples"]) -> list[tuple[str, float]]:
        moved = audio.resample(waves.T, self._rate, self._shape.rate).T[:, : self._shape.samples]
        fitted = np.pad(moved, ((0, 0), (0, self._shape.samples - moved.shape[1])))
        levels = _in_blocks(lambda block: judge.slot_levels(self._mel(block)[..., : self._mels]), fitted)
        votes = self._forest.predict_proba(levels)
        return [(CLASSES[self._forest.classes_[row.argmax()]], float(row.max())) for row in votes]

    @functools.cached_property
    def _forest(self):
        codes, labels = np.asarray(self._density["codes"], np.float32), np.asarray(self._density["labels"], np.int64)
        levels = _in_blocks(lambda z, own: judge.slot_levels(self._decode(z, own)[..., : self._mels]), codes, labels)
        return judge.fit_forest(levels, labels, np.asarray(self._density["weights"], np.float32))

    @functools.cached_property
    def _mels(self) -> int:
        """Number of mels below the rate's resampling filter, in whole cells."""
        if self._rate >= self._shape.rate:
            return self._shape.mels
        below = int(np.sum(dsp.mel_edges_hz(self._shape)[2:] < HELD * self._rate))
        return max(below // judge.BAND, 1) * judge.BAND


def _in_blocks(function: Callable[..., np.ndarray], *arrays: np.ndarray) -> np.ndarray:
    """`function` of blocks of AT_ONCE rows: what it makes of all at once would fill the memory."""
    return np.concatenate(
        [function(*(array[at : at + AT_ONCE] for array in arrays)) for at in range(0, len(arrays[0]), AT_ONCE)]
    )
