"""Random generate messages, and the time that they take."""

import random
import time
from collections.abc import Iterator

from drumjax.config import CLASSES
from drumjax.server.trial.harness import Client


def random_requests(seed: int) -> Iterator[tuple[float, float, float, str]]:
    """The values of generate messages: all classes in turn, knobs -2..2."""
    rng = random.Random(seed)
    while True:
        for name in rng.sample(CLASSES, len(CLASSES)):
            yield rng.uniform(-2, 2), rng.uniform(-2, 2), rng.uniform(-2, 2), name


def generate_times(client: Client, count: int, seed: int = 0) -> list[float]:
    """Milliseconds from message to file, of requests one after the other."""
    times = []
    for id, values in zip(range(count), random_requests(seed), strict=False):
        began = time.perf_counter()
        reply = client.request("/drum/generate", *values, id)
        times.append(1000 * (time.perf_counter() - began))
        if reply[0] != "/drum/file":
            raise RuntimeError(f"expected a file; got {reply}")
    return times
