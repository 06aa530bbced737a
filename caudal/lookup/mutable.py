"""Tables that change: keys are put in and taken out while a program runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, dims, static
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import Tensor, convert_to_tensor
from caudal.framework.composite import Composite
from caudal.ir.dtypes import DType, as_dtype
from caudal.strings.arguments import known


class MutableHashTable:
    """The values of keys, and a default for others.

    Args:
        key_dtype: string or integers.
        value_dtype: string, numbers or bool.
        default_value: the value of a key that is not there; its shape is that of all values.
        name: for messages.
        checkpoint, experimental_is_anonymous: accepted for TensorFlow's sake.

    >>> table = MutableHashTable("string", "int64", default_value=-1)
    >>> table.insert(["a", "b"], [1, 2])
    >>> table.lookup(["b", "z"]).numpy().tolist()
    [2, -1]
    """

    _kind = "MutableHashTable"

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        name: str = "MutableHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ) -> None:
        self._key_dtype, self._value_dtype = as_dtype(key_dtype), as_dtype(value_dtype)
        self.name = name
        default = as_tensor(default_value, self._value_dtype)
        self._default = static(known(self._kind, default), self._kind + ": default_value")
        self._key_shape: tuple[int, ...] = ()
        self._entries: dict[Any, Any] = {}

    @property
    def key_dtype(self) -> DType:
        """The keys' dtype."""
        return self._key_dtype

    @property
    def value_dtype(self) -> DType:
        """The values' dtype."""
        return self._value_dtype

    def size(self, name: str | None = None) -> Tensor:
        """The number of keys, int64."""
        return convert_to_tensor(np.int64(len(self._entries)))

    def _keys(self, what: str, keys: Any) -> tuple[list[Any], tuple[int, ...]]:
        """Keys as Python values, and the shape of their tensor without that of a key."""
        own = keys if hasattr(keys, "dtype") else as_tensor(keys, self._key_dtype)
        tensor = known(f"{self._kind}.{what}", own)
        if tensor.dtype is not self._key_dtype:
            raise DTypeError(
                "{table}.{what}: expected keys of {wanted}, received {received}.",
                table=self._kind,
                what=what,
                wanted=self._key_dtype.name,
                received=tensor.dtype.name,
            )
        shape, rank = dims(tensor), len(self._key_shape)
        lead = shape[: len(shape) - rank]
        if shape[len(lead) :] != self._key_shape:
            raise ShapeError(
                "{table}.{what}: expected keys of shape {wanted}, received {shape}.",
                table=self._kind,
                what=what,
                wanted=self._key_shape,
                shape=shape,
            )
        array = static(tensor, what)
        rows = array.reshape(-1, *self._key_shape).tolist()
        return [_frozen(row) for row in rows], lead

    def lookup(self, keys: Any, dynamic_default_values: Any = None, name: str | None = None) -> Any:
        """The value of each key; of ragged and sparse keys, in the same places.

        ``dynamic_default_values``: what keys that are not there get in place of the default, one
        for each key.
        """
        if isinstance(keys, Composite):
            return keys.with_traced_parts([self.lookup(keys.traced_parts()[0])])
        found, lead = self._keys("lookup", keys)
        shape = (*lead, *self._default.shape)
        others = np.broadcast_to(self._default, (len(found), *self._default.shape))
        if dynamic_default_values is not None:
            given = as_tensor(dynamic_default_values, self._value_dtype)
            if dims(given) != shape:
                raise ShapeError(
                    "{table}.lookup: expected dynamic_default_values of shape {shape}, received "
                    "{got}.",
                    table=self._kind,
                    shape=shape,
                    got=dims(given),
                )
            others = static(given, "lookup").reshape(others.shape)
        result = np.empty((len(found), *self._default.shape), self._value_dtype.np_dtype)
        for place, key in enumerate(found):
            result[place] = self._entries.get(key, others[place])
        return convert_to_tensor(result.reshape(shape))

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)

    def insert(self, keys: Any, values: Any, name: str | None = None) -> None:
        """Puts keys in, or gives them other values.

        Raises:
            ShapeError: the values' shape is not that of the keys and the default.
        """
        found, lead = self._keys("insert", keys)
        given = as_tensor(values, None if hasattr(values, "dtype") else self._value_dtype)
        if given.dtype is not self._value_dtype:
            raise DTypeError(
                "{table}.insert: expected values of {wanted}, received {received}.",
                table=self._kind,
                wanted=self._value_dtype.name,
                received=given.dtype.name,
            )
        if dims(given) != (*lead, *self._default.shape):
            raise ShapeError(
                "{table}.insert: expected values of shape {wanted}, received {got}.",
                table=self._kind,
                wanted=(*lead, *self._default.shape),
                got=dims(given),
            )
        array = static(known(self._kind, given), "insert")
        rows = array.reshape(len(found), *self._default.shape)
        self._entries.update(zip(found, rows, strict=True))

    def remove(self, keys: Any, name: str | None = None) -> None:
        """Takes keys out; those that are not there do not matter."""
        for key in self._keys("remove", keys)[0]:
            self._entries.pop(key, None)

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """All keys and their values, in the order in which the keys came."""
        count = len(self._entries)
        keys = np.empty((count, *self._key_shape), self._key_dtype.np_dtype)
        values = np.empty((count, *self._default.shape), self._value_dtype.np_dtype)
        for place, (key, value) in enumerate(self._entries.items()):
            keys[place], values[place] = key, value
        return convert_to_tensor(keys), convert_to_tensor(values)


