"""KerasTensor: a symbolic tensor of the functional API, with unknown extents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError, UnimplementedError
from caudal.framework import TensorShape
from caudal.ir.dtypes import DType, as_dtype
from caudal.keras.engine.names import auto_name

Shape = tuple[Any, ...]


def standardize_shape(shape: Any) -> Shape:
    """A tuple of ints and Nones from whatever a user gives as a shape.

    Raises:
        InvalidArgumentError: an extent is neither None nor a non-negative integer.

    >>> standardize_shape([None, 3])
    (None, 3)
    """
    try:
        items = shape.as_list() if isinstance(shape, TensorShape) else list(shape)
    except TypeError as error:
        raise InvalidArgumentError(
            "Cannot convert {shape!r} to a shape: expected a tuple of integers and Nones, "
            "such as (784,).",
            shape=shape,
        ) from error
    result: list[int | None] = []
    for item in items:
        if item is None:
            result.append(None)
            continue
        try:
            extent = item.__index__()
        except AttributeError:
            extent = -1
        if extent < 0:
            raise InvalidArgumentError(
                "Cannot convert {shape!r} to a shape: {item!r} is neither None nor a "
                "non-negative integer.",
                shape=tuple(items),
                item=item,
            )
        result.append(int(extent))
    return tuple(result)


class KerasTensor:
    """A placeholder for a shape and a dtype: what `Input` and symbolic calls return.

    It has no values. Operators, ``keras.layers`` and the ``tf.*`` functions applied to it record
    an operation, of which `Model` makes a network.

    >>> from caudal.keras import Input
    >>> x = Input((3,), name="x")
    >>> (x * 2)[:, 0].shape
    (None,)
    """

    def __init__(
        self,
        shape: Any,
        dtype: Any = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
    ) -> None:
        if sparse and ragged:
            raise InvalidArgumentError(
                "KerasTensor cannot have `sparse=True` and `ragged=True` at the same time."
            )
        self._shape = standardize_shape(shape)
        self._dtype: DType = as_dtype(dtype)
        self._name = name
        self.record_history = record_history
        self.sparse = bool(sparse)
        self.ragged = bool(ragged)
        self._keras_history: Any = None

    @property
    def name(self) -> str:
        """As given, or counted; only tensors of a network need one."""
        if self._name is None:
            self._name = auto_name("keras_tensor")
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = value

    @property
    def shape(self) -> Shape:
        """A tuple of ints and Nones."""
        return self._shape

    @property
    def dtype(self) -> str:
        """The dtype's name, as in Keras."""
        return self._dtype.name

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._shape)

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self._shape)

    def get_shape(self) -> TensorShape:
        """The shape as a TensorShape."""
        return TensorShape(self._shape)

    def reshape(self, newshape: Any) -> Any:
        """The reshaped tensor; ``newshape`` includes the batch axis."""
        from caudal.keras.engine import symbolic_ops

        return symbolic_ops.reshape(self, newshape)

    def squeeze(self, axis: Any = None) -> Any:
        """The tensor without axes of extent 1."""
        from caudal.keras.engine import symbolic_ops

        return symbolic_ops.squeeze(self, axis)

    def __repr__(self) -> str:
        return (
            f"<KerasTensor shape={self.shape}, dtype={self.dtype}, sparse={self.sparse}, "
            f"ragged={self.ragged}, name={self.name}>"
        )

    def __len__(self) -> int:
        raise DTypeError("{tensor!r} is symbolic and has no length; see its shape.", tensor=self)

    def __iter__(self) -> Any:
        raise UnimplementedError("Iterating over a symbolic KerasTensor is not supported.")

    def __bool__(self) -> bool:
        raise DTypeError("A symbolic KerasTensor cannot be used as a boolean.")

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise _no_value("a NumPy array")

    def __float__(self) -> float:
        raise _no_value("a number")

    def __int__(self) -> int:
        raise _no_value("a number")

    def __tf_tensor__(self, *args: Any, **kwargs: Any) -> Any:
        raise _no_value("a tensor")

    # NumPy must leave `array + keras_tensor` to the methods below.
    __array_priority__ = 1000
    __array_ufunc__ = None

    @staticmethod
    def __caudal_apply__(op: Any, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """An op record called on a symbolic tensor becomes an operation of the network."""
        from caudal.keras.engine.operation import apply_function

        return apply_function(op, inputs, params, name=op.name)

    @staticmethod
    def __caudal_function__(
        function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """A ``tf.*`` function called on a symbolic tensor likewise."""
        from caudal.keras.engine.operation import apply_function

        return apply_function(function, args, kwargs)


def _no_value(target: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        "A KerasTensor is symbolic: it stands for a shape and a dtype and has no value, so it "
        "cannot be converted to {target}. Use layers, operators and tf functions on it, or put "
        "other Python code in a keras.layers.Lambda or in a layer's call().",
        target=target,
    )


def _method(method: str, display: str, reflected: bool = False) -> Callable[..., Any]:
    def apply(self: KerasTensor, *others: Any) -> Any:
        from caudal.keras.engine import symbolic_ops
        from caudal.keras.engine.operation import apply_function

        function = getattr(symbolic_ops, method)
        args = (*others, self) if reflected else (self, *others)
        return apply_function(function, args, {}, name=display)

    return apply


_BINARY = {
    "add": "Add",
    "sub": "Subtract",
    "mul": "Multiply",
    "truediv": "TrueDivide",
    "floordiv": "FloorDivide",
    "mod": "Mod",
    "pow": "Power",
    "matmul": "Matmul",
    "and": "LogicalAnd",
    "or": "LogicalOr",
    "xor": "LogicalXor",
}
_OTHERS = {
    "lt": "Less",
    "le": "LessEqual",
    "gt": "Greater",
    "ge": "GreaterEqual",
    "ne": "NotEqual",
    "neg": "Negative",
    "abs": "Absolute",
    "invert": "LogicalNot",
    "getitem": "GetItem",
}

for _name, _display in _BINARY.items():
    setattr(KerasTensor, f"__{_name}__", _method(_name + "_", _display))
    setattr(KerasTensor, f"__r{_name}__", _method(_name + "_", _display, reflected=True))
for _name, _display in _OTHERS.items():
    setattr(KerasTensor, f"__{_name}__", _method(_name + "_", _display))
# Defining __ne__ alone would leave == and the hash as object's, which is what Keras does too.
