"""``.safetensors``: a JSON header and the arrays' plain bytes, one after another.

https://huggingface.co/docs/safetensors/index#format. A weight's name is the place of its layer in
the model and its own name: ``layers/dense_1/kernel``.
"""

from __future__ import annotations

import math
import os
import warnings
from typing import Any

import ml_dtypes
import numpy as np

from caudal.errors import CaudalWarning, InvalidArgumentError, ShapeError
from caudal.io.durable import replacing
from caudal.keras.engine.layer import Layer
from caudal.keras.saving.hdf5 import damaged, parse_json, refused, to_json
from caudal.keras.saving.tree import walk

_DTYPES: dict[str, Any] = {
    "BOOL": np.bool_,
    "U8": np.uint8,
    "I8": np.int8,
    "U16": np.uint16,
    "I16": np.int16,
    "U32": np.uint32,
    "I32": np.int32,
    "U64": np.uint64,
    "I64": np.int64,
    "F16": np.float16,
    "BF16": ml_dtypes.bfloat16,
    "F32": np.float32,
    "F64": np.float64,
}
_NAMES = {np.dtype(kind): name for name, kind in _DTYPES.items()}
_MOST_HEADER = 100_000_000


def _named(model: Any) -> dict[str, Any]:
    """The model's weights by their names in the file."""
    found: dict[str, Any] = {}
    for path, node in walk(model):
        if not isinstance(node, Layer):
            continue
        for variable in node._trainable_variables + node._non_trainable_variables:
            name = f"{path}/{variable.name}" if path else variable.name
            serial, unique = 0, name
            while unique in found:
                serial += 1
                unique = f"{name}_{serial}"
            found[unique] = variable
    return found


def write_safetensors(path: str, model: Any) -> None:
    """Saves the weights, without the optimizer; the file appears when it is complete."""
    header: dict[str, Any] = {"__metadata__": {"format": "keras"}}
    named, end = _named(model), 0
    for name, variable in named.items():
        array = variable.array()
        if array.dtype not in _NAMES:
            raise InvalidArgumentError(
                "Cannot save the weight {name!r}: safetensors files hold no {dtype}.",
                name=name,
                dtype=array.dtype,
            )
        begin, end = end, end + array.nbytes
        header[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [begin, end],
        }
    text = to_json(header).encode()
    text += b" " * (-len(text) % 8)
    with replacing(path) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for variable in named.values():
            file.write(np.ascontiguousarray(variable.array()).reshape(-1).view(np.uint8).data)


def read_safetensors(path: str, model: Any, skip_mismatch: bool = False) -> None:
    """Sets a model's weights from a file; all names and shapes are compared first.

    Raises:
        InvalidArgumentError, ShapeError: the file is of another model; nothing was changed.
        DataLossError: the file is damaged.
    """
    header, start = read_header(path)
    named = _named(model)
    if set(named) != set(header) and not skip_mismatch:
        raise InvalidArgumentError(
            "{path}: the file has {received} weights, the model {model!r} has {expected}; the "
            "first names that differ are {names}.",
            path=path,
            received=len(header),
            model=model.name,
            expected=len(named),
            names=sorted(set(named) ^ set(header))[:4],
        )
    plan = []
    for name, variable in named.items():
        shape = header[name]["shape"] if name in header else None
        if shape == list(variable.shape):
            plan.append((header[name], variable))
            continue
        if not skip_mismatch:
            raise ShapeError(
                "{path}: weight {name!r} has shape {received}, the variable {variable!r} has "
                "shape {expected}.",
                path=path,
                name=name,
                received=tuple(shape or ()),
                variable=variable.path,
                expected=tuple(variable.shape),
            )
        warnings.warn(f"Weight {name!r} is skipped: it does not fit.", CaudalWarning, stacklevel=4)
    with open(path, "rb") as file:
        for entry, variable in plan:
            begin, end = entry["data_offsets"]
            file.seek(start + begin)
            array = np.frombuffer(file.read(end - begin), _DTYPES[entry["dtype"]])
            variable.assign(array.reshape(entry["shape"]).astype(variable.dtype.np_dtype))


def read_header(path: str) -> tuple[dict[str, Any], int]:
    """The entries by name, each checked, and where the bytes begin."""
    size = os.stat(path).st_size
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(size - 8, _MOST_HEADER):
            raise damaged(path, "header", f"it claims {length} of {size} bytes")
        text = file.read(length)
    header = parse_json(text, path, "header")
    if not isinstance(header, dict):
        raise damaged(path, "header", "it is no table of tensors")
    header.pop("__metadata__", None)
    place = 0
    for name, entry in sorted(header.items(), key=lambda item: _begin(path, *item)):
        begin, end = entry["data_offsets"]
        if begin != place:
            raise refused(path, name, "it overlaps another tensor, or there is a gap before it")
        dtype = np.dtype(_DTYPES[entry["dtype"]])
        if end - begin != math.prod(entry["shape"]) * dtype.itemsize:
            raise damaged(path, name, f"shape {entry['shape']} does not take {end - begin} bytes")
        place = end
    if place != size - 8 - length:
        raise damaged(path, "data", f"the tensors take {place} of {size - 8 - length} bytes")
    return header, 8 + length


def _begin(path: str, name: str, entry: Any) -> tuple[int, int]:
    """An entry's place, after a look at its parts."""
    try:
        begin, end = entry["data_offsets"]
        numbers = [begin, end, *entry["shape"]]
        known = entry["dtype"] in _DTYPES
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(path, name, error) from error
    if not known:
        raise damaged(path, name, f"unknown dtype {entry['dtype']!r}")
    if any(type(number) is not int or number < 0 for number in numbers):
        raise damaged(path, name, "its shape or place is no list of whole numbers")
    return begin, end
