"""The map of a class: its sounds as dots, each of which can be rendered by its number."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from drumjax.data.labels import class_index
from drumjax.sound import dsp
from drumjax.synth import Synth

MOST_DOTS = 200
"""On a map."""
AT_ONCE = 8
"""Dots that are decoded in one step."""
_SAME = 0.01
"""Knob positions that differ by less are of one sound."""

Points = Float[np.ndarray, "sounds 3"]
"""The first two knobs and the brightness in Hz of each dot of a map."""


class Maps:
    """The dots of all classes, for the thread that owns the Synth."""

    def __init__(self, synth: Synth):
        self._synth = synth
        self._dots: dict[str, Float[np.ndarray, "dots latent"]] = {}
        self._points: dict[str, Points] = {}

    def dot(self, drum_class: str, number: int) -> Float[np.ndarray, " latent"]:
        """The latents of a dot, for a mix of the map of its first class.

        Raises:
            ValueError: the map has no such dot.
        """
        drum_class = drum_class.split(":")[0]
        dots = self._latents(drum_class)
        if number >= len(dots):
            raise ValueError(f"the map of {drum_class} has the dots 0 to {len(dots) - 1}; got {number}")
        return dots[number]

    def steps(self, drum_class: str) -> Iterator[None]:
        """Computes the map of a class, a few dots in each step; afterwards `points` has it."""
        z, parts = self._latents(drum_class), []
        if drum_class in self._points:
            return
        hz = dsp.mel_edges_hz(self._synth.config.audio)[1:-1]
        for at in range(0, len(z), AT_ONCE):
            some = z[at : at + AT_ONCE]
            level = self._synth.decode(some, drum_class).sum(axis=1)
            brightness = level @ hz / np.maximum(level.sum(axis=1), 1e-9)
            parts.append(np.column_stack([self._synth.controls(some, drum_class)[:, :2], brightness]))
            yield
        self._points[drum_class] = np.concatenate(parts)

    def points(self, drum_class: str) -> Points:
        """The map of a class, once `steps` has computed it."""
        return self._points[drum_class]

    def _latents(self, drum_class: str) -> Float[np.ndarray, "dots latent"]:
        """The training sounds whose codes and points the bundle holds, else those with codes, else draws."""
        if drum_class in self._dots:
            return self._dots[drum_class]
        density = self._synth.density
        if "codes" not in density:
            dots = self._synth.draw(drum_class, MOST_DOTS, 0)
        else:
            dots = density["codes"][density["labels"] == class_index(drum_class)]
            points = self._synth.map_points(drum_class)
            knobs = self._synth.controls(dots, drum_class)[:, None, :2]
            distance = np.abs(knobs - points[:, :2]).max(axis=2)
            known = distance.min(axis=1, initial=np.inf) < _SAME
            if known.any():
                dots = dots[known][:MOST_DOTS]
                self._points[drum_class] = points[distance[known].argmin(axis=1)][:MOST_DOTS]
            dots = dots[:: max(1, -(-len(dots) // MOST_DOTS))]
        self._dots[drum_class] = dots
        return dots
