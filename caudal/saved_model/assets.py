"""``tf.saved_model.Asset``: files that belong to a SavedModel, in its folder ``assets``."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import Any

from caudal.errors import NotFoundError
from caudal.framework import convert_to_tensor
from caudal.io.durable import replacing
from caudal.saved_model.folder import ASSETS
from caudal.train.trackable import children


class Asset:
    """A file that is copied into the folder of a SavedModel whose object has it.

    Args:
        path: where the file is.

    Attributes:
        asset_path: its path as a string tensor; of a loaded model, that of the copy.

    >>> Asset("words.txt").asset_path.numpy()
    b'words.txt'
    """

    def __init__(self, path: Any) -> None:
        given = path.numpy() if hasattr(path, "numpy") else os.fspath(path)
        self.path: str = os.fsdecode(given)

    @property
    def asset_path(self) -> Any:
        """The path as a string tensor."""
        return convert_to_tensor(os.fsencode(self.path))


def _nothing(asset: Asset) -> dict[str, Any]:
    return {}


# Registered, so that objects which hold assets alone are looked into.
children.register(Asset, _nothing)


class Copies:
    """The assets of one save, by the names that they get in the folder."""

    def __init__(self) -> None:
        self._paths: dict[str, str] = {}

    def add(self, asset: Asset) -> tuple[int, str]:
        """The number and the name of an asset's copy: one for each file.

        Raises:
            NotFoundError: there is no such file.
        """
        path = os.path.abspath(asset.path)
        if not os.path.isfile(path):
            raise NotFoundError("save: the asset {path!r} is not there.", path=asset.path)
        known = {source: name for name, source in self._paths.items()}
        name = known.get(path)
        if name is None:
            base, serial = os.path.basename(path), 0
            name = base
            while name in self._paths:
                serial += 1
                name = f"{base}_{serial}"
            self._paths[name] = path
        return list(self._paths).index(name), name

    def names(self) -> list[str]:
        """By number."""
        return list(self._paths)

    def write(self, folder: str) -> None:
        """Copies the files. All are open first: one may be replaced by another's copy."""
        with contextlib.ExitStack() as stack:
            sources = [stack.enter_context(open(path, "rb")) for path in self._paths.values()]
            for name, source in zip(self._paths, sources, strict=True):
                with replacing(os.path.join(folder, ASSETS, name)) as copy:
                    shutil.copyfileobj(source, copy)
