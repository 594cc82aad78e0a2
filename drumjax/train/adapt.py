"""Adaptation: a trained bundle learns the sounds of a user and keeps what it knew.

Nine tenths and more of the error of sounds from unseen kits is what the bundle's principal components leave of them:
training the layers behind the components again cannot lower it. The sounds' own leading directions therefore become
further components, each with a latent of its own (`components.widen`). In every code so far these latents are 0, and
classes of which the user has no sound do not use them: nothing is forgotten, so that nothing has to be rehearsed. The
user's codes join those near which new sounds are drawn, their fine structure joins that of the bundle's hits, and the
knobs of their classes are fitted anew.
"""

import dataclasses
import functools
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from drumjax.checkpoint import Bundle
from drumjax.config import CLASSES, Config
from drumjax.data.split import kit_splits
from drumjax.data.store import Store
from drumjax.models import losses
from drumjax.play import controls, sampling, takes
from drumjax.progress import bar
from drumjax.sound import dsp
from drumjax.sound.seeds import DRAWS, Numbers
from drumjax.train import assembly, widening
from drumjax.train.statistics import macro

FEWEST = 10
"""Sounds of one class, at least, from which a kit is learned."""

SHARE = 0.75
"""Probability that a parent of a new sound is one of the user's, in a class of which there are any."""

KNOB_CODES, KNOB_STARTS = 250, 8
"""Codes of a class that its knobs are fitted to, and new sounds around which they are tried."""

KEPT = 16
"""Codes of each class from which the change of the other classes is measured."""


class Errors(NamedTuple):
    """Errors of sounds that were encoded and decoded: the means over classes of dB before the sounds' ends.

    Attributes:
        fine: of the log-mels.
        envelope: of the log-mels' means over cells, which the fine structure of a take does not change.
    """

    fine: float
    envelope: float


class Outcome(NamedTuple):
    """What an adaptation brought.

    Attributes:
        held_out: number of the sounds that `before` and `after` are measured on; they were learned after that only.
        before, after: their errors.
        others: dB by which sounds of the other classes have changed, or those of all classes where the user has all.
    """

    held_out: int
    before: Errors
    after: Errors
    others: float

    def record(self) -> dict[str, Any]:
        """The outcome as plain data."""
        return {**self._asdict(), "before": self.before._asdict(), "after": self.after._asdict()}


def check_parent(parent: Bundle) -> None:
    """Checks that a bundle can learn a kit.

    Raises:
        ValueError: it is of another kind; one line.
    """
    config = parent.config
    if not (config.cwae.components and config.controls == "class" and "codes" in parent.density):
        raise ValueError(
            f"only bundles of --preset release, with principal components, knobs of each class and codes to draw near, "
            f"learn a kit; got one of --preset {config.preset}"
        )
    if widening.room(config) < FEWEST:
        raise ValueError(
            f"this bundle has learned so many kits that no more fit: its {config.cwae.latent} latents are full"
        )


def check_sounds(store: Store) -> None:
    """Checks that there are enough sounds to learn a kit from.

    Raises:
        ValueError: there are too few; one line.
    """
    counts = np.bincount(store.labels, minlength=len(CLASSES))
    if counts.max() < FEWEST:
        raise ValueError(
            f"a kit is learned from {FEWEST} sounds of one class on; got {counts.max()} of "
            f"{CLASSES[int(counts.argmax())]} and fewer of the other classes"
        )


class Trial(NamedTuple):
    """Sounds that were not learned, decoded before and after the others were.

    Attributes:
        held: indices of the sounds.
        before, after: their mels, encoded and decoded by the bundle, and by one that has learned the other sounds.
    """

    held: Int[np.ndarray, " held"]
    before: Float[np.ndarray, "held frames mels"]
    after: Float[np.ndarray, "held frames mels"]


def adapt(parent: Bundle, store: Store) -> tuple[Bundle, Outcome, Trial]:
    """A bundle that has learned all sounds of a store, and what that brings on sounds that it has not learned.

    The outcome is that of the trial: components are fitted to two thirds of the sounds and tried on the last third.

    Raises:
        ValueError: see `check_parent` and `check_sounds`.
    """
    check_parent(parent)
    check_sounds(store)
    learned, held = thirds(store)
    networks = parent, widening.widened(parent, store, learned, len(store))
    trial = Trial(held, *(widening.reconstructed(network, store, held) for network in networks))
    before, after = (errors(parent.config, store, held, made) for made in (trial.before, trial.after))
    bundle = learn(parent, store)
    return bundle, Outcome(len(held), before, after, change_of_others(parent, bundle, np.unique(store.labels))), trial


