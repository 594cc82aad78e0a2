"""The user's own sounds on the page: dropped, heard unchanged, edited, kept, copied, and missed where they are not."""

import base64
import hashlib
import io
import json
import re

import numpy as np
import soundfile

RATE = 48000
DROP = """([selector, files]) => {
    const data = new DataTransfer();
    const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    for (const [name, text] of files) data.items.add(new File([bytes(text)], name));
    const init = { dataTransfer: data, bubbles: true, cancelable: true };
    const target = document.querySelector(selector);
    for (const type of ["dragover", "drop"]) target.dispatchEvent(new DragEvent(type, init));
}"""


def stroke(hz, seconds=0.15):
    """A decaying tone that is softer on the right, and the WAV of it."""
    time = np.arange(round(seconds * RATE)) / RATE
    wave = 0.6 * np.sin(2 * np.pi * hz * time) * np.exp(-20 * time)
    stereo = np.stack([wave, 0.5 * wave], axis=1).astype(np.float32)
    content = io.BytesIO()
    soundfile.write(content, stereo, RATE, format="WAV", subtype="PCM_24")
    return stereo, content.getvalue()


def drop(page, selector, *files):
    page.evaluate(DROP, [selector, [[name, base64.b64encode(content).decode()] for name, content in files]])


def title(page, pad):
    return page.locator(".pad .name").nth(pad).text_content()


def strikes(player, pad):
    """The last voice, and its samples, once the pad has its sound."""
    player.settle()
    voice = player.hears(lambda: player.page.locator(".pad").nth(pad).click(position={"x": 30, "y": 6}))[-1]
    return voice, player.samples()


def is_same(samples, wave):
    length = min(len(samples), len(wave))
    return length > 0.9 * len(wave) and np.abs(samples[:length] - wave[:length, 0]).max() < 1e-4


def test_files_are_dropped_heard_unchanged_edited_and_kept(player):
    page = player.page
    (tom, tom_wav), (snare, snare_wav) = stroke(110), stroke(330)
    heard = player.hears(lambda: drop(page, ".pad:nth-child(4)", ("my tom.wav", tom_wav), ("snare 2.wav", snare_wav)))
    assert heard[0]["channels"] == 2  # at once
    player.until("document.querySelectorAll('.pad .name')[4].textContent === 'snare 2'", 60)
    assert title(page, 3) == "my tom" and "snare 2.wav: Snare" in page.locator("#toast").text_content()
    voice, samples = strikes(player, 3)
    assert is_same(samples, tom) and (voice["rate"], voice["channels"]) == (RATE, 2)
    assert page.locator("#class").input_value() == "tom" and "my tom.wav" in page.locator("#base").text_content()
    # Knobs, takes and variations act on it; undo leads back to the file.
    for act in (
        lambda: page.locator("#fine").press("ArrowUp"),
        lambda: page.keyboard.press("g"),
        page.locator("#vary").click,
    ):
        player.hears(act)
        assert not is_same(strikes(player, 3)[1], tom)
        page.keyboard.press("Control+z")
        assert is_same(strikes(player, 3)[1], tom)
    page.keyboard.press("Control+Shift+z")
    page.locator("#centre").click()
    assert is_same(strikes(player, 3)[1], tom)
    # Onto another pad, and after a reload.
    places = [page.locator(".pad").nth(pad).bounding_box() for pad in (3, 6)]
    page.mouse.move(places[0]["x"] + 20, places[0]["y"] + 20)
    page.mouse.down()
    page.mouse.move(places[1]["x"] + 20, places[1]["y"] + 20, steps=5)
    assert "target" in page.locator(".pad").nth(6).get_attribute("class")
    page.mouse.up()
    assert title(page, 6) == "my tom" and is_same(strikes(player, 6)[1], tom)
    page.reload()
    player.ready()
    assert title(page, 6) == "my tom" and is_same(strikes(player, 6)[1], tom) and is_same(strikes(player, 4)[1], snare)


def test_a_file_that_the_server_lost_is_sent_again_and_one_that_nobody_has_is_named(player):
    page = player.page
    wave, content = stroke(150)
    key = hashlib.sha256(content).hexdigest()[:16]
    keep = """async ([key, text]) => {
        const { keepFile } = await import("/static/files.js");
        await keepFile(key, "low tom.wav", Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    }"""
    page.evaluate(keep, [key, base64.b64encode(content).decode()])
    kit = "{},clap~0~0~0,snare~0~0~0,open_hat~0~0~0,closed_hat~0~0~0,tambourine~0~0~0,conga~0~0~0,bongo~0~0~0"
    kit = f"#a={kit},shaker~0~0~0,snap~0~0~0,tom~0~0~0"
    page.goto(player.url + kit.format(f"tom~0~0~0~H{key}~Nlow_20_tom.wav"))
    assert is_same(strikes(player, 0)[1], wave) and title(page, 0) == "low tom"
    page.goto(player.url + kit.format("tom~0~0~0~H0123456789abcdef~Nhigh_20_tom.wav"))
    page.get_by_text("high tom.wav is not in this browser").wait_for()
    assert strikes(player, 0)[0]["mark"] == strikes(player, 10)[0]["mark"]  # the typical tom in its place


