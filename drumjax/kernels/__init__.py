"""Convolutions, products and norms in forms that are fast on a CPU; skip this folder on a first reading."""
