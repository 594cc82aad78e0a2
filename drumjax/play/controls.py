"""Latents <-> three controls ("knobs"), in standard deviations of the training sounds.

Global controls are the paper's: the first three principal components of the latents of all classes.

Controls of a class are three directions, each named after a property of the sound that grows with it. With L L^T the
covariance of the class's codes z, w = L^-1 (z - centre) white and y the log-mels that they decode to, candidates for a
property are the direction of its slopes on w, and the part of that direction in the space of the three directions
with the largest linear effect on y (reduced-rank regression): the second changes the sound more and the property less
steadily. Three candidates are chosen that together explain most of y and whose properties grow at every step around
new sounds, once they are orthogonal (symmetrically: Loewdin 1950), which makes a position of 1 one standard deviation.
With them as columns of Q, turning is z = base + L Q t, reading is t = Q^T L^-1 (z - centre).
"""

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES, Audio
from drumjax.progress import bar
from drumjax.sound.dsp import mel_edges_hz

COUNT = 3
KINDS = ("class", "global")
"""Controls for each class, or the paper's: principal components of the latents of all classes."""

POINTS = 200
"""Training sounds of each class on its map."""

_STEPS = np.linspace(-2, 2, 5)
_STEADY, _FORGIVEN = 0.9, 1.0
"""Share of new sounds around which a knob's property should grow at every step, and the explained variance that
outweighs a missing share of 1."""

_APART = 0.5
"""Smallest singular value of three unit directions: below, making them orthogonal would turn them too far."""

_TRIED = 6
"""Sets of three candidates that are made orthogonal and compared."""


def properties(
    mels: Float[np.ndarray, "sounds frames mels"], audio: Audio, only: str | None = None
) -> dict[str, Float[np.ndarray, " sounds"]]:
    """The properties of linear mels that a control can be named after, or only one of them.

    fullness: dB, mean of all cells above a floor of -80 dB: how much of time and spectrum the sound fills.
    brightness, bass: dB, energy above 5 kHz to that below, and below 200 Hz to that above. decay: octaves, of the
    mean time of the energy. punch: dB, energy of the first 50 ms to that after. pitch: octaves, of the centroid of
    the squared power, dominated by the strongest partials. noisiness: spectral flatness in nepers, the geometric
    mean over the mean of the power summed over time.
    """
    hz = mel_edges_hz(audio)[1:-1]
    power = np.square(mels, dtype=np.float32) + 1e-12
    spectrum, envelope = power.sum(axis=1, dtype=np.float64), power.sum(axis=2, dtype=np.float64)
    time = (np.arange(envelope.shape[1]) + 0.5) * audio.hop / audio.rate

    def db(part, values):
        return 10 * np.log10(values[:, part].sum(axis=1) + 1e-12) - 10 * np.log10(values[:, ~part].sum(axis=1) + 1e-12)

    measures = {
        "fullness": lambda: 20 * np.log10(mels + np.float32(1e-4)).mean(axis=(1, 2), dtype=np.float64),
        "brightness": lambda: db(hz > 5000, spectrum),
        "bass": lambda: db(hz < 200, spectrum),
        "decay": lambda: np.log2(envelope @ time / envelope.sum(axis=1)),
        "punch": lambda: db(time < 0.05, envelope),
        "pitch": lambda: np.log2(spectrum**2 @ hz / np.sum(spectrum**2, axis=1)),
        "noisiness": lambda: np.log(spectrum).mean(axis=1) - np.log(spectrum.mean(axis=1)),
    }
    return {name: measure() for name, measure in measures.items() if only in (None, name)}


def centroids_hz(mels: Float[np.ndarray, "sounds frames mels"], audio: Audio) -> Float[np.ndarray, " sounds"]:
    """The spectral centroids of linear mels."""
    spectrum = np.sum(np.maximum(mels, 0.0).astype(np.float64) ** 2 + 1e-12, axis=1)
    return spectrum @ mel_edges_hz(audio)[1:-1] / spectrum.sum(axis=1)


