"""The evaluation's table as Markdown and as plain data for JSON."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

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
"""Measure -> heading and digits."""

NOTES = """\
Means over the sounds of a class, then over classes; * marks a class of fewer than 20 sounds or 3 kits. SC: spectral
convergence. Log-mel and envelope errors (cells of 4 frames x 16 bins) over the frames before a sound's own end.
Comb: 0.4 s and longer. Attack: 10 to 90 % of the 1 ms RMS envelope; its change is the median over sounds.
Pre-echo: energy before the input's onset. Harmonic: share of energy in lasting peaks, kick, conga, bongo and tom.
Mask error: share of samples. Recognised: by a classifier of real training sounds, with 95 % intervals over kits.
"""


def plain(value: Any) -> Any:
    """The value as JSON can hold it: numpy numbers become Python's, what is not finite becomes null."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def markdown(table: Mapping[str, Any]) -> str:
    """The whole table: systems, new sounds, latents and knobs in the mean, then class by class."""
    parts = [f"# Evaluation of {table.get('bundle', 'a model')}\n", _header(table), overview(table), NOTES]
    parts += [_latents(table), _knobs(table), "## Class by class\n"]
    for system, rows in table["systems"].items():
        if rows:
            parts.append(f"### {system}\n\n{_by_class(rows, COLUMNS, table['classes'])}")
    for way, rows in table["samples"].items():
        if isinstance(rows, Mapping) and "variety" in rows:
            parts.append(f"### New sounds: {way}\n\n{_by_class(rows, SAMPLE_COLUMNS, table['classes'])}")
    if table.get("figures"):
        shown = "\n".join(f"![{name.rpartition('.')[0]}]({name})" for name in table["figures"])
        parts.append(f"## Figures\n\n{shown}\n")
    return "\n".join(parts)


SAMPLE_COLUMNS = {
    "recognised": ("recognised, equal numbers", 3),
    "recognised_all": ("recognised, all", 3),
    "frechet": ("Frechet", 2),
    "variety": ("variety", 2),
    "copies": ("copies", 3),
}


def overview(table: Mapping[str, Any]) -> str:
    """Macro means: a row a system, then a row a way to make new sounds."""
    systems = [
        [system, *(_cell(rows.get(name), digits) for name, (_, digits) in COLUMNS.items())]
        for system, rows in table["systems"].items()
    ]
    new = [
        [way, *(_cell(rows.get(name), digits) for name, (_, digits) in SAMPLE_COLUMNS.items())]
        for way, rows in table["samples"].items()
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
        "abs_mean_normal": ("those of N(0, I)", 3), "abs_mean_ratio": ("ratio", 2),
        "abs_mean_ratio_training": ("ratio of as many training kits", 2), "std": ("std", 3),
    }  # fmt: skip
    latents = table["latents"]
    rows = _by_class(latents, headings, latents["classes"])
    means = (_number(latents[name]["without_few"], digits) for name, (_, digits) in headings.items())
    rows += "| " + " | ".join(["macro without *", "", *means]) + " |\n"
    return (
        f"## Latents, validation and test together\n\n{rows}\n"
        "Ratio: of the absolute means over those of N(0, I). Training kits: as many as the class has held out, drawn "
        f"with replacement from those the model was trained on, in the mean of {KIT_DRAWS} draws.\n"
    )


def _knobs(table: Mapping[str, Any]) -> str:
    headings = {"knobs": ("three knobs", 3), "plain_pca": ("plain PCA", 3), "random": ("random directions", 3)}
    rows = _by_class(table["knobs"], headings)
    shares = f"## Share of the within-class variance of decoded log-mels that three coordinates explain\n\n{rows}"
    lines = [
        [name, str(i + 1), row.get("knob", ""), _number(row["db"], 1), _number(row.get("monotonic"), 2)]
        for name, knobs in table["turned"].items()
        for i, row in enumerate(knobs)
    ]
    turned = _table(["class", "knob", "named", "change dB", "grows steadily"], lines)
    return (
        f"{shares}\n## Each knob from -2 to 2, around 50 draws of its class\n\n{turned}\n"
        "Change: of the log-mel over active frames. Grows steadily: share of the starting points from which the named "
        "property grows at every one of four steps.\n"
    )


def _by_class(
    rows: Mapping[str, Any], columns: Mapping[str, tuple[str, int]], counts: Mapping[str, Any] | None = None
) -> str:
    """A row a class, the macro mean last; classes without a sound are left out."""
    present = {name: value for name, value in columns.items() if "classes" in rows.get(name, {})}
    classes = list(counts) if counts else list(dict.fromkeys(k for name in present for k in rows[name]["classes"]))
    lines = []
    for drum_class in classes:
        count = counts[drum_class] if counts else None
        if count and not count["sounds"]:
            continue
        label = drum_class + (" *" if count and count["few"] else "")
        size = [f"{count['sounds']} / {count['kits']}"] if count else []
        values = (_number(rows[name]["classes"].get(drum_class), digits) for name, (_, digits) in present.items())
        lines.append([label, *size, *values])
    means = (_cell(rows[name], digits) for name, (_, digits) in present.items())
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


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] + ["---:"] * (len(headings) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
