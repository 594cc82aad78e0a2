"""The conditional Wasserstein autoencoder: standardised log-mel <-> latents, for a drum class (equations 2 to 5).

The paper's network is convolutional (`drumjax.models.convolutional`); with `cwae.components` in the config, a network
on principal components takes its place (`drumjax.models.components`). Both have the interface of `Autoencoder`.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from drumjax.config import CLASSES, Config
from drumjax.models.autoencoder import Autoencoder
from drumjax.models.components import Components
from drumjax.models.convolutional import Convolutional


def build(config: Config) -> Autoencoder:
    """The CWAE of a config."""
    kind = Components if config.cwae.components else Convolutional
    return kind(config.cwae, config.audio)


def zero_inputs(config: Config) -> tuple[Float[Array, "two frames mels"], Float[Array, "two classes"]]:
    """Log-mels and class weights of zeros, for `Autoencoder.init`."""
    return jnp.zeros((2, config.audio.frames, config.audio.mels)), jnp.zeros((2, len(CLASSES)))
