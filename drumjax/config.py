"""Every setting of drumjax, as nested frozen dataclasses. The defaults are the paper's; `presets` holds other values.

Marks: H is printed in the paper, M follows from what is printed, L is stated nowhere (our default). A config is saved
inside every run and every bundle, so loading a model takes one path and no flags.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from drumjax import validation

CLASSES = ("kick", "clap", "snare", "open_hat", "closed_hat", "tambourine", "conga", "bongo", "shaker", "snap", "tom")
"""The 11 drum classes in the paper's order (H): the index of a class is its label everywhere."""

KNOB_RANGES = (2, 5, 10)
"""Ranges of the knobs in standard deviations: the populated region, beyond it, and the limit."""

MOST_LAYERS = 127
"""Velocity layers of a sound, at most: MIDI has no more velocities."""

STAGES = ("cwae", "mcnn", "joint")
"""Training stages in their order. The paper trains the first two (H)."""


@dataclass(frozen=True)
class Audio:
    """Format of a sound and of its spectrogram (H; frames M)."""

    rate: int = 22050  # Hz
    samples: int = 22015  # of one padded sound
    window: int = 1024  # Hann, samples
    hop: int = 256  # samples
    fft: int = 2048  # samples; the window sits in its middle
    mels: int = 512  # slaney scale and norm, 0 Hz to rate / 2 (L)

    def __post_init__(self) -> None:
        validation.check_audio(self)

    @property
    def frames(self) -> int:
        """STFT frames of one sound, centred: 86 in the paper."""
        return 1 + self.samples // self.hop

    @property
    def bins(self) -> int:
        """STFT bins: 1025 in the paper."""
        return self.fft // 2 + 1

    @property
    def most_mels(self) -> int:
        """The largest number of mel filters that leaves none without an STFT bin.

        Slaney filters are narrowest below 1 kHz, where a mel is 200 / 3 Hz: with `mels` of them up to rate / 2, each
        is 2 x (200 / 3) x top / (mels + 1) Hz wide, which must be more than the bins' distance, rate / fft.
        """
        hz = self.rate / 2
        top = hz * 3 / 200 if hz < 1000 else 15 + 27 * math.log(hz / 1000) / math.log(6.4)
        return max(1, math.ceil(2 * 200 / 3 * top * self.fft / self.rate - 1e-6) - 2)


@dataclass(frozen=True)
class Data:
    """Source of the sounds, and how they are split."""

    store: str = ""  # folder of the memory-mapped store; empty: store/ in the run's folder
    folders: tuple[str, ...] = ()  # given with --data; empty: the built-in drums
    group_by: str = "auto"  # definition of a kit: auto (manifest, else folder), folder, top, file, or a manifest column
    shares: tuple[float, float, float] = (0.8, 0.2, 0.0)  # train, validation, test (H)
    terms: str = "any"  # of the licence in the manifest, to which sounds are limited; any: no limit
    per_class: int = 2400  # training items of a class in one epoch, filled by variation: 80 % of 3,000 (H)
    builtin: int = 1000  # built-in drums of each class when no folder is given
    min_seconds: float = 0.1  # shortest sound kept (H)
    max_seconds: float = 1.0  # longest sound kept (H); a longer one than the store holds is cut with a fade
    most_lost: float = 0.01  # share of its energy that a sound may lose by the cut
    guess: bool = False  # classify by its sound what no name classifies, as --guess does

    def __post_init__(self) -> None:
        validation.check_data(self)


@dataclass(frozen=True)
class CWAE:
    """The conditional Wasserstein autoencoder (equations 2 to 5).

    With `components` above 0, dense networks on that many principal components of the log-mel take the place of the
    paper's convolutions; `dropout` is theirs.
    """

    channels: tuple[int, ...] = (16, 32, 64)  # L
    kernel: tuple[int, int] = (11, 5)  # (mels, frames), H
    stride: tuple[int, int] = (3, 2)
    dense: tuple[int, ...] = (1024, 512)
    latent: int = 64
    components: int = 0  # principal components of the log-mel; 0: convolutions (H)
    dropout: float = 0.0  # share of units dropped in training
    blend: float = 0.0  # share of training items blended with another item of their class
    log_offset: float = 1e-4  # L: log(mel + offset)
    min_std: float = 0.3  # L: floor of the standardisation, for the padding
    fit_per_class: int = 0  # training items of a class that the standardisation is fitted on; 0: all (H)
    beta: float = 10.0  # H: weight of the MMD
    reduction: Literal["sum", "mean"] = "sum"  # of the MSE over the batch: sum is equation 5 as printed
    monitor: Literal["loss", "mse"] = "loss"  # validation value that annealing and the choice of a checkpoint follow
    scales: tuple[float, ...] = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # of the kernel, M
    sigma2: float = 1.0  # variance of the prior, M

    def __post_init__(self) -> None:
        validation.check_cwae(self)

    def grid(self, audio: Audio) -> list[tuple[int, int]]:
        """(frames, mels) at the input and after each convolution: 86x512, 43x171, 22x57, 11x19 in the paper."""
        steps = [(audio.frames, audio.mels)]
        for _ in self.channels:
            (frames, mels), (along_mels, along_frames) = steps[-1], self.stride
            steps.append((math.ceil(frames / along_frames), math.ceil(mels / along_mels)))
        return steps


