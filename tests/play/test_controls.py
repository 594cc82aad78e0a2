"""Controls against scikit-learn and a brute-force search, their names, and their round trip."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression

from drumjax.config import CLASSES, Audio
from drumjax.play import controls
from drumjax.sound.dsp import mel_edges_hz

AUDIO = Audio(rate=11025, samples=2000, window=256, hop=128, fft=256, mels=29)
OFFSET = 1e-4


def decoded(z):
    """Mels whose log-mel is linear in z: a loud direction, a bright one, a long one, and four that matter little."""
    frames, mels = np.arange(AUDIO.frames)[:, None] / AUDIO.frames, np.arange(AUDIO.mels) / AUDIO.mels
    patterns = np.stack(
        [2.0 * (mels - 0.5) + 0 * frames, 3.0 * (frames - 0.5) + 0 * mels, 1.0 * np.sin(40 * mels) + 0 * frames]
        + [0.05 * np.cos(k * (mels + frames)) for k in range(4)]
    )
    return np.exp(np.einsum("nk,kfm->nfm", z, patterns) - 4 * frames - 2 * mels).astype(np.float32)


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(CLASSES)), 120)
    # The directions that matter have the smallest variance: a plain PCA would find the others.
    z = rng.standard_normal((len(labels), 7)) * np.linspace(0.3, 2, 7) + labels[:, None] * 0.1
    mixing = np.linalg.qr(rng.standard_normal((7, 7)))[0]
    mels = {label: decoded(z[labels == label]) for label in range(len(CLASSES))}
    own = [z[labels == label] @ mixing for label in range(len(CLASSES))]
    centres, starts = [codes.mean(axis=0) + 0.2 for codes in own], [codes[:20] for codes in own]
    arrays, names = controls.fit(
        z @ mixing, labels, lambda z, label: decoded(z @ mixing.T), centres, starts, AUDIO, OFFSET
    )
    np.testing.assert_allclose(arrays["centre"][:-1], centres, rtol=1e-6)  # where its knobs stand at 0
    return z @ mixing, labels, mels, arrays, names, lambda z: decoded(z @ mixing.T)


def test_knobs_are_standard_deviations_and_explain_more_than_other_numbers(fitted):
    z, labels, mels, arrays, *_ = fitted
    own, y = z[labels == 4], np.log(mels[4] + OFFSET).reshape(120, -1)
    t = (own - arrays["centre"][4]) @ arrays["dual"][4].T
    np.testing.assert_allclose(np.cov(t.T), np.eye(3), atol=0.02)

    def explained(coordinates):
        residual = y - LinearRegression().fit(coordinates, y).predict(coordinates)
        return 1 - np.sum(residual**2) / np.sum((y - y.mean(axis=0)) ** 2)

    assert np.all(np.diff(arrays["explained"][4]) <= 0)
    rng = np.random.default_rng(1)
    others = [explained(own @ rng.standard_normal((7, 3))) for _ in range(50)]
    assert explained(t) > max(*others, explained(PCA(3).fit_transform(own)) + 0.3)


def test_names_are_properties_that_grow_with_the_knob(fitted):
    z, labels, mels, arrays, names, _ = fitted
    for label, name in enumerate(CLASSES):
        t = (z[labels == label] - arrays["centre"][label]) @ arrays["dual"][label].T
        values = controls.properties(mels[label], AUDIO)
        assert len(set(names[name])) == 3 and set(names[name]) <= set(values)
        follows = {which: np.corrcoef(t[:, knob], values[which])[0, 1] for knob, which in enumerate(names[name])}
        assert max(follows.values()) > 0.6, (name, follows)


def test_a_knob_makes_its_property_grow_around_other_sounds(fitted):
    z, labels, _, arrays, names, decode = fitted
    for label, name in enumerate(CLASSES):
        starts = z[labels == label][60:90]
        for knob, which in enumerate(names[name]):
            turned = [starts + turn * arrays["basis"][label][knob] for turn in (-2, 0, 2)]
            values = [controls.properties(decode(z), AUDIO)[which] for z in turned]
            assert np.mean((np.diff(values, axis=0) > 0).all(axis=0)) > 0.8, (name, which)
    assert arrays["points"].shape == (len(CLASSES), controls.POINTS, 3)


def test_properties_are_what_they_say():
    frames, mels = np.arange(AUDIO.frames)[:, None], np.arange(AUDIO.mels)

    def values(decay=3.0, place=5.0, width=2.0):
        mel = np.exp(-frames / decay - ((mels - place) / width) ** 2)[None]
        return {name: value[0] for name, value in controls.properties(mel, AUDIO).items()}

    base, longer, higher, wider = values(), values(decay=5.0), values(place=9.0), values(width=8.0)
    assert longer["decay"] > base["decay"] + 0.3 and longer["punch"] < base["punch"] - 1
    assert longer["fullness"] > base["fullness"] + 1 and wider["fullness"] > base["fullness"] + 10
    assert higher["pitch"] > base["pitch"] + 0.3 and higher["bass"] < base["bass"] - 1
    assert values(place=25.0)["brightness"] > base["brightness"] + 20 and wider["noisiness"] > base["noisiness"] + 1


def test_centroids_are_where_the_energy_is():
    mel = np.zeros((2, AUDIO.frames, AUDIO.mels))
    mel[0, :, 3], mel[1, :2, 20] = 1.0, 1.0
    hz = mel_edges_hz(AUDIO)[1:-1]
    np.testing.assert_allclose(controls.centroids_hz(mel, AUDIO), [hz[3], hz[20]], rtol=1e-3)


def test_the_global_controls_are_the_plain_principal_components(fitted):
    z, _, _, arrays, *_ = fitted
    pca = PCA(3).fit(z)
    t = (z - arrays["centre"][-1]) @ arrays["dual"][-1].T
    np.testing.assert_allclose(np.abs(t), np.abs(pca.transform(z)) / np.sqrt(pca.explained_variance_), atol=1e-3)
    np.testing.assert_allclose(arrays["explained"][-1], pca.explained_variance_ratio_, rtol=1e-4)


def test_reading_inverts_moving(fitted):
    arrays = fitted[3]
    for kind in controls.KINDS:
        own = controls.select(arrays, kind)
        t = np.array([0.1, -2.0, 5.0], np.float32)
        for label in range(len(CLASSES)):
            np.testing.assert_allclose(own["dual"][label] @ (t @ own["basis"][label]), t, rtol=1e-3, atol=1e-3)
    assert (controls.select(arrays, "global")["centre"] == arrays["centre"][-1]).all()
    with pytest.raises(ValueError, match="one of class, global; got 'both'"):
        controls.select(arrays, "both")
