"""The benchmark at the size of tests: the peers compute what we compute, and every row comes, or it is said why not."""

import json

import numpy as np
import pytest

from drumjax.bench import __main__ as bench
from drumjax.bench import material, peers, playing, steps, timing
from drumjax.bench.plan import Plan
from drumjax.config import CLASSES
from drumjax.presets import override, paper, tiny
from drumjax.synth import Synth

SMALL = override(
    tiny(),
    ["audio.rate=2000", "audio.samples=1999", "audio.window=64", "audio.hop=16", "audio.fft=128", "audio.mels=29"]
    + ["cwae.channels=2,3,5", "cwae.dense=17,11", "cwae.latent=7", "mcnn.heads=3", "mcnn.channels=11,7,5,2"],
)
torch_is_there = pytest.mark.skipif("torch" in peers.missing(), reason="torch comes with the extra `bench`")
onnx_is_there = pytest.mark.skipif("onnxruntime" in peers.missing(), reason="the extra `bench` is not installed")


@pytest.fixture(scope="module")
def bundle():
    return material.bundle(SMALL)


@pytest.mark.parametrize("seconds", [0.1, 0.5, 1.0])
def test_sounds_last_as_long_as_asked(bundle, seconds):
    synth = Synth(material.lasting(bundle, seconds))
    mel = synth.decode(synth.place([0.1, -0.3, 0.5], "kick"), "kick")
    assert np.flatnonzero(mel.any(axis=1))[-1] + 1 == round(seconds * 2000 / 16)
    wave = synth.generate([0.1, -0.3, 0.5], "kick")
    assert 0.9 * seconds * 2000 < np.flatnonzero(wave)[-1] <= seconds * 2000 + 16


@pytest.mark.slow
@torch_is_there
@pytest.mark.filterwarnings("ignore")  # torch's own
def test_the_twin_plays_the_same_sounds(bundle):
    import torch

    from drumjax.bench import twin

    synth = Synth(material.lasting(bundle, 0.6))
    z = synth.place(np.random.default_rng(0).standard_normal((len(CLASSES), 3)), CLASSES)
    with torch.no_grad():
        theirs = twin.Player(material.lasting(bundle, 0.6))(torch.tensor(z), torch.arange(len(CLASSES))).numpy()
    ours = synth.render(z, CLASSES)
    assert np.abs(ours).max(axis=1).min() > 0.01 and not np.allclose(ours[0], ours[1], atol=0.01)
    np.testing.assert_allclose(theirs, ours, atol=1e-4)


@pytest.mark.slow
@onnx_is_there
@pytest.mark.filterwarnings("ignore")  # the exporter's own
def test_onnxruntime_plays_the_same_sounds_or_the_bench_refuses(bundle, monkeypatch):
    points, names = np.random.default_rng(2).standard_normal((3, 3)), ["tom", "kick", "snap"]
    theirs = peers.onnx_generate(bundle)(points, names)
    np.testing.assert_allclose(theirs, Synth(bundle).generate(points, names), atol=2e-5)
    monkeypatch.setattr(Synth, "generate", lambda self, points, names: theirs[:1] * 1.01)
    with pytest.raises(ValueError, match="should play one waveform"):
        peers.onnx_generate(bundle)


def test_the_products_are_the_networks(bundle):
    """At least their multiplications: taps x in x out for each input position; little more, since taps are padded."""
    config = paper()
    macs = 75 * 512 + 512 * 1024 + 1024 * 64 * 11 * 19
    sizes = (64, 209), (32, 22 * 57), (16, 43 * 171)
    macs += sum(5 * 11 * a * b * positions for (a, positions), b in zip(sizes, (32, 16, 1), strict=True))
    channels = (512, *config.mcnn.channels)
    macs += sum(8 * 13 * a * b * 86 * 2**i for i, (a, b) in enumerate(zip(channels[:-1], channels[1:], strict=True)))
    for sounds in (1, 5):
        counted = sum(h * m * k * n for h, m, k, n in peers.products(config, sounds))
        assert macs * sounds < counted < 1.1 * macs * sounds


def test_calls_take_turns_and_first_ones_do_not_count():
    seen = []
    taken = timing.interleaved({name: lambda name=name: seen.append(name) for name in "ab"}, 3)
    assert [len(taken[name]) for name in "ab"] == [3, 3]
    assert all(set(seen[i : i + 2]) == {"a", "b"} for i in range(0, len(seen), 2))
    assert len(seen) == 2 * (3 + timing.WARM)


