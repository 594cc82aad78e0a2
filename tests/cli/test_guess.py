"""Guesses of classes by sound, with the shipped bundle."""

import numpy as np
import pytest

from drumjax import presets
from drumjax.cli.guess import Guesser
from drumjax.config import CLASSES
from drumjax.data import procedural


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["release", "tiny"])
def test_built_in_drums_are_mostly_recognised(preset):
    """The bundle has never heard the built-in drums, and a store of the preset tiny holds no treble."""
    shape = presets.preset(preset).audio
    names = [name for name in ("kick", "snare", "closed_hat", "open_hat") for _ in range(4)]
    waves = np.stack([procedural.sound(name, 10 * n, shape)[0] for n, name in enumerate(names)])
    found = Guesser(shape.rate)(waves)
    assert len(found) == 16 and all(name in CLASSES and 1 / 11 <= certainty <= 1 for name, certainty in found)
    assert sum(name == wanted for (name, _), wanted in zip(found, names, strict=True)) >= 8
