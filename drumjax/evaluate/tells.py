"""Descriptors of single drum sounds, and how well they separate generated from real sounds.

    real = tells.describe(real_waves, 22050)                # (sounds, descriptors), named by tells.NAMES
    made = tells.describe(generated_waves, 44100)           # any rate, any level
    tells.told_apart(real, made, real_kits)                 # AUC for the sounds of one class; 0.5: not separable
    tells.told_apart(real, other, real_kits, other_kits)    # the same between real sounds of two sets of kits
    tells.distances(real, made)                             # {descriptor: Kolmogorov-Smirnov distance}

All sounds are resampled to 44,100 Hz and scaled to a peak of 1 first. Sounds of different rates are comparable: only
`air_db` depends on frequencies above 10 kHz.
"""

import numpy as np
from jaxtyping import Float, Int

from drumjax.evaluate import dynamics, measures
from drumjax.sound import audio

RATE = 44_100  # Hz
DECAYS_DB = (10, 20, 40)
TOP_HZ = 10_000.0  # of all spectral descriptors except air_db; a wave at 22,050 Hz is complete up to it
WINDOW = 2048  # of the frames that measure roughness and flatness: 46 ms
ROUGH_SECONDS, ROUGH_HZ = 0.3, 150.0  # after the onset; the lowest bin
FEWEST = 15  # sounds of a class on each side of `told_apart`
FOLDS, REPEATS = 5, 3  # of the cross-validation
NAMES = (
    "length_ms", "peak_ms", "centre_ms", "attack_ms", *(f"decay_{drop}_ms" for drop in DECAYS_DB),
    "first_sample", "crest_db", "loudness_db", "swell_db",
    "centroid_hz", "spread_hz", "bass_db", "low_mid_db", "treble_db", "air_db",
    "rough_frequency", "rough_time", "flatness_db",
)  # fmt: skip
"""Length to -60 dB; time of the peak, centre of the energy, 10 to 90 % attack, decays of the 10 ms RMS; |x[0]|; peak
over RMS, level of the first 0.4 s, largest rise after the onset; moments of the power spectrum up to 10 kHz; energy
below 100 Hz, from 200 to 800 Hz, from 5 to 10 kHz and above 10 kHz over the energy below 10 kHz; standard deviation of
log-power steps between neighbouring bins and between frames; geometric over arithmetic mean of the power."""

_TINY = 1e-9


def describe(waves: Float[np.ndarray, "sounds samples"], rate: int) -> Float[np.ndarray, "sounds descriptors"]:
    """The descriptors NAMES of each sound; NaN for silence, and for rough_time where a sound is too short.

    Args:
        waves: at any level.
        rate: Hz; the sounds are resampled to 44,100 Hz.
    """
    return np.stack([_describe(audio.resample(wave, rate, RATE)) for wave in waves])


def _describe(wave: Float[np.ndarray, " samples"]) -> Float[np.ndarray, " descriptors"]:
    peak = np.abs(wave).max()
    if peak <= 0:
        return np.full(len(NAMES), np.nan)
    wave = wave.astype(np.float64) / peak
    end = int(measures.sound_length(wave))
    values = _times(wave, end) | _spectrum(wave[:end]) | _fine_structure(wave[:end])
    return np.array([values[name] for name in NAMES])


def _times(wave, end):
    """Descriptors of the envelope."""
    sound, ms = wave[:end], 1000 / RATE
    power = sound**2
    envelope = measures.rms_envelope(sound, RATE, 10.0)
    level, top = 20 * np.log10(envelope / envelope.max() + _TINY), int(envelope.argmax())
    decays = {f"decay_{drop}_ms": np.flatnonzero(level[top:] > -drop)[-1] * ms for drop in DECAYS_DB}
    return decays | {
        "length_ms": end * ms,
        "peak_ms": np.abs(sound).argmax() * ms,
        "centre_ms": (np.arange(end) @ power) / power.sum() * ms,
        "attack_ms": float(measures.attack_ms(sound, RATE)),
        "first_sample": abs(wave[0]),
        "crest_db": -_db(power.mean()),
        "loudness_db": float(dynamics.loudness_db(wave, RATE)),
        "swell_db": float(dynamics.swell_db(wave, RATE)),
    }


def _spectrum(sound):
    """Descriptors of the power spectrum of the whole sound."""
    size = 1 << max(12, int(np.ceil(np.log2(len(sound)))))
    power, hz = np.abs(np.fft.rfft(sound, size)) ** 2, np.fft.rfftfreq(size, 1 / RATE)
    air, power, hz = power[hz >= TOP_HZ].sum(), power[hz < TOP_HZ], hz[hz < TOP_HZ]
    total = power.sum() + 1e-12
    centroid = hz @ power / total
    band = lambda low, high: _db(power[(hz >= low) & (hz < high)].sum() / total)  # noqa: E731
    return {
        "centroid_hz": centroid,
        "spread_hz": np.sqrt((hz - centroid) ** 2 @ power / total),
        "bass_db": band(0, 100),
        "low_mid_db": band(200, 800),
        "treble_db": band(5000, TOP_HZ),
        "air_db": _db(air / total),
    }