def test_what_is_no_sound_is_told_in_a_line_and_the_pad_keeps_its_own(player):
    page = player.page
    before = strikes(player, 1)[0]["mark"]
    drop(page, ".pad:nth-child(2)", ("letter.txt", b"Dear all,"))
    page.get_by_text("letter.txt: cannot decode").wait_for()
    assert title(page, 1) == "Clap" and strikes(player, 1)[0]["mark"] == before
    player.errors[:] = [text for text in player.errors if "400 (Bad Request)" not in text]


def test_a_sound_is_blended_with_another_class_or_pad_and_has_takes(player):
    page = player.page
    page.locator("#shape summary").click()
    marks = [strikes(player, 0)[0]["mark"]]
    for choice in ("Snare", "3: Snare"):
        page.locator("#blend").select_option(label=choice)
        marks.append(strikes(player, 0)[0]["mark"])
    page.locator("#blend-share").fill("100")
    marks += [strikes(player, 0)[0]["mark"]]
    assert marks[1] == marks[2] and len(set(marks)) == 3
    assert marks[3] == strikes(player, 2)[0]["mark"]  # a snare, whole
    page.locator(".pad").first.click()
    page.locator("#take-more").click()
    assert page.locator("#take").text_content() == "Take 1"
    taken = strikes(player, 0)[0]["mark"]
    assert taken not in marks
    page.reload()
    player.ready()
    assert strikes(player, 0)[0]["mark"] == taken
    page.locator("#shape summary").click()
    assert page.locator("#blend-share").input_value() == "100"
    page.locator("#take-less").click()
    assert strikes(player, 0)[0]["mark"] == marks[3]
    page.locator("#shape summary").click()
    page.evaluate("location.hash = location.hash.replace(/a=[^~]*/, 'a=snare-3-kick-1')")  # a mix of classes
    player.until("sent.findLast(([, { slot }]) => slot === 'pad0')[1].sound.class === 'snare:3,kick:1'")
    assert "75 % snare, 25 % kick" in page.locator("#base").text_content()


def test_a_saved_pad_comes_back_with_its_knobs(player, tmp_path):
    page = player.page
    page.locator(".pad").nth(2).click()
    for act in (
        page.locator("#dice").click,
        lambda: page.locator("#fine").press("ArrowUp"),
        page.locator("#vary").click,
    ):
        player.hears(act)
    player.hears(lambda: page.keyboard.press("g"))
    mark, own = strikes(player, 2)[0]["mark"], player.samples()
    with page.expect_download() as download:
        page.locator("#save-sound").click()
    download.value.save_as(tmp_path / "saved.wav")
    content = (tmp_path / "saved.wav").read_bytes()
    drop(page, ".pad:nth-child(1)", ("saved snare.wav", content))
    page.get_by_text("saved snare.wav was made by drumjax").wait_for(timeout=60_000)
    assert title(page, 0) == "Snare" and strikes(player, 0)[0]["mark"] == mark
    page.keyboard.press("Control+z")
    drop(page, ".pad:nth-child(1)", ("saved snare.wav", content))
    page.get_by_role("button", name="Use the audio instead").click()
    assert title(page, 0) == "saved snare"
    length = min(len(own), len(strikes(player, 0)[1]))
    assert np.corrcoef(player.samples()[:length], own[:length])[0, 1] > 0.99
    plain = re.sub(rb'"(knobs|vary)":\[.*?\]+,', lambda found: b" " * len(found[0]), content)  # as generate does
    drop(page, ".pad:nth-child(1)", ("plain snare.wav", plain))
    page.get_by_text("plain snare.wav was made by drumjax").wait_for()
    drop(page, ".pad:nth-child(2)", ("damaged snare.wav", content.replace(b'"knobs"', b'"knubs"')))
    page.get_by_text("Its comment by drumjax is damaged").wait_for()
    page.get_by_text("so its audio is used. damaged snare.wav:").wait_for()
    assert title(page, 1) == "damaged snare"


def test_a_project_file_takes_its_sounds_to_another_browser(player, visit, server, tmp_path):
    page = player.page
    conga, wav = stroke(180, 0.1)
    drop(page, ".pad:nth-child(7)", ("my conga.wav", wav))
    player.until("document.querySelectorAll('.pad .name')[6].textContent === 'my conga'", 60)

    def shelf(page) -> None:
        page.locator("#open-menu").click()
        page.locator("#open-projects").click()

    shelf(page)
    page.locator("#project-name").fill("To go")
    page.keyboard.press("Enter")
    with page.expect_download() as download:
        page.get_by_role("button", name="File To go", exact=True).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    page.keyboard.press("Escape")
    other = visit(server).open()
    shelf(other.page)
    damaged = json.loads(path.read_text())
    damaged["sounds"][0]["data"] = base64.b64encode(wav[:-2]).decode()
    (tmp_path / "damaged.json").write_text(json.dumps(damaged))
    other.page.locator("#project-file").set_input_files(tmp_path / "damaged.json")
    other.page.get_by_text("damaged.json cannot be opened: its sound my conga.wav is damaged.").wait_for()
    other.page.locator("#project-file").set_input_files(path)
    other.page.get_by_text("To go is open").wait_for()
    other.page.keyboard.press("Escape")
    key = hashlib.sha256(wav).hexdigest()[:16]
    kept = """key => import("/static/files.js").then(async ({ fileOf, textOf }) => {
        const file = await fileOf(key);
        return file && [file.name, await textOf(file.bytes)];
    })"""
    assert other.page.evaluate(kept, key) == ["my conga.wav", base64.b64encode(wav).decode()]
    assert is_same(strikes(other, 6)[1], conga)
