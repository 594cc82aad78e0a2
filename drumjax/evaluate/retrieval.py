"""Measures the library: which embedding finds other hits of the same drum, which map keeps neighbours near.

    python -m drumjax.evaluate.retrieval FOLDER [--codes] [--out DIR]

FOLDER is a corpus with a manifest.csv that names kits. Two files are hits of one drum if they are of one class and kit
and their original names differ only in the numbers after "rr", "vl" or "v", the usual marks of round robins and of
strengths. Copies of one recording count once. Recall@10 of a hit is the share of the other hits of its drum (of ten of
them, where there are more) among its ten nearest sounds; a table's figure is the mean over drums. Constants of the
embedding were tuned on one half of the kits, with the other half in view; the column "other kits" is of that.
"""

import argparse
import json
import re
import sys
import tempfile
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from drumjax import files
from drumjax.commands import Parser, command
from drumjax.config import CLASSES, Audio
from drumjax.data.folders import list_files
from drumjax.evaluate import maps
from drumjax.library import copies, features
from drumjax.library.library import AXES, Library
from drumjax.progress import bar
from drumjax.sound import audio

HIT = re.compile(r"(?i)(?<![a-z])(?:rr|vl|v)_?\d+")
"""The marks of hits of one drum in the names of sample libraries."""

FOUND = 10
"""Nearest sounds that count."""

MFCC_AUDIO = Audio(rate=44_100, samples=88_200, window=2048, hop=512, fft=2048, mels=40)
COEFFICIENTS = 20


@dataclass(frozen=True)
class Drums:
    """Drums of which there are several hits.

    Attributes:
        hits: indices of the hits of each.
        kits: of each drum.
    """

    hits: list[Int[np.ndarray, "..."]]
    kits: list[str]

    @classmethod
    def of(cls, names: list[str], kits: list[str], labels: list[str], kept: Bool[np.ndarray, " sounds"]) -> "Drums":
        """Those among the kept sounds, by their names."""
        found: dict[tuple[str, str, str], list[int]] = {}
        for i in np.flatnonzero(kept):
            drum, marks = HIT.subn("#", names[i])
            if marks:
                found.setdefault((labels[i], kits[i], drum), []).append(int(i))
        several = {key: np.array(hits) for key, hits in found.items() if len(hits) > 1}
        return cls(list(several.values()), [kit for _, kit, _ in several])

    @property
    def others(self) -> Bool[np.ndarray, " drums"]:
        """Those of the half of the kits that the constants of the embedding were not tuned on."""
        return np.array([zlib.crc32(kit.encode()) % 2 == 1 for kit in self.kits], bool)


def recall(
    vectors: Float[np.ndarray, "sounds dimensions"], drums: Drums, kept: Bool[np.ndarray, " sounds"]
) -> Float[np.ndarray, " drums"]:
    """Recall@10 of other hits of the same drum among the kept sounds, by Euclidean distance."""
    found = []
    for hits in drums.hits:
        distance = features.distances(vectors[hits], vectors)
        distance[:, ~kept] = np.inf
        distance[np.arange(len(hits)), hits] = np.inf
        nearest = np.argpartition(distance, FOUND, axis=1)[:, :FOUND]
        others = np.isin(nearest, hits).sum(axis=1) / min(FOUND, len(hits) - 1)
        found.append(others.mean())
    return np.array(found)


def yardsticks(paths: list[str]) -> dict[str, Float[np.ndarray, "sounds dimensions"]]:
    """{name: embedding}: mel-frequency cepstral coefficients by their cosine, and centroid x decay."""
    cepstra, pairs = [], []
    for path in bar(paths, "yardsticks", unit="sound"):
        raw, rate = audio.read(path, features.READ_SECONDS)
        wave = audio.trim(audio.resample(audio.mono(raw), rate, MFCC_AUDIO.rate), MFCC_AUDIO.rate)
        power = _power(wave / np.abs(wave).max())
        cepstra.append(_mfcc(power))
        hz = np.arange(power.shape[1]) * MFCC_AUDIO.rate / MFCC_AUDIO.fft
        energy, time_ = power.sum(axis=1), np.arange(len(power)) * MFCC_AUDIO.hop / MFCC_AUDIO.rate
        pairs.append([np.log2(power.sum(axis=0) @ hz / power.sum()), np.log2(energy @ time_ / energy.sum() + 1e-3)])
    mfcc = np.array(cepstra)
    return {
        "centroid x decay": _standardised(np.array(pairs)),
        "MFCC 13, means, cosine": _unit(mfcc[:, :13]),
        "MFCC 20, means and deviations, standardised, cosine": _unit(_standardised(mfcc)),
    }


