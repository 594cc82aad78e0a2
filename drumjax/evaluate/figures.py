"""Figures of an evaluation: mels of reconstructions, samples, knobs and mixes; waveforms; a map of the latents."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure

from drumjax.config import CLASSES, Audio
from drumjax.sound import pictures


def reconstructions(
    mels: Float[np.ndarray, "sounds versions frames mels"], titles: Sequence[str], audio: Audio = Audio()
) -> Figure:
    """Mels of input, CWAE and whole chain side by side; the colour range is common to the three of each sound."""
    return pictures.mel_grid(
        mels, pictures.captions_of(titles, ("input", "CWAE", "whole chain")), audio, sounds_per_row=2
    )


def samples(
    mels: Float[np.ndarray, "classes sounds frames mels"], titles: Sequence[str], audio: Audio = Audio()
) -> Figure:
    """Mels of new sounds, one row for each class."""
    return pictures.mel_grid(
        mels, pictures.captions_of(titles, [f"sample {i + 1}" for i in range(mels.shape[1])]), audio
    )


def knobs(
    mels: Float[np.ndarray, "classes positions frames mels"],
    titles: Sequence[str],
    names: Sequence[Sequence[str]],
    positions: Sequence[float],
    audio: Audio = Audio(),
) -> Figure:
    """Mels of every position of each knob, the other knobs at 0: one row for each class, knob after knob.

    Args:
        mels: knob by knob, every position.
        titles: class names.
        names: the knobs' names, for each class.
        positions: of a knob, in standard deviations.
        audio: settings of the mels.
    """
    settings = [[f"{name} {position:+g}" for name in own for position in positions] for own in names]
    captions = [pictures.captions_of([title], own)[0] for title, own in zip(titles, settings, strict=True)]
    return pictures.mel_grid(mels, captions, audio)


def mixes(
    mels: Float[np.ndarray, "pairs steps frames mels"], captions: Sequence[Sequence[str]], audio: Audio = Audio()
) -> Figure:
    """Mels of the steps from one class to another, one row for each pair."""
    return pictures.mel_grid(mels, captions, audio)


def waveforms(
    waves: Float[np.ndarray, "sounds versions samples"], titles: Sequence[str], versions: Sequence[str], rate: int
) -> Figure:
    """Waveforms over milliseconds, full scale: one row for each sound, one column for each version."""
    count, kinds = waves.shape[:2]
    figure = pictures.blank_figure(1.2 + 3.4 * kinds, 0.6 + 1.2 * count)
    grid = figure.subplots(count, kinds, squeeze=False, sharex=True, sharey=True)
    ms = np.arange(waves.shape[-1]) * 1000 / rate
    captions = pictures.captions_of(titles, versions)
    for i, row in enumerate(grid):
        for j, axes in enumerate(row):
            axes.plot(ms, waves[i, j], linewidth=0.5, color=pictures.COLOURS[j + 3])
            axes.set_ylim(-1.1, 1.1)
            axes.set_xlim(0, ms[-1])
            axes.grid(alpha=0.25, linewidth=0.5)
            axes.tick_params(labelsize=7)
            axes.set_title(captions[i][j], fontsize=8)
    pictures.label_outer_axes(grid, count * kinds, "amplitude")
    return figure


def latent_map(
    points: Float[np.ndarray, "sounds 2"],
    labels: Int[np.ndarray, " sounds"],
    shares: Sequence[float] = (),
) -> Figure:
    """Scatter plot of encoded sounds on their first two principal components, coloured by class.

    Args:
        points: coordinates.
        labels: index of each sound's class.
        shares: share of the variance of each component, 0 to 1.
    """
    figure = pictures.blank_figure(8.5, 6.5)
    axes = figure.subplots()
    for label in np.unique(labels):
        own = points[labels == label]
        name = f"{CLASSES[label].replace('_', ' ')} ({len(own)})"
        axes.scatter(*own.T, s=12, alpha=0.65, linewidths=0, color=pictures.COLOURS[label], label=name)
    for label in np.unique(labels):  # after all points, so that no point covers a centre
        centre = points[labels == label].mean(axis=0)
        axes.scatter(
            *centre, s=110, marker="X", color=pictures.COLOURS[label], edgecolors="black", linewidths=0.9, zorder=3
        )
    texts = [f" ({share:.0%} of the variance)" for share in shares] or ["", ""]
    axes.set_xlabel(f"first principal component{texts[0]}")
    axes.set_ylabel(f"second principal component{texts[1]}")
    axes.set_title("Encoded training sounds; crosses are the centres of the classes", fontsize=10)
    axes.grid(alpha=0.25, linewidth=0.5)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, markerscale=1.6)
    return figure
