"""A small convolutional network that recognises drum sounds, trained on real sounds only.

It reads log-mels of 64 bands, 20 ms windows and 10 ms hops: neither the resolution nor any feature of the models under
evaluation. Every training item is varied in speed, position, level, noise and spectral tilt, and bands and frames of it
are masked, so that 1,500 sounds suffice. Equal seeds give equal parameters on the same machine.
"""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import traverse_util
from jaxtyping import Array, Float, Int

from drumjax.config import CLASSES, Audio
from drumjax.sound import dsp
from drumjax.train.loop import in_chunks

AUDIO = Audio(rate=22050, samples=21999, window=440, hop=220, fft=1024, mels=64)  # 100 frames
OFFSET = 1e-3  # of log(mel + offset): -60 dB of a mel of 1
MEAN, STD = -4.5, 2.0  # of log-mels, roughly: a network needs inputs near N(0, 1), not exactly so

PATCH = (4, 4)  # frames, bands
CHANNELS = (32, 64, 64)  # of the three resolutions
EMBEDDING = 64
STEPS, BATCH = 800, 44
LEARNING_RATE, WEIGHT_DECAY, SMOOTHING, DROPOUT = 2e-3, 1e-2, 0.1, 0.3

SPEED = 0.12  # largest logarithm of the change of speed: 2 semitones
SHIFT_SECONDS = 0.01
GAIN_DB, NOISE_DB, TILT_DB = (-9.0, 3.0), (-90.0, -40.0), 6.0
MASKED_FRAMES, MASKED_BANDS = 12, 10

Params = dict[str, np.ndarray]
"""{path of a parameter in the network: its values}"""


