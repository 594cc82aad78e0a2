"""Controls against scikit-learn, and their round trip."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from drumjax import controls
from drumjax.config import CLASSES


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(CLASSES)), 40)
    z = rng.standard_normal((len(labels), 7)) * np.linspace(2, 0.3, 7) + labels[:, None] * 0.1
    return z, labels, controls.fit(z, labels)


def test_knobs_are_principal_components_in_standard_deviations(fitted):
    z, labels, arrays = fitted
    for row, own in ((4, z[labels == 4]), (11, z)):
        pca = PCA(3).fit(own)
        t = (own - arrays["centre"][row]) @ arrays["dual"][row].T
        np.testing.assert_allclose(np.abs(t), np.abs(pca.transform(own)) / np.sqrt(pca.explained_variance_), atol=1e-3)
        np.testing.assert_allclose(t.std(0, ddof=1), 1, rtol=1e-3)
        np.testing.assert_allclose(arrays["explained"][row], pca.explained_variance_ratio_, rtol=1e-4)


def test_reading_inverts_moving(fitted):
    _, _, arrays = fitted
    for kind in controls.KINDS:
        own = controls.of_kind(arrays, kind)
        t = np.array([0.1, -2.0, 5.0], np.float32)
        for label in range(len(CLASSES)):
            np.testing.assert_allclose(own["dual"][label] @ (t @ own["basis"][label]), t, rtol=1e-4, atol=1e-4)
    assert (controls.of_kind(arrays, "global")["centre"] == arrays["centre"][-1]).all()
    with pytest.raises(ValueError, match="one of class, global; got 'both'"):
        controls.of_kind(arrays, "both")
