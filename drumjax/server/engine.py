"""The one worker that owns the Synth. Of the requests for a place, it renders the newest; every one is answered."""

import contextlib
import functools
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from drumjax.config import CLASSES
from drumjax.kits.pads import class_seeds, strict_seeds
from drumjax.server.maps import Maps, Points
from drumjax.server.own import OwnSounds
from drumjax.server.rendering import Rendering, render
from drumjax.server.sound import Sound
from drumjax.synth import Synth

PLACES, MOST_WAITING = 64, 1024
"""Requests that may wait: of one client, one in each place, and of all clients."""
TIMES = 4096
"""Requests whose times are kept."""
SEEDS = 8
"""Of a class that one request draws."""


class Overtaken(ValueError):
    """A newer request of the same client overtook this one, which is not rendered."""

    def __init__(self) -> None:
        super().__init__("overtaken")


Answer = Callable[[Rendering | ValueError], None]
"""Takes the result of a request, or the reason why there is none."""


@dataclass(frozen=True)
class _Request:
    sound: Sound
    answer: Answer
    arrived: float


@dataclass(frozen=True)
class _Drawing:
    """What is drawn in steps, between sounds: `answer` gets what the generator returns, or that it was overtaken."""

    steps: Generator[None, None, Any]
    answer: Callable[[Any], None]


