"""Descriptors of single drum sounds, and how well they separate generated from real sounds.

    real = tells.describe(real_waves, 22050)                # (sounds, descriptors), named by tells.NAMES
    made = tells.describe(generated_waves, 44100)           # any rate, any level
    tells.told_apart(real, made, real_kits)                 # AUC for the sounds of one class; 0.5: not separable
    tells.told_apart(real, other, real_kits, other_kits)    # the same between real sounds of two sets of kits
    tells.distances(real, made)                             # {descriptor: Kolmogorov-Smirnov distance}

Sounds of different rates are comparable: spectra are taken at 44,100 Hz, and only `air_db` depends on frequencies above
10 kHz. No descriptor depends on level.
"""

import numpy as np
from jaxtyping import Float, Int

from drumjax.evaluate import dynamics, measures
from drumjax.play import takes
from drumjax.sound import audio

RATE = 44_100  # Hz
TOP_HZ = 10_000.0  # of all spectral descriptors except air_db; a wave at 22,050 Hz is complete up to it
DECAYS_DB = (10, 20, 40)
WINDOW = 2048  # of the frames that measure roughness and flatness: 46 ms
ROUGH_SECONDS, ROUGH_HZ = 0.3, 150.0  # after the onset; the lowest bin
FEWEST = 15  # sounds of a class on each side of `told_apart`
FOLDS, REPEATS = 5, 2  # of the cross-validation
NAMES = (
    "length_ms", "peak_ms", "centre_ms", "attack_ms", *(f"decay_{drop}_ms" for drop in DECAYS_DB),
    "first_sample", "crest_db", "loudness_db", "swell_db",
    "centroid_hz", "spread_hz", "bass_db", "low_mid_db", "treble_db", "air_db",
    "rough_frequency", "rough_time", "flatness_db",
)  # fmt: skip
"""Length to -60 dB; time of the peak, centre of the energy, 10 to 90 % attack, decays of the 10 ms RMS; |x[0]| over the
peak, peak over RMS, level of the first 0.4 s, largest rise after the onset; moments of the power spectrum up to 10 kHz;
energy below 100 Hz, from 200 to 800 Hz, from 5 to 10 kHz and above 10 kHz over the energy below 10 kHz; standard
deviation of log-power steps between neighbouring bins and between frames; geometric over arithmetic mean of power."""

_TINY = 1e-9


def column(descriptors: Float[np.ndarray, "sounds descriptors"], name: str) -> Float[np.ndarray, " sounds"]:
    """The descriptor `name` of each sound."""
    return descriptors[:, NAMES.index(name)]


def describe(waves: Float[np.ndarray, "sounds samples"], rate: int) -> Float[np.ndarray, "sounds descriptors"]:
    """The descriptors NAMES of each sound; NaN for silence, and for rough_time where a sound is too short.

    Args:
        waves: at any level.
        rate: Hz.
    """
    return np.stack([_describe(wave, rate) for wave in waves])


def _describe(wave: Float[np.ndarray, " samples"], rate: int) -> Float[np.ndarray, " descriptors"]:
    end = int(measures.sound_length(wave))
    if end == 0:
        return np.full(len(NAMES), np.nan)
    own = wave[:end] / np.abs(wave).max()
    values = {
        "length_ms": end * 1000 / rate,
        "peak_ms": np.abs(own).argmax() * 1000 / rate,
        "first_sample": abs(own[0]),
        "loudness_db": float(dynamics.loudness_db(own, rate)),
        "swell_db": float(dynamics.swell_db(own, rate)),
    }
    sound = audio.resample(own, rate, RATE).astype(np.float64)
    values |= _times(sound) | _spectrum(sound) | _fine_structure(sound)
    return np.array([values[name] for name in NAMES])


def _times(sound):
    """Descriptors of the envelope."""
    power, ms = sound**2, 1000 / RATE
    envelope = measures.rms_envelope(sound, RATE, 10.0)
    level, top = 20 * np.log10(envelope / envelope.max() + _TINY), int(envelope.argmax())
    decays = {f"decay_{drop}_ms": np.flatnonzero(level[top:] > -drop)[-1] * ms for drop in DECAYS_DB}
    return decays | {
        "centre_ms": np.sum(np.arange(len(power)) * power) / power.sum() * ms,
        "attack_ms": float(measures.attack_ms(sound, RATE)),
        "crest_db": _db(power.max()) - _db(power.mean()),
    }


