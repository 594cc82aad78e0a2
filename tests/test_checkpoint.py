"""Bundles and checkpoints: whole or not at all, and clear about damage."""

import dataclasses
import json
import shutil
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small
from safetensors.numpy import save_file

from drumjax import checkpoint, presets
from drumjax.config import CLASSES
from drumjax.models import mcnn
from drumjax.synth import Synth


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


def test_the_basis_is_kept_in_steps_of_an_int8_for_each_row(tmp_path):
    rng = np.random.default_rng(1)
    basis = (rng.standard_normal((5, 2000)) * np.array([[1e-3], [1.0], [0.0], [40.0], [1.0]])).astype(np.float32)
    basis[4, 7] = -9.0  # one large entry makes the steps of its row larger, and of no other
    stored = dataclasses.replace(bundle(), cwae={"params": {}, "batch_stats": {"basis": basis, "scale": np.ones(5)}})
    checkpoint.save_bundle(stored, tmp_path)
    fitted = checkpoint.load_bundle(tmp_path).cwae["batch_stats"]
    assert set(fitted) == {"basis", "scale"} and fitted["basis"].dtype == np.float32
    error, largest = np.abs(fitted["basis"] - basis), np.abs(basis).max(axis=1, keepdims=True)
    assert (error <= largest / 254 * 1.001 + 1e-12).all() and not fitted["basis"][2].any()
    lost = np.std(fitted["basis"] - basis, axis=1)[[0, 1, 3]] / np.std(basis, axis=1)[[0, 1, 3]]
    assert (lost < 0.014).all() and lost.min() > 0.002
    assert (tmp_path / "weights.safetensors").stat().st_size < basis.size + 4000 + 8 * 120


def test_dense_layers_of_over_a_million_weights_are_kept_in_steps_of_an_int8(tmp_path):
    wide, layer = np.random.default_rng(2).standard_normal((1025, 1024)).astype(np.float32), {"bias": np.zeros(3)}
    stored = dataclasses.replace(bundle(), cwae={"params": {"dense_0": {"kernel": wide, **layer}, "dense_1": layer}})
    checkpoint.save_bundle(stored, tmp_path)
    params = checkpoint.load_bundle(tmp_path).cwae["params"]
    assert set(params["dense_0"]) == {"kernel", "bias"} and params["dense_0"]["kernel"].dtype == np.float32
    error = np.abs(params["dense_0"]["kernel"] - wide)
    assert (error <= np.abs(wide).max(axis=1, keepdims=True) / 254 * 1.001).all() and error.max() > 0
    assert (tmp_path / "weights.safetensors").stat().st_size < 1.01 * wide.size


def test_a_bundle_is_found_in_its_folder_in_a_run_and_by_the_name_of_a_shipped_one(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "shipped", lambda: tmp_path / "checkpoints")
    monkeypatch.chdir(tmp_path)
    for at, folder in enumerate(("checkpoints", "checkpoints/paper", "run/bundle", "checkpoints/other")):
        metadata = {"training": {"at": at}}
        checkpoint.save_bundle(dataclasses.replace(bundle(), metadata=metadata), tmp_path / folder)
    shutil.copytree("checkpoints/other", "other")
    Path("other/bundle.json").write_text(Path("other/bundle.json").read_text().replace('"at": 3', '"at": 4'))
    for name, at in (("checkpoints", 0), ("paper", 1), ("run", 2), ("run/bundle", 2), ("other", 4)):
        assert checkpoint.load_bundle(Path(name)).metadata["training"]["at"] == at
    with pytest.raises(FileNotFoundError, match="no bundle in nowhere"):
        checkpoint.load_bundle(Path("nowhere"))


def test_bytes_stay_bytes(tmp_path):
    texture = {"packed": np.arange(256, dtype=np.uint8), "codes": np.full((3, 5), 1 / 3), "reach": np.full(11, 1 / 3)}
    checkpoint.save_bundle(dataclasses.replace(bundle(), texture=texture), tmp_path)
    back = checkpoint.load_bundle(tmp_path).texture
    assert back["packed"].dtype == np.uint8
    np.testing.assert_array_equal(back["packed"], texture["packed"])
    np.testing.assert_allclose(back["codes"], 1 / 3, rtol=2**-8)
    np.testing.assert_array_equal(back["reach"], np.float32(1 / 3))