class Engine:
    """Renders sounds for many clients on one thread.

    A client has places. A request for a place overtakes the one that waits there; where all PLACES are taken, it
    overtakes the one at the head of the client's queue. Clients take turns. Every request is answered: on the worker's
    thread, or, where it is overtaken, on the thread of the request that overtakes it.

    Attributes:
        synth: the Synth, for its constants; only the worker may render with it.
        own: the user's own sounds.
        bundle: id of the Synth's bundle, for recipes.
        done: a future of the worker's end: its result is None, or its exception the worker's.
    """

    def __init__(self, synth: Synth, folders: Sequence[Path] = (), bundle: str = ""):
        self.synth, self.bundle = synth, bundle
        self.own = OwnSounds(synth, folders)
        self.done: Future[None] = Future()
        self._waiting: OrderedDict[Hashable, OrderedDict[Hashable, _Request]] = OrderedDict()
        self._map_requests: dict[str, dict[Hashable, Callable[[Points], None]]] = {}
        self._maps = Maps(synth)
        self._drawings: dict[tuple[Hashable, str], _Drawing] = {}
        self._fitting: threading.Thread | None = None  # of the classifier of strict sampling
        self._fitted = not synth.has_codes
        self._times: deque[tuple[float, float]] = deque(maxlen=TIMES)
        self._count = 0
        self._wake = threading.Condition()
        self._closing = False
        self._map_steps = self._answer_maps()
        self._warm_up()
        self._thread = threading.Thread(target=self._work, name="synth", daemon=True)
        self._thread.start()

    @property
    def knobs(self) -> dict[str, list[str]]:
        """The names of the three knobs of each class."""
        names = self.synth.knob_names
        return {name: list(names.get(name, ("knob 1", "knob 2", "knob 3"))) for name in CLASSES}

    @property
    def texture(self) -> bool:
        """Whether the bundle's sounds have a noise with a seed."""
        return self.synth.has_texture

    def play(self, client: Hashable, place: Hashable, sound: Sound, answer: Answer) -> None:
        """Requests a sound.

        Raises:
            ValueError: the bundle has no texture, or too many requests of all clients wait.
        """
        if sound.texture is not None and not self.texture:
            raise ValueError("this bundle has no texture")
        with self._wake:
            requests = self._waiting.get(client, OrderedDict())
            overtaken = requests.get(place)
            if overtaken is None and len(requests) >= PLACES:
                _, overtaken = requests.popitem(last=False)
            if overtaken is None and sum(map(len, self._waiting.values())) >= MOST_WAITING:
                raise ValueError(f"too many requests: {MOST_WAITING} sounds are waiting already")
            # The newer request takes the place of the older one in the queue: a drag cannot hold up the other places.
            requests[place] = _Request(sound, answer, time.perf_counter())
            self._waiting[client] = requests
            self._wake.notify()
        if overtaken is not None:
            overtaken.answer(Overtaken())

    def points(self, client: Hashable, drum_class: str, answer: Callable[[Points], None]) -> None:
        """Requests the map of a class. It is computed once, while no sound is requested."""
        with self._wake:
            self._map_requests.setdefault(drum_class, {})[client] = answer
            self._wake.notify()

    def kit(self, client: Hashable, seed: int, answer: Callable[[dict[str, int] | Overtaken], None]) -> None:
        """Requests the seeds of a kit, {class: seed}. They are drawn while no sound is requested; the newest wins."""
        self._draw(client, "kit", _Drawing(_kit_steps(self.synth, seed), answer))

    def seeds(
        self, client: Hashable, drum_class: str, first: int, answer: Callable[[list[int] | Overtaken], None]
    ) -> None:
        """Requests SEEDS seeds of a class from `first` on that strict sampling accepts, drawn as those of a kit."""
        self._draw(client, drum_class, _Drawing(_seed_steps(self.synth, drum_class, first), answer))

    def _draw(self, client: Hashable, name: str, drawing: "_Drawing") -> None:
        with self._wake:
            overtaken = self._drawings.get((client, name))
            self._drawings[client, name] = drawing
            if not self._fitted and self._fitting is None:
                self._fitting = threading.Thread(target=self._fit, name="strict", daemon=True)
                self._fitting.start()
            self._wake.notify()
        if overtaken is not None:
            overtaken.answer(Overtaken())

    def _fit(self) -> None:
        """Fits the classifier of strict sampling, which takes seconds, beside the sounds that are rendered."""
        with contextlib.suppress(Exception):  # the worker meets it again, and ends
            self.synth.acceptance(self.synth.density["codes"][:1], 0)
        with self._wake:
            self._fitted, self._fitting = True, None
            self._wake.notify()

    @property
    def busy(self) -> bool:
        """Whether a thread works that cannot be stopped: a file is being listened to, or the classifier fitted."""
        return self.own.busy or self._fitting is not None

    def forget(self, client: Hashable) -> None:
        """Drops the waiting requests of a client."""
        with self._wake:
            self._waiting.pop(client, None)
            for key in [key for key in self._drawings if key[0] == client]:
                del self._drawings[key]
            for answers in self._map_requests.values():
                answers.pop(client, None)

    def latency(self) -> dict[str, Any]:
        """Percentiles in ms over the last TIMES requests: from arrival to answer, and of the rendering alone."""
        with self._wake:
            times, count = list(self._times), self._count
        if not times:
            return {"count": 0}
        total, render = np.percentile(np.array(times), (50, 95, 99), axis=0).T.round(2)
        return {"count": count, **_by_name(total), "render": _by_name(render)}

    def close(self) -> None:
        """Ends the worker after the current sound."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _warm_up(self) -> None:
        """Compiles everything that requests use, for sounds of every length, before the first request."""
        render(self.synth, self.own, self._maps, Sound(CLASSES[0], seed=0, vary=((0.1, 0),)))
        next(self._maps.steps(CLASSES[0]), None)
        audio = self.synth.config.audio
        for eighth in range(1, 9):
            mel = np.zeros((audio.frames, audio.mels), np.float32)
            mel[: audio.frames * eighth // 8] = 1.0
            self.synth.vocode(mel)

    def _work(self) -> None:
        try:
            while (work := self._next_work()) is not None:
                work()
            self.done.set_result(None)
        except BaseException as error:
            # A fault of the program: it ends the server, which reports it.
            self.done.set_exception(error)

    def _next_work(self) -> Callable[[], None] | None:
        """The next work: a request, clients in turn; while none waits, a drawing's or a map's step; at the end None."""

        def drawing() -> bool:
            return self._fitted and bool(self._drawings)

        with self._wake:
            self._wake.wait_for(lambda: self._closing or self._waiting or drawing() or self._map_requests)
            if self._closing:
                return None
            if not self._waiting:
                return self._step_drawing if drawing() else functools.partial(next, self._map_steps)
            client, requests = self._waiting.popitem(last=False)
            _, request = requests.popitem(last=False)
            if requests:
                self._waiting[client] = requests
            return functools.partial(self._answer, request)

    def _answer(self, request: _Request) -> None:
        try:
            rendering = render(self.synth, self.own, self._maps, request.sound, request.arrived)
        except ValueError as error:
            request.answer(error)
            return
        request.answer(rendering)
        with self._wake:
            self._times.append((1000 * (time.perf_counter() - request.arrived), rendering.ms))
            self._count += 1

    def _answer_maps(self) -> Iterator[None]:
        """Computes and answers map requests, a few sounds in each step."""
        while True:
            with self._wake:
                drum_class = next(iter(self._map_requests))
            yield from self._maps.steps(drum_class)
            with self._wake:
                answers = self._map_requests.pop(drum_class)
            for answer in answers.values():
                answer(self._maps.points(drum_class))
            yield

    def _step_drawing(self) -> None:
        """Goes on with the oldest drawing, and answers it at its end unless it was replaced meanwhile."""
        with self._wake:
            # Since the worker has seen it, its client may have left.
            key, drawing = next(iter(self._drawings.items()), (None, None))
        if key is None or drawing is None:
            return
        try:
            next(drawing.steps)
        except StopIteration as end:
            with self._wake:
                wanted = self._drawings.get(key) is drawing
                if wanted:
                    del self._drawings[key]
            if wanted:
                drawing.answer(end.value)


def _kit_steps(synth: Synth, seed: int) -> Generator[None, None, dict[str, int]]:
    """The seeds of a kit, a class in each step. A class has the first of its pads in `drumjax kit`."""
    seeds = {}
    for drum_class in CLASSES:
        seeds[drum_class] = next(iter(class_seeds(synth, seed, drum_class).values()))
        yield
    return seeds


def _seed_steps(synth: Synth, drum_class: str, first: int) -> Generator[None, None, list[int]]:
    """The seeds of `Engine.seeds`, in one step."""
    yield
    return strict_seeds(synth, drum_class, SEEDS, first)


def _by_name(percentiles: np.ndarray) -> dict[str, float]:
    return dict(zip(("p50", "p95", "p99"), percentiles.tolist(), strict=True))
