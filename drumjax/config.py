"""Every number of drumjax: nested frozen dataclasses, presets, JSON, and `a.b=value` overrides.

The marks H, M, L follow the paper's specification sheet: printed in the paper, following from what is
printed, stated nowhere (our default). A config is saved inside every run and every bundle, so loading a
model takes one path and no flags.
"""

import dataclasses
import difflib
import json
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

CLASSES = ("kick", "clap", "snare", "open_hat", "closed_hat", "tambourine", "conga", "bongo", "shaker", "snap", "tom")
"""The 11 drum classes in the paper's order (H): the index of a class is its label everywhere."""


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


@dataclass(frozen=True)
class Audio:
    """What a sound is, and its spectrogram (H; frames M)."""

    rate: int = 22050  # Hz
    samples: int = 22015  # one padded sound
    window: int = 1024  # Hann, samples
    hop: int = 256  # samples
    fft: int = 2048  # samples; the window sits in its middle
    mels: int = 512  # slaney scale and norm, 0 Hz to rate / 2 (L)

    def __post_init__(self):
        _require(self.window % self.hop == 0, f"audio.window must be a multiple of audio.hop; got {self.window}, {self.hop}")
        _require(self.window <= self.fft, f"audio.window must fit audio.fft; got {self.window} > {self.fft}")

    @property
    def frames(self) -> int:
        """STFT frames of one sound, centred: 86 in the paper."""
        return 1 + self.samples // self.hop

    @property
    def bins(self) -> int:
        """STFT bins: 1025 in the paper."""
        return self.fft // 2 + 1

    @property
    def seconds(self) -> float:
        """Length of one padded sound."""
        return self.samples / self.rate


@dataclass(frozen=True)
class Data:
    """Where sounds come from and how they are split."""

    store: str = ""  # folder of the memory-mapped store; empty: store/ in the run's folder
    folders: tuple[str, ...] = ()  # what --data named; empty: the built-in drums
    group_by: str = "auto"  # what a kit is: auto (manifest, else folder), folder, top, file, or a manifest column
    shares: tuple[float, float, float] = (0.8, 0.2, 0.0)  # train, validation, test (H)
    terms: str = "any"  # keep only sounds whose manifest says these terms; any keeps all
    per_class: int = 3000  # sounds per class of one epoch of training, filled by variation (H)
    builtin: int = 1000  # built-in drums made per class when no folder is given
    min_seconds: float = 0.010
    max_seconds: float = 1.0

    def __post_init__(self):
        _require(
            len(self.shares) == 3 and min(self.shares) >= 0 and math.isclose(sum(self.shares), 1.0, abs_tol=1e-6),
            f"data.shares must be three numbers >= 0 that sum to 1; got {self.shares}",
        )
        _require(self.shares[0] > 0, "data.shares leaves nothing to train on: the first share must be above 0")
        _require(self.per_class > 0, f"data.per_class must be above 0; got {self.per_class}")
        _require(self.builtin > 0, f"data.builtin must be above 0; got {self.builtin}")


@dataclass(frozen=True)
class CWAE:
    """The conditional Wasserstein autoencoder (equations 2 to 5)."""

    channels: tuple[int, ...] = (16, 32, 64)  # L
    kernel: tuple[int, int] = (11, 5)  # (mels, frames), H
    stride: tuple[int, int] = (3, 2)
    dense: tuple[int, ...] = (1024, 512)
    latent: int = 64
    log_offset: float = 1e-4  # L: log(mel + offset)
    min_std: float = 0.3  # L: floor of the standardisation, for the padding
    beta: float = 10.0  # H: weight of the MMD
    reduction: Literal["sum", "mean"] = "sum"  # of the MSE over the batch: sum is equation 5 as printed
    scales: tuple[float, ...] = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # of the kernel, M
    sigma2: float = 1.0  # variance of the prior, M

    def __post_init__(self):
        _require(self.reduction in ("sum", "mean"), f"cwae.reduction must be sum or mean; got {self.reduction!r}")
        _require(all(k % 2 == 1 for k in self.kernel), f"cwae.kernel must be odd; got {self.kernel}")


@dataclass(frozen=True)
class MCNN:
    """The multi-head convolutional network (equations 6 to 13)."""

    heads: int = 8
    channels: tuple[int, ...] = (128, 64, 32, 16, 8, 4, 2, 2)  # out of each layer; the last is the pair (s_h, m_h)
    width: int = 13
    log_eps: float = 1e-3  # L: epsilon of equation 12
    log_loss: Literal["paper", "active"] = "paper"  # equation 12 as printed, or over active frames only
    weights: tuple[float, float, float] = (3.0, 10.0, 1.0)  # spectral convergence, log-mel, mask: equation 13

    def __post_init__(self):
        _require(self.channels[-1] == 2, f"mcnn.channels must end in 2, waveform and mask; got {self.channels}")
        _require(self.log_loss in ("paper", "active"), f"mcnn.log_loss must be paper or active; got {self.log_loss!r}")


