"""Measures what `drumjax train --stage adapt` gains on kits that a bundle has never heard, and what it loses.

    drumjax evaluate --store DIR --bundle DIR --adapt KITS [--adapt KITS ...] [--out DIR]

KITS are the sounds of one user: kits or splits of the store with commas between them, each as a whole or with a colon
and a class (`tr808:conga`, `tr808,tr909`, `test`).
"""

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Int

from drumjax.checkpoint import Bundle
from drumjax.data.labels import class_index
from drumjax.data.store import SPLITS, Store
from drumjax.evaluate import populations
from drumjax.evaluate.ears import EARS, Ears
from drumjax.evaluate.sounds import HeardKits
from drumjax.synth import Synth
from drumjax.train import adapt, widening

OTHERS = 4
"""Real sounds of each other class that are encoded and decoded before and after, at most."""


def sounds_of(store: Store, names: str) -> Int[np.ndarray, " sounds"]:
    """Indices of the sounds of kits or splits, `name` or `name:class`, with commas between them.

    Raises:
        ValueError: the store has no such kit or split, or the class does not exist.
    """
    chosen = np.zeros(len(store), bool)
    for part in names.split(","):
        name, _, drum_class = part.strip().partition(":")
        if name in SPLITS:
            own = store.splits == SPLITS.index(name)
        elif name in store.kit_names:
            own = store.kits == store.kit_names.index(name)
        else:
            raise ValueError(f"the store has no kit and no split {name!r}; its kits are {', '.join(store.kit_names)}")
        chosen |= own & (store.labels == class_index(drum_class) if drum_class else True)
    return np.flatnonzero(chosen)


def subset(store: Store, chosen: Int[np.ndarray, " sounds"]) -> Store:
    """The store of these sounds alone."""
    arrays = {name: getattr(store, name)[chosen] for name in ("waves", "lengths", "labels", "kits", "splits")}
    lists = {name: [getattr(store, name)[i] for i in chosen] for name in ("paths", "extras")}
    return dataclasses.replace(store, **arrays, **lists)


def measure(
    parent: Bundle, store: Store, users: Sequence[str], log: Callable[[str], None] = lambda text: None
) -> list[dict[str, Any]]:
    """Adapts a bundle to each user's sounds: a row of figures for each.

    Args:
        parent: trained on none of the sounds.
        store: holds the sounds; the ears are fitted on its training split.
        users: `sounds_of` each.
        log: receives a line at the start of each step.

    Raises:
        ValueError: a user has too few sounds, or names what the store does not have.
        HeardKits: the bundle was trained on kits of a user.
    """
    chosen = [sounds_of(store, names) for names in users]
    for one in chosen:
        heard = {store.kit_names[kit] for kit in np.unique(store.kits[one])} & set(parent.metadata["heard_kits"])
        if heard:
            raise HeardKits(f"this bundle was trained on {', '.join(sorted(heard))}: choose kits that are new to it")
        adapt.check_sounds(subset(store, one))
    ears, synth = Ears.fit(store, limit=1, log=log), Synth(parent)
    rows = []
    for names, one in zip(users, chosen, strict=True):
        log(f"adapting to {names}: {len(one)} sounds")
        rows.append({"user": names, **_measure(parent, synth, ears, store, one)})
        log(markdown(rows[-1:]))
    return rows


def _measure(
    parent: Bundle, synth: Synth, ears: Ears, store: Store, chosen: Int[np.ndarray, " sounds"]
) -> dict[str, Any]:
    user = subset(store, chosen)
    began = time.monotonic(), time.process_time()
    bundle, outcome, trial = adapt.adapt(parent, user)
    seconds, cpu_seconds = time.monotonic() - began[0], time.process_time() - began[1]
    held = trial.held
    waves = {"real": user.wave(held), "before": synth.vocode(trial.before), "after": synth.vocode(trial.after)}
    labels, kits = user.labels[held], user.kits[held]
    recognised = {}
    for name, played in waves.items():
        heard = ears.hear(played, synth.rate).probabilities
        correct = {ear: (heard[ear].argmax(axis=1) == labels).astype(float) for ear in EARS}
        recognised[name] = {ear: populations.recognition(correct[ear], labels, kits)["macro"] for ear in EARS}
    others = _others(store, user)
    both = [
        adapt.errors(parent.config, store, others, widening.reconstructed(b, store, others)) for b in (parent, bundle)
    ]
    return {
        "sounds": len(user),
        "kits": len(np.unique(user.kits)),
        "classes": len(np.unique(user.labels)),
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        **outcome.record(),
        "recognised": recognised,
        "real_sounds_of_others": {"sounds": len(others), "before": both[0]._asdict(), "after": both[1]._asdict()},
    }


def _others(store: Store, user: Store) -> Int[np.ndarray, " sounds"]:
    """Sounds of unheard kits that are not the user's, of classes that the user lacks; where there are none, of all."""
    unheard = (store.splits > 0) & ~np.isin(store.kits, user.kits)
    lacking = unheard & ~np.isin(store.labels, user.labels)
    found = np.flatnonzero(lacking if lacking.any() else unheard)
    return found[populations.within_limit(store.labels[found], OTHERS)]


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as a table."""
    heading = (
        "| user | sounds, kits, classes | s (CPU s) | error dB | envelope dB | recognised by ear 1, 2, 3 | real | "
        "other classes dB | their real sounds dB |\n|---|---|---:|---|---|---|---|---:|---|\n"
    )
    lines = []
    for row in rows:
        before, after, others = row["before"], row["after"], row["real_sounds_of_others"]
        heard = {name: ", ".join(f"{of[ear]:.2f}" for ear in EARS) for name, of in row["recognised"].items()}
        cells = (
            row["user"],
            f"{row['sounds']}, {row['kits']}, {row['classes']}",
            f"{row['seconds']:.0f} ({row['cpu_seconds']:.0f})",
            _change(before["fine"], after["fine"]),
            _change(before["envelope"], after["envelope"]),
            f"{heard['before']} -> {heard['after']}",
            heard["real"],
            f"{row['others']:.3f}",
            f"{others['before']['fine']:.2f} -> {others['after']['fine']:.2f}",
        )
        lines.append(f"| {' | '.join(cells)} |\n")
    return heading + "".join(lines)


def _change(before: float, after: float) -> str:
    return f"{before:.2f} -> {after:.2f} ({after / before - 1:+.0%})"