def _power(wave: Float[np.ndarray, " samples"]) -> Float[np.ndarray, "frames bins"]:
    padded = np.pad(wave, MFCC_AUDIO.window // 2)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(padded, (0, MFCC_AUDIO.window)), MFCC_AUDIO.window)
    count = 1 + len(wave) // MFCC_AUDIO.hop
    return np.abs(np.fft.rfft(frames[:: MFCC_AUDIO.hop][:count] * np.hanning(MFCC_AUDIO.window), axis=1)) ** 2


def _mfcc(power: Float[np.ndarray, "frames bins"]) -> Float[np.ndarray, " numbers"]:
    """Means and standard deviations of the coefficients over the frames."""
    from drumjax.sound import dsp

    log_mels = np.log(power @ dsp.mel_bank(MFCC_AUDIO) + 1e-10)
    order, place = np.arange(COEFFICIENTS)[:, None], np.arange(MFCC_AUDIO.mels) + 0.5
    cepstra = log_mels @ np.cos(np.pi * order * place / MFCC_AUDIO.mels).T
    return np.concatenate([cepstra.mean(axis=0), cepstra.std(axis=0)])


def _standardised(values):
    return (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-9)


def _unit(values):
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def codes(paths: list[str], labels: list[str]) -> Float[np.ndarray, "sounds latent"]:
    """Codes of the shipped bundle's encoder, with the classes given, without the descent that refines them: with it, a
    core encodes about a thousand sounds a minute."""
    import dataclasses

    from drumjax import checkpoint
    from drumjax.config import Encoding
    from drumjax.synth import Synth

    bundle = checkpoint.load_bundle(checkpoint.shipped())
    synth = Synth(dataclasses.replace(bundle, config=dataclasses.replace(bundle.config, encoding=Encoding(refine=0))))
    shape, found = bundle.config.audio, []
    for at in bar(range(0, len(paths), 32), "encoding", unit="batch"):
        raw = (audio.read(path, 10.0) for path in paths[at : at + 32])
        waves = np.stack([audio.fit_mix(*one, shape, 10.0, 0.0)[0] for one in raw])
        found.append(synth.encode(waves, labels[at : at + 32]))
    return np.concatenate(found)


def axes_table(library: Library, sounds: Int[np.ndarray, " n"]) -> dict[str, dict[str, float]]:
    """{direction: share of queries with ten hits, median change of the property, share of hits of the same class}."""
    table = {}
    for direction in ("", *AXES):
        changes, same, full = [], [], []
        for i in sounds:
            hits = library.like(library.sounds.paths[i], FOUND, {direction: 1} if direction else None)
            own = CLASSES[library.sounds.labels[i]]
            full.append(len(hits) == FOUND)
            if hits:
                same.append(np.mean([hit.drum_class == own for hit in hits]))
                name = AXES[direction][0] if direction else "brightness"
                changes.append(np.median([hit.properties[name] for hit in hits]) - library.sounds.property(name)[i])
        table[direction or "like"] = {
            "ten": float(np.mean(full)), "change": float(np.median(changes)), "same": float(np.mean(same)),
        }  # fmt: skip
    return table


def measure(folder: Path, with_codes: bool = False) -> dict[str, Any]:
    """All tables; the folder is scanned into an index of its own."""
    entries = {str(entry.file): entry for entry in list_files([folder])}
    with tempfile.TemporaryDirectory() as place:
        library = Library.open(Path(place) / "library.sqlite")
        scan = library.scan([folder.resolve()])
        sounds = library.sounds
        start = time.perf_counter()
        groups = copies.groups(sounds, np.arange(len(sounds)), near=True)
        compared = time.perf_counter() - start
        kept = np.ones(len(sounds), bool)
        kept[[i for group in groups for i in group[1:]]] = False
        rows = [entries[path] for path in sounds.paths]
        kits = [entry.kit("auto") for entry in rows]
        labels = [entry.drum_class or "" for entry in rows]
        drums = Drums.of([entry.manifest_row.get("original", entry.path) for entry in rows], kits, labels, kept)
        embeddings = yardsticks(sounds.paths)
        if with_codes:
            embeddings["codes of the encoder"] = codes(sounds.paths, labels)
        embeddings["the library's"] = sounds.embeddings
        found = {}
        for name, vectors in embeddings.items():
            of_drums = recall(np.asarray(vectors, np.float32), drums, kept)
            by_kit = np.mean([of_drums[np.array(drums.kits) == kit].mean() for kit in set(drums.kits)])
            found[name] = {"all": of_drums.mean(), "by kit": by_kit, "other kits": of_drums[drums.others].mean()}
        drawn = np.random.default_rng(0).permutation(np.flatnonzero(kept & (sounds.labels >= 0)))[:200]
        return {
            "files": len(sounds),
            "files_per_minute": 60 * scan.read / scan.seconds,
            "copies": {"groups": len(groups), "files": int(np.sum(~kept)), "seconds": compared},
            "drums": len(drums.hits),
            "hits": int(sum(map(len, drums.hits))),
            "recall": {name: {k: float(v) for k, v in row.items()} for name, row in found.items()},
            "axes": axes_table(library, drawn),
            "maps": maps.measure(sounds.embeddings[kept], np.array(kits)[kept]),
        }


def markdown(table: dict[str, Any]) -> str:
    """The tables as text."""
    lines = [
        f"{table['files']:,} files, {table['files_per_minute']:,.0f} a minute; {table['copies']['files']} copies of "
        f"{table['copies']['groups']} sounds found in {table['copies']['seconds']:.0f} s. {table['hits']} hits of "
        f"{table['drums']} drums.", "",
        "| recall@10 of other hits of the drum | drums | kits | other kits |", "|---|---:|---:|---:|",
    ]  # fmt: skip
    for name, row in table["recall"].items():
        lines.append(f"| {name} | {row['all']:.3f} | {row['by kit']:.3f} | {row['other kits']:.3f} |")
    lines += ["", "| like this, but | ten hits exist | median change | same class |", "|---|---:|---:|---:|"]
    for name, row in table["axes"].items():
        unit = "octaves" if name in ("shorter", "longer") else "dB"
        lines.append(f"| {name} | {row['ten']:.2f} | {row['change']:+.1f} {unit} | {row['same']:.2f} |")
    lines += ["", "| map, sounds of kits left out | trustworthiness | kNN-recall | CPU s |", "|---|---:|---:|---:|"]
    for name, row in table["maps"].items():
        lines.append(f"| {name} | {row['trustworthiness']:.3f} | {row['recall']:.3f} | {row['seconds']:.0f} |")
    return "\n".join(lines) + "\n"


@command("retrieval")
def main(arguments: list[str]) -> None:
    """Measures, prints the tables and writes them."""
    parser = Parser(
        "python -m drumjax.evaluate.retrieval", description=__doc__.splitlines()[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("folder", type=Path, help="a corpus with a manifest.csv that names kits")
    parser.add_argument("--codes", action="store_true", help="also the codes of the shipped bundle: a minute more")
    parser.add_argument("--out", type=Path, help="folder for library.md and library.json")
    options = parser.parse_args(arguments)
    table = measure(options.folder, options.codes)
    print(markdown(table), end="")
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        files.write(options.out / "library.md", markdown(table).encode())
        files.write(options.out / "library.json", json.dumps(table, indent=1).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
