"""The instrument file: what plays of a bundle, as one safetensors file for engines outside Python.

Nothing is lost but precision of the encoder, whose dense layers are rounded to 8 bits.

Its metadata are strings: `format`; the settings that playing depends on, under their names in the config
(`audio.rate`), as JSON; `classes`; `knobs`, the names of three knobs for each class or nothing; `sources`, the data
sources with their licences, as JSON.

Its arrays have the names of the bundle's, `group/.../name`, and are plain float32 or uint8, except:
- Coded bytes (`drumjax.clients.engine.coding`): uint16 words, with their frequencies in `<name>/frequencies`. These are
  the fine structure of hits, two residues of 4 bits in a byte, and the basis: int8, of which the difference over frames
  of the difference over mels is coded, modulo 256, since neighbours are alike.
- bfloat16 is in two arrays: `<name>/low`, the lower bytes, and `<name>/high`, the higher ones, coded.
- The kernels of the encoder, and those that a bundle holds as int8, are coded; `<name>_scale` has the step of each row.

`tables/` has what follows from the settings, so that engines need not compute it: the mel filters (`bank`) and the
columns of their inverse (`inverse`), each without the zeros around it and with its first index in `<name>/first`;
`grain`, the exponent of the grain, and `spread`, the phases of bins; the mean log-mel of `noise`; `low`, 1 for low
filters and 0 for others, and `neighbours`, the weights of a mean over them.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import ml_dtypes
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from drumjax import checkpoint, files, presets
from drumjax.clients.engine import coding
from drumjax.config import CLASSES, Audio, Config
from drumjax.kernels import narrow
from drumjax.sound import dsp, inversion, packed, partials, texture

FORMAT = "drumjax instrument 2"

SETTINGS = {
    "": ("stages", "controls", "sampling", "texture"),
    "audio.": ("rate", "samples", "window", "hop", "fft", "mels"),
    "cwae.": ("latent", "components", "dense", "log_offset", "sigma2"),
    "encoding.": ("refine",),
    "vocoder.": ("refine", "nnls", "momentum", "end", "fade_ms"),
}
"""Settings that playing depends on, by their group in the config."""

_LEFT_OUT = "mcnn/", "controls/explained"
"""What an engine does without: the MCNN, and a measure of the knobs."""

_ROUNDED = re.compile(r"cwae/params/down_\d+/kernel")
"""Arrays that are rounded to int8: as bfloat16 the encoder would not fit into 14 MB."""

_TABLES = {checkpoint.BASIS: 32, "texture/packed": 8}
"""Tables of frequencies of arrays whose parts differ."""

PARTNERS = "density/partners"
"""Indices of codes in 16 bits, stored as the others are."""

_NEEDED = {
    *(f"statistics/{name}" for name in ("mean", "std")),
    *(f"controls/{name}" for name in ("centre", "basis", "dual")),
    *(f"cwae/batch_stats/{name}" for name in ("basis", "basis_scale", "centre", "colour", "scale", "whiten")),
}
_KNOWN = re.compile(
    r"cwae/params/(up|down)_\d+/(kernel|kernel_scale|bias)|controls/points"
    r"|density/(codes|labels|weights|means|factors|partners)|texture/(of_latent|of_class|codes|labels|ends|reach|packed)"
)
"""Arrays of every instrument, and those that an instrument may have."""


def write(bundle: checkpoint.Bundle, path: Path) -> None:
    """Writes the instrument file of a bundle, whole or not at all.

    Raises:
        ValueError: the bundle needs parts that engines do not have.
        OSError: the file cannot be written.
    """
    files.write(path, contents(bundle))


def contents(bundle: checkpoint.Bundle) -> bytes:
    """The bytes of the instrument file of a bundle.

    Raises:
        ValueError: the bundle needs parts that engines do not have.
    """
    _require_engine(bundle.config)
    arrays = _tables(bundle.config.audio)
    for name, array in _rounded(checkpoint.to_arrays(bundle)).items():
        if not name.startswith(_LEFT_OUT):
            arrays |= _stored(name, array, bundle.config)
    return save(arrays, _metadata(bundle))


def read(path: Path) -> checkpoint.Bundle:
    """The bundle in an instrument file, without what engines do without.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, no instrument file, or of a newer format.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no instrument file {files.shown(path)}: `drumjax export --instrument` writes one")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise ValueError(f"its format is {metadata.get('format')!r}, this drumjax reads {FORMAT!r}")
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if tuple(metadata["classes"].split()) != CLASSES:
            raise ValueError(f"its classes are {metadata['classes']}, this drumjax has {' '.join(CLASSES)}")
        config = _config(metadata)
        _require_engine(config)
        words = metadata["knobs"].split()
        knobs = {name: words[3 * i : 3 * i + 3] for i, name in enumerate(CLASSES)} if words else None
        about = {"sources": json.loads(metadata["sources"])} | ({"knobs": knobs} if knobs else {})
        arrays = _restored(stored, config)
        for name in sorted(set(arrays) ^ _NEEDED):
            if name in _NEEDED or not _KNOWN.fullmatch(name):
                raise ValueError(f"it has no {name}" if name in _NEEDED else f"it has {name}, which is unknown here")
        return checkpoint.from_arrays(config, about, arrays)
    except (KeyError, TypeError, AttributeError, ValueError, SafetensorError) as error:
        raise ValueError(f"{files.shown(path)} is damaged or not for this drumjax: {error}") from None


