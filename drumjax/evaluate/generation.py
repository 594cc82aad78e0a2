"""What a model makes of itself: its latents, its knobs and the new sounds it draws, beside real ones."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from jaxtyping import Float

from drumjax.config import CLASSES, CWAE
from drumjax.data.store import Store
from drumjax.evaluate import comparison, populations, yardsticks
from drumjax.evaluate.comparison import Sounds
from drumjax.evaluate.measures import log_mel
from drumjax.evaluate.recognition import Ear, features
from drumjax.models import losses
from drumjax.play import controls

KNOB_SOUNDS = 100  # training sounds a class whose latents are decoded to judge the knobs
KNOB_STARTS = 50  # draws a class that every knob is turned around
KNOB_STEPS = 5  # positions of the knob, from -2 to 2
PICTURED = (-2.0, 0.0, 2.0)  # positions of a knob in pictures
MIXED = (("kick", "snare"), ("snare", "clap"), ("closed_hat", "shaker"), ("conga", "tom"))  # in pictures
MIX_STEPS = 5
MMD_DRAWS = 20  # draws of the prior that each class's MMD is averaged over


def latents(synth: Any, store: Store, training: Sounds, trained: Float[np.ndarray, "sounds latent"]) -> dict[str, Any]:
    """MMD and moments of every class's held-out latents (validation and test), beside N(0, I) at the same n.

    `trained` are the training sounds' latents: what as many of their kits have for absolute means stands beside.
    """
    chosen = np.concatenate([store.indices("validation"), store.indices("test")])
    stored = np.asarray(store.wave(chosen), np.float32)
    waves = yardsticks.at_rate(stored, store.audio.rate, synth.rate, synth.samples)
    labels = store.labels[chosen]
    z = synth.encode(waves, [CLASSES[label] for label in labels])
    rng, scales = np.random.default_rng(0), CWAE().scales
    columns = ("mmd", "mmd_normal", "abs_mean", "abs_mean_normal", "abs_mean_ratio", "abs_mean_ratio_training", "std")
    held_out = populations.counts(labels, store.kits[chosen])
    values = {name: {} for name in columns}
    for label in np.unique(labels):
        own = z[labels == label]
        if len(own) < 2:
            continue
        draws = rng.standard_normal((MMD_DRAWS, 2, *own.shape)).astype(np.float32)
        row = populations.latent_moments(own)
        row["mmd"] = np.mean([losses.mmd(own, normal, scales) for normal, _ in draws])
        row["mmd_normal"] = np.mean([losses.mmd(first, second, scales) for first, second in draws])
        row["abs_mean_ratio"] = row["abs_mean"] / row["abs_mean_normal"]
        known = training.labels == label
        if known.any():
            row["abs_mean_ratio_training"] = populations.absolute_means_of_kits(
                trained[known], training.kits[known], held_out[CLASSES[label]]["kits"]
            )
        for name in columns:
            values[name][CLASSES[label]] = row.get(name, np.nan)
    return {
        "classes": held_out,
        **{
            name: populations.of_classes(of).to_dict() | {"without_few": populations.without_few(of, held_out)}
            for name, of in values.items()
        },
    }


def knobs(synth: Any, training: Sounds, z: Float[np.ndarray, "sounds latent"]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Variance of decoded log-mels that the knobs explain, beside plain PCA of the latents and random directions.

    `z` are the latents of the training sounds.
    """
    centre = z.mean(axis=0)
    _, size, directions = np.linalg.svd(z - centre, full_matrices=False)
    plain = (z - centre) @ directions[:3].T
    random = z @ np.random.default_rng(0).standard_normal((z.shape[1], 3)).astype(np.float32)
    shares = {"knobs": {}, "plain_pca": {}, "random": {}}
    for label in np.unique(training.labels):
        name = CLASSES[label]
        own = populations.equal_numbers(training.labels, {label: KNOB_SOUNDS})
        mels = synth.decode(z[own], [name] * len(own))
        carried = yardsticks.as_measured(mels, synth.config.audio)
        decoded = log_mel(mels if carried is None else carried).reshape(len(own), -1)
        turned = synth.controls(z[own], [name] * len(own))
        for kind, coordinates in (("knobs", turned), ("plain_pca", plain[own]), ("random", random[own])):
            shares[kind][name] = populations.explained_variance(coordinates, decoded)
    variance = size[:2] ** 2 / np.sum(size**2)
    picture = {"points": plain[:, :2], "labels": training.labels, "shares": variance.tolist()}
    return {kind: populations.of_classes(values).to_dict() for kind, values in shares.items()}, picture


