"""The user's library behind the page's Library tab. Files are named by their row in the index, never by a path."""

import asyncio
import mimetypes
import tempfile
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from drumjax.library import spots
from drumjax.library.features import PROPERTIES
from drumjax.library.library import AXES, Hit, Library
from drumjax.server import checks, protocol, sound
from drumjax.server.rendering import Rendering
from drumjax.sound import audio
from drumjax.synth import Synth

HITS, DOTS = 100, 4000
"""Sounds of a list and of a map at most."""
PREVIEW_SECONDS = 5.0
"""Of a file that the page plays under the mouse."""
LETTERS, STEPS = 200, 9
"""Of a search text, and steps in one direction at most."""

Render = Callable[[list[sound.Sound]], Awaitable[list[Rendering]]]
"""Renders recipes."""


class LibraryTab:
    """The handlers of `/library`.

    Args:
        library: the user's; None: the server was started without one.
        synth: plays the gaps of the map.
        render: renders a pad's sound, to find sounds like it.
        body: reads the body of a request.
    """

    def __init__(
        self,
        library: Library | None,
        synth: Synth,
        render: Render,
        body: Callable[[Request], Awaitable[bytes]],
    ):
        self._library, self._synth, self._render, self._body = library, synth, render, body
        self._layout = threading.Lock()  # a map is laid out once, and gaps are decoded one by one

    def routes(self) -> list[Route]:
        """The routes of the handlers."""
        posts = {"find": self._find, "like": self._like, "map": self._map, "spot": self._spot}
        return [
            Route("/library", self._count),
            *(Route(f"/library/{name}", self._posted(answer), methods=["POST"]) for name, answer in posts.items()),
            Route("/library/sound/{row:int}.wav", self._preview),
            Route("/library/sound/{row:int}", self._file),
        ]

    async def _count(self, request: Request) -> Response:
        sounds = None if self._library is None else await asyncio.to_thread(lambda: len(self._open().sounds))
        return JSONResponse({"sounds": sounds})

    def _posted(
        self, answer: Callable[[Library, dict[str, Any]], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def handler(request: Request) -> Response:
            try:
                return await answer(self._open(), protocol.json_object(await self._body(request)))
            except (ValueError, OSError) as error:
                return PlainTextResponse(f"{error}\n", 400)

        return handler

    def _open(self) -> Library:
        if self._library is None:
            raise ValueError("start the server with --library to search your sounds")
        return self._library

    async def _find(self, library: Library, data: dict[str, Any]) -> Response:
        text, ranges, sort = data.get("text", ""), data.get("ranges", {}), data.get("sort")
        if not isinstance(text, str) or len(text) > LETTERS:
            raise ValueError(f"text must be a text of at most {LETTERS} letters; got {checks.excerpt(text)}")
        if not isinstance(ranges, dict) or not set(ranges) <= set(PROPERTIES):
            raise ValueError(f"ranges are those of {', '.join(PROPERTIES)}; got {checks.excerpt(ranges)}")
        if not all(isinstance(ends, list) and len(ends) == 2 for ends in ranges.values()):
            raise ValueError(f"a range is [least, most]; got {checks.excerpt(ranges)}")
        if sort is not None and sort not in PROPERTIES:
            raise ValueError(f"sort must be one of {', '.join(PROPERTIES)}; got {checks.excerpt(sort)}")
        limits = {
            name: (checks.number(name, ends[0], -1e9, 1e9), checks.number(name, ends[1], -1e9, 1e9))
            for name, ends in ranges.items()
        }
        hits = await asyncio.to_thread(library.find, _class(data), text, limits, sort, HITS)
        return self._listed(library, hits)

    async def _like(self, library: Library, data: dict[str, Any]) -> Response:
        steps, drum_class = data.get("steps", {}), _class(data)
        if not isinstance(steps, dict) or not set(steps) <= set(AXES):
            raise ValueError(f"steps are those of {', '.join(AXES)}; got {checks.excerpt(steps)}")
        counts = {name: checks.integer(name, count, 0, STEPS) for name, count in steps.items()}
        if "id" in data:
            path = self._path(checks.integer("id", data["id"]))
            return self._listed(library, await asyncio.to_thread(library.like, path, HITS, counts, drum_class))
        rendering = (await self._render([sound.from_json(data.get("sound"))]))[0]

        def search() -> list[Hit]:
            with tempfile.TemporaryDirectory(prefix="drumjax-like-") as folder:
                path = Path(folder) / "pad.wav"
                audio.write(path, rendering.wave, rendering.rate, 24)
                return library.like(path, HITS, counts, drum_class)

        return self._listed(library, await asyncio.to_thread(search))

    async def _map(self, library: Library, data: dict[str, Any]) -> Response:
        drum_class = _class(data)

        def dots() -> list[list[float]]:
            with self._layout:
                drawn = library.map(drum_class)
            rows = _rows(library)
            shown = np.linspace(0, len(drawn.paths) - 1, min(len(drawn.paths), DOTS)).round().astype(int)
            return [
                [
                    rows[drawn.paths[i]],
                    *drawn.places[i].astype(float).round(4).tolist(),
                    round(float(drawn.values[i]), 2),
                ]
                for i in shown
                if drawn.paths[i] in rows
            ]

        return JSONResponse({"points": await asyncio.to_thread(dots)})

    async def _spot(self, library: Library, data: dict[str, Any]) -> Response:
        """The sound of a gap of the map, as a WAV; a header names the sounds around it."""
        x, y = (checks.number(name, data.get(name), 0.0, 1.0) for name in ("x", "y"))
        drum_class = _class(data)

        def played() -> tuple[bytes, list[Hit]]:
            with self._layout:
                near = library.between((x, y), drum_class)
                wave = spots.play(library, self._synth, near)
            return audio.wav_bytes(np.trim_zeros(wave, "b"), self._synth.rate, 24), [hit for hit, _ in near]

        content, hits = await asyncio.to_thread(played)
        names = ",".join(quote(Path(hit.path).name) for hit in hits)
        return Response(content, media_type="audio/wav", headers={"Drumjax-Near": names})

    async def _file(self, request: Request) -> Response:
        try:
            path = Path(await asyncio.to_thread(self._path, request.path_params["row"]))
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 404)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return FileResponse(path, media_type=kind, filename=path.name)

    async def _preview(self, request: Request) -> Response:
        def wav() -> tuple[bytes, str]:
            path = self._path(request.path_params["row"])
            wave, rate = audio.read(path, PREVIEW_SECONDS)
            return audio.wav_bytes(wave[:, :2], rate), _text(Path(path).name)

        try:
            content, name = await asyncio.to_thread(wav)
            return Response(content, media_type="audio/wav", headers={"Drumjax-Name": quote(name)})
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 404)

    def _path(self, row: int) -> str:
        """The file of a row of the index."""
        sounds = self._open().sounds
        found = np.flatnonzero(sounds.ids == row)
        if not len(found) or not Path(sounds.paths[found[0]]).is_file():
            raise ValueError("this sound is no longer in the library, or its file is gone")
        return sounds.paths[found[0]]

    def _listed(self, library: Library, hits: list[Hit]) -> Response:
        rows = _rows(library)
        return JSONResponse({"sounds": [_facts(hit, rows[hit.path]) for hit in hits if hit.path in rows]})


def _rows(library: Library) -> dict[str, int]:
    return dict(zip(library.sounds.paths, library.sounds.ids.tolist(), strict=True))


def _class(data: dict[str, Any]) -> str | None:
    return None if data.get("class") is None else checks.drum_class(data["class"])


def _facts(hit: Hit, row: int) -> dict[str, Any]:
    path = Path(hit.path)
    return {
        "id": row,
        "name": _text(path.name),
        "folder": _text(path.parent.name),
        "class": hit.drum_class,
        "seconds": round(hit.properties["seconds"], 3),
    }


def _text(name: str) -> str:
    """A name that JSON can hold, whatever bytes it has on disk."""
    return name.encode("utf8", "replace").decode()
