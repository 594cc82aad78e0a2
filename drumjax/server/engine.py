"""The one worker that owns the Synth: requests of every client meet here, and the newest wins."""

import functools
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np

from drumjax.config import CLASSES
from drumjax.server.protocol import Sound
from drumjax.sound import dsp
from drumjax.synth import Synth

SLOTS = 64
"""Requests a client may have waiting; each slot counts once."""
POINTS, POINTS_AT_ONCE = 200, 4
MOST_POINTS = 400
REMEMBERED = 4096
"""Requests whose times are kept."""


@dataclass(frozen=True)
class Played:
    """A sound that was asked for.

    Attributes:
        sound: its recipe.
        z: (latent,) its latents.
        at: (3,) where it lies among the sounds of its class: the knobs that come nearest to it.
        wave: (samples,) float32.
        ms: how long its rendering took.
        arrived: when it was asked for, by time.perf_counter().
    """

    sound: Sound
    z: np.ndarray
    at: np.ndarray
    wave: np.ndarray
    ms: float
    arrived: float


Answer = Callable[[Played | ValueError], None]


@dataclass(frozen=True)
class _Request:
    sound: Sound
    answer: Answer
    arrived: float


class Engine:
    """Plays sounds for many clients on one thread.

    A client has slots. A request for a slot overtakes the one that waits there, which is never answered; clients
    take turns. Answers are given on the worker's thread.

    Attributes:
        synth: the Synth, for its constants; nobody else may play it.
        done: a future of the worker's end: its result is None, or what went wrong.
    """

    def __init__(self, synth: Synth):
        self.synth = synth
        self.done: Future[None] = Future()
        self._waiting: OrderedDict[Hashable, OrderedDict[str, _Request]] = OrderedDict()
        self._wanted: dict[str, dict[Hashable, Callable[[np.ndarray], None]]] = {}
        self._points: dict[str, np.ndarray] = {}
        self._times: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)
        self._count = 0
        self._wake = threading.Condition()
        self._closing = False
        self._chores = self._maps()
        self._warm_up()
        self._thread = threading.Thread(target=self._work, name="synth", daemon=True)
        self._thread.start()

    @property
    def knobs(self) -> dict[str, list[str]]:
        """What the three knobs of each class do, in a word or two."""
        names = self.synth.knob_names
        return {name: list(names.get(name, ("knob 1", "knob 2", "knob 3"))) for name in CLASSES}

    @property
    def texture(self) -> bool:
        """Whether the bundle's sounds have a noise that can be seeded."""
        return self.synth.has_texture

    def play(self, client: Hashable, slot: str, sound: Sound, answer: Answer) -> None:
        """Asks for a sound.

        Raises:
            ValueError: the bundle has no texture, or too many of the client's slots wait.
        """
        if sound.texture is not None and not self.texture:
            raise ValueError("this bundle has no texture")
        with self._wake:
            slots = self._waiting.get(client, OrderedDict())
            if slot not in slots and len(slots) >= SLOTS:
                raise ValueError(f"more than {SLOTS} sounds of yours are waiting")
            # An overtaken request leaves its place in the line to the newer one.
            slots[slot] = _Request(sound, answer, time.perf_counter())
            self._waiting[client] = slots
            self._wake.notify()

    def points(self, client: Hashable, drum_class: str, answer: Callable[[np.ndarray], None]) -> None:
        """Asks where sounds of a class lie: (n, 3), the first two knobs and the brightness in Hz.

        They are computed once, when nobody waits for a sound.
        """
        with self._wake:
            self._wanted.setdefault(drum_class, {})[client] = answer
            self._wake.notify()

    def forget(self, client: Hashable) -> None:
        """Drops what a client waits for."""
        with self._wake:
            self._waiting.pop(client, None)
            for answers in self._wanted.values():
                answers.pop(client, None)

    def latency(self) -> dict[str, Any]:
        """Percentiles in ms over the last requests: from arrival to answer, and of the rendering alone."""
        with self._wake:
            times, count = list(self._times), self._count
        if not times:
            return {"count": 0}
        total, render = np.percentile(np.array(times), (50, 95, 99), axis=0).T.round(2)
        return {"count": count, **_named(total), "render": _named(render)}

    def close(self) -> None:
        """Ends the worker after the sound it is at."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _warm_up(self) -> None:
        """Compiles everything a request needs, sounds of every length included, before the first one comes."""
        self._play(Sound(CLASSES[0], seed=0, vary=((0.1, 0),)))
        next(_map(self.synth, CLASSES[0]))
        audio = self.synth.config.audio
        for eighth in range(1, 9):
            mel = np.zeros((audio.frames, audio.mels), np.float32)
            mel[: audio.frames * eighth // 8] = 1.0
            self.synth.vocode(mel)

    def _work(self) -> None:
        try:
            while (work := self._next()) is not None:
                work()
            self.done.set_result(None)
        except BaseException as error:
            # A fault of ours: it ends the server, which shows it.
            self.done.set_exception(error)

    def _next(self) -> Callable[[], None] | None:
        """What to do next: a request, clients in turn; when none waits a piece of a map; None at the end."""
        with self._wake:
            self._wake.wait_for(lambda: self._closing or self._waiting or self._wanted)
            if self._closing:
                return None
            if not self._waiting:
                return functools.partial(next, self._chores)
            client, slots = self._waiting.popitem(last=False)
            _, request = slots.popitem(last=False)
            if slots:
                self._waiting[client] = slots
            return functools.partial(self._answer, request)

    def _answer(self, request: _Request) -> None:
        try:
            played = self._play(request.sound, request.arrived)
        except ValueError as error:
            request.answer(error)
            return
        request.answer(played)
        with self._wake:
            self._times.append((1000 * (time.perf_counter() - request.arrived), played.ms))
            self._count += 1

    def _play(self, sound: Sound, arrived: float = 0.0) -> Played:
        began = time.perf_counter()
        base = sound.around
        if base is None and sound.seed is not None:
            base = self.synth.draw(sound.drum_class, 1, sound.seed)[0]
        z = self.synth.place(sound.knobs, sound.drum_class, base)
        for amount, seed in sound.vary:
            z = self.synth.variation(z, sound.drum_class, amount, seed)
        extra = {} if sound.texture is None else {"texture": sound.texture}
        wave = self.synth.render(z, sound.drum_class, **extra)
        at = self.synth.controls(z, sound.drum_class)
        return Played(sound, z, at, wave, 1000 * (time.perf_counter() - began), arrived)

    def _maps(self) -> Iterator[None]:
        """Answers who wants maps, a few sounds of them at a step."""
        while True:
            with self._wake:
                drum_class = next(iter(self._wanted))
            if drum_class not in self._points:
                parts = []
                for part in _map(self.synth, drum_class):
                    parts.append(part)
                    yield
                self._points[drum_class] = np.concatenate(parts)
            with self._wake:
                answers = self._wanted.pop(drum_class)
            for answer in answers.values():
                answer(self._points[drum_class])
            yield


def _map(synth: Synth, drum_class: str) -> Iterator[np.ndarray]:
    """Where the training sounds of a class lie, in parts of (n, 3): the bundle's own, else draws of the class."""
    if len(synth.map_points(drum_class)):
        yield synth.map_points(drum_class)[:MOST_POINTS]
        return
    hz = dsp.mel_edges_hz(synth.config.audio)[1:-1]
    z = synth.draw(drum_class, POINTS, 0)
    for at in range(0, POINTS, POINTS_AT_ONCE):
        some = z[at : at + POINTS_AT_ONCE]
        level = synth.decode(some, drum_class).sum(axis=1)
        brightness = level @ hz / np.maximum(level.sum(axis=1), 1e-9)
        yield np.column_stack([synth.controls(some, drum_class)[:, :2], brightness])


def _named(percentiles: np.ndarray) -> dict[str, float]:
    return dict(zip(("p50", "p95", "p99"), percentiles.tolist(), strict=True))
