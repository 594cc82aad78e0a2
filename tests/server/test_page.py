"""The instrument on the page: its sounds, kits, files and undo, in headless Chromium before the real server."""

import re

import numpy as np
import pytest
import soundfile

from drumjax.config import CLASSES
from drumjax.server import web
from drumjax.server.maps import Maps


def test_a_drag_sounds_and_ends_at_the_sound_under_the_pointer(player, synth):
    player.shoot("start")
    heard = player.hears(lambda: player.drag("#xy", (0.5, 0.5), (0.8, 0.3), 60), least=3)
    assert min(voice["peak"] for voice in heard) > 0.05
    assert len({voice["mark"] for voice in heard}) == len(heard)
    player.settle()
    times = [time for time, message in player.page.evaluate("sent") if message.get("slot") == "pad0"]
    assert np.median(np.diff(times[1:])) > 14  # ms: at most about 60 messages a second
    knobs = player.knobs()
    box, handle = (player.page.locator(selector).bounding_box() for selector in ("#xy", "#xy .handle"))
    for axis, size, share in (("x", "width", 0.8), ("y", "height", 0.3)):
        assert handle[axis] + handle[size] / 2 == pytest.approx(box[axis] + share * box[size], abs=1.5)
    assert knobs[0] == pytest.approx(player.across(0.8), abs=0.02) and knobs[1] > 0.3 and knobs[2] == 0
    heard, expected = player.samples(), synth.generate(knobs, "kick")
    np.testing.assert_allclose(heard, expected[: len(heard)], atol=0.6 / 32767)  # 16 bits
    assert len(heard) < len(expected) and np.abs(expected[len(heard) :]).max() < 0.6 / 32767
    player.page.locator("#play-sound").click()
    player.until("loudness() > 0.01")
    assert re.match(r"Latency \d+ ms", player.page.locator("#latency").text_content())
    player.shoot("dragged")


def test_every_control_of_the_panel_changes_the_sound(player):
    page = player.page
    marks = [player.hears(page.locator("#play-sound").click)[-1]["mark"]]
    acts = {
        "fine": lambda: player.drag("#fine", (0.5, 0.5), (0.5, 0.0)),
        "pad by keys": lambda: page.locator("#xy .handle").press("ArrowRight"),
        "class": lambda: page.locator("#class").select_option("snare"),
        "dice": page.locator("#dice").click,
        "dice by key": lambda: page.keyboard.press("n"),
        "vary": page.locator("#vary").click,
        "centre": page.locator("#centre").click,
    }
    for name, act in acts.items():
        page.evaluate("document.activeElement.blur()")
        mark = player.hears(act)[-1]["mark"]
        player.settle()
        mark = player.heard()[-1]["mark"]
        assert mark not in marks, name
        marks.append(mark)
    player.shoot("snare")


def test_the_range_widens_the_pad_and_shows_that_it_extrapolates(player):
    page = player.page
    assert not page.locator("#beyond").is_visible()
    for reach, name in ((5, "Bold"), (10, "Wild")):
        page.get_by_role("radio", name=name).check(force=True)
        assert page.locator("#beyond").is_visible()
        player.hears(lambda: player.drag("#xy", (0.5, 0.5), (0.999, 0.25)))
        assert player.value("#xy .handle") == reach
        assert player.knobs()[1] == pytest.approx(reach / 2, rel=0.1)
        player.shoot(f"range-{reach}")
    page.get_by_role("radio", name="Safe").check(force=True)
    assert player.value("#xy .handle") == pytest.approx(player.across(1), abs=0.002)
    assert player.across(1) < 2 < -player.across(0)  # where the kicks are


