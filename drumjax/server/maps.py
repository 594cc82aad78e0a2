"""The map of a class: its sounds as dots, each of which can be rendered by its number."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from drumjax.data.labels import class_index
from drumjax.sound import dsp
from drumjax.synth import Synth

MOST_DOTS, DRAWN = 400, 200
"""Dots on a map at most, and drawn sounds in its place where a bundle holds no codes."""
AT_ONCE = 8
"""Dots that are decoded in one step."""

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
        if drum_class in self._points:
            return
        z, parts = self._latents(drum_class), []
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
        """Codes of training sounds where the bundle holds them, else draws of the class."""
        if drum_class not in self._dots:
            label, density = class_index(drum_class), self._synth.density
            if "codes" in density:
                codes = density["codes"][density["labels"] == label]
                chosen = np.linspace(0, len(codes) - 1, min(len(codes), MOST_DOTS)).round().astype(int)
                self._dots[drum_class] = codes[chosen]
            else:
                self._dots[drum_class] = self._synth.draw(drum_class, DRAWN, 0)
        return self._dots[drum_class]
