"""A model of Max that runs a patch: the objects of the device, after their reference pages.

Audio objects only record their messages. Where Max's order depends on the places of boxes (one outlet to several
boxes), the machine shuffles, so that a patch that passes does not depend on it.
"""

import heapq
import itertools
import json
import operator
import os
import queue
import random
import re
import select
import socket
import subprocess
import threading
import time
from pathlib import Path

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from drumjax.sound import audio

BANG = ("bang",)
CLICKS = [(BANG,), ((1,),), ((1,), (0,))]
"""The messages of a click on a button: a bang, or the value of its parameter."""


def atom(text):
    """A word of a box as Max reads it: an int, a float or a symbol."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def is_number(message):
    return len(message) == 1 and isinstance(message[0], int | float)


class Box:
    """An object: messages come in, tuples of atoms, and go out through the machine."""

    ports = (1, 1)

    def __init__(self, machine, id, name, text, json):
        self.machine, self.id, self.name, self.text, self.json = machine, id, name, text, json
        self.arguments = [atom(word) for word in text.split()[1:]]
        self.messages = []
        self.begin()

    def begin(self):
        pass

    def out(self, outlet, *message):
        self.machine.send(self.id, outlet, message)

    def take(self, inlet, message):
        self.messages.append((inlet, *message))


class Message(Box):
    ports = (2, 1)

    def take(self, inlet, message):
        values = () if message == BANG else message
        words = [atom(word) for word in self.text.split()]
        self.out(0, *(values[int(w[1:]) - 1] if re.fullmatch(r"\$\d", str(w)) else w for w in words))


class Trigger(Box):
    def begin(self):
        self.ports = 1, len(self.arguments)

    def take(self, inlet, message):
        for outlet, kind in reversed(list(enumerate(self.arguments))):
            match kind:
                case "b":
                    self.out(outlet, *BANG)
                case "i":
                    self.out(outlet, int(message[0]))
                case "f":
                    self.out(outlet, float(message[0]))
                case "s":
                    self.out(outlet, message[0])
                case "l":
                    self.out(outlet, *message)
                case constant:
                    self.out(outlet, constant)


OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
OPERATORS |= {">": operator.gt, "==": operator.eq}


class Arithmetic(Box):
    ports = (2, 1)

    def begin(self):
        self.kind = type(self.arguments[0]) if self.arguments else int
        self.right, self.left = self.kind(self.arguments[0] if self.arguments else 0), 0

    def take(self, inlet, message):
        if inlet:
            self.right = self.kind(message[0])
            return
        if message != BANG:
            self.left = self.kind(message[0])
        result = OPERATORS[self.name](self.left, self.right)
        self.out(0, int(result) if self.name in (">", "==") else self.kind(result))


class Store(Box):
    """[i] and [f]."""

    ports = (2, 1)

    def begin(self):
        self.kind = {"i": int, "f": float}[self.name]
        self.value = self.kind(self.arguments[0] if self.arguments else 0)

    def take(self, inlet, message):
        if message != BANG:
            self.value = self.kind(message[0])
        if not inlet:
            self.out(0, self.value)


class Random(Box):
    ports = (2, 1)

    def take(self, inlet, message):
        assert message == BANG
        self.out(0, self.machine.random.randrange(self.arguments[0]))


class Gate(Box):
    def begin(self):
        self.ports = 2, self.arguments[0] if self.arguments else 1
        self.open = self.arguments[1] if len(self.arguments) > 1 else 0

    def take(self, inlet, message):
        if not inlet:
            self.open = int(message[0])
        elif self.open:
            self.out(self.open - 1, *message)


class Delay(Box):
    ports = (2, 1)
    turn = 0

    def take(self, inlet, message):
        assert message == BANG and not inlet
        self.turn += 1
        self.machine.after(self.arguments[0], self.ring, self.turn)

    def ring(self, turn):
        if turn == self.turn:
            self.out(0, *BANG)


class Metro(Box):
    ports = (2, 1)

    def take(self, inlet, message):
        assert message == (1,)
        self.ring()

    def ring(self):
        self.machine.after(self.arguments[0], self.ring)
        self.out(0, *BANG)


class Change(Box):
    ports = (1, 3)

    def begin(self):
        self.last = self.arguments[0]

    def take(self, inlet, message):
        if message[0] == "set":
            self.last = message[1]
        elif message[0] != self.last:
            self.last = message[0]
            self.out(0, self.last)


class Select(Box):
    def begin(self):
        self.ports = len(self.arguments) + 1, len(self.arguments) + 1

    def take(self, inlet, message):
        if message[0] in self.arguments:
            self.out(self.arguments.index(message[0]), *BANG)
        else:
            self.out(len(self.arguments), *message)


class Route(Select):
    def take(self, inlet, message):
        if message[0] in self.arguments:
            self.out(self.arguments.index(message[0]), *(message[1:] or BANG))
        else:
            self.out(len(self.arguments), *message)


class Pack(Box):
    def begin(self):
        self.ports = len(self.arguments), 1
        self.values = list(self.arguments)

    def take(self, inlet, message):
        if message != BANG:
            self.values[inlet] = type(self.values[inlet])(message[0])
        if not inlet:
            self.out(0, *self.values)


class Unpack(Box):
    def begin(self):
        self.ports = 1, len(self.arguments)

    def take(self, inlet, message):
        for outlet, (kind, value) in reversed(list(enumerate(zip(self.arguments, message, strict=False)))):
            assert isinstance(value, str) == (kind == "s"), f"{self.text} got {message}"
            self.out(outlet, value if kind == "s" else type(kind)(value))


class Expression(Box):
    def begin(self):
        self.ports = max(int(n) for n in re.findall(r"\$f(\d)", self.text)), 1
        self.values = [0.0] * self.ports[0]

    def take(self, inlet, message):
        if message != BANG:
            self.values[inlet] = float(message[0])
        if not inlet:
            formula = re.sub(r"\$f(\d)", lambda m: str(self.values[int(m[1]) - 1]), self.text.split(maxsplit=1)[1])
            self.out(0, float(eval(formula, {"__builtins__": {}})))


class Speedlim(Box):
    ports = (2, 1)
    waiting, shut = None, False

    def take(self, inlet, message):
        if self.shut:
            self.waiting = message
        else:
            self.shut = True
            self.machine.after(self.arguments[0], self.ring)
            self.out(0, *message)

    def ring(self):
        self.shut, message, self.waiting = False, self.waiting, None
        if message:
            self.take(0, message)


class Round(Box):
    ports = (2, 1)

    def take(self, inlet, message):
        self.out(0, round(message[0]))


class Sprintf(Box):
    def begin(self):
        self.ports = max(1, self.text.count("%")), 1

    def take(self, inlet, message):
        text = self.text.split(maxsplit=1)[1].replace("%ld", "%d") % message
        self.out(0, *map(atom, text.split()))


class Register(Box):
    """[zl.reg]."""

    ports = (2, 2)

    def take(self, inlet, message):
        if inlet:
            self.kept = message
        else:
            assert message == BANG
            self.out(0, *self.kept)


class Prepend(Box):
    def take(self, inlet, message):
        self.out(0, *self.arguments, *message)


class Deferlow(Box):
    def take(self, inlet, message):
        self.machine.after(0, self.out, 0, *message)


class Maximum(Box):
    ports = (2, 2)

    def take(self, inlet, message):
        assert not inlet
        self.out(0, max(float(message[0]), self.arguments[0]))


class Counter(Box):
    ports = (5, 4)

    def begin(self):
        self.next = itertools.cycle(range(self.arguments[0], self.arguments[1] + 1)).__next__

    def take(self, inlet, message):
        assert message == BANG and not inlet
        self.out(0, self.next())


class Decibels(Box):
    def take(self, inlet, message):
        self.out(0, 10 ** (message[0] / 20))


class Stripnote(Box):
    ports = (2, 2)
    velocity = 0

    def take(self, inlet, message):
        if inlet:
            self.velocity = message[0]
        elif self.velocity:
            self.out(1, self.velocity)
            self.out(0, message[0])


class Notein(Box):
    ports = (1, 3)

    def play(self, pitch, velocity):
        for outlet, value in ((2, 1), (1, velocity), (0, pitch)):
            self.out(outlet, value)


class Load(Box):
    def begin(self):
        self.ports = (1, 3) if self.name == "live.thisdevice" else (1, 1)

    def load(self):
        self.out(0, *BANG)


class Send(Box):
    ports = (1, 0)

    socket = None

    def take(self, inlet, message):
        self.socket = self.socket or self.machine.open(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        builder = OscMessageBuilder(message[0])
        for value in message[1:]:
            builder.add_arg(value, {int: "i", float: "f", str: "s"}[type(value)])
        self.messages.append(message)
        self.socket.sendto(builder.build().dgram, (self.arguments[0], self.machine.port))


class Receive(Box):
    socket = port = None

    def take(self, inlet, message):
        assert message[0] == "port" and 1024 <= message[1] <= 65535
        self.port = message[1]
        if self.socket:
            self.socket.close()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.socket.bind(("127.0.0.1", message[1]))
        except OSError:
            self.socket.close()
            self.socket = None
        else:
            self.machine.open(self.socket)

    def receive(self):
        while self.socket and select.select([self.socket], [], [], 0)[0]:
            message = OscMessage(self.socket.recv(65536))
            self.out(0, message.address, *message.params)


class NodeScript(Box):
    """[node.script]: a process of Node, with `max-api.js` as its max-api. One that ends by itself is started again."""

    ports = (1, 2)
    process = None

    def load(self):
        script = self.machine.folder / self.arguments[0]
        assert self.arguments[1:] == ["@autostart", 1, "@watch", 0]
        if not script.exists():
            self.machine.console.append(("error", f"node.script: can't find file {script.name}"))
            return
        command = ["node", script]
        module = {**os.environ, "NODE_PATH": str(Path(__file__).parent), "MAX_ENV": "maxforlive"}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=module)
        self.lines, self.handlers = queue.SimpleQueue(), []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        self.machine.open(self)

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(["end"])

    def receive(self):
        while self.process and not self.lines.empty():
            match self.lines.get():
                case ["outlet", *values]:
                    self.out(0, *values)
                case ["post", text, level]:
                    self.machine.console.append((level, text))
                case ["handlers", *names]:
                    self.handlers = names
                case ["end"]:
                    self.close()
                    self.out(1, "terminated", "error", "dictionary", "u1")
                    self.load()

    def take(self, inlet, message):
        assert message[0] in self.handlers, f"the script is not ready for {message}"
        self.messages.append(message)
        self.process.stdin.write(f"{json.dumps(message)}\n".encode())
        self.process.stdin.flush()

    def close(self):
        with self.process as process:
            process.terminate()
            self.reader.join()


class Buffer(Box):
    ports = (1, 2)
    wave = None

    def take(self, inlet, message):
        assert message[0] == "replace"
        super().take(inlet, message)
        self.wave = audio.read(message[1])[0][:, 0]
        self.out(1, *BANG)


class Waveform(Box):
    ports = (5, 6)

    def select(self, start, end):
        """Draws a selection, as the user does."""
        self.out(3, end)
        self.out(2, start)

    def take(self, inlet, message):
        self.messages.append((inlet, *message))
        if inlet in (2, 3):  # Max may send these back
            self.out(inlet, *message)


class Pictslider(Box):
    ports = (2, 2)

    def drag(self, x, y):
        self.out(1, y)
        self.out(0, x)


class Comment(Box):
    ports = (1, 0)

    def take(self, inlet, message):
        assert message[0] == "set"
        self.json["text"] = " ".join(map(str, message[1:]))


class Control(Box):
    """A live.* control that is a parameter."""

    def begin(self):
        self.ports = 1, {"live.tab": 3, "live.menu": 3}.get(self.name, 2)
        value = self.json["saved_attribute_attributes"]["valueof"]
        self.low, self.high, self.value = (
            value["parameter_mmin"],
            value["parameter_mmax"],
            value["parameter_initial"][0],
        )
        self.kind = float if value["parameter_type"] == 0 else int

    def load(self):
        self.out(0, self.kind(self.value))

    def take(self, inlet, message):
        assert is_number(message), f"{self.json['varname']} got {message}"
        self.value = self.kind(min(max(message[0], self.low), self.high))
        self.out(0, self.value)

    def click(self, *messages):
        """Clicks a button, as the user does: one of CLICKS."""
        for message in messages:
            self.out(0, *message)


class Audio(Box):
    def begin(self):
        self.ports = {"play~": (1, 2), "line~": (2, 2), "*~": (2, 1), "plugout~": (2, 2), "ezdac~": (2, 0)}[self.name]


BOXES = {
    "t": Trigger,
    "i": Store,
    "f": Store,
    "random": Random,
    "gate": Gate,
    "delay": Delay,
    "metro": Metro,
    "change": Change,
    "sel": Select,
    "route": Route,
    "pack": Pack,
    "unpack": Unpack,
    "expr": Expression,
    "speedlim": Speedlim,
    "round": Round,
    "sprintf": Sprintf,
    "zl.reg": Register,
    "prepend": Prepend,
    "deferlow": Deferlow,
    "maximum": Maximum,
    "counter": Counter,
    "dbtoa": Decibels,
    "stripnote": Stripnote,
    "notein": Notein,
    "loadbang": Load,
    "live.thisdevice": Load,
    "udpsend": Send,
    "udpreceive": Receive,
    "node.script": NodeScript,
    "buffer~": Buffer,
    "message": Message,
    "pictslider": Pictslider,
    "waveform~": Waveform,
    "live.comment": Comment,
    **dict.fromkeys(OPERATORS, Arithmetic),
    **dict.fromkeys(["play~", "line~", "*~", "plugout~", "ezdac~"], Audio),
    **dict.fromkeys(["live.dial", "live.menu", "live.numbox", "live.slider", "live.tab", "live.text"], Control),
}


class Machine:
    """A patch at work, in real time; `with` closes its sockets and ends its processes.

    Attributes:
        port: where [udpsend] sends, instead of the port in the patch.
        folder: where [node.script] finds its script.
        pace: how much faster delays pass.
        console: (level, text) of the lines in Max's console.
        named: controls by the long names of their parameters, other boxes by their class.
    """

    def __init__(self, patcher, port=None, seed=0, folder=None, pace=1):
        self.port, self.random, self.depth = port, random.Random(seed), 0
        self.folder, self.pace, self.console = folder, pace, []
        self.sockets, self.queue, self.count = [], [], itertools.count()
        self.cords, self.boxes, self.named = {}, {}, {}
        for line in patcher["lines"]:
            cord = line["patchline"]
            self.cords.setdefault(tuple(cord["source"]), []).append(tuple(cord["destination"]))
        for entry in patcher["boxes"]:
            saved = dict(entry["box"])
            text, kind = saved.get("text", ""), saved["maxclass"]
            name = text.split()[0] if kind == "newobj" else kind
            box = BOXES[name](self, saved["id"], name, text if kind in ("newobj", "message") else name, saved)
            self.boxes[box.id] = self.named[saved.get("varname", name)] = box
        self.sources = [box for box in self.boxes.values() if isinstance(box, Receive | NodeScript)]

    def __enter__(self):
        kinds = Control | Load | NodeScript
        boxes = [box for box in self.boxes.values() if isinstance(box, kinds) and box.json.get("mode") != 0]
        for box in self.random.sample(boxes, len(boxes)):
            box.load()
        return self

    def all(self, name):
        """Every box of a class."""
        return [box for box in self.boxes.values() if box.name == name]

    def text(self, label):
        """The text of a label."""
        return self.named[label].json["text"]

    def __exit__(self, *_):
        for each in self.sockets:
            each.close()

    def open(self, opened):
        self.sockets.append(opened)
        return opened

    def send(self, id, outlet, message):
        self.depth += 1
        assert self.depth < 200, "stack overflow"
        cords = self.cords.get((id, outlet), [])
        for target, inlet in self.random.sample(cords, len(cords)):
            self.boxes[target].take(inlet, message)
        self.depth -= 1

    def after(self, ms, call, *arguments):
        heapq.heappush(self.queue, (time.monotonic() + ms / 1000 / self.pace, next(self.count), call, arguments))

    def step(self):
        """Runs everything that is due."""
        while self.queue and self.queue[0][0] <= time.monotonic():
            *_, call, arguments = heapq.heappop(self.queue)
            call(*arguments)
        for box in self.sources:
            box.receive()


def run(machines, until, seconds=20):
    """Steps machines until `until()` is true.

    Raises:
        TimeoutError: it does not become true.
    """
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise TimeoutError
        for machine in machines:
            machine.step()
        time.sleep(0.001)
