"""The same networks in PyTorch: training steps with the same losses, mels and optimiser, and playing of a bundle."""

import io
import math
import os
import warnings
from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import nn

from drumjax.checkpoint import Bundle
from drumjax.config import CLASSES, Config
from drumjax.data.batches import Batch
from drumjax.sound import dsp

torch.set_num_threads(os.cpu_count() or 1)


def train_call(config: Config, stage: str, batch: Batch, compiled: bool) -> Callable[[], object]:
    """A function that makes one training step from waves, updates its model, and returns the loss."""
    model, loss = (CWAE(config), cwae_loss) if stage == "cwae" else (MCNN(config), mcnn_loss)
    if compiled:
        loss = torch.compile(loss)
    waves, lengths, labels = (torch.tensor(v) for v in (batch.waves, batch.lengths, batch.labels.astype(np.int64)))
    adam = torch.optim.Adam(model.parameters(), 1e-3)

    def call():
        adam.zero_grad()
        value = loss(config, model, waves, lengths, labels)
        value.backward()
        adam.step()
        return value.item()

    return call


def mel_of(config: Config, wave: Float[torch.Tensor, "batch samples"]) -> Float[torch.Tensor, "batch mels frames"]:
    """Linear mels; PyTorch puts channels before time."""
    audio = config.audio
    window = torch.hann_window(audio.window)
    spectrum = torch.stft(
        wave, audio.fft, audio.hop, audio.window, window, center=True, pad_mode="constant", return_complex=True
    )
    return torch.tensor(dsp.mel_bank(audio)).T @ spectrum.abs()


class Norm(nn.Module):
    """Batch norm with a scale and a shift for each class, then ReLU."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm, self.film = nn.BatchNorm2d(channels, affine=False), nn.Embedding(len(CLASSES), 2 * channels)

    def forward(self, x, labels):
        scale, shift = self.film(labels)[:, :, None, None].chunk(2, dim=1)
        return torch.relu(self.norm(x) * (1 + scale) + shift)


class CWAE(nn.Module):
    """The conditional Wasserstein autoencoder."""

    def __init__(self, config: Config):
        super().__init__()
        s, grid = config.cwae, [size[::-1] for size in config.cwae.grid(config.audio)]
        pad, channels = tuple(k // 2 for k in s.kernel), (1, *s.channels)
        self.smallest = s.channels[-1], *grid[-1]
        flat = math.prod(self.smallest)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for i, (a, b) in enumerate(zip(channels[:-1], channels[1:], strict=True)):
            self.down.append(nn.Conv2d(a, b, s.kernel, s.stride, pad, bias=False))
            axes = zip(grid[i], grid[i + 1], s.stride, pad, s.kernel, strict=True)
            surplus = tuple(n - ((o - 1) * t - 2 * p + k) for n, o, t, p, k in axes)
            self.up.insert(0, nn.ConvTranspose2d(b, a, s.kernel, s.stride, pad, surplus, bias=False))
        self.norms = nn.ModuleList(Norm(c) for c in (*s.channels, *s.channels[-2::-1]))
        widths = (flat, *s.dense, s.latent)
        self.inner = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths[:-1], widths[1:], strict=True))
        widths = (s.latent + len(CLASSES), *s.dense[::-1], flat)
        self.outer = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths[:-1], widths[1:], strict=True))

    def forward(self, x, labels):
        for layer, norm in zip(self.down, self.norms, strict=False):
            x = norm(layer(x), labels)
        x = x.flatten(1)
        for layer in self.inner[:-1]:
            x = torch.relu(layer(x))
        z = self.inner[-1](x)
        return z, self.decode(z, labels)

    def decode(self, z, labels):
        x = torch.cat([z, nn.functional.one_hot(labels, len(CLASSES)).float()], 1)
        for layer in self.outer:
            x = torch.relu(layer(x))
        x = x.reshape(-1, *self.smallest)
        for layer, norm in zip(self.up[:-1], self.norms[len(self.down) :], strict=True):
            x = norm(layer(x), labels)
        return self.up[-1](x)


class MCNN(nn.Module):
    """The multi-head CNN vocoder."""

    def __init__(self, config: Config):
        super().__init__()
        m, self.samples = config.mcnn, config.audio.samples
        pairs = list(zip((config.audio.mels, *m.channels[:-1]), m.channels, strict=True))
        half = (m.width - 1) // 2
        self.heads = nn.ModuleList(
            nn.ModuleList(nn.ConvTranspose1d(a, b, m.width, 2, half, 1, bias=False) for a, b in pairs)
            for _ in range(m.heads)
        )
        self.head_weights = nn.Parameter(torch.full((m.heads,), 1 / m.heads))
        self.a, self.b = nn.Parameter(torch.ones(())), nn.Parameter(torch.ones(()))

    def forward(self, mel):
        wave = mask = 0.0
        for weight, layers in zip(self.head_weights, self.heads, strict=True):
            x = layers[0](mel)
            for layer in layers[1:]:
                x = layer(nn.functional.elu(x))
            x = x[..., : self.samples]
            wave, mask = wave + weight * x[:, 0], mask + x[:, 1]
        return self.a * wave / (1 + (self.b * wave).abs()), mask


class Player(nn.Module):
    """`Synth.render` for a bundle of the paper's networks, ended by their mask: (latents, labels) -> waves."""

    def __init__(self, bundle: Bundle):
        super().__init__()
        config = self.config = bundle.config
        self.cwae, self.mcnn = CWAE(config), MCNN(config)
        params, running = bundle.cwae["params"]["decoder"], bundle.cwae["batch_stats"]["decoder"]
        self.offset = float(params["offset"])
        self.mean, self.std = (nn.Buffer(tensor(bundle.statistics[name].T)) for name in ("mean", "std"))
        channels, mels, frames = self.cwae.smallest
        for i, layer in enumerate(self.cwae.outer):
            kernel, bias = params[f"dense_{i}"]["kernel"], params[f"dense_{i}"]["bias"]
            if layer is self.cwae.outer[-1]:  # drumjax's outputs are (frames, mels, channels)
                kernel, bias = (
                    np.moveaxis(v.reshape(-1, frames, mels, channels), (3, 2, 1), (1, 2, 3)).reshape(-1, v.shape[-1])
                    for v in (kernel, bias[None])
                )
            layer.weight.data, layer.bias.data = tensor(kernel.T), tensor(bias).reshape(-1)
        for i, layer in enumerate(self.cwae.up):
            layer.weight.data = tensor(params[f"kernel_{i}"].transpose(2, 3, 1, 0))
        for i, norm in enumerate(self.cwae.norms[len(self.cwae.down) :]):
            film, statistics = params[f"norm_{i}"], running[f"norm_{i}"]["norm"]
            norm.film.weight.data = tensor(np.concatenate([film["scale"] - 1, film["shift"]], axis=1))
            norm.norm.running_mean, norm.norm.running_var = tensor(statistics["mean"]), tensor(statistics["var"])
        params = bundle.mcnn["params"]
        for h, layers in enumerate(self.mcnn.heads):
            for i, layer in enumerate(layers):
                layer.weight.data = tensor(params["heads"][f"kernel_{i}"][h].transpose(1, 2, 0))
        self.mcnn.head_weights.data = tensor(params["head_weights"])
        self.mcnn.a.data, self.mcnn.b.data = tensor(params["softsign_a"]), tensor(params["softsign_b"])
        self.eval()

    def forward(
        self, z: Float[torch.Tensor, "sounds latent"], labels: Int[torch.Tensor, " sounds"]
    ) -> Float[torch.Tensor, "sounds samples"]:
        x = (self.cwae.decode(z, labels)[:, 0] + self.offset) * self.std + self.mean
        mel = (x.clamp(max=6.0).exp() - self.config.cwae.log_offset).clamp(min=0.0)
        wave, mask = self.mcnn(mel)
        wave = wave * (mask > 0)
        return wave / wave.abs().amax(1, keepdim=True).clamp(min=1.0)


