"""One open WebSocket: what a page asks for and hears, and what becomes of one that stops listening."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from drumjax import __version__
from drumjax.config import CLASSES
from drumjax.play import controls
from drumjax.server import protocol
from drumjax.server.engine import Engine, Played

PATIENCE_SECONDS = 5.0
"""How long a client may leave unread what waits for it."""


class Connection(WebSocketsSansIOProtocol):
    """A WebSocket that is dropped when its client stops reading."""

    _impatience: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        try:
            super().data_received(data)
        except InvalidState:
            # Another bad frame behind the one that the connection is being closed for.
            self.transport.abort()

    async def send(self, message) -> None:
        await self.writable.wait()
        # Closed over a bad frame while a reply was under way: the client is gone, which is no fault of ours.
        if self.close_sent:
            raise ClientDisconnected
        await super().send(message)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._impatience = self.loop.call_later(PATIENCE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        self._calm()
        super().resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        self._calm()
        super().connection_lost(error)

    def _calm(self) -> None:
        if self._impatience is not None:
            self._impatience.cancel()


class Session:
    """One open WebSocket: a client of the engine."""

    def __init__(self, engine: Engine, websocket: WebSocket):
        self._engine, self._websocket = engine, websocket
        self._loop = asyncio.get_running_loop()
        # Sounds that wait for the client to read: the newest of each slot, so that a slow client stays bounded.
        self._ready: OrderedDict[str, bytes | str] = OrderedDict()
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Answers until the client leaves.

        Raises:
            WebSocketDisconnect: it left.
        """
        sender = asyncio.create_task(self._send_ready())
        try:
            while True:
                received = await self._websocket.receive()
                if received["type"] == "websocket.disconnect":
                    return
                # Awaited: a client that does not read what it asks for is not read from either.
                await self._on(received.get("text"))
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _on(self, text: str | None) -> None:
        try:
            if text is None:
                raise protocol.Refused("expected a text frame of JSON; got a binary one")
            event = protocol.message(text)
            match event:
                case protocol.Hello():
                    await self._send(self._hello())
                case protocol.Ping(id):
                    await self._send(protocol.text(type="pong", id=id))
                case protocol.Map(drum_class):
                    self._engine.points(self, drum_class, lambda points: self._later(self._on_map, drum_class, points))
                case protocol.Render(id, slot, sound):
                    self._render(id, slot, sound)
        except protocol.Refused as error:
            await self._send(protocol.text(type="error", id=error.id, text=str(error)))

    def _render(self, id: int, slot: str, sound: protocol.Sound) -> None:
        try:
            self._engine.play(self, slot, sound, lambda outcome: self._later(self._on_sound, id, slot, outcome))
        except ValueError as error:
            raise protocol.Refused(str(error), id) from None

    def _hello(self) -> str:
        synth = self._engine.synth
        return protocol.text(
            type="hello",
            classes=CLASSES,
            rate=synth.rate,
            samples=synth.samples,
            ranges=controls.RANGES,
            knobs=self._engine.knobs,
            texture=self._engine.texture,
            version=__version__,
        )

    def _later(self, function: Callable[..., None], *arguments: Any) -> None:
        """Calls a function on the loop's thread, from the engine's."""
        self._loop.call_soon_threadsafe(function, *arguments)

    def _on_sound(self, id: int, slot: str, outcome: Played | ValueError) -> None:
        if isinstance(outcome, ValueError):
            self._put(f"sound {slot}", protocol.text(type="error", id=id, text=str(outcome)))
        else:
            rate = self._engine.synth.rate
            self._put(f"sound {slot}", protocol.sound_frame(id, slot, outcome.ms, outcome.at, rate, outcome.wave))

    def _on_map(self, drum_class: str, points: np.ndarray) -> None:
        rounded = np.asarray(points, np.float64).round(3).tolist()
        self._put(f"map {drum_class}", protocol.text(type="map", **{"class": drum_class}, points=rounded))

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
        if self._websocket.application_state is not WebSocketState.CONNECTED:
            # The other task's send met a client that had gone; to Starlette a further one would be our mistake.
            raise WebSocketDisconnect
        if isinstance(frame, bytes):
            await self._websocket.send_bytes(frame)
        else:
            await self._websocket.send_text(frame)
