"""A store of built-in sounds, and a model that reproduces each of them exactly."""

from types import SimpleNamespace

import numpy as np

from drumjax.config import CLASSES
from drumjax.data import procedural
from drumjax.data.store import StoreWriter
from drumjax.evaluate import measures, yardsticks
from drumjax.evaluate.measures import AUDIO

PRESENT = ("kick", "snare", "closed_hat")


def make_store(folder, with_test=False):
    """24 built-in sounds of each of three classes; kit 2 is validation, kit 3 test where wanted, the others train."""
    with StoreWriter(folder, AUDIO) as writer:
        for name in PRESENT:
            for i in range(24):
                wave, length = procedural.sound(name, i * procedural.KIT_SIZE, AUDIO)
                writer.add(wave, length, CLASSES.index(name), kit=f"kit {i % 4}", path=f"{name}/{i}")
        return writer.finish({"kit 0": 0, "kit 1": 0, "kit 2": 1, "kit 3": 2 if with_test else 0})


class ExactModel:
    """A model that stores all sounds: z[0] is the index of a sound, z[1:4] its knobs, z[4:7] are added by `place`."""

    classes, rate, samples = CLASSES, AUDIO.rate, AUDIO.samples
    config = SimpleNamespace(audio=AUDIO, cwae=SimpleNamespace(latent=8))
    has_texture = False
    has_codes = True
    has_mask = True

    def __init__(self, store):
        self.metadata = {}
        self.knob_names = {"kick": ["brightness", "decay", "pitch"]}
        self.waves = store.wave(np.arange(len(store)))
        self.mels = yardsticks.mels_of(self.waves)
        self.labels = store.labels

    def _numbers(self, mels):
        flat = self.mels.reshape(len(self.mels), -1)
        return np.array([np.argmin(((flat - mel.reshape(1, -1)) ** 2).sum(axis=1)) for mel in mels])

    def mel(self, wave):
        return yardsticks.mels_of(np.asarray(wave))

    def encode(self, wave, drum_class):
        assert len(drum_class) == len(wave)
        z = np.zeros((len(wave), 8), np.float32)
        z[:, 0] = self._numbers(self.mel(wave))
        z[:, 1:4] = np.random.default_rng(0).standard_normal((len(self.mels), 3))[z[:, 0].astype(int)]
        return z

    def decode(self, z, drum_class):
        mels = self.mels[np.clip(np.abs(z[:, 0]).round().astype(int), 0, len(self.mels) - 1)]
        tilted = np.linspace(0, 1, mels.shape[2]) * z[:, 4, None] if drum_class[0] == "kick" else 0 * z[:, :1]
        return mels * np.exp(tilted).astype(np.float32)[:, None]

    def render(self, z, drum_class, texture=0):
        return self.waves[np.clip(np.abs(z[:, 0]).round().astype(int), 0, len(self.mels) - 1)]

    def vocode(self, mel):
        return self.waves[self._numbers(mel)]

    def mask(self, mel):
        ends = measures.sound_length(self.waves[self._numbers(mel)])
        return np.where(np.arange(self.samples) < ends[:, None], 0.9, 0.1)

    def controls(self, z, drum_class):
        return z[:, 1:4]

    def draw(self, drum_class, n=1, seed=0):
        return np.zeros((n, 8), np.float32)

    def place(self, z_pca, drum_class, base=None):
        base = np.zeros((len(z_pca), 8), np.float32) if base is None else base
        return np.column_stack([base[:, :4], z_pca, base[:, 7:]])

    def sample(self, drum_class, n=1, seed=0, prior=False, strict=False):
        own = np.flatnonzero(self.labels == CLASSES.index(drum_class))
        return self.waves[np.resize(own, n)] * 0.25
