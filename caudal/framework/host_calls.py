"""Python functions of the program called back by a compiled one: py_function and numpy_function.

A compiled program needs the shapes of the results beforehand. They are given, or learned: a
function whose results are not known yet runs op by op, and compiled from the next call on. Where a
result's shape changes, the call is begun again op by op, and so are all that follow.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal.errors import (
    CaudalError,
    InvalidArgumentError,
    OutOfRangeError,
    ResourceExhaustedError,
    UnimplementedError,
    UnknownError,
)
from caudal.framework import context
from caudal.framework.backprop import Rule, is_differentiable, zeros_like
from caudal.framework.convert import convert_to_tensor
from caudal.framework.effects import obtain
from caudal.framework.journal import repeated
from caudal.framework.shape import TensorSpec
from caudal.framework.tape import GradientTape
from caudal.framework.tensor import Tensor
from caudal.ir.dtypes import DType, int64, string
from caudal.ir.types import Type
from caudal.ops.convert import cast

Shapes = tuple[tuple[int, ...], ...]
_MOST = 1024
_KEPT = 64
_learned: OrderedDict[Any, Shapes | None] = OrderedDict()
"""The shapes of the results, by function and arguments; None where they change."""
_numbers = itertools.count(1)
_CLASSES: list[tuple[Any, type[CaudalError]]] = [
    ((TypeError, ValueError), InvalidArgumentError),
    (StopIteration, OutOfRangeError),
    (MemoryError, ResourceExhaustedError),
    (NotImplementedError, UnimplementedError),
    (Exception, UnknownError),
]
"""What TensorFlow makes of an exception that a program's function raises inside a graph."""


class ShapesUnknownError(UnimplementedError):
    """A program cannot be compiled, but can run op by op.

    ``forever``: whether it is no use to try again.
    """

    forever = False


class ShapesChangedError(InvalidArgumentError):
    """A result has another shape than the program was compiled for.

    ``given``: what was returned, which need not be asked for again.
    """

    given: list[Any]


def call_back(
    what: str,
    function: Callable[..., Any],
    inputs: Sequence[Any],
    outputs: Sequence[TensorSpec],
    *,
    as_arrays: bool,
) -> list[Any]:
    """The tensors that a Python function returns: now, or at each run of the traced program.

    Args:
        what: the caller's name, for errors.
        function: of tensors, or with ``as_arrays`` of NumPy arrays (that has no gradient).
        inputs: tensors.
        outputs: the results' dtypes, and their shapes where they are known.
        as_arrays: see ``function``.

    Raises:
        ShapesUnknownError: while tracing: see there.
    """
    host = _HostFunction(what, function, [spec.dtype for spec in outputs], as_arrays)
    trace = context.state.trace
    key = host.key(inputs)
    if trace is None:
        known = repeated.results.popleft() if repeated.results else None
        # What a tape must see is called again.
        if known is not None and (as_arrays or not context.state.tapes):
            return [Tensor(np.asarray(array)) for array in known[1:]]
        found = host.results(host.call(inputs))
        _learn(key, tuple(tuple(tensor.shape) for tensor in found))
        return found
    shapes = _shapes(what, inputs, outputs, key)
    kinds = [Type(spec.dtype, shape) for spec, shape in zip(outputs, shapes, strict=True)]
    trace.calls_back = True

    def run(*arrays: Any) -> list[Any]:
        return host.run(arrays, kinds, key)

    serial, *tensors = obtain(run, [Type(int64, ()), *kinds], *inputs)
    if not as_arrays and tensors:
        rule = _Gradient(host, serial)
        for tape in context.state.tapes:
            tape.record(rule, tuple(inputs), {}, tuple(tensors))
    return tensors


def _shapes(what: str, inputs: Sequence[Any], outputs: Sequence[TensorSpec], key: Any) -> Any:
    """The shapes of the results, given or learned."""
    texts = any(one.dtype is string for one in (*inputs, *outputs))
    if not texts and all(spec.shape.is_fully_defined() for spec in outputs):
        return [tuple(spec.shape) for spec in outputs]
    if not texts and _learned.get(key) is not None:
        return _learned[key]
    error = ShapesUnknownError(
        "{what}: a compiled program must know the shapes of what the function returns. Say them, "
        "with Tout=tf.TensorSpec(shape, dtype), or let this part run op by op "
        "(run_eagerly=True).",
        what=what,
    )
    error.forever = texts or key in _learned
    raise error


def _learn(key: Any, shapes: Shapes) -> None:
    known = _learned.get(key, shapes)
    _learned[key] = shapes if known == shapes else None
    while len(_learned) > _MOST:
        _learned.popitem(last=False)


