"""What the stages of `drumjax.train.stages` minimise: arrays in, numbers out, every setting from the config."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from drumjax.config import CLASSES, Audio, Config
from drumjax.config import CWAE as Settings
from drumjax.models import losses
from drumjax.models.cwae import CWAE
from drumjax.models.mcnn import MCNN
from drumjax.sound import dsp


def features(config: Config, extra: dict[str, Any], waves: Array) -> Array:
    """Standardised log-mels."""
    mel = dsp.mel_spectrogram(waves, config.audio)
    return dsp.standardised(mel, extra["mean"], extra["std"], config.cwae.log_offset)


def blended(settings: Settings, u: Array, *keys: Array) -> Array:
    """A blend of two log-mels of a class is one more sound of that class. Batches come in random order."""
    other = jnp.roll(u.reshape(len(CLASSES), -1, settings.components), 1, axis=1).reshape(u.shape)
    share = jax.random.uniform(keys[0], (len(u), 1)) * jax.random.bernoulli(keys[1], settings.blend, (len(u), 1))
    return u + share * (other - u)


def balanced(settings: Settings, errors: Array, z: Array, key: Array) -> tuple[Array, dict[str, Array]]:
    """The loss of the CWAE and what it is made of. Batches are sorted by class, with as many sounds of each."""
    z = z.reshape(len(CLASSES), -1, settings.latent)
    prior = jnp.sqrt(settings.sigma2) * jax.random.normal(key, z.shape)
    distance = jnp.mean(losses.class_mmd(z, prior, settings.scales, settings.sigma2))
    reconstruction = jnp.sum(errors) if settings.reduction == "sum" else jnp.mean(errors)
    loss = reconstruction + settings.beta * distance
    return loss, {"loss": loss, "mse": jnp.mean(errors), "mmd": distance}


def validation_mmd(config: Config, z: np.ndarray, labels: np.ndarray) -> float:
    """Mean over classes of the MMD of validation codes against a fixed draw of the prior."""
    rng, values = np.random.default_rng(0), []
    for label in np.unique(labels):
        own = z[labels == label]
        if len(own) > 1:
            prior = np.sqrt(config.cwae.sigma2) * rng.standard_normal(own.shape, np.float32)
            values.append(float(losses.mmd(own, prior, config.cwae.scales, config.cwae.sigma2)))
    return float(np.mean(values)) if values else 0.0


def reconstructed(config: Config, frozen: dict[str, Any], mel: Array, labels: Array) -> Array:
    """What a trained CWAE makes of mels."""
    classes = jax.nn.one_hot(labels, len(CLASSES))
    x = dsp.standardised(mel, frozen["mean"], frozen["std"], config.cwae.log_offset)
    _, output = CWAE(config.cwae, config.audio).apply(frozen["cwae"], x, classes)
    return dsp.gate(dsp.unstandardised(output, frozen["mean"], frozen["std"], config.cwae.log_offset))


def vocoder_losses(
    config: Config, cut: Audio, params: Any, given: Array, mel: Array, lengths: Array
) -> dict[str, Array]:
    """The parts of the MCNN's loss, a value a sound, for mels cut to the frames of `cut`."""
    wave, logits = MCNN(config.mcnn, cut).apply({"params": params}, given)
    estimate = dsp.mel_spectrogram(wave * jax.nn.sigmoid(logits), cut)
    # What was cut off is silent, and counts in the losses as silence.
    mel, estimate = (jnp.pad(x, ((0, 0), (0, config.audio.frames - cut.frames), (0, 0))) for x in (mel, estimate))
    logits = jnp.pad(logits, ((0, 0), (0, config.audio.samples - cut.samples)))
    active = losses.active_frames(lengths, config.audio) if config.mcnn.log_loss == "active" else None
    return {
        "convergence": losses.spectral_convergence(mel, estimate),
        "log_mel": losses.log_mel_distance(mel, estimate, config.mcnn.log_eps, active),
        "mask": losses.mask_loss(logits, lengths),
    }
