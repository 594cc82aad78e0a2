"""The interface of the model under evaluation."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from drumjax.config import Config

DrumClasses = Sequence[str | Mapping[str, float]]
"""A class name, or {class: weight}, for each sound."""


@runtime_checkable
class Model(Protocol):
    """The public attributes and methods of `drumjax.synth.Synth` that the evaluation uses.

    All methods take and return batches; `Synth` describes their arguments. `draw` and `sample` take one class.
    """

    config: Config
    metadata: Mapping[str, Any]
    rate: int
    samples: int
    has_texture: bool
    has_codes: bool
    has_mask: bool
    knob_names: Mapping[str, Sequence[str]]

    def mel(self, wave: Float[np.ndarray, "sounds samples"]) -> Float[np.ndarray, "sounds frames mels"]: ...

    def encode(
        self, wave: Float[np.ndarray, "sounds samples"], drum_class: DrumClasses
    ) -> Float[np.ndarray, "sounds latent"]: ...

    def decode(
        self, z: Float[np.ndarray, "sounds latent"], drum_class: DrumClasses, texture: int | None = None
    ) -> Float[np.ndarray, "sounds frames mels"]: ...

    def vocode(self, mel: Float[np.ndarray, "sounds frames mels"]) -> Float[np.ndarray, "sounds samples"]: ...

    def mask(self, mel: Float[np.ndarray, "sounds frames mels"]) -> Float[np.ndarray, "sounds samples"]: ...

    def controls(
        self, z: Float[np.ndarray, "sounds latent"], drum_class: DrumClasses
    ) -> Float[np.ndarray, "sounds controls"]: ...

    def place(
        self,
        z_pca: Float[np.ndarray, "sounds controls"],
        drum_class: DrumClasses,
        base: Float[np.ndarray, "sounds latent"] | None = None,
    ) -> Float[np.ndarray, "sounds latent"]: ...

    def draw(self, drum_class: str, n: int = 1, seed: int = 0) -> Float[np.ndarray, "sounds latent"]: ...

    def render(
        self, z: Float[np.ndarray, "sounds latent"], drum_class: DrumClasses, texture: int | None = 0
    ) -> Float[np.ndarray, "sounds samples"]: ...

    def sample(
        self,
        drum_class: str,
        n: int = 1,
        seed: int = 0,
        prior: bool = False,
        strict: bool = False,
        texture: int | None = 0,
    ) -> Float[np.ndarray, "sounds samples"]: ...
