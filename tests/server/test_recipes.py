"""Comments of exported files and of `drumjax generate` as pads of the page."""

import json

import pytest

from drumjax.kits.recipe import Base, Recipe, from_comment, to_comment
from drumjax.server import protocol
from drumjax.server.recipes import comment, pad_of

BUNDLE, DIGEST = "0123456789ab", "cd" * 32
SOUND = {"class": "snare", "knobs": [1.0, 0.0, -0.5], "seed": 3, "vary": [[0.5, 7]], "texture": 4}
BLEND = {"class": "tom", "own": "ab" * 8, "take": 2, "other": {"class": "kick"}, "t": 0.25}


@pytest.mark.parametrize("sound", [SOUND, BLEND])
def test_an_export_is_the_pad_that_was_exported(sound):
    export = protocol.export({"sound": sound, "crop": [0, 12.5], "gain": 0.5})
    text = comment(export, BUNDLE)
    assert text.isascii()
    assert pad_of(text, BUNDLE) == ({"sound": sound, "crop": [0.0, 12.5], "level": 0.5}, None)
    pad, note = pad_of(text, "another")
    assert pad is None and BUNDLE in note
    with pytest.raises(ValueError, match="drop it on a pad"):
        from_comment(text)


@pytest.mark.parametrize(
    ("recipe", "pad"),
    [
        (Recipe("kick", (1.0, 0.0, 0.5)), {"sound": {"class": "kick", "knobs": [1.0, 0.0, 0.5]}}),
        (
            Recipe("kick:0.7,snare:0.3", (0.0, 1.0, 0.0), Base(seed=7), texture=4),
            {"sound": {"class": "kick:0.7,snare:0.3", "knobs": [0.0, 1.0, 0.0], "seed": 7, "texture": 4}},
        ),
        (Recipe("tom", seed=5, n=3), {"sound": {"class": "tom", "seed": 5}}),
        (
            Recipe("tom", (1.0, 0.0, 0.0), Base(file="/home/me/my tom.wav", sha256=DIGEST)),
            {"sound": {"class": "tom", "knobs": [1.0, 0.0, 0.0], "own": DIGEST[:16]}, "name": "my tom.wav"},
        ),
        (
            Recipe("tom", base=Base(file="a.wav", sha256=DIGEST), takes=True, seed=3, n=4, sound=2),
            {"sound": {"class": "tom", "own": DIGEST[:16], "take": 4}, "name": "a.wav"},
        ),
    ],
)
def test_a_file_of_the_command_line_is_a_pad(recipe, pad):
    assert pad_of(to_comment(recipe, BUNDLE), BUNDLE) == (pad, None)


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe("tom", seed=5, n=3, sound=2),
        Recipe("tom", strict=True),
        Recipe("tom", (0.0, 0.0, 0.0), controls="global"),
        Recipe("tom", (0.0, 0.0, 0.0), texture=None),
        Recipe("tom", base=Base(file="a.wav", sha256=DIGEST), layers=True, n=3),
    ],
)
def test_what_the_page_cannot_play_is_told_in_a_line(recipe):
    pad, note = pad_of(to_comment(recipe, BUNDLE), BUNDLE)
    assert pad is None and note.endswith("so its audio is used.") and "\n" not in note


@pytest.mark.parametrize(
    "text",
    [
        '{"drumjax": "1", "pad": 3}',
        '{"drumjax": "1", "pad": {"sound": {"class": "cowbell"}}}',
        '{"drumjax": "1"',
        '"drumjax"',
    ],
)
def test_a_damaged_comment_is_told_and_another_program_s_is_not(text):
    pad, note = pad_of(text, BUNDLE)
    assert pad is None and "damaged" in note
    assert pad_of(json.dumps({"made by": "another"}), BUNDLE) == (None, None) == pad_of("", BUNDLE)
