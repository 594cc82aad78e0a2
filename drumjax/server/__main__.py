"""The server: python -m drumjax.server"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

from drumjax.commands import Parser, command

HOST, OSC_PORT, REPLY_PORT, HTTP_PORT = "127.0.0.1", 7771, 7772, 7780
_ENDS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise ValueError
    return value


_port.__name__ = "port"


def _parser() -> Parser:
    parser = Parser(prog="drumjax.server", description="Plays drums for a browser, Pure Data and Ableton Live.")
    parser.add_argument("--host", default=HOST, help=f"address to listen on ({HOST}: this machine only)")
    parser.add_argument("--osc-port", type=_port, default=OSC_PORT, help=f"UDP port of OSC ({OSC_PORT}; 0: a free one)")
    reply = f"UDP port where OSC clients hear replies ({REPLY_PORT}; 0: a free one)"
    parser.add_argument("--reply-port", type=_port, default=REPLY_PORT, help=reply)
    page = f"TCP port of the page ({HTTP_PORT}; 0: a free one)"
    parser.add_argument("--http-port", type=_port, default=HTTP_PORT, help=page)
    parser.add_argument("--bundle", type=Path, help="a trained bundle (the shipped one)")
    return parser


@command("server")
def main(arguments: list[str]) -> None:
    """Serves until it is told to stop."""
    options = _parser().parse_args(arguments)
    _on_signals(_leave)
    with contextlib.ExitStack() as stack:
        osc = stack.enter_context(_bound(options.host, options.osc_port, socket.SOCK_DGRAM))
        http = stack.enter_context(_bound(options.host, options.http_port, socket.SOCK_STREAM))
        if not options.reply_port:
            with _bound(options.host, 0, socket.SOCK_DGRAM) as free:
                options.reply_port = free.getsockname()[1]

        # jax takes a second to import: a mistake is told before that.
        from drumjax.server.engine import Engine
        from drumjax.synth import Synth

        engine = Engine(Synth.load(options.bundle))
        stack.callback(engine.close)
        if asyncio.run(_serve(engine, osc, http, options)) == signal.SIGINT:
            raise KeyboardInterrupt


def _on_signals(handler) -> None:
    for number in _ENDS:
        signal.signal(number, handler)


def _leave(number: int, _) -> None:
    """Ends a server that has nothing to put away yet. An exception would be lost in jax's callbacks, or abort it."""
    if number == signal.SIGINT:
        print("\nserver: stopped", file=sys.stderr, flush=True)
    os._exit(130 if number == signal.SIGINT else 0)


async def _serve(engine, osc: socket.socket, http: socket.socket, options) -> int | None:
    """Serves until a signal comes, and returns its number."""
    from drumjax.server.udp import Endpoint, Folder
    from drumjax.server.web import Server

    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def stop(number: int, _) -> None:
        loop.call_soon_threadsafe(lambda: stopped.done() or stopped.set_result(number))

    _on_signals(stop)
    with Folder() as folder:
        endpoint = Endpoint(engine, folder, options.reply_port)
        transport, _ = await loop.create_datagram_endpoint(lambda: endpoint, sock=osc)
        port = http.getsockname()[1]
        server = Server(engine, options.host, port)
        serving = asyncio.create_task(server.serve([http]))
        ended = asyncio.wrap_future(engine.done)
        host = _reachable(options.host)
        print(f"page: http://{host}:{port}/", flush=True)
        print(f"OSC: udp {host}:{osc.getsockname()[1]}, replies to port {options.reply_port}", flush=True)
        await asyncio.wait({stopped, ended, serving}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
        transport.close()
        # Before the folder goes, and within this loop: the engine's last answers need both.
        engine.close()
    _on_signals(signal.SIG_IGN)
    engine.done.result()
    return stopped.result() if stopped.done() else None


def _reachable(host: str) -> str:
    """The address to open: where the server listens on all of this machine's, the one its network knows."""
    if host in ("", "0.0.0.0", "::"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
            # Connecting a datagram socket sends nothing; it only chooses a way.
            probe.connect(("192.0.2.1", 9))
            host = probe.getsockname()[0]
    return f"[{host}]" if ":" in host else host


def _bound(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    """A socket on an address.

    Raises:
        OSError: one line that names the address.
    """
    name = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
    bound = None
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[0]
        bound = socket.socket(family, kind)
        if kind == socket.SOCK_STREAM and sys.platform != "win32":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        if kind == socket.SOCK_STREAM:
            # A browser that comes while the bundle loads waits, and a second server is turned away at once.
            bound.listen()
    except OSError as error:
        if bound is not None:
            bound.close()
        raise OSError(error.errno, f"cannot listen on {name} port {port} of {host}: {error.strerror}") from error
    return bound


if __name__ == "__main__":
    sys.exit(main())
