"""Checks of the settings in `drumjax.config`: each raises a ValueError that states the value and the allowed ones."""

import math
from typing import Any


def require(condition: bool, message: str) -> None:
    """Raises a ValueError with the message unless the condition holds."""
    if not condition:
        raise ValueError(message)


def check_audio(audio: Any) -> None:
    smallest = min(audio.rate, audio.samples, audio.window, audio.hop, audio.fft, audio.mels)
    require(smallest > 0, f"audio takes numbers above 0; got {smallest}")
    require(
        audio.window % audio.hop == 0, f"audio.window must be a multiple of audio.hop; got {audio.window}, {audio.hop}"
    )
    require(audio.window <= audio.fft, f"audio.window must fit audio.fft; got {audio.window} > {audio.fft}")


def check_data(data: Any) -> None:
    require(
        len(data.shares) == 3 and min(data.shares) >= 0 and math.isclose(sum(data.shares), 1.0, abs_tol=1e-6),
        f"data.shares must be three numbers >= 0 that sum to 1; got {data.shares}",
    )
    require(data.shares[0] > 0, "data.shares leaves nothing to train on: the first share must be above 0")
    require(data.per_class >= 4, f"data.per_class must be 4 or more, for three knobs a class; got {data.per_class}")
    require(data.builtin > 0, f"data.builtin must be above 0; got {data.builtin}")
    require(
        0 < data.min_seconds <= 1 and data.min_seconds < data.max_seconds,
        "data.min_seconds must be above 0, at most 1 and below data.max_seconds; "
        f"got {data.min_seconds}, {data.max_seconds}",
    )
    require(0 <= data.most_lost <= 1, f"data.most_lost must be within 0 to 1; got {data.most_lost}")


def check_cwae(cwae: Any) -> None:
    require(cwae.reduction in ("sum", "mean"), f"cwae.reduction must be sum or mean; got {cwae.reduction!r}")
    require(cwae.monitor in ("loss", "mse"), f"cwae.monitor must be loss or mse; got {cwae.monitor!r}")
    require(
        cwae.fit_per_class == 0 or cwae.fit_per_class >= 4,
        f"cwae.fit_per_class must be 0, for all, or 4 and more; got {cwae.fit_per_class}",
    )
    require(all(k % 2 == 1 for k in cwae.kernel), f"cwae.kernel must be odd; got {cwae.kernel}")
    require(bool(cwae.channels and cwae.dense and cwae.scales), "cwae.channels, dense and scales must not be empty")
    smallest = min(*cwae.channels, *cwae.kernel, *cwae.stride, *cwae.dense)
    require(smallest > 0, f"cwae.channels, kernel, stride and dense must be above 0; got {smallest}")
    require(
        cwae.components == 0 or cwae.components >= cwae.latent,
        f"cwae.components must be 0 or at least cwae.latent ({cwae.latent}); got {cwae.components}",
    )
    require(
        0 <= cwae.dropout < 1 and 0 <= cwae.blend <= 1,
        f"cwae.dropout must be in [0, 1), cwae.blend in [0, 1]; got {cwae.dropout}, {cwae.blend}",
    )
    require(cwae.latent >= 3, f"cwae.latent must be 3 or more, for three knobs; got {cwae.latent}")
    widest = min(cwae.dense)
    require(
        cwae.latent <= widest,
        f"cwae.latent must be at most the narrowest of cwae.dense, {widest}; got {cwae.latent}",
    )
    require(cwae.beta >= 0, f"cwae.beta must be 0 or more; got {cwae.beta}")
    smallest = min(cwae.log_offset, cwae.min_std, cwae.sigma2, *cwae.scales)
    require(smallest > 0, f"cwae.log_offset, min_std, sigma2 and scales must be above 0; got {smallest}")


def check_mcnn(mcnn: Any) -> None:
    require(bool(mcnn.channels) and min(mcnn.channels) > 0, f"mcnn.channels must be above 0; got {mcnn.channels}")
    require(mcnn.heads > 0, f"mcnn.heads must be above 0; got {mcnn.heads}")
    require(mcnn.width % 2 == 1, f"mcnn.width must be odd; got {mcnn.width}")
    require(mcnn.log_eps > 0, f"mcnn.log_eps must be above 0; got {mcnn.log_eps}")
    require(mcnn.channels[-1] == 2, f"mcnn.channels must end in 2, waveform and mask; got {mcnn.channels}")
    require(
        min(mcnn.loss_weights) >= 0 and sum(mcnn.loss_weights) > 0,
        f"mcnn.loss_weights must be 0 or more, and one above 0; got {mcnn.loss_weights}",
    )
    require(mcnn.log_loss in ("paper", "active"), f"mcnn.log_loss must be paper or active; got {mcnn.log_loss!r}")