class Network(nn.Module):
    """Patches, three resolutions of 3 x 3 convolutions, and a dense layer that keeps the order of the bands."""

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch frames mels"], train: bool = False
    ) -> tuple[Float[Array, "batch classes"], Float[Array, "batch embedding"]]:
        """Logits, and the penultimate layer."""
        batch, frames, mels = x.shape
        (along, across), first = PATCH, CHANNELS[0]
        x = x.reshape(batch, frames // along, along, mels // across, across).swapaxes(2, 3)
        x = nn.Dense(first)(x.reshape(batch, frames // along, mels // across, along * across))
        for i, width in enumerate(CHANNELS):
            if i:
                # Means, not maxima: the gradient of a maximum over windows is slow on CPUs.
                x = x[:, : x.shape[1] // 2 * 2]
                x = x.reshape(batch, x.shape[1] // 2, 2, x.shape[2] // 2, 2, x.shape[3]).mean(axis=(2, 4))
                x = nn.Dense(width)(x)
            x = x + nn.Conv(width, (3, 3))(nn.gelu(nn.LayerNorm()(x)))
        x = nn.gelu(nn.LayerNorm()(x))
        x = jnp.concatenate([x[:, :2].mean(axis=1), x.mean(axis=1)], axis=-1)  # the attack, and the whole
        x = nn.Dropout(DROPOUT)(x.reshape(batch, -1), deterministic=not train)
        embedding = nn.gelu(nn.Dense(EMBEDDING)(x))
        return nn.Dense(len(CLASSES))(embedding), embedding


def log_mels(waves: Float[Array, "batch samples"]) -> Float[Array, "batch frames mels"]:
    """The network's input: standardised log-mels of waves at 22,050 Hz with peaks at 1."""
    return (jnp.log(dsp.mel_spectrogram(waves, AUDIO) + OFFSET) - MEAN) / STD


def draw_variation(rng: np.random.Generator, count: int) -> dict[str, Float[np.ndarray, "..."]]:
    """The arguments of `varied_log_mels` for a batch of `count` sounds."""

    def uniform(low, high):
        return rng.uniform(low, high, (count, 1)).astype(np.float32)

    gain, noise = (10 ** (uniform(*limits) / 20) for limits in (GAIN_DB, NOISE_DB))
    return {
        "speed": np.exp(uniform(-SPEED, SPEED)),
        "shift": uniform(0, SHIFT_SECONDS * AUDIO.rate),
        "gain": gain,
        "noise": noise * rng.standard_normal((count, AUDIO.samples), np.float32),
        "tilt": uniform(-TILT_DB, TILT_DB),
        "frames": np.stack([uniform(0, AUDIO.frames), uniform(0, MASKED_FRAMES)]),
        "bands": np.stack([uniform(0, AUDIO.mels), uniform(0, MASKED_BANDS)]),
    }


def varied_log_mels(
    waves: Float[Array, "batch samples"],
    speed: Float[Array, "batch 1"],
    shift: Float[Array, "batch 1"],
    gain: Float[Array, "batch 1"],
    noise: Float[Array, "batch samples"],
    tilt: Float[Array, "batch 1"],
    frames: Float[Array, "2 batch 1"],
    bands: Float[Array, "2 batch 1"],
) -> Float[Array, "batch frames mels"]:
    """`log_mels` of variations of the waves.

    Args:
        waves: with peaks at 1.
        speed: factor of the speed, by linear interpolation.
        shift: samples of silence before the sound.
        gain: factor of the level.
        noise: added.
        tilt: gain of the highest band and loss of the lowest, in dB.
        frames: first frame and number of frames that are masked: set to the mean log-mel.
        bands: the same of the bands.
    """
    at = speed * (jnp.arange(waves.shape[1]) - shift)
    low = jnp.floor(at).astype(jnp.int32)
    inside = (low >= 0) & (low < waves.shape[1] - 1)
    low = jnp.clip(low, 0, waves.shape[1] - 2)
    left, right = (jnp.take_along_axis(waves, index, axis=1) for index in (low, low + 1))
    x = log_mels(gain * jnp.where(inside, left + (at - low) * (right - left), 0) + noise)
    x += (tilt * np.log(10) / 20 / STD)[..., None] * jnp.linspace(-1, 1, AUDIO.mels)
    for axis, (start, width) in ((1, frames), (2, bands)):
        index = jnp.arange(x.shape[axis])
        masked = (index >= start) & (index < start + width)
        x = jnp.where(jnp.expand_dims(masked, 3 - axis), 0, x)
    return x


def balanced_draws(
    labels: Int[np.ndarray, " sounds"], kits: Int[np.ndarray, " sounds"], steps: int, batch: int, seed: int
) -> Int[np.ndarray, "steps batch"]:
    """Indices of training sounds: a class, then one of its kits, then one of its sounds, each with equal chances."""
    rng = np.random.default_rng(seed)
    of_class = [[np.flatnonzero((labels == c) & (kits == kit)) for kit in np.unique(kits[labels == c])]
                for c in np.unique(labels)]  # fmt: skip
    draws = np.empty(steps * batch, int)
    for i in range(len(draws)):
        groups = of_class[rng.integers(len(of_class))]
        group = groups[rng.integers(len(groups))]
        draws[i] = group[rng.integers(len(group))]
    return draws.reshape(steps, batch)


def train(
    waves: Float[np.ndarray, "sounds samples"],
    labels: Int[np.ndarray, " sounds"],
    kits: Int[np.ndarray, " sounds"],
    seed: int = 0,
    steps: int = STEPS,
) -> Params:
    """The parameters after `steps` steps of AdamW with a cosine schedule.

    Args:
        waves: real training sounds at 22,050 Hz with peaks at 1, `AUDIO.samples` long.
        labels: class index of each.
        kits: kit index of each.
        seed: of initial values, draws and variations.
        steps: of training; a fixed number, because the small classes have no kits to spare for early stopping.
    """
    network = Network()
    key = jax.random.key(seed)
    params = jax.jit(network.init)(key, jnp.zeros((1, AUDIO.frames, AUDIO.mels)))
    schedule = optax.warmup_cosine_decay_schedule(0.0, LEARNING_RATE, steps // 20, steps)
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule, weight_decay=WEIGHT_DECAY))

    def loss(params, x, targets, key):
        logits, _ = network.apply(params, x, True, rngs={"dropout": key})
        return optax.softmax_cross_entropy(logits, targets).mean()

    @jax.jit
    def step(params, state, waves, labels, variation, number):
        targets = optax.smooth_labels(jax.nn.one_hot(labels, len(CLASSES)), SMOOTHING)
        gradients = jax.grad(loss)(
            params, varied_log_mels(waves, **variation), targets, jax.random.fold_in(key, number)
        )
        updates, state = optimiser.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    state, rng = optimiser.init(params), np.random.default_rng(seed)
    for number, chosen in enumerate(balanced_draws(labels, kits, steps, BATCH, seed)):
        params, state = step(params, state, waves[chosen], labels[chosen], draw_variation(rng, BATCH), number)
    return traverse_util.flatten_dict(jax.tree.map(np.asarray, params), sep="/")


@jax.jit
def _outputs(params, waves):
    logits, embedding = Network().apply(params, log_mels(waves))
    return jax.nn.softmax(logits), embedding


def outputs(
    params: Params, waves: Float[np.ndarray, "sounds samples"]
) -> tuple[Float[np.ndarray, "sounds classes"], Float[np.ndarray, "sounds embedding"]]:
    """Class probabilities and penultimate layers of waves at 22,050 Hz with peaks at 1."""
    return in_chunks(functools.partial(_outputs, traverse_util.unflatten_dict(params, sep="/")), waves)