def write_format_1(folder, made):
    """A bundle as the first release wrote it: fewer settings, other names, outlines of sounds, always an MCNN."""
    config = presets.to_dict(made.config)
    for name in ("stages", "controls", "sampling", "texture"):
        del config[name]
    for group, name in (("vocoder", "end"), ("cwae", "monitor"), ("cwae", "fit_per_class"), ("mcnn", "length_buckets")):
        del config[group][name]
    config["mcnn"]["weights"] = config["mcnn"].pop("loss_weights")
    vocoder = made.mcnn or jax.tree.map(np.asarray, mcnn.init(made.config, jax.random.key(0)))
    density = {**made.density}
    if density:
        density |= {"known": np.ones((3, 4)), "known_labels": np.zeros(3), "near": np.ones(len(CLASSES))}
        density |= {"slopes": np.ones((704, len(CLASSES))), "offsets": np.ones(len(CLASSES))}
    groups = {"cwae": made.cwae, "mcnn": vocoder, "statistics": made.statistics, "controls": made.controls}
    groups |= {"density": density, "texture": made.texture}
    arrays = {}
    for group, tree in groups.items():
        for path, value in checkpoint._flat(tree, group):
            if made.config.cwae.components and group == "cwae":
                path = path.replace("params/", "params/components/").replace("stats/", "stats/components/")
            arrays[path] = np.ascontiguousarray(value, np.float32)
    header = {"format": 1, "layout": checkpoint._layout(arrays), "config": config, "ranges": [2, 5, 10]}
    folder.mkdir()
    save_file(arrays, folder / "weights.safetensors")
    (folder / "bundle.json").write_text(json.dumps(header | {"knobs": {"kick": ["bass", "punch", "decay"]}}))


def test_a_bundle_of_format_1_plays_without_its_mcnn_where_that_was_refined(tmp_path):
    rng = np.random.default_rng(2)
    config = small.config(
        "release", "cwae.components=13", "texture=noise", "vocoder.refine=1", "stages=cwae,mcnn,joint",
        "mcnn.length_buckets=true",
    )  # fmt: skip
    latent, count = config.cwae.latent, len(CLASSES)
    made = dataclasses.replace(
        small.bundle(config),
        density={
            "means": rng.standard_normal((count, latent)).astype(np.float32),
            "factors": np.tril(rng.standard_normal((count, latent, latent))).astype(np.float32),
        },
    )
    write_format_1(tmp_path / "old", made)
    back = checkpoint.load_bundle(tmp_path / "old")
    assert back.config == config and not back.config.plays_mcnn and not back.mcnn
    assert set(back.density) == {"means", "factors"}
    old, new = Synth(back), Synth(made)
    assert old.knob_names["kick"] == ["bass", "punch", "decay"] and old.has_texture and not old.has_mask
    np.testing.assert_array_equal(old.draw("tom", 5, seed=3), new.draw("tom", 5, seed=3))
    waves = old.sample("tom", 2, seed=3)
    np.testing.assert_array_equal(waves, new.sample("tom", 2, seed=3))
    np.testing.assert_allclose(np.abs(waves).max(axis=1), 1.0, rtol=1e-6)


def test_a_bundle_of_format_1_keeps_an_mcnn_that_plays(tmp_path):
    made = small.bundle(small.config("paper"))
    write_format_1(tmp_path / "old", made)
    back = checkpoint.load_bundle(tmp_path / "old")
    assert back.config.plays_mcnn and back.config.vocoder.end == "mask"
    assert not (back.texture or back.density)
    for ours, theirs in zip(jax.tree.leaves(back.mcnn), jax.tree.leaves(made.mcnn), strict=True):
        np.testing.assert_array_equal(ours, theirs)


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


def test_a_checkpoint_that_a_kill_left_half_removed_is_passed_over(tmp_path):
    """Orbax removes an old checkpoint file by file; its metrics may be gone while its folder is still there."""
    folder, like = tmp_path / "c", {"step": jnp.zeros((), jnp.int32)}
    with checkpoint.Checkpoints(folder, writing=True) as checkpoints:
        for step, loss in ((1, 0.1), (2, 0.5)):
            checkpoints.save(step, {"step": jnp.int32(step)}, loss)
    shutil.rmtree(folder / "1" / "metrics")
    with checkpoint.Checkpoints(folder, writing=True) as checkpoints:
        assert int(checkpoints.best(like)["step"]) == 2 == int(checkpoints.latest(like)["step"])
        checkpoints.save(3, {"step": jnp.int32(3)}, 0.9)
        assert int(checkpoints.best(like)["step"]) == 2 and int(checkpoints.latest(like)["step"]) == 3
