"""One function's nodes, being written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from caudal.errors import UnimplementedError
from caudal.ir.dtypes import DType, as_dtype, from_numpy, int32, int64
from caudal.saved_model.attributes import attribute_message
from caudal.saved_model.extents import Extent, is_open
from caudal.saved_model.messages import FunctionDef
from caudal.saved_model.schema import LIMITS, SCHEMA

Array = np.ndarray[Any, Any]
Extents = Sequence[Any]


class UnwritableError(UnimplementedError):
    """A program has an op that cannot be written; ``op`` names it."""

    op: str = ""


class Ref(NamedTuple):
    """A value in the function: how nodes refer to it, and its dtype."""

    text: str
    dtype: DType


class NodeView(NamedTuple):
    """What a writer sees of a record's call: sizes may be polynomials of open extents."""

    op: str
    params: dict[str, Any]
    dtype: DType
    shape: tuple[Any, ...]
    shapes: tuple[tuple[Any, ...], ...]


class GraphWriter:
    """Builds a FunctionDef; `symbols` says which input's axis each open extent is."""

    def __init__(self, name: str, symbols: Sequence[tuple[str, int]] = ()) -> None:
        self.definition = FunctionDef()
        self.definition.signature.name = name
        self._symbols = list(symbols)
        self._inputs: dict[str, Ref] = {}
        self._serial = 0
        self._constants: dict[Any, Ref] = {}
        self._scalars: dict[Any, Ref] = {}

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
        key = (array.dtype.str, array.shape, array.tobytes()) if array.nbytes <= 4096 else id(array)
        found = self._constants.get(key)
        if found is None:
            dtype = from_numpy(array.dtype)
            name = self.bare("Const", [], value=array, dtype=dtype)
            found = Ref(f"{name}:output:0", dtype)
            if array.nbytes <= 4096:
                self._constants[key] = found
        return found

    def scalar(self, extent: Any) -> Ref:
        """An extent as an int32 scalar."""
        if not isinstance(extent, Extent):
            return self.const(np.int32(extent))
        found = self._scalars.get(extent)
        if found is None:
            found = self._scalars[extent] = self._sum(extent)
        return found

    def _sum(self, extent: Extent) -> Ref:
        total: Ref | None = None
        for symbols, factor in sorted(extent.terms.items()):
            term: Ref | None = None
            for symbol in symbols:
                size = self.size(symbol)
                term = size if term is None else self.node("Mul", term, size)
            if term is None:
                term = self.const(np.int32(factor))
            elif factor != 1:
                term = self.node("Mul", term, self.const(np.int32(factor)))
            total = term if total is None else self.node("AddV2", total, term)
        assert total is not None
        return total

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

    def vector(self, extents: Extents) -> Ref:
        """Extents as an int32 vector."""
        if not is_open(tuple(extents)):
            return self.const(np.asarray(extents, np.int32))
        return self.node("Pack", *map(self.scalar, extents), N=len(extents), axis=0)

    # --- what several writers need ------------------------------------------------------------

    def cast(self, x: Ref, dtype: DType) -> Ref:
        """``x`` in another dtype, or itself."""
        return x if x.dtype is dtype else self.node("Cast", x, dtype=dtype)

    def index(self, x: Ref) -> Ref:
        """Indices as int32 or int64."""
        return x if x.dtype in (int32, int64) else self.cast(x, int64)

    def reshape(self, x: Ref, shape: Extents) -> Ref:
        """``x`` in another shape."""
        return self.node("Reshape", x, self.vector(shape))

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

    def spread(self, x: Ref, shape: Extents, gaps: Sequence[int], value: Array) -> Ref:
        """``x`` of a shape with that many elements of ``value`` between neighbours."""
        extents = list(shape)
        for axis, gap in enumerate(gaps):
            if not gap:
                continue
            apart = (*extents[: axis + 1], 1, *extents[axis + 1 :])
            zeros = (0,) * len(apart)
            after = (*zeros[: axis + 1], gap, *zeros[axis + 2 :])
            wide = self.pad(self.reshape(x, apart), zeros, after, value)
            extents[axis] = extents[axis] * (gap + 1)
            joined = self.reshape(wide, extents)
            # The gap behind the last element is cut off; an empty axis stays empty.
            extents[axis] = extents[axis] - gap if extents[axis] != 0 else 0
            begin = self.const(np.zeros(len(extents), np.int32))
            x = self.node("Slice", joined, begin, self.vector(extents))
        return x

    def split(self, x: Ref, axis: int, parts: int) -> list[Ref]:
        """``x`` in equal parts along an axis."""
        place = self.const(np.int32(axis))
        name = self.bare("Split", [place.text, x.text], num_split=parts, T=x.dtype)
        return [Ref(f"{name}:output:{part}", x.dtype) for part in range(parts)]

    def clamped(self, starts: Ref, shape: Extents, sizes: Ref) -> Ref:
        """Where a block of these sizes begins that must lie inside of the shape."""
        most = self.node("Sub", self.vector(shape), sizes)
        inside = self.node("Minimum", self.cast(starts, int32), most)
        return self.node("Maximum", inside, self.const(np.int32(0)))


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
