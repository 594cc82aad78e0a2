"""Benchmark of speed against other libraries: `python -m drumjax.bench`."""
