"""What a kit is: sounds that belong together, such as those of one drum set, and stay on one side of the split."""

from collections import Counter
from pathlib import PurePosixPath

from drumjax.data.folders import Entry
from drumjax.data.labels import class_of_names

BY_FILE = (
    "validation by file: the folders are sorted by drum or hold everything together, so they are no kits "
    "(--group-by folder takes them as kits)"
)


def are_folders(entries: list[Entry]) -> bool:
    """Whether the folders of the kept sounds can be kits, or a manifest names kits.

    They cannot where most sounds lie in folders named after their class (`Kicks/`, `Snares/Acoustic/`) or have a class
    that one folder holds alone: no sound of another kit could validate them.
    """
    if any(entry.manifest_row.get("kit", "").strip() for entry in entries):
        return True
    folders_of_class: dict[str | None, set[str]] = {}
    for entry in entries:
        folders_of_class.setdefault(entry.drum_class, set()).add(entry.kit("folder"))
    sizes = Counter(entry.drum_class for entry in entries)
    shared = _shared_levels(entries)
    sorted_by_drum = sum(
        sizes[entry.drum_class] > 1
        and (len(folders_of_class[entry.drum_class]) == 1 or _first_folder_is_class(entry, shared))
        for entry in entries
    )
    return 2 * sorted_by_drum <= len(entries)


def _shared_levels(entries: list[Entry]) -> int:
    """Number of folders that all paths begin with."""
    folders = [PurePosixPath(entry.path).parts[:-1] for entry in entries]
    levels = 0
    for names in zip(*folders, strict=False):
        if len(set(names)) > 1:
            break
        levels += 1
    return levels


def _first_folder_is_class(entry: Entry, shared: int) -> bool:
    """Whether the first folder that not all paths have in common is named after the class of a sound."""
    parts = PurePosixPath(entry.path).parts[shared:-1]
    found = class_of_names(["", parts[0]]) if parts else None
    return found is not None and found.split("_")[-1] == str(entry.drum_class).split("_")[-1]


def together(entry: Entry, group_by: str) -> str:
    """The folder or kit inside which two sounds that are nearly alike are two takes of a stroke."""
    return entry.kit("folder" if group_by == "file" else group_by)
