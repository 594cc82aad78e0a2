"""Pictures of sounds: mels in dB over milliseconds and Hz, and waveforms.

Figures are drawn without a display and without pyplot's global state.
"""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from drumjax import files
from drumjax.config import Audio
from drumjax.sound import dsp

RANGE_DB = 70.0  # range of the colours, below the loudest cell
HZ_TICKS = (100, 500, 1000, 2000, 5000, 10000, 20000)

COLOURS = (
    "#d62728", "#ff9896", "#ff7f0e", "#1f77b4", "#17becf", "#9467bd", "#8c564b", "#c49c94", "#2ca02c", "#e377c2",
    "#7f7f7f",
)  # fmt: skip
"""One colour per class; related classes have related hues."""


def save(figure: Figure, path: str | Path, dpi: int = 110) -> None:
    """Writes the figure as PNG, whatever the extension of the path."""
    content = io.BytesIO()
    figure.savefig(content, dpi=dpi, format="png", facecolor="white")
    files.write(path, content.getvalue())


def mel_pairs(
    inputs: Float[np.ndarray, "batch frames mels"],
    outputs: Float[np.ndarray, "batch frames mels"],
    titles: Sequence[str],
    audio: Audio = Audio(),
) -> Figure:
    """Input and output mel of every sound side by side, with one colour range per pair."""
    captions = captions_of(titles, ("input", "output"))
    return mel_grid(np.stack([inputs, outputs], axis=1), captions, audio, sounds_per_row=2)


def mel_grid(
    mels: Float[np.ndarray, "batch versions frames mels"],
    captions: Sequence[Sequence[str]],
    audio: Audio,
    sounds_per_row: int = 1,
) -> Figure:
    """Linear mels in a grid, in dB below the loudest cell of each sound's first version.

    Args:
        mels: every sound in all its versions.
        captions: title of every version of every sound.
        audio: settings of the mels.
        sounds_per_row: sounds, each with all its versions, in one row of the grid.
    """
    count, versions = mels.shape[:2]
    rows, columns = -(-count // sounds_per_row), sounds_per_row * versions
    figure, grid, beside = _panels(rows, columns)
    for axes in grid.flat[count * versions :]:
        axes.axis("off")
    image = None
    for i, sound in enumerate(mels):
        loudest = max(float(sound[0].max()), 1e-9)
        for j, (mel, caption) in enumerate(zip(sound, captions[i], strict=True)):
            axes = grid[i // sounds_per_row, i % sounds_per_row * versions + j]
            image = _draw_mel(axes, mel, loudest, audio)
            axes.set_title(caption, fontsize=8)
    label_outer_axes(grid, count * versions, "Hz")
    if image is not None:
        figure.colorbar(image, cax=beside, label="dB")
    return figure


def _panels(rows: int, columns: int) -> tuple[Figure, np.ndarray, Axes]:
    """A figure of equal panels and a place for their colour bar, with margins in inches.

    A layout found by matplotlib, or axes shared by all panels, would take most of the time of a picture.
    """
    width, height = 1.2 + 2.3 * columns, 0.7 + 1.65 * rows
    left, right, bottom, top = 0.65, width - 0.85, 0.45, height - 0.25
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False)
    figure.subplots_adjust(
        left=left / width, right=right / width, bottom=bottom / height, top=top / height, wspace=0.07, hspace=0.28
    )
    for axes in grid.flat:
        axes.label_outer()
    tall = min(top - bottom, 4.5)
    place = np.array([right + 0.12, (bottom + top - tall) / 2, 0.15, tall]) / (width, height, width, height)
    return figure, grid, figure.add_axes(tuple(place))


def wave_and_mel(
    wave: Float[np.ndarray, " samples"], mel: Float[np.ndarray, "frames mels"], title: str, audio: Audio
) -> Figure:
    """The waveform of one sound above its mel, on one time axis."""
    figure = blank_figure(7.0, 5.0)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
    above.plot(np.arange(len(wave)) * 1000 / audio.rate, wave, linewidth=0.6, color=COLOURS[3])
    above.set_ylim(-1.1, 1.1)
    above.set_title(title.replace("_", " "), fontsize=10)
    above.grid(alpha=0.25, linewidth=0.5)
    image = _draw_mel(below, mel, float(mel.max()), audio)
    below.set_xlabel("ms")
    below.set_ylabel("Hz")
    figure.colorbar(image, ax=below, label="dB", pad=0.01)
    return figure


def captions_of(titles: Sequence[str], versions: Sequence[str]) -> list[list[str]]:
    """A caption "title · version" for every version of every sound, one list per sound."""
    return [[f"{title.replace('_', ' ')} · {version}" for version in versions] for title in titles]


def blank_figure(width: float, height: float) -> Figure:
    """An empty figure of this size in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _draw_mel(axes, mel: Float[np.ndarray, "frames mels"], loudest: float, audio: Audio) -> AxesImage:
    """Draws one mel in dB below `loudest`: time in ms to the right, mel bins upwards with ticks in Hz."""
    level = 20 * np.log10(np.maximum(mel, 1e-9) / loudest)
    end = mel.shape[0] * audio.hop / audio.rate * 1000
    image = axes.imshow(
        level.T, origin="lower", aspect="auto", cmap="magma", vmin=-RANGE_DB, vmax=0, interpolation="nearest",
        extent=(0, end, 0, mel.shape[1]),
    )  # fmt: skip
    centres = dsp.mel_edges_hz(audio)[1:-1]
    ticks = [hz for hz in HZ_TICKS if hz <= centres[-1]]
    axes.set_yticks(np.interp(ticks, centres, np.arange(audio.mels) + 0.5), [f"{hz:,}" for hz in ticks])
    axes.tick_params(labelsize=7)
    return image


def label_outer_axes(grid, count: int, y: str) -> None:
    """Names the axes at the left and bottom edges only; the lowest axes drawn in a column show its ticks."""
    rows, columns = grid.shape
    for row in grid:
        row[0].set_ylabel(y, fontsize=8)
    for column in range(min(columns, count)):
        lowest = grid[(count - 1 - column) // columns, column]
        lowest.set_xlabel("ms", fontsize=8)
        lowest.tick_params(labelbottom=True)


def scatter(
    places: Float[np.ndarray, "sounds 2"], values: Float[np.ndarray, " sounds"], title: str, name: str
) -> Figure:
    """Points within the unit square, coloured by the property `name`, whose colours span its middle 96 %."""
    figure = blank_figure(7.5, 6.5)
    axes = figure.subplots()
    low, high = np.percentile(values, [2, 98]) if len(values) else (0.0, 1.0)
    size = float(np.clip(20_000 / max(len(values), 1), 2, 60))
    points = axes.scatter(*places.T, c=values, s=size, cmap="viridis", vmin=low, vmax=high, linewidths=0)
    axes.set(title=title, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    axes.tick_params(labelsize=7)
    figure.colorbar(points, ax=axes, label=name, shrink=0.8)
    return figure
