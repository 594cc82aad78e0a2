"""Evaluation of a bundle on held-out sounds: `drumjax evaluate`."""
