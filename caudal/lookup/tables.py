"""Tables from strings or integers to strings or numbers, fixed when they are made."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, dims, static, static_int
from caudal.errors import DTypeError, FailedPreconditionError, InvalidArgumentError
from caudal.framework import Tensor, convert_to_tensor
from caudal.framework.composite import Composite
from caudal.ir.dtypes import as_dtype, int64, string
from caudal.strings.arguments import known, objects
from caudal.strings.fingerprint import fingerprint64


class KeyValueTensorInitializer:
    """Keys and their values, two vectors of one length.

    Args:
        keys: strings or integers.
        values: strings or numbers.
        key_dtype, value_dtype: for keys and values that have none.
    """

    def __init__(
        self,
        keys: Any,
        values: Any,
        key_dtype: Any = None,
        value_dtype: Any = None,
        name: str | None = None,
    ) -> None:
        self._keys = as_tensor(keys, key_dtype)
        self._values = as_tensor(values, value_dtype)
        if dims(self._keys) != dims(self._values):
            raise InvalidArgumentError(
                "KeyValueTensorInitializer: expected as many values as keys, received shapes "
                "{keys} and {values}.",
                keys=dims(self._keys),
                values=dims(self._values),
            )

    @property
    def key_dtype(self) -> Any:
        """The keys' dtype."""
        return self._keys.dtype

    @property
    def value_dtype(self) -> Any:
        """The values' dtype."""
        return self._values.dtype

    def entries(self) -> dict[Any, Any]:
        """The table; a key with two values is an error."""
        what = "KeyValueTensorInitializer"
        keys = static(known(what, self._keys), what).reshape(-1).tolist()
        values = static(known(what, self._values), what).reshape(-1).tolist()
        found: dict[Any, Any] = {}
        for key, value in zip(keys, values, strict=True):
            if found.setdefault(key, value) != value:
                raise FailedPreconditionError(
                    "HashTable has different value for same key. Key {key!r} has {first!r} and "
                    "trying to add value {second!r}",
                    key=key,
                    first=found[key],
                    second=value,
                )
        return found


class StaticHashTable:
    """The values of keys, and a default for others.

    Args:
        initializer: a `KeyValueTensorInitializer` or `TextFileInitializer`.
        default_value: the value of a key that is not there.

    >>> pairs = KeyValueTensorInitializer(["a", "b"], [1, 2])
    >>> StaticHashTable(pairs, -1).lookup(convert_to_tensor(["b", "z"])).numpy().tolist()
    [2, -1]
    """

    def __init__(
        self,
        initializer: Any,
        default_value: Any,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ) -> None:
        self.key_dtype, self.value_dtype = initializer.key_dtype, initializer.value_dtype
        self.name = name or "hash_table"
        self._entries = initializer.entries()
        default = as_tensor(default_value, self.value_dtype)
        self.default_value = default
        self._default = static(default, "StaticHashTable: default_value")[()]

    def size(self, name: str | None = None) -> Tensor:
        """The number of keys, int64."""
        return convert_to_tensor(np.int64(len(self._entries)))

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """All keys and their values."""
        keys, values = list(self._entries), list(self._entries.values())
        return _column(keys, self.key_dtype), _column(values, self.value_dtype)

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The value of each key; of ragged and sparse keys, in the same places."""
        if isinstance(keys, Composite):
            return keys.with_traced_parts([self.lookup(keys.traced_parts()[0])])
        tensor = known("StaticHashTable.lookup", as_tensor(keys))
        if tensor.dtype is not self.key_dtype:
            raise DTypeError(
                "StaticHashTable.lookup: expected keys of {wanted}, received {received}.",
                wanted=self.key_dtype.name,
                received=tensor.dtype.name,
            )
        flat = static(tensor, "lookup").reshape(-1).tolist()
        found = [self._entries.get(key, self._default) for key in flat]
        if self.value_dtype is string:
            return objects(found, dims(tensor))
        array = np.asarray(found, self.value_dtype.np_dtype)
        return convert_to_tensor(array.reshape(dims(tensor)))

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)


def _column(values: list[Any], dtype: Any) -> Tensor:
    array = np.empty(len(values), dtype.np_dtype)
    array[:] = values
    return convert_to_tensor(array)


class StaticVocabularyTable:
    """Ids of keys; keys that are not there are hashed into buckets after the last id.

    Args:
        initializer: a `KeyValueTensorInitializer` with int64 ids from 0 on, or None.
        num_oov_buckets: the number of buckets, 1 or more.
        lookup_key_dtype: the dtype of looked-up keys: that of the initializer, by default.
    """

    def __init__(
        self,
        initializer: Any,
        num_oov_buckets: Any,
        lookup_key_dtype: Any = None,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ) -> None:
        self._buckets = static_int(num_oov_buckets, "StaticVocabularyTable: num_oov_buckets")
        if self._buckets < 1:
            raise InvalidArgumentError(
                "StaticVocabularyTable: expected num_oov_buckets of 1 or more, received {count}.",
                count=self._buckets,
            )
        if initializer is not None and initializer.value_dtype is not int64:
            raise DTypeError(
                "StaticVocabularyTable: expected int64 ids, received {received}.",
                received=initializer.value_dtype.name,
            )
        own = string if initializer is None else initializer.key_dtype
        self.key_dtype = own if lookup_key_dtype is None else as_dtype(lookup_key_dtype)
        self.value_dtype = int64
        self.name = name or "vocabulary"
        self._entries = {} if initializer is None else initializer.entries()

    def size(self, name: str | None = None) -> Tensor:
        """The number of ids and buckets, int64."""
        return convert_to_tensor(np.int64(len(self._entries) + self._buckets))

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The id of each key, int64; of ragged and sparse keys, in the same places."""
        if isinstance(keys, Composite):
            return keys.with_traced_parts([self.lookup(keys.traced_parts()[0])])
        tensor = known("StaticVocabularyTable.lookup", as_tensor(keys))
        if (tensor.dtype is string) != (self.key_dtype is string):
            raise DTypeError(
                "StaticVocabularyTable.lookup: expected keys of {wanted}, received {received}.",
                wanted=self.key_dtype.name,
                received=tensor.dtype.name,
            )
        flat = static(tensor, "lookup").reshape(-1).tolist()
        found = [self._entries.get(key, self._bucket(key)) for key in flat]
        return convert_to_tensor(np.asarray(found, np.int64).reshape(dims(tensor)))

    def _bucket(self, key: Any) -> int:
        text = key if isinstance(key, bytes) else str(key).encode()
        return len(self._entries) + fingerprint64(text) % self._buckets

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)
