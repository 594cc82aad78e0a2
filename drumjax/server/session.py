"""One open WebSocket: the requests of a page and the replies to it."""

import asyncio
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
        # Replies that wait for the client to read, and what is sent instead of one that a newer reply overtakes: the
        # newest sound of each place, so that a slow client stays bounded.
        self._ready: OrderedDict[Hashable, tuple[bytes | str, str | None]] = OrderedDict()
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
                    self._engine.kit(self, seed, self._drawn("kit", seed=seed))
                case protocol.Seeds(drum_class, first):
                    request = {"class": drum_class, "seed": first // protocol.SEEDS_EACH}
                    self._engine.seeds(self, drum_class, first, self._drawn("seeds", **request))
                case protocol.Render() as request:
                    self._render(request)
            while self._overtaken:
                await self._send(self._overtaken.pop())
        except protocol.RequestError as error:
            await self._send(protocol.json_text(type="error", id=error.id, text=str(error)))

    def _drawn(self, type: str, **request: Any) -> Callable[[Any], None]:
        """Answers a request for what is drawn: with it, or that a newer request overtook it."""

        def answer(outcome: Any) -> None:
            if isinstance(outcome, Overtaken):
                # Called while the newer one is handled, on this thread.
                self._overtaken.append(_overtaken(**request))
            else:
                self._later(self._on_drawn, type, request, outcome)

        return answer

    def _render(self, request: protocol.Render) -> None:
        waits = place(request.sound, request.id) if request.slot is None else request.slot

        def answer(outcome: Rendering | ValueError) -> None:
            if isinstance(outcome, Overtaken):
                # Called within `play`, on this thread.
                self._overtaken.append(_overtaken(id=request.id, slot=request.slot))
            else:
                self._later(self._on_sound, waits, request, outcome)

        try:
            self._engine.play(self, waits, request.sound, answer)
        except ValueError as error:
            raise protocol.RequestError(str(error), request.id) from None

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
            self._put(("sound", place), frame, _overtaken(id=id, slot=slot))

    def _on_map(self, drum_class: str, points: Float[np.ndarray, "sounds 3"]) -> None:
        coordinates = np.asarray(points, np.float64).round(3).tolist()
        self._put(("map", drum_class), protocol.json_text(type="map", **{"class": drum_class}, points=coordinates))

    def _on_drawn(self, type: str, request: dict[str, Any], seeds: dict[str, int] | list[int]) -> None:
        frame = protocol.json_text(type=type, **request, seeds=seeds)
        self._put((type, request.get("class")), frame, _overtaken(**request))

    def _put(self, key: Hashable, frame: bytes | str, overtaken: str | None = None) -> None:
        _, unread = self._ready.get(key, (frame, None))
        if unread is not None:
            self._put(object(), unread)
        self._ready[key] = frame, overtaken
        self._wake.set()

    async def _send_ready(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._ready:
                _, (frame, _) = self._ready.popitem(last=False)
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


def _overtaken(**request: Any) -> str:
    return protocol.json_text(type="overtaken", **request)
