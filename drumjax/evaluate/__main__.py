"""Every figure of a trained bundle, and what it must be held against, in one run and one table.

    python -m drumjax.evaluate --bundle DIR --store DIR [--split test|validation] [--out DIR] [--samples 100]

Writes `evaluation.json`, `evaluation.md` and the paper's figures as PNG. Measures as `drumjax.evaluate.measures` and
`drumjax.evaluate.populations` define them; the model is asked through the public `Synth` alone, so what is measured is
what is played. Yardsticks and the classifier are fitted on the training split of the same store, not augmented.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from drumjax import checkpoint, files
from drumjax.commands import Parser, command
from drumjax.config import CLASSES
from drumjax.data.store import Store
from drumjax.evaluate import comparison, generation, populations, tables, yardsticks
from drumjax.evaluate.comparison import Sounds
from drumjax.evaluate.recognition import Ear, features

TRAINING_LIMIT = 6000
"""Training sounds the yardsticks are fitted on, at most: 1 GB of log-mels. The table says how many were used."""


class NothingToEvaluate(ValueError):
    """The store has no sounds where they are needed."""


def evaluate(
    synth: Any,
    store: Store,
    split: str | None = None,
    samples: int = 100,
    limit: int | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """All measures of one model on one split.

    Args:
        synth: the model, a `Synth`.
        store: the sounds; its training split fits the yardsticks.
        split: "test" or "validation"; None is test where it has sounds, else validation.
        samples: drawn of every class.
        limit: at most so many sounds of every class of the split, for a quick look.
        say: is told what begins.

    Returns:
        The table, plain data with NaN for what cannot be told, and the material of the figures.

    Raises:
        NothingToEvaluate: the split, or the training split, holds no sounds.
    """
    split, chosen = _chosen(store, split, limit)
    training_indices = store.indices("train")
    if len(np.unique(store.labels[training_indices])) < 2:
        raise NothingToEvaluate("the store's training split holds too few classes to fit the yardsticks on")
    keep = comparison.limited(store.labels[training_indices], -(-TRAINING_LIMIT // len(CLASSES)))
    if len(training_indices) > TRAINING_LIMIT:
        training_indices = training_indices[keep]
    say(f"{len(training_indices)} training sounds, {len(chosen)} of {split}: features, PCA, classifier")
    training, sounds = Sounds.of(store, training_indices), Sounds.of(store, chosen)
    linear = yardsticks.LinearYardstick.fit(training.mels)
    ear = Ear.fit(features(training.mels), training.labels, training.kits)
    table = {
        "split": split,
        "training_sounds": len(training.labels),
        "classes": populations.counts(sounds.labels, sounds.kits),
        "systems": {},
    }
    material = _shown(sounds)
    for output in comparison.reconstructions(synth, sounds, linear):
        say(f"measuring: {output.system}")
        rows = comparison.measured(sounds, output, linear, ear)
        table["systems"][output.system] = comparison.summary(rows, sounds)
        material["mels"][output.system] = None if output.mels is None else output.mels[material["shown"]]
        material["waves"][output.system] = None if output.waves is None else output.waves[material["shown"]]
    say("latents and knobs")
    trained = synth.encode(training.for_model(synth), training.names)
    table["latents"] = generation.latents(synth, store, training, trained)
    table["knobs"], material["latent_map"] = generation.knobs(synth, training, trained)
    table["turned"] = generation.turned(synth, np.unique(sounds.names))
    table["samples"], material["samples"] = generation.new_sounds(synth, sounds, training, ear, samples, say)
    return table, material


def _chosen(store: Store, split: str | None, limit: int | None) -> tuple[str, Int[np.ndarray, " sounds"]]:
    if split is None:
        split = "test" if len(store.indices("test")) else "validation"
    chosen = store.indices(split)
    if len(chosen) == 0:
        raise NothingToEvaluate(f"the store's {split} split holds no sounds: choose another with --split")
    return split, chosen[comparison.limited(store.labels[chosen], limit)]


def _shown(sounds: Sounds) -> dict[str, Any]:
    """One sound a class for the figures: the one of median length, neither a tick nor cut off."""
    shown = []
    for label in np.unique(sounds.labels):
        own = np.flatnonzero(sounds.labels == label)
        shown.append(own[np.argsort(sounds.lengths[own], kind="stable")[len(own) // 2]])
    return {"shown": np.array(shown), "titles": [sounds.names[i] for i in shown], "mels": {}, "waves": {}}


def draw_figures(synth: Any, material: dict[str, Any], out: Path) -> list[str]:
    """Writes the paper's figures and returns their names."""
    from drumjax.evaluate import figures
    from drumjax.sound import pictures

    titles, waves, mels = material["titles"], material["waves"], material["mels"]
    cwae = mels["CWAE"] if mels["CWAE"] is not None else np.zeros_like(mels["input"])
    kinds = ("input", "vocoder from true mels", "whole chain")
    drawn = {
        "reconstructions.png": figures.reconstructions(np.stack([mels["input"], cwae, mels["whole chain"]], 1), titles),
        "waveforms.png": figures.waveforms(np.stack([waves[k] for k in kinds], 1), titles, kinds, 22050),
        "samples.png": figures.samples(material["samples"], titles),
        "latent_map.png": figures.latent_map(**material["latent_map"]),
        "knobs.png": figures.knobs(**generation.knob_pictures(synth)),
        "mixes.png": figures.mixes(**generation.mix_pictures(synth)),
    }
    for name, figure in drawn.items():
        pictures.save(figure, out / name)
    return list(drawn)


@command("evaluate")
def main(arguments: list[str]) -> None:
    """The command."""
    parser = Parser(prog="python -m drumjax.evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, help="folder of the trained bundle (default: the shipped one)")
    parser.add_argument("--store", type=Path, required=True, help="folder of the store (train.py --stage data)")
    parser.add_argument("--split", choices=("test", "validation"), help="default: test, or validation without it")
    parser.add_argument("--out", type=Path, default=Path("runs/evaluation"), help="where the table and figures go")
    parser.add_argument("--samples", type=int, default=100, help="new sounds of every class")
    parser.add_argument("--limit", type=int, help="at most so many held-out sounds of every class")
    options = parser.parse_args(arguments)
    if options.samples < 2 or (options.limit is not None and options.limit < 1):
        parser.error("--samples must be 2 or more and --limit 1 or more")
    start = time.monotonic()
    store = Store.open(options.store)
    _chosen(store, options.split, options.limit)  # before the model loads: a slip is told at once
    from drumjax.synth import Synth

    synth = Synth.load(options.bundle)
    table, material = evaluate(
        synth, store, options.split, options.samples, options.limit, lambda text: print(text, file=sys.stderr)
    )
    options.out.mkdir(parents=True, exist_ok=True)
    table = {"bundle": (options.bundle or checkpoint.shipped()).name, **table}
    table["figures"] = draw_figures(synth, material, options.out)
    table["seconds"] = round(time.monotonic() - start)
    files.write(options.out / "evaluation.json", json.dumps(tables.plain(table), indent=1).encode() + b"\n")
    files.write(options.out / "evaluation.md", tables.markdown(table).encode())
    print(tables.overview(table))
    print(f"wrote {options.out / 'evaluation.md'}, evaluation.json and {len(table['figures'])} figures")


if __name__ == "__main__":
    sys.exit(main())
