"""What leaves the page, and the shape of a pad: heard and saved sounds against the same computed here."""

import numpy as np
import pytest
from scipy.signal import lfilter

RATE = 44100

PLAY = """async ({ wave, hits, samples }) => {
    const { Voices } = await import("/static/audio.js");
    const context = new OfflineAudioContext(2, samples, 44100);
    const buffer = context.createBuffer(1, wave.length, 44100);
    buffer.copyToChannel(Float32Array.from(wave), 0);
    new Voices(() => context.destination, context).playAll(hits.map(([channel, options]) => [buffer, channel, options]));
    const played = await context.startRendering();
    return [0, 1].map((channel) => Array.from(played.getChannelData(channel)));
}"""


def play(player, wave, *hits, samples=4410):
    """What voices of a wave sound like, (2, samples): `hits` are (channel, options)."""
    return np.array(player.page.evaluate(PLAY, {"wave": wave.tolist(), "hits": list(hits), "samples": samples}))


def low_pass(wave, hz):
    """A Butterworth low-pass of second order, by the formulas of Robert Bristow-Johnson's cookbook."""
    w, q = 2 * np.pi * hz / RATE, 2**-0.5
    alpha, c = np.sin(w) / (2 * q), np.cos(w)
    b, a = np.array([1 - c, 2 - 2 * c, 1 - c]) / 2, np.array([1 + alpha, -2 * c, 1 - alpha])
    return lfilter(b / a[0], a / a[0], wave)


def edged(wave):
    """The wave with the fade of 3 ms at its end, against clicks."""
    return wave * np.clip(np.arange(len(wave), 0, -1) / (0.003 * RATE), 0, 1)


def test_a_shaped_and_a_soft_hit_sound_as_computed(player):
    wave = np.random.default_rng(1).uniform(-1, 1, 2205).astype(np.float32)
    share = np.arange(2205) / 2205
    padded = lambda x: np.pad(x, (0, 4410 - len(x)))  # noqa: E731
    plain = padded(edged(wave))
    np.testing.assert_allclose(play(player, wave, (0, {})), [plain, plain], atol=1e-4)
    soft = 0.3 * low_pass(plain, 5000 * 4**0.3)
    np.testing.assert_allclose(play(player, wave, (0, {"velocity": 0.3}))[0], soft, atol=1e-3)
    angle = (0.5 + 1) * np.pi / 4  # equal power, and in the middle as without a pan
    left, right = play(player, wave, (0, {"shape": {"pan": 0.5}}))
    np.testing.assert_allclose(left, 2**0.5 * np.cos(angle) * plain, atol=1e-4)
    np.testing.assert_allclose(right, 2**0.5 * np.sin(angle) * plain, atol=1e-4)
    falling = padded(edged(wave * 10.0 ** (-3 * np.clip((share - 0.6) / 0.4, 0, 1))))
    np.testing.assert_allclose(play(player, wave, (0, {"shape": {"decay": 0.4}}))[0], falling, atol=1e-3)
    fading = padded(edged(wave * np.clip((1 - share) * 50 / 20, 0, 1)))
    np.testing.assert_allclose(play(player, wave, (0, {"shape": {"fade": 20}}))[0], fading, atol=1e-3)
    octave = padded(edged(wave[::2]))
    np.testing.assert_allclose(
        play(player, wave, (0, {"shape": {"pitch": 12}}))[0], octave, atol=5e-3
    )  # half a sample at the end
    lower = play(player, wave, (0, {"shape": {"pitch": -12}}))[0]
    np.testing.assert_allclose(lower[::2], edged(np.repeat(wave, 2))[::2], atol=1e-3)
    # The end moves with the pitch; a crop is one of the sound before it.
    cropped = play(player, wave, (0, {"crop": [10, 30], "shape": {"pitch": 12}}))[0]
    assert np.abs(cropped[441:]).max() < 1e-6 and np.abs(cropped[200:300]).max() > 0.3


def test_the_dials_shape_the_pad(player):
    page = player.page
    assert not page.locator("#pan").is_visible()
    page.locator("#shape summary").click()
    keys = {"pan": "ArrowRight", "pitch": "ArrowDown", "decay": "ArrowUp", "fade": "ArrowUp"}
    for name, key in keys.items():
        player.hears(lambda name=name, key=key: page.locator(f"#{name}").press(key))
    assert [player.value(f"#{name}") for name in keys] == pytest.approx([0.05, -1, 0.03, 13], abs=0.01)
    player.shoot("shape")
    assert player.heard()[-1]["pitch"] == pytest.approx(2 ** (-1 / 12))
    player.settle()
    assert "~p0.05~i-1~d0.03~f13" in page.url
    page.keyboard.press("Control+z")
    assert player.value("#fade") == 0 and player.value("#pitch") == -1
    page.locator("#pitch").dblclick()
    assert player.value("#pitch") == 0
    page.locator("#shape summary").click()
