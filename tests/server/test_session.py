"""The session of a page without a socket, on an engine that answers at once."""

import asyncio
import json

import numpy as np
from apart import apart
from starlette.websockets import WebSocket

from drumjax.server.engine import Engine
from drumjax.server.rendering import Rendering
from drumjax.server.session import Session

WAVE = np.linspace(-1, 1, 50, dtype=np.float32)


class Prompt(Engine):
    synth = type("Synth", (), {"rate": 44100})

    def __init__(self):
        pass

    def play(self, client, place, sound, answer):
        answer(Rendering(sound, WAVE, WAVE[:3], WAVE, 44100, 1.0, 0.0))


class Slow(WebSocket):
    """A WebSocket whose client reads nothing until `reads` is set."""

    def __init__(self, frames):
        super().__init__({"type": "websocket"}, self.receive, self.send_text)
        self.frames, self.sent, self.reads = iter(frames), [], asyncio.Event()

    async def receive(self):
        await asyncio.sleep(0.01)
        text = next(self.frames, None)
        if text is None:
            self.reads.set()
            await asyncio.sleep(0.1)
            return {"type": "websocket.disconnect"}
        return {"type": "websocket.receive", "text": text}

    async def send_bytes(self, data):
        await self.reads.wait()
        header = json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])
        self.sent.append((header["type"], header["id"]))

    async def send_text(self, data):
        await self.reads.wait()
        self.sent.append((json.loads(data)["type"], json.loads(data)["id"]))


def test_a_page_that_reads_late_gets_the_newest_sound_and_an_answer_for_each_older_one():
    render = [json.dumps({"type": "render", "id": id, "slot": "a", "sound": {"class": 0}}) for id in range(5)]

    async def run():
        websocket = Slow(render)
        await Session(Prompt(), websocket).run()
        return websocket.sent

    sent = apart(run())
    # The first one was on its way already.
    assert sent[0] == ("sound", 0) and sorted(sent) == sorted(
        [("sound", 0), ("sound", 4), *(("overtaken", id) for id in (1, 2, 3))]
    )
