"""The worker, on a Synth whose renders the test releases one by one."""

import queue
import threading
from concurrent.futures import Future

import librosa
import numpy as np
import pytest

from drumjax.config import CLASSES, Audio
from drumjax.server import engine as engine_module
from drumjax.server.engine import PLACES, Engine, Overtaken
from drumjax.server.maps import MOST_DOTS, Maps
from drumjax.server.sound import Sound
from drumjax.synth import Synth


class Slow(Synth):
    """A Synth whose wave is the latents, and whose renders wait until `go` is released."""

    def __init__(self):
        self.go = threading.Semaphore(1)  # one for the warm-up
        self.rendering: queue.Queue[float] = queue.Queue()
        self.decoded = 0
        self.vocoded = set()
        self.has_texture, self.knob_names, self.takes, self.rate = False, {}, [], 44100
        self.density, self.has_codes = {}, False
        self.config = type("Config", (), {"audio": Audio()})

    def draw(self, drum_class, n=1, seed=0):
        return np.full((n, 3), 100.0 * seed, np.float32)

    def place(self, knobs, drum_class, base=None):
        return np.asarray(knobs, np.float32) + (0 if base is None else base)

    def variation(self, z, drum_class, amount, seed=0):
        return z + amount * seed

    def map_points(self, drum_class):
        return np.zeros((0, 3))

    def render(self, z, drum_class, texture=0):
        self.takes.append(texture)
        self.rendering.put(float(z[0]))
        self.go.acquire()
        if z[0] == 9:
            raise ValueError("no such sound")
        if z[0] == 10:
            raise ZeroDivisionError
        return z

    def decode(self, z, drum_class):
        self.decoded += len(z)
        mel = np.zeros((len(z), 86, 512), np.float32)
        mel[:, :, 100] = 1
        return mel

    def vocode(self, mel):
        self.vocoded.add(int(mel.any(axis=1).sum()))

    def controls(self, z, drum_class):
        return np.asarray(z)


@pytest.fixture
def synth():
    return Slow()


@pytest.fixture
def engine(synth):
    engine = Engine(synth)
    assert synth.rendering.get(timeout=5) == 0
    synth.decoded = 0
    yield engine
    synth.go.release(1000)
    engine.close()


def play(engine, client, place, x, answers):
    engine.play(client, place, Sound("kick", (float(x), 0.0, 0.0)), answers.append)


def heard(answers):
    """The first latents of each rendering, in the order of the answers; None for a request that was overtaken."""
    return [None if isinstance(answer, Overtaken) else round(float(answer.z[0]), 1) for answer in answers]


def finish(engine, synth, turns=8):
    """Releases every render, and waits for the last one: clients take turns, one place of each."""
    synth.go.release(1000)
    for _ in range(turns):
        turn = Future()
        engine.play("finish", "", Sound("kick"), turn.set_result)
        turn.result(5)


def test_sounds_of_every_length_are_warm_at_the_start(engine, synth):
    assert max(synth.vocoded) == 86 and max(np.diff([0, *sorted(synth.vocoded)])) <= 11


def test_the_newest_request_of_a_place_is_rendered_and_older_ones_are_answered_as_overtaken(engine, synth):
    answers = []
    play(engine, "a", "main", 1, answers)
    assert synth.rendering.get(timeout=5) == 1
    for x in (2, 3, 4):
        play(engine, "a", "main", x, answers)
    play(engine, "a", "pad", 5, answers)
    assert heard(answers) == [None, None] and str(answers[0]) == "overtaken"
    finish(engine, synth)
    assert heard(answers) == [None, None, 1, 4, 5]
    assert all(rendering.ms > 0 and rendering.sound.drum_class == "kick" for rendering in answers[2:])