def fit(
    z: Float[np.ndarray, "sounds latent"],
    labels: Int[np.ndarray, " sounds"],
    decode: Callable[[np.ndarray, int], Float[np.ndarray, "own frames mels"]],
    centres: Sequence[Float[np.ndarray, " latent"]],
    starts: Sequence[Float[np.ndarray, "new latent"]],
    audio: Audio,
    log_offset: float,
) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    """Controls of each class, and global ones, from the encoded training set.

    Args:
        z: codes.
        labels: their classes.
        decode: (latents, label) -> the linear mels that they decode to.
        centres: latents of every class at which its knobs stand at 0.
        starts: new latents of every class, around which candidates are turned.
        audio: of the mels.
        log_offset: of the log-mels.

    Returns:
        Arrays with one entry a class and the global controls as the last: `centre` (classes + 1, latent), `basis`
        (classes + 1, 3, latent) whose row is one standard deviation of a control, `dual` (classes + 1, 3, latent)
        that reads a control off z - centre, and `explained` (classes + 1, 3), shares of the variance; `points`
        (classes, POINTS, 3): controls one and two and the spectral centroid in Hz of training sounds. And
        {class: names of its controls}.
    """
    fitted, points, names = [], [], {}
    for label, name in enumerate(bar(CLASSES, "fitting controls", unit="class")):
        own, decode_own = z[labels == label], functools.partial(decode, label=label)
        of_class, of_map, names[name] = fit_class(own, decode_own, centres[label], starts[label], audio, log_offset)
        fitted.append(of_class)
        points.append(of_map)
    return _stack([*fitted, _fit_principal(z)], points), names


def fit_global(
    z: Float[np.ndarray, "sounds latent"],
    labels: Int[np.ndarray, " sounds"],
    decode: Callable[[np.ndarray, int], Float[np.ndarray, "own frames mels"]],
    audio: Audio,
) -> dict[str, np.ndarray]:
    """Global controls alone: the arrays of `fit` with a single entry, for all classes; arguments as there."""
    fitted = _fit_principal(z)
    own = [z[labels == label] for label in range(len(CLASSES))]
    points = [_map_points(own[label], decode(own[label], label), fitted, audio) for label in range(len(CLASSES))]
    return _stack([fitted], points)


def _stack(fitted: list[dict[str, np.ndarray]], points: list[np.ndarray]) -> dict[str, np.ndarray]:
    arrays = {name: np.stack([one[name] for one in fitted]) for name in fitted[0]} | {"points": np.stack(points)}
    return {name: value.astype(np.float32) for name, value in arrays.items()}


def _map_points(z: np.ndarray, mels: np.ndarray, fitted: dict[str, np.ndarray], audio: Audio) -> np.ndarray:
    """(POINTS, 3): controls one and two and the spectral centroid of sounds of a class, repeated if there are few."""
    turned = (z - fitted["centre"]) @ fitted["dual"].T
    chosen = np.resize(np.random.default_rng(0).permutation(len(z)), POINTS)
    return np.column_stack([turned[:, :2], centroids_hz(mels, audio)])[chosen]


