"""Benchmark of speed against other libraries: `drumjax bench`."""
