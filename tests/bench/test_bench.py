"""The benchmark with small networks: peers compute the same waves, and the table has every row."""

import json

import numpy as np
import pytest
import small

from drumjax.bench import __main__ as main
from drumjax.bench import benchmark, inputs, peers, playing, timing, training
from drumjax.bench.plan import Plan
from drumjax.config import CLASSES
from drumjax.presets import override, paper, tiny
from drumjax.synth import Synth

SMALL = override(
    tiny(),
    ["audio.rate=2000", "audio.samples=1999", "audio.window=64", "audio.hop=16", "audio.fft=128", "audio.mels=29"]
    + ["cwae.channels=2,3,5", "cwae.dense=17,11", "cwae.latent=7", "mcnn.heads=3", "mcnn.channels=11,7,5,2"],
)
needs_torch = pytest.mark.skipif("torch" in peers.missing_peers(), reason="needs torch, of the extra `bench`")
needs_onnx = pytest.mark.skipif(
    "onnxruntime" in peers.missing_peers(), reason="needs onnxruntime, of the extra `bench`"
)


@pytest.fixture(scope="module")
def bundle():
    return inputs.random_bundle(SMALL)


@pytest.mark.parametrize("seconds", [0.1, 0.5, 1.0])
def test_sounds_last_as_long_as_asked(bundle, seconds):
    synth = Synth(inputs.with_length(bundle, seconds))
    mel = synth.decode(synth.place([0.1, -0.3, 0.5], "kick"), "kick")
    loud = mel.max(axis=1) > 1e-3 * mel.max()
    assert np.flatnonzero(loud)[-1] + 1 == round(seconds * 2000 / 16)


@pytest.mark.slow
@needs_torch
@pytest.mark.filterwarnings("ignore")  # torch warns about its own code
def test_torch_plays_the_same_sounds(bundle):
    import torch

    from drumjax.bench import torch_twin

    synth = Synth(inputs.with_length(bundle, 0.6))
    z = synth.place(np.random.default_rng(0).standard_normal((len(CLASSES), 3)), CLASSES)
    with torch.no_grad():
        theirs = torch_twin.Player(inputs.with_length(bundle, 0.6))(torch.tensor(z), torch.arange(len(CLASSES))).numpy()
    ours = synth.render(z, CLASSES)
    assert np.abs(ours).max(axis=1).min() > 0.01 and not np.allclose(ours[0], ours[1], atol=0.01)
    np.testing.assert_allclose(theirs, ours, atol=1e-4)


@pytest.mark.slow
@needs_onnx
@pytest.mark.filterwarnings("ignore")  # the exporter warns about its own code
def test_onnxruntime_plays_the_same_sounds_and_different_waves_are_an_error(bundle, monkeypatch):
    points, names = np.random.default_rng(2).standard_normal((3, 3)), ["tom", "kick", "snap"]
    theirs = peers.onnx_generate(bundle)(points, names)
    np.testing.assert_allclose(theirs, Synth(bundle).generate(points, names), atol=2e-5)
    monkeypatch.setattr(Synth, "generate", lambda self, points, names: theirs[:1] * 1.01)
    with pytest.raises(ValueError, match="must be equal"):
        peers.onnx_generate(bundle)


@pytest.mark.slow
@needs_torch
@pytest.mark.filterwarnings("ignore")  # torch warns about its own code
@pytest.mark.parametrize("stage", ["cwae", "mcnn"])
def test_torch_training_steps_reduce_the_loss(stage):
    import torch

    from drumjax.bench import torch_twin

    torch.manual_seed(0)
    step, losses = torch_twin.train_call(SMALL, stage, inputs.random_batch(SMALL, 22), compiled=False), []
    for _ in range(15):
        torch.manual_seed(0)  # the same draw of the prior in every step
        losses.append(step())
    assert losses[-1] < 0.99 * losses[0]


