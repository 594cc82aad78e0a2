"""Checkpoints of a run (orbax, imported only when used) and bundles, the trained models that are played.

A bundle is a folder with `bundle.json` (config, classes, metrics, sources) and `weights.safetensors`: the basis of the
components and dense layers of over a million weights in int8, other weights, codes and densities in bfloat16, the rest
in float32 or uint8.
"""

import hashlib
import json
import logging
import math
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from drumjax import files
from drumjax.config import Config
from drumjax.presets import from_dict, to_dict

_FORMAT = 2


def shipped() -> Path:
    """The folder of the bundle that comes with drumjax: in the checkout, or inside an installed package."""
    package = Path(__file__).parent
    inside = package / "checkpoints"
    return inside if inside.is_dir() else package.parent / "checkpoints"


def located(folder: Path) -> Path:
    """Where the bundle of this folder lies: there, in `bundle/` of a run, or among the shipped ones by name."""
    named = shipped() / folder if len(folder.parts) == 1 else folder
    places = (folder, folder / "bundle", named)
    return next((place for place in places if (place / "bundle.json").exists()), folder)


@dataclass(frozen=True)
class Bundle:
    """A trained drum machine.

    Attributes:
        config: the config it was trained with.
        cwae: variables of the CWAE, {"params", "batch_stats"}.
        mcnn: variables of the MCNN, {"params"}; empty in a bundle that plays without it.
        statistics: {"mean", "std"}, (frames, mels), of the training set's log-mels.
        controls: arrays of `controls.fit` or `controls.fit_global`.
        metadata: metrics, data sources with licences, training record; plain data.
        density: arrays of `sampling.fit`; empty in a bundle that samples the prior.
        texture: arrays of `texture.fit`, and of `takes.fit` with the fine structure of hits; empty in a bundle without.
    """

    config: Config
    cwae: Mapping[str, Any]
    mcnn: Mapping[str, Any]
    statistics: Mapping[str, np.ndarray]
    controls: Mapping[str, np.ndarray]
    metadata: Mapping[str, Any]
    density: Mapping[str, np.ndarray] = field(default_factory=dict)
    texture: Mapping[str, np.ndarray] = field(default_factory=dict)


_GROUPS = ("cwae", "mcnn", "statistics", "controls", "density", "texture")
_NARROW = ("cwae", "mcnn", "density", "texture")
"""Groups whose large arrays are kept as bfloat16."""

BASIS, STEPS = "cwae/batch_stats/basis", "_scale"
"""The largest array, in int8 like `_WIDE` ones: 0.014 of a row's deviation is lost. NAME_scale has each row's step."""

_WIDE = 2**20
"""Weights of a dense layer, above which they are int8."""


def _flat(tree: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, np.ndarray]]:
    for name, value in tree.items():
        path = f"{prefix}/{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, path)
        else:
            yield path, np.asarray(value)