def fit_class(
    z: Float[np.ndarray, "own latent"],
    decode: Callable[[np.ndarray], Float[np.ndarray, "own frames mels"]],
    centre: Float[np.ndarray, " latent"],
    starts: Float[np.ndarray, "new latent"],
    audio: Audio,
    log_offset: float,
) -> tuple[dict[str, np.ndarray], Float[np.ndarray, "points 3"], list[str]]:
    """(controls, points and names) of one class; arguments and results as for `fit`."""
    mean, mels = z.mean(axis=0), decode(z)
    # A small multiple of the mean variance on the diagonal: there may be fewer codes than dimensions.
    covariance = np.cov(z, rowvar=False)
    covariance += 1e-3 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    factor = np.linalg.cholesky(covariance)
    white = np.linalg.solve(factor, (z - mean).T).T
    y = np.log(mels + log_offset).reshape(len(z), -1)
    y -= y.mean(axis=0)
    effect = white.T.astype(np.float32) @ y / len(z)
    effects = (effect @ effect.T).astype(np.float64) / np.sum(np.mean(y**2, axis=0, dtype=np.float64))
    leading = np.linalg.eigh(effects)[1][:, -COUNT:]
    candidates = []
    for name, values in properties(mels, audio).items():
        slopes = white.T @ ((values - values.mean()) / max(values.std(), 1e-9)) / len(z)
        for direction in (leading @ (leading.T @ slopes), slopes):
            unit = direction / max(np.linalg.norm(direction), 1e-12)
            candidates.append((name, unit, _steadiness(name, starts, factor @ unit, decode, audio)))
    sets = sorted(itertools.combinations(candidates, COUNT), key=lambda three: -_worth(three, effects))[:_TRIED]
    tried = []
    for names, directions, _ in (zip(*three, strict=True) for three in sets):
        turns, _, back = np.linalg.svd(np.stack(directions, axis=1), full_matrices=False)
        tried.append(
            [
                (name, unit, _steadiness(name, starts, factor @ unit, decode, audio))
                for name, unit in zip(names, (turns @ back).T, strict=True)
            ]
        )
    chosen = max(tried, key=lambda three: _worth(three, effects))
    # In descending order of their effect on the sound.
    names, directions, _ = zip(*sorted(chosen, key=lambda one: -one[1] @ effects @ one[1]), strict=True)
    directions = np.stack(directions, axis=1)
    fitted = {
        "centre": centre,
        "basis": (factor @ directions).T,
        "dual": np.linalg.solve(factor.T, directions).T,
        "explained": np.einsum("lk,lm,mk->k", directions, effects, directions),
    }
    return fitted, _map_points(z, mels, fitted, audio), list(names)


def _steadiness(name: str, starts: np.ndarray, step: np.ndarray, decode: Callable, audio: Audio) -> float:
    """The share of the starts around which a property grows at every step of a control."""
    turned = starts + _STEPS[:, None, None] * step
    values = properties(decode(turned.reshape(-1, starts.shape[1])), audio, name)[name].reshape(len(_STEPS), -1)
    return float(np.mean((np.diff(values, axis=0) > 0).all(axis=0)))


def _worth(three: Sequence[tuple[str, np.ndarray, float]], effects: np.ndarray) -> float:
    """The share of the variance that three directions explain, less a penalty for each unsteady one."""
    names, directions, steadiness = zip(*three, strict=True)
    turns, sizes, _ = np.linalg.svd(np.stack(directions, axis=1), full_matrices=False)
    if len(set(names)) < COUNT:
        return -np.inf
    unsteady = sum(max(0.0, _STEADY - share) for share in steadiness)
    return np.sum(turns * (effects @ turns)) - _FORGIVEN * unsteady - (sizes[-1] < _APART)


def _fit_principal(z: np.ndarray) -> dict[str, np.ndarray]:
    from sklearn.decomposition import PCA

    pca = PCA(COUNT, svd_solver="full").fit(z)
    size = np.sqrt(pca.explained_variance_)[:, None]
    return {
        "centre": pca.mean_,
        "basis": pca.components_ * size,
        "dual": pca.components_ / size,
        "explained": pca.explained_variance_ratio_,
    }


def select(controls: Mapping[str, np.ndarray], kind: str) -> dict[str, np.ndarray]:
    """(classes, ...) arrays of one kind of controls: each class's own, or the global ones for every class.

    Raises:
        ValueError: `kind` is none of `KINDS`, or the bundle has no such controls.
    """
    if kind not in KINDS:
        raise ValueError(f"controls must be one of {', '.join(KINDS)}; got {kind!r}")
    if kind == "class" and len(controls["centre"]) == 1:
        raise ValueError("this bundle has global controls only; got 'class'")
    entries = np.arange(len(CLASSES)) if kind == "class" else np.full(len(CLASSES), -1)
    return {name: np.asarray(controls[name])[entries] for name in ("centre", "basis", "dual")}
