"""Least errors of gains: no other gains are better, and a stroke that differs by gains alone is met."""

import numpy as np
import pytest

from drumjax.evaluate import layer_bounds, measures
from drumjax.evaluate.layer_bounds import Drums
from drumjax.evaluate.measures import AUDIO

FRAMES, MELS = (0, 20, 50), (0, 100, 300)


@pytest.fixture(scope="module")
def drums():
    """Two drums of one class and kit that differ by 6 and 9 dB in the last bands, and one of another kit."""
    rng = np.random.default_rng(0)
    loud = rng.uniform(0.1, 1, (3, AUDIO.frames, AUDIO.mels)).astype(np.float32)
    soft = loud.copy()
    soft[0, :, 300:] *= 10 ** (-6 / 20)
    soft[1, :, 300:] *= 10 ** (-9 / 20)
    soft[2, 50:] *= 10 ** (-12 / 20)
    active = np.repeat((np.arange(AUDIO.frames) < 70)[None], 3, axis=0).astype(np.float32) / 70
    return Drums(soft, loud, active, np.array([2, 2, 2]), np.array([0, 0, 1]), np.array([4, 5, 6]))


def test_the_error_is_that_of_the_measures(drums):
    wanted = measures.log_mel_error_db(drums.soft, drums.loud, drums.active > 0)
    np.testing.assert_allclose(layer_bounds.errors(drums), wanted, rtol=1e-4)


def test_gains_for_a_drum_meet_it_and_gains_for_several_lie_between(drums):
    costs = layer_bounds._costs(drums, FRAMES, MELS, layer_bounds.GAINS_DB)
    assert layer_bounds.least_errors(costs, drums.numbers).max() < 0.01
    of_kit = layer_bounds.least_errors(costs, drums.kits)
    assert of_kit[2] < 0.01
    assert of_kit[:2].sum() == pytest.approx(3 * 212 / 512, rel=0.01)  # 3 dB apart in the last band
    other = layer_bounds._of_other_kits(costs, drums)
    assert other[2] > layer_bounds.errors(drums)[2] and other.min() >= of_kit.min()


def test_the_table_names_classes():
    table = {"row": layer_bounds._by_class(np.array([2.0, 4.0, 6.0]), np.array([0, 0, 1]), np.array([1.0, 1.0, 4.0]))}
    assert table["row"] == {"kick": 3, "clap": 1.5, "mean": 2.25}
    assert "| row | 3 | 1.5 | 2.25 |" in layer_bounds.markdown(table)
