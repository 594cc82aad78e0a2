"""Statistics of encoded sounds: how near their distribution is to the prior N(0, I)."""

from typing import Any

import numpy as np
from jaxtyping import Float

from drumjax.config import CLASSES, CWAE
from drumjax.data.store import Store
from drumjax.evaluate import populations, yardsticks
from drumjax.evaluate.model import Model
from drumjax.evaluate.sounds import Sounds, heard_kits
from drumjax.models import losses

MMD_DRAWS = 20  # draws of the prior that each class's MMD is averaged over

STATISTICS = (
    "mmd",
    "mmd_normal",
    "abs_mean",
    "abs_mean_normal",
    "abs_mean_ratio",
    "abs_mean_ratio_training",
    "std",
)


def latent_statistics(
    synth: Model, store: Store, training: Sounds, training_z: Float[np.ndarray, "sounds latent"]
) -> dict[str, Any]:
    """MMD and moments of the held-out latents of every class, and of as many draws of N(0, I).

    Args:
        synth: the model, which encodes the validation and test sounds of kits that it was not trained on.
        store: the sounds.
        training: training sounds.
        training_z: their latents; "abs_mean_ratio_training" is of as many of their kits as are held out.

    Returns:
        {"classes": counts, statistic: {"macro", "classes", "without_few"}}.
    """
    chosen = np.concatenate([store.indices("validation"), store.indices("test")])
    chosen = chosen[~heard_kits(synth, store)[store.kits[chosen]]]
    stored = np.asarray(store.wave(chosen), np.float32)
    waves = yardsticks.resample(stored, store.audio.rate, synth.rate, synth.samples)
    labels = store.labels[chosen]
    z = synth.encode(waves, [CLASSES[label] for label in labels])
    rng = np.random.default_rng(0)
    counts = populations.class_counts(labels, store.kits[chosen])
    table = {name: {} for name in STATISTICS}
    for label in np.unique(labels):
        own, name = z[labels == label], CLASSES[label]
        if len(own) < 2:
            continue
        statistics = _class_statistics(own, rng)
        of_class = training.labels == label
        if of_class.any():
            statistics["abs_mean_ratio_training"] = populations.kit_abs_mean_ratio(
                training_z[of_class], training.kits[of_class], counts[name]["kits"]
            )
        for statistic in STATISTICS:
            table[statistic][name] = statistics.get(statistic, np.nan)
    return {
        "classes": counts,
        **{
            statistic: populations.ClassMeans.of(values).to_dict()
            | {"without_few": populations.macro_without_few(values, counts)}
            for statistic, values in table.items()
        },
    }


def _class_statistics(
    z: Float[np.ndarray, "sounds latent"], rng: np.random.Generator
) -> dict[str, float | np.floating]:
    """The STATISTICS of one class, except the ratio of training kits."""
    scales = CWAE().scales
    draws = rng.standard_normal((MMD_DRAWS, 2, *z.shape)).astype(np.float32)
    statistics: dict[str, Any] = populations.latent_moments(z)
    statistics["mmd"] = np.mean([losses.mmd(z, normal, scales) for normal, _ in draws])
    statistics["mmd_normal"] = np.mean([losses.mmd(first, second, scales) for first, second in draws])
    statistics["abs_mean_ratio"] = statistics["abs_mean"] / statistics["abs_mean_normal"]
    return statistics