def _require_engine(config: Config) -> None:
    """Raises a ValueError where the engine cannot play bundles of a config."""
    audio, vocoder = config.audio, config.vocoder
    powers = all(size & (size - 1) == 0 for size in (audio.window, audio.hop, audio.fft))
    able = config.cwae.components and not config.plays_mcnn and vocoder.end == "mel"
    if not (able and powers and packed.fits(audio)):
        raise ValueError(
            "the engine plays bundles as those of `drumjax train --preset release`: principal components, no MCNN, "
            "sizes of the STFT that are powers of two and an FFT of two windows; "
            f"this one is of preset {config.preset}"
        )


def _rounded(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of a bundle, of which `_ROUNDED` ones are int8."""
    for name in [name for name, array in arrays.items() if _ROUNDED.fullmatch(name) and array.dtype != np.int8]:
        arrays[name], arrays[name + checkpoint.STEPS] = narrow.quantise(arrays[name].astype(np.float32))
    return arrays


def _metadata(bundle: checkpoint.Bundle) -> dict[str, str]:
    values = presets.to_dict(bundle.config)
    settings = {
        group + name: json.dumps((values[group[:-1]] if group else values)[name])
        for group, names in SETTINGS.items()
        for name in names
    }
    knobs = bundle.metadata.get("knobs", {})
    return {
        "format": FORMAT,
        **settings,
        "classes": " ".join(CLASSES),
        "knobs": " ".join(" ".join(knobs[name]) for name in CLASSES) if knobs else "",
        "sources": json.dumps(bundle.metadata.get("sources", [])),
    }


def _config(metadata: Mapping[str, str]) -> Config:
    values: dict = {"preset": "release", **{group[:-1]: {} for group in SETTINGS if group}}
    for name, text in metadata.items():
        if name not in ("format", "classes", "knobs", "sources"):
            group, _, field = name.rpartition(".")
            (values[group] if group else values)[field] = json.loads(text)
    return presets.from_dict(values)


def _tables(audio: Audio) -> dict[str, np.ndarray]:
    arrays = {
        **_banded("tables/bank", dsp.mel_bank(audio).T),
        **_banded("tables/inverse", inversion.bank_inverse(audio).T),
        "tables/grain": inversion.grain_amount(audio),
        "tables/spread": inversion.spread_turns(audio),
        "tables/noise": texture.mean_noise_log_mel(audio),
        "tables/low": partials.lowness(audio),
        "tables/neighbours": partials.local_weights(audio),
    }
    return {name: array.astype(np.float32, order="C") for name, array in arrays.items()}


def _banded(name: str, matrix: np.ndarray) -> dict[str, np.ndarray]:
    """The rows of a matrix from their first non-zero entries on, as many as the longest row needs."""
    filled = matrix != 0
    first = np.where(filled.any(axis=1), filled.argmax(axis=1), 0)
    width = int(np.max(np.where(filled, np.arange(matrix.shape[1]) + 1, 0).max(axis=1) - first))
    first = np.minimum(first, matrix.shape[1] - width)  # nothing reaches beyond the matrix
    return {name: np.take_along_axis(matrix, first[:, None] + np.arange(width), axis=1), f"{name}/first": first}


def _stored(name: str, array: np.ndarray, config: Config) -> dict[str, np.ndarray]:
    """The arrays of the file that hold one of the bundle."""
    if array.dtype.itemsize == 2:  # bfloat16, or indices
        pairs = np.ascontiguousarray(array).view(np.uint16)
        return {f"{name}/low": (pairs & 0xFF).astype(np.uint8), **_coded(f"{name}/high", pairs >> 8)}
    if name == checkpoint.BASIS:
        cells = array.view(np.uint8).reshape(-1, config.audio.frames, config.audio.mels)
        return _coded(name, np.diff(np.diff(cells, axis=1, prepend=np.uint8(0)), axis=2, prepend=np.uint8(0)))
    return _coded(name, array) if name in _TABLES or array.dtype == np.int8 else {name: array}


def _coded(name: str, data: np.ndarray) -> dict[str, np.ndarray]:
    words, frequencies = coding.encode(data.astype(np.uint8).ravel(), _TABLES.get(name, 1))
    return {name: words, f"{name}/frequencies": frequencies}


def _restored(stored: dict[str, np.ndarray], config: Config) -> dict[str, np.ndarray]:
    """The inverse of `_stored` for all arrays."""
    cells = config.audio.frames * config.audio.mels
    arrays = {}
    for name, array in stored.items():
        if name.endswith(("/frequencies", "/high")) or name.startswith("tables/"):
            continue
        if name.endswith("/low"):
            high = f"{name.removesuffix('/low')}/high"
            upper = coding.decode(stored[high], stored[f"{high}/frequencies"], array.size).reshape(array.shape)
            pairs = upper.astype(np.uint16) << 8 | array
            plain = name.removesuffix("/low")
            arrays[plain] = pairs if plain == PARTNERS else pairs.view(ml_dtypes.bfloat16)
        elif name.endswith("/kernel"):
            shape = len(stored[name + checkpoint.STEPS]), len(stored[name.replace("/kernel", "/bias")])
            levels = coding.decode(array, stored[f"{name}/frequencies"], shape[0] * shape[1])
            arrays[name] = levels.view(np.int8).reshape(shape)
        elif name in _TABLES:
            basis = name == checkpoint.BASIS
            residues = 0 if basis else int(stored["texture/ends"].sum()) * config.audio.mels
            count = config.cwae.components * cells if basis else -(-residues // 2)
            arrays[name] = coding.decode(array, stored[f"{name}/frequencies"], count)
            if basis:
                levels = arrays[name].reshape(-1, config.audio.frames, config.audio.mels)
                levels = np.cumsum(np.cumsum(levels, axis=1, dtype=np.uint8), axis=2, dtype=np.uint8)
                arrays[name] = levels.reshape(config.cwae.components, cells).view(np.int8)
        else:
            arrays[name] = array
    return arrays
