"""The conditional Wasserstein autoencoder: standardised log-mel <-> latents, for a drum class (equations 2 to 5).

The paper's network is convolutional (`drumjax.models.convolutional`); with `cwae.components` in the config, a network
on principal components takes its place (`drumjax.models.components`). Both have the interface of `Autoencoder`.
"""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from drumjax.config import CLASSES, Config
from drumjax.models import QUICK, Params
from drumjax.models.autoencoder import Autoencoder
from drumjax.models.components import Components
from drumjax.models.convolutional import Convolutional


def build(config: Config) -> Autoencoder:
    """The CWAE of a config."""
    kind = Components if config.cwae.components else Convolutional
    return kind(config.cwae, config.audio)


def init(config: Config, key: Key[Array, ""]) -> Params:
    """Initial variables of the CWAE, {"params", "batch_stats"}, drawn with `key`; `draw`, compiled."""
    # As one program, the forward pass falls away: only the parameters are computed.
    return jax.jit(functools.partial(draw, config), compiler_options=QUICK)(key)


def draw(config: Config, key: Key[Array, ""]) -> Params:
    """The variables of `init`, for `jax.eval_shape` and for use inside `jax.jit`."""
    inputs = jnp.zeros((2, config.audio.frames, config.audio.mels)), jnp.zeros((2, len(CLASSES)))
    return build(config).init(key, *inputs)