@dataclass(frozen=True)
class MCNN:
    """The multi-head convolutional network (equations 6 to 13)."""

    heads: int = 8
    channels: tuple[int, ...] = (128, 64, 32, 16, 8, 4, 2, 2)  # out of each layer; the last is the pair (s_h, m_h)
    width: int = 13
    log_eps: float = 1e-3  # L: epsilon of equation 12
    log_loss: Literal["paper", "active"] = "paper"  # equation 12 as printed, or over active frames only
    loss_weights: tuple[float, float, float] = (3.0, 10.0, 1.0)  # spectral convergence, log-mel, mask: equation 13
    length_buckets: bool = False  # batches of sounds of similar length, cut to it: less silence to compute

    def __post_init__(self) -> None:
        validation.check_mcnn(self)


@dataclass(frozen=True)
class Encoding:
    """From a sound to latents, once the CWAE is trained."""

    refine: int = 0  # steps of gradient descent on the latents after the encoder; 0: encoder alone (H)

    def __post_init__(self) -> None:
        validation.check_encoding(self)


@dataclass(frozen=True)
class Vocoder:
    """From a mel to a waveform, in playing.

    `end`: "mask" multiplies the waveform by the MCNN's binarised mask (H). "mel" ends a sound where its mel ends or
    nothing is heard any more, with a fade of `fade_ms`, and brings it to a peak of 1.
    """

    refine: int = 0  # Griffin-Lim steps from phases read off the mel, in place of the MCNN; 0: the MCNN (H)
    nnls: int = 0  # multiplicative updates of the linear magnitudes after the pseudo-inverse; inaudible
    momentum: float = 0.7  # of Griffin-Lim; more comes nearer to the mel and softens attacks
    end: Literal["mask", "mel"] = "mask"
    fade_ms: float = 5.0  # before the end, against a click

    def __post_init__(self) -> None:
        validation.check_vocoder(self)


@dataclass(frozen=True)
class Stage:
    """One training stage: Adam under plateau annealing (H)."""

    batch: int
    steps: int
    learning_rate: float
    factor: float  # of the learning rate, at a plateau
    patience: int  # epochs without a lower validation loss
    epoch_steps: int = 0  # steps between validations; 0: one pass over the balanced set
    clip: float = 0.0  # global gradient norm; 0: no clipping
    ema: float = 0.0  # decay of the averaged weights; 0: none

    def __post_init__(self) -> None:
        validation.check_stage(self)


@dataclass(frozen=True)
class Training:
    """Settings of each stage (H); joint, and the time budget, L."""

    cwae: Stage = Stage(batch=704, steps=110_000, learning_rate=1e-3, factor=0.5, patience=10)
    mcnn: Stage = Stage(batch=128, steps=50_000, learning_rate=1e-4, factor=0.2, patience=50)
    joint: Stage = Stage(batch=128, steps=5_000, learning_rate=2e-5, factor=0.2, patience=50)
    minutes: float = 0.0  # time budget of the stages together, at whose end training is annealed; 0: none
    parts: tuple[float, float, float] = (1.0, 3.0, 1.0)  # of the budget, for cwae, mcnn and joint

    def __post_init__(self) -> None:
        validation.check_training(self)


@dataclass(frozen=True)
class Run:
    """Where a run lives and what makes it repeatable."""

    dir: str = ""  # empty: runs/<preset>
    seed: int = 0

    def __post_init__(self) -> None:
        validation.check_run(self)


@dataclass(frozen=True)
class Config:
    """All settings. `preset` is the name of the preset it started from.

    stages: trained by `--stage all`, of `STAGES`; joint trains the MCNN further on the CWAE's reconstructions.
    controls: "global" are the first three principal components of the latents of all classes (H); "class" are three
        named directions for each class, chosen by their effect on its sounds.
    sampling: new sounds from "prior", N(0, I) (H), or from "density", near the codes of each class's training sounds.
    texture: of decoded mels: the fine structure of real "hits", the fluctuation of "noise", or "none" (H).
    """

    preset: str = "paper"
    stages: tuple[str, ...] = ("cwae", "mcnn")
    controls: Literal["global", "class"] = "global"
    sampling: Literal["prior", "density"] = "prior"
    texture: Literal["none", "noise", "hits"] = "none"
    audio: Audio = Audio()
    data: Data = Data()
    cwae: CWAE = CWAE()
    mcnn: MCNN = MCNN()
    encoding: Encoding = Encoding()
    vocoder: Vocoder = Vocoder()
    train: Training = field(default_factory=Training)
    run: Run = Run()

    def __post_init__(self) -> None:
        validation.check_config(self, CLASSES, STAGES)

    @property
    def plays_mcnn(self) -> bool:
        """Whether sounds are made by the MCNN; else their phases are read off the mel, and the bundle is without it."""
        return self.vocoder.refine == 0

    @property
    def run_dir(self) -> Path:
        """The folder of the run: `run.dir`, else runs/ and the preset."""
        return Path(self.run.dir or f"runs/{self.preset}")

    @property
    def store_dir(self) -> Path:
        """The folder of the store: `data.store`, else that in the run's folder."""
        return Path(self.data.store) if self.data.store else self.run_dir / "store"
