"""Speed, side by side with the peers: python -m drumjax.bench [--full-batches]

Every figure is a median of calls made in turn with its peer's, in this process, on this machine, and goes into
one Markdown table. Peers are PyTorch (same architectures, same batches, eager; the extra `bench` installs it) and,
for playing, Griffin-Lim of 32 iterations in librosa (the extra `test`). What is not installed is left out.
"""

import importlib.util
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping

import jax
import numpy as np

from drumjax import dsp, stages, training
from drumjax.config import CLASSES, Config
from drumjax.console import Parser, command, keep_freed_memory
from drumjax.data.batches import Batch
from drumjax.presets import preset
from drumjax.synth import Synth

STEPS, FULL_STEPS, SOUNDS = 7, 2, 30
"""Calls of each contender."""


def medians_ms(calls: Mapping[str, Callable[[], object]], count: int) -> dict[str, float]:
    """Median milliseconds of each call after a first that does not count, the calls taking turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(count + 1):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            if turn:
                times[name].append(1000 * (time.perf_counter() - began))
    return {name: statistics.median(values) for name, values in times.items()}


def sounds(config: Config, count: int) -> Batch:
    """Decaying noise of every class, half a second long: the arithmetic does not depend on what sounds."""
    t = np.arange(config.audio.samples) / config.audio.samples
    waves = np.random.default_rng(0).standard_normal((count, t.size)) * np.exp(-9 * t) * (t < 0.5)
    waves /= np.abs(waves).max(axis=1, keepdims=True)
    labels = np.sort(np.arange(count) % len(CLASSES)).astype(np.int32)
    return Batch(waves.astype(np.float32), np.full(count, t.size // 2, np.int32), labels)


def train_call(config: Config, stage: str, batch: Batch) -> Callable[[], object]:
    """One training step a call, features included, on a state that goes on."""
    blank = np.zeros((config.audio.frames, config.audio.mels), np.float32)
    if stage == "cwae":
        task = stages.cwae_task(config, batch, lambda: {"mean": blank, "std": blank + 1})
    else:
        task = stages.mcnn_task(config, batch)
    step = training.make_step(task, 0)
    state = training.start(*task.init(jax.random.key(0)), task.settings)

    def call():
        nonlocal state
        state, metrics = step(state, task.frozen, batch)
        return float(metrics["loss"])

    return call


def training_rows(config: Config, batches: Mapping[str, int], count: int) -> list[tuple[str, dict[str, float]]]:
    """(stage, {contender: milliseconds a sound}) of a training step."""
    rows = []
    for stage, size in batches.items():
        batch = sounds(config, size)
        calls = {"drumjax": train_call(config, stage, batch)}
        if importlib.util.find_spec("torch"):
            from drumjax import peers

            calls["torch"] = peers.train_call(config, stage, batch)
        rows.append(
            (f"{stage} training step, batch {size}", {n: v / size for n, v in medians_ms(calls, count).items()})
        )
    return rows


def playing_rows(synth: Synth) -> list[tuple[str, dict[str, float]]]:
    """(what, {contender: milliseconds a sound}) of one sound played."""
    calls = {"drumjax": lambda: synth.generate([0.1, -0.3, 0.5], "kick")}
    if importlib.util.find_spec("librosa"):
        import librosa

        audio = synth.config.audio
        mel = synth.mel(synth.generate([0.1, -0.3, 0.5], "kick"))
        linear = np.maximum(mel @ np.linalg.pinv(dsp.mel_bank(audio)), 0).T
        shape = {"hop_length": audio.hop, "win_length": audio.window, "n_fft": audio.fft, "length": audio.samples}
        calls["librosa"] = lambda: librosa.griffinlim(linear, n_iter=32, random_state=0, **shape)
    return [("one sound, knobs to waveform", medians_ms(calls, SOUNDS))]


def table(rows: list[tuple[str, dict[str, float]]]) -> str:
    """The rows as Markdown: ours, the peer's, and ours over the peer's."""
    lines = ["| ms a sound | drumjax | peer | ratio |", "|---|---|---|---|"]
    for what, figures in rows:
        ours = figures.pop("drumjax")
        peers = [(f"{name} {value:.1f}", f"{ours / value:.2f}") for name, value in figures.items()] or [("-", "-")]
        lines += [f"| {what} | {ours:.1f} | {peer} | {ratio} |" for peer, ratio in peers]
    return "\n".join(lines)


@command("bench")
def main(arguments: list[str]) -> None:
    """Prints the table."""
    parser = Parser(prog="python -m drumjax.bench", description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--full-batches", action="store_true", help="training steps at the paper's batches, 704 and 128"
    )
    options = parser.parse_args(arguments)
    keep_freed_memory()
    config = preset("paper")
    full = {"cwae": config.train.cwae.batch, "mcnn": config.train.mcnn.batch}
    synth = Synth.load()
    if options.full_batches:
        rows = training_rows(config, full, FULL_STEPS)
    else:
        rows = training_rows(config, {"cwae": 44, "mcnn": 16}, STEPS)
    print(f"preset paper, {platform.machine()}, {os.cpu_count()} cores, jax {jax.__version__}\n")
    print(table(rows + playing_rows(synth)))


if __name__ == "__main__":
    sys.exit(main())