def _frozen(key: Any) -> Any:
    return tuple(map(_frozen, key)) if isinstance(key, list) else key


class DenseHashTable(MutableHashTable):
    """As `MutableHashTable`, with two keys that must never be used.

    Args:
        key_dtype: string or integers.
        value_dtype: string, numbers or bool.
        default_value: the value of a key that is not there; its shape is that of all values.
        empty_key, deleted_key: the keys that are not allowed, different from one another; their
            shape is that of all keys.
        initial_num_buckets: a power of 2; accepted for TensorFlow's sake.
        name: for messages.
        checkpoint, experimental_is_anonymous: accepted for TensorFlow's sake.
    """

    _kind = "DenseHashTable"

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        empty_key: Any,
        deleted_key: Any,
        initial_num_buckets: int | None = None,
        name: str = "MutableDenseHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ) -> None:
        super().__init__(key_dtype, value_dtype, default_value, name)
        empty = as_tensor(empty_key, self._key_dtype)
        self._key_shape = dims(empty)
        self._forbidden: list[Any] = []
        self._forbidden = [
            *self._keys("empty_key", empty)[0],
            *self._keys("deleted_key", as_tensor(deleted_key, self._key_dtype))[0],
        ]
        if self._forbidden[0] == self._forbidden[1]:
            raise InvalidArgumentError(
                "DenseHashTable: Empty and deleted keys must have different values, received "
                "{key!r}.",
                key=self._forbidden[0],
            )
        buckets = initial_num_buckets
        if buckets is not None and (buckets < 1 or buckets & (buckets - 1)):
            raise InvalidArgumentError(
                "DenseHashTable: expected initial_num_buckets to be a power of 2, received {got}.",
                got=buckets,
            )

    def _keys(self, what: str, keys: Any) -> tuple[list[Any], tuple[int, ...]]:
        found, lead = super()._keys(what, keys)
        for key in self._forbidden:
            if key in found:
                raise InvalidArgumentError(
                    "DenseHashTable.{what}: Using the empty_key or deleted_key {key!r} as a table "
                    "key is not allowed.",
                    what=what,
                    key=key,
                )
        return found, lead

    def insert_or_assign(self, keys: Any, values: Any, name: str | None = None) -> None:
        """The same as `insert`."""
        self.insert(keys, values)

    def erase(self, keys: Any, name: str | None = None) -> None:
        """The same as `remove`."""
        self.remove(keys)
