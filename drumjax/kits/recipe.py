"""The recipe of a sound: everything that `drumjax generate` made it from, kept as JSON in the file's comment."""

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drumjax import __version__, checkpoint
from drumjax.config import KNOB_RANGES
from drumjax.data.labels import to_class_mix

MOST = 1_000_000
"""Sounds of one class in one call."""
_LONGEST_PATH = 600  # characters, as JSON, of a base's path in a comment
_SAMPLED = 64  # of the weights' blocks one in so many enters a bundle's id: the whole takes 0.1 s
_BLOCK = 4096


@dataclass(frozen=True)
class Base:
    """What the knobs of a sound move around: a new sound's seed, or a sound file and the SHA-256 of its bytes."""

    seed: int | None = None
    file: str | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Recipe:
    """What one sound is made from.

    Attributes:
        drum_class: a class, or a mix as kick:0.7,snare:0.3.
        z: the three knobs; None for a new sound, drawn from a seed, and for takes, layers and morphs.
        base: what the knobs move around, or the sound of takes, layers and morphs; None is the centre of the class.
        takes: whether the sound is another take of the base; its seed is `seed` + `sound` - 1.
        layers: whether the sound is layer `sound` of `n` of the base, from soft to loud.
        morph: the sound that the base is morphed to, by `sound` / (`n` + 1).
        controls: kind of the knobs, one of `controls.KINDS`; None: the bundle's own.
        seed, n, sound: of a new sound: the seed, how many were made from it, and which of them it is, from 1.
        reach: of a new sound whose knobs were drawn: how far from the centre.
        prior, strict: how a new sound was drawn.
        texture: the seed of its noise, or None for none.
        rate: Hz of the file.
        bits: of a sample in the file.
        full_length: whether the file keeps the silence after the sound's end.
        flac: whether the file is a FLAC instead of a WAV.
    """

    drum_class: str
    z: tuple[float, float, float] | None = None
    base: Base | None = None
    controls: str | None = None
    seed: int = 0
    n: int = 1
    sound: int = 1
    reach: int | None = None
    prior: bool = False
    strict: bool = False
    texture: int | None = 0
    rate: int = 22050
    bits: int = 16
    full_length: bool = False
    flac: bool = False
    takes: bool = False
    layers: bool = False
    morph: Base | None = None

    @property
    def own(self) -> bool:
        """Whether the sound is made from a sound file of the user's."""
        return self.base is not None and self.base.file is not None

    def __post_init__(self):
        to_class_mix(self.drum_class)
        drawn = self.seed or self.n > 1 or self.reach or self.prior or self.strict
        again = self.takes + self.layers + (self.morph is not None)
        conditions = {
            "three finite knobs within -10 to 10": self.z is None
            or (len(self.z) == 3 and all(abs(p) <= KNOB_RANGES[-1] for p in self.z)),
            "either knobs or a seed": not (self.z and drawn) and not (self.base and not (self.z or again)),
            "takes, layers or a morph of a sound file, without knobs": not again
            or (self.own and not self.z and again == 1),
            "a morph to a file and its digest": not self.morph or bool(self.morph.file and self.morph.sha256),
            f"a sound's number from 1 to n, n at most {MOST}": 1 <= self.sound <= self.n <= MOST,
            "seeds of 0 or more": min(self.seed, self.texture or 0, (self.base and self.base.seed) or 0) >= 0,
            "a base that is a seed, or a file and its digest": self.base is None
            or (self.base.seed is None) == bool(self.base.file and self.base.sha256),
            "a range of 2, 5 or 10": self.reach in (None, *KNOB_RANGES),
            "16 or 24 bits at 1,000 to 768,000 Hz": self.bits in (16, 24) and 1_000 <= self.rate <= 768_000,
            "controls class or global": self.controls in (None, "class", "global"),
        }
        for wanted, holds in conditions.items():
            if not holds:
                raise ValueError(f"a recipe needs {wanted}")


def base_of(text: str, option: str = "--base") -> Base:
    """What a user names: a sound file, or, as the base, the seed of a new sound.

    Raises:
        ValueError: it is neither.
    """
    if Path(text).is_file():
        return Base(file=text, sha256=sha256_of(text))
    if text.isdecimal() and option == "--base":
        return Base(seed=int(text))
    wanted = "a sound file or a seed" if option == "--base" else "a sound file"
    raise ValueError(f"{option} must be {wanted}; there is no file {text!r}")


