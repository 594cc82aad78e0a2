"""The built-in drums: 11 classes synthesised from seeds, so that nothing needs a download.

Sounds come in kits of ten a class, as real ones do: a kit has a style (tuning, decay, brightness, drive,
room) and a place for every parameter, and its sounds stay near it. A split by kit therefore holds out drums
that are really new. Everything is made at 44.1 kHz and brought to the wanted rate in the spectrum, so that a
seed is the same drum at any rate, without aliases.
"""

from functools import lru_cache

import numpy as np
from tqdm import tqdm

from drumjax.config import CLASSES, Audio, Config
from drumjax.data.drums import KIT, MAKERS, VERSION, Draw, Style, generator, style
from drumjax.data.split import kit_splits
from drumjax.data.store import SPLITS, Store, StoreWriter
from drumjax.data.tones import BLOCK, RATE, blocks, noise, ring
from drumjax.data.variation import ended


def kit_of(seed: int) -> str:
    """The kit a seed's sound belongs to, the same for every class."""
    return f"builtin-{seed // KIT:04d}"


def sound(drum_class: str, seed: int, audio: Audio) -> tuple[np.ndarray, int]:
    """One built-in drum.

    Args:
        drum_class: one of CLASSES.
        seed: which sound, 0 or more; seeds 10 k to 10 k + 9 are kit k.
        audio: its rate and padded length.

    Returns:
        Float32 [samples] of peak 1, and the length up to where it has fallen below -60 dB; zero from there on.

    Raises:
        ValueError: the class is not one of CLASSES.
    """
    if drum_class not in MAKERS:
        raise ValueError(f"drum class must be one of {', '.join(CLASSES)}; got {drum_class!r}")
    kit = style(seed)
    draw = Draw(drum_class, seed)
    wave = MAKERS[drum_class](draw, kit)
    wave = np.tanh(wave * np.float32(kit.drive / np.abs(wave).max()))
    wave = _recorded(wave, kit, audio.rate)
    result = np.zeros(audio.samples, np.float32)
    size = min(len(wave), audio.samples)
    result[:size] = wave[:size]
    return ended(result, audio.rate)


def _recorded(wave: np.ndarray, kit: Style, rate: int) -> np.ndarray:
    """The dry sound in its room, tilted, without DC, at the wanted rate."""
    spare = 6 if kit.room else 2  # blocks of silence for what room and filters add: the FFT's circle must not close
    size = blocks(len(wave) + spare * BLOCK)
    spectrum = np.fft.rfft(wave, size)
    hz = np.fft.rfftfreq(size, 1 / RATE).astype(np.float32)
    if kit.room:
        spectrum *= 1 + np.fft.rfft(_room(kit), size)
    spectrum *= (np.clip(hz, 60, None) / 1000) ** np.float32(kit.tilt_db / 6.02)
    spectrum *= (hz / (hz - 20j)) ** 2  # two poles at 20 Hz: causal, so it lets go of the end quickly
    out = -(-size * rate // RATE)
    keep = min(size, out) // 2 + 1
    edge = keep // 16
    spectrum = spectrum[:keep]
    spectrum[-edge:] *= np.cos(np.linspace(0, np.pi / 2, edge, dtype=np.float32)) ** 2
    resampled = np.fft.irfft(spectrum, out)
    return resampled[: out - round(0.01 * rate)]  # what rings before the start lies at the circle's end


@lru_cache(maxsize=16)
def _room(kit: Style) -> np.ndarray:
    """The reverberation of the kit's room: noise that dies away."""
    tail = noise(generator(4, kit.number), kit.room_seconds, 200, 6000) * ring(kit.room_seconds, kit.room_seconds)
    return tail * np.float32(np.sqrt(kit.room / np.sum(tail**2)))


def build(config: Config, progress: bool = True) -> Store:
    """The store of built-in drums in `config.store_dir`: opened if it is there and the same, else made.

    Its sounds depend on `audio` and on their number alone, never on the run's seed: runs that differ in seed
    train on the same drums.

    Args:
        config: its audio, data.builtin (sounds a class) and data.shares.
        progress: whether to show a bar.

    Raises:
        ValueError: the folder holds a store of other sounds, which are not replaced.
        OSError: one line, when the folder cannot be written.
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
                f"{config.store_dir} holds a store of your own sounds, made for other audio or folders: name them with "
                f"--data, or another place for the built-in drums with --set data.store=FOLDER"
            )
        if store.settings == settings and store.audio == config.audio:
            return store
    count = config.data.builtin
    kits = [kit_of(seed) for seed in range(count)]
    sides = kit_splits({kit: np.full(len(CLASSES), kits.count(kit)) for kit in kits}, config.data.shares)
    report = []
    with (
        StoreWriter(config.store_dir, config.audio) as writer,
        tqdm(total=count * len(CLASSES), desc="built-in drums", dynamic_ncols=True, disable=not progress) as bar,
    ):
        for label, name in enumerate(CLASSES):
            for seed, kit in enumerate(kits):
                path = f"{kit}/{name}-{seed % KIT}"
                wave, length = sound(name, seed, config.audio)
                writer.add(wave, length, label, kit, path, {"seed": seed})
                split = SPLITS[sides[kit]]
                report.append({"path": path, "outcome": "kept", "class": name, "reason": "", "split": split})
                bar.update()
        source = {"source": "drumjax built-in drums", "licence": "Apache-2.0", "terms": "permissive"}
        sources = [{**source, "count": len(report)}]
        return writer.finish(sides, report, sources, settings)
