"""Detection of several hits in one sound."""

import numpy as np
from test_corpus import RATE, sound

from drumjax.data.hits import has_several_hits


def test_several_hits_are_detected():
    burst = np.concatenate([sound(5, 0.03)[:500] * level for level in (0.5, 0.7, 0.9)] + [sound(6, 0.3)])
    assert not has_several_hits(burst, RATE)  # like an 808 clap
    for seed in range(10):
        one = np.append(sound(seed, 0.3), np.zeros(RATE // 2, np.float32))
        assert not has_several_hits(one, RATE)
        for seconds in (0.2, 0.35, 0.45):
            two = one + 0.7 * np.roll(one, round(seconds * RATE))
            assert has_several_hits(two, RATE)
