"""Measures of reconstructions: a model, its parts and the yardsticks on the same held-out sounds.

A system maps input sounds to output sounds. `reconstructions` yields the output of every system, `measure` measures it,
and `summarise` averages the measures over classes.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES
from drumjax.evaluate import measures, populations, yardsticks
from drumjax.evaluate.classifier import Classifier, descriptors
from drumjax.evaluate.measures import AUDIO
from drumjax.evaluate.model import Model
from drumjax.evaluate.sounds import Sounds, measure_waves

MEDIANS = ("attack_change_ms",)
"""Measures whose value for a class is the median of its sounds, not the mean."""

CHUNK = 32
"""Sounds whose STFT magnitudes are in memory at once."""


class Output(NamedTuple):
    """The output of a system; None for parts that the system does not produce.

    Attributes:
        system: name of the system.
        mels: in the measures' settings.
        waves: at 22,050 Hz.
        mask: probability, at each sample of the model's rate, that the sound has not ended.
        mask_lengths: length of the input, in samples at the model's rate.
    """

    system: str
    mels: Float[np.ndarray, "sounds frames mels"] | None
    waves: Float[np.ndarray, "sounds samples"] | None = None
    mask: Float[np.ndarray, "sounds model_samples"] | None = None
    mask_lengths: Int[np.ndarray, " sounds"] | None = None


def reconstructions(synth: Model, sounds: Sounds, linear: yardsticks.LinearYardstick) -> Iterator[Output]:
    """Yields the input, then the output of every yardstick, of every part of the model and of the whole chain."""
    yield Output("input", sounds.mels, sounds.waves)

    def output(system, waves, **mask):
        return Output(system, yardsticks.mels_of(waves), waves, **mask)

    yield output("NNLS + Griffin-Lim", yardsticks.invert(sounds.mels))
    projected = linear.reconstruct(sounds.mels)
    yield Output(f"PCA-{len(linear.components)}", projected)
    yield output(f"PCA-{len(linear.components)} + NNLS/Griffin-Lim", yardsticks.invert(projected))

    waves = sounds.waves_for(synth)
    lengths = measures.sound_length(waves)
    true = synth.mel(waves)
    masks = {"mask": synth.mask(true), "mask_lengths": lengths} if synth.has_mask else {}
    yield output("vocoder from true mels", measure_waves(synth, synth.vocode(true)), **masks)
    z = synth.encode(waves, sounds.names)
    decoded = synth.decode(z, sounds.names)
    yield Output("CWAE", yardsticks.to_measure_mels(decoded, synth.config.audio))
    masks = {"mask": synth.mask(decoded), "mask_lengths": lengths} if synth.has_mask else {}
    # Without texture, because its noise differs from the input's and would add to every point-wise error.
    # `vocode`, not `render`: the latter lowers the level of waves that clip.
    yield output("whole chain", measure_waves(synth, synth.vocode(decoded)), **masks)
    if synth.has_texture:
        textured = synth.decode(z, sounds.names, texture=0)
        yield output("whole chain, texture", measure_waves(synth, synth.vocode(textured)))


def measure(
    sounds: Sounds, output: Output, linear: yardsticks.LinearYardstick, classifier: Classifier
) -> dict[str, Float[np.ndarray, " sounds"]]:
    """All measures of one system: {measure: a value for each sound, NaN where it does not apply}."""
    values = {}
    if output.mels is not None:
        active = measures.active_frames(sounds.lengths)
        values["sc"] = measures.spectral_convergence(sounds.mels, output.mels)
        values["sc_best_gain"] = measures.best_gain_spectral_convergence(sounds.mels, output.mels)
        values["log_mel_db"] = measures.log_mel_error_db(sounds.mels, output.mels, active)
        values["standardised_mse"] = measures.standardised_mse(sounds.mels, output.mels, linear.std)
        values["envelope_db"] = measures.envelope_error_db(sounds.mels, output.mels, active)
        values["recognised"] = (classifier.predict(descriptors(output.mels)) == sounds.labels).astype(float)
    if output.waves is not None:
        values |= _measure_waves(sounds, output.waves)
    if output.mask is not None:
        values["mask_error"] = measures.mask_error(output.mask, output.mask_lengths)
    return values


def _measure_waves(
    sounds: Sounds, waves: Float[np.ndarray, "sounds samples"]
) -> dict[str, Float[np.ndarray, " sounds"]]:
    long = sounds.lengths >= measures.COMB_SECONDS * AUDIO.rate
    comb = np.where(long, measures.comb_db(waves), np.nan)
    attack = measures.attack_ms(waves)
    tonal = np.isin(sounds.labels, [CLASSES.index(name) for name in measures.TONAL])
    harmonic = np.full(len(waves), np.nan)
    for at in range(0, len(waves), CHUNK):  # the magnitudes of all sounds need too much memory
        part = np.flatnonzero(tonal[at : at + CHUNK]) + at
        if len(part):
            harmonic[part] = measures.harmonic_to_noise_db(yardsticks.magnitudes_of(waves[part]))
    return {
        "comb_db": comb,
        "comb_change_db": comb - measures.comb_db(sounds.waves),
        "attack_ms": attack,
        "attack_change_ms": attack - measures.attack_ms(sounds.waves),
        "pre_echo_db": measures.pre_echo_db(waves, measures.onset(sounds.waves)),
        "harmonic_db": harmonic,
    }


def summarise(values: Mapping[str, Float[np.ndarray, " sounds"]], sounds: Sounds) -> dict[str, Any]:
    """Class means and macro mean of every measure, with an interval over kits for "recognised"."""
    table = {
        name: populations.class_means(of_sounds, sounds.labels, median=name in MEDIANS).to_dict()
        for name, of_sounds in values.items()
    }
    if "recognised" in values:
        interval = populations.bootstrap_interval(values["recognised"], sounds.labels, sounds.kits)
        table["recognised"]["interval"] = interval
    return table