def _fine_structure(sound):
    """Descriptors of the steps between neighbouring bins and between frames."""
    start = int(measures.onset(sound, RATE))
    part = sound[start : start + int(ROUGH_SECONDS * RATE)]
    part = np.pad(part, (0, max(0, WINDOW - len(part))))
    frames = np.lib.stride_tricks.sliding_window_view(part, WINDOW)[:: WINDOW // 4] * np.hanning(WINDOW)
    hz = np.fft.rfftfreq(WINDOW, 1 / RATE)
    power = np.abs(np.fft.rfft(frames, axis=1))[:, (hz > ROUGH_HZ) & (hz < TOP_HZ)] ** 2
    power += 1e-8 * power.max() + 1e-12
    log = np.log(power)
    flatness = np.exp(log.mean(axis=1)) / power.mean(axis=1)
    apart = log[::4]  # frames that share no sample
    return {
        "rough_frequency": np.diff(log, axis=1).std(),
        "rough_time": np.diff(apart, axis=0).std() if len(apart) > 1 else np.nan,
        "flatness_db": _db(np.average(flatness, weights=power.sum(axis=1))),
    }


def _db(ratio):
    return 10 * np.log10(ratio + _TINY)


def distances(real: Float[np.ndarray, "n descriptors"], made: Float[np.ndarray, "m descriptors"]) -> dict[str, float]:
    """{descriptor: Kolmogorov-Smirnov distance} of two sets of sounds of one class, 0 (same) to 1 (disjoint)."""
    from scipy.stats import ks_2samp

    table = {}
    for name, x, y in zip(NAMES, real.T, made.T, strict=True):
        x, y = x[np.isfinite(x)], y[np.isfinite(y)]
        table[name] = float(ks_2samp(x, y).statistic) if len(x) and len(y) else float("nan")
    return table


def told_apart(
    real: Float[np.ndarray, "n descriptors"],
    made: Float[np.ndarray, "m descriptors"],
    real_kits: Int[np.ndarray, " n"],
    made_kits: Int[np.ndarray, " m"] | None = None,
    without: tuple[str, ...] = (),
    seed: int = 0,
) -> float:
    """AUC of a classifier that separates generated from real sounds of one class; 0.5: not at all, 1: always.

    Gradient boosting on equal numbers of both, by cross-validation whose folds keep kits whole: mean over the folds
    of three draws.

    Args:
        real: descriptors of real sounds.
        made: descriptors of generated sounds.
        real_kits: kit of each real sound.
        made_kits: kit of each generated sound; None: each is a kit of its own.
        without: names of descriptors to leave out.
        seed: of draws and folds.

    Returns:
        The AUC, or NaN for fewer than 15 sounds or 2 kits on a side.
    """
    made_kits = np.arange(len(made)) if made_kits is None else made_kits
    count = min(len(real), len(made))
    if count < FEWEST or min(len(np.unique(real_kits)), len(np.unique(made_kits))) < 2:
        return float("nan")
    kept = [i for i, name in enumerate(NAMES) if name not in without]
    areas = []
    for rng in np.random.default_rng(seed).spawn(REPEATS):
        first, second = _even_draw(real_kits, count, rng), _even_draw(made_kits, count, rng)
        x = np.concatenate([real[first], made[second]])[:, kept]
        groups = np.concatenate([real_kits[first], made_kits[second] + real_kits.max() + 1])
        areas += _fold_areas(x, np.repeat([0, 1], count), groups, int(rng.integers(1 << 31)))
    return float(np.mean(areas)) if areas else float("nan")


def _even_draw(kits, count, rng):
    """Indices of `count` sounds, as many of every kit as it has and the others leave room for."""
    order = rng.permutation(len(kits))
    turn = np.empty(len(kits), int)  # number of each sound within its kit
    for kit in np.unique(kits):
        own = order[kits[order] == kit]
        turn[own] = np.arange(len(own))
    return order[np.argsort(turn[order], kind="stable")[:count]]


def _fold_areas(x, y, groups, seed):
    """The AUC of each fold that has sounds of both sides."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold
    from threadpoolctl import threadpool_limits

    fewest = min(len(np.unique(groups[y == side])) for side in (0, 1))
    folds = StratifiedGroupKFold(min(FOLDS, fewest), shuffle=True, random_state=seed)
    areas = []
    with threadpool_limits(1):  # so few sounds take longer on two threads
        for train, test in folds.split(x, y, groups):
            if len(np.unique(y[train])) == 2 == len(np.unique(y[test])):
                model = HistGradientBoostingClassifier(
                    max_iter=60, max_leaf_nodes=8, min_samples_leaf=3, class_weight="balanced", random_state=0
                )
                areas.append(roc_auc_score(y[test], model.fit(x[train], y[train]).predict_proba(x[test])[:, 1]))
    return areas