def thirds(store: Store) -> tuple[Int[np.ndarray, " learned"], Int[np.ndarray, " held"]]:
    """Indices of two thirds of the sounds and of one third: of other kits where there are several, else of files."""
    for groups in (store.kits, np.arange(len(store))):
        counts: dict[str, np.ndarray] = {}
        for group, label in zip(groups, store.labels, strict=True):
            counts.setdefault(f"{group:06d}", np.zeros(len(CLASSES), int))[label] += 1
        sides = kit_splits(counts, (2 / 3, 1 / 3, 0.0))
        held = np.array([sides[f"{group:06d}"] == 1 for group in groups])
        if held.any():
            break
    return np.flatnonzero(~held), np.flatnonzero(held)


def learn(parent: Bundle, store: Store) -> Bundle:
    """The bundle that has learned all sounds of a store."""
    everything = np.arange(len(store))
    network = widening.widened(parent, store, everything, len(store))
    config, labels, kits = network.config, store.labels, store.kits
    own = np.unique(labels)
    z = widening.encoded(network, store, everything)
    decode = assembly.decoder(config, widening.frozen(network))
    density = _density(parent.density, decode, z, labels, kits)
    mels = widening.mels(config.audio, store.wave(everything))
    texture = _texture(parent, decode, z, mels, labels, kits)
    fitted, names = _controls(parent, config, decode, density, own)
    count = {"source": "your own sounds", "licence": "", "terms": "", "count": len(store)}
    heard = {*parent.metadata.get("heard_kits", ()), *(store.kit_names[kit] for kit in np.unique(kits))}
    metadata = {
        **parent.metadata,
        "knobs": {**parent.metadata.get("knobs", {}), **names},
        "sources": [*parent.metadata.get("sources", ()), count],
        "heard_kits": sorted(heard),
    }
    return dataclasses.replace(network, density=density, texture=texture, controls=fitted, metadata=metadata)


def errors(
    config: Config, store: Store, chosen: Int[np.ndarray, " chosen"], made: Float[np.ndarray, "chosen frames mels"]
) -> Errors:
    """The errors of the mels that were made of these sounds."""
    real = widening.mels(config.audio, store.wave(chosen))
    real, made = (np.log(x + config.cwae.log_offset) for x in (real, made))
    active = np.asarray(losses.active_frames(store.lengths[chosen], config.audio))
    difference = 20 / np.log(10) * (real - made)
    of_frames = np.abs(difference).mean(axis=2), np.abs(takes.envelopes(difference)).mean(axis=2)
    parts = active, active[:, :: takes.CELL[0]]
    means = (np.sum(x * part, axis=1) / part.sum(axis=1) for x, part in zip(of_frames, parts, strict=True))
    return Errors(*(macro(of_sounds, store.labels[chosen]) for of_sounds in means))


def change_of_others(parent: Bundle, bundle: Bundle, own: Int[np.ndarray, " classes"]) -> float:
    """dB by which the decoded log-mels of codes of the parent's have changed in the other classes, in the mean."""
    others = np.setdiff1d(np.arange(len(CLASSES)), own)
    decoders, changes = [assembly.decoder(one.config, widening.frozen(one)) for one in (parent, bundle)], []
    for label in others if len(others) else own:
        codes = np.flatnonzero(parent.density["labels"] == label)[:KEPT]
        before, after = (
            np.log(decode(one.density["codes"][codes], int(label)) + parent.config.cwae.log_offset)
            for one, decode in zip((parent, bundle), decoders, strict=True)
        )
        changes.append(np.abs(after - before).mean())
    return float(20 / np.log(10) * np.mean(changes))


def _padded(array: np.ndarray, latent: int, *axes: int) -> np.ndarray:
    """The array with zeros for the new latents at the end of these axes."""
    widths = [(0, latent - size if axis in axes else 0) for axis, size in enumerate(array.shape)]
    return np.pad(array, widths)


