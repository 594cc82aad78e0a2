"""Editing of a user's own sounds: held-out files, turned, varied, taken again, softened and morphed.

The files are as a producer has them (`drumjax.evaluate.own_files`), and are read as a user's are. Every edit is judged
by the ears beside the input and beside what the model renders at the same latents.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES
from drumjax.data.store import Store
from drumjax.evaluate import dynamics, layers, measures, own_files, populations, round_robins, tells, yardsticks
from drumjax.evaluate.ears import EARS, Ears
from drumjax.evaluate.own_files import File
from drumjax.evaluate.sounds import check_unheard, choose_sounds
from drumjax.play import controls
from drumjax.play.own import Sound
from drumjax.sound import audio
from drumjax.synth import Synth

VARIATION = 0.15
STEPS = (0.5, 1.0)
PRE_ECHO_DB = -50.0
ATTACK_MS = 1.0
BETWEEN = (0.25, 0.5, 0.75)
PAIRS = 100
"""Morphs, between neighbouring files of a random order."""
INPUT = "input"


def measure(
    synth: Synth,
    store: Store,
    folder: Path,
    split: str | None = None,
    limit: int | None = None,
    log: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """The figures of edits, takes and morphs of the files of a split, and of layers of all kits.

    Args:
        synth: the model, trained without the kits of the split.
        store: of the sounds; the ears are fitted on its training split.
        folder: of the files, as the store names them.
        split: by default test, or validation where test is empty.
        limit: most files, and most pairs of takes, of every class.
        log: receives a line at the start of each step.

    Raises:
        ValueError: the folder has none of the files, or the model was trained on kits of the split.
    """
    split, chosen = choose_sounds(store, split, limit)
    check_unheard(synth, store, split)
    found = np.array([i for i in chosen if (folder / store.paths[i]).is_file()], int)
    if not len(found):
        raise ValueError(f"{folder} has none of the store's {split} files, such as {store.paths[chosen[0]]}")
    ears = Ears.fit(store, split, log=log)
    log(f"own sounds: {len(found)} files")
    files = own_files.files_of(store, folder, found)
    sounds = [synth.listen(file.wave, file.rate, CLASSES[store.labels[file.number]]) for file in files]
    labels, kits = store.labels[found], store.kits[found]
    table: dict[str, Any] = {
        "split": split,
        "sounds": len(sounds),
        "rates": {str(rate): sum(file.rate == rate for file in files) for rate in sorted({f.rate for f in files})},
        "seconds": [float(f([len(file.wave) / file.rate for file in files])) for f in (np.min, np.max)],
        "stereo": sum(file.wave.ndim == 2 for file in files),
        "error_db": float(np.mean([sound.error_db for sound in sounds])),
        "exact": float(np.mean([_exact(synth, *pair) for pair in zip(files, sounds, strict=True)])),
        "exact_forms": _exact_forms(synth, sounds[0]),
        "attack_of_known_changes": _known_changes(sounds),
    }
    table["edits"] = _edits(synth, ears, sounds, labels, kits, log)
    log("own sounds: morphs")
    table["morphs"] = _morphs(synth, sounds)
    log("own sounds: takes")
    table["takes"] = _takes(synth, store, folder, limit)
    log("own sounds: layers")
    table["layers"] = layers.measure(store)
    return table


def _exact(synth: Synth, file: File, sound: Sound) -> bool:
    made = synth.generate(np.zeros(controls.COUNT), sound.drum_class, sound)
    return made.shape == file.wave.shape and np.array_equal(made, file.wave)


def _exact_forms(synth: Synth, sound: Sound) -> float:
    """Share of the rates, channels and lengths of `own_files.every_form` at which a sound comes back unchanged."""
    mono = audio.mono(sound.wave)[sound.start :]
    files = [File(wave, rate, 0) for wave, rate in own_files.every_form(mono, sound.rate)]
    heard = (synth.listen(file.wave, file.rate, sound.drum_class) for file in files)
    return float(np.mean([_exact(synth, file, of) for file, of in zip(files, heard, strict=True)]))


def _known_changes(sounds: Sequence[Sound]) -> dict[str, dict[str, float]]:
    """What two measures of the attack say of changes that move none, and of changes that spoil one.

    Returns:
        {change: shares of the sounds that keep their attack within `ATTACK_MS`, by the time from 10 to 90 % of the peak
        and by `dynamics.attack_shift_ms`}. Brighter: the highs raised by 9.5 dB against the lows. Decays: by another
        8.7 dB within 0.3 s. Faded in, delayed: by 5 and by 2 ms.
    """
    changes = {
        "brighter": lambda x, rate: x - 0.5 * np.pad(x, (1, 0))[:-1],
        "decays": lambda x, rate: x * np.exp(-np.arange(len(x)) / (0.3 * rate)),
        "faded in": lambda x, rate: x * np.clip(np.arange(len(x)) / (0.005 * rate), 0, 1),
        "delayed": lambda x, rate: np.pad(x, (round(0.002 * rate), 0)),
    }
    table = {}
    for name, change in changes.items():
        kept = []
        for sound in sounds:
            x = audio.mono(sound.wave)[sound.start :]
            y = change(x, sound.rate)
            rise = measures.attack_ms(y, sound.rate) - measures.attack_ms(x, sound.rate)
            kept.append([abs(rise) <= ATTACK_MS, dynamics.attack_shift_ms(x, y, sound.rate) <= ATTACK_MS])
        table[name] = dict(zip(("10_to_90_percent", "attack_shift"), np.mean(kept, axis=0).tolist(), strict=True))
    return table


def _moved(synth: Synth, sound: Sound, number: int, step: float) -> tuple[Float[np.ndarray, " latent"], str | None]:
    """The latents of a step, and the property of the turned knob: each sound has its own knob and direction.

    A step of 0 is a variation.
    """
    if not step:
        return synth.variation(sound.z, sound.drum_class, VARIATION, number), None
    knob, sign = number % controls.COUNT, 1 if number // controls.COUNT % 2 else -1
    z = synth.place(sign * step * np.eye(controls.COUNT)[knob], sound.drum_class, sound.z)
    return z, synth.knob_names[sound.drum_class][knob]


def _edits(
    synth: Synth, ears: Ears, sounds: list[Sound], labels: Int[np.ndarray, " sounds"], kits: Int[np.ndarray, " sounds"],
    log: Callable[[str], None],
) -> dict[str, Any]:  # fmt: skip
    """Recognition of inputs, edits and renderings; the moved properties; attack and pre-echo of the edits."""
    rate, samples = ears.held_out.rate, ears.held_out.stored.shape[1]
    inputs = np.stack([_fitted(sound, sound.wave, rate, samples) for sound in sounds])
    rows = {INPUT: ears.judge(inputs, rate, labels, kits)}
    properties, shifts, echoes = defaultdict(list), [], []
    before = controls.properties(synth.mel(_at(inputs, rate, synth)), synth.config.audio)
    classes = [sound.drum_class for sound in sounds]
    steps = {f"variation {VARIATION}": 0.0} | {f"knob by {step:g}": step for step in STEPS}
    for name, step in steps.items():
        log(f"own sounds: {name}")
        z, knobs = zip(*(_moved(synth, sound, i, step) for i, sound in enumerate(sounds)), strict=True)
        edited = [synth.edit(sound, one) for sound, one in zip(sounds, z, strict=True)]
        heard = np.stack([_fitted(s, wave, rate, samples) for s, wave in zip(sounds, edited, strict=True)])
        rows[name] = ears.judge(heard, rate, labels, kits)
        rows[f"{name}, the model's own"] = ears.judge(synth.render(np.stack(z), classes), synth.rate, labels, kits)
        shifts += [_attack_shift(s, wave) for s, wave in zip(sounds, edited, strict=True)]
        echoes += [_has_pre_echo(s, wave) for s, wave in zip(sounds, edited, strict=True)]
        if step:
            after = controls.properties(synth.mel(_at(heard, rate, synth)), synth.config.audio)
            decoded = [
                controls.properties(synth.decode(of, classes), synth.config.audio)
                for of in (np.stack([s.z for s in sounds]), np.stack(z))
            ]
            for i, knob in enumerate(knobs):
                properties[knob].append((decoded[1][knob][i] - decoded[0][knob][i], after[knob][i] - before[knob][i]))
    return {
        "recognised": {
            name: {ear: row[ear]["recognised"]["macro"] for ear in EARS} for name, row in rows.items()
        },
        "follows": {knob: float(np.corrcoef(np.array(pairs).T)[0, 1]) for knob, pairs in properties.items()},
        "attack_shift_ms": {"median": float(np.median(shifts))},
        "attack_within_1_ms": float(np.mean(np.array(shifts) <= ATTACK_MS)),
        "pre_echo": float(np.mean(echoes)),
    }  # fmt: skip


def _fitted(sound: Sound, wave: Float[np.ndarray, "written ..."], rate: int, samples: int) -> np.ndarray:
    """Mono from the sound's start on, at a rate, cut or padded."""
    mono = audio.resample(audio.mono(wave)[sound.start :], sound.rate, rate)[:samples]
    return np.pad(mono, (0, samples - len(mono)))


