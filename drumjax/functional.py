"""Synthesis as pure functions of jax: `generate` works inside `jax.jit`, `jax.vmap` and `jax.grad`.

    from drumjax import functional

    params, config = functional.load()
    kick = jnp.eye(11)[0]
    wave = functional.generate(params, config, jnp.array([0.1, -0.3, 0.5]), kick)

`drumjax.synth.Synth` is the fast player around the same functions.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from drumjax import checkpoint
from drumjax.config import Config
from drumjax.models import Params
from drumjax.play import controls, networks, takes, vocoder


def load(path: str | os.PathLike | None = None) -> tuple[Params, Config]:
    """(params, config) of the bundle in the folder `path`, by default the shipped one; both are for `generate`.

    Raises:
        FileNotFoundError: there is no bundle.
        ValueError: it is damaged.
    """
    bundle = checkpoint.load_bundle(Path(path) if path is not None else checkpoint.shipped())
    return jax.device_put(from_bundle(bundle)), bundle.config


def from_bundle(bundle: checkpoint.Bundle, kind: str | None = None) -> Params:
    """The params of a bundle: its networks laid out for playing, its controls, its texture and the take of seed 0.

    Args:
        bundle: loaded.
        kind: of the controls, one of `controls.KINDS`; None: the bundle's own.

    Raises:
        ValueError: the bundle has no controls of this kind.
    """
    params = {
        **networks.lay_out(bundle),
        "controls": controls.select(bundle.controls, kind or bundle.config.controls),
        "texture": takes.lay_out(bundle.texture, bundle.config),
    }
    return params | {"take": take(params, bundle.config, 0)}


def take(params: Params, config: Config, seed: int) -> dict[str, np.ndarray]:
    """What a texture seed decides, as `generate` takes it; nothing in a bundle without texture."""
    return takes.take(config, len(params["texture"].get("pairs", ())), seed) if params["texture"] else {}


def generate(
    params: Params,
    config: Config,
    z_pca: Float[ArrayLike, " controls"],
    class_mix: Float[ArrayLike, " classes"],
    take: Mapping[str, ArrayLike] | None = None,
) -> Float[Array, " samples"]:
    """The sound at a position of the three controls.

    Args:
        params: what `load` gave.
        config: what `load` gave; static under `jax.jit`.
        z_pca: in standard deviations around the centre of the class.
        class_mix: weights over the drum classes with sum 1, one-hot for a single class.
        take: of another texture seed (`functional.take`), {} for a smooth mel; None: that of seed 0.

    Returns:
        The wave at `config.audio.rate`, peak at most 1, zeros after the sound's end.
    """
    mix = jnp.asarray(class_mix)[None]
    z = place(params, jnp.asarray(z_pca)[None], mix)
    mel = decode(config, params, params["take"] if take is None else take, z, mix)
    wave = vocoder.vocode(config, config.audio.frames, params, mel)[0]
    return wave / jnp.maximum(jnp.max(jnp.abs(wave)), full_peak(config))


def full_peak(config: Config) -> float:
    """The peak from which on a wave is divided by its peak, so that it has a peak of 1.

    Where the vocoder's end is "mel", that is every wave but silence: a decoder's level wanders by 10 dB from sound to
    sound, and samples come at equal peak. Else only what would clip is turned down.
    """
    return 1e-4 if config.vocoder.end == "mel" else 1.0


def place(
    params: Params, z_pca: Float[Array, "batch controls"], class_mix: Float[Array, "batch classes"]
) -> Float[Array, "batch latent"]:
    """The latents at positions of the controls around the centres of classes or mixes."""
    moved = jnp.einsum("bp,bc,cpl->bl", z_pca, class_mix, params["controls"]["basis"])
    return class_mix @ params["controls"]["centre"] + moved


def decode(
    config: Config,
    params: Params,
    take: Mapping[str, ArrayLike],
    z: Float[Array, "batch latent"],
    class_mix: Float[Array, "batch classes"],
) -> Float[Array, "batch frames mels"]:
    """The linear mels of latents, with the texture of a take; an empty one leaves them smooth."""
    mel = networks.decode(config, params, z, class_mix)
    return takes.add_take(mel, z, class_mix, params["texture"], take, config) if take else mel
