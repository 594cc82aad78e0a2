"""Bundles and checkpoints: whole or not at all, and clear about damage."""

import dataclasses
import json

import jax.numpy as jnp
import numpy as np
import pytest

from drumjax import checkpoint, presets


def bundle():
    rng = np.random.default_rng(0)
    return checkpoint.Bundle(
        config=presets.preset("tiny"),
        cwae={"params": {"dense": {"kernel": rng.standard_normal((3, 5)), "bias": rng.standard_normal(5)}}},
        mcnn={"params": {"kernel_0": rng.standard_normal((2, 3, 5, 7)), "softsign_a": np.float32(1.5)}},
        statistics={"mean": rng.standard_normal((4, 6)), "std": np.ones((4, 6))},
        controls={"centre": rng.standard_normal((12, 5))},
        metadata={"sources": [{"source": "x", "licence": "CC0", "count": 3}], "training": {}},
    )


def test_a_bundle_comes_back_with_narrow_weights_and_exact_statistics(tmp_path):
    made = bundle()
    checkpoint.save_bundle(made, tmp_path / "b")
    back = checkpoint.load_bundle(tmp_path / "b")
    assert back.config == made.config and back.metadata == made.metadata
    kernel, original = back.cwae["params"]["dense"]["kernel"], made.cwae["params"]["dense"]["kernel"]
    assert kernel.dtype == np.float32 and np.max(np.abs(kernel / original - 1)) < 2**-8
    assert back.mcnn["params"]["softsign_a"].shape == () and back.mcnn["params"]["softsign_a"] == 1.5
    np.testing.assert_array_equal(
        back.cwae["params"]["dense"]["bias"], np.float32(made.cwae["params"]["dense"]["bias"])
    )
    np.testing.assert_array_equal(back.statistics["mean"], np.float32(made.statistics["mean"]))
    assert sorted(p.name for p in (tmp_path / "b").iterdir()) == ["bundle.json", "weights.safetensors"]


def test_a_run_s_folder_stands_for_its_bundle(tmp_path):
    checkpoint.save_bundle(bundle(), tmp_path / "bundle")
    assert checkpoint.load_bundle(tmp_path).metadata == bundle().metadata
    checkpoint.save_bundle(dataclasses.replace(bundle(), metadata={"own": 1}), tmp_path)
    assert checkpoint.load_bundle(tmp_path).metadata == {"own": 1}


def test_damage_is_told_in_one_line(tmp_path):
    with pytest.raises(FileNotFoundError, match="no bundle in"):
        checkpoint.load_bundle(tmp_path)
    checkpoint.save_bundle(bundle(), tmp_path)
    weights = (tmp_path / "weights.safetensors").read_bytes()
    (tmp_path / "weights.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ValueError, match="is damaged"):
        checkpoint.load_bundle(tmp_path)
    other = dataclasses.replace(bundle(), controls={"centre": np.zeros((3, 5))})
    checkpoint.save_bundle(other, tmp_path / "other")
    (tmp_path / "weights.safetensors").write_bytes((tmp_path / "other" / "weights.safetensors").read_bytes())
    with pytest.raises(ValueError, match="not of one bundle"):
        checkpoint.load_bundle(tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(weights)
    header = json.loads((tmp_path / "bundle.json").read_text())
    (tmp_path / "bundle.json").write_text(json.dumps({**header, "format": 99}))
    with pytest.raises(ValueError, match="has format 99, this drumjax reads formats 1 and 2"):
        checkpoint.load_bundle(tmp_path)


@pytest.mark.parametrize(
    "header", ["[]", "{", '{"format": 1}', '{"format": 1, "config": null}', '{"format": 1, "config": {"x": 1}}']
)
def test_a_damaged_header_is_told_too(header, tmp_path):
    checkpoint.save_bundle(bundle(), tmp_path)
    (tmp_path / "bundle.json").write_text(header)
    with pytest.raises(ValueError, match="is damaged"):
        checkpoint.load_bundle(tmp_path)


def test_a_damaged_checkpoint_is_one_line(tmp_path):
    like = {"w": jnp.zeros(3)}
    with checkpoint.Checkpoints(tmp_path / "c", writing=True) as checkpoints:
        checkpoints.save(1, like, 1.0)
        with pytest.raises(ValueError, match="is damaged or of other settings"):
            checkpoints.latest({"w": jnp.zeros(3), "v": jnp.zeros(3)})


def test_checkpoints_keep_the_latest_and_the_best(tmp_path):
    assert not checkpoint.exists(tmp_path / "c")
    with checkpoint.Checkpoints(tmp_path / "c", writing=True) as checkpoints:
        like = {"step": jnp.zeros((), jnp.int32), "w": jnp.zeros(3)}
        assert checkpoints.latest(like) is None and checkpoints.best(like) is None
        for step, loss in enumerate((3.0, 1.0, 2.0, 2.5), 1):
            checkpoints.save(step, {"step": jnp.int32(step), "w": jnp.full(3, float(step))}, loss)
        assert int(checkpoints.latest(like)["step"]) == 4
        assert int(checkpoints.best(like)["step"]) == 2
    kept = [p.name for p in (tmp_path / "c").iterdir()]
    assert len(kept) == 2 and checkpoint.exists(tmp_path / "c")