def check_encoding(encoding: Any) -> None:
    require(encoding.refine >= 0, f"encoding.refine must be 0 or more; got {encoding.refine}")


def check_vocoder(vocoder: Any) -> None:
    require(
        min(vocoder.refine, vocoder.nnls) >= 0,
        f"vocoder.refine and nnls must be 0 or more; got {vocoder.refine}, {vocoder.nnls}",
    )
    require(vocoder.end in ("mask", "mel"), f"vocoder.end must be mask or mel; got {vocoder.end!r}")
    require(
        vocoder.end == "mel" or vocoder.refine == 0,
        f"vocoder.refine above 0 plays without the MCNN and its mask: it needs vocoder.end=mel; got {vocoder.end!r}",
    )
    require(0 <= vocoder.momentum < 1, f"vocoder.momentum must be in [0, 1); got {vocoder.momentum}")
    require(vocoder.fade_ms > 0, f"vocoder.fade_ms must be above 0; got {vocoder.fade_ms}")


def check_stage(stage: Any) -> None:
    require(min(stage.batch, stage.steps) > 0, f"batch and steps must be above 0; got {stage.batch}, {stage.steps}")
    require(0 < stage.learning_rate <= 1, f"learning_rate must be above 0 and at most 1; got {stage.learning_rate}")
    require(0 < stage.factor < 1, f"factor must be in (0, 1); got {stage.factor}")
    require(stage.patience > 0, f"patience must be above 0; got {stage.patience}")
    require(
        min(stage.epoch_steps, stage.clip) >= 0,
        f"epoch_steps and clip must be 0 or more; got {stage.epoch_steps}, {stage.clip}",
    )
    require(0 <= stage.ema < 1, f"ema must be in [0, 1); got {stage.ema}")


def check_training(training: Any) -> None:
    require(0 <= training.minutes < math.inf, f"train.minutes must be 0 or more, and finite; got {training.minutes}")
    require(min(training.parts) > 0, f"train.parts must be above 0; got {training.parts}")


def check_run(run: Any) -> None:
    require(run.seed >= 0, f"run.seed must be 0 or more; got {run.seed}")


def check_config(config: Any, classes: tuple[str, ...], stages: tuple[str, ...]) -> None:
    """Checks a `Config` across its groups."""
    require(
        bool(config.stages) and config.stages == tuple(name for name in stages if name in config.stages),
        f"stages must be some of {', '.join(stages)}, in this order; got {', '.join(config.stages) or 'none'}",
    )
    require(
        "joint" not in config.stages or len(config.stages) == 3,
        f"the stage joint needs cwae and mcnn before it; got {', '.join(config.stages)}",
    )
    require(config.controls in ("global", "class"), f"controls must be global or class; got {config.controls!r}")
    require(config.sampling in ("prior", "density"), f"sampling must be prior or density; got {config.sampling!r}")
    require(config.texture in ("none", "noise", "hits"), f"texture must be none, noise or hits; got {config.texture!r}")
    uses_mcnn, up = config.plays_mcnn or "mcnn" in config.stages, 2 ** len(config.mcnn.channels)
    require(
        not uses_mcnn or up == config.audio.hop,
        f"2 ** layers of the MCNN must equal audio.hop; got {up} and {config.audio.hop}: set mcnn.channels",
    )
    require(
        not config.plays_mcnn or "mcnn" in config.stages,
        f"the MCNN plays where vocoder.refine is 0, and stages must hold mcnn; got {', '.join(config.stages)}",
    )
    audio, most = config.audio, config.audio.most_mels
    require(
        audio.mels <= most,
        f"audio.mels must be at most {most} at {audio.rate} Hz with an FFT of {audio.fft}, "
        f"or mel filters stay empty; got {audio.mels}",
    )
    size = (audio.mels, audio.frames)
    require(
        all(k <= n for k, n in zip(config.cwae.kernel, size, strict=True)),
        f"cwae.kernel must be at most (mels, frames), {size}; got {config.cwae.kernel}",
    )
    require(
        config.mcnn.width <= 2 * audio.frames,
        f"mcnn.width must be at most 2 x {audio.frames} frames; got {config.mcnn.width}",
    )
    fitted = min(config.cwae.fit_per_class or config.data.per_class, config.data.per_class)
    items = min(len(classes) * (fitted // 2 * 2), audio.mels * audio.frames)
    require(
        config.cwae.components <= items,
        f"cwae.components must be at most {items}: {len(classes)} x cwae.fit_per_class, mels x frames; "
        f"got {config.cwae.components}",
    )
    batch = config.train.cwae.batch
    require(
        batch % len(classes) == 0 and batch >= 2 * len(classes),
        f"train.cwae.batch must be a multiple of {len(classes)}, 2 or more a class; got {batch}",
    )
