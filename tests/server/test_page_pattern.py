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
    player.until(f"sent.slice({before}).filter(([, message]) => message.slot === 'take').length > 17", 60)
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
    page.locator("#long").click()
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
    page.wait_for_timeout(500)
    page.reload()
    player.ready()
    assert kick.nth(19).get_attribute("aria-label") == "Kick, step 20: on, velocity 43 %, chance 60 %"
    for _ in range(4):
        page.keyboard.press("Control+z")
    assert kick.nth(20).get_attribute("aria-label") == "Kick, step 21: accent, velocity 95 %"
    page.locator("#clear").click()
    assert set(player.steps()) == {"off"}
