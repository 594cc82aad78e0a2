"""One open WebSocket: the requests of a page and the replies to it."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float
from starlette.websockets import WebSocket, WebSocketDisconnect

from drumjax import __version__
from drumjax.config import CLASSES, KNOB_RANGES
from drumjax.server import protocol
from drumjax.server.engine import Engine, Rendering


class Session:
    """One open WebSocket, which is one client of the engine."""

    def __init__(self, engine: Engine, websocket: WebSocket):
        self._engine, self._websocket = engine, websocket
        self._loop = asyncio.get_running_loop()
        # Replies that wait for the client to read: the newest of each slot, so that a slow client stays bounded.
        self._ready: OrderedDict[str, bytes | str] = OrderedDict()
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
                case protocol.Render(id, slot, sound):
                    self._render(id, slot, sound)
        except protocol.RequestError as error:
            await self._send(protocol.json_text(type="error", id=error.id, text=str(error)))

    def _render(self, id: int, slot: str, sound: protocol.Sound) -> None:
        try:
            self._engine.play(self, slot, sound, lambda outcome: self._later(self._on_sound, id, slot, outcome))
        except ValueError as error:
            raise protocol.RequestError(str(error), id) from None

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
            version=__version__,
        )

    def _later(self, function: Callable[..., None], *arguments: Any) -> None:
        """Calls a function on the loop's thread, from the engine's."""
        self._loop.call_soon_threadsafe(function, *arguments)

    def _on_sound(self, id: int, slot: str, outcome: Rendering | ValueError) -> None:
        if isinstance(outcome, ValueError):
            self._put(f"sound {slot}", protocol.json_text(type="error", id=id, text=str(outcome)))
        else:
            rate = self._engine.synth.rate
            self._put(f"sound {slot}", protocol.sound_frame(id, slot, outcome.ms, outcome.at, rate, outcome.wave))

    def _on_map(self, drum_class: str, points: Float[np.ndarray, "sounds 3"]) -> None:
        coordinates = np.asarray(points, np.float64).round(3).tolist()
        self._put(f"map {drum_class}", protocol.json_text(type="map", **{"class": drum_class}, points=coordinates))

    def _put(self, key: str, frame: bytes | str) -> None:
        self._ready[key] = frame
        self._wake.set()

    async def _send_ready(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._ready:
                await self._send(self._ready.popitem(last=False)[1])

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
