"""The statistics fitted before a CWAE trains, against numpy in float64."""

import numpy as np
import pytest

from drumjax import presets
from drumjax.config import CLASSES
from drumjax.data import procedural
from drumjax.data.batches import Balanced
from drumjax.sound import dsp
from drumjax.train import statistics


@pytest.mark.parametrize(("per_class", "components"), [(8, 20), (0, 0)])
def test_mean_and_deviation_are_those_of_the_chosen_items(per_class, components, tmp_path):
    settings = [f"cwae.fit_per_class={per_class}", f"cwae.components={components}", f"data.store={tmp_path / 'store'}"]
    config = presets.override(presets.preset("tiny"), ["data.builtin=12", "data.per_class=12", *settings])
    balanced = Balanced(procedural.build(config, progress=False), 12, 0)
    fitted = statistics.fit_statistics(config, balanced)
    chosen = range(12) if per_class == 0 else [0, 1, 2, 3, *np.linspace(4, 11, 4).astype(int)]
    waves = np.stack([balanced.item(label, int(i))[0] for label in range(len(CLASSES)) for i in chosen])
    log_mels = np.log(np.asarray(dsp.mel_spectrogram(waves, config.audio), np.float64) + config.cwae.log_offset)
    np.testing.assert_allclose(fitted["mean"], log_mels.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(fitted["std"], np.maximum(log_mels.std(axis=0), config.cwae.min_std), atol=1e-5)
    assert ("components" in fitted) == (components > 0)
    if components:
        x = ((log_mels - fitted["mean"]) / fitted["std"]).reshape(len(waves), -1)
        u = x @ fitted["components"]["basis"].T / np.sqrt(x.shape[1])
        np.testing.assert_allclose(fitted["components"]["scale"], u.std(axis=0), rtol=1e-3)
