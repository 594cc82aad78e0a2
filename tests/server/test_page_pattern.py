"""The pattern on the page: its banks, steps and schedule, in headless Chromium before the real server."""

import itertools

import numpy as np
import pytest

SCHEDULE = """async (bars) => {
    const { hitsOf } = await import("/static/hits.js");
    const { decode } = await import("/static/link.js");
    return hitsOf(decode(location.hash.slice(1)), bars, { texture: true });
}"""


def schedule(player, fragment: str, bars: int) -> list[dict]:
    player.page.evaluate("hash => { location.hash = hash; }", fragment)
    return player.page.evaluate(SCHEDULE, bars)


def lanes(**accents: str) -> str:
    """The hexadecimal masks of a pattern: kick="8080" for hits on steps 1 and 9."""
    names = ["kick", "clap", "snare", "open_hat", "closed_hat", "tambourine", "conga", "bongo", "shaker", "snap", "tom"]
    return "".join(accents.get(name, "0000") + "0000" for name in names)


def test_the_schedule_has_swing_velocities_chances_and_takes(player):
    everywhere = lanes(kick="ffff", snare="8000")
    # The fragment of the first release's pages, and one with fine steps.
    plain = schedule(player, f"p={everywhere}&t=150&w=60&h=0", 2)
    times = [hit["time"] for hit in plain if hit["pad"] == 0]
    assert np.diff(times) == pytest.approx([0.12, 0.08] * 15 + [0.12], abs=1e-9)
    assert {hit["velocity"] for hit in plain} == {0.7} and {hit["take"] is None for hit in plain} == {True}
    assert [hit["time"] for hit in plain if hit["pad"] == 2] == pytest.approx([0, 1.6])
    rare = f"p={everywhere}~0-4-55-100~{'~'.join(f'0-{step}-70-25' for step in range(6, 16))}&t=150&w=60&h=50"
    fine = schedule(player, f"{rare}&e=7", 40)
    kicks = [hit for hit in fine if hit["pad"] == 0]
    assert [hit["velocity"] for hit in kicks if hit["step"] % 16 == 4] == [0.55] * 40
    share = sum(hit["step"] % 16 >= 6 for hit in kicks) / 400
    assert share == pytest.approx(0.25, abs=0.065)  # three standard deviations
    takes = [(tuple(hit["take"]["vary"][0]), hit["take"]["texture"]) for hit in kicks[:40]]
    assert len(set(takes)) == 13 and all(a != b for a, b in itertools.pairwise(takes))
    assert {amount for (amount, _), _ in takes} == {0.15}
    assert schedule(player, f"{rare}&e=7", 40) == fine
    other = schedule(player, f"{rare}&e=8", 1)
    assert {hit["take"]["texture"] for hit in other}.isdisjoint(texture for _, texture in takes)


def test_what_is_scheduled_is_what_is_heard(player):
    page = player.page
    rare = "~".join(f"0-{step}-{40 + step}-50" for step in range(16))
    expected = schedule(player, f"p={lanes(kick='ffff', snare='0808')}~{rare}&t=120&w=50&h=60&e=3", 6)
    assert 30 < len(expected) < 90
    player.settle()
    before = page.evaluate("sent.length")
    page.locator("#run").click()
    # The takes of two bars have come: the 13 of the kick and 4 of the snare.
    player.until(f"sent.slice({before}).filter(([, message]) => message.slot === 'take').length > 17", 180)
    page.locator("#run").click()
    heard = player.hears(page.locator("#run").click, least=20)
    page.locator("#run").click()
    first = heard[0]["when"] - expected[0]["time"]
    takes: dict[tuple, set] = {}
    for voice in heard:
        # A page that a busy machine held up leaves hits out, but plays none that is not in the schedule.
        hit = min(expected, key=lambda hit: abs(hit["time"] - voice["when"] + first))
        assert hit["time"] == pytest.approx(voice["when"] - first, abs=1e-3)
        same = [other for other in expected if other["step"] == hit["step"]]
        (hit,) = [other for other in same if other["velocity"] == pytest.approx(voice["level"])]
        takes.setdefault((hit["pad"], hit["take"]["texture"]), set()).add(voice["mark"])
    assert all(len(marks) == 1 for marks in takes.values())
    assert len(set.union(*takes.values())) == len(takes) > 8


