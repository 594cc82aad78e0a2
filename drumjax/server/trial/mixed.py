"""Requests of every kind over OSC, the WebSocket and HTTP, right and wrong ones. Each of them must be answered."""

import contextlib
import copy
import http.client
import json
import random
import socket
from collections import Counter
from typing import Any
from urllib.parse import quote

from websockets.sync.client import ClientConnection

from drumjax.config import CLASSES
from drumjax.kits.formats import FORMATS
from drumjax.library.features import PROPERTIES
from drumjax.library.library import AXES
from drumjax.server import osc
from drumjax.server.protocol import KIT_SEEDS
from drumjax.server.trial import strokes
from drumjax.server.trial.harness import LONGEST, Client, Server, header

UPLOADS = 22
"""Sound files that are posted again and again."""
BATCH = 16
"""Requests that are sent before their answers are read."""
_ODD_JSON: tuple[Any, ...] = (
    *(None, True, -1, 1.5, 10**400, 2**31, 2**53, [], [[]], {}),
    *("", "x" * 300, "\ud800", "kick:1e400", "0" * 16),
)
_ODD_OSC: tuple[Any, ...] = (
    *(-1, 1.5, float("nan"), float("inf"), 1e30, 2**31 - 1),
    *("", "x" * 300, "\u4e16", "a\0b", "../../etc/passwd"),
)
Outcomes = Counter[str]
"""How many requests had each outcome: done, refused, unanswered, failed."""


