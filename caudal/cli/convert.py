"""`caudal convert`: a model from one format to another."""

from __future__ import annotations

import os
from typing import Any

from caudal.cli.contents import read_contents
from caudal.errors import AlreadyExistsError, InvalidArgumentError, UnimplementedError
from caudal.saved_model.folder import write_as_text

_MODELS = (".keras", ".h5", ".hdf5")
_ONNX = ".onnx"
_WEIGHTS = (".weights.h5", ".safetensors", ".ckpt")


def convert(
    source: str, target: str, model: str | None = None, force: bool = False, text: bool = False
) -> int:
    """Reads a model and writes it in the format of the target's suffix; returns the exit code.

    ``.keras``, ``.h5``, ``.hdf5``: a whole model; no suffix: a folder with a SavedModel and a
    ``model.keras``; ``.onnx``: its inference; ``.weights.h5``, ``.safetensors``, ``.ckpt``
    (TensorFlow's checkpoint): its weights.

    model: the file of a model of the same architecture, for a source that is weights alone.
    force: write over what is there. text: a SavedModel's graph as ``saved_model.pbtxt``.

    Raises:
        NotFoundError, DataLossError: the source cannot be read.
        InvalidArgumentError: there is no way from this source to this target.
        AlreadyExistsError: the target is there already.
    """
    suffix = _suffix(target)
    if text and suffix:
        raise InvalidArgumentError(
            "convert: --text is for a SavedModel folder, not {path}.", path=target
        )
    taken = f"{target}.index" if suffix == ".ckpt" else target
    if os.path.exists(taken) and not force:
        raise AlreadyExistsError(
            "convert: {path} exists already; --force writes over it.", path=taken
        )
    if os.path.realpath(source) == os.path.realpath(target):
        raise InvalidArgumentError("convert: {path} is both IN and OUT.", path=source)
    contents = read_contents(source)
    loaded = _model(model if model is not None else source)
    if model is not None:
        status = loaded.load_weights(source)
        if status is not None:
            status.expect_partial()
    if suffix in _WEIGHTS:
        loaded.save_weights(target)
    elif suffix == _ONNX:
        loaded.export(target, verbose=False)
    else:
        loaded.save(target)
        _check_graph(target, suffix)
        if text:
            write_as_text(target)
    left_out = "; architecture and compile arguments are left out" if suffix in _WEIGHTS else ""
    print(f"{source} ({contents.format}) -> {target}: {len(loaded.weights)} weights{left_out}")
    return 0


def _suffix(target: str) -> str:
    """The format that the name of OUT asks for; "" is a folder."""
    for suffix in (*_WEIGHTS, *_MODELS, _ONNX):
        if target.endswith(suffix):
            return suffix
    if not os.path.splitext(target.rstrip("/"))[1]:
        return ""
    raise InvalidArgumentError(
        "convert: the suffix of {target!r} is no format that is written; known are {known}, and "
        "none for a SavedModel folder.",
        target=target,
        known=", ".join((*_MODELS, _ONNX, *_WEIGHTS)),
    )


def _model(path: str) -> Any:
    from caudal.keras.models.model import Model
    from caudal.keras.saving import load_model

    if read_contents(path).model is None:
        raise InvalidArgumentError(
            "convert: {path} holds no Keras model (no architecture), so that nothing else can be "
            "made of it; give a model of the same architecture with --model FILE.",
            path=path,
        )
    found = load_model(path)
    if not isinstance(found, Model):
        raise InvalidArgumentError(
            "convert: {path} is a SavedModel without the configuration of a Keras model.",
            path=path,
        )
    return found


def _check_graph(target: str, suffix: str) -> None:
    from caudal.saved_model import contains_saved_model

    if not suffix and not contains_saved_model(target):
        raise UnimplementedError(
            "convert: {target} holds only model.keras: its graph cannot be written for "
            "TensorFlow, as the note above says.",
            target=target,
        )
