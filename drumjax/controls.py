"""Latents <-> the three knobs of a class, in standard deviations of its training sounds.

A class's knobs are the three directions whose linear effect on the decoded log-mel is largest (reduced-rank
regression): with L L^T the covariance of its codes z, w = L^-1 (z - centre) white and y the log-mels that they
decode to, U are the leading eigenvectors of cov(w, y) cov(y, w). Turning is z = base + L U t, reading is
t = U^T L^-1 (z - centre). Inside their space the knobs are turned so that each follows one property of the sound, of
which it is named, and more of the knob is more of the property.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES, Audio
from drumjax.dsp import mel_edges_hz

COUNT = 3
RANGES = (2.0, 5.0, 10.0)
"""What the panel's tabs let the knobs span, in standard deviations; the first is the populated region."""

KINDS = ("class", "global")
"""Knobs of each class's own effect on its sound, or the paper's: principal components of the latents of all classes."""

POINTS = 200
"""Training sounds of each class on its map."""


def properties(mels: Float[np.ndarray, "sounds frames mels"], audio: Audio) -> dict[str, Float[np.ndarray, " sounds"]]:
    """What a knob can be named after, of linear mels.

    brightness: octaves, of the spectral centroid. decay: octaves, of the time in which 90 % of the energy has passed.
    pitch: octaves, of the centroid of power squared, which the strongest partials rule. noisiness: spectral
    flatness in nepers, the geometric mean over the mean, of the power summed up over time.
    """
    hz = mel_edges_hz(audio)[1:-1]
    power = np.maximum(mels, 0.0).astype(np.float64) ** 2 + 1e-12
    spectrum, envelope = power.sum(axis=1), power.sum(axis=2)
    passed = np.cumsum(envelope, axis=1) / envelope.sum(axis=1, keepdims=True)
    # Between two frames, not at one of them: a small change of the sound must be a small change of the number.
    frames = np.stack([np.interp(0.9, row, np.arange(1, len(row) + 1)) for row in passed])
    return {
        "brightness": np.log2(spectrum @ hz / spectrum.sum(axis=1)),
        "decay": np.log2(frames * audio.hop / audio.rate),
        "pitch": np.log2(spectrum**2 @ hz / np.sum(spectrum**2, axis=1)),
        "noisiness": np.log(spectrum).mean(axis=1) - np.log(spectrum.mean(axis=1)),
    }


def fit(
    z: Float[np.ndarray, "sounds latent"],
    labels: Int[np.ndarray, " sounds"],
    mels: Mapping[int, Float[np.ndarray, "own frames mels"]],
    audio: Audio,
    log_offset: float,
) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    """Controls of every class, and of all together, from the encoded training set.

    Args:
        z: codes.
        labels: their classes.
        mels: label -> the linear mels that the class's codes decode to; asked for class by class.
        audio: of the mels.
        log_offset: of the log-mels.

    Returns:
        Arrays with one entry a class and a last one for all classes: `centre` (classes + 1, latent), `basis`
        (classes + 1, 3, latent) whose row is one standard deviation of a knob, `dual` (classes + 1, 3, latent)
        that reads a knob off z - centre, and `explained` (classes + 1, 3), shares of the variance; `points`
        (classes, POINTS, 3): knobs one and two and the spectral centroid in Hz of training sounds. And
        {class: names of its knobs}.
    """
    rows, points, names = [], [], {}
    for label, name in enumerate(CLASSES):
        own, decoded = z[labels == label], mels[label]
        row, turned, names[name] = _of_class(own, decoded, audio, log_offset)
        rows.append(row)
        centroid = 2 ** properties(decoded, audio)["brightness"]
        chosen = np.resize(np.random.default_rng(0).permutation(len(own)), POINTS)
        points.append(np.column_stack([turned[:, :2], centroid])[chosen])
    rows.append(_plain(z))
    arrays = {name: np.stack([row[name] for row in rows]) for name in rows[0]} | {"points": np.stack(points)}
    return {name: value.astype(np.float32) for name, value in arrays.items()}, names


def _of_class(z: np.ndarray, mels: np.ndarray, audio: Audio, log_offset: float) -> tuple[dict, np.ndarray, list[str]]:
    """(controls of one class, knob positions of its codes, names)."""
    centre = z.mean(axis=0)
    # A trace of the mean variance: codes may be fewer than their dimensions.
    covariance = np.cov(z, rowvar=False)
    covariance += 1e-3 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    factor = np.linalg.cholesky(covariance)
    white = np.linalg.solve(factor, (z - centre).T).T
    y = np.log(mels + log_offset).reshape(len(z), -1)
    y -= y.mean(axis=0)
    effect = white.T.astype(np.float32) @ y / len(z)
    values, vectors = np.linalg.eigh((effect @ effect.T).astype(np.float64))
    directions, values = vectors[:, : -COUNT - 1 : -1], values[: -COUNT - 1 : -1]
    rotation, names = _named(white @ directions, properties(mels, audio))
    shares = (rotation**2) @ values / np.sum(np.mean(y**2, axis=0, dtype=np.float64))
    order = np.argsort(-shares)
    directions = directions @ rotation[order].T
    row = {
        "centre": centre,
        "basis": (factor @ directions).T,
        "dual": np.linalg.solve(factor.T, directions).T,
        "explained": shares[order],
    }
    return row, white @ directions, [names[i] for i in order]


def _named(t: np.ndarray, values: Mapping[str, np.ndarray]) -> tuple[np.ndarray, list[str]]:
    """Orthonormal rows in the space of white coordinates t, each along one property, the best-followed first."""
    remaining = {name: (v - v.mean()) / max(v.std(), 1e-9) for name, v in values.items()}
    free, rows, names = np.eye(t.shape[1]), [], []
    while len(rows) < t.shape[1]:
        slopes = {name: free @ (free.T @ (t.T @ v) / len(t)) for name, v in remaining.items()}
        name = max(slopes, key=lambda n: np.linalg.norm(slopes[n]))
        rows.append(slopes[name] / max(np.linalg.norm(slopes[name]), 1e-12))
        names.append(name)
        del remaining[name]
        # What is orthogonal to the rows so far.
        free = np.linalg.svd(np.stack(rows))[2][len(rows) :].T if len(rows) < t.shape[1] else free
    return np.stack(rows), names


def _plain(z: np.ndarray) -> dict[str, np.ndarray]:
    from sklearn.decomposition import PCA

    pca = PCA(COUNT, svd_solver="full").fit(z)
    size = np.sqrt(pca.explained_variance_)[:, None]
    return {
        "centre": pca.mean_,
        "basis": pca.components_ * size,
        "dual": pca.components_ / size,
        "explained": pca.explained_variance_ratio_,
    }


def of_kind(controls: Mapping[str, np.ndarray], kind: str) -> dict[str, np.ndarray]:
    """(classes, ...) arrays of one kind: each class's own controls, or the global ones for every class.

    Raises:
        ValueError: `kind` is none of `KINDS`.
    """
    if kind not in KINDS:
        raise ValueError(f"controls must be one of {', '.join(KINDS)}; got {kind!r}")
    rows = np.arange(len(CLASSES)) if kind == "class" else np.full(len(CLASSES), len(CLASSES))
    return {name: np.asarray(controls[name])[rows] for name in ("centre", "basis", "dual", "explained")}
