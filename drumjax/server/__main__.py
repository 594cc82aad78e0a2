"""The command `drumjax serve`."""

import argparse
import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from drumjax import process
from drumjax.commands import Parser, command

if TYPE_CHECKING:
    from drumjax.library.library import Library
    from drumjax.server.engine import Engine

HOST, OSC_PORT, REPLY_PORT, HTTP_PORT = "127.0.0.1", 7771, 7772, 7780
WAITING_BYTES = 2**20
"""Of datagrams that wait to be read: a burst of a thousand messages must fit."""
_ENDS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"expected a port, 0 to 65535; got {text!r}")
    return int(text)


def _host(text: str) -> str:
    name = text.strip().rstrip(".").lower()
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)*|[0-9a-f:]*:[0-9a-f:]*", name):
        raise argparse.ArgumentTypeError(f"expected a name as studio.local, without http:// and port; got {text!r}")
    return name


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {text}")
    return Path(text)


def _path(text: str) -> Path:
    if not Path(text).exists():
        raise argparse.ArgumentTypeError(f"there is no folder and no index {text}")
    return Path(text)


def _parser() -> Parser:
    description = "Serves drum sounds to the page in a browser, and over OSC to Pure Data, Max and Ableton Live."
    parser = Parser(prog="drumjax serve", description=description)
    parser.add_argument("--host", default=HOST, help=f"address to listen on ({HOST}: this machine only)")
    parser.add_argument("--osc-port", type=_port, default=OSC_PORT, help=f"UDP port of OSC ({OSC_PORT}; 0: a free one)")
    reply = f"UDP port that OSC replies go to, besides the sender's own ({REPLY_PORT}; 0: a free one)"
    parser.add_argument("--reply-port", type=_port, default=REPLY_PORT, help=reply)
    page = f"TCP port of the page ({HTTP_PORT}; 0: a free one)"
    parser.add_argument("--http-port", type=_port, default=HTTP_PORT, help=page)
    name = "another name that browsers reach the page under: of this machine, a tunnel or a container (may be repeated)"
    parser.add_argument("--allow-host", type=_host, action="append", default=[], metavar="NAME", help=name)
    samples = "a folder of sound files that OSC clients may play and edit (may be repeated)"
    parser.add_argument("--samples", type=_folder, action="append", default=[], metavar="FOLDER", help=samples)
    library = "your own sounds in the page: a folder, which is scanned first, or an index of drumjax library"
    parser.add_argument("--library", type=_path, metavar="FOLDER|INDEX", help=library)
    parser.add_argument("--bundle", type=Path, help="folder of a trained bundle (the shipped one)")
    return parser


@command("serve")
def main(arguments: list[str]) -> None:
    """Serves until a signal ends it."""
    options = _parser().parse_args(arguments)
    _on_signals(_leave)
    with contextlib.ExitStack() as stack:
        osc = stack.enter_context(_bind(options.host, options.osc_port, socket.SOCK_DGRAM))
        http = stack.enter_context(_bind(options.host, options.http_port, socket.SOCK_STREAM))
        if not options.reply_port:
            with _bind(options.host, 0, socket.SOCK_DGRAM) as free:
                options.reply_port = free.getsockname()[1]

        library = None if options.library is None else _library(options.library)
        # jax takes a second to import: wrong arguments fail before that.
        from drumjax import checkpoint
        from drumjax.kits.recipe import bundle_id
        from drumjax.server.engine import Engine
        from drumjax.synth import Synth

        process.setup_player()
        synth = Synth.load(options.bundle)
        bundle = bundle_id(options.bundle or checkpoint.shipped())
        engine = Engine(synth, options.samples, bundle)
        process.release_memory()
        stack.callback(engine.close)
        ended = asyncio.run(_serve(engine, library, osc, http, options))
        if engine.busy:
            _leave(ended or signal.SIGTERM, None)  # what takes seconds, on threads that cannot be stopped
        if ended == signal.SIGINT:
            raise KeyboardInterrupt


def _on_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in _ENDS:
        signal.signal(number, handler)


def _leave(number: int, _: FrameType | None) -> None:
    """Ends a server that has nothing to clean up yet. In jax's callbacks an exception would be lost, or abort jax."""
    if number == signal.SIGINT:
        print("\nserve: stopped", file=sys.stderr, flush=True)
    os._exit(130 if number == signal.SIGINT else 0)


def _library(path: Path) -> "Library":
    """The library of an index, or of a folder, whose new files are read."""
    from drumjax.library.index import of_folder
    from drumjax.library.library import Library

    library = Library.open(of_folder(path) if path.is_dir() else path)
    if path.is_dir():
        library.scan([path])
    return library


async def _serve(
    engine: "Engine",
    library: "Library | None",
    osc: socket.socket,
    http: socket.socket,
    options: argparse.Namespace,
) -> int | None:
    """Serves until a signal comes, and returns its number."""
    from drumjax.server.udp import Endpoint, Folder
    from drumjax.server.visitors import Visitors
    from drumjax.server.web import Server

    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def note(number: int) -> None:
        if not stopped.done():
            stopped.set_result(number)

    def stop(number: int, _: FrameType | None) -> None:
        loop.call_soon_threadsafe(note, number)

    _on_signals(stop)
    with Folder() as folder:
        visitors = Visitors()
        endpoint = Endpoint(engine, folder, visitors, options.reply_port)
        transport, _ = await loop.create_datagram_endpoint(lambda: endpoint, sock=osc)
        port = http.getsockname()[1]
        server = Server(engine, visitors, options.host, port, options.allow_host, library)
        serving = asyncio.create_task(server.serve([http]))
        ended = asyncio.wrap_future(engine.done)
        host = _public_host(options.host)
        print(f"page: http://{host}:{port}/", flush=True)
        print(f"OSC: udp {host}:{osc.getsockname()[1]}, replies to port {options.reply_port}", flush=True)
        if library is not None:
            print(f"library: {len(library.sounds):,} sounds", flush=True)
        ends: list[asyncio.Future[Any]] = [stopped, ended, serving]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
        transport.close()
        # Before the folder is removed, and within this loop: the engine's last answers need both.
        engine.close()
    _on_signals(signal.SIG_IGN)
    engine.done.result()
    return stopped.result() if stopped.done() else None


def _public_host(host: str) -> str:
    """The host to open in a browser: for a server on all addresses, the address in the local network."""
    if host in ("", "0.0.0.0", "::"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
            # Connecting a datagram socket sends nothing; it only selects a route, and so an address.
            probe.connect(("192.0.2.1", 9))
            host = probe.getsockname()[0]
    return f"[{host}]" if ":" in host else host


def _bind(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    """A socket bound to an address; a TCP socket also listens.

    Raises:
        OSError: one line that names the address.
    """
    name = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
    bound: socket.socket | None = None
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[0]
        bound = socket.socket(family, kind)
        if kind == socket.SOCK_STREAM and sys.platform != "win32":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if kind == socket.SOCK_DGRAM:
            with contextlib.suppress(OSError):  # systems have limits of their own
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WAITING_BYTES)
        bound.bind(address)
        if kind == socket.SOCK_STREAM:
            # A browser that connects while the bundle loads has to wait; a second server fails at once.
            bound.listen()
    except OSError as error:
        if bound is not None:
            bound.close()
        raise OSError(error.errno, f"cannot listen on {name} port {port} of {host}: {error.strerror}") from error
    return bound


if __name__ == "__main__":
    sys.exit(main())
