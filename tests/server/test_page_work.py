"""Work on the page that is kept, linked and never lost, in headless Chromium before the real server."""

import signal

import pytest
from player import Player

from drumjax.server.trial import harness


def test_a_link_is_a_preset(player, visit, server):
    page = player.page
    player.hears(page.locator("#dice").click)
    player.hears(lambda: player.drag("#xy", (0.5, 0.5), (0.7, 0.6)))
    player.hears(page.locator("#vary").click)
    page.locator("#tempo").fill("97")
    page.locator(".step").nth(5).click()
    player.drag("#wave", (0.2, 0.5), (0.6, 0.5))
    player.settle()
    mark = player.hears(page.locator("#play-sound").click)[-1]
    steps = page.eval_on_selector_all(".step", "all => all.map(step => step.dataset.state)")
    page.reload()
    player.ready()
    guest = visit(server).open(page.url.partition("#")[2])
    for other in (player, guest):
        again = other.hears(other.page.locator("#play-sound").click)[-1]
        assert {key: again[key] for key in ("mark", "offset", "duration")} == {
            key: mark[key] for key in ("mark", "offset", "duration")
        }
        assert other.page.eval_on_selector_all(".step", "all => all.map(step => step.dataset.state)") == steps
        assert other.page.locator("#tempo").input_value() == "97"


def test_links_round_trip_and_damaged_ones_are_refused(player):
    page = player.page
    result = page.evaluate("""async () => {
        const { decode, encode } = await import("/static/link.js");
        const { CLASSES, newDocument } = await import("/static/kit.js");
        const { setLength, setStep } = await import("/static/pattern.js");
        const pick = (n) => Math.floor(Math.random() * n);
        const knob = () => Number((Math.random() * 20 - 10).toFixed(3));
        let refused = 0;
        for (let i = 0; i < 150; i++) {
            const doc = newDocument();
            for (const pad of [...doc.kits.a, ...doc.kits.b]) {
                const vary = Array.from({ length: pick(8) }, () => [pick(1001) / 1000, pick(2 ** 31)]);
                const [name, seed] = [CLASSES[pick(11)].name, pick(2) ? pick(2 ** 31) : null];
                pad.sound = { class: name, knobs: [knob(), knob(), knob()], seed, vary };
                pad.crop = pick(2) ? [pick(400), 500 + pick(400)] : null;
                Object.assign(pad, { range: [2, 5, 10][pick(3)], level: pick(2001) / 1000 });
                Object.assign(pad, { mute: !pick(2), solo: !pick(2), lock: !pick(2) });
                Object.assign(pad, { pan: pick(201) / 100 - 1, pitch: pick(49) / 2 - 12 });
                Object.assign(pad, { decay: pick(2) / 2, fade: pick(501) });
            }
            for (const pattern of Object.values(doc.banks)) {
                if (pick(2)) setLength(pattern, 32);
                pattern.velocity.forEach((lane, pad) => lane.forEach((_, step) =>
                    setStep(pattern, pad, step, [0, 70, 100, pick(101)][pick(4)], [100, 1 + pick(100)][pick(2)])));
            }
            Object.assign(doc, { bank: "abcd"[pick(4)], seed: pick(2 ** 31) });
            Object.assign(doc, { kit: "ab"[pick(2)], selected: pick(11), preview: !pick(2) });
            Object.assign(doc, { tempo: 40 + pick(200), swing: 50 + pick(25), humanise: pick(101), sens: 5 });
            const text = encode(doc);
            if (JSON.stringify(decode(text)) !== JSON.stringify(doc)) return `changed: ${text}`;
            if (/[^a-z0-9&=~.,_-]/.test(text)) return `not for a URL: ${text}`;
            const at = pick(text.length);
            const damaged = text.slice(0, at) + "%*xX9~"[pick(6)] + text.slice(at + 1 + pick(3));
            try { JSON.stringify(decode(damaged)); } catch (error) { refused += error instanceof Error; }
        }
        return refused;
    }""")
    assert isinstance(result, int), result
    assert result > 100
    page.goto(f"{player.url}#a=kick~99~0~0")
    page.get_by_text("This link is damaged").wait_for()
    assert page.locator("#class").input_value() == "kick"