def test_banks_have_their_own_steps_length_and_fine_values(player):
    page = player.page
    page.locator("#banks [value=b]").check(force=True)
    assert set(player.steps()) == {"off"} and len(player.steps()) == 176
    page.locator(".step").nth(3).click()
    page.locator("#open-pattern").click()
    page.locator("#length [value='32']").check(force=True)
    page.keyboard.press("Escape")
    kick = page.locator(".lane").first.locator(".step")
    assert [at for at in range(32) if kick.nth(at).get_attribute("data-state") == "on"] == [3, 19]
    kick.nth(19).click(button="right")
    page.locator("#velocity").fill("43")
    page.locator("#chance").fill("60")
    player.shoot("step")
    page.keyboard.press("Escape")
    assert kick.nth(19).get_attribute("aria-label") == "Kick, step 20: on, velocity 43 %, chance 60 %"
    kick.nth(20).click(delay=500)  # held: an accent, and its popover
    assert page.locator("#step").is_visible() and page.locator("#velocity").input_value() == "100"
    page.keyboard.press("Escape")
    kick.nth(20).focus()
    for key in ("PageDown", "Shift+PageDown", "Shift+PageDown", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    assert kick.nth(20).get_attribute("aria-label") == "Kick, step 21: accent, velocity 95 %, chance 90 %"
    player.shoot("bank-b")
    page.locator("#banks [value=a]").check(force=True)
    assert len(player.steps()) == 176 and player.steps()[0] == "on"
    page.locator("#banks [value=b]").check(force=True)
    kick.nth(24).click()
    page.reload()  # before the address is written
    player.ready()
    assert kick.nth(19).get_attribute("aria-label") == "Kick, step 20: on, velocity 43 %, chance 60 %"
    assert kick.nth(24).get_attribute("aria-label") == "Kick, step 25: on"
    for _ in range(5):
        page.keyboard.press("Control+z")
    assert kick.nth(20).get_attribute("aria-label") == "Kick, step 21: accent, velocity 95 %"
    page.locator("#clear").click()
    assert set(player.steps()) == {"off"}


def test_another_pattern_begins_with_the_next_bar_and_with_shift_at_once(player):
    page = player.page
    bank = "document.querySelector('#banks :checked').value"
    queued = page.locator("#banks .queued")
    patterns = f"p={lanes(kick='ffff')}&pb={lanes(clap='ffff')}"
    page.evaluate("hash => { location.hash = hash; }", f"{patterns}&t=240&w=50&h=0")
    player.settle()
    mark = {}
    for pad, name in ((0, "kick"), (1, "clap")):
        mark[player.hears(page.locator(".pad").nth(pad).click)[-1]["mark"]] = name
    start = page.evaluate("heard.length")
    page.locator("#run").click()
    player.until("document.querySelector('.step.now')")  # before the first step sounds, another pattern takes its place
    choose = """banks => banks.map((bank) => {
        document.querySelector(`#banks [value=${bank}]`).click();
        const shown = ["#banks .queued input", "#banks :checked"].map((found) => document.querySelector(found)?.value);
        return shown.join();
    })"""  # before the bar ends
    assert page.evaluate(choose, ["b", "a", "c", "b"]) == ["b,a", ",a", "c,a", "b,a"]
    player.shoot("queued")
    player.until(f"{bank} === 'b'")
    assert queued.count() == 0
    player.until(f"heard.length > {page.evaluate('heard.length')} + 8")
    page.locator("#run").click()
    began = player.heard()[start]["when"]  # whether or not it was taken back, on a busy machine
    voices = [voice for voice in player.heard()[start:] if voice["stop"] > voice["when"] + 0.001]
    heard = sorted((voice["when"], mark[voice["mark"]]) for voice in voices)
    first = next(at for at, name in heard if name == "clap")
    steps = {name: {round((at - first) / 0.0625) for at, what in heard if what == name} for name in mark.values()}
    assert all(step < 0 for step in steps["kick"]) and round((first - began) / 0.0625) % 16 == 0
    assert page.evaluate(bank) == "b"
    page.keyboard.press("Control+z")
    assert page.evaluate(bank) == "a"
    page.locator("#run").click()
    player.until("document.querySelector('.step.now')")
    page.locator("#banks [value=c]").click(force=True, modifiers=["Shift"])
    assert page.evaluate(bank) == "c" and queued.count() == 0
    assert page.evaluate(choose, ["d", "d"]) == ["d,c", ",d"]  # chosen again: at once
    page.locator("#banks [value=d]").focus()
    page.keyboard.press("ArrowLeft")
    player.until(f"{bank} === 'c'")
    page.locator("#banks [value=a]").click(force=True)
    page.locator("#run").click()  # a stop does not lose the choice
    assert page.evaluate(bank) == "a" and queued.count() == 0


def states(player, pad: int) -> str:
    letters = {"off": ".", "on": "x", "accent": "X"}
    return "".join(letters[state] for state in player.steps()[16 * pad : 16 * (pad + 1)])


def choose(player, selector: str) -> None:
    player.page.locator("#open-pattern").click()
    player.page.locator(selector).click()
    assert not player.page.locator("#pattern-menu").is_visible()


def test_lanes_and_patterns_are_copied_and_soloed(player):
    page = player.page
    kick = states(player, 0)
    choose(player, "#copy-lane")
    page.locator(".lane .name").nth(10).click()
    choose(player, "#paste-lane")
    assert states(player, 10) == kick
    page.locator(".lane .name").nth(2).focus()
    page.keyboard.press("Control+c")
    page.locator(".step[data-pad='9'][data-step='3']").focus()
    page.keyboard.press("Control+v")
    assert states(player, 9) == states(player, 2) == "....X.......X..."
    page.keyboard.press("Control+z")
    assert states(player, 9) == "................"
    choose(player, "#copy-pattern")
    page.locator("#banks [value=c]").check(force=True)
    choose(player, "#paste-pattern")
    assert states(player, 10) == kick
    page.locator(".solo").nth(2).click()
    page.locator(".mute:not(.solo)").nth(2).click()
    assert page.locator(".lane:not(.muted)").count() == 1
    snares = player.hears(page.locator("#run").click, least=3)
    page.locator("#run").click()
    assert {voice["level"] for voice in snares} == {1}  # accents only: the snare's
    page.locator(".solo").nth(2).click()
    assert page.locator(".lane.muted").count() == 1


def test_a_pattern_starts_from_a_groove_and_values_are_typed_and_tapped(player):
    page = player.page
    player.shoot("grooves-before")
    page.locator("#open-pattern").click()
    player.shoot("pattern-menu")
    page.get_by_role("button", name="Boom bap").click()
    assert page.locator("#tempo").input_value() == "88" and page.locator("#swing").input_value() == "60"
    assert states(player, 2) == "....X..x....X..x"
    page.locator("#banks [value=b]").check(force=True)
    choose(player, "#grooves button >> text=Trap hats")
    assert page.locator("#tempo").input_value() == "88"  # that of pattern A
    assert len(player.steps()) == 11 * 32
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.locator(".tempo output").click()
    page.keyboard.type("131")
    page.keyboard.press("Enter")
    assert page.locator("#tempo").input_value() == "131" and not page.locator("#typed").is_visible()
    page.locator("#swing").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("999")
    page.keyboard.press("Enter")
    assert page.locator("#swing").input_value() == "75"
    page.locator("#swing").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("60")
    page.keyboard.press("Escape")
    assert page.locator("#swing").input_value() == "75"
    taps = """async () => {
        const { Taps } = await import("/static/typing.js");
        const taps = new Taps();
        return [0, 510, 990, 1500, 9000, 9400].map((time) => taps.add(time));
    }"""
    assert page.evaluate(taps) == pytest.approx([None, 60000 / 510, 60000 / 495, 120, None, 150])
    page.evaluate("document.activeElement.blur()")
    tempo = page.locator("#tempo").input_value()
    for _ in range(8):  # a pause of 2 s, on a busy machine, begins anew
        page.keyboard.press("t")
        page.wait_for_timeout(500)
        if page.locator("#tempo").input_value() != tempo:
            break
    tapped = int(page.locator("#tempo").input_value())
    assert tapped != int(tempo) and 40 <= tapped <= 125
    player.rest(1200)  # then the taps are one step of undo
    page.keyboard.press("Control+z")
    assert page.locator("#tempo").input_value() == tempo
    page.locator(".tempo output").click()
    player.shoot("tempo")
    assert page.locator("#tap").is_visible()
    page.keyboard.press("Escape")


def test_the_patterns_to_start_from_fit_the_instrument(player):
    grooves = player.page.evaluate("""Promise.all([import("/static/grooves.js"), import("/static/kit.js")])
        .then(([{ GROOVES }, { CLASSES, LIMITS }]) => [GROOVES, CLASSES.map(({ name }) => name), LIMITS])""")
    found, classes, limits = grooves
    assert len(found) >= 6 and len({groove["name"] for groove in found}) == len(found)
    for groove in found:
        for name in ("tempo", "swing"):
            assert limits[name]["min"] <= groove.pop(name) <= limits[name]["max"]
        lanes = {name: text for name, text in groove.items() if name != "name"}
        assert set(lanes) <= set(classes) and "kick" in lanes
        assert {len(text) for text in lanes.values()} <= {16, 32} and set("".join(lanes.values())) <= set(".xXo")