def test_clients_take_turns_and_a_newer_request_takes_the_place_of_the_older(engine, synth):
    answers = []
    play(engine, "x", "", 0, answers)
    assert synth.rendering.get(timeout=5) == 0
    for place in range(4):
        play(engine, "a", place, 1 + place / 10, answers)
    play(engine, "b", "", 2, answers)
    play(engine, "c", "", 3, answers)
    play(engine, "b", "", 2.5, answers)
    for _ in range(4):  # each goes behind one of the requests that wait
        finish(engine, synth)
    assert heard(answers) == [None, 0, 1, 2.5, 3, 1.1, 1.2, 1.3]


def test_a_recipe_gives_base_knobs_and_variations(engine, synth):
    synth.go.release(1000)
    for sound, expected in (
        (Sound("kick", (1.0, 2.0, 3.0)), [1, 2, 3]),
        (Sound("kick", (1.0, 0.0, 0.0), seed=2), [201, 200, 200]),
        (Sound("kick", (1.0, 0.0, 0.0), seed=0, vary=((0.5, 4), (1.0, 3))), [6, 5, 5]),
        (Sound("kick", (1.0, 0.0, 0.0), around=np.array([4.0, 5, 6])), [5, 5, 6]),
    ):
        answer = Future()
        engine.play("a", "", sound, answer.set_result)
        np.testing.assert_array_equal(answer.result(5).wave, expected)


def test_an_error_is_answered_and_the_next_request_is_rendered(engine, synth):
    answers = []
    play(engine, "a", "", 9, answers)
    assert synth.rendering.get(timeout=5) == 9
    finish(engine, synth)
    assert isinstance(answers[0], ValueError) and str(answers[0]) == "no such sound"
    with pytest.raises(ValueError, match="no texture"):
        engine.play("a", "", Sound("kick", texture=1), answers.append)


def test_a_client_with_no_place_left_overtakes_its_oldest_request(engine, synth):
    answers = []
    play(engine, "x", "", 0, answers)
    assert synth.rendering.get(timeout=5) == 0
    for place in range(PLACES + 2):
        play(engine, "a", place, 20 + place, answers)
    assert heard(answers) == [None, None]
    for _ in range(PLACES):
        finish(engine, synth)
    assert heard(answers) == [None, None, 0, *range(22, 20 + PLACES + 2)]


def test_waiting_requests_of_all_clients_are_bounded_and_dropped_with_their_client(engine, synth, monkeypatch):
    monkeypatch.setattr(engine_module, "MOST_WAITING", 5)
    answers = []
    play(engine, "x", "", 0, answers)
    assert synth.rendering.get(timeout=5) == 0
    for client in range(5):
        play(engine, client, "", 1, answers)
    with pytest.raises(ValueError, match="too many requests: 5 sounds are waiting already"):
        play(engine, 5, "", 1, answers)
    play(engine, 4, "", 2, answers)
    for client in range(1, 5):
        engine.forget(client)
    finish(engine, synth)
    assert heard(answers) == [None, 0, 1]


def test_a_map_waits_for_sounds_is_computed_once_and_holds_brightness(engine, synth):
    first, again, answers = Future(), Future(), []
    play(engine, "a", "", 1, answers)
    assert synth.rendering.get(timeout=5) == 1
    engine.points("a", "tom", first.set_result)
    play(engine, "b", "", 2, answers)
    assert not synth.decoded
    synth.go.release(1000)
    points = first.result(10)
    assert points.shape == (MOST_DOTS, 3) and len(answers) == 2
    peaks = librosa.mel_frequencies(n_mels=514, fmin=0, fmax=22050 / 2)[1:-1]
    np.testing.assert_allclose(points[:, 2], peaks[100], rtol=1e-5)
    engine.points("b", "tom", again.set_result)
    np.testing.assert_array_equal(again.result(10), points)
    assert synth.decoded == MOST_DOTS


def test_a_kit_is_overtaken_by_a_newer_one_and_dropped_when_its_client_has_left(engine, monkeypatch):
    drawn, older, done = [], Future(), Future()

    def seeds(synth, seed, drum_class):
        drawn.append(seed)
        if drawn == [1]:  # while the first class is drawn
            engine.kit("page", 2, done.set_result)
        return {drum_class: seed}

    monkeypatch.setattr(engine_module, "class_seeds", seeds)
    engine.kit("page", 1, older.set_result)
    assert isinstance(older.result(10), Overtaken) and done.result(10) == dict.fromkeys(CLASSES, 2)
    assert drawn == [1] + [2] * len(CLASSES)
    engine._step_drawing()  # as where a client leaves after the worker has seen its request