def test_a_server_that_is_gone_and_comes_back(visit):
    with harness.start_server() as server:
        player = visit(server).open()
        page = player.page
        page.keyboard.press("2")
        server.process.send_signal(signal.SIGSTOP)
        page.get_by_text("Server not reachable").wait_for(timeout=20_000)  # it hangs
        server.process.send_signal(signal.SIGCONT)
        page.locator("#status[data-state=ready]").wait_for(state="attached")
    page.get_by_text("Server not reachable").wait_for()
    player.hears(lambda: page.keyboard.press("1"))  # sounds that were loaded still play
    page.locator("#dice").click()
    page.locator("#save-sound").click()
    page.get_by_text("Not saved. Server not reachable.").wait_for()
    player.shoot("gone")
    before = player.heard()[-1]["mark"]
    with harness.start_server("--http-port", str(server.http)):
        page.locator("#status[data-state=ready]").wait_for(state="attached")
        assert not page.get_by_text("Server not reachable. Retrying").is_visible()
        player.until("document.querySelector('#wave').ariaBusy === 'false'")  # the sound requested meanwhile
        assert player.hears(lambda: page.keyboard.press("1"))[-1]["mark"] != before
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        found = page.context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
        assert [error["errorId"] for error in found] in ([], ["in-incognito"])  # a window of tests is private
    page.goto("about:blank")
    page.goto(player.url)  # the browser has kept the page
    page.get_by_text("Server not reachable").wait_for()
    assert page.locator("#class").input_value() == "kick" and page.locator(".step").count() > 100
    player.errors[:] = [text for text in player.errors if "ERR_CONNECTION_REFUSED" not in text]


def test_the_work_goes_on_where_it_was(visit, server):
    player = visit(server).open()
    page = player.page
    assert not page.get_by_role("button", name="Start new").is_visible()
    first = player.steps()
    page.locator(".step").nth(5).click()
    page.locator("#tempo").fill("97")
    page.locator("#volume").fill("55")
    mark = player.hears(page.locator("#dice").click)[-1]["mark"]
    page.locator(".step").nth(6).click()
    last = player.steps()  # left at once, before the page has written anything

    def undo() -> None:
        page.keyboard.press("Control+z")

    player.again()
    assert player.steps() == last and page.locator("#tempo").input_value() == "97"
    assert page.locator("#volume").input_value() == "55"
    assert player.hears(page.locator("#play-sound").click)[-1]["mark"] == mark
    undo()
    page.reload()
    player.ready()
    assert player.steps()[6] != last[6]
    for _ in range(3):
        undo()
    assert player.steps() == first and page.locator("#undo").is_disabled()
    page.keyboard.press("Control+Shift+z")
    assert player.steps()[5] == last[5]
    player.again()
    page.locator("#toast").get_by_role("button", name="Start new").click()
    assert player.steps() == first
    undo()
    assert player.steps()[5] == last[5]


def test_a_link_does_not_lose_the_work_before_it(visit, server):
    player = visit(server).open()
    page = player.page
    page.locator("#tempo").fill("97")
    player.rest()
    page.goto("about:blank")
    player.open("t=150&n=5")
    first = page.evaluate("sent.find(([, message]) => message.type === 'render')[1].slot")
    assert first == "pad5"  # the selected pad does not wait for the others
    assert page.locator("#tempo").input_value() == "150"
    page.keyboard.press("Control+z")
    assert page.locator("#tempo").input_value() == "97"
    # Two tabs keep their own work; a new one opens the newest.
    other = Player(page.context.new_page(), server.http, None).open("t=180")
    other.page.locator(".step").nth(5).click()
    other.rest()
    page.reload()
    assert player.ready().page.locator("#tempo").input_value() == "97"
    other.page.close()
    assert player.again().page.locator("#tempo").input_value() == "97"


BLOCKED = """for (const area of ["localStorage", "sessionStorage"])
    Object.defineProperty(window, area, { get() { throw new DOMException("denied", "SecurityError"); } });"""
DAMAGED = """localStorage.setItem("drumjax.midi", "{oops"); localStorage.setItem("drumjax.volume", "[]");
    localStorage.setItem("drumjax.work", '{"past": ["a=kick~99"], "at": 7}');"""
MUTE = "delete window.AudioContext; delete window.webkitAudioContext;"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (BLOCKED, "This browser keeps no work between visits"),
        (DAMAGED, "What this browser kept from your last visit is damaged"),
        (MUTE, "This browser opens no audio output"),
    ],
    ids=["blocked storage", "damaged storage", "no audio"],
)
def test_the_page_lives_without(visit, server, script, message):
    player = visit(server)
    player.page.add_init_script(script)
    page = player.open().page
    assert message in " ".join(page.locator("#toast, #silent:not([hidden])").all_text_contents())
    page.locator(".step").nth(5).click()
    assert player.steps()[5] == "on"
    page.locator("#run").click()
    if script == MUTE:
        player.rest()
    player.plays(script != MUTE)
    page.locator("#dice").click()
    page.locator(".pad").first.click()
    with page.expect_download():
        page.locator("#save-sound").click()
    player.rest()
    assert "p=" in page.url


@pytest.mark.parametrize("scripts", [False, True], ids=["no JavaScript", "a script does not load"])
def test_a_page_that_does_not_start_says_so(browser, server, scripts):
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.route("**/store.js", lambda route: route.abort())
    page.goto(f"http://127.0.0.1:{server.http}/")
    page.get_by_text("drumjax did not start. It needs JavaScript").wait_for()
    context.close()
