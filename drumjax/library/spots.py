"""Empty spots of a map, played: a sound decoded between those around the spot."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from drumjax.library.library import Hit, Library
from drumjax.sound import audio
from drumjax.synth import Synth

READ_SECONDS = 10.0  # of each file; a bundle holds a second


def latents(
    library: Library, synth: Synth, near: Sequence[tuple[Hit, float]]
) -> tuple[Float[np.ndarray, " latent"], dict[str, float]]:
    """The latents between sounds, and the mix of their classes.

    Args:
        library: that the sounds are of; it gives a class to a sound whose names say none.
        synth: encodes them.
        near: the sounds with weights of sum 1, see `Library.between`.

    Raises:
        ValueError: a file can no longer be read, or nothing says the class of any sound of the library.
    """
    waves, mix, names = [], {}, []
    for hit, weight in near:
        name = hit.drum_class or library.class_of(hit.path)
        if name is None:
            raise ValueError("no name in this library says a drum class: name one with --class")
        read = audio.read(hit.path, READ_SECONDS)
        waves.append(audio.fit_mix(*read, synth.config.audio, READ_SECONDS, min_seconds=0.0)[0])
        names.append(name)
        mix[name] = mix.get(name, 0.0) + weight
    weights = np.array([weight for _, weight in near], np.float32)
    return weights @ synth.encode(np.stack(waves), names), mix


def play(
    library: Library, synth: Synth, near: Sequence[tuple[Hit, float]], texture: int | None = 0
) -> Float[np.ndarray, " samples"]:
    """The sound between sounds, at `synth.rate`; arguments as for `latents`."""
    z, mix = latents(library, synth, near)
    return synth.render(z, mix, texture)