def test_the_products_have_the_multiplications_of_the_networks():
    """Taps x inputs x outputs at each input position, and up to 10 % more, because taps are padded."""
    config = paper()
    macs = 75 * 512 + 512 * 1024 + 1024 * 64 * 11 * 19
    sizes = (64, 209), (32, 22 * 57), (16, 43 * 171)
    macs += sum(5 * 11 * a * b * positions for (a, positions), b in zip(sizes, (32, 16, 1), strict=True))
    channels = (512, *config.mcnn.channels)
    macs += sum(8 * 13 * a * b * 86 * 2**i for i, (a, b) in enumerate(zip(channels[:-1], channels[1:], strict=True)))
    for sounds in (1, 5):
        counted = sum(h * m * k * n for h, m, k, n in peers.products(config, sounds))
        assert macs * sounds < counted < 1.1 * macs * sounds


def test_calls_take_turns_and_the_first_ones_are_not_timed():
    seen = []
    times = timing.time_in_turns({name: lambda name=name: seen.append(name) for name in "ab"}, 3)
    assert [len(times[name]) for name in "ab"] == [3, 3]
    assert all(set(seen[i : i + 2]) == {"a", "b"} for i in range(0, len(seen), 2))
    assert len(seen) == 2 * (3 + timing.WARM)


def test_the_table_has_quantiles_ratios_and_bars():
    ours, theirs = np.linspace(1, 2, 101), np.full(101, 2.0)
    rows = [
        timing.Row("kept", "ms", ours, "peer", theirs, bar=0.8, tail_bar=1.2),
        timing.Row("missed", "s", ours[:3], "peer", theirs, bar=0.5),
        timing.Row("alone", "ms", ours[:3]),
    ]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in timing.table(rows).splitlines()[2:]]
    assert cells[0] == ["kept", "ms", "1.5", "1.95", "1.99", "peer", "2", "2", "2"] + ["0.75 ≤ 0.8", "**1.33 > 1.2**"]
    assert cells[1] == ["missed", "s", "1.01", "", "", "peer", "2", "2", "2", "**0.51 > 0.5**", ""]
    assert cells[2] == ["alone", "ms", "1.01"] + [""] * 8
    assert rows[0].plain()["drumjax"] == {"p50": 1.5, "p95": pytest.approx(1.95), "p99": 1.99, "count": 101}


@pytest.fixture
def small_bench(bundle, monkeypatch):
    """The command with small networks and without peers; returns the absent peers."""
    absent = {name: "not now" for name in ("torch", "torch.compile", "onnxruntime", "librosa")}
    monkeypatch.setattr(main, "preset", lambda name: SMALL)
    monkeypatch.setattr(benchmark, "CALLS", 1)
    monkeypatch.setattr(benchmark, "tune_for_training", lambda: None)  # it would affect the tests that follow
    monkeypatch.setattr(benchmark, "setup_player", lambda: None)
    monkeypatch.setattr(playing, "SOUNDS", (1, 64))
    monkeypatch.setattr(
        playing.checkpoint, "load_bundle", lambda folder: small.bundle(small.config("tiny", "vocoder.refine=1"))
    )
    monkeypatch.setattr(peers, "missing_peers", lambda: absent)
    train_call = training.train_call
    # The CWAE's step takes half a minute to compile, and other tests cover it.
    monkeypatch.setattr(training, "train_call", lambda *args: float if args[1] == "cwae" else train_call(*args))
    return absent


