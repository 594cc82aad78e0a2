"""The results of an evaluation as Markdown, and as plain data for JSON."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from drumjax.evaluate.knobs import STARTS, STEPS
from drumjax.evaluate.populations import KIT_DRAWS

COLUMNS = {
    "sc": ("SC", 3),
    "sc_best_gain": ("SC, best gain", 3),
    "log_mel_db": ("log-mel dB", 2),
    "standardised_mse": ("std. MSE", 3),
    "envelope_db": ("envelope dB", 2),
    "comb_change_db": ("comb, out - in dB", 2),
    "comb_db": ("comb dB", 2),
    "attack_ms": ("attack ms", 1),
    "attack_change_ms": ("attack, out - in ms", 2),
    "pre_echo_db": ("pre-echo dB", 1),
    "harmonic_db": ("harmonic dB", 2),
    "mask_error": ("mask error", 4),
    "recognised": ("recognised", 3),
}
"""{measure: (heading, digits)} of reconstructions."""

SAMPLE_COLUMNS = {
    "recognised": ("recognised, equal numbers", 3),
    "recognised_all": ("recognised, all", 3),
    "frechet": ("Frechet distance", 2),
    "variety": ("variety", 2),
    "copies": ("copies", 3),
}
"""{measure: (heading, digits)} of new sounds."""

NOTES = """\
Values are means over the sounds of a class, then over classes; * marks classes of fewer than 20 sounds or 3 kits.

- SC: spectral convergence of the mel, as it is and at the best gain.
- Log-mel dB, envelope dB: mean absolute error before the sound's end; the envelope averages 4 frames x 16 bins.
- Std. MSE: mean square error of the standardised log-mel over all frames.
- Comb: prominence of the multiples of the frame rate; sounds of 0.4 s and longer.
- Attack: 10 to 90 % of the peak of the 1 ms RMS envelope; its change is the median over sounds.
- Pre-echo: share of the energy before the input's onset.
- Harmonic: share of the energy in lasting spectral peaks; kick, conga, bongo and tom.
- Mask error: share of samples.
- Recognised: share of sounds that a classifier trained on real drums assigns to the right class, with 95 % intervals
  over kits. "Equal numbers": as many new sounds of a class as there are held-out ones.
- Frechet distance: to the held-out sounds, on the classifier's penultimate layer.
- Variety: mean log-mel distance between two sounds of a class, relative to training sounds.
- Copies: share of sounds nearer to a training sound than 95 % of training sounds are to those of other kits.
"""


def plain(value: Any) -> Any:
    """Converts a value for JSON: numpy numbers to Python numbers, arrays to lists, NaN and infinity to None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def markdown(table: Mapping[str, Any]) -> str:
    """All results: means of systems, new sounds, latents and knobs, then the values of each class."""
    parts = [f"# Evaluation of {table.get('bundle', 'a model')}\n", _header(table), overview(table), NOTES]
    parts += [_latents(table), _knobs(table), "## Class by class\n"]
    for system, values in table["systems"].items():
        if values:
            parts.append(f"### {system}\n\n{_by_class(values, COLUMNS, table['classes'])}")
    for way, values in table["samples"].items():
        if "variety" in values:
            parts.append(f"### New sounds: {way}\n\n{_by_class(values, SAMPLE_COLUMNS, table['classes'])}")
    if table.get("figures"):
        shown = "\n".join(f"![{name.rpartition('.')[0]}]({name})" for name in table["figures"])
        parts.append(f"## Figures\n\n{shown}\n")
    return "\n".join(parts)


def overview(table: Mapping[str, Any]) -> str:
    """Macro means: a row for each system, then a row for each way of sampling."""
    systems = [
        [system, *(_cell(values.get(name), digits) for name, (_, digits) in COLUMNS.items())]
        for system, values in table["systems"].items()
    ]
    new = [
        [way, *(_cell(values.get(name), digits) for name, (_, digits) in SAMPLE_COLUMNS.items())]
        for way, values in table["samples"].items()
        if way != "equal_numbers"
    ]
    first = _table(["system", *(heading for heading, _ in COLUMNS.values())], systems)
    second = _table(["sounds", *(heading for heading, _ in SAMPLE_COLUMNS.values())], new)
    return f"## Reconstruction\n\n{first}\n## New sounds\n\n{second}"


