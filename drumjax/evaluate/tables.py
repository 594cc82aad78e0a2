"""The results of an evaluation as Markdown, and as plain data for JSON."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from drumjax.evaluate.ears import EARS
from drumjax.evaluate.knobs import STARTS, STEPS
from drumjax.evaluate.populations import KIT_DRAWS

COLUMNS = {
    "sc": ("SC", 3),
    "sc_best_gain": ("SC, best gain", 3),
    "log_mel_db": ("log-mel dB", 2),
    "lsd_db": ("LSD dB", 2),
    "standardised_mse": ("std. MSE", 3),
    "envelope_db": ("envelope dB", 2),
    "comb_change_db": ("comb, out - in dB", 2),
    "comb_db": ("comb dB", 2),
    "attack_ms": ("attack ms", 1),
    "attack_change_ms": ("attack, out - in ms", 2),
    "pre_echo_db": ("pre-echo dB", 1),
    "harmonic_db": ("harmonic dB", 2),
    "mask_error": ("mask error", 4),
    "recognised": ("recognised by ear 1", 3),
}
"""{measure: (heading, digits)} of reconstructions."""

JUDGED_COLUMNS = {
    **{f"ears.{ear}.recognised": (f"recognised, ear {i + 1}", 3) for i, ear in enumerate(EARS)},
    **{f"ears.{ear}.frechet": (f"Frechet, ear {i + 1}", 1) for i, ear in enumerate(EARS)},
    "apart": ("told apart", 2),
    "apart_without_air": ("below 10 kHz", 2),
}
"""{path in a judged row: (heading, digits)}"""

CHARACTER_COLUMNS = {
    "character.swell": ("swell", 2),
    "character.click": ("click", 2),
    "character.step": ("step", 2),
    "character.loudness_db": ("loudness dB", 1),
    "character.roughness": ("roughness", 2),
    "variety": ("variety", 2),
    "copies": ("copies", 3),
}
"""{path in a judged row, or in the row of samples of that name: (heading, digits)}"""

NOTES = """\
Values are means over the sounds of a class, then over classes; * marks classes of fewer than 20 sounds or 3 kits.

- SC: spectral convergence of the mel, as it is and at the best gain.
- Log-mel dB, envelope dB: mean absolute error before the sound's end; the envelope averages 4 frames x 16 bins.
- LSD: log-spectral distance, the root mean square over frequency of the level difference (FFT 2048), mean over frames.
- Std. MSE: mean square error of the standardised log-mel over all frames.
- Comb: prominence of the multiples of the frame rate; sounds of 0.4 s and longer.
- Attack: 10 to 90 % of the peak of the 1 ms RMS envelope; its change is the median over sounds.
- Pre-echo: share of the energy before the input's onset.
- Harmonic: share of the energy in lasting spectral peaks; kick, conga, bongo and tom.
- Mask error: share of samples.
- Recognised: share of sounds that an ear, a classifier trained on real drums, assigns to the right class, with 95 %
  intervals over kits. Ear 1: perceptrons on loudness and roughness of the paper's mels, which the models learn too.
  Ear 2: a convolutional network on other log-mels. Ear 3: gradient boosting on descriptors of waves.
- Frechet: distance to the held-out sounds in the ear's last layer, or its descriptors, equal numbers of each class.
- Told apart: how well a classifier by descriptors tells the sounds from held-out real ones of their class (area under
  the ROC curve; 0.5: not at all, 1: always), mean over the classes with 15 sounds or more. Real held-out: from real
  sounds of the training kits, all kits unknown. Real training: training sounds in the role of samples, whose kits are
  unknown: the figure of a model that plays its training sounds back. Below 10 kHz: without the level above.
- Swell: share of sounds that grow again by more than 6 dB after the hit. Click: share that peak within 1.5 ms. Step:
  share whose first sample is above a tenth of the peak. Loudness: of the first 0.4 s at a peak of 1. Roughness: steps
  between neighbouring bins, relative to the held-out sounds.
- Variety: mean log-mel distance between two sounds of a class, relative to training sounds.
- Copies: share of sounds nearer to a training sound than 95 % of training sounds are to those of other kits; to be
  compared with the share of real held-out sounds.
- Weak classes: recognised less than 0.6 times as often as the real sounds, in the mean of the ears.
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
    """All results: means of systems and samples, latents and knobs, then the values of each class."""
    parts = [f"# Evaluation of {table.get('bundle', 'a model')}\n", _header(table), overview(table), NOTES]
    parts += [_latents(table), _knobs(table), "## Class by class\n"]
    for system, values in table["systems"].items():
        if values:
            parts.append(f"### {system}\n\n{_by_class(values, COLUMNS, table['classes'])}")
    for name, values in _judged_rows(table).items():
        columns = {**JUDGED_COLUMNS, **CHARACTER_COLUMNS}
        parts.append(f"### Judged: {name}\n\n{_by_class(values, columns, table['classes'])}")
    if table.get("figures"):
        shown = "\n".join(f"![{name.rpartition('.')[0]}]({name})" for name in table["figures"])
        parts.append(f"## Figures\n\n{shown}\n")
    return "\n".join(parts)


def overview(table: Mapping[str, Any]) -> str:
    """Macro means: reconstructions, what the ears make of them and of samples, and the character of the sounds."""
    rows = _judged_rows(table)
    weak = {name: ", ".join(row["weak"]) or "none" for name, row in table["judged"].items() if "weak" in row}
    character = _means(rows, CHARACTER_COLUMNS, "sounds").splitlines()
    ends = ["weak classes", "---", *(weak.get(name, "") for name in rows)]
    return (
        f"## Reconstruction\n\n{_means(table['systems'], COLUMNS, 'system')}\n"
        f"## Three ears\n\n{_means(rows, JUDGED_COLUMNS, 'sounds')}\n"
        "## Character\n\n"
        + "\n".join(f"{line} {end} |" for line, end in zip(character, ends, strict=True))
        + f"\n\n{_takes(table['takes'])}"
    )


def _judged_rows(table: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """{name: {path: class means}} of everything that the ears judged."""
    rows = {}
    for name, judged in table["judged"].items():
        flat = {f"ears.{ear}.{measure}": value for ear, of in judged["ears"].items() for measure, value in of.items()}
        flat |= {f"character.{measure}": value for measure, value in judged["character"].items()}
        flat |= {measure: judged[measure] for measure in ("apart", "apart_without_air") if measure in judged}
        rows[name] = flat | table["samples"].get(name, {})
    return rows


def _takes(takes: Mapping[str, Any]) -> str:
    pairs = ", ".join(f"{name} {count}" for name, count in takes["pairs"].items())
    if not pairs:
        return "Takes: the store has no round robins to compare with.\n"
    of_model = f"two textures of one hit differ by {_cell(takes['model'], 1)} dB, " if "model" in takes else ""
    return f"Takes: {of_model}two round robins of a real one by {_cell(takes['real'], 1)} dB (pairs: {pairs}).\n"


def _means(rows: Mapping[str, Mapping[str, Any]], columns: Mapping[str, tuple[str, int]], first: str) -> str:
    """Macro means: a line for each row."""
    lines = [
        [name, *(_cell(values.get(path), digits) for path, (_, digits) in columns.items())]
        for name, values in rows.items()
    ]
    return _table([first, *(heading for heading, _ in columns.values())], lines)


def _header(table: Mapping[str, Any]) -> str:
    counts = table["classes"].values()
    text = (
        f"Split: {table['split']}, {sum(c['sounds'] for c in counts)} sounds. Yardsticks and ears: "
        f"{table['training_sounds']} training sounds."
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