def tensor(array) -> torch.Tensor:
    return torch.tensor(np.ascontiguousarray(array))


def onnx_model(bundle: Bundle) -> bytes:
    """`Player` as an ONNX model with inputs z (sounds, latent) and labels (sounds,), and output waves."""
    inputs = torch.zeros(2, bundle.config.cwae.latent), torch.zeros(2, dtype=torch.int64)
    batch, file = torch.export.Dim("sounds"), io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations within the exporter
        torch.onnx.export(
            Player(bundle),
            inputs,
            file,
            input_names=["z", "labels"],
            output_names=["waves"],
            dynamic_shapes=({0: batch}, {0: batch}),
            dynamo=True,
            verbose=False,
        )
    return file.getvalue()


def cwae_loss(config: Config, model: CWAE, wave, lengths, labels) -> torch.Tensor:
    """Mean squared error of the log-mels plus beta times the mean MMD of the classes."""
    s = config.cwae
    x = torch.log(mel_of(config, wave) + s.log_offset)[:, None]
    z, output = model(x, labels)

    def kernel(a, b):
        squared, base = ((a[:, None] - b[None]) ** 2).sum(-1), 2 * s.latent
        return sum(c * base / (c * base + squared) for c in s.scales)

    distances = []
    for own in z.reshape(len(CLASSES), -1, s.latent):
        prior, n = torch.randn_like(own), len(own)
        within = sum(k.sum() - k.trace() for k in (kernel(own, own), kernel(prior, prior)))
        distances.append(within / (n * (n - 1)) - 2 * kernel(own, prior).mean())
    return ((x - output) ** 2).mean() + s.beta * torch.stack(distances).mean()


def mcnn_loss(config: Config, model: MCNN, wave, lengths, labels) -> torch.Tensor:
    """3 x spectral convergence + 10 x log-mel distance over active frames + mask loss."""
    mel = mel_of(config, wave)
    output, mask = model(mel)
    estimate = mel_of(config, output * torch.sigmoid(mask))
    convergence = ((mel - estimate) ** 2).sum((1, 2)).sqrt() / (mel**2).sum((1, 2)).sqrt()
    active = (torch.arange(mel.shape[2]) * config.audio.hop < lengths[:, None]).float()[:, None]
    reference = torch.log(mel + config.mcnn.log_eps)
    error = (reference - torch.log(estimate + config.mcnn.log_eps)).abs() * active
    log_mel = error.sum((1, 2)) / (reference.abs() * active).sum((1, 2))
    inside = (torch.arange(wave.shape[1]) < lengths[:, None]).float()
    cross = nn.functional.binary_cross_entropy_with_logits(mask, inside)
    return 3 * convergence.mean() + 10 * log_mel.mean() + cross