@dataclass(frozen=True)
class Vocoder:
    """How a mel becomes a waveform when the instrument is played."""

    refine: int = 0  # accelerated Griffin-Lim steps after the MCNN; 0 is the paper
    nnls: int = 2  # multiplicative updates from mel to linear magnitude
    momentum: float = 0.99
    fade_ms: float = 2.0  # at the mask's cut, against a click

    def __post_init__(self):
        _require(self.refine >= 0, f"vocoder.refine must be 0 or more; got {self.refine}")


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

    def __post_init__(self):
        _require(min(self.batch, self.steps) > 0, f"batch and steps must be above 0; got {self.batch}, {self.steps}")
        _require(0 < self.factor <= 1, f"factor must be in (0, 1]; got {self.factor}")
        _require(0 <= self.ema < 1, f"ema must be in [0, 1); got {self.ema}")


@dataclass(frozen=True)
class Training:
    """The three stages. The paper trains the first two; the joint stage is ours."""

    cwae: Stage = Stage(batch=704, steps=110_000, learning_rate=1e-3, factor=0.5, patience=10)
    mcnn: Stage = Stage(batch=128, steps=50_000, learning_rate=1e-4, factor=0.2, patience=50)
    joint: Stage = Stage(batch=128, steps=5_000, learning_rate=2e-5, factor=0.2, patience=50)


@dataclass(frozen=True)
class Run:
    """Where a run lives and what makes it repeatable."""

    dir: str = ""  # empty: runs/<preset>
    seed: int = 0


@dataclass(frozen=True)
class Config:
    """Everything. `preset` names where it started from."""

    preset: str = "home"
    audio: Audio = Audio()
    data: Data = Data()
    cwae: CWAE = CWAE()
    mcnn: MCNN = MCNN()
    vocoder: Vocoder = Vocoder()
    train: Training = field(default_factory=Training)
    run: Run = Run()

    def __post_init__(self):
        up = 2 ** len(self.mcnn.channels)
        _require(up == self.audio.hop, f"2 ** layers of the MCNN must equal audio.hop; got {up} and {self.audio.hop}")
        for name in ("cwae", "mcnn", "joint"):
            batch = getattr(self.train, name).batch
            if name == "cwae":
                _require(
                    batch % len(CLASSES) == 0 and batch >= 2 * len(CLASSES),
                    f"train.cwae.batch must be a multiple of {len(CLASSES)}, 2 or more a class; got {batch}",
                )

    @property
    def run_dir(self) -> Path:
        return Path(self.run.dir or f"runs/{self.preset}")

    @property
    def store_dir(self) -> Path:
        return Path(self.data.store) if self.data.store else self.run_dir / "store"


def paper() -> Config:
    """As printed: python train.py --stage all --preset paper (110k and 50k steps are a GPU's work)."""
    return Config(preset="paper")


def home() -> Config:
    """The paper's networks, trained in hours on an ordinary CPU: python train.py --stage all --data FOLDER."""
    train = Training(
        cwae=Stage(batch=44, steps=8_000, learning_rate=1e-3, factor=0.5, patience=6, epoch_steps=200, clip=5.0, ema=0.995),
        mcnn=Stage(batch=16, steps=8_000, learning_rate=1e-3, factor=0.5, patience=6, epoch_steps=200, clip=5.0, ema=0.995),
        joint=Stage(batch=16, steps=1_000, learning_rate=2e-4, factor=0.5, patience=6, epoch_steps=200, clip=5.0, ema=0.99),
    )
    return Config(
        preset="home",
        cwae=CWAE(reduction="mean"),
        mcnn=MCNN(log_loss="active"),
        vocoder=Vocoder(refine=4),
        train=train,
    )


