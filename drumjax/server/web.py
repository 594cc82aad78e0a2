"""The page, the WebSocket and the downloads, all behind one guard."""

import asyncio
import contextlib
import functools
import logging
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from drumjax.library.library import Library
from drumjax.server import checks, exports, offline, protocol, recipes, samplers
from drumjax.server.connection import Connection
from drumjax.server.engine import Answer, Engine
from drumjax.server.guard import Guard
from drumjax.server.library import LibraryTab
from drumjax.server.rendering import Rendering
from drumjax.server.session import Session
from drumjax.server.visitors import Visitors, address_text
from drumjax.sound import audio

PAGE = Path(__file__).parent / "page"
LARGEST_FRAME, LARGEST_BODY, LARGEST_FILE = 16_384, 65_536, 1 << 25
"""Bytes of a WebSocket message, of a request, and of a sound file."""
FILES_AT_ONCE = 4
"""Sound files that are received and read at once; further ones wait."""
SOCKETS, CONNECTIONS = 32, 128
"""Pages that may be open at once, and connections of any kind."""
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}


class Server(uvicorn.Server):
    """An HTTP server for a socket that already listens; the caller handles signals.

    `serve([socket])` answers requests until `should_exit` is set. `Guard` describes host, port and names.
    """

    def __init__(
        self,
        engine: Engine,
        visitors: Visitors,
        host: str,
        port: int,
        names: Collection[str] = (),
        library: Library | None = None,
    ):
        site = Site(engine, visitors)
        tab = LibraryTab(library, engine.synth, site.render, _body)
        routes = [
            Route("/", site.page),
            Route("/static/{name:path}", site.page),
            Route("/export.wav", site.export, methods=["POST"]),
            Route("/export.flac", site.flac, methods=["POST"]),
            Route("/kit.zip", site.kit, methods=["POST"]),
            Route("/listen", site.listen, methods=["POST"]),
            Route(f"/{offline.WORKER}", site.worker),
            Route("/latency", site.latency),
            *tab.routes(),
            WebSocketRoute("/ws", site.socket),
        ]
        config = uvicorn.Config(
            Guard(Starlette(routes=routes), host, port, names),
            http="h11",
            ws="websockets-sansio",
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
        config.load()
        assert config.ws_protocol_class is not None
        # A factory serves as well as a class: uvicorn only calls it.
        config.ws_protocol_class = functools.partial(Connection, config.ws_protocol_class)  # type: ignore[assignment]
        super().__init__(config)
        # Without this filter uvicorn logs a client's invalid frame with a traceback, as if the server were at fault,
        # and a file that is still listened to at the end.
        ours = "Invalid UTF-8", "Cancel "
        logging.getLogger("uvicorn.error").addFilter(lambda record: not record.msg.startswith(ours))

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Site:
    """The handlers behind the guard."""

    def __init__(self, engine: Engine, visitors: Visitors):
        self._engine, self._visitors = engine, visitors
        # Only these files are ever opened: no path comes from a client.
        self._pages = {
            path.relative_to(PAGE).as_posix(): path
            for path in PAGE.rglob("*")
            if path.is_file() and path.suffix in _TYPES
        }
        self._sockets = 0
        self._listening = asyncio.Semaphore(FILES_AT_ONCE)

    async def page(self, request: Request) -> Response:
        """A file of the page, by its name."""
        path = self._pages.get(request.path_params.get("name", "index.html"))
        if path is None:
            return PlainTextResponse("no such page\n", 404)
        return Response(path.read_bytes(), media_type=_TYPES[path.suffix])

    async def worker(self, request: Request) -> Response:
        """The service worker; it keeps the page as `./` and all of its other files."""
        contents = {f"static/{name}": path.read_bytes() for name, path in self._pages.items()}
        contents["./"] = contents.pop("static/index.html")
        source = contents.pop(f"static/{offline.WORKER}").decode()
        return Response(offline.worker(source, contents), media_type=_TYPES[".js"])

    async def latency(self, request: Request) -> Response:
        """The percentiles of `Engine.latency`."""
        return JSONResponse(self._engine.latency())

    async def export(self, request: Request) -> Response:
        """The WAV of a sound, cropped, at the rate and bits asked for."""
        try:
            export = protocol.export(protocol.json_object(await _body(request)))
            renderings = await self.render([export.sound])
            content = await asyncio.to_thread(exports.wav, export, renderings[0], self._engine.bundle)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        return _attachment(content, f"{export.name}.wav", "audio/wav")

    async def flac(self, request: Request) -> Response:
        """The WAV in the request's body as a FLAC."""
        try:
            content = await asyncio.to_thread(audio.flac_bytes, await _body(request, LARGEST_FILE))
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        return _attachment(content, "sound.flac", "audio/flac")

    async def kit(self, request: Request) -> Response:
        """A zip of a kit for a sampler."""
        try:
            kit = samplers.kit(protocol.json_object(await _body(request)))
            # A pad at a time: more requests than the engine has places would overtake each other.
            renderings = [await self.render(pad.sounds(kit.takes, self._engine.texture)) for pad in kit.pads]
            content = await asyncio.to_thread(samplers.archive, kit, renderings, self._engine.bundle)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        return _attachment(content, "kit.zip", "application/zip")

    async def listen(self, request: Request) -> Response:
        """Keeps the sound file in the request's body; the query may have its `name`, `class` and `fallback`."""
        query = request.query_params
        try:
            known, fallback = (
                checks.class_or_mix(query[name]) if name in query else None for name in ("class", "fallback")
            )
            async with self._listening:
                content = await _body(request, LARGEST_FILE)
                name = query.get("name", "")
                heard = await _on_thread(self._engine.own.listen, content, name, known, fallback)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        except asyncio.CancelledError:
            return PlainTextResponse("the server has ended\n", 503)
        pad, note = recipes.pad_of(heard.comment, self._engine.bundle)
        return JSONResponse(heard.facts() | {"pad": pad, "note": note})

    async def render(self, sounds: list[protocol.Sound]) -> list[Rendering]:
        """Renders every one of the sounds: as a client of its own, each call is safe from newer requests.

        Raises:
            ValueError: one of them cannot be rendered.
        """
        loop, client = asyncio.get_running_loop(), object()
        futures: list[asyncio.Future[Rendering]] = [loop.create_future() for _ in sounds]

        def answer_for(future: asyncio.Future[Rendering]) -> Answer:
            def answer(outcome: Rendering | ValueError) -> None:
                loop.call_soon_threadsafe(resolve, future, outcome)

            return answer

        def resolve(future: asyncio.Future[Rendering], outcome: Rendering | ValueError) -> None:
            if future.done():
                return
            if isinstance(outcome, ValueError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

        try:
            for slot, (sound, future) in enumerate(zip(sounds, futures, strict=True)):
                self._engine.play(client, str(slot), sound, answer_for(future))
            return list(await asyncio.gather(*futures))
        finally:
            self._engine.forget(client)

    async def socket(self, websocket: WebSocket) -> None:
        """A page's WebSocket, until it is closed."""
        if self._sockets >= SOCKETS:
            await websocket.close(1013)
            return
        self._sockets += 1
        if websocket.client is not None:
            self._visitors.add(f"page client: {address_text(*websocket.client)}")
        await websocket.accept()
        session = Session(self._engine, websocket)
        try:
            await session.run()
        except WebSocketDisconnect:
            pass
        finally:
            self._engine.forget(session)
            self._sockets -= 1


async def _on_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a function on a thread of its own, for which the end of the server does not wait."""
    outcome: Future[Any] = Future()

    def work() -> None:
        try:
            outcome.set_result(function(*arguments))
        except BaseException as error:  # raised where it is awaited
            outcome.set_exception(error)

    waiting = asyncio.wrap_future(outcome)
    threading.Thread(target=work, name="listen", daemon=True).start()
    return await waiting


async def _body(request: Request, most: int = LARGEST_BODY) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise ValueError(f"a request may have at most {most} bytes")
        parts.append(part)
    return b"".join(parts)


def _attachment(content: bytes, name: str, media_type: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
