"""Recipes survive their way through a comment; damaged comments are refused in one line."""

import json
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumjax import __version__, checkpoint
from drumjax.kits.recipe import Base, Recipe, bundle_id, from_comment, to_comment
from drumjax.sound import audio

RECIPES = [
    Recipe("kick", (0.1, -0.3, 1 / 3)),
    Recipe("kick:0.7,snare:0.3", seed=2**70, n=8, sound=5, texture=None, bits=24, rate=48000, full_length=True),
    Recipe("tom", (0.0, 0.0, 1e-300), Base(seed=7), controls="global", texture=4, flac=True),
    Recipe("tom", (0.0, 0.0, 0.0), Base(file="Töm \U0001f941.wav", sha256="ab" * 32)),
    Recipe("tom", base=Base(file="my tom.wav", sha256="ab" * 32), takes=True, seed=3, n=4, sound=2),
    Recipe("tom", base=Base(file="a.wav", sha256="ab" * 32), morph=Base(file="b.wav", sha256="cd" * 32), n=3, sound=1),
    Recipe("snap", seed=1, reach=5, n=2, sound=2, controls="global"),
    Recipe("snap", seed=1, prior=True),
    Recipe("snap", seed=1, strict=True),
]


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_comes_back_from_its_comment(recipe):
    comment = to_comment(recipe, "0123456789ab")
    assert comment.isascii() and len(comment) <= audio.MAX_COMMENT
    assert from_comment(comment) == (recipe, "0123456789ab", __version__)


def test_a_long_path_is_kept_as_a_name():
    path = "/".join(["folder"] * 400) + "/tom.wav"
    comment = to_comment(Recipe("tom", (0.0, 0.0, 0.0), Base(file=path, sha256="ab" * 32)), "0" * 12)
    assert len(comment) <= audio.MAX_COMMENT and json.loads(comment)["base"]["file"] == "tom.wav"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("class", "cowbell"),
        ("class", 3),
        ("z", [0, 0]),
        ("z", [0, 0, 11]),
        ("z", [0, 0, None]),
        ("z", [0, 0, True]),
        ("z", [0, 0, float("nan")]),
        ("z", {}),
        ("n", 0),
        ("n", 10**12),
        ("n", 1.0),
        ("sound", 9),
        ("seed", -1),
        ("seed", "3"),
        ("texture", -1),
        ("texture", False),
        ("range", 3),
        ("base", {"seed": 3}),
        ("base", {"path": "tom.wav"}),
        ("takes", True),
        ("morph", {"file": "tom.wav", "sha256": "ab"}),
        ("base", []),
        ("rate", 0),
        ("bits", 8),
        ("strict", 1),
        ("controls", "mine"),
        ("colour", "red"),
    ],
)
def test_a_damaged_field_is_refused(field, value):
    fields = json.loads(to_comment(Recipe("kick", seed=3, n=8, sound=2), "0" * 12))
    with pytest.raises(ValueError, match="damaged") as caught:
        from_comment(json.dumps(fields | {field: value}))
    assert "\n" not in str(caught.value)


@given(st.text() | st.sampled_from([to_comment(recipe, "0" * 12) for recipe in RECIPES]), st.data())
def test_any_text_is_a_recipe_or_refused(text, data):
    cut = data.draw(st.integers(0, len(text)))
    junk = data.draw(st.text(max_size=5))
    try:
        recipe, _, _ = from_comment(text[:cut] + junk + text[cut + len(junk) :])
    except ValueError as error:
        assert "comment by drumjax" in str(error)
    else:
        assert isinstance(recipe, Recipe)


def test_a_bundle_s_id_is_of_its_config_and_weights(tmp_path):
    folder = tmp_path / "run" / "bundle"
    shutil.copytree(checkpoint.shipped(), folder, ignore=lambda *_: ["evaluation", "paper", "MODEL_CARD.md"])
    own = bundle_id(checkpoint.shipped())
    assert bundle_id(folder) == bundle_id(folder.parent) == own
    header = json.loads((folder / "bundle.json").read_text(encoding="utf8"))
    (folder / "bundle.json").write_text(json.dumps(header | {"note": "elsewhere"}))
    assert bundle_id(folder) == own
    with open(folder / "weights.safetensors", "r+b") as weights:
        weights.seek(64 * 4096 * 10)
        weights.write(b"other weights")
    assert bundle_id(folder) != own