class _HostFunction:
    """A Python function as programs call it."""

    def __init__(
        self, what: str, function: Callable[..., Any], dtypes: Sequence[DType], as_arrays: bool
    ) -> None:
        self._what, self._function = what, function
        self._dtypes, self._as_arrays = list(dtypes), as_arrays
        # What ran under a tape, for the gradient; the oldest are forgotten, and run again.
        self._taped: OrderedDict[int, tuple[GradientTape, list[Any], list[Any]]] = OrderedDict()
        self.differentiated = False

    def key(self, inputs: Sequence[Any]) -> Any:
        """What the shapes of the results are learned by."""
        plain = getattr(self._function, "__func__", self._function)
        code = getattr(plain, "__code__", None)
        # AutoGraph compiles inner functions anew: their place in the program stays.
        place = id(plain) if code is None else (code.co_filename, code.co_firstlineno, code.co_name)
        kinds = tuple((tensor.dtype, tuple(tensor.shape)) for tensor in inputs)
        return place, kinds, tuple(self._dtypes)

    def call(self, inputs: Sequence[Any]) -> Any:
        """What the function returns."""
        if self._as_arrays:
            return self._function(*(tensor.numpy() for tensor in inputs))
        return self._function(*inputs)

    def results(self, found: Any) -> list[Any]:
        """It as tensors of the promised dtypes."""
        count = len(self._dtypes)
        if not count:
            return []
        several = isinstance(found, list | tuple) and (count > 1 or len(found) == 1)
        parts = list(found) if several else [found]
        if len(parts) != count or any(part is None for part in parts):
            raise InvalidArgumentError(
                "{what}: expected {count} results, as Tout says, received {found!r}.",
                what=self._what,
                count=count,
                found=found,
            )
        return [_as(part, dtype) for part, dtype in zip(parts, self._dtypes, strict=True)]

    def run(self, arrays: Sequence[Any], kinds: Sequence[Type], key: Any) -> list[Any]:
        """A number for this run, and the results as arrays."""
        number = next(_numbers)
        tensors = [Tensor(np.asarray(array)) for array in arrays]
        with context.init_scope():
            try:
                found = self._record(number, tensors)
            except CaudalError:
                raise
            except Exception as error:
                kind = next((ours for theirs, ours in _CLASSES if isinstance(error, theirs)))
                raise kind(
                    "{what}: {kind}: {text}", what=self._what, kind=type(error).__name__, text=error
                ) from error
        shapes = tuple(tuple(tensor.shape) for tensor in found)
        given = [np.int64(number), *(np.asarray(tensor.numpy()) for tensor in found)]
        if shapes != tuple(kind.shape for kind in kinds):
            _learned[key] = None
            changed = ShapesChangedError(
                "{what}: the program was compiled for results of shapes {expected}, received "
                "{received}.",
                what=self._what,
                expected=[list(kind.shape) for kind in kinds],
                received=[list(shape) for shape in shapes],
            )
            changed.given = given
            raise changed
        return given

    def _record(self, number: int, tensors: list[Any]) -> list[Any]:
        """The results; under a tape that is kept, if a gradient may be asked for."""
        if self._as_arrays or not self.differentiated:
            return self.results(self.call(tensors))
        with GradientTape() as tape:
            tape.watch([tensor for tensor in tensors if is_differentiable(tensor)])
            found = self.results(self.call(tensors))
        self._taped[number] = (tape, tensors, found)
        while len(self._taped) > _KEPT:
            self._taped.popitem(last=False)
        return found

    def pull(self, number: int, inputs: Sequence[Any], grads: Sequence[Any]) -> list[Any]:
        """The gradients for the inputs that carry one, as arrays."""
        with context.init_scope():
            if number not in self._taped:
                self.differentiated = True
                self._record(number, [Tensor(np.asarray(array)) for array in inputs])
            tape, tensors, found = self._taped.pop(number)
            smooth = [tensor for tensor in tensors if is_differentiable(tensor)]
            targets = [tensor for tensor in found if is_differentiable(tensor)]
            seeds = [Tensor(np.asarray(g)) for g in grads]
            pulled = tape.gradient(targets, smooth, seeds, unconnected_gradients="zero")
            return [np.asarray(convert_to_tensor(g).numpy()) for g in pulled]


def _as(value: Any, dtype: DType) -> Any:
    tensor = convert_to_tensor(value)
    return tensor if tensor.dtype is dtype else cast(tensor, dtype=dtype)


class _Gradient(Rule):
    """The gradient of a function called back: the eager tape's."""

    name = "py_function"

    def __init__(self, host: _HostFunction, serial: Any) -> None:
        self._host, self._serial = host, serial

    def grad(self, g: Any, y: Any, *inputs: Any, **params: Any) -> Sequence[Any]:
        """One more call back, to the tape of the first."""
        host, count = self._host, len(inputs)
        host.differentiated = True
        smooth = [place for place, tensor in enumerate(inputs) if is_differentiable(tensor)]
        kinds = [Type(inputs[place].dtype, tuple(inputs[place].shape)) for place in smooth]
        grads = g if isinstance(g, tuple) else (g,)
        results = y if isinstance(y, tuple) else (y,)
        seeds = [
            zeros_like(tensor) if seed is None else seed
            for seed, tensor in zip(grads, results, strict=True)
            if is_differentiable(tensor)
        ]

        def pull(number: Any, *arrays: Any) -> list[Any]:
            return host.pull(int(number), arrays[:count], arrays[count:])

        found = iter(obtain(pull, kinds, self._serial, *inputs, *seeds))
        return [next(found) if place in smooth else None for place in range(count)]
