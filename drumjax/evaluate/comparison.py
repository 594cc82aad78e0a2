"""Reconstructions side by side: a model, its parts and the yardsticks on the same held-out sounds.

A system is a way from the input to an output; what `reconstructions` yields is measured by `measured`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from drumjax.config import CLASSES
from drumjax.data.store import Store
from drumjax.evaluate import measures, populations, yardsticks
from drumjax.evaluate.measures import AUDIO
from drumjax.evaluate.recognition import Ear, features

MEDIANS = ("attack_change_ms",)
"""Measures whose class figure is a median."""

CHUNK = 32
"""Sounds whose STFT magnitudes are held at once."""


@dataclass(frozen=True)
class Sounds:
    """Real sounds as the measures want them, and as the store has them.

    Attributes:
        waves: (sounds, 22015) at 22,050 Hz.
        mels: (sounds, 86, 512), linear magnitude.
        lengths: samples to each sound's own end.
        labels, kits: indices.
        stored: (sounds, samples) at the store's rate.
        rate: the store's, Hz.
    """

    waves: Float[np.ndarray, "sounds samples"]
    mels: Float[np.ndarray, "sounds frames mels"]
    lengths: Int[np.ndarray, " sounds"]
    labels: Int[np.ndarray, " sounds"]
    kits: Int[np.ndarray, " sounds"]
    stored: Float[np.ndarray, "sounds stored"]
    rate: int

    @classmethod
    def of(cls, store: Store, chosen: Int[np.ndarray, " sounds"]) -> "Sounds":
        """The chosen sounds of a store."""
        stored = np.asarray(store.wave(chosen), np.float32)
        waves = yardsticks.at_rate(stored, store.audio.rate, AUDIO.rate, AUDIO.samples)
        lengths = measures.sound_length(waves)
        mels, labels, kits = yardsticks.mels_of(waves), store.labels[chosen], store.kits[chosen]
        return cls(waves, mels, lengths, labels, kits, stored, store.audio.rate)

    @property
    def names(self) -> list[str]:
        return [CLASSES[label] for label in self.labels]

    def for_model(self, synth: Any) -> Float[np.ndarray, "sounds samples"]:
        """The waves at the rate and length of a model."""
        return yardsticks.at_rate(self.stored, self.rate, synth.rate, synth.samples)


class Output(NamedTuple):
    """What a system made of the input sounds; a part that it does not make is None."""

    system: str
    mels: np.ndarray | None
    waves: np.ndarray | None = None
    mask: np.ndarray | None = None  # probabilities, at the model's rate
    mask_lengths: np.ndarray | None = None  # the input's, in samples at that rate


def from_model(synth: Any, waves: Float[np.ndarray, "sounds samples"]) -> Float[np.ndarray, "sounds 22015"]:
    """A model's waves at 22,050 Hz."""
    return yardsticks.at_rate(waves, synth.rate, AUDIO.rate, AUDIO.samples)


def reconstructions(synth: Any, sounds: Sounds, linear: yardsticks.LinearYardstick) -> Iterator[Output]:
    """The input itself, the yardsticks, the model's parts and the whole chain, one after the other."""
    yield Output("input", sounds.mels, sounds.waves)

    def heard(system, waves, **mask):
        return Output(system, yardsticks.mels_of(waves), waves, **mask)

    yield heard("NNLS + Griffin-Lim", yardsticks.inverted(sounds.mels))
    projected = linear.reconstruct(sounds.mels)
    yield Output(f"PCA-{len(linear.components)}", projected)
    yield heard(f"PCA-{len(linear.components)} + NNLS/Griffin-Lim", yardsticks.inverted(projected))

    given = sounds.for_model(synth)
    ends = measures.sound_length(given)
    true = synth.mel(given)
    masks = {"mask": synth.mask(true), "mask_lengths": ends}
    yield heard("vocoder from true mels", from_model(synth, synth.vocode(true)), **masks)
    z = synth.encode(given, sounds.names)
    decoded = synth.decode(z, sounds.names)
    yield Output("CWAE", yardsticks.as_measured(decoded, synth.config.audio))
    masks = {"mask": synth.mask(decoded), "mask_lengths": ends}
    # Point-wise errors are told without texture, which no input's own noise agrees with.
    # And at the level of the mels: `render` turns down what would clip, which is the listener's business.
    yield heard("whole chain", from_model(synth, synth.vocode(decoded)), **masks)
    if synth.has_texture:
        yield heard("whole chain, texture", from_model(synth, synth.vocode(synth.decode(z, sounds.names, texture=0))))


def measured(
    sounds: Sounds, output: Output, linear: yardsticks.LinearYardstick, ear: Ear
) -> dict[str, Float[np.ndarray, " sounds"]]:
    """Every measure of one system, a value a sound; NaN where a measure does not apply to a sound."""
    rows = {}
    if output.mels is not None:
        active = measures.active_frames(sounds.lengths)
        rows["sc"] = measures.spectral_convergence(sounds.mels, output.mels)
        rows["sc_best_gain"] = measures.best_gain_spectral_convergence(sounds.mels, output.mels)
        rows["log_mel_db"] = measures.log_mel_error_db(sounds.mels, output.mels, active)
        rows["standardised_mse"] = measures.standardised_mse(sounds.mels, output.mels, linear.std)
        rows["envelope_db"] = measures.envelope_error_db(sounds.mels, output.mels, active)
        rows["recognised"] = populations.hits(ear.predict(features(output.mels)), sounds.labels).astype(float)
    if output.waves is not None:
        rows |= _of_waves(sounds, output.waves)
    if output.mask is not None:
        rows["mask_error"] = measures.mask_error(output.mask, output.mask_lengths)
    return rows


def _of_waves(sounds: Sounds, waves: np.ndarray) -> dict[str, np.ndarray]:
    long = sounds.lengths >= measures.COMB_SECONDS * AUDIO.rate
    comb = np.where(long, measures.comb_db(waves), np.nan)
    attack = measures.attack_ms(waves)
    tonal = np.isin(sounds.labels, [CLASSES.index(name) for name in measures.TONAL])
    harmonic = np.full(len(waves), np.nan)
    for at in range(0, len(waves), CHUNK):  # magnitudes of all sounds at once would fill the memory
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


def summary(rows: dict[str, np.ndarray], sounds: Sounds) -> dict[str, Any]:
    """Class means and macro of every measure, and the interval of the recognition over kits."""
    table = {
        name: populations.class_means(values, sounds.labels, median=name in MEDIANS).to_dict()
        for name, values in rows.items()
    }
    if "recognised" in rows:
        table["recognised"]["interval"] = populations.bootstrap_interval(rows["recognised"], sounds.labels, sounds.kits)
    return table


def limited(labels: Int[np.ndarray, " sounds"], limit: int | None) -> Bool[np.ndarray, " sounds"]:
    """True for at most `limit` sounds of every class, always the same ones."""
    keep = np.ones(len(labels), bool)
    if limit is not None:
        keep[:] = False
        keep[populations.equal_numbers(labels, {label: limit for label in np.unique(labels)})] = True
    return keep
