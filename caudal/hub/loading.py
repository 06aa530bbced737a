"""``hub.load``: a module as `tf.saved_model.load` gives it."""

from __future__ import annotations

import os
from typing import Any

from caudal import saved_model
from caudal.errors import InvalidArgumentError
from caudal.hub import endpoints
from caudal.hub.resolver import resolve

_OLD_MODULE = "tfhub_module.pb"


class OpenedHandles:
    """The handles that the program itself has given, which a file may name then."""

    def __init__(self) -> None:
        self.known: set[str] = set()


opened = OpenedHandles()


def load(handle: str, tags: Any = None, options: Any = None) -> Any:
    """Loads a module: its variables, functions and signatures.

    Args:
        handle: see `resolve`.
        tags: which graph of a module in the format of TensorFlow 1.
        options: a `tf.saved_model.LoadOptions`.

    Returns:
        What ``tf.saved_model.load`` returns. A module of TensorFlow 2 is called with a tensor; one
        of TensorFlow 1 has only ``variables`` and ``signatures``.

    Raises:
        InvalidArgumentError: the handle is no text, or leads to no SavedModel.
        OSError, UnavailableError, DataLossError: see `resolve`.
        UnimplementedError: a function has an op that Caudal cannot run.
    """
    folder = resolve(handle)
    old = os.path.isfile(os.path.join(folder, _OLD_MODULE))
    if not saved_model.contains_saved_model(folder):
        raise InvalidArgumentError(
            "Trying to load a model of incompatible/unknown type. {folder!r}{whose} contains "
            "neither 'saved_model.pb' nor 'saved_model.pbtxt'{inside}",
            folder=folder,
            whose="" if folder == handle else f", the place of {handle},",
            inside=_inside(folder),
        )
    loaded = saved_model.load(folder, tags=[] if tags is None and old else tags, options=options)
    loaded._is_hub_module_v1 = old
    opened.known.add(handle)
    return loaded


def loaded_object(handle: Any, tags: Any, load_options: Any) -> Any:
    """What a layer's handle means: the module, or the object itself if that can be called.

    Raises:
        InvalidArgumentError: an object, and arguments that say how to load it.
    """
    if not endpoints.is_callable(handle):
        return load(handle, tags=tags, options=load_options)
    for name, value in (("tags", tags), ("load_options", load_options)):
        if value is not None:
            raise InvalidArgumentError(
                "Passing a callable handle is mutually exclusive with setting {name}.", name=name
            )
    return handle


def _inside(folder: str) -> str:
    """What to say of a folder that is none: the folder inside it that is."""
    if not os.path.isdir(folder):
        return "; it is a file, and no tar. Keras files are for keras.models.load_model."
    names = sorted(os.listdir(folder))
    for name in names:
        inner = os.path.join(folder, name)
        if os.path.isdir(inner) and saved_model.contains_saved_model(inner):
            return f", but the folder {name!r} in it does: give its path."
    return f" but {names[:8]}." if names else "; it is empty."
