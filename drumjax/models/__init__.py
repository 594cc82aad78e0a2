"""The networks of the paper and their losses."""

from collections.abc import Mapping
from typing import Union

from jax.typing import ArrayLike

Params = Mapping[str, Union[ArrayLike, "Params"]]
"""Arrays of a model in nested dicts, by name."""
