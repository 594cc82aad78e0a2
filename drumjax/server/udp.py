"""OSC over UDP: a datagram endpoint in front of the engine, and the folder of WAVs for its clients."""

import asyncio
import random
import shutil
import tempfile
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from jaxtyping import Float

from drumjax import __version__, files
from drumjax.config import CLASSES
from drumjax.server import osc
from drumjax.server.checks import SEEDS
from drumjax.server.engine import Engine
from drumjax.server.rendering import Rendering
from drumjax.server.sound import Sound, place
from drumjax.server.visitors import Visitors, address_text
from drumjax.sound import audio

CLIENTS = 256
"""Senders that are kept, and announced ports; the oldest are dropped first."""
NAMES = 256
"""WAVs that are kept: a client may still be reading the last ones."""


class Folder:
    """A private folder of WAVs under rotating names; leaving the context removes it.

    Where something else removed it, as cleaners of temporary files do, the next WAV gets a new one.
    """

    def __init__(self) -> None:
        self.path = self._made()
        self._next = 0

    def write(self, wave: Float[np.ndarray, "samples ..."], rate: int) -> Path:
        """Writes a WAV of 24 bits, whole or not at all, over the oldest one.

        Raises:
            OSError: one line: the file cannot be written.
        """
        name, content = f"drum{self._next:03d}.wav", audio.wav_bytes(wave, rate, 24)
        self._next = (self._next + 1) % NAMES
        try:
            files.write(self.path / name, content, lasting=False)
        except FileNotFoundError:
            # Not under the old name, which another user may have taken meanwhile.
            self.path = self._made()
            files.write(self.path / name, content, lasting=False)
        return self.path / name

    @staticmethod
    def _made() -> Path:
        try:
            return Path(tempfile.mkdtemp(prefix="drumjax-"))
        except OSError as error:
            raise files.unwritable(tempfile.gettempdir(), error) from error

    def __enter__(self) -> "Folder":
        return self

    def __exit__(self, *_: Any) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


@dataclass(eq=False)
class _Client:
    """The state of a client, which is one of the engine's.

    Attributes:
        reply_port: port for its replies; None: it said no hello.
        asks: whether the sender of its hello has sent anything else.
        last: its last sound.
        texture: its texture seed.
    """

    reply_port: int | None = None
    asks: bool = False
    last: Sound | None = None
    texture: int | None = None