def _at(waves: Float[np.ndarray, "sounds samples"], rate: int, synth: Synth) -> np.ndarray:
    """Waves at the rate and length of the model, with peaks at 1."""
    moved = audio.resample(waves.T, rate, synth.rate).T[:, : synth.samples]
    moved = np.pad(moved, ((0, 0), (0, synth.samples - moved.shape[1])))
    return moved / np.maximum(np.abs(moved).max(axis=1, keepdims=True), 1e-9)


def _attack_shift(sound: Sound, wave: Float[np.ndarray, "samples ..."]) -> float:
    before, after = (audio.mono(x)[sound.start :] for x in (sound.wave, wave))
    return float(dynamics.attack_shift_ms(before, after, sound.rate))


def _has_pre_echo(sound: Sound, wave: Float[np.ndarray, "samples ..."]) -> bool:
    """Whether an edit adds more before the input's onset than `PRE_ECHO_DB`, of its whole energy, and than is there.

    What a gain makes of the sound's own slow start is less than what is there, up to a gain of 6 dB.
    """
    before, after = audio.mono(sound.wave).astype(np.float64), audio.mono(wave).astype(np.float64)
    onset = int(measures.onset(before, sound.rate))
    added = np.sum((after[:onset] - before[:onset]) ** 2)
    return bool(added > 10 ** (PRE_ECHO_DB / 10) * np.sum(after**2) and added > np.sum(before[:onset] ** 2))


