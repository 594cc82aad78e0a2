"""Kits, the sounds so far, and projects on the page, in headless Chromium before the real server."""

import json

import numpy as np

from drumjax.config import CLASSES
from drumjax.kits import pads
from drumjax.play import controls

SOUNDS = """import("/static/link.js").then(({ decode }) => {
    const doc = decode(decodeURI(location.hash.slice(1)));
    return doc.kits[doc.kit].map(({ sound }) => [sound.class, sound.seed]);
})"""


def seeds(player) -> dict[str, int | None]:
    player.rest()  # until the address is written
    return dict(player.page.evaluate(SOUNDS))


def test_a_new_kit_belongs_together_and_leaves_locked_pads(player, synth):
    page = player.page
    page.locator("#lock").click()
    page.locator(".pad").nth(2).click()
    page.keyboard.press("l")
    assert page.locator(".pad.locked").count() == 2 and page.locator("#lock").get_attribute("aria-pressed") == "true"
    before = seeds(player)
    count = page.evaluate("sent.length")
    page.locator("#new-kit").click()
    player.until("document.querySelector('#new-kit').ariaBusy === 'false'", 60)
    found = seeds(player)
    assert {name for name in CLASSES if found[name] == before[name]} == {"kick", "snare"}
    kit = page.evaluate(f"sent.slice({count}).find(([, message]) => message.type === 'kit')[1].seed")
    if found["clap"] in range(1000 * kit, 1000 * kit + 1000):  # else a busy server took too long
        assert found["clap"] == pads.class_seeds(synth, kit, "clap")["clap"]
        assert all(value in range(1000 * kit, 1000 * kit + 1000) for value in found.values() if value is not None)
    page.keyboard.press("Control+z")
    assert seeds(player) == before and page.locator(".pad.locked").count() == 2


