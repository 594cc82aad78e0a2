"""Evaluation of a bundle on held-out sounds: `python -m drumjax.evaluate`."""
