"""The networks of the paper and their losses."""

from collections.abc import Mapping
from typing import Any

Params = Mapping[str, Any]
"""Parameters of a model: arrays by name, in nested mappings."""
