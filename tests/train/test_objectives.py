"""The objectives, term by term, against numpy: what training minimises is what the config says.

`python tests/mutations.py` removes one term at a time from the code: each removal must fail a test here or in
`test_strict`.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small

from drumjax import presets
from drumjax.config import CLASSES, Stage
from drumjax.data.batches import Batch
from drumjax.models import cwae, mcnn
from drumjax.models.mcnn import MCNN
from drumjax.sound import dsp
from drumjax.train import loop, mcnn_stage, objectives

COMPONENTS = ["cwae.components=13", "cwae.dropout=0.0", "cwae.blend=0.0"]
MELS = jax.jit(dsp.mel_spectrogram, static_argnums=1)
PER_CLASS = 3
LABELS = jnp.asarray(np.repeat(np.arange(len(CLASSES)), PER_CLASS))
CONFIGS = {
    "convolutions": small.config("paper"),
    "components": small.config("release", *COMPONENTS),
}


@functools.cache
def variables(config):
    model = cwae.build(config)
    made = cwae.init(config, jax.random.key(0))
    rng = np.random.default_rng(0)
    return model, jax.tree.map(lambda x: np.asarray(x) + 0.1 * rng.standard_normal(x.shape).astype(np.float32), made)


def inputs_of(config, seed=1):
    shape = (config.cwae.components,) if config.cwae.components else (config.audio.frames, config.audio.mels)
    return jnp.asarray(np.random.default_rng(seed).standard_normal((len(LABELS), *shape)), jnp.float32)


def objective(config, inputs=None, key=jax.random.key(7)):
    model, made = variables(config)
    inputs = inputs_of(config) if inputs is None else inputs
    run = jax.jit(functools.partial(objectives.cwae_objective, model))
    loss, (metrics, _) = run(made["params"], made["batch_stats"], inputs, LABELS, key)
    return float(loss), metrics


def expected_cwae(config, key=jax.random.key(7)):
    """Equation 5 in numpy, from the outputs of the network: (squared errors, mean MMD of the classes)."""
    model, made = variables(config)
    inputs, classes = inputs_of(config), jnp.asarray(np.eye(len(CLASSES), dtype=np.float32)[LABELS])
    apply = functools.partial(model.apply, train=True, method="reconstruct_inputs", mutable=["batch_stats"])
    (z, outputs), _ = jax.jit(apply)(made, inputs, classes, rngs={"dropout": jax.random.key(0)})
    squares = np.asarray((inputs - outputs) ** 2, np.float64).reshape(len(inputs), -1)
    errors = squares.sum(axis=1) if config.cwae.components else squares.mean(axis=1)
    prior = np.asarray(jax.random.normal(jax.random.split(key, 3)[2], (len(CLASSES), PER_CLASS, config.cwae.latent)))
    codes = np.asarray(z, np.float64).reshape(prior.shape)

    def kernel(x, y):
        base = 2.0 * config.cwae.latent
        return sum(s * base / (s * base + np.sum((x - y) ** 2)) for s in config.cwae.scales)

    distances, n = [], PER_CLASS
    for own, drawn in zip(codes, prior, strict=True):
        pairs = [(i, j) for i in range(n) for j in range(n)]
        within = sum(kernel(own[i], own[j]) + kernel(drawn[i], drawn[j]) for i, j in pairs if i != j) / (n * (n - 1))
        distances.append(within - 2 * np.mean([kernel(own[i], drawn[j]) for i, j in pairs]))
    return errors, np.mean(distances)


@pytest.mark.parametrize(("kind", "reduction"), [("convolutions", "sum"), ("components", "mean")])
def test_equation_5(kind, reduction):
    beta = 10.0
    config = presets.override(CONFIGS[kind], [f"cwae.reduction={reduction}", f"cwae.beta={beta}"])
    errors, distance = expected_cwae(config)
    loss, metrics = objective(config)
    assert abs(distance) > 1e-3
    expected = (errors.sum() if reduction == "sum" else errors.mean()) + beta * distance
    assert loss == pytest.approx(expected, rel=1e-4)
    assert float(metrics["mse"]) == pytest.approx(errors.mean(), rel=1e-4)
    assert float(metrics["mmd"]) == pytest.approx(distance, rel=1e-3)


def test_the_mmd_pulls_the_encoder():
    """The encoder's gradient changes with beta."""
    kind, gradients = "components", []
    for beta in (0.0, 10.0):
        config = presets.override(CONFIGS[kind], [f"cwae.beta={beta}"])
        model, made = variables(config)

        def loss(params, model=model, made=made, config=config):
            return objectives.cwae_objective(
                model, params, made["batch_stats"], inputs_of(config), LABELS, jax.random.key(7)
            )[0]

        gradient = jax.jit(jax.grad(loss))(made["params"])
        gradients.append(np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(gradient)]))
    assert np.linalg.norm(gradients[1] - gradients[0]) > 1e-3 * np.linalg.norm(gradients[0])