def test_sounds_go_on_while_the_classifier_of_strict_sampling_is_fitted(synth):
    fit, fitted, seeds = threading.Event(), [], Future()

    def acceptance(z, label):
        if not fitted:
            assert fit.wait(10)
            fitted.append(len(z))
        return (z[:, 0] // 100 % 3 == 0).astype(np.float32)  # every third seed

    synth.density = {"codes": np.zeros((5, 3), np.float32), "labels": np.zeros(5, np.uint8)}
    synth.has_codes, synth.acceptance = True, acceptance
    synth.go.release(1000)
    engine = Engine(synth)
    try:
        engine.seeds("page", "snare", 4000, seeds.set_result)
        assert engine.busy
        for x in range(3):
            answer = Future()
            engine.play("page", "", Sound("kick", (float(x), 0.0, 0.0)), answer.set_result)
            answer.result(5)
        assert not seeds.done() and not fitted
        fit.set()
        assert seeds.result(5) == list(range(4002, 4002 + 3 * engine_module.SEEDS, 3)) and fitted == [1]
        assert not engine.busy
    finally:
        engine.close()


def test_map_names_and_texture_are_those_of_the_bundle(synth):
    codes = np.arange(1503, dtype=np.float32).reshape(501, 3)
    synth.density = {"codes": codes, "labels": np.repeat([CLASSES.index("kick"), CLASSES.index("tom")], [1, 500])}
    synth.knob_names = {"tom": ("low", "long", "hard")}
    synth.go.release(10)
    engine, answer = Engine(synth), Future()
    engine.points("a", "tom", answer.set_result)
    points = answer.result(5)
    assert MOST_DOTS / 2 < len(points) <= MOST_DOTS
    for number in (0, 53, len(points) - 1):  # a dot sounds like the training sound that is drawn there
        dot = Future()
        engine.play("a", "", Sound("tom", (1.0, 0.0, 0.0), dot=number), dot.set_result)
        assert dot.result(5).z in codes[1:] + [1, 0, 0]
        np.testing.assert_array_equal(dot.result(5).z[:2], points[number, :2] + [1, 0])
    synth.map_points = lambda drum_class: np.column_stack([codes[[7, 3, 7]][:, :2], [500, 600, 500]])
    known = Maps(synth)
    assert list(known.steps("tom")) == []  # the bundle has the brightness of these dots
    np.testing.assert_array_equal(known.points("tom"), [[*codes[3, :2], 600], [*codes[7, :2], 500]])
    np.testing.assert_array_equal(known.dot("tom:0.7,kick:0.3", 1), codes[7])
    beyond = Future()
    engine.play("a", "", Sound("kick", dot=1), beyond.set_result)
    assert "has the dots 0 to 0" in str(beyond.result(5))
    synth.has_texture = True
    for texture in (7, None):
        rendering = Future()
        engine.play("a", "", Sound("kick", texture=texture), rendering.set_result)
        rendering.result(5)
    assert synth.takes[-2:] == [7, 0]
    assert engine.knobs["tom"] == ["low", "long", "hard"] and engine.knobs["kick"] == ["knob 1", "knob 2", "knob 3"]
    engine.close()
    assert engine.done.result() is None


def test_an_unexpected_error_ends_the_worker_and_is_kept(synth):
    engine = Engine(synth)
    play(engine, "a", "", 10, [])
    synth.go.release()
    with pytest.raises(ZeroDivisionError):
        engine.done.result(5)
    engine.close()


def test_latency_counts_requests(engine, synth):
    assert engine.latency() == {"count": 0}
    finish(engine, synth, turns=1)
    while not (latency := engine.latency())["count"]:
        pass
    assert latency["count"] == 1 and 0 < latency["render"]["p50"] <= latency["p99"]