def turned(synth: Any, classes: Iterable[str]) -> dict[str, Any]:
    """What every knob of these classes does, around draws of the class: how far it changes the sound, how steadily.

    Returns:
        {class: [{"knob": name, "db", "monotonic"}, ...]}: log-mel change over active frames from -2 to 2, and the
        share of starting points from which the property it is named after grows at every step; None without names.
    """
    table = {}
    for name in classes:
        starts = synth.draw(name, KNOB_STARTS, seed=1)
        table[name] = []
        for knob in range(controls.COUNT):
            steps = np.linspace(-2, 2, KNOB_STEPS)
            points = np.zeros((KNOB_STEPS, KNOB_STARTS, controls.COUNT), np.float32)
            points[:, :, knob] = steps[:, None]
            z = synth.place(
                points.reshape(-1, controls.COUNT),
                [name] * points.shape[0] * KNOB_STARTS,
                np.tile(starts, (KNOB_STEPS, 1)),
            )
            mels = synth.decode(z, [name] * len(z))
            ends = log_mel(mels).reshape(KNOB_STEPS, KNOB_STARTS, *mels.shape[1:])[[0, -1]]
            active = mels.reshape(KNOB_STEPS, KNOB_STARTS, *mels.shape[1:])[[0, -1]].any(axis=(0, 3))
            change = 20 / np.log(10) * np.abs(ends[1] - ends[0]).mean(axis=2)
            row = {"db": float(np.mean(np.sum(change * active, axis=1) / active.sum(axis=1)))}
            if name in synth.knob_names:
                row["knob"] = synth.knob_names[name][knob]
                values = controls.properties(mels, synth.config.audio)[row["knob"]].reshape(KNOB_STEPS, KNOB_STARTS)
                row["monotonic"] = float(np.mean((np.diff(values, axis=0) > 0).all(axis=0)))
            table[name].append(row)
    return table


def knob_pictures(synth: Any) -> dict[str, Any]:
    """What `figures.knobs` shows of a model: mels around the centre of every class."""
    points = np.zeros((controls.COUNT, len(PICTURED), controls.COUNT), np.float32)
    for knob in range(controls.COUNT):
        points[knob, :, knob] = PICTURED
    points = points.reshape(-1, controls.COUNT)
    each = [[name] * len(points) for name in CLASSES]
    mels = [synth.decode(synth.place(points, names), names) for names in each]
    names = [synth.knob_names.get(name, [f"knob {i + 1}" for i in range(controls.COUNT)]) for name in CLASSES]
    return {
        "mels": np.stack(mels),
        "titles": CLASSES,
        "names": names,
        "positions": PICTURED,
        "audio": synth.config.audio,
    }


def mix_pictures(synth: Any) -> dict[str, Any]:
    """What `figures.mixes` shows of a model: the centres of mixes of two classes."""
    shares = np.linspace(0, 1, MIX_STEPS)
    mixed = [[{a: 1 - share, b: share} for share in shares] for a, b in MIXED]
    centre = np.zeros((MIX_STEPS, controls.COUNT), np.float32)
    captions = [
        [f"{1 - share:.0%} {a.replace('_', ' ')}, {share:.0%} {b.replace('_', ' ')}" for share in shares]
        for a, b in MIXED
    ]
    mels = [synth.decode(synth.place(centre, mixes), mixes) for mixes in mixed]
    return {"mels": np.stack(mels), "captions": captions, "audio": synth.config.audio}


