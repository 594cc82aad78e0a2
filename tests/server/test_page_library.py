"""The user's library: the requests behind it, and the tab of the page, in headless Chromium."""

import io
import json
import urllib.error
import urllib.request

import numpy as np
import pytest
import soundfile
from axe_playwright_python.base import AXE_SCRIPT
from player import LAPTOP, Player

from drumjax.server.trial import harness

RATE = 32000
SNARES, KICKS = range(8), range(6)


def stroke(hz: float, decay: float, noise: float, seed: int) -> np.ndarray:
    time = np.arange(int(6 * decay * RATE)) / RATE
    wave = np.sin(2 * np.pi * hz * time) + noise * np.random.default_rng(seed).standard_normal(len(time))
    wave *= np.exp(-time / decay)
    return (0.9 * wave / np.abs(wave).max()).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Snares, of which the later ones are longer, and kicks; one of each is in stereo or has an odd name."""
    folder = tmp_path_factory.mktemp("sounds")
    for i in SNARES:
        soundfile.write(folder / f"snare {i}.wav", stroke(180 + 3 * i, 0.02 + 0.01 * i, 1.0, i), RATE, "FLOAT")
    for i in KICKS:
        wave = stroke(50 + i, 0.05 + 0.01 * i, 0.01, i)
        soundfile.write(folder / f"kick ü'{i}.wav", np.stack([wave, -wave], axis=1), RATE, "FLOAT")
    return folder


@pytest.fixture(scope="module")
def shop(folder, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        with harness.start_server("--library", str(folder)) as server:
            yield server
            assert server.stop() == 0 and f"library: {len(SNARES) + len(KICKS)} sounds\n" in server.visitors


def ask(server, name, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{server.http}/library{name}", data, timeout=60) as answer:
        content = answer.read()
        return json.loads(content) if answer.headers["content-type"] == "application/json" else (answer, content)


def refused(server, name, body=None) -> tuple[int, str]:
    with pytest.raises(urllib.error.HTTPError) as raised:
        ask(server, name, body)
    return raised.value.code, raised.value.read().decode()


def test_sounds_are_found_by_class_words_properties_and_likeness(shop):
    assert ask(shop, "") == {"sounds": len(SNARES) + len(KICKS)}
    everything = ask(shop, "/find", {})["sounds"]
    assert len(everything) == len(SNARES) + len(KICKS)
    found = ask(
        shop, "/find", {"class": "snare", "text": "SNARE wav", "ranges": {"seconds": [0, 0.3]}, "sort": "seconds"}
    )
    lengths = [hit["seconds"] for hit in found["sounds"]]
    assert 2 <= len(lengths) < len(SNARES) and lengths == sorted(lengths) and lengths[-1] <= 0.3
    short, long = found["sounds"][0], ask(shop, "/find", {"text": "snare 7.wav"})["sounds"][0]
    like = ask(shop, "/like", {"id": long["id"]})["sounds"]
    assert {hit["class"] for hit in like[: len(SNARES) - 1]} == {"snare"} and long["id"] not in [h["id"] for h in like]
    shorter = ask(shop, "/like", {"id": long["id"], "steps": {"shorter": 1}, "class": "snare"})["sounds"]
    assert short["id"] in [hit["id"] for hit in shorter] and len(shorter) < len(SNARES) - 1
    pad = ask(shop, "/like", {"sound": {"class": "kick"}})["sounds"]
    assert len(pad) == len(everything) and pad[0]["class"] == "kick"
    points = ask(shop, "/map", {"class": "snare"})["points"]
    assert len(points) == len(SNARES) and np.ptp([x for _, x, _, _ in points]) > 0.5
    names = {hit["id"]: hit["name"] for hit in everything}
    row, x, y, _ = points[0]
    answer, wav = ask(shop, "/spot", {"x": x, "y": y, "class": "snare"})
    assert answer.headers["drumjax-near"].split(",")[0] == urllib.request.quote(names[row])
    wave, rate = soundfile.read(io.BytesIO(wav))
    assert rate == 44100 and np.abs(wave).max() > 0.5


def test_files_come_as_they_are_and_only_those_of_the_index(shop, folder, server):
    kick = ask(shop, "/find", {"text": "kick ü'3"})["sounds"][0]
    answer, content = ask(shop, f"/sound/{kick['id']}")
    assert content == (folder / kick["name"]).read_bytes() and "attachment" in answer.headers["content-disposition"]
    wave, rate = soundfile.read(io.BytesIO(ask(shop, f"/sound/{kick['id']}.wav")[1]))
    np.testing.assert_allclose(wave, soundfile.read(folder / kick["name"])[0], atol=1e-4)
    assert rate == RATE
    for name in ("/sound/999999", "/sound/999999.wav"):
        code, text = refused(shop, name)
        assert code == 404 and "no longer in the library" in text
    for name in ("/sound/..%2f..%2fetc%2fpasswd", "/sound/-1", f"/sound/{folder}/snare%201.wav"):
        assert refused(shop, name)[0] == 404
    for name, body, words in [
        ("find", {"ranges": {"loudness": [0, 1]}}, "ranges are those of"),
        ("find", {"ranges": {"seconds": [0]}}, "a range is [least, most]"),
        ("find", {"text": "x" * 201}, "at most 200 letters"),
        ("find", {"class": "gong"}, "gong"),
        ("find", {"sort": "name"}, "sort must be one of"),
        ("like", {"id": 999999}, "no longer in the library"),
        ("like", {"steps": {"nicer": 1}, "id": kick["id"]}, "steps are those of"),
        ("like", {}, "sound must be an object"),
        ("spot", {"x": 2, "y": 0}, "x must be a number between 0"),
        ("spot", {"x": 0, "y": 0, "class": "tom"}, "this map has no sounds"),
    ]:
        code, text = refused(shop, f"/{name}", body)
        assert code == 400 and words in text and text.count("\n") == 1, text
    assert ask(server, "") == {"sounds": None}
    assert "--library" in refused(server, "/find", {})[1]


@pytest.fixture(scope="module")
def tab(browser, shop, screenshots):
    context = browser.new_context(viewport=LAPTOP)
    player = Player(context.new_page(), shop.http, screenshots).open()
    player.page.keyboard.press("1")  # after which the browser allows sound
    yield player
    context.close()
    assert not player.errors


def test_the_tab_plays_sounds_under_the_mouse_and_puts_them_on_pads(tab, folder):
    page = tab.page
    page.locator("#tab-map").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".hit").first.wait_for()
    assert page.locator(".hit").count() == len(KICKS)  # of the selected pad
    page.mouse.move(5, 5)
    base = page.locator("#base").inner_text()
    tab.hears(lambda: page.locator(".hit").nth(2).hover())
    name = page.locator("#library-hits li").nth(2).get_attribute("data-name")
    file, _ = soundfile.read(folder / name)
    assert tab.heard()[-1]["duration"] == pytest.approx(len(file) / RATE, abs=1e-3)
    assert page.locator("#base").inner_text() == base  # only heard
    page.locator("#library-class").select_option("")
    page.wait_for_timeout(300)  # the list has changed under the mouse
    before = len(tab.heard())
    page.locator("#library-text").press_sequentially("snare 7.wav")  # letters and digits play no pad here
    tab.until("document.querySelectorAll('.hit').length === 1")
    assert len(tab.heard()) == before
    page.mouse.move(5, 5)
    page.locator(".hit").click()
    tab.until("document.querySelector('#base').textContent.startsWith('snare 7.wav')")
    tab.settle()
    assert page.locator("#class").input_value() == "snare"
    page.evaluate("document.activeElement.blur()")
    tab.hears(lambda: page.keyboard.press("Enter"))
    wave, _ = soundfile.read(folder / "snare 7.wav")
    assert tab.heard()[-1]["rate"] == RATE
    np.testing.assert_allclose(tab.samples()[: len(wave)], wave, atol=1e-4)
    page.locator(".more").click()
    tab.until("document.querySelectorAll('.hit').length > 5")
    page.get_by_role("button", name="Shorter").click()
    page.get_by_text("Like snare 7.wav, shorter").wait_for()
    tab.shoot("library")
    page.get_by_role("button", name="Back to the search").click()
    tab.until("document.querySelectorAll('.hit').length === 1")
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("options => axe.run('#library', options)", {"resultTypes": ["violations"]})["violations"]
    assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []


def test_the_maps_dots_and_gaps_play_and_go_onto_pads(tab, shop):
    page = tab.page
    page.locator("#library-view").click()
    page.get_by_text("Hover to hear").wait_for()
    points = ask(shop, "/map", {})["points"]
    box = page.locator("#library-map canvas").bounding_box()
    place = lambda x, y: (box["x"] + 12 + x * (box["width"] - 24), box["y"] + 12 + (1 - y) * (box["height"] - 24))  # noqa: E731
    _, x, y, _ = max(points, key=lambda point: point[1])
    tab.hears(lambda: page.mouse.move(*place(x, y)))
    apart = lambda x, y: min(np.hypot(x - p[1], y - p[2]) for p in points)  # noqa: E731
    gap = max(((x, y) for x in np.linspace(0.1, 0.9, 9) for y in np.linspace(0.1, 0.9, 9)), key=lambda at: apart(*at))
    page.mouse.click(*place(*gap))
    page.get_by_role("button", name="Put on the pad").click(timeout=60_000)  # encoding compiles at first
    tab.until("/between/.test(document.querySelector('#base').textContent)")
    tab.shoot("library-map")
    # By keyboard, from dot to dot.
    names = {hit["id"]: hit["name"] for hit in ask(shop, "/find", {})["sounds"]}
    spots = {id: np.array([x * (box["width"] - 24), y * (box["height"] - 24)]) for id, x, y, _ in points}
    facts = page.locator("#library-facts")
    page.locator("#library-map canvas").focus()
    page.keyboard.press("ArrowLeft")
    tab.until("document.querySelector('#library-facts').textContent.endsWith('.wav')")
    at = next(id for id, name in names.items() if name == facts.text_content())
    moves = 0
    for key, way in (("ArrowDown", (0, -1)), ("ArrowLeft", (-1, 0)), ("ArrowUp", (0, 1)), ("ArrowRight", (1, 0))):
        away = {id: spot - spots[at] for id, spot in spots.items()}
        ahead = [id for id, d in away.items() if d @ way > 0 and np.abs(d).sum() <= 2 * (d @ way)]
        if ahead:
            at, moves = min(ahead, key=lambda id: np.hypot(*away[id])), moves + 1
            tab.hears(lambda key=key: page.keyboard.press(key))
        else:
            page.keyboard.press(key)
        facts.get_by_text(names[at], exact=True).wait_for()
    assert moves > 1
    page.keyboard.press("Enter")
    tab.until(f"document.querySelector('#base').textContent.startsWith({json.dumps(names[at])})")


def test_without_a_library_the_tab_says_how_to_get_one(player):
    page = player.page
    page.locator("#tab-library").click()
    page.get_by_text("drumjax serve --library FOLDER").wait_for()
    assert not page.locator("#library-search").is_visible()
    page.locator("#tab-map").click()
    assert page.locator("#xy .handle").is_visible()
