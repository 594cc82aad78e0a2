"""The server: python -m drumjax.server"""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from drumjax.console import Parser, command
from drumjax.server import web
from drumjax.server.udp import Endpoint, Folder

HOST, OSC_PORT, REPLY_PORT, HTTP_PORT = "127.0.0.1", 7771, 7772, 7780


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
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.ExitStack() as stack:
        osc = stack.enter_context(_bound(options.host, options.osc_port, socket.SOCK_DGRAM))
        http = stack.enter_context(_bound(options.host, options.http_port, socket.SOCK_STREAM))
        if not options.reply_port:
            with _bound(options.host, 0, socket.SOCK_DGRAM) as free:
                options.reply_port = free.getsockname()[1]

        from drumjax.server.engine import Engine
        from drumjax.synth import Synth

        engine = Engine(Synth.load(options.bundle))
        stack.callback(engine.close)
        folder = Folder()
        stack.callback(folder.remove)
        asyncio.run(_serve(engine, folder, osc, http, options))


async def _serve(engine, folder: Folder, osc: socket.socket, http: socket.socket, options) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Endpoint(engine, folder, options.reply_port), sock=osc)
    port = http.getsockname()[1]
    logging.getLogger("uvicorn.error").addFilter(lambda record: not record.msg.startswith("Invalid UTF-8"))
    config = uvicorn.Config(
        web.app(engine, options.host, port),
        http="h11",
        ws=web.Connection,
        ws_max_size=web.LARGEST_FRAME,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    stopped: asyncio.Future[int] = loop.create_future()

    def stop(number: int, *_) -> None:
        loop.call_soon_threadsafe(lambda: stopped.done() or stopped.set_result(number))

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    serving = asyncio.create_task(server.serve([http]))
    ended = asyncio.wrap_future(engine.done)
    host = f"[{options.host}]" if ":" in options.host else options.host
    print(f"page: http://{host}:{port}/", flush=True)
    print(f"OSC: udp {host}:{osc.getsockname()[1]}, replies to port {options.reply_port}", flush=True)
    await asyncio.wait({stopped, ended, serving}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    transport.close()
    if ended.done():
        ended.result()
    if stopped.done() and stopped.result() == signal.SIGINT:
        raise KeyboardInterrupt


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    def capture_signals(self):
        return contextlib.nullcontext()


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
    except OSError as error:
        if bound is not None:
            bound.close()
        raise OSError(error.errno, f"cannot listen on {name} port {port} of {host}: {error.strerror}") from error
    return bound


if __name__ == "__main__":
    sys.exit(main())