def new_sounds(
    synth: Any, sounds: Sounds, training: Sounds, ear: Ear, count: int, say: Callable[[str], None]
) -> tuple[dict[str, Any], Float[np.ndarray, "classes four frames mels"]]:
    """Recognition, Frechet distance, variety and copies of new sounds, beside real ones.

    The model's own sampling, strict and without texture, and draws of the paper's prior are judged alike. Samples
    are brought to a peak of 1, as every real sound is.
    """
    held_out = populations.counts(sounds.labels, sounds.kits)
    sizes = {i: min(held_out[name]["sounds"], count) for i, name in enumerate(CLASSES) if held_out[name]["sounds"]}
    real = populations.equal_numbers(sounds.labels, sizes)
    real_features = features(sounds.mels[real])
    real_embedding = ear.embed(real_features)
    other = populations.equal_numbers(training.labels, sizes, seed=1)
    correct = populations.hits(ear.predict(real_features), sounds.labels[real]).astype(float)
    truth = {CLASSES[label]: _novelty(sounds.mels[sounds.labels == label], *_known(training, label)) for label in sizes}
    table = {
        "equal_numbers": {CLASSES[label]: size for label, size in sizes.items()},
        "real held-out": {
            "recognised": _recognised(correct, sounds.labels[real], sounds.kits[real]),
            **_columns(truth),
        },
        "real training": {"frechet": _frechet(ear.embed(features(training.mels[other])), real_embedding)},
    }
    ways = {"samples": {}, "samples, strict": {"strict": True}, "samples, prior N(0, I)": {"prior": True}}
    if synth.has_texture:
        ways["samples, texture off"] = {"texture": None}
    pictures = []
    for way, options in ways.items():
        say(f"{count} new sounds of every class: {way}")
        novelty, kept = {}, []
        for label in sizes:
            waves = comparison.from_model(synth, synth.sample(CLASSES[label], count, seed=label, **options))
            mels = yardsticks.mels_of(waves / np.maximum(np.abs(waves).max(axis=1, keepdims=True), 1e-9))
            kept.append(features(mels))
            novelty[CLASSES[label]] = _novelty(mels, *_known(training, label))
            if way == "samples":
                pictures.append(np.resize(mels, (4, *mels.shape[1:])))
        table[way] = _columns(novelty) | _judged(kept, sizes, ear, real_embedding)
    return table, np.stack(pictures)


def _judged(kept: list[np.ndarray], sizes: dict[int, int], ear: Ear, real_embedding: np.ndarray) -> dict[str, Any]:
    """Recognition of all samples, recognition and Frechet distance in numbers equal to the real sounds'."""
    x = np.concatenate(kept)
    labels = np.repeat(list(sizes), [len(part) for part in kept])
    correct = populations.hits(ear.predict(x), labels).astype(float)
    equal = populations.equal_numbers(labels, sizes)
    each = np.arange(len(labels))  # a sample is a kit of its own
    return {
        "recognised": _recognised(correct[equal], labels[equal], each[equal]),
        "recognised_all": _recognised(correct, labels, each),
        "frechet": _frechet(ear.embed(x[equal]), real_embedding),
    }


def _frechet(embedding: np.ndarray, real: np.ndarray) -> dict[str, float]:
    return {"macro": populations.frechet_distance(embedding, real)}  # one for all classes: each alone is too few


def _recognised(correct: np.ndarray, labels: np.ndarray, kits: np.ndarray) -> dict[str, Any]:
    means = populations.class_means(correct, labels).to_dict()
    return {**means, "interval": populations.bootstrap_interval(correct, labels, kits)}


def _known(training: Sounds, label: int) -> tuple[np.ndarray, np.ndarray]:
    """(mels, kits) of the training sounds of a class."""
    own = training.labels == label
    return training.mels[own], training.kits[own]


def _columns(novelty: dict[str, tuple[float, float]]) -> dict[str, Any]:
    """The columns of the table, of each class's (variety, copies)."""
    columns = zip(("variety", "copies"), zip(*novelty.values(), strict=True), strict=True)
    return {
        column: populations.of_classes(dict(zip(novelty, values, strict=True))).to_dict() for column, values in columns
    }


def _novelty(samples: np.ndarray, real: np.ndarray, kits: np.ndarray) -> tuple[float, float]:
    """(variety, copies) of the samples of one class against its training sounds."""
    if len(real) == 0:
        return float("nan"), float("nan")
    new, known = (log_mel(mels).reshape(len(mels), -1) for mels in (samples, real))
    return populations.variety(new, known), populations.copies(new, known, kits)
