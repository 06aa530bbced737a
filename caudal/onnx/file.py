"""The file: a written graph as a message of the onnx package, checked and put on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from caudal.errors import InvalidArgumentError, MissingModuleError, UnimplementedError
from caudal.framework import TensorSpec, nest
from caudal.framework.trace import Traced
from caudal.io.durable import write_whole
from caudal.ir.dtypes import DType, from_numpy, string
from caudal.onnx.translate import GraphColumns
from caudal.onnx.writer import OnnxWriter, Value, number_of
from caudal.saved_model.extents import Box, Extent
from caudal.saved_model.tracing import Candidate, at_open_extents
from caudal.version import CAUDAL_VERSION

OPSETS = range(18, 24)
"""The versions of ONNX's operators that a file can ask for; any of them means the same here."""
_SPELLED = {"float32": "float", "float64": "double"}
_MOST_BYTES = 2**31 - 1
# IR version 10 came with opset 21; readers refuse a higher one than they know.
_IR_VERSIONS = {18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11}


def write_onnx(path: Any, name: str, candidate: Candidate, opset: int | None = None) -> None:
    """Writes a function for one signature, whose open extents stay open.

    Inputs are named as the candidate says, outputs ``output_0``, ``output_1``, ... Weights become
    initializers under their paths. What depends on weights alone is computed once, here.

    Raises:
        MissingModuleError: the onnx package is not installed.
        UnwritableError: an op has no counterpart in ONNX; ``op`` names it. Nothing was written.
        InvalidArgumentError: the program depends on an open extent in a way that no single
            graph expresses; or an opset that is not in `OPSETS`.
    """
    onnx = library()
    version = OPSETS[0] if opset is None else opset
    if version not in OPSETS:
        raise InvalidArgumentError(
            "export: `opset_version` must be from {low} to {high}, received {received!r}.",
            low=OPSETS[0],
            high=OPSETS[-1],
            received=opset,
        )
    specs = [leaf for leaf in nest.flatten(candidate.signature) if isinstance(leaf, TensorSpec)]
    for spec in specs:
        if spec.shape.rank is None or spec.dtype is string:
            raise UnimplementedError(
                "{name}: expected tensors of numbers with a known number of axes, received "
                "{spec}. Texts and tensors of any rank cannot be written into an ONNX file.",
                name=name,
                spec=spec,
            )

    fits = _allowed(onnx, version)

    def write(
        several: Sequence[Traced], box: Box, symbols: Sequence[tuple[str, int]]
    ) -> OnnxWriter:
        results = [f"output_{i}" for i in range(len(several[0].outputs))]
        return GraphColumns(several, box, candidate.names, symbols, results, fits).writer

    graph = at_open_extents(name, candidate, specs, write)
    data = _Message(onnx, version).model(graph, name)
    write_whole(os.fspath(path), data)


def library() -> Any:
    """The onnx package.

    Raises:
        MissingModuleError: it is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise MissingModuleError(
            "ONNX files are written with the onnx package: pip install 'caudal[onnx]'. ({reason})",
            reason=str(error),
        ) from error
    return onnx


def _allowed(onnx: Any, version: int) -> Callable[[str, Sequence[DType]], bool]:
    """Which dtypes an op takes, as the onnx package says."""

    def fits(op: str, dtypes: Sequence[DType]) -> bool:
        inputs = onnx.defs.get_schema(op, version, "").inputs
        many = len(dtypes) - len(inputs)
        places = [*inputs, *(inputs[-1] for _ in range(many))]
        return all(
            f"tensor({_SPELLED.get(dtype.name, dtype.name)})" in place.types
            for dtype, place in zip(dtypes, places, strict=False)
        )

    return fits


class _Message:
    """Makes messages with the onnx package."""

    def __init__(self, onnx: Any, version: int) -> None:
        self._onnx = onnx
        self._version = version

    def model(self, graph: OnnxWriter, name: str) -> bytes:
        """The bytes of the whole file, checked by the onnx package."""
        helper = self._onnx.helper
        used = self._used(graph)
        held = {key: array for key, array in graph.names.initializers.items() if key in used}
        total = sum(array.nbytes for array in held.values())
        if total > _MOST_BYTES:
            raise UnimplementedError(
                "export: the weights have {total} bytes; an ONNX file holds 2 GB.", total=total
            )
        message = self._graph(graph, name)
        for key, array in held.items():
            kind = number_of(from_numpy(array.dtype))
            message.initializer.append(
                helper.make_tensor(key, kind, array.shape, _little(array), raw=True)
            )
        model = helper.make_model(
            message,
            opset_imports=[helper.make_opsetid("", self._version)],
            ir_version=_IR_VERSIONS[self._version],
            producer_name="caudal",
            producer_version=CAUDAL_VERSION,
        )
        try:
            self._onnx.checker.check_model(model, full_check=True)
        except (
            self._onnx.checker.ValidationError,
            self._onnx.shape_inference.InferenceError,
        ) as error:
            raise UnimplementedError(
                "export: ONNX does not express {name!r}: {reason}",
                name=name,
                reason=str(error).strip().splitlines()[0],
            ) from error
        found: bytes = model.SerializeToString(deterministic=True)
        return found

    def _used(self, graph: OnnxWriter) -> set[str]:
        found: set[str] = set()
        for step in graph.steps:
            found.update(step.inputs)
            for value in step.attributes.values():
                if isinstance(value, OnnxWriter):
                    found |= self._used(value)
        return found

    def _graph(self, graph: OnnxWriter, name: str) -> Any:
        helper = self._onnx.helper
        nodes = []
        for step in graph.steps:
            attributes = {
                key: self._graph(value, step.outputs[0]) if isinstance(value, OnnxWriter) else value
                for key, value in step.attributes.items()
            }
            nodes.append(
                helper.make_node(
                    step.op, step.inputs, step.outputs, name=step.outputs[0], **attributes
                )
            )
        inputs = [self._info(value, shape) for value, shape in graph.inputs]
        outputs = [self._info(value, shape) for value, shape in graph.outputs]
        return helper.make_graph(nodes, name, inputs, outputs)

    def _info(self, value: Value, shape: Any) -> Any:
        extents = None if shape is None else [_extent(extent) for extent in shape]
        return self._onnx.helper.make_tensor_value_info(value.text, number_of(value.dtype), extents)


def _extent(extent: Any) -> Any:
    """A number, the name of an open extent, or nothing for one that is computed."""
    if not isinstance(extent, Extent):
        return extent
    if len(extent.terms) == 1:
        ((symbols, factor),) = extent.terms.items()
        if factor == 1 and len(symbols) == 1:
            return f"n{symbols[0]}"
    return None


def _little(array: Any) -> bytes:
    found: bytes = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    return found
