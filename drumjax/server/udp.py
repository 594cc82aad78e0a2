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
from drumjax.server.engine import Engine, Rendering
from drumjax.server.protocol import Sound
from drumjax.sound import audio

CLIENTS = 256
"""Senders that are kept; the one that was silent longest is dropped first."""
NAMES = 256
"""WAVs that are kept: a client may still be reading the last ones."""


class Folder:
    """A private folder of WAVs under rotating names; leaving the context removes it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="drumjax-"))
        self._next = 0

    def write(self, wave: Float[np.ndarray, " samples"], rate: int) -> Path:
        """Writes a WAV of 24 bits, whole or not at all, over the oldest one.

        Raises:
            OSError: one line: the file cannot be written.
        """
        path = self.path / f"drum{self._next:03d}.wav"
        files.write(path, audio.wav_bytes(wave, rate, 24), lasting=False)
        self._next = (self._next + 1) % NAMES
        return path

    def __enter__(self) -> "Folder":
        return self

    def __exit__(self, *_: Any) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


@dataclass
class _Client:
    """The state of a sender: its reply port, its last sound, its texture seed."""

    reply_port: int
    last: Sound | None = None
    texture: int | None = None


class Endpoint(asyncio.DatagramProtocol):
    """Answers OSC datagrams, at the sender's own port and at its reply port."""

    def __init__(self, engine: Engine, folder: Folder, reply_port: int):
        self._engine, self._folder, self._reply_port = engine, folder, reply_port
        self._clients: OrderedDict[tuple, _Client] = OrderedDict()
        self._seeds = random.Random()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio's own class does not derive from DatagramTransport.
        self._transport = cast(asyncio.DatagramTransport, transport)
        self._own_port = transport.get_extra_info("sockname")[1]
        self._loop = asyncio.get_running_loop()

    def datagram_received(self, data: bytes, address: tuple) -> None:
        for event in osc.decode(data):
            self._handle(event, address, self._client(address))

    def error_received(self, error: Exception) -> None:
        """Ignores that a reply reached a closed port: the client has gone."""

    def _client(self, address: tuple) -> _Client:
        client = self._clients.setdefault(address, _Client(self._reply_port))
        self._clients.move_to_end(address)
        if len(self._clients) > CLIENTS:
            oldest, _ = self._clients.popitem(last=False)
            self._engine.forget(oldest)
        return client

    def _handle(self, event: osc.Event, address: tuple, client: _Client) -> None:
        match event:
            case osc.Hello(port):
                client.reply_port = port or client.reply_port
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
                self._reply(address, client, "/drum/error", "this bundle has no texture", osc.NO_ID)
            case osc.Invalid(text, id):
                self._reply(address, client, "/drum/error", text, id)
            case osc.Generate(sound, id):
                client.last = replace(sound, texture=client.texture)
                self._play(address, client, client.last, id)
            case osc.Sample(drum_class, seed, id):
                seed = self._seeds.randrange(SEEDS) if seed is None else seed
                client.last = Sound(drum_class, seed=seed, texture=client.texture)
                self._play(address, client, client.last, id)
            case osc.Variation(amount, id) if client.last is not None:
                vary = *client.last.vary, (amount, self._seeds.randrange(SEEDS))
                self._play(address, client, replace(client.last, vary=vary, texture=client.texture), id)
            case osc.Variation(_, id):
                self._reply(address, client, "/drum/error", "no sound to vary yet: send /drum/generate first", id)

    def _play(self, address: tuple, client: _Client, sound: Sound, id: int) -> None:
        base = client.last

        def answer(outcome: Rendering | ValueError) -> None:
            # On the engine's thread, so that the next render waits for this file and none piles up.
            reply: tuple[Any, ...]
            try:
                if isinstance(outcome, ValueError):
                    raise outcome
                path = self._folder.write(outcome.wave, self._engine.synth.rate).as_posix()
                reply = "/drum/file", path, id, 1000 * (time.perf_counter() - outcome.arrived)
            except (ValueError, OSError) as error:
                reply = "/drum/error", error.strerror if isinstance(error, OSError) else str(error), id
            self._loop.call_soon_threadsafe(finish, outcome, reply)

        def finish(outcome: Rendering | ValueError, reply: tuple[Any, ...]) -> None:
            # The next variation starts from this one, unless the client has requested another sound since.
            if sound.vary and isinstance(outcome, Rendering) and client.last is base:
                client.last = Sound(sound.drum_class, around=outcome.z)
            self._reply(address, client, *reply)

        try:
            self._engine.play(address, "", sound, answer)
        except ValueError as error:
            self._reply(address, client, "/drum/error", str(error), id)

    def _reply(self, to: tuple, client: _Client, address: str, *values: int | float | str) -> None:
        if self._transport.is_closing():
            return
        reply = osc.encode(address, *values)
        for port in {to[1], client.reply_port} - {self._own_port, 0}:
            self._transport.sendto(reply, (to[0], port, *to[2:]))
