"""Axes, colours and ticks of mel figures."""

import numpy as np
import pytest

from drumjax.sound import pictures


def test_mel_pairs_share_a_colour_range_and_have_the_right_axes():
    mels = np.abs(np.random.default_rng(0).standard_normal((3, 86, 512))) + 0.1
    figure = pictures.mel_pairs(mels, mels * 0.1, ["kick", "open_hat", "tom"])
    axes = [a for a in figure.axes if a.get_images()]
    titles = [a.get_title() for a in axes[:4]]
    assert titles == ["kick · input", "kick · output", "open hat · input", "open hat · output"]
    first, second = (a.get_images()[0] for a in axes[:2])
    assert first.get_clim() == second.get_clim()
    np.testing.assert_allclose(first.get_array() - second.get_array(), 20, atol=1e-6)
    assert axes[0].get_images()[0].get_extent()[1] == pytest.approx(86 * 256 / 22050 * 1000)
    edges = [label.get_text() for label in axes[0].get_yticklabels()]
    position = dict(zip(edges, axes[0].get_yticks(), strict=True))["1,000"]
    # The slaney scale is linear to 1 kHz: 15 of its 15 + 27 ln(11.025) / ln(6.4) mels, of 513 steps.
    assert position == pytest.approx(15 / (15 + 27 * np.log(11.025) / np.log(6.4)) * 513 - 0.5, abs=0.6)
