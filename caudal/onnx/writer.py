"""A graph's nodes, being written."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from caudal.ir.dtypes import DType, from_numpy, int64
from caudal.saved_model.columns import NodeView, UnwritableError
from caudal.saved_model.extents import Extent
from caudal.saved_model.sizes import Array, Extents, SizedWriter

# TensorProto.DataType of onnx.proto.
_NUMBERS = dict(
    float32=1, uint8=2, int8=3, uint16=4, int16=5, int32=6, int64=7, bool=9, float16=10,
    float64=11, uint32=12, uint64=13, bfloat16=16,
)  # fmt: skip
_SMALL = 4096


class Value(NamedTuple):
    """A value in the graph: its name and dtype, and its content where that is constant."""

    text: str
    dtype: DType
    array: Array | None = None


class Step(NamedTuple):
    """A node: its attributes are plain values, or a `OnnxWriter` for a graph inside."""

    op: str
    inputs: list[str]
    outputs: list[str]
    attributes: Mapping[str, Any]


class Names:
    """What a graph shares with those inside of it: names, constants, the record being written.

    ``fits`` says whether ONNX has an op for inputs of these dtypes.
    """

    def __init__(self, fits: Callable[[str, Sequence[DType]], bool]) -> None:
        self.fits = fits
        self.record = ""
        self.serial = 0
        self.initializers: dict[str, Array] = {}
        self.constants: dict[Any, Value] = {}


class OnnxWriter(SizedWriter):
    """Collects the nodes of a graph, or of the body of a loop in ``outer``.

    symbols: which input's axis each open extent is. fits: see `Names`.
    """

    INDEX = np.int64
    ADD, LEAST, MOST = "Add", "Min", "Max"

    def __init__(
        self,
        symbols: Sequence[tuple[str, int]] = (),
        outer: OnnxWriter | None = None,
        fits: Callable[[str, Sequence[DType]], bool] = lambda op, dtypes: True,
    ) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self.inputs: list[tuple[Value, Extents]] = []
        self.outputs: list[tuple[Value, Extents | None]] = []
        self.names: Names = Names(fits) if outer is None else outer.names
        self._outer = outer
        self._symbols = list(symbols)

    # --- nodes --------------------------------------------------------------------------------

    def fresh(self, stem: str) -> str:
        """A new name."""
        self.names.serial += 1
        return f"{stem}_{self.names.serial}"

    def argument(self, name: str, dtype: DType, shape: Extents) -> Value:
        """One more input."""
        value = Value(name, dtype)
        self.inputs.append((value, shape))
        return value

    def nodes(
        self, op: str, dtypes: Sequence[DType], *inputs: Value, **attributes: Any
    ) -> tuple[Value, ...]:
        """A node with a result of each dtype."""
        if not self.names.fits(op, [value.dtype for value in inputs]):
            error = UnwritableError(
                "ONNX has no {op} of {dtypes}, which the program needs.",
                op=op,
                dtypes=", ".join(value.dtype.name for value in inputs),
            )
            error.op = self.names.record
            raise error
        name = self.fresh(op)
        outputs = [name if not i else f"{name}_{i}" for i in range(len(dtypes))]
        self.steps.append(Step(op, [value.text for value in inputs], outputs, attributes))
        return tuple(Value(out, dtype) for out, dtype in zip(outputs, dtypes, strict=True))

    def node(self, op: str, *inputs: Value, dtype: DType | None = None, **attributes: Any) -> Value:
        """A node with one result, of the first input's dtype unless another is given."""
        return self.nodes(op, [inputs[0].dtype if dtype is None else dtype], *inputs, **attributes)[
            0
        ]

    def unwritable(self, node: NodeView, what: str = "") -> UnwritableError:
        """The error for a record that has no counterpart."""
        error = UnwritableError(
            "The op {op!r}{what} cannot be written into an ONNX file.",
            op=node.op,
            what=f" {what}" if what else "",
        )
        error.op = node.op
        return error

    # --- constants and sizes ------------------------------------------------------------------

    def const(self, value: Any, name: str = "") -> Value:
        """A constant array; ``name`` is that of a weight."""
        array = np.asarray(value)
        small = array.nbytes <= _SMALL and not name
        key = (array.dtype.str, array.shape, array.tobytes()) if small else id(array)
        found = self.names.constants.get(key)
        if found is None:
            taken = self.names.initializers
            text = name if name and name not in taken else self.fresh(name or "constant")
            taken[text] = array
            found = self.names.constants[key] = Value(text, from_numpy(array.dtype), array)
        return found

    def ints(self, *values: int) -> Value:
        """A constant vector of int64."""
        return self.const(np.asarray(values, np.int64))

    def like(self, x: Value, number: float) -> Value:
        """A constant scalar of the dtype of ``x``."""
        return self.const(np.asarray(number, x.dtype.np_dtype))

    def scalar(self, extent: Any) -> Value:
        """An extent as a scalar; made in the outermost graph, which all inside may read."""
        outer = self._outer
        found: Value = super().scalar(extent) if outer is None else outer.scalar(extent)
        return found

    def vector(self, extents: Extents) -> Value:
        """Extents as a vector."""
        outer = self._outer
        found: Value = super().vector(extents) if outer is None else outer.vector(extents)
        return found

    def size(self, symbol: int) -> Value:
        """An open extent as a scalar."""
        found: Value | None = self._scalars.get(symbol)
        if found is None:
            name, axis = self._symbols[symbol]
            whole = self.node("Shape", Value(name, int64))
            found = self._scalars[symbol] = self.node("Gather", whole, self.const(np.int64(axis)))
        return found

    def stacked(self, scalars: Sequence[Value]) -> Value:
        """Scalars as a vector."""
        zero = self.ints(0)
        parts = [
            self.node("Unsqueeze", one, zero) if one.array is None else self.ints(int(one.array))
            for one in scalars
        ]
        return self.node("Concat", *parts, axis=0)

    # --- what several writers need ------------------------------------------------------------

    def cast(self, x: Value, dtype: DType) -> Value:
        """``x`` in another dtype, or itself."""
        if x.dtype is dtype:
            return x
        if x.array is not None:
            return self.const(x.array.astype(dtype.np_dtype))
        return self.node("Cast", x, dtype=dtype, to=number_of(dtype))

    def reshape(self, x: Value, shape: Extents) -> Value:
        """``x`` in another shape."""
        if x.array is not None and not any(isinstance(n, Extent) for n in shape):
            return self.const(x.array.reshape(tuple(shape)))
        # A zero would stand for the input's extent.
        zero: dict[str, Any] = {"allowzero": 1} if 0 in shape else {}
        return self.node("Reshape", x, self.vector(shape), **zero)

    def transpose(self, x: Value, perm: Sequence[int]) -> Value:
        """``x`` with its axes in another order."""
        if list(perm) == sorted(perm):
            return x
        if x.array is not None:
            return self.const(np.ascontiguousarray(x.array.transpose(perm)))
        return self.node("Transpose", x, perm=list(perm))

    def pad(self, x: Value, low: Extents, high: Extents, value: Array) -> Value:
        """``x`` with that many more elements of ``value`` around it."""
        pairs = [*low, *high]
        if not any(isinstance(extent, Extent) or extent for extent in pairs):
            return x
        return self.node("Pad", x, self.vector(pairs), self.const(value))

    def sliced(self, x: Value, sizes: Extents) -> Value:
        """The first so many elements along each axis."""
        axes = self.ints(*range(len(sizes)))
        return self.node("Slice", x, self.ints(*(0 for _ in sizes)), self.vector(sizes), axes)

    def broadcast(self, x: Value, shape: Extents) -> Value:
        """``x`` repeated to a shape."""
        return self.node("Expand", x, self.vector(shape))

    def line(self, count: Any) -> Value:
        """The numbers from 0."""
        return self.node(
            "Range", self.const(np.int64(0)), self.scalar(count), self.const(np.int64(1))
        )

    def reciprocal(self, x: Value) -> Value:
        """One over ``x``."""
        return self.node("Reciprocal", x)


def number_of(dtype: DType) -> int:
    """The dtype's number in onnx.proto.

    >>> from caudal.ir.dtypes import float32
    >>> number_of(float32)
    1

    Raises:
        UnwritableError: there is none, or none that runtimes compute with.
    """
    found = _NUMBERS.get(dtype.name)
    if found is None:
        raise UnwritableError("The dtype {dtype} cannot be written into ONNX.", dtype=dtype.name)
    return found


def foldable(node: NodeView, inputs: Sequence[Value]) -> bool:
    """Whether a node of constants is worth computing now: it makes the file no larger."""
    bytes_ = math.prod(node.shape) * node.dtype.size
    given = [value.array for value in inputs]
    return bool(bytes_ <= max(_SMALL, sum(array.nbytes for array in given if array is not None)))
