"""What of a bundle is exported: `sound.onnx`, from knobs to a waveform, and `draw.onnx`, the latents of new sounds.

Random numbers are inputs, made by the caller. Any generator serves; that of `drumjax.sound.seeds` makes the takes and
draws of `Synth`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Shaped

from drumjax import files, functional
from drumjax.checkpoint import Bundle
from drumjax.clients.onnx import graph
from drumjax.config import CLASSES, Audio, Config
from drumjax.kernels import narrow
from drumjax.play import controls, networks, sampling, takes, vocoder
from drumjax.sound import dsp, texture

FORMAT = "drumjax onnx 2"


class Hits(NamedTuple):
    """The fine structure of hits, `pairs` of `takes.lay_out`, with equal frames stored once: most are silent ones.

    Attributes:
        rows: different frames.
        row: of each frame (hits, frames).
    """

    rows: Any
    row: Any

    def __getitem__(self, index: Int[Array, "*some"]) -> Shaped[Array, "*some frames pairs"]:
        return jnp.take(self.rows, jnp.take(self.row, index, axis=0, mode="clip"), axis=0, mode="clip")


def write(bundle: Bundle, folder: Path, force: bool = False) -> Path:
    """Writes the models of a bundle, all or none; returns their folder.

    A bundle without a density has no `draw.onnx`: its draws are normal numbers.

    Args:
        bundle: of any preset.
        folder: a new one, under its own name with a number where it exists.
        force: write into a folder that is there.

    Raises:
        OSError: the folder cannot be written.
    """
    models = {"sound.onnx": sound_model} | ({"draw.onnx": draw_model} if bundle.density else {})
    return files.write_folder(folder, {name: make(bundle).SerializeToString() for name, make in models.items()}, force)


def sound_model(bundle: Bundle) -> Any:
    """The ONNX model of `sound`."""
    config, params = bundle.config, lay_out(bundle)
    audio, fitted = config.audio, params["texture"]
    inputs = {
        "knobs": ((controls.COUNT,), "positions of the three knobs, in standard deviations; 0 is in the middle"),
        "class_mix": ((len(CLASSES),), "weights of the drum classes with sum 1, in the order of the metadata"),
        "base": ((config.cwae.latent,), "latents that the knobs move; NaN: those of the centre of the classes"),
    }
    if fitted:
        samples = (audio.frames - 1) * audio.hop + audio.window
        inputs["noise"] = (samples,), "normal random numbers: others are another take"
    if "hits" in fitted:
        inputs["choice"] = (len(fitted["codes"]),), "normal random numbers: others are another take"

    def play(params, knobs, class_mix, base, *numbers):
        return sound(config, params, knobs, class_mix, base, *numbers)

    output = "wave", f"{audio.samples} samples at {audio.rate} Hz, peak at most 1, zeros after the end"
    return graph.model(play, params, inputs, output, _metadata(bundle))


def draw_model(bundle: Bundle) -> Any:
    """The ONNX model of `draw`."""
    inputs = {"class_mix": ((len(CLASSES),), "weights of the drum classes: which class is drawn from")}
    if "codes" in bundle.density:
        inputs["uniform"] = (
            (4,),
            "uniform random numbers from 0 to 1: for the class, two sounds of it, and their shares",
        )
    else:
        inputs["uniform"] = (1,), "a uniform random number from 0 to 1, for the class"
        inputs["normal"] = (bundle.config.cwae.latent,), "normal random numbers"
    return graph.model(draw, dict(bundle.density), inputs, ("base", "latents of a new sound"), _metadata(bundle))


def _metadata(bundle: Bundle) -> dict[str, str]:
    return {
        "format": FORMAT,
        "opset": str(graph.OPSET),
        "classes": json.dumps(CLASSES),
        "knobs": json.dumps(bundle.metadata.get("knobs", {})),
        "rate": str(bundle.config.audio.rate),
        "preset": bundle.config.preset,
        "sources": json.dumps(bundle.metadata.get("sources", [])),
    }


def lay_out(bundle: Bundle) -> dict[str, Any]:
    """The params that `sound` takes."""
    config, params = bundle.config, networks.lay_out(bundle)
    if "widest" in params["decoder"]:
        kernel, bias = params["decoder"]["widest"]
        params["decoder"]["widest"] = narrow.unpack(kernel, config.cwae.dense[0]), bias
    fitted = takes.lay_out(bundle.texture, config)
    if "pairs" in fitted:
        pairs = fitted.pop("pairs")
        rows, row = np.unique(pairs.reshape(-1, pairs.shape[-1]), axis=0, return_inverse=True)
        fitted["hits"] = {"rows": rows, "row": row.reshape(pairs.shape[:2]).astype(np.int32)}
    return {**params, "controls": controls.select(bundle.controls, config.controls), "texture": fitted}


def sound(
    config: Config,
    params: Mapping[str, Any],
    knobs: Float[Array, " controls"],
    class_mix: Float[Array, " classes"],
    base: Float[Array, " latent"],
    noise: Float[Array, " noise"] | None = None,
    choice: Float[Array, " hits"] | None = None,
) -> Float[Array, " samples"]:
    """`Synth.generate` for one sound, of random numbers in place of a take.

    Args:
        config: of the bundle.
        params: result of `lay_out`.
        knobs: in standard deviations.
        class_mix: weights of the classes.
        base: latents that the knobs move; NaN: those of the centre of the classes.
        noise: normal numbers, for bundles with texture.
        choice: normal numbers, for bundles with hits.
    """
    mix, fitted, take = class_mix[None], dict(params["texture"]), {}
    centre = mix @ params["controls"]["centre"]
    z = functional.place(params, knobs[None], mix) - centre + jnp.where(jnp.isnan(base), centre, base)
    if noise is not None:
        take["noise"] = fluctuation(noise, config.audio)
    if choice is not None:
        take["chance"] = takes.CHANCE * choice
        fitted["pairs"] = Hits(**fitted.pop("hits"))
    decoder = dict(params["decoder"])
    if "basis" in decoder:
        levels, step = decoder["basis"]
        decoder["basis"] = levels.astype(jnp.float32), step
    mel = functional.decode(config, {**params, "decoder": decoder, "texture": fitted}, take, z, mix)
    wave = vocoder.vocode(config, config.audio.frames, params, mel)[0]
    return wave / jnp.maximum(jnp.max(jnp.abs(wave)), functional.full_peak(config))


def fluctuation(noise: Float[Array, " samples"], audio: Audio) -> Float[Array, "frames mels"]:
    """`texture.fluctuation` of normal numbers."""
    blocks = noise.reshape(-1, audio.hop)
    frames = [blocks[i : i + audio.frames] for i in range(audio.window // audio.hop)]
    spectrum = jnp.fft.rfft(jnp.concatenate(frames, axis=-1) * dsp.hann(audio.window), audio.fft)
    return jnp.log(dsp.to_mels(dsp.magnitude(spectrum), audio) + 1e-9) - texture.mean_noise_log_mel(audio)


def draw(
    density: Mapping[str, Any],
    class_mix: Float[Array, " classes"],
    uniform: Float[Array, " numbers"],
    normal: Float[Array, " latent"] | None = None,
) -> Float[Array, " latent"]:
    """`sampling.draw` of random numbers: latents of a new sound of a class, chosen by its weight in the mix."""
    label = _chosen(class_mix, uniform[0])
    mean = jnp.take(density["means"], label, axis=0, mode="clip")
    if "codes" not in density:
        return mean + jnp.take(density["factors"], label, axis=0, mode="clip") @ normal
    weights = density["weights"] * (density["labels"].astype(jnp.int32) == label)
    first = _chosen(weights, uniform[1])
    if "partners" in density:
        partners = jnp.take(density["partners"].astype(jnp.int32), first, axis=0, mode="clip")
        second = jnp.take(partners, (len(partners) * uniform[2]).astype(jnp.int32), mode="clip")
    else:
        others = jnp.where(jnp.arange(len(weights)) == first, 0.0, weights)
        second = _chosen(jnp.where(jnp.max(others) > 0, others, weights), uniform[2])
    angle = sampling.ANGLES[0] + (sampling.ANGLES[1] - sampling.ANGLES[0]) * uniform[3]
    one, two = (jnp.take(density["codes"], i, axis=0, mode="clip") - mean for i in (first, second))
    return mean + jnp.cos(angle) * one + jnp.sin(angle) * two


def _chosen(weights: Float[Array, " choices"], uniform: Float[Array, ""]) -> Int[Array, ""]:
    """`seeds.Numbers.choose` of a uniform number."""
    sums = jnp.cumsum(weights)
    return jnp.minimum(jnp.sum(sums <= uniform * sums[-1]), jnp.argmax(sums))