def _spectrum(sound):
    """Descriptors of the power spectrum of the whole sound."""
    size = 1 << max(12, int(np.ceil(np.log2(len(sound)))))
    power, hz = np.abs(np.fft.rfft(sound, size)) ** 2, np.fft.rfftfreq(size, 1 / RATE)
    air, power, hz = power[hz >= TOP_HZ].sum(), power[hz < TOP_HZ], hz[hz < TOP_HZ]
    total = power.sum() + 1e-12
    centroid = np.sum(hz * power) / total

    def band(low, high):
        return _db(power[(hz >= low) & (hz < high)].sum() / total)

    return {
        "centroid_hz": centroid,
        "spread_hz": np.sqrt(np.sum((hz - centroid) ** 2 * power) / total),
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
        with np.errstate(divide="ignore"):  # of the p-value of a few sounds, which is not used
            table[name] = float(ks_2samp(x, y, method="asymp").statistic) if len(x) and len(y) else float("nan")
    return table


def told_apart(
    real: Float[np.ndarray, "n descriptors"],
    made: Float[np.ndarray, "m descriptors"],
    real_kits: Int[np.ndarray, " n"],
    made_kits: Int[np.ndarray, " m"] | None = None,
    without: tuple[str, ...] = (),
) -> float:
    """AUC of a classifier that separates generated from real sounds of one class; 0.5: not at all, 1: always.

    Gradient boosting on equal numbers of both, drawn evenly from the kits, by cross-validation whose folds keep kits
    whole: mean over the folds of two draws.

    Args:
        real: descriptors of real sounds.
        made: descriptors of generated sounds.
        real_kits: kit of each real sound, 0 or more.
        made_kits: kit of each generated sound, where equal numbers are the same kit as among the real sounds; None:
            each is a kit of its own.
        without: names of descriptors to leave out.

    Returns:
        The AUC, or NaN for fewer than 15 sounds or 2 kits on a side.
    """
    made_kits = -1 - np.arange(len(made)) if made_kits is None else made_kits
    count = min(len(real), len(made))
    if count < FEWEST or min(len(np.unique(real_kits)), len(np.unique(made_kits))) < 2:
        return float("nan")
    kept = [i for i, name in enumerate(NAMES) if name not in without]
    areas = []
    for rng in np.random.default_rng(0).spawn(REPEATS):
        first, second = takes.evenly(real_kits, count, rng), takes.evenly(made_kits, count, rng)
        x = np.concatenate([real[first], made[second]])[:, kept]
        kits = np.concatenate([real_kits[first], made_kits[second]])
        areas += _fold_areas(x, np.repeat([0, 1], count), kits, int(rng.integers(1 << 31)))
    return float(np.mean(areas)) if areas else float("nan")


def right_answers(
    real: Float[np.ndarray, "sounds features"],
    made: Float[np.ndarray, "sounds features"],
    kits: Int[np.ndarray, " sounds"],
) -> dict[str, float]:
    """An ear that says of one sound whether it is real, with its kit held out: share of right answers, and AUC.

    Gradient boosting on as many real as made sounds; entry i of both is of kit `kits[i]`.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold

    x, y, groups = np.concatenate([real, made]), np.repeat([0, 1], len(real)), np.tile(kits, 2)
    chances = np.full(len(y), np.nan)
    for train, test in GroupKFold(min(FOLDS, len(np.unique(kits)))).split(x, y, groups):
        ear = HistGradientBoostingClassifier(max_iter=80, max_leaf_nodes=8, random_state=0).fit(x[train], y[train])
        chances[test] = ear.predict_proba(x[test])[:, 1]
    return {"right": float(np.mean((chances > 0.5) == y)), "auc": float(roc_auc_score(y, chances))}


def _fold_areas(x, y, kits, seed):
    """The AUC of each fold that has sounds of both sides."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold
    from threadpoolctl import threadpool_limits

    fewest = min(len(np.unique(kits[y == side])) for side in (0, 1))
    folds = StratifiedGroupKFold(min(FOLDS, fewest), shuffle=True, random_state=seed)
    areas = []
    with threadpool_limits(1):  # so few sounds take longer on two threads
        for train, test in folds.split(x, y, kits):
            if len(np.unique(y[train])) == 2 == len(np.unique(y[test])):
                model = HistGradientBoostingClassifier(
                    max_iter=50, max_leaf_nodes=8, min_samples_leaf=3, class_weight="balanced", random_state=0
                )
                areas.append(roc_auc_score(y[test], model.fit(x[train], y[train]).predict_proba(x[test])[:, 1]))
    return areas