def test_blending_moves_a_share_of_the_items_towards_another_of_their_class():
    config = presets.override(CONFIGS["components"], ["cwae.blend=0.5"])
    inputs = np.tile(np.asarray(inputs_of(config))[:, None], (1, 40, *[1] * (inputs_of(config).ndim - 1)))
    inputs = inputs.reshape(-1, *inputs.shape[2:])  # 120 items of each class, three different ones
    blend = jax.jit(objectives.blend, static_argnums=0)
    blended = np.asarray(blend(config.cwae, jnp.asarray(inputs), jax.random.key(3)))
    moved = np.abs(blended - inputs).reshape(len(inputs), -1).max(axis=1) > 1e-6
    classes = np.repeat(np.arange(len(CLASSES)), 120)
    for i in np.flatnonzero(moved)[::17]:
        own = inputs[classes == classes[i]].reshape(120, -1)
        directions = own - inputs[i].ravel()
        step = (blended[i] - inputs[i]).ravel()
        sizes = np.linalg.norm(directions, axis=1)
        other = np.flatnonzero(sizes > 1e-6)
        cosines = directions[other] @ step / (sizes[other] * np.linalg.norm(step))
        best = other[np.argmax(cosines)]
        assert cosines.max() > 0.9999 and np.linalg.norm(step) <= sizes[best] * 1.0001
    # Every 40th item has a different one before it in its class; the others stay where they are.
    candidates = np.abs(np.roll(inputs.reshape(len(CLASSES), 120, -1), 1, axis=1).reshape(len(inputs), -1)
                        - inputs.reshape(len(inputs), -1)).max(axis=1) > 1e-6  # fmt: skip
    assert not moved[~candidates].any() and 0.2 < moved[candidates].mean() < 0.8
    whole = objective(presets.override(config, ["cwae.blend=1.0"]))[0]
    assert whole != pytest.approx(objective(presets.override(config, ["cwae.blend=0.0"]))[0], rel=1e-3)


def step_of(settings):
    """(state before, state after, gradient) of one step on a quadratic whose gradient is 3, 4 and 0."""
    target = jnp.array([3.0, 4.0, 0.0])

    def value(params, extra, frozen, batch, key):
        loss = jnp.sum(params["w"] * target)
        return loss, ({"loss": loss}, extra)

    task = loop.Task("cwae", settings, None, value, {}, None, None)
    before = loop.start({"w": jnp.ones(3)}, {}, settings)
    batch = Batch(np.zeros((2, 4), np.float32), np.ones(2, np.int32), np.zeros(2, np.int32))
    after, _ = loop.make_step(task, 0)(loop.start({"w": jnp.ones(3)}, {}, settings), {}, batch)
    return before, after, target


def test_clipping_limits_the_norm_that_adam_sees():
    settings = Stage(batch=2, steps=1, learning_rate=0.1, factor=0.5, patience=1)
    for clip, scale in ((0.0, 1.0), (50.0, 1.0), (0.5, 0.1)):
        _, after, gradient = step_of(dataclasses.replace(settings, clip=clip))
        (moment,) = [leaf for leaf in jax.tree.leaves(after.opt) if leaf.shape == (3,)][:1]
        np.testing.assert_allclose(moment, 0.1 * scale * gradient, rtol=1e-5)


def test_the_moving_average_is_what_is_played():
    settings = Stage(batch=2, steps=1, learning_rate=0.1, factor=0.5, patience=1, ema=0.9)
    before, after, _ = step_of(settings)
    expected = 0.1 * before.params["w"] + 0.9 * after.params["w"]  # the first decay is 1/10
    np.testing.assert_allclose(loop.played_params(after)["w"], expected, rtol=1e-6)
    assert np.abs(loop.played_params(after)["w"] - after.params["w"]).max() > 1e-3
    _, plain, _ = step_of(dataclasses.replace(settings, ema=0.0))
    np.testing.assert_array_equal(loop.played_params(plain)["w"], plain.params["w"])


