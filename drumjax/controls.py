"""Latents <-> the three knobs: principal components of the encoded training set, in standard deviations."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES

COUNT = 3
RANGES = (2.0, 5.0, 10.0)
"""What the panel's tabs let the knobs span, in standard deviations; the first is the populated region."""

KINDS = ("class", "global")
"""Knobs of each class's own components, or the paper's: one set of components for all classes."""


def fit(z: Float[np.ndarray, "sounds latent"], labels: Int[np.ndarray, " sounds"]) -> dict[str, np.ndarray]:
    """Controls of every class, and of all together, from the encoded training set.

    Returns:
        Arrays with one entry a class and a last one for all classes: `centre` (classes + 1, latent), `basis`
        (classes + 1, 3, latent) whose row is one standard deviation of a knob, `dual` (classes + 1, 3, latent)
        that reads a knob off z - centre, and `explained` (classes + 1, 3), shares of the variance.
    """
    from sklearn.decomposition import PCA

    groups = [*(z[labels == label] for label in range(len(CLASSES))), z]
    fitted = [PCA(COUNT, svd_solver="full").fit(group) for group in groups]
    basis = np.stack([pca.components_ * np.sqrt(pca.explained_variance_)[:, None] for pca in fitted])
    dual = np.stack([pca.components_ / np.sqrt(pca.explained_variance_)[:, None] for pca in fitted])
    arrays = {
        "centre": np.stack([pca.mean_ for pca in fitted]),
        "basis": basis,
        "dual": dual,
        "explained": np.stack([pca.explained_variance_ratio_ for pca in fitted]),
    }
    return {name: value.astype(np.float32) for name, value in arrays.items()}


def of_kind(controls: Mapping[str, np.ndarray], kind: str) -> dict[str, np.ndarray]:
    """(classes, ...) arrays of one kind: each class's own controls, or the global ones for every class.

    Raises:
        ValueError: `kind` is none of `KINDS`.
    """
    if kind not in KINDS:
        raise ValueError(f"controls must be one of {', '.join(KINDS)}; got {kind!r}")
    rows = np.arange(len(CLASSES)) if kind == "class" else np.full(len(CLASSES), len(CLASSES))
    return {name: np.asarray(value)[rows] for name, value in controls.items()}
