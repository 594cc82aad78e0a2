"""Tries the originality report on sounds whose origin is known: new ones, real ones of other kits, altered copies.

    python -m drumjax.originality.trial --store DIR --bundle DIR [--n 100]

The bundle must have been trained on a part of the store. For each set of sounds it prints the shares that the report
takes for "as near as a copy" and for "nearer than most". Of real sounds of other kits these would be the two
percentiles, were the unheard kits like the heard ones; of altered copies the first should be all.
"""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from drumjax import checkpoint, process
from drumjax.config import CLASSES
from drumjax.data.store import Store
from drumjax.evaluate.sounds import heard_kits
from drumjax.originality.judge import CLOSE_PERCENT, COPY_PERCENT, READ_SECONDS, Judge
from drumjax.progress import bar
from drumjax.sound import audio
from drumjax.synth import Synth

SEMITONES = 0.5
CUT = 0.7
"""Share of its length that is left of a sound, the last tenth of it faded."""
LOW_RATE = 22_050

Wave = np.ndarray
Named = tuple[Wave, str]
"""A sound, float32 (samples,), at the rate and length of the bundle, and its class."""


def _pitched(wave: Wave, rate: int) -> Wave:
    return audio.resample(wave, round(rate * 2 ** (SEMITONES / 12)), rate)


def _cut(wave: Wave, rate: int) -> Wave:
    kept = wave[: max(2, int(CUT * len(np.trim_zeros(wave, "b"))))].copy()
    fade = max(1, len(kept) // 10)
    kept[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return kept


def _at_low_rate(wave: Wave, rate: int) -> Wave:
    return audio.resample(audio.resample(wave, rate, LOW_RATE), LOW_RATE, rate)


ALTERED: dict[str, Callable[[Wave, int], Wave]] = {
    "training sounds": lambda wave, rate: wave,
    f"the same, {SEMITONES:g} semitones higher": _pitched,
    f"the same, cut to {CUT:g} of their length": _cut,
    f"the same, at {LOW_RATE:,} Hz": _at_low_rate,
}


def sets(synth: Synth, store: Store, n: int, seed: int = 0) -> dict[str, list[Named]]:
    """{set: sounds}, at most `n` of each, drawn by chance.

    Raises:
        ValueError: the bundle has heard none of the store's kits, or all of them.
    """
    heard = heard_kits(synth, store)[store.kits]
    if heard.all() or not heard.any():
        raise ValueError("the bundle must have been trained on some of the store's kits, and not on all of them")
    rng = np.random.default_rng(seed)
    known, unknown = (rng.permutation(np.flatnonzero(side))[:n] for side in (heard, ~heard))
    each = -(-n // len(CLASSES))
    new = [(wave, name) for name in CLASSES for wave in synth.render(synth.draw(name, each, seed), [name] * each)]
    found = {"new sounds": new, "real sounds of unheard kits": _stored(synth, store, unknown)}
    return found | {name: _stored(synth, store, known, alter) for name, alter in ALTERED.items()}


def _stored(
    synth: Synth, store: Store, chosen: Int[np.ndarray, " chosen"], alter: Callable[[Wave, int], Wave] | None = None
) -> list[Named]:
    waves = ((number, np.asarray(store.wave(number), np.float32)) for number in chosen)
    changed = ((number, alter(wave, store.audio.rate) if alter else wave) for number, wave in waves)
    shape, rate = synth.config.audio, store.audio.rate
    return [(audio.fit_mix(wave, rate, shape, READ_SECONDS)[0], CLASSES[store.labels[i]]) for i, wave in changed]


def percentiles(judge: Judge, sounds: Iterable[Named]) -> Float[np.ndarray, " sounds"]:
    """What the report says of each sound: the share, in percent, of real sounds nearer to one of another kit."""
    return np.array([judge.judge(wave, name).percentile for wave, name in sounds])


def main() -> None:
    """Prints a table of the sets."""
    parser = argparse.ArgumentParser(prog="python -m drumjax.originality.trial", description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, required=True, help="folder of the store (drumjax train --stage data)")
    parser.add_argument("--bundle", type=Path, help="folder of a bundle trained on a part of it (default: the shipped)")
    parser.add_argument("--n", type=int, default=100, help="most sounds of a set")
    options = parser.parse_args()
    process.cache_compilations()
    bundle = checkpoint.load_bundle(options.bundle or checkpoint.shipped())
    synth, store = Synth(bundle), Store.open(options.store)
    judge = Judge(bundle, synth)
    print("| sounds | number | as near as a copy | nearer than most |\n|---|---:|---:|---:|")
    for name, sounds in sets(synth, store, options.n).items():
        found = percentiles(judge, bar(sounds, name, unit="sound"))
        near = [np.mean(found < limit) for limit in (COPY_PERCENT, CLOSE_PERCENT)]
        print(f"| {name} | {len(found)} | {near[0]:.0%} | {near[1]:.0%} |", flush=True)


if __name__ == "__main__":
    main()
