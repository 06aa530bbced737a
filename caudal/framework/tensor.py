"""Tensors: an immutable value (`Tensor`), or a value of a function being traced.

Operators and indexing are installed by ``operators.py``; every op goes through ``dispatch.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from caudal.errors import (
    CaudalError,
    DTypeError,
    InvalidArgumentError,
    MissingNameError,
    OperatorNotAllowedInGraphError,
    no_memory,
)
from caudal.framework import formatting
from caudal.framework.shape import TensorShape
from caudal.ir.dtypes import DType, from_numpy
from caudal.ir.node import Node

Array = np.ndarray[Any, Any]

DEVICE = "/job:localhost/replica:0/task:0/device:CPU:0"
_NUMPY_NAMES = frozenset(
    ("T", "astype", "clip", "data", "flatten", "item", "max", "mean", "min", "ravel", "reshape")
    + ("size", "sum", "tolist", "transpose")
)
_GRAPH_NAMES = frozenset(("graph", "name", "op", "value_index", "consumers"))


class Reference:
    """A hashable handle of an object that itself is not: equal for the same object only."""

    __slots__ = ("_target",)

    def __init__(self, target: Any) -> None:
        self._target = target

    def deref(self) -> Any:
        """The object."""
        return self._target

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and self._target is other._target

    def __hash__(self) -> int:
        return id(self._target)

    def __repr__(self) -> str:
        return f"<Reference wrapping {self._target!r}>"


class Tensor:
    """An immutable array with TensorFlow's semantics.

    It wraps a NumPy array without copying it: whoever makes one gives the array away. Users
    make tensors with `caudal.constant` or `caudal.convert_to_tensor`, which copy.
    """

    # _origin: (variable, key) of a tensor that was sliced out of a variable; mostly unset.
    # _keras_logits, _keras_mask: what Keras layers leave on their outputs; mostly unset.
    __slots__ = ("__weakref__", "_keras_logits", "_keras_mask", "_origin", "_value")
    _origin: tuple[Any, Any]
    _keras_logits: Any
    _keras_mask: Any
    __array_priority__ = 100
    __caudal_apply__: Any
    __add__: Callable[..., Any]
    __radd__: Callable[..., Any]
    __sub__: Callable[..., Any]
    __rsub__: Callable[..., Any]
    __mul__: Callable[..., Any]
    __rmul__: Callable[..., Any]
    __truediv__: Callable[..., Any]
    __rtruediv__: Callable[..., Any]
    __neg__: Callable[..., Any]
    __getitem__: Callable[..., Any]

    def __init__(self, value: Any) -> None:
        self._value: Any = value

    # --- what it is --------------------------------------------------------------------------

    @property
    def shape(self) -> TensorShape:
        """Its shape."""
        return tuple.__new__(TensorShape, self._value.shape)

    def get_shape(self) -> TensorShape:
        """Its shape."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Checks that the tensor fits ``shape``."""
        self.shape.assert_is_compatible_with(shape)

    @property
    def dtype(self) -> DType:
        """Its element type."""
        return from_numpy(self._value.dtype)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._value.shape)

    @property
    def device(self) -> str:
        """Where it lives: always the CPU."""
        return DEVICE

    @property
    def is_symbolic(self) -> bool:
        """Whether it belongs to a function being traced, and so has no value yet."""
        return False

    def __hash__(self) -> int:
        raise DTypeError("A tensor is unhashable; use tensor.ref() as the key of a dict or set.")

    def ref(self) -> Reference:
        """A hashable handle, for sets and dict keys."""
        return Reference(self)

    # --- its value ---------------------------------------------------------------------------

    def numpy(self) -> Any:
        """A copy of the value: an array, or a NumPy scalar for a scalar."""
        value = self._value
        try:
            return value[()] if value.ndim == 0 else value.copy()
        except MemoryError as error:
            raise no_memory("tensor.numpy()", error) from error

    def _view(self) -> Array:
        """The value for readers: no copy, not writeable."""
        view: Array = self._value.view()
        view.flags.writeable = False
        return view

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        array = self._view()
        if dtype is not None and np.dtype(dtype) != array.dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __bool__(self) -> bool:
        if self._value.size != 1:
            raise InvalidArgumentError(
                "bool(tensor): a tensor of shape {shape} has no single truth value; "
                "use tf.reduce_any(x) or tf.reduce_all(x).",
                shape=self._value.shape,
            )
        return bool(self._value.reshape(()))

    def _scalar(self, wanted: str) -> Any:
        if self._value.ndim != 0:
            raise DTypeError(
                "{wanted}(tensor): only a scalar tensor can be converted, received shape {shape}.",
                wanted=wanted,
                shape=self._value.shape,
            )
        return self._value[()]

    def __int__(self) -> int:
        return int(self._scalar("int"))

    def __float__(self) -> float:
        return float(self._scalar("float"))

    def __complex__(self) -> complex:
        return complex(self._scalar("complex"))

    def __index__(self) -> int:
        value = self._scalar("index")
        if self._value.dtype.kind not in "iu":
            raise DTypeError(
                "A tensor as an index: expected an integer scalar, received {dtype}.",
                dtype=self.dtype.name,
            )
        return int(value)

    def __len__(self) -> int:
        shape = self._value.shape
        if not shape:
            raise DTypeError("len(tensor): a scalar tensor has no length.")
        return int(shape[0])

    def __iter__(self) -> Iterator[Any]:
        if not self._value.shape:
            raise DTypeError("Iteration over a tensor: a scalar cannot be iterated over.")
        return (self[index] for index in range(len(self)))

    def __contains__(self, value: Any) -> bool:
        return any(bool(item == value) for item in self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Tensor, (self._value,)

    def __copy__(self) -> Tensor:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return self

    def __dlpack__(self, **options: Any) -> Any:
        return self._value.copy().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        device: tuple[int, int] = self._value.__dlpack_device__()
        return device

    # --- its text ----------------------------------------------------------------------------

    def __repr__(self) -> str:
        return formatting.tensor_repr(self._value)

    def __str__(self) -> str:
        return formatting.tensor_str(self._value)

    def __format__(self, spec: str) -> str:
        return formatting.formatted(self._value, spec)

    def __round__(self, digits: int | None = None) -> Any:
        return round(self._scalar("round").item(), digits)

    # --- what it is not ----------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        if name in ("assign", "assign_add", "assign_sub") and hasattr(self, "_origin"):
            variable, key = self._origin
            return variable.slice_assigner(name, key)
        if name in _NUMPY_NAMES:
            raise MissingNameError(
                "A tensor has no attribute {name!r}: call tensor.numpy().{name}, "
                "or the function of the same meaning in tf.",
                name=name,
            )
        if name in _GRAPH_NAMES:
            raise MissingNameError("Tensor.{name} has no meaning in eager execution.", name=name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise DTypeError(
            "A tensor cannot be changed: item assignment is not supported. Use a tf.Variable "
            "(variable[index].assign(value)) or tf.tensor_scatter_nd_update."
        )


class _Absent:
    """An attribute of the base class that the subclass lacks: its ``__getattr__`` explains."""

    def __get__(self, instance: Any, owner: Any = None) -> NoReturn:
        raise AttributeError


class SymbolicTensor(Tensor):
    """A tensor of a function that is being traced: a node of its program, without a value."""

    __slots__ = ("_trace", "name")

    def __init__(self, value: Node, trace: Any, name: str = "") -> None:
        self._value = value
        self._trace = trace
        self.name = name or f"{value.op.name}:0"

    @property
    def dtype(self) -> DType:
        """Its element type."""
        dtype: DType = self._value.dtype
        return dtype

    @property
    def is_symbolic(self) -> bool:
        """Always true."""
        return True

    @property
    def node(self) -> Node:
        """Its node in the program."""
        node: Node = self._value
        return node

    def _no_value(self, use: str, kind: type[CaudalError] = DTypeError) -> NoReturn:
        raise kind(
            "{use} of the tensor {name!r} (shape {shape}, {dtype}) needs its value, but the "
            "function {function!r} is being traced into a program and has no values yet. "
            "Do this outside of the tf.function, write it with tensor operations (tf.where, "
            "tf.shape, ...), or take the @tf.function (or run_eagerly=False) away here.",
            use=use,
            name=self.name,
            shape=tuple(self.shape),
            dtype=self.dtype.name,
            function=self._trace.name,
        )

    # As in TensorFlow, hasattr(x, "numpy") tells a value from a tensor of a program.
    numpy: Any = _Absent()

    def __getattr__(self, name: str) -> Any:
        if name == "numpy":
            self._no_value("numpy()", MissingNameError)
        return super().__getattr__(name)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        self._no_value("A NumPy call")

    def __bool__(self) -> bool:
        self._no_value("The truth value (if, while, and, or, not)", OperatorNotAllowedInGraphError)

    def __int__(self) -> int:
        self._no_value("int()")

    def __float__(self) -> float:
        self._no_value("float()")

    def __complex__(self) -> complex:
        self._no_value("complex()")

    def __index__(self) -> int:
        self._no_value("The use as a Python index or in range()")

    def __round__(self, digits: int | None = None) -> Any:
        self._no_value("round()")

    def __contains__(self, value: Any) -> bool:
        self._no_value("The operator 'in'", OperatorNotAllowedInGraphError)

    def __dlpack__(self, **options: Any) -> Any:
        self._no_value("DLPack")

    def __reduce__(self) -> tuple[Any, ...]:
        self._no_value("Pickling")

    def __repr__(self) -> str:
        return formatting.symbolic_repr(self.name, tuple(self.shape), self.dtype.name)

    def __str__(self) -> str:
        return formatting.symbolic_str(self.name, tuple(self.shape), self.dtype.name)

    def __format__(self, spec: str) -> str:
        if spec:
            self._no_value("Formatting")
        return str(self)


def is_symbolic(value: Any) -> bool:
    """Whether a value is a tensor of a function being traced."""
    return isinstance(value, SymbolicTensor)


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor or a variable."""
    return hasattr(type(value), "__caudal_apply__") and not isinstance(value, Node)
