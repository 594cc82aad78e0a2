"""Drags: a hand moves one sound without a pause, over OSC or on a page. Every move is answered or overtaken."""

import abc
import bisect
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from websockets.sync.client import ClientConnection

from drumjax.server.trial.harness import LONGEST, Client, header

Knobs = tuple[float, float, float]
"""Between -2 and 2."""


class Drag(abc.ABC):
    """A drag by one client.

    Attributes:
        times: when each move was sent.
        ages: ms from a move to its sound, of each sound.
        overtaken: count of moves that were answered as overtaken.
        newest: whether the last reply was the sound of the newest move so far.
        drawn: count of other requests that wait for their answers.
    """

    def __init__(self) -> None:
        self.times: list[float] = []
        self.ages: list[float] = []
        self.overtaken = self.drawn = 0
        self.newest = False

    @abc.abstractmethod
    def send(self, knobs: Knobs) -> None:
        """Sends a move."""

    @abc.abstractmethod
    def receive(self, seconds: float) -> bool:
        """Takes the next reply, if one comes in time.

        Raises:
            RuntimeError: it is neither a sound nor says that a move was overtaken.
        """

    @property
    def unanswered(self) -> int:
        """Requests that wait for an answer."""
        return len(self.times) - len(self.ages) - self.overtaken + self.drawn

    def alone(self, knobs: list[Knobs]) -> float:
        """The median of ms from move to sound, each move after the sound of the one before; forgets them."""
        for position in knobs:
            self.send(position)
            if not self.receive(LONGEST):
                raise RuntimeError(f"a sound that nothing overtakes did not come within {LONGEST:g} s")
        median = statistics.median(self.ages)
        self.times, self.ages = [], []
        return median


class OscDrag(Drag):
    """The knobs of one class, over OSC."""

    def __init__(self, client: Client, drum_class: str):
        super().__init__()
        self._client, self._class = client, drum_class

    def send(self, knobs: Knobs) -> None:
        self.times.append(time.perf_counter())
        self.newest = False
        self._client.send("/drum/generate", *knobs, self._class)

    def receive(self, seconds: float) -> bool:
        self._client.socket.settimeout(seconds)
        try:
            address, *values = self._client.receive()
        except (TimeoutError, BlockingIOError):
            return False
        now = time.perf_counter()
        self.newest = address == "/drum/file"
        if self.newest:
            # Of the moves of a drag, the file answers the newest at the time that the server says it had come.
            arrived = now - values[2] / 1000
            self.ages.append(1000 * (now - self.times[bisect.bisect_right(self.times, arrived) - 1]))
        elif values == ["overtaken", -1]:
            self.overtaken += 1
        else:
            raise RuntimeError(f"expected a file or that it was overtaken; got {address} {values}")
        return True


class PageDrag(Drag):
    """A sound on a page: `recipe` makes its recipe from knobs."""

    def __init__(self, page: ClientConnection, recipe: Callable[[Knobs], dict[str, Any]]):
        super().__init__()
        self._page, self._recipe = page, recipe
        self._first = 0

    def send(self, knobs: Knobs) -> None:
        self.times.append(time.perf_counter())
        self.newest = False
        id = self._first + len(self.times) - 1
        self._page.send(json.dumps({"type": "render", "id": id, "slot": "pad0", "sound": self._recipe(knobs)}))

    def draw(self, drum_class: str, seed: int) -> None:
        """Requests a kit, seeds and a map: what the server computes while no sound is requested."""
        for message in ({"type": "kit", "seed": seed}, {"type": "seeds", "seed": seed}, {"type": "map"}):
            self._page.send(json.dumps({"class": drum_class, "id": seed} | message))
            self.drawn += 1

    def receive(self, seconds: float) -> bool:
        try:
            frame = self._page.recv(seconds)
        except TimeoutError:
            return False
        reply = header(frame) if isinstance(frame, bytes) else json.loads(frame)
        match reply["type"]:
            case "sound":
                at = reply["id"] - self._first
                self.ages.append(1000 * (time.perf_counter() - self.times[at]))
                self.newest = at == len(self.times) - 1
            case "overtaken":
                self.overtaken += 1
            case "kit" | "seeds" | "map":
                self.drawn -= 1
            case _:
                raise RuntimeError(f"expected a sound or that it was overtaken; got {reply}")
        return True

    def alone(self, knobs: list[Knobs]) -> float:
        median = super().alone(knobs)
        self._first += len(knobs)
        return median
