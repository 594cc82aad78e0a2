"""Recipes to waves, through the one inference path."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from drumjax.cli.recipe import Recipe
from drumjax.config import CLASSES
from drumjax.sound import audio
from drumjax.synth import Synth

AT_ONCE = 128
"""Sounds that are made before any is written, at most."""


def latents(synth: Synth, recipe: Recipe, base_file: str | None = None) -> Float[np.ndarray, "n latent"]:
    """The latents of the recipe's sound, and of all that were drawn with it.

    Args:
        synth: plays them.
        recipe: of one of the sounds.
        base_file: where the base's file lies now, if elsewhere than in the recipe.

    Raises:
        ValueError: the bundle cannot draw so, or a base cannot be read.
    """
    if recipe.z is not None:
        return synth.place([recipe.z], recipe.drum_class, _base(synth, recipe, base_file))
    if recipe.reach:
        own = CLASSES.index(recipe.drum_class) if recipe.drum_class in CLASSES else len(CLASSES)
        rng = np.random.default_rng([recipe.seed, own])
        return synth.place(rng.uniform(-recipe.reach, recipe.reach, (recipe.n, 3)), recipe.drum_class)
    return synth.draw(recipe.drum_class, recipe.n, recipe.seed, recipe.prior, recipe.strict)


def sounds(synth: Synth, recipes: list[Recipe]) -> Iterator[tuple[Recipe, Float[np.ndarray, " samples"]]]:
    """(recipe, wave) of every sound of the recipes, made `AT_ONCE` at a time."""
    drawn = [latents(synth, recipe) for recipe in recipes]  # errors come before the first file
    for recipe, z in zip(recipes, drawn, strict=True):
        for at in range(0, len(z), AT_ONCE):
            waves = synth.render(z[at : at + AT_ONCE], recipe.drum_class, recipe.texture)
            for number, wave in enumerate(waves, at + 1):
                yield replace(recipe, sound=number), wave


def again(
    synth: Synth, recipe: Recipe, base_file: str | None = None
) -> Iterator[tuple[Recipe, Float[np.ndarray, " samples"]]]:
    """(recipe, wave) of one sound, bit for bit as in `sounds`.

    A batch of another size may round otherwise, so the sounds that were made together with it are made again.
    """
    z, index = latents(synth, recipe, base_file), recipe.sound - 1
    at = index - index % AT_ONCE
    yield recipe, synth.render(z[at : at + AT_ONCE], recipe.drum_class, recipe.texture)[index - at]


def finished(synth: Synth, recipe: Recipe, wave: Float[np.ndarray, " samples"]) -> Float[np.ndarray, " file_samples"]:
    """The wave as it is written: cut at the sound's end unless `full_length`, at the file's rate, peak at most 1."""
    if not recipe.full_length and wave.any():
        wave = np.trim_zeros(wave, "b")
    resampled = audio.resample(wave, synth.rate, recipe.rate)
    # A resampled peak may rise above full scale between the samples.
    return resampled / np.float32(max(1.0, float(np.abs(resampled).max())))


def _base(synth: Synth, recipe: Recipe, base_file: str | None) -> Float[np.ndarray, " latent"] | None:
    base = recipe.base
    if base is None:
        return None
    if base.seed is not None:
        return synth.draw(recipe.drum_class, 1, base.seed)[0]
    wave, rate = audio.read(base_file or base.file or "", seconds=10.0)
    fitted, _ = audio.fit(audio.resample(audio.mono(wave), rate, synth.rate), synth.config.audio, 10.0, most_lost=1.0)
    return synth.encode(fitted, recipe.drum_class)