class Mixed:
    """Random requests of every kind for a stocked server.

    Args:
        seed: of the requests.
        files: names of the server's sound files.
        wrong: share of the requests in which one value is replaced, and of the files that are damaged.
        texture: whether the bundle's sounds have takes.

    Attributes:
        lost: requests that were not answered, or not as they should be; refusals too where nothing is wrong.
    """

    def __init__(self, seed: int, files: list[str], wrong: float = 0.0, texture: bool = True):
        self._rng, self._files, self._wrong, self._texture = random.Random(seed), files, wrong, texture
        self._wavs = [strokes.stroke(1000 + at) for at in range(UPLOADS)]
        self._keys: list[str] = []
        self._rows: list[int] = []
        self._id = 0
        self.lost: list[str] = []

    def over_osc(self, client: Client, count: int) -> Outcomes:
        """Outcomes of messages."""
        outcomes: Outcomes = Counter()
        while count > 0:
            datagrams = [self._datagram() for _ in range(min(BATCH, count))]
            count -= len(datagrams)
            wanted = sum(_answers(datagram) for datagram in datagrams)
            for datagram in datagrams:
                client.send_bytes(datagram)
            with contextlib.suppress(TimeoutError):
                for _ in range(wanted):
                    reply = client.receive()
                    refused = reply[0] == "/drum/error" and reply[1] != "overtaken"
                    outcomes["refused" if refused else "done"] += 1
                    wanted -= 1
                    if refused and not self._wrong:
                        self.lost.append(str(reply))
            outcomes["unanswered"] += wanted
        return outcomes

    def over_websocket(self, page: ClientConnection, count: int) -> Outcomes:
        """Outcomes of frames."""
        outcomes: Outcomes = Counter()
        while count > 0:
            waiting = {}
            for message in [self._message() for _ in range(min(BATCH, count))]:
                waiting[json.dumps(self._spoilt(message, ("id",)))] = _answered_by(message)
            count -= len(waiting)
            for text in waiting:
                page.send(text)
            with contextlib.suppress(TimeoutError):
                while waiting:
                    kind, marks = _marks(page.recv(LONGEST))
                    answered = [text for text, wanted in waiting.items() if wanted & marks]
                    outcomes[kind] += len(answered)
                    for text in answered:
                        del waiting[text]
            outcomes["unanswered"] += len(waiting)
            self.lost += waiting
        return outcomes

    def over_http(self, server: Server, count: int) -> Outcomes:
        """Outcomes of requests for files, of posted sounds and of the library's requests."""
        outcomes: Outcomes = Counter()
        connection = http.client.HTTPConnection("127.0.0.1", server.http, timeout=3 * LONGEST)
        for _ in range(count):
            if self._rng.random() < self._wrong / 8:
                _leave(server, self._file())
            method, path, body = self._request()
            try:
                connection.request(method, path, body)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                outcomes["unanswered"] += 1
                self.lost.append(f"{path} {body!r:.300}")
                connection.close()
                continue
            kinds = {200: "done", 400: "refused", 404: "refused"}
            outcomes[kinds.get(answer.status, "failed")] += 1
            if answer.status not in kinds or (answer.status != 200 and not self._wrong):
                self.lost.append(f"{answer.status} {path} {body!r:.300} {content!r:.200}")
            if answer.status == 200:
                self._learn(path, content)
        connection.close()
        return outcomes

    def _learn(self, path: str, content: bytes) -> None:
        """Notes the keys and rows of an answer for later requests."""
        if path.startswith("/listen"):
            self._keys = [*{*self._keys, json.loads(content)["key"]}][-UPLOADS:]
        if path == "/library/find":
            self._rows = [hit["id"] for hit in json.loads(content)["sounds"]] or self._rows

    def _class(self) -> str:
        rng = self._rng
        return rng.choice(CLASSES) if rng.random() < 0.8 else "kick:0.7,snare:0.3"

    def _sound(self, alone: bool = False) -> dict[str, Any]:
        rng = self._rng
        sound: dict[str, Any] = {"class": self._class()}
        if rng.random() < 0.7:
            sound["knobs"] = [round(rng.uniform(-3, 3), 2) for _ in range(3)]
        if self._keys and rng.random() < 0.4:
            sound |= {"own": rng.choice(self._keys)} | ({"take": rng.randrange(9)} if rng.random() < 0.5 else {})
        elif rng.random() < 0.6:
            sound |= {rng.choice(("seed", "dot")): rng.randrange(3)}
        if self._texture and rng.random() < 0.2:
            sound["texture"] = rng.randrange(9)
        if rng.random() < 0.3:
            sound["vary"] = [[0.3, rng.randrange(99)] for _ in range(rng.randrange(1, 4))]
        if not alone and rng.random() < 0.3:
            sound |= {"other": self._sound(alone=True), "t": rng.random()}
        return sound

    def _spoilt(self, data: Any, kept: tuple[str, ...] = ()) -> Any:
        """The data, or with the share `wrong` a copy in which a value that is not among `kept` is replaced."""
        if self._rng.random() >= self._wrong:
            return data
        data = copy.deepcopy(data)
        places = [(part, key) for part in _parts(data) for key in _keys(part) if key not in kept]
        part, key = self._rng.choice(places)
        if isinstance(part, dict) and self._rng.random() < 0.2:
            part[self._rng.choice(("sound", "x" * 99, "own"))] = part.pop(key)
        else:
            part[key] = self._rng.choice(_ODD_JSON)
        return data

    def _datagram(self) -> bytes:
        rng, id = self._rng, self._id
        self._id += 1
        file, knobs = rng.choice(self._files), [rng.uniform(-3, 3) for _ in range(3)]
        messages: tuple[tuple[Any, ...], ...] = (
            ("/drum/generate", *knobs, self._class(), id, rng.choice((rng.randrange(99), file)), 0.2, 5),
            ("/drum/sample", self._class(), rng.randrange(99), id),
            ("/drum/listen", file, rng.choice(CLASSES), id),
            ("/drum/takes", file, rng.randrange(1, 4), id, rng.randrange(99)),
            ("/drum/morph", file, rng.choice(self._files), rng.random(), id),
            ("/drum/generate", *knobs, self._class(), id),
            ("/drum/variation", 0.3, id),
            ("/drum/knobs", rng.choice(CLASSES)),
            ("/drum/classes",),
            ("/drum/ping", id),
        )
        address, *values = rng.choice(messages)
        if values and rng.random() < self._wrong:
            values[rng.randrange(len(values))] = rng.choice(_ODD_OSC)
        return osc.encode(address, *values)

    def _message(self) -> dict[str, Any]:
        rng, id = self._rng, self._id
        self._id += 1
        kind = rng.randrange(10)
        if kind == 0:
            return {"type": "map", "class": rng.choice(CLASSES), "id": id}
        if kind == 1:
            return {"type": "kit", "seed": rng.randrange(KIT_SEEDS), "id": id}
        if kind == 2:
            return {"type": "seeds", "class": rng.choice(CLASSES), "seed": rng.randrange(KIT_SEEDS), "id": id}
        if kind == 3:
            return {"type": rng.choice(("hello", "ping")), "id": id}
        place = {} if rng.random() < 0.2 else {"slot": f"pad{rng.randrange(4 * BATCH)}"}
        return {"type": "render", "id": id, "sound": self._sound(), **place}

    def _request(self) -> tuple[str, str, bytes | None]:
        rng = self._rng
        row = rng.choice(self._rows) if self._rows and rng.random() > self._wrong else rng.choice((-1, 0, 10**30))
        reads = "/library", f"/library/sound/{row}", f"/library/sound/{row}.wav", "/latency", "/sw.js"
        kind = rng.randrange(10)
        if kind == 0 and self._rows:
            return "GET", rng.choice(reads), None
        if kind < 4:
            return self._upload()
        if kind == 4:
            return "POST", "/export.flac", self._file()
        path, body = rng.choice((self._export, self._kit, self._find, self._like, self._gap))()
        return "POST", path, json.dumps(self._spoilt(body)).encode()

    def _file(self) -> bytes:
        wav = self._rng.choice(self._wavs)
        return strokes.damaged(self._rng, wav) if self._rng.random() < self._wrong else wav

    def _upload(self) -> tuple[str, str, bytes]:
        query = {"name": "snare x.wav", "class": self._class(), "fallback": "tom"}
        if self._rng.random() < 0.1:  # its class is guessed
            query = {"name": "x.wav", "fallback": "tom"}
        spoilt = self._spoilt(query)
        text = "&".join(f"{name}={quote(str(value), errors='replace')}" for name, value in spoilt.items())
        return "POST", f"/listen?{text}", self._file()

    def _export(self) -> tuple[str, dict[str, Any]]:
        crop = self._rng.choice((None, [0, 50]))
        return "/export.wav", {"sound": self._sound(), "crop": crop, "rate": 44_100, "bits": 16, "gain": 0.5}

    def _kit(self) -> tuple[str, dict[str, Any]]:
        shape = {"name": "a b", "pan": 0.5, "pitch": -3, "decay": 0.5, "fade": 20}
        sounds = [{"sound": self._sound(), "key": 36 + at, **shape} for at in range(self._rng.randrange(1, 3))]
        return "/kit.zip", {"format": self._rng.choice(list(FORMATS)), "name": "my kit", "takes": 2, "sounds": sounds}

    def _find(self) -> tuple[str, dict[str, Any]]:
        name = self._rng.choice(PROPERTIES)
        return "/library/find", {"class": "snare", "text": "wav", "ranges": {name: [-1e9, 1e9]}, "sort": name}

    def _like(self) -> tuple[str, dict[str, Any]]:
        base = (
            {"id": self._rng.choice(self._rows)}
            if self._rows and self._rng.random() < 0.5
            else {"sound": self._sound()}
        )
        return "/library/like", base | {"steps": {self._rng.choice(list(AXES)): 1}, "class": None}

    def _gap(self) -> tuple[str, dict[str, Any]]:
        path = self._rng.choice(("/library/map", "/library/spot"))
        return path, {"class": None, "x": self._rng.random(), "y": self._rng.random()}


