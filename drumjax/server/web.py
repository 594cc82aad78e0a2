"""The page, the WebSocket and the files a browser saves, all behind one guard."""

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from drumjax import __version__, controls
from drumjax.config import CLASSES
from drumjax.server import exports, protocol
from drumjax.server.engine import Engine, Played
from drumjax.server.guard import Guard

PAGE = Path(__file__).parent / "page"
LARGEST_FRAME, LARGEST_BODY = 16_384, 65_536
SOCKETS, CONNECTIONS = 32, 128
"""Pages that may be open at once, and connections of any kind."""
PATIENCE_SECONDS = 5.0
"""How long a client may leave unread what waits for it."""
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
}


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


class Server(uvicorn.Server):
    """An HTTP server on a socket that listens already; signals are left to whoever runs it.

    It answers from `serve([socket])` on, until `should_exit`.
    """

    def __init__(self, engine: Engine, host: str, port: int):
        site = Site(engine)
        routes = [
            Route("/", site.page),
            Route("/static/{name:path}", site.page),
            Route("/export.wav", site.export, methods=["POST"]),
            Route("/kit.zip", site.kit, methods=["POST"]),
            Route("/latency", site.latency),
            WebSocketRoute("/ws", site.socket),
        ]
        super().__init__(
            uvicorn.Config(
                Guard(Starlette(routes=routes), host, port),
                http="h11",
                ws=Connection,
                ws_max_size=LARGEST_FRAME,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=1,
                limit_concurrency=CONNECTIONS,
            )
        )
        # A client's bad frame is no fault of ours: uvicorn would log it with a traceback.
        logging.getLogger("uvicorn.error").addFilter(lambda record: not record.msg.startswith("Invalid UTF-8"))

    def capture_signals(self):
        return contextlib.nullcontext()


class Site:
    """What is behind the guard."""

    def __init__(self, engine: Engine):
        self._engine = engine
        # Only names that were here at the start are ever opened: no path comes from a client.
        self._pages = {
            path.relative_to(PAGE).as_posix(): path
            for path in PAGE.rglob("*")
            if path.is_file() and path.suffix in _TYPES
        }
        self._sockets = 0

    async def page(self, request: Request) -> Response:
        path = self._pages.get(request.path_params.get("name", "index.html"))
        if path is None:
            return PlainTextResponse("no such page\n", 404)
        return Response(path.read_bytes(), media_type=_TYPES[path.suffix])

    async def latency(self, request: Request) -> Response:
        return JSONResponse(self._engine.latency())

    async def export(self, request: Request) -> Response:
        try:
            asked = protocol.export(protocol.loaded(await _body(request)))
            played = await self._played([asked.sound])
            content = await asyncio.to_thread(exports.wav, asked, played[0], self._engine.synth.rate)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        return _attachment(content, f"{asked.name}.wav", "audio/wav")

    async def kit(self, request: Request) -> Response:
        try:
            asked = protocol.kit(protocol.loaded(await _body(request)))
            played = await self._played([item.sound for item in asked])
            content = await asyncio.to_thread(exports.kit, asked, played, self._engine.synth.rate)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        return _attachment(content, "kit.zip", "application/zip")

    async def _played(self, sounds: list[protocol.Sound]) -> list[Played]:
        """The sounds, none overtaken: each request is a client of its own.

        Raises:
            ValueError: one of them cannot be played.
        """
        loop, client = asyncio.get_running_loop(), object()
        futures = [loop.create_future() for _ in sounds]

        def answer(future: asyncio.Future, outcome: Played | ValueError) -> None:
            if future.done():
                return
            if isinstance(outcome, ValueError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

        try:
            for at, (sound, future) in enumerate(zip(sounds, futures, strict=True)):
                self._engine.play(client, str(at), sound, lambda o, f=future: loop.call_soon_threadsafe(answer, f, o))
            return list(await asyncio.gather(*futures))
        finally:
            self._engine.forget(client)

    async def socket(self, websocket: WebSocket) -> None:
        if self._sockets >= SOCKETS:
            await websocket.close(1013)
            return
        self._sockets += 1
        await websocket.accept()
        session = Session(self._engine, websocket)
        try:
            await session.run()
        except WebSocketDisconnect:
            pass
        finally:
            self._engine.forget(session)
            self._sockets -= 1


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


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise ValueError(f"at most {LARGEST_BODY} bytes can be asked for at once")
        parts.append(part)
    return b"".join(parts)


def _attachment(content: bytes, name: str, media_type: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
