"""The bundle's own classifier depends on where the energy lies, not on the level."""

import numpy as np

from drumjax.config import CLASSES
from drumjax.play import judge


def test_the_class_follows_the_energy_and_not_the_level():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(CLASSES)), 30)
    mels = rng.uniform(0.01, 0.02, (len(labels), 16, 192)).astype(np.float32)
    for mel, label in zip(mels, labels, strict=True):
        mel[:, 16 * label : 16 * label + 16] += 1.0
    mels *= rng.uniform(0.1, 10, (len(labels), 1, 1)).astype(np.float32)
    fitted = judge.fit(judge.cell_energies(mels), labels)
    probabilities = judge.probabilities(fitted, mels)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert np.mean(probabilities.argmax(axis=1) == labels) == 1
    np.testing.assert_allclose(judge.probabilities(fitted, 3 * mels[:4]), probabilities[:4], atol=1e-3)
