"""drumjax: a neural drum machine. Three knobs and a drum class in, a new drum sound out."""

from drumjax.config import CLASSES, Config

__all__ = ["CLASSES", "Config", "Synth", "generate"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    # jax takes a second to import: only who plays pays for it.
    if name in ("Synth", "generate"):
        from drumjax import synth

        return getattr(synth, name)
    raise AttributeError(f"module 'drumjax' has no attribute {name!r}")