def _density(
    old: dict[str, Any],
    decode: assembly.Decode,
    z: Float[np.ndarray, "sounds latent"],
    labels: Int[np.ndarray, " sounds"],
    kits: Int[np.ndarray, " sounds"],
) -> dict[str, np.ndarray]:
    """The density with the user's codes at its end; other classes are drawn from as before."""
    latent = z.shape[1]
    weights = np.concatenate([old["weights"], np.zeros(len(z))])
    fitted = {
        "codes": np.concatenate([_padded(old["codes"], latent, 1), z]),
        "labels": np.concatenate([old["labels"], labels]).astype(np.uint8),
        "means": _padded(old["means"], latent, 1),
    }
    for label in np.unique(labels):
        own, added = np.flatnonzero(fitted["labels"] == label), labels == label
        weights[own] *= 1 - SHARE
        weights[own[-np.sum(added) :]] = SHARE * sampling.kit_even(kits[added])
        fitted["means"][label] = weights[own] @ fitted["codes"][own]
    fitted["weights"] = weights.astype(np.float32)
    if "partners" in old:
        fitted["partners"] = np.concatenate([old["partners"], np.zeros((len(z), sampling.PARTNERS), np.uint16)])
        for label in np.unique(labels):
            fitted["partners"][fitted["labels"] == label] = sampling.partners(fitted, int(label), decode)
    return fitted


def _texture(
    parent: Bundle,
    decode: assembly.Decode,
    z: Float[np.ndarray, "sounds latent"],
    mels: Float[np.ndarray, "sounds frames mels"],
    labels: Int[np.ndarray, " sounds"],
    kits: Int[np.ndarray, " sounds"],
) -> dict[str, np.ndarray]:
    """The texture with the fine structure of the user's sounds at its end."""
    old, config = dict(parent.texture), parent.config
    if not old:
        return old
    kept = {"of_latent": _padded(old["of_latent"], z.shape[1], 0), "of_class": old["of_class"]}
    if "packed" not in old:
        return kept
    hits = np.concatenate([np.flatnonzero(labels == c)[takes.choose(kits[labels == c])] for c in np.unique(labels)])
    real, made = (
        np.log(x + config.cwae.log_offset) for x in (mels[hits], widening.decoded(decode, z[hits], labels[hits]))
    )
    ends = np.sum(np.asarray(dsp.gate(jnp.asarray(mels[hits]))).any(axis=2), axis=1)
    fitted = takes.fit(
        np.concatenate([takes.unpacked(old, config), takes.residues(real, made)]),
        np.concatenate([old["ends"].astype(np.int64), ends]),
        np.concatenate([_padded(old["codes"], z.shape[1], 1), z[hits]]),
        np.concatenate([old["labels"], labels[hits]]).astype(np.int64),
    )
    others = np.setdiff1d(np.arange(len(CLASSES)), labels)
    fitted["reach"][others] = old["reach"][others]
    return kept | fitted


def _controls(
    parent: Bundle, config: Config, decode: assembly.Decode, density: dict[str, np.ndarray], own: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    """The controls, those of these classes fitted to codes as new sounds draw them, and their names."""
    latent = config.cwae.latent
    fitted = {
        name: _padded(array, latent, array.ndim - 1) if name in ("centre", "basis", "dual") else array.copy()
        for name, array in parent.controls.items()
    }
    names: dict[str, list[str]] = {}
    rng, numbers = np.random.default_rng(0), Numbers(2, DRAWS)
    for label in bar(own.tolist(), "fitting controls", unit="class"):
        weights = np.where(density["labels"] == label, density["weights"], 0).astype(np.float64)
        codes = density["codes"][rng.choice(len(weights), KNOB_CODES, p=weights / weights.sum())]
        starts = np.stack([sampling.draw(density, label, numbers) for _ in range(KNOB_STARTS)])
        of_class, points, names[CLASSES[label]] = controls.fit_class(
            codes,
            functools.partial(decode, label=label),
            sampling.medoid(density, label),
            starts,
            config.audio,
            config.cwae.log_offset,
        )
        for name, array in {**of_class, "points": points}.items():
            if name in fitted:  # the first bundles have no points
                fitted[name][label] = array
    return fitted, names