def test_the_dice_draws_seeds_whose_sounds_strict_sampling_accepts(player, synth):
    page = player.page
    page.locator(".pad").nth(CLASSES.index("bongo")).click()
    asked = "sent.flatMap(([, message]) => message.type === 'seeds' && message.class === 'bongo' ? message.seed : [])"
    player.until(f"{asked}.length > 0")
    for _ in range(200):  # until seeds have come, which the first time takes seconds, any seed is drawn
        page.keyboard.press("n")
        found = seeds(player)["bongo"]
        if found // 1000 in page.evaluate(asked):
            break
    assert found in pads.strict_seeds(synth, "bongo", 8, found // 1000 * 1000)
    page.keyboard.press("Control+z")
    assert seeds(player)["bongo"] != found


def test_the_kits_to_start_from_are_those_of_their_seeds_and_sound_sane(player, synth):
    kits = player.page.evaluate("import('/static/kits.js').then(({ KITS }) => KITS)")
    assert len(kits) == len({kit["name"] for kit in kits}) == 12
    for kit in kits:
        levels = kit["levels"].values()
        assert list(kit["seeds"]) == list(CLASSES) and 0.2 <= min(levels) <= max(levels) <= 1.3
        assert {seed // 1000 for seed in kit["seeds"].values()} == {kit["seeds"]["kick"] // 1000}
    found = {}
    for name in ("kick", "tom", "closed_hat", "open_hat"):
        z = np.concatenate([synth.draw(name, 1, kit["seeds"][name]) for kit in kits])
        found[name] = controls.properties(synth.decode(z, name), synth.config.audio)
    assert (found["kick"]["pitch"] < 6.7).all() and (found["kick"]["bass"] > 8).all()
    for hat in ("closed_hat", "open_hat"):
        assert (found[hat]["brightness"] > 0).all() and (found["tom"]["brightness"] < 0).all()
    assert (found["open_hat"]["decay"] > found["closed_hat"]["decay"]).all()
    for kick in synth.render(
        np.concatenate([synth.draw("kick", 1, kit["seeds"]["kick"]) for kit in kits]), ["kick"] * 12
    ):
        energy = np.convolve(kick**2, np.ones(220), "same")  # of 5 ms
        assert np.argmax(energy) < 0.02 * synth.rate  # struck, not swelling


def test_the_first_visit_starts_with_a_kit_and_rolled_sounds_are_kept(visit, server):
    player = visit(server).open()
    page = player.page
    kits = page.evaluate("import('/static/kits.js').then(({ KITS }) => KITS)")
    mark = player.hears(page.locator("#play-sound").click)[-1]["mark"]
    name = page.locator("#base").inner_text()
    rolled = player.hears(page.locator("#dice").click)[-1]["mark"]
    assert seeds(player)["snare"] == kits[0]["seeds"]["snare"]
    page.locator("#open-menu").click()
    page.locator("#open-rolled").click()
    entries = page.locator("#rolled-list li")
    assert entries.count() == 12  # the first kit and one more, the newest first
    assert page.locator("#rolled-list .entry").nth(1).inner_text() == f"{name} kick"
    assert player.hears(page.locator("#rolled-list .entry").nth(1).click)[-1]["mark"] == mark
    entries.nth(1).get_by_role("button", name="Favourite").click()
    page.locator("#favourites").check(force=True)
    assert entries.count() == 1
    player.shoot("rolled")
    entries.nth(0).get_by_role("button", name="Put on").click()
    page.keyboard.press("Escape")
    player.settle()
    assert player.hears(page.locator("#play-sound").click)[-1]["mark"] == mark != rolled
    page.locator("#open-kits").click()
    page.get_by_role("button", name=kits[3]["name"]).click()
    player.shoot("kits-to-start-from")
    page.keyboard.press("Escape")
    assert seeds(player) == kits[3]["seeds"]
    player.again()
    page.locator("#open-menu").click()
    page.locator("#open-rolled").click()
    assert entries.count() == 23 and page.locator("#rolled-list [aria-pressed=true]").count() == 1


def test_projects_are_saved_renamed_opened_and_files(player, tmp_path):
    page = player.page
    page.locator("#tempo").fill("97")

    def shelf() -> None:
        page.locator("#open-menu").click()
        page.locator("#open-projects").click()

    def names() -> list[str]:
        return page.eval_on_selector_all("#project-list input", "all => all.map(({ value }) => value)")

    shelf()
    page.locator("#project-name").fill("First beat")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.locator("#tempo").fill("151")
    shelf()
    page.get_by_role("button", name="Save", exact=True).click()  # the open project again
    assert names() == ["First beat"]
    page.locator("#project-name").fill("Second")
    page.keyboard.press("Enter")
    assert names() == ["Second", "First beat"]
    page.locator("#project-list input").nth(0).fill("First beat")
    page.keyboard.press("Tab")
    assert names() == ["First beat 2", "First beat"]  # no name stands for two
    with page.expect_download() as download:
        page.get_by_role("button", name="File First beat", exact=True).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "First beat.json" and json.loads(path.read_text())["name"] == "First beat"
    player.shoot("projects")
    for _ in range(2):
        page.get_by_role("button", name="Delete First beat", exact=True).click()
    assert names() == ["First beat 2"]
    page.keyboard.press("Escape")
    page.locator("#tempo").fill("60")
    shelf()
    page.locator("#project-file").set_input_files(path)
    page.get_by_text("First beat is open").wait_for()
    assert page.locator("#tempo").input_value() == "151" and names() == ["First beat", "First beat 2"]
    (tmp_path / "other.json").write_text('{"format": "something"}')
    page.locator("#project-file").set_input_files(tmp_path / "other.json")
    page.get_by_text("other.json cannot be opened: not a project of drumjax.").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    assert page.locator("#tempo").input_value() == "60"


def test_names_of_seeds_are_plain_words_and_differ(player):
    names = player.page.evaluate("""import("/static/names.js").then(({ nameOfSeed }) =>
        Array.from({ length: 2000 }, (_, i) => nameOfSeed(i < 1000 ? i : Math.imul(i, 1e6 + 3) >>> 1)))""")
    assert all(name.replace(" ", "").isalpha() and len(name.split()) == 2 for name in names)
    assert len(set(names[:100])) > 95 and len(set(names)) > 1200
    again = player.page.evaluate("import('/static/names.js').then(({ nameOfSeed }) => nameOfSeed(7))")
    assert again == names[7] and np.unique([name.split()[0] for name in names]).size > 55