def tiny() -> Config:
    """From nothing to a playable bundle in minutes: python train.py --stage all --preset tiny."""
    train = Training(
        cwae=Stage(batch=44, steps=240, learning_rate=1e-3, factor=0.5, patience=4, epoch_steps=60, clip=5.0),
        mcnn=Stage(batch=16, steps=240, learning_rate=2e-3, factor=0.5, patience=4, epoch_steps=60, clip=5.0),
        joint=Stage(batch=16, steps=30, learning_rate=5e-4, factor=0.5, patience=4, epoch_steps=30, clip=5.0),
    )
    return Config(
        preset="tiny",
        audio=Audio(rate=11025, samples=11007, window=512, hop=128, fft=1024, mels=128),
        data=Data(per_class=80, builtin=80),
        cwae=CWAE(channels=(8, 16, 32), dense=(256, 128), latent=16, reduction="mean"),
        mcnn=MCNN(heads=4, channels=(64, 32, 16, 8, 4, 2, 2), log_loss="active"),
        vocoder=Vocoder(refine=4),
        train=train,
    )


def studio() -> Config:
    """44.1 kHz: the same code, one more layer a head, twice the hop."""
    base = home()
    return replace(
        base,
        preset="studio",
        audio=Audio(rate=44100, samples=44030, window=2048, hop=512, fft=4096, mels=512),
        mcnn=replace(base.mcnn, channels=(128, 64, 32, 16, 8, 4, 2, 2, 2)),
    )


PRESETS = {make.__name__: make for make in (paper, home, tiny, studio)}


def preset(name: str) -> Config:
    """The config a preset stands for.

    Raises:
        ValueError: no preset has that name.
    """
    if name not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(PRESETS)}; got {name!r}")
    return PRESETS[name]()


def to_dict(config: Config) -> dict[str, Any]:
    """The config as plain data, ready for JSON."""
    return dataclasses.asdict(config)


def from_dict(values: Mapping[str, Any], cls: type = Config) -> Any:
    """A config from what `to_dict` gave; fields that are absent take their defaults.

    Raises:
        ValueError: a field is unknown or has a value of another type.
    """
    hints = typing.get_type_hints(cls)
    names = {f.name for f in fields(cls)}
    for name in values:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; its fields are {', '.join(sorted(names))}"
            raise ValueError(f"config {cls.__name__} has no field {name!r}{hint}")
    return cls(**{name: _coerced(value, hints[name], name) for name, value in values.items()})


def _coerced(value: Any, hint: Any, name: str) -> Any:
    """`value` as the annotated type; JSON lists become tuples and whole numbers may stand for floats."""
    if dataclasses.is_dataclass(hint):
        _require(isinstance(value, Mapping), f"{name} must be a group of fields; got {value!r}")
        return from_dict(value, hint)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        items = [value] if isinstance(value, (str, int, float)) else list(value)
        kinds = args[:1] * len(items) if args[-1] is Ellipsis else args
        _require(len(kinds) == len(items), f"{name} takes {len(kinds)} values; got {value!r}")
        return tuple(_coerced(item, kind, name) for item, kind in zip(items, kinds, strict=True))
    if origin is Literal:
        _require(value in args, f"{name} must be one of {', '.join(map(str, args))}; got {value!r}")
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, hint):
        raise ValueError(f"{name} takes a value of type {hint.__name__}; got {value!r}")
    _require(hint is not float or math.isfinite(value), f"{name} must be finite; got {value!r}")
    return value


def override(config: Config, assignments: list[str]) -> Config:
    """The config with `group.field=value` assignments applied, values as JSON or plain text.

    Raises:
        ValueError: an assignment has no `=`, names no field, or its value does not fit.
    """
    values = to_dict(config)
    for text in assignments:
        path, equals, raw = text.partition("=")
        _require(bool(equals), f"--set takes group.field=value; got {text!r}")
        node, keys = values, path.strip().split(".")
        for depth, key in enumerate(keys[:-1]):
            _require(
                isinstance(node.get(key), dict),
                f"config has no group {'.'.join(keys[: depth + 1])!r}; groups are {', '.join(k for k, v in values.items() if isinstance(v, dict))}",
            )
            node = node[key]
        _require(
            keys[-1] in node and not isinstance(node[keys[-1]], dict),
            f"config has no field {path!r}; here are {', '.join(node)}",
        )
        node[keys[-1]] = _parsed(raw, node[keys[-1]])
    return from_dict(values)


def _parsed(raw: str, old: Any) -> Any:
    if isinstance(old, str):
        return raw
    if isinstance(old, tuple) and not raw.lstrip().startswith("["):
        raw = f"[{raw}]"
    try:
        return json.loads(raw)
    except json.JSONDecodeError:
        return raw


def save(config: Config, path: Path) -> None:
    """Writes the config as JSON, whole or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(json.dumps(to_dict(config), indent=1) + "\n", encoding="utf8")
    temporary.replace(path)


def load(path: Path) -> Config:
    """The config saved at `path`."""
    return from_dict(json.loads(path.read_text(encoding="utf8")))
