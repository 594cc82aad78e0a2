"""The connection of a WebSocket, which is dropped when its client stops reading."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from websockets.exceptions import InvalidState

STALL_SECONDS = 5.0
"""How long a client may leave unread what waits for it."""


class Connection(asyncio.Protocol):
    """A protocol around the HTTP server's own: it aborts the connection of a client that stops reading.

    The application cannot do this: ASGI only closes, and closing waits until the client has read the rest.

    Args:
        make: makes the inner protocol from `arguments`.
        arguments: what the HTTP server passes to a protocol.
    """

    def __init__(self, make: Callable[..., asyncio.Protocol], **arguments: Any):
        self._inner = make(**arguments)
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._inner.data_received(data)
        except InvalidState:
            # A second bad frame, behind the one that the connection is being closed for.
            self._transport.abort()

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()
        self._timer = self._loop.call_later(STALL_SECONDS, self._transport.abort)

    def resume_writing(self) -> None:
        self._stop_timer()
        self._inner.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        self._stop_timer()
        self._inner.connection_lost(error)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