def test_the_table_holds_quantiles_ratios_and_bars():
    ours, theirs = np.linspace(1, 2, 101), np.full(101, 2.0)
    lines = [
        timing.Row("kept", "ms", ours, "peer", theirs, bar=0.8, tail_bar=1.2),
        timing.Row("missed", "s", ours[:3], "peer", theirs, bar=0.5),
        timing.Row("alone", "ms", ours[:3]),
    ]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in timing.table(lines).splitlines()[2:]]
    assert rows[0] == ["kept", "ms", "1.5", "1.95", "1.99", "peer", "2", "2", "2"] + ["0.75 ≤ 0.8", "**1.33 > 1.2**"]
    assert rows[1] == ["missed", "s", "1.01", "", "", "peer", "2", "2", "2", "**0.51 > 0.5**", ""]
    assert rows[2] == ["alone", "ms", "1.01"] + [""] * 8
    assert lines[0].plain()["drumjax"] == {"p50": 1.5, "p95": pytest.approx(1.95), "p99": 1.99, "count": 101}


@pytest.fixture
def small_bench(bundle, monkeypatch):
    """The command at the size of tests, all peers absent; gives them."""
    absent = {name: "not now" for name in ("torch", "torch.compile", "onnxruntime", "librosa")}
    monkeypatch.setattr(bench, "preset", lambda name: SMALL)
    monkeypatch.setattr(bench, "CALLS", 1)
    monkeypatch.setattr(bench, "tune_for_training", lambda: None)  # this process is no bench: it goes on to other tests
    monkeypatch.setattr(playing, "SECONDS", (0.5, 1.0))
    monkeypatch.setattr(playing, "SOUNDS", (1, 64))
    monkeypatch.setattr(playing.checkpoint, "load_bundle", lambda folder: material.refined(bundle, 12))
    monkeypatch.setattr(peers, "missing", lambda: absent)
    step = steps.train_call
    # The CWAE's takes half a minute to compile; test_training has it.
    monkeypatch.setattr(steps, "train_call", lambda *asked: float if asked[1] == "cwae" else step(*asked))
    return absent


@pytest.mark.slow
def test_one_command_gives_every_row(small_bench, tmp_path, capsys):
    out = tmp_path / "bench.json"
    assert bench.main(["--only", "play", "release", "length", "batch", "train", "--out", str(out)]) == 0
    printed, rows = capsys.readouterr().out, json.loads(out.read_text())["rows"]
    for peer in small_bench:
        assert f"Left out: {peer} (not now)." in printed
    assert len([line for line in printed.splitlines() if line.startswith("| ")]) == 1 + len(rows)
    assert {(row["what"], row["peer"], row["bar"]) for row in rows} == {
        ("generate, 1 s", "", None),  # onnxruntime's
        ("generate, 1 s", playing.FLOOR, 1.8),
        ("generate, 1 s, 4 refinement steps", "", None),
        ("the decoder's widest layer, pairs of bfloat16", playing.FLOAT32, None),
        ("shipped bundle, 1 s: decoder alone", "as it is set", None),
        ("shipped bundle, 1 s, without refinement", "", None),
        ("shipped bundle, 1 s, 12 refinement steps", "without refinement", None),
        ("shipped bundle, 1 s, 12 refinement steps", "", None),
        ("shipped bundle, the classes in turn, at their own lengths", "", None),
        ("generate, 0.5 s", "generate, 1 s", 0.62),
        ("generate, 1 at once, a sound", playing.FLOOR, None),
        ("generate, 64 at once, a sound", playing.FLOOR, 1.6),
        ("cwae training step, batch 44", "", None),
        ("mcnn training step, batch 16", "", None),
    }


@pytest.mark.slow
def test_starting_is_timed_in_processes_of_their_own(small_bench):
    first, second, *memories = playing.start(Plan(SMALL, 1, small_bench))
    assert first.ours > second.ours > second.theirs > 0.1  # seconds: what is compiled is kept, jax is part of it
    assert len(memories) == 2 and all(100 < row.ours < 2000 for row in memories)


@pytest.mark.slow
def test_devices_are_simulated_in_processes_of_their_own(monkeypatch):
    monkeypatch.setattr(steps, "DEVICES", (1, 2))
    (row,) = steps.grow(Plan(tiny(), 1, []))
    assert "2 simulated devices" in row.what and row.peer == "one device" and row.ours > 0 < row.theirs


def test_what_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(peers.importlib.util, "find_spec", lambda name: None if "onnx" in name else name)
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert peers.missing() == {
        "onnxruntime": "onnx, onnxscript, onnxruntime not installed",
        "torch.compile": "no C++ compiler (no-such-compiler)",
    }


def test_an_unknown_group_is_one_line(capsys):
    assert bench.main(["--only", "everything"]) == 2
    assert "invalid choice: 'everything'" in capsys.readouterr().err


def test_the_table_names_the_processor_or_at_least_its_kind(monkeypatch):
    from drumjax.bench import __main__ as bench

    told = "processor\t: 0\nmodel name\t: Some CPU 9000\nmodel name\t: Some CPU 9000\n"
    monkeypatch.setattr(bench.Path, "read_text", lambda path, **_: told)
    assert bench.machine()[0] == "Some CPU 9000"
    monkeypatch.setattr(bench.Path, "read_text", lambda path, **_: "processor\t: 0\n")
    assert bench.machine()[0] == bench.platform.machine()