def test_a_dot_of_the_map_sounds_under_the_mouse_and_a_click_puts_it_under_the_knobs(player, synth):
    page = player.page
    page.locator("#class").select_option("snare")
    page.locator("#legend").wait_for()  # comes with the dots, which the server works out once for a class
    player.settle()
    handle = page.locator("#xy .handle")
    names = set()
    for _ in range(3):  # one by one: each sound comes with its own place, which is not quite that of its dot
        player.hears(lambda: handle.press("PageUp"))
        names.add(page.locator("#base").inner_text())
    assert len(names) == 3
    for _ in range(22):  # away from the point of the typical snare
        handle.press("PageUp")
    player.settle()
    first = page.evaluate("location.hash")
    box, dot = page.locator("#xy").bounding_box(), handle.bounding_box()
    place = dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    page.locator("#centre").click()
    assert player.value("#xy .handle") == 0 and page.locator("#base").inner_text() == "Typical snare"
    player.settle()
    before = page.evaluate("location.hash")
    player.hears(lambda: page.mouse.move(*place))  # in one step, over no other dot
    player.settle()
    hovered = player.heard()[-1]["mark"]
    assert page.evaluate("location.hash") == before
    page.mouse.click(*place)
    player.settle()
    player.until(f"location.hash === '{first}'")  # a busy page writes its address later
    assert page.locator("#base").inner_text().startswith("Training snare")
    number = page.evaluate("sent.findLast(([, message]) => message.slot === 'pad0')[1].sound.dot")
    expected, played = synth.render(Maps(synth).dot("snare", number), "snare"), player.samples()
    np.testing.assert_allclose(played, expected[: len(played)], atol=0.6 / 32767)
    assert player.heard()[-1]["mark"] == hovered
    player.drag("#xy .handle", (0.5, 0.5), (1.5, 0.5))  # and the knobs go on from there
    player.settle()
    assert player.value("#xy .handle") > 0.01 and page.locator("#base").inner_text().startswith("Training snare")


def test_a_low_drag_speed_slows_the_hand_and_preview_off_is_silent(player):
    page = player.page
    page.locator("#open-menu").click()
    page.locator("#sens").fill("25")
    page.keyboard.press("Escape")
    player.drag("#xy", (0.2, 0.5), (0.7, 0.5))
    assert player.value("#xy .handle") == pytest.approx(0.25 * (player.across(0.7) - player.across(0.2)), abs=0.02)
    page.locator("#open-menu").click()
    page.locator("#preview").uncheck(force=True)
    page.keyboard.press("Escape")
    player.settle()
    before = len(player.heard())
    player.drag("#xy", (0.5, 0.5), (0.5, 0.1))
    player.settle()
    assert len(player.heard()) == before


def test_the_crop_is_what_plays_and_what_is_saved(player, tmp_path):
    page = player.page
    player.drag("#wave", (0.1, 0.5), (0.4, 0.5))
    start, end = (player.value(f"#wave .{side}") for side in ("start", "end"))
    assert (start, end) == pytest.approx((100, 400), abs=5)
    page.locator("#wave .end").press("Shift+ArrowLeft")
    page.locator("#shape summary").click()
    page.get_by_role("radio", name="Move").check(force=True)
    player.drag("#wave", (0.2, 0.5), (0.15, 0.5))
    start, end = (player.value(f"#wave .{side}") for side in ("start", "end"))
    assert (start, end) == pytest.approx((50, 340), abs=6)
    heard = player.hears(page.locator("#play-sound").click)[-1]
    assert (heard["offset"], heard["duration"]) == pytest.approx((start / 1000, (end - start) / 1000))
    player.shoot("cropped")
    with page.expect_download() as download:
        page.locator("#save-sound").click()
    assert download.value.suggested_filename == "kick.wav"
    download.value.save_as(tmp_path / "kick.wav")
    with soundfile.SoundFile(tmp_path / "kick.wav") as file:
        assert (file.samplerate, file.subtype, file.channels) == (44100, "PCM_24", 1)
        assert file.frames == pytest.approx(44.1 * (end - start), abs=1)
        saved = file.read()
    # The file is the sound that the crop keeps.
    kept = player.samples()[round(44.1 * start) : round(44.1 * end)]
    length = min(len(kept), len(saved))
    assert np.corrcoef(kept[:length], saved[:length])[0, 1] > 0.9
    page.get_by_role("radio", name="Set crop").check(force=True)
    page.locator("#crop-reset").click()
    page.locator("#shape summary").click()
    assert [player.value(f"#wave .{side}") for side in ("start", "end")] == pytest.approx([0, 998], abs=1)


