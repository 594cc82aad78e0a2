"""What a loop of the page must sound like, computed from sounds and hits alone, and its files as arrays."""

import io

import numpy as np
import soundfile
from scipy.signal import lfilter

RATE = 44100
MAKEUP_DB = 0.6 * (6 - 6 / 20)  # of a limiter at -6 dB with a ratio of 20, after the Web Audio standard
GAIN = 0.5 * 10 ** (MAKEUP_DB / 20)  # and the headroom
CUT_BY = {3: (3, 4)}  # the closed hat cuts the open one off; each pad cuts itself off


def low_pass(wave, hz):
    """A Butterworth low-pass of second order, by the formulas of Robert Bristow-Johnson's cookbook."""
    w, q = 2 * np.pi * hz / RATE, 2**-0.5
    alpha, c = np.sin(w) / (2 * q), np.cos(w)
    b, a = np.array([1 - c, 2 - 2 * c, 1 - c]) / 2, np.array([1 + alpha, -2 * c, 1 - alpha])
    return lfilter(b / a[0], a / a[0], wave)


def edged(wave):
    """The wave with the fade of 3 ms at its end, against clicks."""
    return wave * np.clip(np.arange(len(wave), 0, -1) / (0.003 * RATE), 0, 1)


def stems(hits, length):
    """Of hits (sample, pad, velocity, wave): {pad: samples of one pass, with the ends of sounds of the pass before}."""
    hits = sorted(((at + again * length, *hit) for again in (0, 1) for at, *hit in hits), key=lambda hit: hit[:3])
    made = {pad: np.zeros(2 * length + 2 * RATE) for pad in sorted({hit[1] for hit in hits})}
    for start, pad, velocity, wave in hits:
        end = min([at for at, other, *_ in hits if other in CUT_BY.get(pad, (pad,)) and at > start], default=np.inf)
        wave = edged(wave) * velocity
        seconds = (np.arange(len(wave)) + start - end) / RATE
        wave = wave * np.clip(1 - seconds / 0.003, 0, 1) if end < start + len(wave) else wave
        wave = wave if velocity == 1 else low_pass(wave, 5000 * 4**velocity)
        made[pad][start : start + len(wave)] += wave
    return {pad: stem[length : 2 * length] for pad, stem in made.items()}


def draw(player, lanes):
    """Clicks the steps of {pad: lane}, x for a hit and X for an accent, of a pattern that is empty."""
    for pad, lane in lanes.items():
        for step, letter in enumerate(lane):
            if letter != ".":
                modifiers = ["Shift"] if letter == "X" else []
                player.page.locator(f".step[data-pad='{pad}'][data-step='{step}']").click(modifiers=modifiers)


def save(player, what):
    """Downloads from the Export dialog: (name, bytes)."""
    page = player.page
    page.locator("#open-export").click()
    with page.expect_download(timeout=60_000) as download:
        page.locator(f"[data-save={what}]").click()
    page.get_by_text(f"Saved {download.value.suggested_filename}").wait_for()
    page.keyboard.press("Escape")
    return download.value.suggested_filename, download.value.path().read_bytes()


def decoded(content):
    """The channels and the rate of a sound file; it has 24 bits."""
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        assert file.subtype == "PCM_24"
        return file.read(always_2d=True).T, file.samplerate
