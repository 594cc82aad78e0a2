"""The page, the WebSocket and the files a browser saves, all behind one guard."""

import asyncio
import io
import ipaddress
import time
import zipfile
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from drumjax import __version__, audio, controls
from drumjax.config import CLASSES
from drumjax.server import protocol
from drumjax.server.engine import Engine, Played

PAGE = Path(__file__).parent / "page"
LARGEST_FRAME, LARGEST_BODY = 16_384, 65_536
SOCKETS = 32
"""Pages that may be open at once."""
PATIENCE_SECONDS = 5.0
"""How long a client may leave unread what waits for it."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
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


class Guard:
    """Lets in who speaks to this very address: no page elsewhere, no name that was rebound to it.

    A browser tells where a request comes from (Origin, Sec-Fetch-Site) and whom it believes to speak to (Host).
    """

    def __init__(self, app: Callable[..., Awaitable[None]], host: str, port: int):
        self._app, self._port = app, port
        self._names = {host.lower(), "localhost", "127.0.0.1", "::1"}
        # A numeric address cannot be rebound; who listens beyond this machine is reached under several.
        self._any_address = not _is_loopback(host)

    async def __call__(self, scope, receive, send) -> None:
        refusal = self.refusal(scope)

        async def send_with_headers(message) -> None:
            if message["type"] == "http.response.start":
                extra = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *extra]
            await send(message)

        if refusal is None:
            await self._app(scope, receive, send_with_headers)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse(f"{refusal}\n", 403)(scope, receive, send_with_headers)

    def refusal(self, scope) -> str | None:
        """Why a request is not let in; None where it is."""
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1").lower())
        host = headers.get("host", [])
        if len(host) != 1 or not self._is_ours(host[0]):
            return f"open this page as http://127.0.0.1:{self._port}/"
        if any(origin != f"http://{host[0]}" for origin in headers.get("origin", [])):
            return "this instrument answers its own page only"
        # A link from elsewhere may open the page; nothing else may be asked for from elsewhere.
        opens = scope["type"] == "http" and scope["path"] == "/" and headers.get("sec-fetch-mode") == ["navigate"]
        if any(site not in ("same-origin", "none") for site in headers.get("sec-fetch-site", [])) and not opens:
            return "this instrument answers its own page only"
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", parts.port or 80
        except ValueError:
            return False
        return port == self._port and (name in self._names or (self._any_address and _is_address(name)))


def app(engine: Engine, host: str, port: int) -> Guard:
    """The ASGI application for one address."""
    site = Site(engine)
    routes = [
        Route("/", site.page),
        Route("/static/{name:path}", site.page),
        Route("/export.wav", site.export, methods=["POST"]),
        Route("/kit.zip", site.kit, methods=["POST"]),
        Route("/latency", site.latency),
        WebSocketRoute("/ws", site.socket),
    ]
    return Guard(Starlette(routes=routes), host, port)


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
            content = await asyncio.to_thread(_file, asked, played[0], self._engine.synth.rate)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        return _attachment(content, f"{asked.name}.wav", "audio/wav")

    async def kit(self, request: Request) -> Response:
        try:
            asked = protocol.kit(protocol.loaded(await _body(request)))
            played = await self._played([item.sound for item in asked])
            content = await asyncio.to_thread(_zip, asked, played, self._engine.synth.rate)
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
                    await self._websocket.send_text(self._hello())
                case protocol.Ping(id):
                    await self._websocket.send_text(protocol.text(type="pong", id=id))
                case protocol.Map(drum_class):
                    self._engine.points(self, drum_class, lambda points: self._later(self._on_map, drum_class, points))
                case protocol.Render(id, slot, sound):
                    self._render(id, slot, sound)
        except protocol.Refused as error:
            await self._websocket.send_text(protocol.text(type="error", id=error.id, text=str(error)))

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
            self._put(f"sound {slot}", protocol.sound_frame(id, slot, outcome.ms, rate, outcome.wave))

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
                _, frame = self._ready.popitem(last=False)
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


def _file(asked: protocol.Export, played: Played, rate: int) -> bytes:
    """The WAV of an export: resampled, then cut, so that the cut rings nowhere.

    Raises:
        ValueError: nothing lies within the crop.
    """
    wave = played.wave
    if asked.crop is None:
        wave = np.trim_zeros(wave, "b") if wave.any() else wave
    wave = audio.resample(wave, rate, asked.rate)
    if asked.crop is not None:
        start, end = (round(ms * asked.rate / 1000) for ms in asked.crop)
        wave = wave[start:end]
    if not len(wave):
        raise ValueError("nothing lies within the crop")
    wave = wave * np.float32(asked.gain)
    # A resampled or louder peak may rise above full scale.
    return audio.encoded(wave / max(1.0, float(np.abs(wave).max())), asked.rate, asked.bits)


def _zip(asked: list[protocol.Export], played: list[Played], rate: int) -> bytes:
    content, used = io.BytesIO(), set()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for item, sound in zip(asked, played, strict=True):
            names = [item.name, *(f"{item.name}_{i}" for i in range(2, protocol.KIT + 2))]
            name = next(name for name in names if name not in used)
            used.add(name)
            stamp = zipfile.ZipInfo(f"{name}.wav", time.localtime()[:6])
            stamp.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(stamp, _file(item, sound, rate))
    return content.getvalue()


def _attachment(content: bytes, name: str, media_type: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)
