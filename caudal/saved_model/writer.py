"""One function's nodes, being written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from caudal.ir.dtypes import DType, as_dtype, from_numpy, int32, int64
from caudal.saved_model.attributes import attribute_message
from caudal.saved_model.columns import NodeView, UnwritableError
from caudal.saved_model.extents import Extent, is_open
from caudal.saved_model.messages import FunctionDef
from caudal.saved_model.schema import LIMITS, SCHEMA
from caudal.saved_model.sizes import Array, Extents, SizedWriter


class Ref(NamedTuple):
    """A value in the function: how nodes refer to it, and its dtype."""

    text: str
    dtype: DType


class GraphWriter(SizedWriter):
    """Builds a FunctionDef; `symbols` says which input's axis each open extent is."""

    def __init__(self, name: str, symbols: Sequence[tuple[str, int]] = ()) -> None:
        super().__init__()
        self.definition = FunctionDef()
        self.definition.signature.name = name
        self._symbols = list(symbols)
        self._inputs: dict[str, Ref] = {}
        self._serial = 0
        self._constants: dict[Any, Ref] = {}

    # --- nodes -------------------------------------------------------------------------------

    def argument(self, name: str, number: int, dtype: DType | None) -> Any:
        """One more argument; ``number`` is its DataType."""
        self.definition.signature.input_arg.add(name=name, type=number)
        if dtype is None:
            return Ref(name, int32)
        self._inputs[name] = Ref(name, dtype)
        return self._inputs[name]

    def bare(self, op: str, inputs: Sequence[str], **attributes: Any) -> str:
        """A node with everything given; its name."""
        self._serial += 1
        name = f"{op}_{self._serial}"
        node = self.definition.node_def.add(name=name, op=op, input=list(inputs))
        for key, value in attributes.items():
            node.attr[key].CopyFrom(attribute_message(value))
        return name

    def node(self, op: str, *inputs: Ref, dtype: DType | None = None, **attributes: Any) -> Ref:
        """A node with one result, of the first input's dtype unless another is given."""
        result = inputs[0].dtype if dtype is None else dtype
        output, kinds = SCHEMA[op]
        _check_dtype(op, inputs)
        for key, source in kinds.items():
            attributes.setdefault(key, _kind(source, inputs, result))
        name = self.bare(op, [ref.text for ref in inputs], **attributes)
        return Ref(f"{name}:{output}:0", result)

    def nodes(
        self, op: str, outputs: Sequence[str], dtypes: Sequence[DType], *inputs: Ref
    ) -> tuple[Ref, ...]:
        """A node with several named results."""
        _, kinds = SCHEMA[op]
        _check_dtype(op, inputs)
        given = {key: _kind(source, inputs, dtypes[0]) for key, source in kinds.items()}
        name = self.bare(op, [ref.text for ref in inputs], **given)
        pairs = zip(outputs, dtypes, strict=True)
        return tuple(Ref(f"{name}:{output}:0", dtype) for output, dtype in pairs)

    def unwritable(self, node: NodeView, what: str = "") -> UnwritableError:
        """The error for a record that has no counterpart."""
        error = UnwritableError(
            "The op {op!r}{what} cannot be written into a SavedModel.",
            op=node.op,
            what=f" {what}" if what else "",
        )
        error.op = node.op
        return error

    # --- constants and sizes -----------------------------------------------------------------

    def const(self, value: Any) -> Ref:
        """A constant array."""
        array = np.asarray(value)
        content = tuple(array.ravel()) if array.dtype == object else array.tobytes()
        key = (array.dtype.str, array.shape, content) if array.nbytes <= 4096 else id(array)
        found = self._constants.get(key)
        if found is None:
            dtype = from_numpy(array.dtype)
            name = self.bare("Const", [], value=array, dtype=dtype)
            found = Ref(f"{name}:output:0", dtype)
            if array.nbytes <= 4096:
                self._constants[key] = found
        return found

    def give_size(self, symbol: int, ref: Ref) -> None:
        """Says where an open extent comes from, in a function that is given it."""
        self._scalars[symbol] = ref

    def size(self, symbol: int) -> Ref:
        """An open extent as an int32 scalar."""
        found = self._scalars.get(symbol)
        if found is None:
            name, axis = self._symbols[symbol]
            shape = self.node("Shape", self._inputs[name], dtype=int32)
            begin, end = (self.const(np.asarray([axis + i], np.int32)) for i in (0, 1))
            one = self.const(np.ones(1, np.int32))
            found = self.node("StridedSlice", shape, begin, end, one, shrink_axis_mask=1)
            self._scalars[symbol] = found
        return found

    # --- what several writers need ------------------------------------------------------------

    def cast(self, x: Ref, dtype: DType) -> Ref:
        """``x`` in another dtype, or itself."""
        return x if x.dtype is dtype else self.node("Cast", x, dtype=dtype)

    def index(self, x: Ref) -> Ref:
        """Indices as int32 or int64."""
        return x if x.dtype in (int32, int64) else self.cast(x, int64)

    def transpose(self, x: Ref, perm: Sequence[int]) -> Ref:
        """``x`` with its axes in another order."""
        if list(perm) == sorted(perm):
            return x
        return self.node("Transpose", x, self.const(np.asarray(perm, np.int32)))

    def pad(self, x: Ref, low: Extents, high: Extents, value: Array) -> Ref:
        """``x`` with that many more elements of ``value`` around it."""
        pairs = [*low, *high]
        if not any(isinstance(extent, Extent) or extent for extent in pairs):
            return x
        flat = [extent for pair in zip(low, high, strict=True) for extent in pair]
        paddings = self.reshape(self.vector(flat), (len(low), 2))
        if not is_open(tuple(flat)):
            paddings = self.const(np.asarray(flat, np.int32).reshape(-1, 2))
        if not value.any() and not np.signbit(value.real).any():
            return self.node("Pad", x, paddings)
        return self.node("PadV2", x, paddings, self.const(value))

    def split(self, x: Ref, axis: int, parts: int) -> list[Ref]:
        """``x`` in equal parts along an axis."""
        place = self.const(np.int32(axis))
        name = self.bare("Split", [place.text, x.text], num_split=parts, T=x.dtype)
        return [Ref(f"{name}:output:{part}", x.dtype) for part in range(parts)]

    # --- what the other floors ask for --------------------------------------------------------

    def sliced(self, x: Ref, sizes: Extents) -> Ref:
        """The first so many elements along each axis."""
        begin = self.const(np.zeros(len(sizes), np.int32))
        return self.node("Slice", x, begin, self.vector(sizes))

    def stacked(self, scalars: Sequence[Ref]) -> Ref:
        """Scalars as a vector."""
        return self.node("Pack", *scalars, N=len(scalars), axis=0)

    def broadcast(self, x: Ref, shape: Extents) -> Ref:
        """``x`` repeated to a shape."""
        return self.node("BroadcastTo", x, self.vector(shape))

    def line(self, count: Any) -> Ref:
        """The numbers from 0."""
        return self.node(
            "Range", self.const(np.int32(0)), self.scalar(count), self.const(np.int32(1))
        )

    def reciprocal(self, x: Ref) -> Ref:
        """One over ``x``."""
        return self.node("Reciprocal", x)


def _check_dtype(op: str, inputs: Sequence[Ref]) -> None:
    allowed = LIMITS.get(op)
    if allowed is not None and inputs[0].dtype.name not in allowed:
        error = UnwritableError(
            "TensorFlow has no {op} of {dtype}, which the program needs.",
            op=op,
            dtype=inputs[0].dtype.name,
        )
        error.op = op
        raise error


def _kind(source: str, inputs: Sequence[Ref], result: DType) -> DType:
    if source == "out":
        return result
    if source == "last":
        return inputs[-1].dtype
    return inputs[int(source)].dtype if source.isdigit() else as_dtype(source)
