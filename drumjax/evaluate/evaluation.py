"""Evaluation of a model on held-out sounds: all measures in one table, and the paper's figures.

The model is used through the public interface of `Synth` only, so the evaluation measures what users play. The
yardsticks and the classifier are fitted on the training split of the same store, without augmentation.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from drumjax.data.store import Store
from drumjax.evaluate import knobs, latents, new_sounds, populations, reconstruction, yardsticks
from drumjax.evaluate.classifier import Classifier, descriptors
from drumjax.evaluate.measures import AUDIO
from drumjax.evaluate.model import Model
from drumjax.evaluate.sounds import Sounds, choose_sounds, training_indices


def evaluate(
    synth: Model,
    store: Store,
    split: str | None = None,
    samples: int = 100,
    limit: int | None = None,
    log: Callable[[str], None] = lambda text: None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Measures a model on one split.

    Args:
        synth: the model.
        store: the sounds; yardsticks and classifier are fitted on its training split.
        split: "test" or "validation"; by default test, or validation where test is empty.
        samples: new sounds of every class.
        limit: most held-out sounds of every class.
        log: receives a line at the start of each step.

    Returns:
        The table, plain data with NaN for missing values, and the material of the figures (see `draw_figures`).

    Raises:
        NothingToEvaluate: the split has no sounds, or the training split has fewer than two classes.
    """
    split, chosen = choose_sounds(store, split, limit)
    fitted_on = training_indices(store)
    log(f"{len(fitted_on)} training sounds, {len(chosen)} of {split}: mels, PCA, classifier")
    training, sounds = Sounds.from_store(store, fitted_on), Sounds.from_store(store, chosen)
    linear = yardsticks.LinearYardstick.fit(training.mels)
    classifier = Classifier.fit(descriptors(training.mels), training.labels, training.kits)
    table = {
        "split": split,
        "training_sounds": len(training.labels),
        "classes": populations.class_counts(sounds.labels, sounds.kits),
        "systems": {},
    }
    material = _pictured_sounds(sounds)
    for output in reconstruction.reconstructions(synth, sounds, linear):
        log(f"measuring: {output.system}")
        values = reconstruction.measure(sounds, output, linear, classifier)
        table["systems"][output.system] = reconstruction.summarise(values, sounds)
        material["mels"][output.system] = None if output.mels is None else output.mels[material["shown"]]
        material["waves"][output.system] = None if output.waves is None else output.waves[material["shown"]]
    log("latents and knobs")
    training_z = synth.encode(training.waves_for(synth), training.names)
    table["latents"] = latents.latent_statistics(synth, store, training, training_z)
    table["knobs"], material["latent_map"] = knobs.explained_variance(synth, training, training_z)
    table["turned"] = knobs.knob_effects(synth, np.unique(sounds.names).tolist())
    table["samples"], material["samples"] = new_sounds.measure_samples(
        synth, sounds, training, classifier, samples, log
    )
    return table, material


def _pictured_sounds(sounds: Sounds) -> dict[str, Any]:
    """The sound of median length of each class, for the figures."""
    shown = []
    for label in np.unique(sounds.labels):
        own = np.flatnonzero(sounds.labels == label)
        shown.append(own[np.argsort(sounds.lengths[own], kind="stable")[len(own) // 2]])
    return {"shown": np.array(shown), "titles": [sounds.names[i] for i in shown], "mels": {}, "waves": {}}


def draw_figures(synth: Model, material: dict[str, Any], out: Path) -> list[str]:
    """Writes the paper's figures as PNG files into the folder `out` and returns their names."""
    from drumjax.evaluate import figures
    from drumjax.sound import pictures

    titles, waves, mels = material["titles"], material["waves"], material["mels"]
    cwae = mels["CWAE"] if mels["CWAE"] is not None else np.zeros_like(mels["input"])
    kinds = ("input", "vocoder from true mels", "whole chain")
    drawn = {
        "reconstructions.png": figures.reconstructions(np.stack([mels["input"], cwae, mels["whole chain"]], 1), titles),
        "waveforms.png": figures.waveforms(np.stack([waves[k] for k in kinds], 1), titles, kinds, AUDIO.rate),
        "samples.png": figures.samples(material["samples"], titles),
        "latent_map.png": figures.latent_map(**material["latent_map"]),
        "knobs.png": figures.knobs(**knobs.knob_mels(synth)),
        "mixes.png": figures.mixes(**knobs.mix_mels(synth)),
    }
    for name, figure in drawn.items():
        pictures.save(figure, out / name)
    return list(drawn)