def _nested(flat: Mapping[str, np.ndarray]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in flat.items():
        *groups, name = path.split("/")
        node = tree
        for group in groups:
            node = node.setdefault(group, {})
        node[name] = value
    return tree


def _layout(arrays: Mapping[str, np.ndarray]) -> str:
    """A digest of names, shapes and types of all arrays."""
    entries = sorted((name, array.shape, str(array.dtype)) for name, array in arrays.items())
    return hashlib.sha256(repr(entries).encode()).hexdigest()[:16]


def to_arrays(bundle: Bundle) -> dict[str, np.ndarray]:
    """The arrays of a bundle, {group/.../name: array}, as its file holds them: those of two and more axes narrow."""
    arrays = {}
    for group in _GROUPS:
        for path, value in _flat(getattr(bundle, group), group):
            halved = group in _NARROW and value.ndim > 1
            kind = value.dtype if value.dtype.kind == "u" else ml_dtypes.bfloat16 if halved else np.float32
            arrays[path] = value.astype(kind, order="C")
            if path == BASIS or (group == "cwae" and value.ndim == 2 and value.size > _WIDE):
                from drumjax.kernels import narrow  # imports jax, before which `drumjax generate` finds mistakes

                arrays[path], arrays[path + STEPS] = narrow.quantise(value)
    return arrays


def from_arrays(config: Config, metadata: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Bundle:
    """The inverse of `to_arrays`, in float32 where numbers are narrow."""
    wide = {name: value if value.dtype.kind == "u" else value.astype(np.float32) for name, value in arrays.items()}
    for name, value in arrays.items():
        if value.dtype == np.int8:
            wide[name] *= wide.pop(name + STEPS)[:, None]
    tree = _nested(wide)
    return Bundle(config=config, metadata=metadata, **{name: tree.get(name, {}) for name in _GROUPS})


def save_bundle(bundle: Bundle, folder: Path) -> None:
    """Writes the bundle, each file whole or not at all; weights of two and more axes become bfloat16 or int8."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = to_arrays(bundle)
    header = {"format": _FORMAT, "layout": _layout(arrays), "config": to_dict(bundle.config), **bundle.metadata}
    files.write(folder / "weights.safetensors", save(arrays))
    files.write(folder / "bundle.json", json.dumps(header, indent=1, allow_nan=False).encode() + b"\n")


def load_bundle(folder: Path) -> Bundle:
    """The bundle in `folder`, or where else `located` finds it, its weights as float32.

    Raises:
        FileNotFoundError: there is no bundle.
        ValueError: it is damaged, or of another format.
    """
    folder = located(folder)
    try:
        header = json.loads((folder / "bundle.json").read_text(encoding="utf8"))
        version = header.pop("format", None)
        if version not in (1, _FORMAT):
            raise ValueError(f"it has format {version}, this drumjax reads formats 1 and {_FORMAT}")
        with safe_open(folder / "weights.safetensors", framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if header.pop("layout") != _layout(arrays):
            raise ValueError("bundle.json and weights.safetensors are not of one bundle")
        if version == 1:
            header, arrays = _from_format_1(header, arrays)
        config = from_dict(header.pop("config"))
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(
            f"no bundle in {folder}: a bundle is a folder with bundle.json and weights.safetensors, "
            f"as `drumjax train` leaves in its run's folder"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise ValueError(
            f"the bundle in {folder} is damaged or not for this drumjax ({error}): copy it again, or name another"
        ) from None
    return from_arrays(config, header, arrays)


def _from_format_1(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and arrays of format 1, the first release's, as format 2 has them.

    The outlines of training sounds are dropped: nothing is refused any more because it lies near one. So are the
    classifier, since strict sampling fits its own, and the MCNN, unless it plays.
    """
    dropped = [f"density/{name}" for name in ("known", "known_labels", "near", "slopes", "offsets")]
    if header["config"]["vocoder"]["refine"]:
        dropped += [name for name in arrays if name.startswith("mcnn/")]
    arrays = {name.replace("/components/", "/"): array for name, array in arrays.items() if name not in dropped}
    config = json.loads(json.dumps(header["config"]))
    config["mcnn"]["loss_weights"] = config["mcnn"].pop("weights")
    config["vocoder"]["end"] = "mel" if config["vocoder"]["refine"] else "mask"
    config["cwae"] |= {"monitor": "mse", "fit_per_class": 400}
    config["mcnn"]["length_buckets"] = True
    has = {name.split("/")[0] for name in arrays}
    config |= {
        "stages": ["cwae", "mcnn", "joint"],
        "controls": "class",
        "sampling": "density" if "density" in has else "prior",
        "texture": "noise" if "texture" in has else "none",
    }
    return {**header, "config": config}, arrays


class Checkpoints:
    """The checkpoints of one stage of a run: the latest, to resume from, and the best, to play.

    Where several processes train together, all of them open, save, load and close at the same time.

    Args:
        folder: of the checkpoints.
        writing: whether this process is the one that saves here; it clears what a kill left unfinished.
    """

    def __init__(self, folder: Path, writing: bool = False):
        from orbax.checkpoint import v1 as ocp

        # Without this, orbax logs a failed save besides raising its error.
        logging.getLogger("absl").setLevel(logging.CRITICAL)
        policies = ocp.training.preservation_policies
        keep = policies.AnyPreservationPolicy(
            [
                policies.LatestN(1),
                # In reverse order the best checkpoint is the one with the smallest loss.
                policies.BestN(get_metric_fn=_loss, reverse=True, n=1),
            ]
        )
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._manager = ocp.training.Checkpointer(
            folder.absolute(), preservation_policy=keep, cleanup_tmp_directories=writing
        )

    def __enter__(self) -> "Checkpoints":
        return self

    def __exit__(self, *_: object) -> None:
        self._manager.close()

    def save(self, step: int, state: Any, loss: float) -> None:
        """Saves `state` under its step, with the validation loss that ranks it.

        Raises:
            OSError: the disk is full, or the folder cannot be written; nothing is left behind.
        """
        try:
            self._manager.save(step, state, metrics={"loss": loss}, overwrite=True, force=True)
        except (OSError, ValueError) as error:
            for unfinished in self.folder.glob(f"{step}.*tmp*"):
                shutil.rmtree(unfinished, ignore_errors=True)
            raise OSError(f"cannot write the checkpoint in {self.folder}: {str(error).splitlines()[0]}") from error

    def latest(self, like: Any) -> Any | None:
        """The state saved last, in the shape of `like`; None where there is none."""
        latest = self._manager.latest
        return None if latest is None else self._load(latest.step, like)

    def best(self, like: Any) -> Any | None:
        """The state with the smallest validation loss; None where there is none."""
        points = [point for point in self._manager.checkpoints if point.metrics]
        ranked = sorted(points, key=lambda point: (_loss(point.metrics), point.step))
        return self._load(ranked[0].step, like) if ranked else None

    def _load(self, step: int, like: Any) -> Any:
        try:
            return self._manager.load(step, like)
        except (KeyError, ValueError, TypeError, OSError) as error:
            reason = str(error).splitlines()[0][:200]
            raise ValueError(
                f"the checkpoint {self.folder / str(step)} is damaged or of other settings: {reason}"
            ) from error


def _loss(metrics: dict[str, float] | None) -> float:
    """The validation loss of a checkpoint; infinity for one that a kill left half removed."""
    return metrics["loss"] if metrics else math.inf


def exists(folder: Path) -> bool:
    """Whether a stage has left checkpoints in `folder`, without importing orbax."""
    return folder.is_dir() and any(child.name.isdigit() for child in folder.iterdir())