def _header(table: Mapping[str, Any]) -> str:
    counts = table["classes"].values()
    text = (
        f"Split: {table['split']}, {sum(c['sounds'] for c in counts)} sounds. Yardsticks and classifier: "
        f"{table['training_sounds']} training sounds, not augmented."
    )
    return text + (f" Took {table['seconds']} s.\n" if "seconds" in table else "\n")


def _latents(table: Mapping[str, Any]) -> str:
    headings = {
        "mmd": ("MMD", 4), "mmd_normal": ("MMD of N(0, I)", 4), "abs_mean": ("absolute means", 3),
        "abs_mean_normal": ("absolute means of N(0, I)", 3), "abs_mean_ratio": ("ratio", 2),
        "abs_mean_ratio_training": ("ratio, training kits", 2), "std": ("std", 3),
    }  # fmt: skip
    latents = table["latents"]
    by_class = _by_class(latents, headings, latents["classes"])
    means = (_number(latents[name]["without_few"], digits) for name, (_, digits) in headings.items())
    by_class += "| " + " | ".join(["macro without *", "", *means]) + " |\n"
    return (
        f"## Latents, validation and test together\n\n{by_class}\n"
        "Ratio: absolute means over those of N(0, I). Training kits: as many of the kits that the model was trained on "
        f"as the class has held out, drawn with replacement, mean of {KIT_DRAWS} draws.\n"
    )


def _knobs(table: Mapping[str, Any]) -> str:
    headings = {"knobs": ("three knobs", 3), "plain_pca": ("plain PCA", 3), "random": ("random directions", 3)}
    shares = (
        "## Share of the within-class variance of decoded log-mels that three coordinates explain\n\n"
        f"{_by_class(table['knobs'], headings)}"
    )
    lines = [
        [name, str(i + 1), effect.get("knob", ""), _number(effect["db"], 1), _number(effect.get("monotonic"), 2)]
        for name, effects in table["turned"].items()
        for i, effect in enumerate(effects)
    ]
    effects = _table(["class", "knob", "name", "change dB", "monotonic"], lines)
    return (
        f"{shares}\n## Each knob from -2 to 2, around {STARTS} draws of its class\n\n{effects}\n"
        f"Change: of the log-mel over active frames. Monotonic: share of the draws from which the property that the "
        f"knob is named after grows at each of the {STEPS - 1} steps.\n"
    )


def _by_class(
    measures: Mapping[str, Any], columns: Mapping[str, tuple[str, int]], counts: Mapping[str, Any] | None = None
) -> str:
    """A row for each class that has a sound, then the macro means."""
    present = {name: column for name, column in columns.items() if "classes" in measures.get(name, {})}
    classes = list(counts) if counts else list(dict.fromkeys(k for name in present for k in measures[name]["classes"]))
    lines = []
    for drum_class in classes:
        count = counts[drum_class] if counts else None
        if count and not count["sounds"]:
            continue
        label = drum_class + (" *" if count and count["few"] else "")
        size = [f"{count['sounds']} / {count['kits']}"] if count else []
        values = (_number(measures[name]["classes"].get(drum_class), digits) for name, (_, digits) in present.items())
        lines.append([label, *size, *values])
    means = (_cell(measures[name], digits) for name, (_, digits) in present.items())
    lines.append(["macro", *([""] if counts else []), *means])
    size_heading = ["sounds / kits"] if counts else []
    return _table(["class", *size_heading, *(heading for heading, _ in present.values())], lines)


def _cell(figure: Mapping[str, Any] | None, digits: int) -> str:
    if figure is None:
        return ""
    text = _number(figure["macro"], digits)
    if text and "interval" in figure:
        text += f" ({figure['interval'][0]:.2f} to {figure['interval'][1]:.2f})"
    return text


def _number(value: float | None, digits: int) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def _table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] + ["---:"] * (len(headings) - 1), *lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
