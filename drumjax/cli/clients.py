"""drumjax clients: copies the instruments for Pure Data and Max out of the installed package."""

from pathlib import Path

from drumjax.commands import Parser, command
from drumjax.files import shown

EXAMPLES = (("drumjax clients ~/patches", "then open ~/patches/drumjax.pd, beside a running `drumjax serve`"),)

ABOUT = "Copies the patches for Pure Data and Max to a folder. `drumjax export --live` writes one that needs no server."


@command("clients")
def clients(arguments: list[str]) -> None:
    """Copies the patches to a folder and prints their paths."""
    parser = Parser("drumjax clients", EXAMPLES, description=ABOUT)
    parser.add_argument("folder", type=Path, metavar="DIR", help="made where it is missing")
    parser.add_argument("--force", action="store_true", help="overwrite patches that are there")
    options = parser.parse_args(arguments)

    from drumjax.clients.patches import copy_patches

    for path in copy_patches(options.folder, force=options.force):
        print(shown(path))