class Endpoint(asyncio.DatagramProtocol):
    """Answers OSC datagrams, at the sender's own port and at its reply port.

    The source port of some programs changes with every message. So a port that a hello announces holds for all senders
    of its host that say no hello, and a new sender's first datagram counts as sent by the client of that port. The port
    no longer holds for others once the sender of the hello requests something itself: that is a program whose source
    port stays, and it must not get the replies to others.
    """

    def __init__(self, engine: Engine, folder: Folder, visitors: Visitors, reply_port: int):
        self._engine, self._folder, self._visitors, self._reply_port = engine, folder, visitors, reply_port
        self._clients: OrderedDict[tuple, _Client] = OrderedDict()
        # The clients of ports that hold for a host: (host, port), the newest last.
        self._announced: OrderedDict[tuple[str, int | None], _Client] = OrderedDict()
        self._seeds = random.Random()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio's own class does not derive from DatagramTransport.
        self._transport = cast(asyncio.DatagramTransport, transport)
        self._own_port = transport.get_extra_info("sockname")[1]
        self._loop = asyncio.get_running_loop()

    def datagram_received(self, data: bytes, address: tuple) -> None:
        events = osc.decode(data)
        if not events:
            return
        hello = next((event for event in events if isinstance(event, osc.Hello)), None)
        client = self._client(address, hello)
        if any(not isinstance(event, osc.Hello) for event in events):
            self._note_request(address, client)
        for event in events:
            self._handle(event, address, client)
        if address not in self._clients:
            # From its second datagram on, a sender whose source port stays is a client of its own.
            _keep(self._clients, address, replace(client, reply_port=None))
        own_port = client.reply_port not in (None, self._reply_port)
        sender = f"{address[0]}, replies to port {client.reply_port}" if own_port else address_text(*address[:2])
        self._visitors.add(f"OSC client: {sender}")

    def error_received(self, error: Exception) -> None:
        """Ignores that a reply reached a closed port: the client has gone."""

    def _client(self, address: tuple, hello: osc.Hello | None) -> _Client:
        """The client that sent a datagram, which holds a hello or not."""
        host, client = address[0], self._clients.get(address)
        if client is None and hello is None and (announced := self._newest(host)) is not None:
            return announced
        client = client or (hello and self._announced.get((host, hello.reply_port))) or _Client()
        _keep(self._clients, address, client)
        if hello is not None:
            client.reply_port = hello.reply_port or client.reply_port or self._reply_port
            if hello.reply_port and not client.asks:
                _keep(self._announced, (host, hello.reply_port), client)
        return client

    def _note_request(self, address: tuple, client: _Client) -> None:
        """Notes that a sender requests something: a port that it announced is for itself."""
        if address in self._clients:
            client.asks = True
            if self._announced.get((address[0], client.reply_port)) is client:
                del self._announced[address[0], client.reply_port]

    def _newest(self, host: str) -> _Client | None:
        """The client of the port that was announced last for a host."""
        return next((client for (known, _), client in reversed(self._announced.items()) if known == host), None)

    def _handle(self, event: osc.Event, address: tuple, client: _Client) -> None:
        match event:
            case osc.Hello():
                self._reply(address, client, "/drum/hello", "drumjax", __version__)
            case osc.Classes():
                self._reply(address, client, "/drum/classes", *CLASSES)
            case osc.Knobs(drum_class):
                names = self._engine.knobs[drum_class]
                self._reply(address, client, "/drum/knobs", CLASSES.index(drum_class), *names)
            case osc.Ping(id):
                self._reply(address, client, "/drum/pong", id)
            case osc.Texture(seed) if self._engine.texture:
                client.texture = seed
                self._reply(address, client, "/drum/texture", seed)
            case osc.Texture():
                self._refuse(address, client, "this bundle has no texture", osc.NO_ID)
            case osc.Invalid(text, id):
                self._refuse(address, client, text, id)
            case osc.Generate(sound, id):
                client.last = replace(sound, texture=client.texture)
                self._play(address, client, client.last, id)
            case osc.Takes(sounds, id):
                client.last = replace(sounds[0], take=None, texture=client.texture)
                for sound in sounds:
                    self._play(address, client, sound, id)
            case osc.Sample(drum_class, seed, id):
                seed = self._seeds.randrange(SEEDS) if seed is None else seed
                client.last = Sound(drum_class, seed=seed, texture=client.texture)
                self._play(address, client, client.last, id)
            case osc.Variation(amount, id) if client.last is not None:
                vary = *client.last.vary, (amount, self._seeds.randrange(SEEDS))
                self._play(address, client, replace(client.last, vary=vary, texture=client.texture), id)
            case osc.Variation(_, id):
                self._refuse(address, client, "no sound to vary yet: send /drum/generate first", id)

    def _play(self, address: tuple, client: _Client, sound: Sound, id: int) -> None:
        base = client.last

        def answer(outcome: Rendering | ValueError) -> None:
            # On the engine's thread, so that the next render waits for this file and none piles up.
            try:
                if isinstance(outcome, ValueError):
                    raise outcome
                path = self._folder.write(outcome.wave, outcome.rate).as_posix()
                reply = "/drum/file", path, id, 1000 * (time.perf_counter() - outcome.arrived)
                self._loop.call_soon_threadsafe(finish, outcome, reply)
            except (ValueError, OSError) as error:
                self._loop.call_soon_threadsafe(self._refuse, address, client, error, id)

        def finish(rendering: Rendering, reply: tuple[Any, ...]) -> None:
            # The next variation starts from this one, unless the client has requested another sound since.
            if sound.vary and client.last is base:
                client.last = Sound(sound.drum_class, around=rendering.z, own=sound.own)
            self._reply(address, client, *reply)

        try:
            self._engine.play(client, place(sound, id), sound, answer)
        except ValueError as error:
            self._refuse(address, client, error, id)

    def _refuse(self, to: tuple, client: _Client, error: Exception | str, id: int) -> None:
        """Answers with an error of one line."""
        text = str((isinstance(error, OSError) and error.strerror) or error)
        self._reply(to, client, "/drum/error", " ".join(text.split()), id)

    def _reply(self, to: tuple, client: _Client, address: str, *values: int | float | str) -> None:
        if self._transport.is_closing():
            return
        reply = osc.encode(address, *values)
        announced = client if client.reply_port else self._newest(to[0])
        ports = {to[1], self._reply_port if announced is None else announced.reply_port}
        for port in ports - {self._own_port, 0, None}:
            self._transport.sendto(reply, (to[0], port, *to[2:]))


def _keep(clients: OrderedDict[Any, _Client], key: Any, client: _Client) -> None:
    """Makes this client the newest one, and drops the oldest where there are too many."""
    clients[key] = client
    clients.move_to_end(key)
    if len(clients) > CLIENTS:
        clients.popitem(last=False)