def sha256_of(path: str) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def bundle_id(folder: Path) -> str:
    """Twelve hex digits that identify a bundle: a digest of its config and of every 64th block of its weights."""
    folder = checkpoint.located(folder)
    digest = hashlib.sha256()
    header = json.loads((folder / "bundle.json").read_text(encoding="utf8"))
    digest.update(json.dumps(header["config"], sort_keys=True).encode())
    with open(folder / "weights.safetensors", "rb") as file:
        size = file.seek(0, 2)
        digest.update(str(size).encode())
        for at in range(0, size, _SAMPLED * _BLOCK):
            file.seek(at)
            digest.update(file.read(_BLOCK))
    return digest.hexdigest()[:12]


def bundles_here() -> dict[str, Path]:
    """{id: folder} of the bundles that come with drumjax."""
    return {bundle_id(header.parent): header.parent for header in checkpoint.shipped().rglob("bundle.json")}


def to_comment(recipe: Recipe, bundle: str) -> str:
    """One JSON object, ASCII: drumjax's version, the bundle's id, and what the recipe sets."""
    fields: dict[str, Any] = {"drumjax": __version__, "bundle": bundle, "class": recipe.drum_class}
    if recipe.z is None:
        fields |= {"seed": recipe.seed, "n": recipe.n, "sound": recipe.sound}
    else:
        fields |= {"z": list(recipe.z), "controls": recipe.controls}
    if recipe.base:
        fields["base"] = {"seed": recipe.base.seed} if recipe.base.seed is not None else _file_of(recipe.base)
    if recipe.reach:
        fields |= {"range": recipe.reach, "controls": recipe.controls}
    if recipe.morph:
        fields["morph"] = _file_of(recipe.morph)
    fields |= {name: True for name in ("prior", "strict", "takes", "layers") if getattr(recipe, name)}
    fields |= {"texture": recipe.texture, "rate": recipe.rate, "bits": recipe.bits}
    fields |= {name: True for name in ("full_length", "flac") if getattr(recipe, name)}
    return json.dumps(fields)


def _file_of(base: Base) -> dict[str, str]:
    path = base.file or ""
    kept = path if len(json.dumps(path)) <= _LONGEST_PATH else Path(path).name
    return {"file": kept, "sha256": base.sha256 or ""}


def from_comment(comment: str) -> tuple[Recipe, str, str]:
    """The recipe in a comment, the bundle's id, and the version of drumjax that wrote it.

    Raises:
        ValueError: it is no recipe, or a damaged one.
    """
    if '"drumjax"' not in comment:
        raise ValueError("it has no comment by drumjax, as files of drumjax generate, drumjax kit and the page have")
    try:
        fields = json.loads(comment)
        if "pad" in fields:
            raise ValueError("it is of a pad of the page: drop it on a pad there")
        version, bundle = fields.pop("drumjax"), fields.pop("bundle")
        fields["drum_class"], fields["reach"] = fields.pop("class"), fields.pop("range", None)
        if fields.get("z") is not None:
            fields["z"] = tuple(map(_number, fields["z"]))
        fields |= {name: Base(**fields[name]) for name in ("base", "morph") if fields.get(name) is not None}
        _check_types(fields)
        return Recipe(**fields), str(bundle), str(version)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise ValueError(f"its comment by drumjax is damaged ({reason})") from None


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"expected a finite number; got {value!r}")
    return float(value)


_TYPES = {
    str: ("drum_class", "controls"),
    int: ("seed", "n", "sound", "reach", "texture", "rate", "bits"),
    bool: ("prior", "strict", "full_length", "flac", "takes", "layers"),
}
_NULLABLE = ("reach", "texture", "controls")


def _check_types(fields: dict[str, Any]) -> None:
    bases = {name: fields[name] for name in ("base", "morph") if fields.get(name)}
    found = [(kind, name, fields[name]) for kind, names in _TYPES.items() for name in names if name in fields]
    for name, base in bases.items():
        found += [(int, f"{name}'s seed", base.seed), (str, f"{name}'s file", base.file)]
        found += [(str, f"{name}'s sha256", base.sha256)]
    for kind, name, value in found:
        absent = value is None and (name in _NULLABLE or name.startswith(tuple(bases)))
        if not (absent or type(value) is kind):
            raise ValueError(f"{name} is {value!r}")