def sounds(config, seed=0):
    rng = np.random.default_rng(seed)
    waves = rng.standard_normal((len(LABELS), config.audio.samples)).astype(np.float32)
    lengths = rng.integers(60, config.audio.samples, len(LABELS)).astype(np.int32)
    waves[np.arange(config.audio.samples) >= lengths[:, None]] = 0
    return waves / np.abs(waves).max(axis=1, keepdims=True), lengths


@pytest.mark.parametrize(("log_loss", "weights"), [("paper", (3.0, 10.0, 1.0)), ("active", (0.5, 2.0, 7.0))])
def test_equation_13(log_loss, weights):
    listed = ",".join(map(str, weights))
    config = small.config("paper", f"mcnn.log_loss={log_loss}", f"mcnn.loss_weights={listed}")
    waves, lengths = sounds(config)
    mel = np.asarray(MELS(waves, config.audio))
    model = MCNN(config.mcnn, config.audio)
    params = mcnn.init(config, jax.random.key(0))["params"]
    run = jax.jit(functools.partial(objectives.mcnn_objective, config, config.audio))
    loss, metrics = run(params, mel, mel, lengths)
    wave, logits = (np.asarray(x) for x in jax.jit(model.apply)({"params": params}, mel))
    probability = 1 / (1 + np.exp(-logits.astype(np.float64)))
    estimate = np.asarray(MELS((wave * probability).astype(np.float32), config.audio))
    convergence = np.mean([np.linalg.norm(a - b) / np.linalg.norm(a) for a, b in zip(mel, estimate, strict=True)])
    x, y = np.log(mel + config.mcnn.log_eps), np.log(estimate + config.mcnn.log_eps)
    active = np.arange(config.audio.frames) * config.audio.hop < lengths[:, None]
    chosen = active if log_loss == "active" else np.ones_like(active)
    log_mel = np.mean([np.abs(a - b)[c].sum() / np.abs(a)[c].sum() for a, b, c in zip(x, y, chosen, strict=True)])
    inside = np.arange(config.audio.samples) < lengths[:, None]
    mask = -np.mean(np.where(inside, np.log(probability), np.log(1 - probability)))
    parts = {"convergence": convergence, "log_mel": log_mel, "mask": mask}
    for name, value in parts.items():
        assert float(metrics[name]) == pytest.approx(value, rel=1e-3), name
    assert float(loss) == pytest.approx(sum(np.multiply(weights, list(parts.values()))), rel=1e-3)


def test_the_joint_stage_reads_reconstructions_and_real_mels():
    config = small.config("home")
    waves, lengths = sounds(config)
    frozen_bundle = small.bundle(config)
    frozen = {"cwae": frozen_bundle.cwae, **frozen_bundle.statistics}
    mel = MELS(waves, config.audio)
    reconstruct, joint_inputs = (
        jax.jit(function, static_argnums=0) for function in (objectives.reconstruct, objectives.joint_inputs)
    )
    reconstructed = np.asarray(reconstruct(config, frozen, mel, LABELS))
    inputs = np.asarray(joint_inputs(config, frozen, mel, LABELS, jax.random.key(0)))
    real = np.array([np.array_equal(a, b) for a, b in zip(inputs, np.asarray(mel), strict=True)])
    np.testing.assert_allclose(inputs[~real], reconstructed[~real], rtol=1e-5, atol=1e-6)
    assert 0.25 < real.mean() < 0.75 and np.abs(reconstructed - np.asarray(mel)).max() > 0.1

    params = mcnn.init(config, jax.random.key(0))["params"]
    batch = Batch(waves, lengths, np.asarray(LABELS))
    task = mcnn_stage.mcnn_task(config, batch, frozen, params)
    other = {**frozen, "mean": frozen["mean"] + 0.5}
    run = jax.jit(lambda f, *parts: task.objective(params, {}, f, Batch(*parts), jax.random.key(0))[0])
    losses = [float(run(f, waves, lengths, LABELS)) for f in (frozen, other)]
    assert losses[0] != pytest.approx(losses[1], rel=1e-4), "the loss does not depend on the CWAE"
    validated = [task.validate(params, {})["loss"], mcnn_stage.mcnn_task(config, batch).validate(params, {})["loss"]]
    assert validated[0] != pytest.approx(validated[1], rel=1e-4), "validation does not read reconstructions"
