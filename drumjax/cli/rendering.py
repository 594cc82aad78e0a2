"""Recipes to waves, through the one inference path."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from drumjax.config import CLASSES
from drumjax.kits.recipe import Recipe
from drumjax.sound import audio
from drumjax.synth import Synth

AT_ONCE = 128
"""Sounds that are made before any is written, at most."""


def latents(synth: Synth, recipe: Recipe) -> Float[np.ndarray, "n latent"]:
    """The latents of the recipe's sound, and of all that were drawn with it.

    Raises:
        ValueError: the bundle cannot draw so.
    """
    if recipe.z is not None:
        base = recipe.base and synth.draw(recipe.drum_class, 1, recipe.base.seed or 0)[0]
        return synth.place([recipe.z], recipe.drum_class, base)
    if recipe.reach:
        own = CLASSES.index(recipe.drum_class) if recipe.drum_class in CLASSES else len(CLASSES)
        rng = np.random.default_rng([recipe.seed, own])
        return synth.place(rng.uniform(-recipe.reach, recipe.reach, (recipe.n, 3)), recipe.drum_class)
    return synth.draw(recipe.drum_class, recipe.n, recipe.seed, recipe.prior, recipe.strict)


def sounds(synth: Synth, recipes: list[Recipe]) -> Iterator[tuple[Recipe, Float[np.ndarray, "samples ..."]]]:
    """(recipe, wave) of every sound of the recipes, made `AT_ONCE` at a time.

    Raises:
        ValueError: a sound cannot be made, before the first is.
    """
    made = [_Edits(synth, recipe) if recipe.own else latents(synth, recipe) for recipe in recipes]
    for recipe, z in zip(recipes, made, strict=True):
        if isinstance(z, _Edits):
            yield from ((replace(recipe, sound=number), z.sound(number)) for number in range(1, recipe.n + 1))
            continue
        for at in range(0, len(z), AT_ONCE):
            waves = synth.render(z[at : at + AT_ONCE], recipe.drum_class, recipe.texture)
            for number, wave in enumerate(waves, at + 1):
                yield replace(recipe, sound=number), wave


def again(
    synth: Synth, recipe: Recipe, base_file: str | None = None, morph_file: str | None = None
) -> Iterator[tuple[Recipe, Float[np.ndarray, "samples ..."]]]:
    """(recipe, wave) of one sound, bit for bit as in `sounds`.

    A batch of another size may round otherwise, so the sounds that were made together with it are made again.

    Args:
        synth: plays it.
        recipe: of the sound.
        base_file, morph_file: where the sound files lie now, if elsewhere than in the recipe.
    """
    if recipe.own:
        yield recipe, _Edits(synth, recipe, base_file, morph_file).sound(recipe.sound)
        return
    z, index = latents(synth, recipe), recipe.sound - 1
    at = index - index % AT_ONCE
    yield recipe, synth.render(z[at : at + AT_ONCE], recipe.drum_class, recipe.texture)[index - at]


class _Edits:
    """The sounds that a recipe makes of a sound file of the user's, at the recipe's rate."""

    def __init__(self, synth: Synth, recipe: Recipe, base_file: str | None = None, morph_file: str | None = None):
        base_file = base_file or (recipe.base and recipe.base.file) or ""
        self._synth, self._recipe = synth, recipe
        self._base = synth.listen(base_file, drum_class=recipe.drum_class)
        self._layers = synth.layers(self._base, recipe.n) if recipe.layers else []
        self._other = synth.listen(morph_file or recipe.morph.file or "") if recipe.morph else None

    def sound(self, number: int) -> Float[np.ndarray, "samples ..."]:
        return audio.resample(self._made(number), self._base.rate, self._recipe.rate)

    def _made(self, number: int) -> Float[np.ndarray, "samples ..."]:
        recipe = self._recipe
        if recipe.takes:
            return self._synth.takes(self._base, 1, recipe.seed + number - 1)[0]
        if self._layers:
            return self._layers[number - 1]
        if self._other:
            return self._synth.morph(self._base, self._other, number / (recipe.n + 1))
        return self._synth.generate(list(recipe.z or (0.0, 0.0, 0.0)), recipe.drum_class, self._base, recipe.texture)


def finished(synth: Synth, recipe: Recipe, wave: Float[np.ndarray, "samples ..."]) -> Float[np.ndarray, "written ..."]:
    """The wave as it is written: at the file's rate, peak at most 1; the model's own cut at its end.

    With `full_length` these keep the silence after their end, as sounds made from a file do.
    """
    if not recipe.own:
        if not recipe.full_length and wave.any():
            wave = np.trim_zeros(wave, "b")
        wave = audio.resample(wave, synth.rate, recipe.rate)
    # A resampled peak may rise above full scale between the samples.
    return wave / np.float32(max(1.0, float(np.abs(wave).max())))


def for_picture(synth: Synth, recipe: Recipe, wave: Float[np.ndarray, "samples ..."]) -> Float[np.ndarray, " fitted"]:
    """The wave as the bundle has waves: mono, at its rate and length."""
    mono = audio.resample(audio.mono(wave), recipe.rate if recipe.own else synth.rate, synth.rate)[: synth.samples]
    return np.pad(mono, (0, synth.samples - len(mono)))
