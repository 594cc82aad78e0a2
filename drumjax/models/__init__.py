"""The networks of the paper and their losses."""

from collections.abc import Mapping
from typing import Any

Params = Mapping[str, Any]
"""Parameters of a model: arrays by name, in nested mappings."""

QUICK = {"xla_backend_optimization_level": 0}
"""Compiler options of programs that run once: random initial parameters take longer to optimise than to draw."""
