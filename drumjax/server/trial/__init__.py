"""Trials of a running server: latency, floods, junk, soak: `python -m drumjax.server.trial`."""
