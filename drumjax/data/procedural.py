"""The built-in drums: 11 classes synthesised from seeds, so that training needs no download.

Sounds come in kits of ten per class, like real ones. A kit has a style (tuning, decay, brightness, drive, room) and a
centre for every parameter, and its sounds stay near it, so a split by kit holds out drums that are new. Sounds are
synthesised at 44.1 kHz and resampled in the spectrum: a seed gives the same drum at any rate, without aliases.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from drumjax.config import CLASSES, Audio, Config
from drumjax.data.drums import KIT_SIZE, MAKERS, VERSION, Draw, Style, generator, style
from drumjax.data.labels import class_index
from drumjax.data.split import kit_splits
from drumjax.data.store import SPLITS, Store, StoreWriter
from drumjax.data.tones import BLOCK, RATE, blocks, noise, ring
from drumjax.data.variation import cut_at_silence
from drumjax.progress import bar


def kit_of(seed: int) -> str:
    """The kit of a seed, the same for every class."""
    return f"builtin-{seed // KIT_SIZE:04d}"


def sound(drum_class: str, seed: int, audio: Audio) -> tuple[Float[np.ndarray, " samples"], int]:
    """One built-in drum.

    Args:
        drum_class: its name or index.
        seed: 0 or more; seeds 10 k to 10 k + 9 belong to kit k.
        audio: its rate and padded length.

    Returns:
        Float32 (samples,) with peak 1, and the length at which it has decayed below -60 dB; zero from there on.

    Raises:
        ValueError: the class is not one of CLASSES.
    """
    drum_class = CLASSES[class_index(drum_class)]
    kit = style(seed)
    draw = Draw(drum_class, seed)
    wave = MAKERS[drum_class](draw, kit)
    wave = np.tanh(wave * np.float32(kit.drive / np.abs(wave).max()))
    wave = _add_room(wave, kit, audio.rate)
    result = np.zeros(audio.samples, np.float32)
    size = min(len(wave), audio.samples)
    result[:size] = wave[:size]
    return cut_at_silence(result, audio.rate)


def _add_room(wave: Float[np.ndarray, " samples"], kit: Style, rate: int) -> Float[np.ndarray, " resampled"]:
    """The dry sound with its room, tilted, without DC, at the given rate."""
    spare = 6 if kit.room else 2  # blocks of silence for the tails of room and filters, which must not wrap
    size = blocks(len(wave) + spare * BLOCK)
    spectrum = np.fft.rfft(wave, size)
    hz = np.fft.rfftfreq(size, 1 / RATE).astype(np.float32)
    if kit.room:
        spectrum *= 1 + np.fft.rfft(_room(kit), size)
    spectrum *= (np.clip(hz, 60, None) / 1000) ** np.float32(kit.tilt_db / 6.02)
    spectrum *= (hz / (hz - 20j)) ** 2  # two poles at 20 Hz, causal: no long tail after the end
    out = -(-size * rate // RATE)
    keep = min(size, out) // 2 + 1
    edge = keep // 16
    spectrum = spectrum[:keep]
    spectrum[-edge:] *= np.cos(np.linspace(0, np.pi / 2, edge, dtype=np.float32)) ** 2
    resampled = np.fft.irfft(spectrum, out)
    return resampled[: out - round(0.01 * rate)]  # drops ringing before the start, which wraps to the end


@lru_cache(maxsize=16)
def _room(kit: Style) -> Float[np.ndarray, " samples"]:
    """The impulse response of the kit's room: decaying noise."""
    tail = noise(generator(4, kit.number), kit.room_seconds, 200, 6000) * ring(kit.room_seconds, kit.room_seconds)
    return tail * np.float32(np.sqrt(kit.room / np.sum(tail**2)))


def build(config: Config, progress: bool = True) -> Store:
    """The store of built-in drums in `config.store_dir`: opened if it exists with the same settings, otherwise built.

    Its sounds depend only on `audio` and their number, never on the run's seed: runs with different seeds train on the
    same drums.

    Args:
        config: its audio, data.builtin (sounds per class) and data.shares are used.
        progress: shows a progress bar.

    Raises:
        ValueError: the folder holds a store of other sounds, which is not replaced.
        OSError: the folder cannot be written; the message is one line.
    """
    settings = {
        "maker": "built-in drums",
        "version": VERSION,
        "builtin": config.data.builtin,
        "shares": list(config.data.shares),
    }
    if (config.store_dir / "store.json").exists():
        store = Store.open(config.store_dir)
        if store.settings.get("maker") != settings["maker"]:
            raise ValueError(
                f"{config.store_dir} holds a store of your own sounds, made for other audio or folders: name the "
                f"folders with --data, or another folder for the built-in drums with --set data.store=FOLDER"
            )
        if store.settings == settings and store.audio == config.audio:
            return store
    return _write(config, settings, progress)


def _write(config: Config, settings: dict[str, Any], progress: bool) -> Store:
    """Synthesises all sounds and writes their store."""
    count = config.data.builtin
    kits = [kit_of(seed) for seed in range(count)]
    splits = kit_splits({kit: np.full(len(CLASSES), kits.count(kit)) for kit in kits}, config.data.shares)
    report = []
    with (
        StoreWriter(config.store_dir, config.audio) as writer,
        bar(None, "built-in drums", count * len(CLASSES), unit="sound", shown=progress) as making,
    ):
        for label, name in enumerate(CLASSES):
            for seed, kit in enumerate(kits):
                path = f"{kit}/{name}-{seed % KIT_SIZE}"
                wave, length = sound(name, seed, config.audio)
                writer.add(wave, length, label, kit, path, {"seed": seed})
                split = SPLITS[splits[kit]]
                report.append({"path": path, "outcome": "kept", "class": name, "reason": "", "split": split})
                making.update()
        source = {"source": "drumjax built-in drums", "licence": "Apache-2.0", "terms": "permissive"}
        sources = [{**source, "count": len(report)}]
        return writer.finish(splits, report, sources, settings)
