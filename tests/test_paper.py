"""A tiny bundle trained with `--preset paper` against a chain written from the paper alone."""

import numpy as np
import pytest
import small

from drumjax.checkpoint import load_bundle
from drumjax.cli.generate import generate
from drumjax.cli.train import train
from drumjax.config import CLASSES
from drumjax.synth import Synth

FEW = [
    "audio.rate=4000", "data.builtin=8", "data.per_class=8", "data.min_seconds=0.01", "train.cwae.batch=22",
    "train.cwae.steps=6", "train.cwae.epoch_steps=3", "train.mcnn.batch=8", "train.mcnn.steps=6",
    "train.mcnn.epoch_steps=3",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    run = tmp_path_factory.mktemp("paper") / "run"
    sizes = [text for text in small.SIZES if not text.startswith("audio.rate")]
    assert train(["--preset", "paper", "--set", *sizes, *FEW, f"run.dir={run}"]) == 0
    return run / "bundle"


def transposed(x, kernel, stride, sizes):
    """Transposed convolution with padding taps // 2, from its definition: out[stride * i + k] += x[i] @ kernel[k]."""
    taps = kernel.shape[:-2]
    full = [s * (n - 1) + max(k, k // 2 + s + 1) for s, n, k in zip(stride, x.shape, taps, strict=False)]
    out = np.zeros((*full, kernel.shape[-1]))
    for tap in np.ndindex(*taps):
        out[tuple(slice(k, k + s * n, s) for k, s, n in zip(tap, stride, x.shape, strict=False))] += x @ kernel[tap]
    return out[tuple(slice(k // 2, k // 2 + n) for k, n in zip(taps, sizes, strict=True))]


def reference(bundle, point, label):
    """Inverse PCA, decoder, MCNN, mask > 0.5: the paper's chain in numpy, one sound at a time."""
    settings, audio = bundle.config.cwae, bundle.config.audio
    decoder, running = bundle.cwae["params"]["decoder"], bundle.cwae["batch_stats"]["decoder"]
    z = bundle.controls["centre"][0] + point @ bundle.controls["basis"][0]
    x = np.concatenate([z, np.eye(len(CLASSES))[label]]).astype(np.float64)
    for layer in range(len(settings.dense) + 1):
        x = np.maximum(x @ decoder[f"dense_{layer}"]["kernel"] + decoder[f"dense_{layer}"]["bias"], 0)
    grid = settings.grid(audio)[::-1]
    x = x.reshape(*grid[0], settings.channels[-1])
    for layer, sizes in enumerate(grid[1:]):
        x = transposed(x, decoder[f"kernel_{layer}"], settings.stride[::-1], sizes)
        if layer < len(settings.channels) - 1:
            norm, moments = decoder[f"norm_{layer}"], running[f"norm_{layer}"]["norm"]
            x = (x - moments["mean"]) / np.sqrt(moments["var"] + 1e-5) * norm["scale"][label] + norm["shift"][label]
            x = np.maximum(x, 0)
    log_mel = (x[..., 0] + decoder["offset"]) * bundle.statistics["std"] + bundle.statistics["mean"]
    mel = np.maximum(np.exp(log_mel) - settings.log_offset, 0)
    params, waves, masks = bundle.mcnn["params"], [], []
    for head in range(bundle.config.mcnn.heads):
        y = mel
        for layer in range(len(bundle.config.mcnn.channels)):
            y = y if layer == 0 else np.where(y > 0, y, np.expm1(np.minimum(y, 0)))
            y = transposed(y, params["heads"][f"kernel_{layer}"][head], (2,), (2 * len(y),))
        waves.append(params["head_weights"][head] * y[:, 0])
        masks.append(y[:, 1])
    mixed = np.sum(waves, axis=0)
    wave = params["softsign_a"] * mixed / (1 + np.abs(params["softsign_b"] * mixed))
    return (wave * (1 / (1 + np.exp(-np.sum(masks, axis=0))) > 0.5))[: audio.samples]


@pytest.mark.slow
def test_the_player_is_the_papers_chain(folder):
    bundle, synth = load_bundle(folder), Synth.load(folder)
    points = np.random.default_rng(0).standard_normal((len(CLASSES), 3)).astype(np.float32)
    for label, name in enumerate(CLASSES):
        expected = reference(bundle, points[label], label)
        assert np.abs(expected).max() > 1e-3, name
        np.testing.assert_allclose(synth.generate(points[label], name), expected, atol=1e-4)


@pytest.mark.slow
def test_a_paper_bundle_has_what_the_paper_has(folder):
    bundle, synth = load_bundle(folder), Synth.load(folder)
    assert not (bundle.texture or bundle.density or synth.knob_names)
    assert len(bundle.controls["centre"]) == 1 and not (folder.parent / "joint").exists()
    z = synth.draw("kick", 500, seed=1)
    assert abs(z.mean()) < 0.1 and abs(z.std() - 1) < 0.05
    # The controls are principal components of the latents of all classes: orthogonal, the same for each class.
    basis = bundle.controls["basis"][0]
    directions = basis / np.linalg.norm(basis, axis=1, keepdims=True)
    np.testing.assert_allclose(directions @ directions.T, np.eye(3), atol=1e-3)
    moved = [synth.place([1, 0, 0], name) - synth.place([0, 0, 0], name) for name in ("kick", "tom")]
    np.testing.assert_allclose(moved[0], moved[1], atol=1e-6)


@pytest.mark.slow
def test_the_commands_play_a_paper_bundle(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ["--z", "0", "0", "0"],
        ["--n", "2", "--seed", "3"],
        ["--z", "1", "0", "0", "--controls", "global"],
    ):
        assert generate(["--bundle", str(folder.parent), "--class", "kick", *arguments, "--rate", "22050"]) == 0
    assert len(list(tmp_path.rglob("*.wav"))) == 4
    assert generate(["--bundle", str(folder), "--class", "kick", "--z", "0", "0", "0", "--controls", "class"]) == 2
    assert "this bundle has global controls only" in capsys.readouterr().err
