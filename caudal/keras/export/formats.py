"""``model.export``: a model's inference in the formats of other programs."""

from __future__ import annotations

import os
from typing import Any

from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import Function, TensorSpec, nest
from caudal.ir.dtypes import string
from caudal.keras.export.archive import DEFAULT_ENDPOINT, export_saved_model, inference
from caudal.keras.export.signatures import blamed, input_signature, layer_of_texts, spec_of
from caudal.onnx.file import write_onnx
from caudal.saved_model.columns import UnwritableError
from caudal.saved_model.exported import candidates

_FORMATS = ("tf_saved_model", "onnx")
# Keras's other formats.
_OTHERS = ("openvino", "litert", "torch")


def export(
    model: Any,
    filepath: Any,
    format: str | None = None,
    verbose: bool | None = None,
    signature: Any = None,
    **kwargs: Any,
) -> None:
    """See `Model.export`."""
    path = os.fspath(filepath)
    if format is None:
        format = "onnx" if path.endswith(".onnx") else "tf_saved_model"
    if format not in _FORMATS:
        kind = UnimplementedError if format in _OTHERS else InvalidArgumentError
        raise kind(
            "export: `format` must be one of {known}, received {format!r}.",
            known=_FORMATS,
            format=format,
        )
    known = {"opset_version"} if format == "onnx" else set()
    if set(kwargs) - known:
        raise InvalidArgumentError(
            "export: unknown arguments {names} for format={format!r}.",
            names=sorted(set(kwargs) - known),
            format=format,
        )
    if format == "onnx":
        _export_onnx(model, path, verbose, signature, **kwargs)
    else:
        export_saved_model(model, path, verbose, signature)


def _export_onnx(
    model: Any, path: str, verbose: bool | None, given: Any, opset_version: int | None = None
) -> None:
    specs = [input_signature(model)] if given is None else list(given)
    specs = [nest.map_structure(spec_of, one) for one in specs]
    if any(spec.dtype is string for spec in nest.flatten(specs) if isinstance(spec, TensorSpec)):
        layer = layer_of_texts(model)
        raise UnimplementedError(
            "export: the model {name!r} takes texts (layer {layer!r}, {kind}), which ONNX cannot "
            "express. Export the part behind it.",
            name=model.name,
            layer=layer.name,
            kind=type(layer).__name__,
        )
    (candidate,) = candidates(Function(inference(model), DEFAULT_ENDPOINT, input_signature=specs))
    try:
        write_onnx(path, model.name, candidate, opset_version)
    except UnwritableError as error:
        raise blamed([model], error) from error
    if verbose is None or verbose:
        print(f"Saved artifact at '{path}'.")
