"""The ONNX models of a bundle, in onnxruntime, beside Synth.

DRUMJAX_CALLS=200 python -m pytest tests/clients/test_onnx.py -k shipped -s   # the table in docs/onnx.md
"""

import dataclasses
import json
import os
import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small
import soundfile

from drumjax import checkpoint
from drumjax.cli.export import export
from drumjax.clients.engine import trial
from drumjax.config import CLASSES
from drumjax.data.labels import to_class_mix
from drumjax.sound.seeds import DRAWS, NOISE, TAKES, Numbers
from drumjax.synth import Synth

onnx, onnxruntime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")

from onnx.reference import ReferenceEvaluator  # noqa: E402

from drumjax.clients.onnx import graph, sound  # noqa: E402

TEXT = (Path(__file__).parents[2] / "docs" / "onnx.md").read_text(encoding="utf8")


def player(model):
    """A function (inputs by name) -> result of a model in onnxruntime; `sizes` of its inputs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)

    def play(**feeds):
        return session.run(None, {name: np.asarray(array, np.float32) for name, array in feeds.items()})[0]

    play.sizes = {one.name: one.shape[0] for one in session.get_inputs()}
    return play


def differences(bundle, count, seed=0):
    """The largest difference of a sample from Synth's sounds, of full scale, for each of random calls."""
    synth, play = Synth(bundle), player(sound.sound_model(bundle))
    streams = {name: stream for name, stream in (("noise", NOISE), ("choice", TAKES)) if name in play.sizes}
    for knobs, mix, take, drawn in trial.calls(count, seed):
        base = None if drawn is None else synth.draw(mix, 1, drawn)[0]
        numbers = {name: Numbers(take or 0, stream).normal(play.sizes[name]) for name, stream in streams.items()}
        latents = np.full(play.sizes["base"], np.nan) if base is None else base
        wave = play(knobs=knobs, class_mix=to_class_mix(mix), base=latents, **numbers)
        yield np.abs(wave - synth.generate(knobs, mix, base, take or 0)).max()


BUNDLES = {
    "noise, a full STFT": small.config("tiny", "texture=noise", "audio.window=48", "audio.hop=16", "audio.fft=72"),
    "the paper's networks": small.config("paper"),
}


@pytest.mark.parametrize("name", BUNDLES)
def test_onnxruntime_makes_the_sounds_of_synth(name):
    assert max(differences(small.instrument(BUNDLES[name]), 6)) < 1e-4


@pytest.mark.slow
def test_onnxruntime_makes_the_sounds_of_the_shipped_bundle():
    found = list(differences(checkpoint.load_bundle(checkpoint.shipped()), int(os.environ.get("DRUMJAX_CALLS", 8))))
    print(f"\n| {len(found)} random calls | median | 99 % | largest |\n|---|---:|---:|---:|")
    print(f"| difference of a sample | {np.median(found):.1e} | {np.quantile(found, 0.99):.1e} | {max(found):.1e} |")
    print(f"{np.mean(np.array(found) <= 1e-4):.0%} differ by 0.0001 at most.")
    assert np.median(found) < 1e-4 and np.mean(np.array(found) < 1e-3) > 0.9


def test_draws_are_those_of_a_seed():
    bundle = small.instrument()
    synth, draw = Synth(bundle), player(sound.draw_model(bundle))
    for seed in range(50):
        numbers, mix = Numbers(seed, DRAWS), np.random.default_rng(seed).dirichlet(np.ones(len(CLASSES)))
        if seed % 2:
            mix = np.eye(len(CLASSES))[seed % len(CLASSES)]
        first = [0.0] if seed % 2 else numbers.uniform(1)
        made = draw(class_mix=mix, uniform=[*first, *numbers.uniform(3)])
        wanted = synth.draw({name: float(share) for name, share in zip(CLASSES, mix, strict=True)}, 1, seed)[0]
        np.testing.assert_allclose(made, wanted, atol=1e-5)


def test_a_file_plays_by_the_standard_says_what_it_is_and_keeps_narrow_weights_narrow(tmp_path):
    bundle = dataclasses.replace(small.instrument(), density={})  # which draws from the prior
    (path,) = sound.write(bundle, tmp_path / "onnx").iterdir()
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    play, rng = player(model), np.random.default_rng(0)
    feeds = {name: rng.standard_normal(size).astype(np.float32) for name, size in play.sizes.items()}
    feeds["class_mix"] = np.eye(len(CLASSES), dtype=np.float32)[2]
    np.testing.assert_allclose(ReferenceEvaluator(model).run(None, feeds)[0], play(**feeds), atol=1e-4)
    about = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(about["classes"]) == list(CLASSES) and about["rate"] == "2000"
    assert json.loads(about["knobs"]) == bundle.metadata["knobs"]
    assert json.loads(about["sources"]) == bundle.metadata["sources"]
    assert [about["opset"]] == [str(one.version) for one in model.opset_import]
    kinds = {array.name: array.data_type for array in model.graph.initializer}
    assert kinds["decoder/basis/0"] == onnx.TensorProto.INT8 and kinds["texture/hits/rows"] == onnx.TensorProto.UINT8
    assert all(one.doc_string for one in [*model.graph.input, *model.graph.output])


def test_weights_of_bfloat16_take_two_bytes_and_others_four():
    x = np.random.default_rng(0).standard_normal((40, 50)).astype(np.float32)
    rounded = (x.view(np.uint32) & 0xFFFF0000).view(np.float32)
    for weights, size in ((rounded, 4000), (x, 8000)):
        inputs = {"x": ((40,), "")}
        model = graph.model(lambda params, x: x @ params["w"], {"w": weights}, inputs, ("y", ""), {})
        assert size < len(model.SerializeToString()) < size + 1000
        np.testing.assert_allclose(player(model)(x=np.ones(40)), weights.sum(axis=0), atol=1e-5)


@pytest.mark.parametrize("size", [1, 2, 7, 12, 45])
def test_fourier_transforms_of_any_size(size):
    x = np.random.default_rng(size).standard_normal((3, size)).astype(np.float32)

    def function(_, x):
        half = jnp.fft.rfft(x)
        whole = jnp.fft.ifft(jnp.fft.fft(x))
        parts = half.real, half.imag, whole.real, jnp.fft.irfft(half * 2.0, size)
        return jnp.concatenate(parts, axis=1)

    made = player(graph.model(function, {}, {"x": (x.shape, "")}, ("y", ""), {}))(x=x)
    half = np.fft.rfft(x)
    np.testing.assert_allclose(made, np.concatenate([half.real, half.imag, x, 2 * x], axis=1), atol=1e-5)


def test_what_has_no_rule_is_named():
    with pytest.raises(NotImplementedError, match="no rule for erf_inv"):
        graph.model(lambda _, x: jax.scipy.special.erfinv(x), {}, {"x": ((3,), "")}, ("y", ""), {})


def test_the_document_s_example_makes_takes_of_a_seed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checkpoint.save_bundle(small.instrument(), tmp_path / "bundle")
    assert export(["--onnx", "onnx", "--bundle", "bundle"]) == 0
    names = {}
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        exec(compile(block, "docs/onnx.md", "exec"), names)
    waves = [soundfile.read(f"snare_{take}.wav")[0] for take in range(4)]
    assert all(
        0.99 < np.abs(wave).max() <= 1 and np.abs(wave - waves[i - 1]).max() > 0.1 for i, wave in enumerate(waves)
    )
    wanted = Synth.load(tmp_path / "bundle").generate(names["knobs"], "snare", texture=3)
    np.testing.assert_allclose(names["wave"], wanted, atol=1e-4)
