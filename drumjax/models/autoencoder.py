"""The interface that both CWAE networks share, and the dense layer in both."""

from collections.abc import Callable

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from drumjax.config import CWAE as Settings
from drumjax.config import Audio
from drumjax.kernels import layers


class Dense(nn.Module):
    """A dense layer with gradients that a CPU computes fast."""

    features: int
    kernel_init: Callable[..., Array] = nn.initializers.lecun_normal()

    @nn.compact
    def __call__(self, x: Float[Array, "batch in"]) -> Float[Array, "batch out"]:
        kernel = self.param("kernel", self.kernel_init, (x.shape[-1], self.features))
        return layers.dense(x, kernel) + self.param("bias", nn.initializers.zeros, (self.features,))


class Autoencoder(nn.Module):
    """Standardised log-mel <-> latents, for weights over the drum classes (batch, classes), one-hot for one class.

    A network works on the `project`ed log-mel, in which it encodes and decodes: the log-mel itself by default.
    """

    settings: Settings
    audio: Audio

    def project(self, x: Float[Array, "batch frames mels"]) -> Float[Array, "batch ..."]:
        """The network's inputs of standardised log-mels."""
        return x

    def expand(self, u: Float[Array, "batch ..."]) -> Float[Array, "batch frames mels"]:
        """The standardised log-mels of network outputs: the inverse of `project` as far as there is one."""
        return u

    def squared_errors(self, u: Float[Array, "batch ..."], v: Float[Array, "batch ..."]) -> Float[Array, " batch"]:
        """The mean squared error of the log-mels of `v` against those of `u`."""
        return jnp.mean((u - v) ** 2, axis=tuple(range(1, u.ndim)))

    def encode_inputs(self, u: Float[Array, "batch ..."], classes: Array, train: bool) -> Array:
        """The latents of network inputs; one-hot or mixed classes."""
        raise NotImplementedError

    def decode_outputs(self, z: Float[Array, "batch latent"], classes: Array, train: bool) -> Array:
        """The network outputs of latents; one-hot or mixed classes."""
        raise NotImplementedError

    def __call__(
        self, x: Float[Array, "batch frames mels"], classes: Float[Array, "batch classes"], train: bool = False
    ) -> tuple[Array, Array]:
        """(latents (batch, latent), reconstruction (batch, frames, mels)) of standardised log-mels."""
        z, output = self.reconstruct_inputs(self.project(x), classes, train)
        return z, self.expand(output)

    def reconstruct_inputs(
        self, u: Float[Array, "batch ..."], classes: Float[Array, "batch classes"], train: bool
    ) -> tuple[Array, Array]:
        """(latents, reconstruction) of network inputs: `__call__` without `project` and `expand`."""
        z = self.encode_inputs(u, classes, train)
        return z, self.decode_outputs(z, classes, train)

    def encode(
        self, x: Float[Array, "batch frames mels"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch latent"]:
        """The latents of standardised log-mels."""
        return self.encode_inputs(self.project(x), classes, train=False)

    def decode(
        self, z: Float[Array, "batch latent"], classes: Float[Array, "batch classes"]
    ) -> Float[Array, "batch frames mels"]:
        """The standardised log-mels of latents."""
        return self.expand(self.decode_outputs(z, classes, train=False))
