"""What an ONNX file holds, for `caudal inspect`: nothing in it is run, no other file is opened."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from caudal.errors import DataLossError, ResourceExhaustedError
from caudal.onnx.file import library

_MOST = 1 << 31


def read_onnx(path: str) -> Any:
    """The message in a file, without files that it names.

    Raises:
        MissingModuleError: the onnx package is not installed.
        DataLossError: the file is damaged.
    """
    onnx = library()
    size = os.stat(path).st_size
    if size >= _MOST:
        raise ResourceExhaustedError("{path}: {size} bytes are too many.", path=path, size=size)
    with open(path, "rb") as file:
        data = file.read()
    found = onnx.ModelProto()
    try:
        found.ParseFromString(data)
    except Exception as error:
        # The protobuf library has exceptions of several kinds for bytes that are no message.
        raise DataLossError(
            "{path}: it is no ONNX file: {reason}", path=path, reason=str(error)
        ) from error
    if not found.HasField("graph"):
        raise DataLossError("{path}: it is no ONNX file: it holds no graph.", path=path)
    return found


def described(value: Any) -> str:
    """An input or output in words."""
    dtype = library().TensorProto.DataType.Name(value.type.tensor_type.elem_type).lower()
    dims = value.type.tensor_type.shape.dim
    extents = [
        dim.dim_param or ("?" if not dim.HasField("dim_value") else dim.dim_value) for dim in dims
    ]
    return f"{value.name} {dtype}({', '.join(map(str, extents))})"


def arrays(model: Any, path: str) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """The initializers, each checked against its bytes.

    Raises:
        DataLossError: one lies in another file, or has another size than its shape.
    """
    onnx = library()
    for tensor in model.graph.initializer:
        problem = ""
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            problem = "it lies in another file, which is not opened"
        elif min(tensor.dims, default=0) < 0 or math.prod(tensor.dims) > tensor.ByteSize() * 8:
            problem = f"its shape {tuple(tensor.dims)} has more elements than its bytes"
        else:
            try:
                array = onnx.numpy_helper.to_array(tensor)
            except (TypeError, ValueError, KeyError) as error:
                problem = str(error)
        if problem:
            raise DataLossError(
                "{path}: the weight {name!r}: {reason}", path=path, name=tensor.name, reason=problem
            )
        yield tensor.name, array
