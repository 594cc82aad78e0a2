"""The objectives of the paper, whole: equation 5 for the CWAE, equation 13 for the MCNN.

Plain functions of arrays; every setting comes from the config.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, Key

from drumjax.config import CLASSES, CWAE, Audio, Config
from drumjax.models import Params, cwae, losses, mcnn
from drumjax.models.autoencoder import Autoencoder
from drumjax.sound import dsp

Metrics = dict[str, Array]


def cwae_objective(
    model: Autoencoder,
    params: Params,
    batch_stats: Params,
    inputs: Float[Array, "batch ..."],
    labels: Int[Array, " batch"],
    key: Key[Array, ""],
) -> tuple[Float[Array, ""], tuple[Metrics, Params]]:
    """Equation 5: the reconstruction error of a batch plus beta times the mean MMD of its classes.

    Args:
        model: what `cwae.build` gave.
        params: trained.
        batch_stats: running statistics.
        inputs: network inputs (`Autoencoder.project`), sorted by class, as many of each class.
        labels: class index of each.
        key: of the blending, the dropout and the draw of the prior.

    Returns:
        The loss; {"loss", "mse", "mmd"}; the updated running statistics.
    """
    settings = model.settings
    blend_key, dropout_key, prior_key = jax.random.split(key, 3)
    inputs = blend(settings, inputs, blend_key)
    (z, outputs), updated = model.apply(
        {"params": params, "batch_stats": batch_stats},
        inputs,
        jax.nn.one_hot(labels, len(CLASSES)),
        train=True,
        method="reconstruct_inputs",
        mutable=["batch_stats"],
        rngs={"dropout": dropout_key},
    )
    errors = model.squared_errors(inputs, outputs)
    codes = z.reshape(len(CLASSES), -1, settings.latent)
    prior = jnp.sqrt(settings.sigma2) * jax.random.normal(prior_key, codes.shape)
    distance = jnp.mean(losses.class_mmd(codes, prior, settings.scales, settings.sigma2))  # equation 4
    loss = cwae_loss(settings, jnp.mean(errors), distance, len(errors))
    return loss, ({"loss": loss, "mse": jnp.mean(errors), "mmd": distance}, updated["batch_stats"])


def cwae_loss(settings: CWAE, mse: Float[ArrayLike, ""], mmd: Float[ArrayLike, ""], batch: int) -> Float[ArrayLike, ""]:
    """Equation 5 of a batch's mean squared error and MMD. Its sum over the batch is `batch` times the mean."""
    return (batch if settings.reduction == "sum" else 1) * mse + settings.beta * mmd


def blend(settings: CWAE, inputs: Float[Array, "batch ..."], key: Key[Array, ""]) -> Float[Array, "batch ..."]:
    """Network inputs, `settings.blend` of them moved a random part of the way to the next of their class.

    A blend of two log-mels of a class is a further sound of that class; batches come in random order.
    """
    if not settings.blend:
        return inputs
    share_key, chosen_key = jax.random.split(key)
    shape = (len(inputs), *(1 for _ in inputs.shape[1:]))
    other = jnp.roll(inputs.reshape(len(CLASSES), -1, *inputs.shape[1:]), 1, axis=1).reshape(inputs.shape)
    share = jax.random.uniform(share_key, shape) * jax.random.bernoulli(chosen_key, settings.blend, shape)
    return inputs + share * (other - inputs)


def validation_mmd(settings: CWAE, z: Float[np.ndarray, "sounds latent"], labels: Int[np.ndarray, " sounds"]) -> float:
    """The mean over classes of the MMD of validation codes against a fixed draw of the prior."""
    rng, values = np.random.default_rng(0), []
    for label in np.unique(labels):
        own = z[labels == label]
        if len(own) > 1:
            prior = np.sqrt(settings.sigma2) * rng.standard_normal(own.shape, np.float32)
            values.append(float(losses.mmd(own, prior, settings.scales, settings.sigma2)))
    return float(np.mean(values)) if values else 0.0


def mcnn_losses(
    config: Config,
    audio: Audio,
    params: Params,
    inputs: Float[Array, "batch frames mels"],
    mel: Float[Array, "batch frames mels"],
    lengths: Int[Array, " batch"],
) -> Metrics:
    """Equations 9, 11 and 12 for every sound: {"convergence", "log_mel", "mask"}, each (batch,).

    Args:
        config: of the run.
        audio: of the sounds, which may be cut shorter than `config.audio`; the silence cut off counts as silence.
        params: of the MCNN.
        inputs: mels that the MCNN reads.
        mel: mels of the sounds that it is to give.
        lengths: samples of each sound.
    """
    wave, logits = mcnn.MCNN(config.mcnn, audio).apply({"params": params}, inputs)
    estimate = dsp.mel_spectrogram(wave * jax.nn.sigmoid(logits), audio)
    mel, estimate = (jnp.pad(x, ((0, 0), (0, config.audio.frames - audio.frames), (0, 0))) for x in (mel, estimate))
    logits = jnp.pad(logits, ((0, 0), (0, config.audio.samples - audio.samples)))
    active = losses.active_frames(lengths, config.audio) if config.mcnn.log_loss == "active" else None
    return {
        "convergence": losses.spectral_convergence(mel, estimate),
        "log_mel": losses.log_mel_distance(mel, estimate, config.mcnn.log_eps, active),
        "mask": losses.mask_loss(logits, lengths),
    }


def mcnn_loss(config: Config, means: dict[str, Any]) -> Any:
    """Equation 13: the weighted sum of the three losses of `mcnn_losses`."""
    weights = dict(zip(("convergence", "log_mel", "mask"), config.mcnn.loss_weights, strict=True))
    return sum(weight * means[name] for name, weight in weights.items())


def mcnn_objective(
    config: Config,
    audio: Audio,
    params: Params,
    inputs: Float[Array, "batch frames mels"],
    mel: Float[Array, "batch frames mels"],
    lengths: Int[Array, " batch"],
) -> tuple[Float[Array, ""], Metrics]:
    """Equation 13 of a batch, and its parts; arguments as `mcnn_losses`."""
    means = {
        name: jnp.mean(values) for name, values in mcnn_losses(config, audio, params, inputs, mel, lengths).items()
    }
    loss = mcnn_loss(config, means)
    return loss, {"loss": loss, **means}


def reconstruct(
    config: Config, frozen: dict[str, Any], mel: Float[Array, "batch frames mels"], labels: Int[Array, " batch"]
) -> Float[Array, "batch frames mels"]:
    """The mels that a trained CWAE decodes from the codes of `mel`.

    Args:
        config: of the run.
        frozen: {"cwae": variables, "mean", "std"}.
        mel: linear mels.
        labels: class index of each.
    """
    classes = jax.nn.one_hot(labels, len(CLASSES))
    x = dsp.standardise(mel, frozen["mean"], frozen["std"], config.cwae.log_offset)
    _, output = cwae.build(config).apply(frozen["cwae"], x, classes)
    return dsp.gate(dsp.unstandardise(output, frozen["mean"], frozen["std"], config.cwae.log_offset))


def joint_inputs(
    config: Config,
    frozen: dict[str, Any],
    mel: Float[Array, "batch frames mels"],
    labels: Int[Array, " batch"],
    key: Key[Array, ""],
) -> Float[Array, "batch frames mels"]:
    """Mels for the MCNN in the joint stage: each is real or the CWAE's reconstruction, with even odds."""
    chosen = jax.random.bernoulli(key, 0.5, (len(mel), 1, 1))
    return jnp.where(chosen, jax.lax.stop_gradient(reconstruct(config, frozen, mel, labels)), mel)
