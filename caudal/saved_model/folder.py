"""The files of a SavedModel: what is where, read with suspicion."""

from __future__ import annotations

import os
from typing import Any

from caudal.errors import (
    DataLossError,
    NotFoundError,
    PermissionDeniedError,
    ResourceExhaustedError,
)
from caudal.io.durable import remove, write_whole
from caudal.saved_model.messages import KerasMetadata, SavedModel, as_text, parsed, parsed_text

MODEL, TEXT_MODEL = "saved_model.pb", "saved_model.pbtxt"
VARIABLES, ASSETS = "variables", "assets"
KERAS_METADATA = "keras_metadata.pb"
# The library's own limit for a message.
_MOST = 1 << 31


class MissingModelError(NotFoundError, OSError):
    """No SavedModel there; TensorFlow raises an OSError."""


def contains_saved_model(export_dir: Any) -> bool:
    """Whether a folder holds a SavedModel.

    >>> contains_saved_model("/nowhere")
    False
    """
    folder = os.fspath(export_dir)
    return any(os.path.isfile(os.path.join(folder, name)) for name in (MODEL, TEXT_MODEL))


def _content(path: str) -> bytes:
    size = os.stat(path).st_size
    if size >= _MOST:
        raise ResourceExhaustedError(
            "{path}: {size} bytes, more than a message can have.", path=path, size=size
        )
    with open(path, "rb") as file:
        return file.read()


def read_model(folder: str) -> Any:
    """The SavedModel message of a folder, in bytes or as text.

    Raises:
        MissingModelError: there is none.
        DataLossError: it is damaged.
    """
    found: Any = None
    for name, parse in ((MODEL, parsed), (TEXT_MODEL, parsed_text)):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            found = parse(SavedModel, _content(path), path)
            break
    else:
        raise MissingModelError(
            "SavedModel file does not exist at: {folder}{sep}{{{binary}|{text}}}",
            folder=folder,
            sep=os.sep,
            binary=TEXT_MODEL,
            text=MODEL,
        )
    if found.saved_model_schema_version not in (0, 1) or not found.meta_graphs:
        raise DataLossError("{path}: it holds no graph that is known.", path=path)
    return found


def write_as_text(folder: str) -> None:
    """Puts the text of a folder's SavedModel, ``saved_model.pbtxt``, in place of its bytes."""
    text = as_text(read_model(folder)).encode()
    write_whole(os.path.join(folder, TEXT_MODEL), text)
    remove(os.path.join(folder, MODEL))


def read_keras_metadata(folder: str) -> Any:
    """The KerasMetadata of a model that Keras 2 saved, or None."""
    path = os.path.join(folder, KERAS_METADATA)
    return parsed(KerasMetadata, _content(path), path) if os.path.isfile(path) else None


def asset_path(folder: str, name: str) -> str:
    """The path of an asset, which must lie in the model's own folder of assets.

    Raises:
        PermissionDeniedError: it lies elsewhere.
        NotFoundError: it is not there.
    """
    root = os.path.realpath(os.path.join(folder, ASSETS))
    path = os.path.realpath(os.path.join(root, name))
    if os.path.isabs(name) or os.path.commonpath([root, path]) != root or path == root:
        raise PermissionDeniedError(
            "{folder}: the asset {name!r} lies outside of the model's folder.",
            folder=folder,
            name=name,
        )
    if not os.path.isfile(path):
        raise NotFoundError("{folder}: the asset {name!r} is missing.", folder=folder, name=name)
    return path
