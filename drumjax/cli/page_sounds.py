"""drumjax generate --again on a file that the page saved: its pad made again, without a browser."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drumjax import checkpoint, process
from drumjax.cli import names, players, requests
from drumjax.files import shown
from drumjax.kits.recipe import Recipe, bundle_id, bundles_here
from drumjax.sound import audio

_BITS = 24
"""Of the page's files."""


def comment_of(path: Path) -> str | None:
    """The comment of a file that the page saved; None for any other file."""
    from drumjax.server import pads

    try:
        comment = audio.comment(path)
    except ValueError:
        return None  # reported where recipes are read
    return comment if pads.is_saved(comment) else None


def make_again(options: argparse.Namespace, comment: str, plot: Callable[[Any, Any, Path], None]) -> None:
    """Writes the file again, with its comment, and prints its path.

    Raises:
        ValueError: the comment is damaged, of another bundle, or of a sound made from a file of the user's.
    """
    from drumjax.cli import rendering
    from drumjax.server import pads
    from drumjax.server.maps import Maps
    from drumjax.server.own import OwnSounds
    from drumjax.server.rendering import render
    from drumjax.synth import Synth

    for name in ("base", "morph"):
        if getattr(options, name) is not None:
            raise ValueError(f"--{name} goes with files of drumjax generate; the page saved {shown(options.again)}")
    with requests.naming(options.again):
        saved = pads.from_comment(comment)
    folder, name = names.destination(options.out, 1)
    path = folder / (name or options.again.name)
    if options.play:
        players.command(path.suffix.lower())
    process.setup_player()
    options.bundle = options.bundle or bundles_here().get(saved.bundle)
    synth = Synth.load(options.bundle)
    bundle = bundle_id(options.bundle or checkpoint.shipped())
    requests.check_maker(options, requests.Maker(saved.bundle or bundle, saved.version), bundle)
    with requests.naming(options.again):
        made = render(synth, OwnSounds(synth), Maps(synth), saved.pad.export.sound)
        wave = pads.as_saved(saved.pad, made)
    with names.claimed(path, set(), options.force, (".png",) if options.plot else ()) as free:
        audio.write_with_comment(free, wave, made.rate, _BITS, comment)
    print(shown(free), flush=True)
    if options.plot:
        picture = rendering.for_picture(synth, Recipe(made.sound.drum_class), wave)
        plot(synth, picture, free.with_suffix(".png"))
    if options.play:
        players.play(free)
