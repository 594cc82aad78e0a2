"""Hands, eyes and screens: keyboard, touch, sizes and accessibility of the page, in headless Chromium."""

import itertools
import re

import numpy as np
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from player import PHONE, TABLET, Player

from drumjax.server import web


def test_a_laptop_needs_no_scrolling(player):
    assert player.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
        1280,
        800,
    ]


def test_every_colour_can_be_read():
    style = (web.PAGE / "style.css").read_text()
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", style))
    for ink, paper in itertools.product(("text", "muted", "accent"), ("bg", "panel", "raised", "field")):
        assert contrast(colours[ink], colours[paper]) >= 4.5, (ink, paper)
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, after WCAG 2."""

    def luminance(colour: str) -> float:
        channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_space_is_the_transport_after_a_click_but_presses_what_the_keyboard_focused(player):
    page = player.page
    for selector in (".step", "#dice", ".pad", "#range label", "summary", "#class", "#undo", ".lane .name", "#xy"):
        page.locator(selector).first.click()
        page.keyboard.press("Escape")
        player.settle()
        before = page.evaluate("location.hash")
        for playing in (True, False):
            page.keyboard.press("Space")
            player.plays(playing)
        player.settle()
        assert page.evaluate("location.hash") == before, selector
    page.locator(".step").first.click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    player.until("document.querySelectorAll('.step')[1].dataset.state === 'on'")
    page.locator("#vary").click()
    page.keyboard.press("Tab")
    base = page.locator("#base").inner_text()
    page.keyboard.press("Space")
    player.until(f"document.querySelector('#base').textContent !== '{base}'")  # a new sound
    player.rest()
    assert not player.playing


# Every place that the focus comes to, by its names, and whether a ring is drawn around it or around what stands for it.
FOCUSED = """
window.focused = { places: [], stop: () => removeEventListener("focusin", note) };
const note = ({ target: { id, className, value, nextElementSibling }, target }) => {
    const drawn = [target, nextElementSibling].some((e) => e && getComputedStyle(e).outlineStyle !== "none");
    focused.places.push([[id, className, String(value)], drawn]);
};
addEventListener("focusin", note);
"""


def test_everything_is_reached_and_played_by_keyboard(player):
    page = player.page
    page.evaluate("document.querySelector('#shape').open = true")
    page.locator("#run").focus()
    page.evaluate(FOCUSED)
    for _ in range(110):
        page.keyboard.press("Tab")
    page.evaluate("focused.stop()")
    for names, ring in page.evaluate("focused.places"):
        assert ring, names
    reached = {name for names, _ in page.evaluate("focused.places") for name in [*names, *names[1].split()]}
    wanted = {"tempo", "open-menu", "volume", "handle", "class", "vary", "dice", "crop start", "crop end", "play-sound"}
    wanted |= {"save-sound", "fine", "level", "amount", "pad", "new-kit", "swing", "step", "mute"}
    assert wanted <= reached, wanted - reached
    page.locator("#open-menu").focus()
    page.keyboard.press("Enter")
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('#shape').open = false")
    before = page.evaluate("document.activeElement.blur(), heard.length")
    page.locator(".pad").nth(1).focus()
    page.keyboard.press("Enter")
    assert page.evaluate("heard.length") > before and page.locator("#class").input_value() == "clap"


@pytest.fixture(scope="module")
def phone(browser, server, screenshots):
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    player = Player(context.new_page(), server.http, screenshots).open()
    yield player
    context.close()
    assert not player.errors


def scrolled(player) -> float:
    return player.page.evaluate("scrollY")


def test_a_swipe_scrolls_and_edits_nothing(phone):
    page = phone.page
    page.locator(".pad").first.tap()  # from now on the address holds the work
    for selector in (".lane.selected .step", ".pad", "#xy canvas", "#wave canvas"):
        page.evaluate("selector => document.querySelector(selector).scrollIntoView({ block: 'center' })", selector)
        phone.settle()
        before, place = page.evaluate("location.hash"), scrolled(phone)
        way = -120 if place < 600 else 120
        phone.swipe(selector, dy=way, at=(0.3, 0.5))
        assert abs(scrolled(phone) - place) > 40, selector
        phone.settle()
        assert page.evaluate("location.hash") == before, selector


def test_a_finger_paints_steps_taps_the_pad_and_drags_its_point(phone):
    page = phone.page
    page.locator(".lane.selected .step").first.scroll_into_view_if_needed()
    page.locator("#clear").tap()
    width = page.locator(".step").first.bounding_box()["width"]
    phone.swipe(".step", dx=3 * width)
    page.locator(".step").nth(9).tap()
    assert [at for at, state in enumerate(phone.steps()) if state == "on"] == [0, 1, 2, 3, 9]
    page.locator(".lane .name").nth(4).tap()  # opens the lane
    page.locator(".lane").nth(4).locator(".step").nth(15).tap()
    assert phone.steps()[4 * 16 + 15] == "on"
    page.evaluate("scrollTo(0, 0)")
    box = page.locator("#xy").bounding_box()
    page.touchscreen.tap(box["x"] + 0.7 * box["width"], box["y"] + 0.12 * box["height"])  # where no dot is
    assert phone.value("#xy .handle") == pytest.approx(phone.across(0.7), abs=0.05)
    phone.swipe("#xy .handle", dx=0.2 * box["width"], dy=60)
    assert phone.value("#xy .handle") == pytest.approx(phone.across(0.9), abs=0.2) and scrolled(phone) == 0
    phone.shoot("phone")


SMALL = """least => [...document.querySelectorAll(
        "button:not(dialog *, .menu *, .toast *), select, summary, .segments label, .dial, .pad")]
    .filter((e) => e.checkVisibility() && getComputedStyle(e).pointerEvents !== "none")
    .map((e) => [e, e.getBoundingClientRect()])
    .filter(([e, box]) => Math.min(box.width, box.height) < least)
    .map(([e, box]) => `${e.id || e.className} ${box.width} x ${box.height}`)"""


TEMPO_END = """(() => {
    const text = new Range();
    text.selectNodeContents(document.querySelector(".tempo output"));
    return text.getBoundingClientRect().right;
})()"""


def test_targets_are_large_and_the_transport_stays_in_view(phone, visit, server):
    tablet = visit(server, TABLET, has_touch=True, is_mobile=True).open()
    zoomed = visit(server, {"width": 640, "height": 400}, device_scale_factor=2).open()  # a laptop at 200 %
    laptop = visit(server, {"width": 1440, "height": 900}).open()
    for player in (phone, tablet, zoomed, laptop):
        page = player.page
        size = page.viewport_size
        for end in (0, 1e6):
            page.evaluate("end => scrollTo(0, end)", end)
            page.wait_for_timeout(50)
            for control in ("#run", "#tempo", "#undo", "#open-menu"):
                box = page.locator(control).bounding_box()
                assert 0 <= box["y"] < box["y"] + box["height"] <= 60, control
                assert 0 <= box["x"] < box["x"] + box["width"] <= size["width"], control
        assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
        assert page.evaluate(TEMPO_END) <= page.locator("#undo").bounding_box()["x"]
        assert player is laptop or page.evaluate(SMALL, 38) == []
        player.shoot(f"{size['width']}")
    tablet.hears(tablet.page.locator(".pad").nth(4).tap)
    assert tablet.page.locator("#class").input_value() == "closed_hat"


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_axe_finds_nothing_serious(player, width):
    page = player.page
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(AXE_SCRIPT)
    page.locator("#open-menu").click()
    places = {
        "page and menu": None,
        "help": "#open-help",
        "midi": "#open-midi",
        "export": "#open-export",
        "sounds so far": "#open-rolled",
        "projects": "#open-projects",
    }
    for place, opener in places.items():
        if opener:
            page.locator(opener).evaluate("button => button.click()")  # the menu may lie above it
        page.wait_for_timeout(100)
        options = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
        found = page.evaluate("options => axe.run(document, options)", options)["violations"]
        serious = [
            (rule["id"], [node["target"] for node in rule["nodes"]][:4])
            for rule in found
            if rule["impact"] in ("serious", "critical")
        ]
        assert serious == [], place
        if opener:
            page.keyboard.press("Escape")
            page.locator("#open-menu").click()
    page.keyboard.press("Escape")


def test_forced_colours_and_reduced_motion_are_honoured(visit, server):
    player = visit(server, forced_colors="active", reduced_motion="reduce").open()
    page = player.page
    page.locator(".step").nth(1).click(modifiers=["Shift"])
    colours = [
        page.locator(f".lane:first-child .step[data-state={state}]")
        .nth(2 if state == "off" else 0)
        .evaluate("e => getComputedStyle(e).backgroundColor")
        for state in ("off", "on", "accent")
    ]
    assert len(set(colours)) == 3
    mute = page.locator(".mute").first
    plain = mute.evaluate("e => getComputedStyle(e).backgroundColor")
    mute.click()
    assert mute.evaluate("e => getComputedStyle(e).backgroundColor") != plain
    mute.click()
    player.hears(lambda: page.keyboard.press("1"))
    page.locator("#run").click()
    page.wait_for_timeout(600)
    assert page.evaluate("document.getAnimations().length") == 0
    player.shoot("forced-colours")