@pytest.mark.slow
def test_one_command_measures_every_row(small_bench, tmp_path, capsys):
    out = tmp_path / "bench.json"
    assert main.main(["--only", "play", "release", "batch", "train", "--out", str(out)]) == 0
    printed, rows = capsys.readouterr().out, json.loads(out.read_text())["rows"]
    for peer in small_bench:
        assert f"Left out: {peer} (not now)." in printed
    assert len([line for line in printed.splitlines() if line.startswith("| ")]) == 1 + len(rows)
    parts = "decoder", "decoder and take", "magnitudes", "phases", "phases and Griffin-Lim"
    assert {(row["what"], row["peer"], row["bar"]) for row in rows} == {
        ("the paper's networks, 1 s", "", None),  # for onnxruntime
        ("the paper's networks, 1 s", playing.FLOOR, 1.8),
        ("the decoder's widest layer, pairs of bfloat16", playing.FLOAT32, None),
        ("release, 1 s", "", None),
        ("release, 0.5 s", playing.WHOLE, 0.7),
        ("release, the classes in turn, at their own lengths", "", None),
        *((f"release, 1 s: {part}", playing.WHOLE, None) for part in parts),
        ("the paper's networks, 1 in one call, per sound", playing.FLOOR, None),
        ("the paper's networks, 64 in one call, per sound", playing.FLOOR, 1.6),
        ("release, 1 in one call, per sound", "", None),
        ("release, 64 in one call, per sound", "", None),
        ("cwae training step, batch 44", "", None),
        ("mcnn training step, batch 16", "", None),
    }


@pytest.mark.parametrize("script", [True, False])
def test_the_start_is_that_of_the_script_or_of_the_installed_command(monkeypatch, tmp_path, script):
    monkeypatch.setattr(playing, "SCRIPT", tmp_path / "generate.py")
    if script:
        playing.SCRIPT.write_text("")
    started = []
    monkeypatch.setattr(playing, "run_python", lambda arguments, cache: started.append(arguments) or "1024")
    first, second, *_ = playing.start(Plan(SMALL, 1, []))
    own = [str(playing.SCRIPT)] if script else ["-m", "drumjax", "generate"]
    assert [arguments[: len(own)] == own for arguments in started] == [False, True, True, False, False]
    assert started[1][-1] != started[2][-1]  # the second run overwrites nothing
    assert first.what.startswith("generate.py" if script else "drumjax generate")


@pytest.mark.slow
def test_the_start_is_timed_in_new_processes(small_bench):
    first, second, *memories = playing.start(Plan(SMALL, 1, small_bench))
    assert (
        first.ours > second.ours > second.theirs > 0.1
    )  # seconds: the second run finds compiled code, and imports jax too
    assert len(memories) == 2 and all(100 < row.ours < 2000 for row in memories)


@pytest.mark.slow
def test_devices_are_simulated_in_new_processes(monkeypatch):
    monkeypatch.setattr(training, "DEVICES", (1, 2))
    (row,) = training.grow(Plan(tiny(), 1, []))
    assert "2 simulated devices" in row.what and row.peer == "one device" and row.ours > 0 < row.theirs


def test_missing_peers_are_named(monkeypatch):
    monkeypatch.setattr(peers.importlib.util, "find_spec", lambda name: None if "onnx" in name else name)
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert peers.missing_peers() == {
        "onnxruntime": "onnx, onnxscript, onnxruntime not installed",
        "torch.compile": "no C++ compiler (no-such-compiler)",
    }


def test_an_unknown_group_is_an_error_of_one_line(capsys):
    assert main.main(["--only", "everything"]) == 2
    assert "invalid choice: 'everything'" in capsys.readouterr().err


def test_the_machine_is_named_by_processor_or_architecture(monkeypatch):
    monkeypatch.setattr(benchmark.metadata, "version", lambda name: "1")  # it reads files too
    text = "processor\t: 0\nmodel name\t: Some CPU 9000\nmodel name\t: Some CPU 9000\n"
    monkeypatch.setattr(benchmark.Path, "read_text", lambda path, **_: text)
    assert benchmark.machine()[0] == "Some CPU 9000"
    monkeypatch.setattr(benchmark.Path, "read_text", lambda path, **_: "processor\t: 0\n")
    assert benchmark.machine()[0] == benchmark.platform.machine()
