"""Random numbers of a seed, the same in every language: Philox4x64-10 (Salmon et al. 2011), a counter-based generator.

The key is (seed, stream), the counter starts at 0 and is raised before every block, as in numpy's Philox. A uniform
number is the upper 53 bits of a 64-bit word divided by 2**53. Normal numbers come in pairs from two uniforms u and v
(Box and Muller 1958): r cos(2 pi v) and r sin(2 pi v) with r = sqrt(-2 log(1 - u)).
"""

import numpy as np
from jaxtyping import Float

DRAWS, TAKES, NOISE = range(3)
"""Streams: of new sounds, of the choice of fine structure, of white noise."""


class Numbers:
    """The numbers of a seed in one stream, in their order.

    Args:
        seed: 0 or more, taken modulo 2**64.
        stream: one of the streams above.
    """

    def __init__(self, seed: int, stream: int):
        self._words = np.random.Philox(key=np.array([seed % 2**64, stream], np.uint64))

    def uniform(self, count: int) -> Float[np.ndarray, " count"]:
        """Uniform numbers in [0, 1)."""
        return (self._words.random_raw(count) >> np.uint64(11)) * 2.0**-53

    def normal(self, count: int) -> Float[np.ndarray, " count"]:
        """Normal numbers; a last one without its pair is dropped."""
        u, v = self.uniform(2 * (-(-count // 2))).reshape(-1, 2).T
        radius, angle = np.sqrt(-2 * np.log1p(-u)), 2 * np.pi * v
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)[:count]

    def choose(self, weights: Float[np.ndarray, " choices"]) -> int:
        """An index, each with a probability in proportion to its weight."""
        sums = np.cumsum(weights, dtype=np.float64)
        return int(min(np.searchsorted(sums, self.uniform(1)[0] * sums[-1], side="right"), np.argmax(sums)))
