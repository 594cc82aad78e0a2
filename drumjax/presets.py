"""Configs for a purpose, and how they are written: presets, JSON, `group.field=value` overrides."""

import dataclasses
import difflib
import json
import math
import typing
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Literal

from drumjax import files
from drumjax.config import CWAE, MCNN, STAGES, Audio, Config, Data, Encoding, Stage, Training, Vocoder
from drumjax.validation import require


def paper() -> Config:
    """The paper, as printed: drumjax train --preset paper. 110,000 and 50,000 steps take a GPU."""
    return Config(preset="paper")


_DATA = Data(per_class=3000, min_seconds=0.010, max_seconds=30.0)
_CWAE = CWAE(reduction="mean", monitor="mse", fit_per_class=400)


def home() -> Config:
    """The paper's networks and playing, trained in hours on an ordinary CPU: drumjax train --preset home."""
    train = Training(
        cwae=Stage(
            batch=44, steps=8_000, learning_rate=1e-3, factor=0.5, patience=6, epoch_steps=200, clip=220.0, ema=0.995
        ),
        mcnn=Stage(
            batch=16, steps=8_000, learning_rate=1e-3, factor=0.5, patience=6, epoch_steps=200, clip=5.0, ema=0.995
        ),
        joint=Stage(
            batch=16, steps=1_000, learning_rate=2e-4, factor=0.5, patience=6, epoch_steps=200, clip=5.0, ema=0.99
        ),
    )
    return Config(
        preset="home",
        stages=STAGES,
        data=_DATA,
        # With the mean, the MMD of a batch's four sounds of a class outweighs their error five times.
        cwae=replace(_CWAE, reduction="sum"),
        mcnn=MCNN(log_loss="active", length_buckets=True),
        train=train,
    )


_OURS: dict[str, Any] = {"stages": ("cwae",), "controls": "class", "sampling": "density", "texture": "hits"}
"""Departures from the paper that the presets without an MCNN share: README, "Deviations from the paper"."""

_VOCODER = Vocoder(refine=8, nnls=2, momentum=0.85, end="mel")


def release() -> Config:
    """The shipped bundle's, at 44.1 kHz: a CWAE on principal components, minutes on two cores, played without MCNN.

    drumjax train --preset release --data FOLDER --set data.terms=permissive
    """
    train = Training(
        cwae=Stage(batch=176, steps=3_200, learning_rate=1e-3, factor=0.5, patience=4, epoch_steps=400, ema=0.999),
    )
    return Config(
        preset="release",
        audio=Audio(rate=44100, samples=44030, window=2048, hop=512, fft=4096, mels=512),
        data=replace(_DATA, shares=(0.7, 0.2, 0.1), per_class=2400),
        cwae=replace(_CWAE, latent=128, components=256, dense=(1024, 1024), dropout=0.2, blend=0.7, beta=0.002),
        mcnn=MCNN(channels=(128, 64, 32, 16, 8, 4, 2, 2, 2)),
        encoding=Encoding(refine=30),
        vocoder=_VOCODER,
        train=train,
        **_OURS,
    )


def tiny() -> Config:
    """From nothing to a playable bundle in minutes: drumjax train --preset tiny."""
    train = Training(
        cwae=Stage(batch=44, steps=240, learning_rate=1e-3, factor=0.5, patience=4, epoch_steps=60, clip=5.0),
    )
    return Config(
        preset="tiny",
        audio=Audio(rate=11025, samples=11007, window=512, hop=128, fft=1024, mels=128),
        data=replace(_DATA, per_class=80, builtin=80),
        cwae=replace(_CWAE, channels=(8, 16, 32), dense=(256, 128), latent=16),
        mcnn=MCNN(heads=4, channels=(64, 32, 16, 8, 4, 2, 2)),
        vocoder=_VOCODER,
        train=train,
        **_OURS,
    )


PRESETS = {make.__name__: make for make in (paper, home, release, tiny)}


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


def from_dict(values: Mapping[str, Any]) -> Config:
    """A config from what `to_dict` gave; fields that are absent take their defaults.

    Raises:
        ValueError: a field is unknown or has a value of another type.
    """
    made: Config = _made(values, Config, "")
    return made


def _made(values: Mapping[str, Any], cls: type, group: str) -> Any:
    """The dataclass `cls` of the fields in `values`; `group` is what comes before their names, as "train.cwae."."""
    hints = typing.get_type_hints(cls)
    names = {f.name for f in fields(cls)}
    for name in values:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; here are {', '.join(sorted(names))}"
            raise ValueError(f"config has no field {group + name!r}{hint}")
    return cls(**{name: _coerced(value, hints[name], group + name) for name, value in values.items()})


def _coerced(value: Any, hint: Any, name: str) -> Any:
    """`value` as the annotated type; JSON lists become tuples and whole numbers may stand for floats."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        require(isinstance(value, Mapping), f"{name} must be a group of fields; got {value!r}")
        return _made(value, hint, f"{name}.")
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        items = [value] if isinstance(value, (str, int, float)) else list(value)
        kinds = args[:1] * len(items) if args[-1] is Ellipsis else args
        require(len(kinds) == len(items), f"{name} takes {len(kinds)} values; got {value!r}")
        return tuple(_coerced(item, kind, name) for item, kind in zip(items, kinds, strict=True))
    if origin is Literal:
        require(value in args, f"{name} must be one of {', '.join(map(str, args))}; got {value!r}")
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or isinstance(value, bool) != (hint is bool):  # to Python, True is an int
        raise ValueError(f"{name} takes a value of type {hint.__name__}; got {value!r}")
    require(hint is not float or math.isfinite(value), f"{name} must be finite; got {value!r}")
    return value


def override(config: Config, assignments: list[str]) -> Config:
    """The config with `group.field=value` assignments applied, values as JSON or plain text.

    Raises:
        ValueError: an assignment has no `=`, names no field, or its value does not fit.
    """
    values = to_dict(config)
    for text in assignments:
        path, equals, raw = text.partition("=")
        require(bool(equals), f"--set takes group.field=value; got {text!r}")
        node, keys = values, path.strip().split(".")
        for depth, key in enumerate(keys[:-1]):
            groups = ", ".join(name for name, value in values.items() if isinstance(value, dict))
            wrong = ".".join(keys[: depth + 1])
            require(isinstance(node.get(key), dict), f"config has no group {wrong!r}; groups are {groups}")
            node = node[key]
        require(
            keys[-1] in node and not isinstance(node[keys[-1]], dict),
            f"config has no field {path!r}; here are {', '.join(node)}",
        )
        node[keys[-1]] = _parsed(raw, node[keys[-1]])
    return from_dict(values)


def _parsed(raw: str, old: Any) -> Any:
    if isinstance(old, str):
        return raw
    several = isinstance(old, tuple)
    try:
        return json.loads(f"[{raw}]" if several and not raw.lstrip().startswith("[") else raw)
    except json.JSONDecodeError:
        return raw.split(",") if several else raw


def save(config: Config, path: Path) -> None:
    """Writes the config as JSON, whole or not at all."""
    files.write(path, json.dumps(to_dict(config), indent=1).encode() + b"\n")


def load(path: Path) -> Config:
    """The config saved at `path`.

    Raises:
        ValueError: the file is damaged.
    """
    try:
        return from_dict(json.loads(path.read_text(encoding="utf8")))
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