def test_undo_redo_and_two_kits(visit, server):
    player = visit(server).open()
    page = player.page
    first = player.hears(page.locator("#play-sound").click)[-1]["mark"]
    second = player.hears(page.locator("#dice").click)[-1]["mark"]
    assert player.hears(lambda: page.keyboard.press("Control+z"))[-1]["mark"] == first
    assert page.locator("#undo").is_disabled()
    assert player.hears(lambda: page.keyboard.press("Control+Shift+z"))[-1]["mark"] == second
    kit = {side: page.locator(f"#kits [value={side}]") for side in "ab"}
    assert player.hears(lambda: kit["b"].check(force=True))[-1]["mark"] == first
    third = player.hears(page.locator("#dice").click)[-1]["mark"]
    assert player.hears(lambda: kit["a"].check(force=True))[-1]["mark"] == second
    player.shoot("kits")
    page.locator("#open-menu").click()
    page.get_by_role("button", name="Copy kit A to B").click()
    kit["b"].check(force=True)
    assert player.hears(page.locator("#play-sound").click)[-1]["mark"] == second != third


def test_each_pad_keeps_its_own_sound(player):
    page = player.page
    played = [player.hears(lambda key=key: page.keyboard.press(key))[-1] for key in "1234qwerasd"]
    assert len({voice["mark"] for voice in played}) == len(CLASSES)
    player.hears(lambda: page.locator(".pad").nth(2).click())
    assert page.locator("#class").input_value() == "snare"
    changed = player.hears(page.locator("#dice").click)[-1]["mark"]
    player.hears(lambda: page.locator(".pad").nth(0).click())
    assert page.locator("#class").input_value() == "kick"
    again = [player.hears(lambda key=key: page.keyboard.press(key))[-1]["mark"] for key in "123"]
    assert again == [played[0]["mark"], played[1]["mark"], changed]
    assert page.evaluate("import('/static/kit.js').then(kit => kit.CLASSES.map(c => c.name))") == list(CLASSES)


def test_steps_are_painted_and_undone_in_one_stroke(player):
    page = player.page
    boxes = [page.locator(f".step[data-pad='2'][data-step='{step}']").bounding_box() for step in (0, 7)]
    for _ in range(5):
        page.locator("#clear").click()
        page.mouse.move(boxes[0]["x"] + 5, boxes[0]["y"] + 5)
        page.mouse.down()
        page.mouse.move(boxes[1]["x"] + 5, boxes[1]["y"] + 5, steps=20)
        page.mouse.up()
        # On a busy machine the first step may be held so long that it becomes an accent: then once more.
        if page.locator(".step[data-state=accent]").count() == 0:
            break
    assert page.locator(".step[data-state=on]").count() == 8
    page.keyboard.press("Control+z")
    assert page.locator(".step[data-state=on]").count() == 0
    page.locator(".step").first.focus()
    for key in ("ArrowDown", "ArrowRight", "Space"):
        page.keyboard.press(key)
    assert page.locator(".step[data-pad='1'][data-step='1']").get_attribute("data-state") == "on"


def test_the_page_is_all_there_is(player):
    """No inline code, which the policy would have to allow, and nothing from elsewhere."""
    html = (web.PAGE / "index.html").read_text()
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|https?:", html)
    for path in web.PAGE.glob("*.js"):
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|\beval\(|innerHTML", path.read_text()), path.name
    assert player.page.evaluate("fetch('https://example.org').then(() => 'reached', () => 'refused')") == "refused"
    player.errors.clear()