def _leave(server: Server, content: bytes) -> None:
    """Begins to send a file, and leaves."""
    head = f"POST /listen HTTP/1.1\r\nHost: 127.0.0.1:{server.http}\r\nContent-Length: {len(content) + 99}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.http)) as connection:
        connection.sendall(head.encode() + content)


def _parts(data: Any) -> list[Any]:
    """The objects and the lists in the data, at any depth, that are not empty."""
    if not isinstance(data, dict | list) or not data:
        return []
    values = data.values() if isinstance(data, dict) else data
    return [data, *(part for value in values for part in _parts(value))]


def _keys(part: dict[str, Any] | list[Any]) -> list[Any]:
    return list(part) if isinstance(part, dict) else list(range(len(part)))


def _answers(datagram: bytes) -> int:
    """How many replies a datagram wants: a request for takes one for each."""
    return sum(len(event.sounds) if isinstance(event, osc.Takes) else 1 for event in osc.decode(datagram))


def _answered_by(message: dict[str, Any]) -> set[tuple[Any, Any]]:
    """What marks the answers to a message: its id, or what an answer without an id repeats."""
    marks = {("id", message["id"])}
    return marks if message["type"] in ("render", "ping") else {*marks, (message.get("class"), message.get("seed"))}


def _marks(frame: str | bytes) -> tuple[str, set[tuple[Any, Any]]]:
    """The outcome that a reply means, and what marks it."""
    reply = header(frame) if isinstance(frame, bytes) else json.loads(frame)
    mark = ("id", reply["id"]) if "id" in reply else (reply.get("class"), reply.get("seed"))
    return "refused" if reply["type"] == "error" else "done", {mark}
