"""Guesses of drum classes by sound, for sounds that no name classifies.

The shipped bundle holds the codes of its training sounds. A forest is fitted to what they decode to, in seconds, when
the first sound is to be guessed.
"""

import functools

import numpy as np
from jaxtyping import Float

from drumjax.config import CLASSES

AT_ONCE = 64
"""Sounds whose mels are computed at once."""

HELD = 0.45
"""Share of a rate up to which resampled waves hold every frequency."""


class Guesser:
    """Waves, float32 (sounds, samples), at `rate` Hz with peaks at 1 -> (class, certainty 0 to 1) of each.

    Forest and sounds are compared up to the frequencies that a wave of this rate holds.

    Raises:
        FileNotFoundError: on the first call, there is no shipped bundle.
    """

    def __init__(self, rate: int):
        self._rate = rate

    def __call__(self, waves: Float[np.ndarray, "sounds samples"]) -> list[tuple[str, float]]:
        from drumjax.play import judge
        from drumjax.sound import audio

        shape, forest = self._bundle.config.audio, self._forest
        moved = audio.resample(waves.T, self._rate, shape.rate).T[:, : shape.samples]
        fitted = np.pad(moved, ((0, 0), (0, shape.samples - moved.shape[1])))
        mels = _in_blocks(lambda block: np.asarray(self._jitted_mel(block)), fitted)
        votes = forest.predict_proba(judge.slot_levels(mels[..., : self._mels]))
        return [(CLASSES[forest.classes_[row.argmax()]], float(row.max())) for row in votes]

    @functools.cached_property
    def _bundle(self):
        from drumjax import checkpoint

        return checkpoint.load_bundle(checkpoint.shipped())

    @functools.cached_property
    def _forest(self):
        import jax

        from drumjax import functional
        from drumjax.play import judge

        bundle, density = self._bundle, self._bundle.density
        params = functional.from_bundle(bundle)
        decode = jax.jit(functools.partial(functional.decode, bundle.config, params, {}))
        codes, labels = np.asarray(density["codes"], np.float32), np.asarray(density["labels"], np.int64)
        classes = np.eye(len(CLASSES), dtype=np.float32)[labels]
        levels = _in_blocks(
            lambda z, mix: judge.slot_levels(np.asarray(decode(z, mix))[..., : self._mels]), codes, classes
        )
        return judge.fit_forest(levels, labels, np.asarray(density["weights"], np.float32))

    @functools.cached_property
    def _mels(self) -> int:
        """Number of mels below the rate's resampling filter, in whole cells."""
        from drumjax.play import judge
        from drumjax.sound import dsp

        shape = self._bundle.config.audio
        if self._rate >= shape.rate:
            return shape.mels
        below = int(np.sum(dsp.mel_edges_hz(shape)[2:] < HELD * self._rate))
        return max(below // judge.BAND, 1) * judge.BAND

    @functools.cached_property
    def _jitted_mel(self):
        import jax

        from drumjax.sound import dsp

        return jax.jit(functools.partial(dsp.mel_spectrogram, audio=self._bundle.config.audio))


def _in_blocks(function, *arrays: np.ndarray) -> np.ndarray:
    """`function` of blocks of AT_ONCE rows, the last one padded: each shape would be compiled anew."""
    found = []
    for start in range(0, len(arrays[0]), AT_ONCE):
        block = [array[start : start + AT_ONCE] for array in arrays]
        count = len(block[0])
        padded = [np.pad(part, ((0, AT_ONCE - count), *[(0, 0)] * (part.ndim - 1))) for part in block]
        found.append(function(*padded)[:count])
    return np.concatenate(found)
