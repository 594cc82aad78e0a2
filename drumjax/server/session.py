"""One open WebSocket: the requests of a page and the replies to it."""

import asyncio
import functools
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from jaxtyping import Float
from starlette.websockets import WebSocket, WebSocketDisconnect

from drumjax import __version__
from drumjax.config import CLASSES, KNOB_RANGES
from drumjax.server import protocol
from drumjax.server.engine import Engine, Overtaken
from drumjax.server.own import Missing
from drumjax.server.rendering import Rendering
from drumjax.server.sound import place


class Session:
    """One open WebSocket, which is one client of the engine."""

    def __init__(self, engine: Engine, websocket: WebSocket):
        self._engine, self._websocket = engine, websocket
        self._loop = asyncio.get_running_loop()
        # Replies that wait for the client to read, and the requests of sounds: the newest sound of each place, so that
        # a slow client stays bounded.
        self._ready: OrderedDict[Hashable, tuple[protocol.Render | None, bytes | str]] = OrderedDict()
        # Answers to requests that were overtaken while the newest message was handled.
        self._overtaken: list[str] = []
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Answers requests until the client leaves.

        Raises:
            WebSocketDisconnect: the client left while a reply was sent.
        """
        sender = asyncio.create_task(self._send_ready())
        try:
            while True:
                frame = await self._websocket.receive()
                if frame["type"] == "websocket.disconnect":
                    return
                # Awaited: while a client does not read its replies, the server does not read its requests.
                await self._handle(frame.get("text"))
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _handle(self, text: str | None) -> None:
        try:
            if text is None:
                raise protocol.RequestError("expected a text frame of JSON; got a binary one")
            match protocol.event(text):
                case protocol.Hello():
                    await self._send(self._hello())
                case protocol.Ping(id):
                    await self._send(protocol.json_text(type="pong", id=id))
                case protocol.Map(drum_class):
                    self._engine.points(self, drum_class, lambda points: self._later(self._on_map, drum_class, points))
                case protocol.Kit(seed):
                    self._engine.kit(self, seed, lambda seeds: self._later(self._on_kit, seed, seeds))
                case protocol.Seeds(drum_class, first):
                    answer = functools.partial(self._later, self._on_seeds, drum_class)
                    self._engine.seeds(self, drum_class, first, answer)
                case protocol.Render() as request:
                    await self._render(request)
        except protocol.RequestError as error:
            await self._send(protocol.json_text(type="error", id=error.id, text=str(error)))

    async def _render(self, request: protocol.Render) -> None:
        waits = place(request.sound, request.id) if request.slot is None else request.slot

        def answer(outcome: Rendering | ValueError) -> None:
            if isinstance(outcome, Overtaken):
                # Called within `play`, on this thread.
                self._overtaken.append(_overtaken(request))
            else:
                self._later(self._on_sound, waits, request, outcome)

        try:
            self._engine.play(self, waits, request.sound, answer)
        except ValueError as error:
            raise protocol.RequestError(str(error), request.id) from None
        while self._overtaken:
            await self._send(self._overtaken.pop())

    def _hello(self) -> str:
        synth = self._engine.synth
        return protocol.json_text(
            type="hello",
            classes=CLASSES,
            rate=synth.rate,
            samples=synth.samples,
            ranges=KNOB_RANGES,
            knobs=self._engine.knobs,
            texture=self._engine.texture,
            dots=True,
            kits=True,
            version=__version__,
            bundle=self._engine.bundle,
        )

    def _later(self, function: Callable[..., None], *arguments: Any) -> None:
        """Calls a function on the loop's thread, from the engine's."""
        self._loop.call_soon_threadsafe(function, *arguments)

    def _on_sound(self, place: Hashable, request: protocol.Render, outcome: Rendering | ValueError) -> None:
        id, slot = request.id, request.slot
        if isinstance(outcome, ValueError):
            missing = {"missing": outcome.key} if isinstance(outcome, Missing) else {}
            self._put(object(), protocol.json_text(type="error", id=id, text=str(outcome), **missing))
        else:
            frame = protocol.sound_frame(id, slot, outcome.ms, outcome.at, outcome.rate, outcome.wave)
            self._put(("sound", place), frame, request)

    def _on_map(self, drum_class: str, points: Float[np.ndarray, "sounds 3"]) -> None:
        coordinates = np.asarray(points, np.float64).round(3).tolist()
        self._put(("map", drum_class), protocol.json_text(type="map", **{"class": drum_class}, points=coordinates))

    def _on_kit(self, seed: int, seeds: dict[str, int]) -> None:
        self._put("kit", protocol.json_text(type="kit", seed=seed, seeds=seeds))

    def _on_seeds(self, drum_class: str, seeds: list[int]) -> None:
        self._put(("seeds", drum_class), protocol.json_text(type="seeds", **{"class": drum_class}, seeds=seeds))

    def _put(self, key: Hashable, frame: bytes | str, request: protocol.Render | None = None) -> None:
        unread, _ = self._ready.get(key, (None, ""))
        if unread is not None:
            self._put(object(), _overtaken(unread))
        self._ready[key] = request, frame
        self._wake.set()

    async def _send_ready(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._ready:
                _, (_, frame) = self._ready.popitem(last=False)
                await self._send(frame)

    async def _send(self, frame: bytes | str) -> None:
        try:
            if isinstance(frame, bytes):
                await self._websocket.send_bytes(frame)
            else:
                await self._websocket.send_text(frame)
        except RuntimeError as error:
            # Starlette and uvicorn raise it for a connection that is already closed: over a bad frame, or because the
            # other task found the client gone.
            raise WebSocketDisconnect from error


def _overtaken(request: protocol.Render) -> str:
    return protocol.json_text(type="overtaken", id=request.id, slot=request.slot)
