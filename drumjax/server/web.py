"""The page, the WebSocket and the files a browser saves, all behind one guard."""

import asyncio
import contextlib
import logging
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from drumjax.server import exports, protocol
from drumjax.server.engine import Engine, Played
from drumjax.server.guard import Guard
from drumjax.server.session import Connection, Session

PAGE = Path(__file__).parent / "page"
LARGEST_FRAME, LARGEST_BODY = 16_384, 65_536
SOCKETS, CONNECTIONS = 32, 128
"""Pages that may be open at once, and connections of any kind."""
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
