"""The connection of a WebSocket, on a transport that records aborts."""

import asyncio

import pytest
from apart import apart
from websockets.exceptions import InvalidState

from drumjax.server import connection


class Transport(asyncio.Transport):
    aborts = 0

    def abort(self):
        self.aborts += 1


class Inner(asyncio.Protocol):
    """Records its calls; every second datum is invalid."""

    def __init__(self):
        self.calls = []

    def data_received(self, data):
        self.calls.append(data)
        if len(self.calls) % 2 == 0:
            raise InvalidState

    def pause_writing(self):
        self.calls.append("pause")

    def resume_writing(self):
        self.calls.append("resume")

    def connection_lost(self, error):
        self.calls.append(error)


def run(play):
    async def main():
        inner, transport = Inner(), Transport()
        made = connection.Connection(lambda: inner)
        made.connection_made(transport)
        await play(made)
        return inner.calls, transport.aborts

    return apart(main())


@pytest.fixture(autouse=True)
def short_stall(monkeypatch):
    monkeypatch.setattr(connection, "STALL_SECONDS", 0.05)


def test_a_client_that_stops_reading_is_aborted():
    async def stall(made):
        made.pause_writing()
        await asyncio.sleep(0.1)

    assert run(stall) == (["pause"], 1)


def test_a_client_that_reads_on_or_leaves_is_not_aborted():
    async def resume(made):
        made.pause_writing()
        made.resume_writing()
        await asyncio.sleep(0.1)

    async def leave(made):
        made.pause_writing()
        made.connection_lost(None)
        await asyncio.sleep(0.1)

    assert run(resume) == (["pause", "resume"], 0)
    assert run(leave) == (["pause", None], 0)


def test_a_second_bad_frame_aborts_the_connection():
    async def send(made):
        made.data_received(b"one")
        made.data_received(b"two")

    assert run(send) == ([b"one", b"two"], 1)
