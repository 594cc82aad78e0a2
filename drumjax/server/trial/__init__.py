"""Trials of a running server: flood, fuzz, soak and latency. `python -m drumjax.server.trial`."""
