"""Convolutions, products and norms in forms that a CPU computes fast; skip them on a first reading."""
