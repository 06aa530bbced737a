"""Files that layers keep in a ``.keras`` archive: ``save_assets`` and ``load_assets``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from caudal.keras.saving.archive import Archive
from caudal.keras.saving.open_folder import OpenFolder
from caudal.keras.saving.tree import walk

FOLDER = "assets"
# Keras 2.12 and 2.13 named the layers' folder so; TextVectorization's lookup had its own.
_OLD_LAYERS = "_layer_checkpoint_dependencies"


def written_assets(model: Any) -> Iterator[tuple[str, bytes]]:
    """What the layers' own ``save_assets`` write, as members of an archive."""
    for path, node in walk(model):
        save = getattr(node, "save_assets", None)
        if save is None:
            continue
        with tempfile.TemporaryDirectory() as folder:
            save(folder)
            for file in sorted(Path(folder).rglob("*")):
                if file.is_file():
                    place = [FOLDER, path, file.relative_to(folder).as_posix()]
                    yield "/".join(part for part in place if part), file.read_bytes()


def read_assets(opened: Archive | OpenFolder, model: Any) -> None:
    """Gives each layer that has a ``load_assets`` its files, unpacked into a folder of their own.

    Raises:
        DataLossError: a member is damaged.
        ResourceExhaustedError: the members unpack to far more than the archive.
    """
    for path, node in walk(model):
        load = getattr(node, "load_assets", None)
        if load is None:
            continue
        with tempfile.TemporaryDirectory() as folder:
            for name, member in _members(opened, path).items():
                target = os.path.join(folder, *name.split("/"))
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "wb") as file:
                    file.write(opened.asset(member))
            load(folder)


def _members(opened: Archive | OpenFolder, path: str) -> dict[str, str]:
    """The members that belong to a layer, by their names in its folder."""
    places = [path]
    if path.startswith("layers/"):
        places.append(f"{_OLD_LAYERS}/{path.removeprefix('layers/')}")
    for place in places:
        start = f"{FOLDER}/{place}/" if place else f"{FOLDER}/"
        found = {
            name.removeprefix(start): name
            for name in opened.asset_names()
            if name.startswith(start) and not name.endswith("/")
        }
        if found:
            return found
    return {}