def _morphs(synth: Synth, sounds: list[Sound]) -> dict[str, Any]:
    """Whether the ends are exact, the level between them, and the peaks."""
    order = np.random.default_rng(0).permutation(len(sounds))[: PAIRS + 1]
    exact, levels, peaks = [], [], []
    for a, b in zip(order[:-1], order[1:], strict=True):
        first, second = sounds[a], sounds[b]
        end = audio.resample(second.wave, second.rate, first.rate)
        exact.append(
            np.array_equal(synth.morph(first, second, 0.0), first.wave)
            and np.array_equal(synth.morph(first, second, 1.0), end)
        )
        quieter = min(_energy(first.wave), _energy(end))
        between = [synth.morph(first, second, t) for t in BETWEEN]
        levels.append(min(10 * np.log10(_energy(wave) / quieter) for wave in between))
        peaks.append(max(np.abs(wave).max() for wave in between))
    return {
        "pairs": len(exact),
        "exact": float(np.mean(exact)),
        "lowest_level_db": float(np.min(levels)),
        "highest_peak": float(np.max(peaks)),
    }


def _energy(wave: Float[np.ndarray, "samples ..."]) -> float:
    """Of a channel, in the mean."""
    return float(np.sum(np.square(wave, dtype=np.float64)) / (wave.shape[1] if wave.ndim == 2 else 1))


def _takes(synth: Synth, store: Store, folder: Path, limit: int | None) -> dict[str, Any]:
    """Takes of one side of real round robins beside the other side: distances, and whether an ear tells which is real.

    The ear sees the first hit and another one: the descriptors of the other, and how far each is from the first's. Its
    kits are held out.
    """
    pairs = np.array([p for p in round_robins.pairs_of(store) if (folder / store.paths[p[0]]).is_file()], int)
    if not len(pairs):
        return {"pairs": {}}
    pairs = pairs[populations.within_limit(store.labels[pairs[:, 0]], limit)]
    labels, kits = store.labels[pairs[:, 0]], store.kits[pairs[:, 0]]
    first, second = store.wave(pairs[:, 0]), store.wave(pairs[:, 1])
    made = []
    for number, i in enumerate(pairs[:, 0]):
        sound = synth.listen(folder / store.paths[i], drum_class=CLASSES[store.labels[i]])
        made.append(_fitted(sound, synth.takes(sound, 1, number)[0], store.audio.rate, store.audio.samples))
    takes = np.stack(made)
    described = [tells.describe(waves, store.audio.rate) for waves in (first, second, takes)]
    real, fake = (np.concatenate([other, other - described[0]], axis=1) for other in described[1:])
    distances = {
        name: populations.class_means(
            round_robins.distance_db(*(_resampled(store, side) for side in (first, other))), labels
        ).to_dict()
        for name, other in (("real", second), ("takes", takes))
    }
    return {
        "pairs": {CLASSES[label]: int(np.sum(labels == label)) for label in np.unique(labels)},
        "distance_db": distances,
        "told_apart": tells.right_answers(real, fake, kits),
    }


def _resampled(store: Store, waves: Float[np.ndarray, "sounds samples"]) -> np.ndarray:
    return yardsticks.resample(waves, store.audio.rate, measures.AUDIO.rate, measures.AUDIO.samples)
