"""Recipes in the comments of sound files: written into what is exported, read from what a page sends."""

import json
from pathlib import PurePath
from typing import Any

from drumjax import __version__
from drumjax.kits.recipe import Recipe, from_comment
from drumjax.server import protocol
from drumjax.server.sound import KEY_DIGITS, SENT, Sound, from_json, to_json

AUDIO = "so its audio is used"


def comment(export: protocol.Export, bundle: str) -> str:
    """The pad of the page that an exported file is: JSON, ASCII."""
    pad: dict[str, Any] = {"sound": to_json(export.sound)}
    if export.crop is not None:
        pad["crop"] = list(export.crop)
    if export.gain != 1:
        pad["level"] = export.gain
    return json.dumps({"drumjax": __version__, "bundle": bundle, "pad": pad})


def pad_of(comment: str, bundle: str) -> tuple[dict[str, Any] | None, str | None]:
    """(fields of the page's pad, None) of a comment by drumjax, (None, why not) or, of any other comment, (None, None).

    A comment that names no bundle may be of any.
    """
    if '"drumjax"' not in comment:
        return None, None
    try:
        fields = protocol.json_object(comment)
        made_by = fields.get("bundle", bundle)
        if "pad" in fields:
            pad = fields["pad"]
            if not isinstance(pad, dict):
                raise ValueError("pad is no object")
            pad |= {"sound": to_json(from_json(pad.get("sound")))}
        else:
            pad = _pad_of_recipe(from_comment(comment)[0])
    except ValueError as error:
        reason = " ".join(str(error).split())
        return None, f"Its comment by drumjax is damaged ({reason}), {AUDIO}."
    if made_by != bundle:
        return None, f"It was made with another bundle ({made_by}), {AUDIO}."
    if pad is None:
        return None, f"Its recipe has no knobs on this page, {AUDIO}."
    return pad, None


def _pad_of_recipe(recipe: Recipe) -> dict[str, Any] | None:
    """The pad that plays the recipe of `drumjax generate`; None where the page cannot play it."""
    drawn = recipe.z is None
    kinds = recipe.prior, recipe.strict, recipe.reach, recipe.layers, recipe.morph
    if any(kinds) or recipe.controls == "global" or recipe.texture is None:
        return None
    if drawn and not recipe.takes and recipe.sound > 1:
        return None  # the page draws one sound of each seed
    base, file = recipe.base, recipe.base.file if recipe.base else None
    seed = recipe.seed if drawn else base.seed if base else None
    knobs = recipe.z or (0.0, 0.0, 0.0)
    if file is None or base is None:
        return {"sound": to_json(Sound(recipe.drum_class, knobs, seed, texture=recipe.texture or None))}
    take = recipe.seed + recipe.sound - 1 if recipe.takes else None
    own = SENT + (base.sha256 or "")[:KEY_DIGITS]
    return {"sound": to_json(Sound(recipe.drum_class, knobs, own=own, take=take)), "name": PurePath(file).name}
