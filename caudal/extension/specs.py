"""Specs of values that are no tensors, and the spec of any value."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import CaudalError, DTypeError
from caudal.framework import IndexedSlices, TensorShape, TensorSpec, Variable, convert_to_tensor
from caudal.framework.type_spec import TypeSpec
from caudal.ir.dtypes import as_dtype, float32, int64
from caudal.tensor_array import TensorArray


class _Described(TypeSpec):
    """A spec that is its attributes."""

    def _attributes(self) -> tuple[Any, ...]:
        return tuple(self.__dict__.values())

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a value (or spec) is one of these."""
        other = spec_or_value
        if not isinstance(other, TypeSpec):
            try:
                other = type_spec_from_value(other)
            except DTypeError:
                return False
        return type(other) is type(self) and all(
            _fit(mine, its)
            for mine, its in zip(self._attributes(), other._attributes(), strict=True)
        )

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *map(str, self._attributes())))

    def __repr__(self) -> str:
        inner = ", ".join(f"{k.strip('_')}={v!r}" for k, v in self.__dict__.items())
        return f"{type(self).__name__}({inner})"


def _fit(mine: Any, other: Any) -> bool:
    if hasattr(mine, "is_compatible_with"):
        return bool(mine.is_compatible_with(other))
    return bool(mine is None or mine == other)


class IndexedSlicesSpec(_Described):
    """What is known of a `tf.IndexedSlices`."""

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = float32,
        indices_dtype: Any = int64,
        dense_shape_dtype: Any = None,
        indices_shape: Any = None,
    ) -> None:
        self._shape = TensorShape(shape)
        self._values_dtype = as_dtype(dtype)
        self._indices_dtype = as_dtype(indices_dtype)
        self._dense_shape_dtype = None if dense_shape_dtype is None else as_dtype(dense_shape_dtype)
        self._indices_shape = TensorShape(indices_shape).with_rank(1)

    @property
    def value_type(self) -> type:
        """`tf.IndexedSlices`."""
        return IndexedSlices


class TensorArraySpec(_Described):
    """What is known of a `tf.TensorArray`."""

    def __init__(
        self,
        element_shape: Any = None,
        dtype: Any = float32,
        dynamic_size: bool = False,
        infer_shape: bool = True,
    ) -> None:
        self._element_shape = TensorShape(element_shape)
        self._dtype = as_dtype(dtype)
        self._dynamic_size, self._infer_shape = bool(dynamic_size), bool(infer_shape)

    @property
    def value_type(self) -> type:
        """`tf.TensorArray`."""
        return TensorArray

    @classmethod
    def from_value(cls, value: Any) -> TensorArraySpec:
        """The spec of an array."""
        return cls(value.element_shape, value.dtype, value.dynamic_size)


class NoneTensorSpec(_Described):
    """The spec of None."""

    @property
    def value_type(self) -> type:
        """The type of None."""
        return type(None)


def type_spec_from_value(value: Any) -> Any:
    """The spec of a tensor, an array, a number, or a value made of tensors.

    Raises:
        DTypeError: nothing is known of such values.

    >>> type_spec_from_value([1.0, 2.0])
    TensorSpec(shape=(2,), dtype=tf.float32, name=None)
    """
    if isinstance(value, TypeSpec):
        return value
    if value is None:
        return NoneTensorSpec()
    known = getattr(value, "_type_spec", None) or getattr(value, "element_spec", None)
    if isinstance(known, TypeSpec):
        return known
    if isinstance(value, IndexedSlices):
        dense = value.dense_shape
        return IndexedSlicesSpec(
            value.shape, value.dtype, value.indices.dtype, None if dense is None else dense.dtype
        )
    if isinstance(value, TensorArray):
        return TensorArraySpec.from_value(value)
    try:
        tensor = convert_to_tensor(value)
        if np.asarray(tensor._value).dtype == object and not tensor.dtype.name == "string":
            raise TypeError
    except (CaudalError, TypeError, ValueError) as error:
        raise DTypeError(
            "Could not build a TypeSpec for {value!r} of unsupported type {kind}.",
            value=value,
            kind=type(value),
        ) from error
    name = value.name if isinstance(value, Variable) else None
    return TensorSpec(tensor.shape, tensor.dtype, name)
