"""Hashing: strings and integers as the numbers of buckets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.framework.composite import Composite
from caudal.ir.dtypes import as_dtype
from caudal.keras.layers import arguments, encodings, words_ahead
from caudal.math.conversion import cast
from caudal.strings.fingerprint import fingerprint64
from caudal.strings.siphash import siphash

_MODES = ("int", "one_hot", "multi_hot", "count")


class Hashing(encodings.DataLayer):
    """The bucket of each string or integer: its hash modulo ``num_bins``.

    Without a salt FarmHash's fingerprint, with one (a number or a pair) SipHash, as in Keras.
    Integers are hashed as their decimal text. The work is done on the host.

    mask_value: this value gets bucket 0, and all others one of the rest. output_mode: "int",
    "one_hot", "multi_hot", "count".

    >>> Hashing(num_bins=3)([["A"], ["B"], ["C"], ["D"], ["E"]]).numpy().ravel().tolist()
    [1, 0, 1, 1, 2]
    """

    _known_rule: Any = None
    _config_names = ("num_bins", "salt", "mask_value", "output_mode", "sparse")

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        if kwargs.get("dtype") is None and output_mode == "int":
            kwargs["dtype"] = "int64"
        super().__init__(**kwargs)
        encodings.check_sparse("Hashing", sparse, output_mode)
        if output_mode == "int" and not as_dtype(self.compute_dtype).is_integer:
            raise InvalidArgumentError(
                "Hashing: output_mode='int' needs a `dtype` of integers, received {dtype}.",
                dtype=self.compute_dtype,
            )
        self.num_bins = arguments.positive(num_bins, "num_bins", "Hashing")
        self.output_mode = encodings.check_mode("Hashing", output_mode, _MODES)
        self.mask_value, self.sparse = mask_value, sparse
        self.salt = checked_salt("Hashing", salt)

    def call(self, inputs: Any) -> Any:
        """The buckets, or their vectors."""
        if isinstance(inputs, Composite) and self.output_mode == "int":
            # Ragged and sparse values give buckets in the same places.
            return inputs.with_traced_parts([self.call(inputs.traced_parts()[0])])
        if encodings.is_ahead(inputs):
            buckets = words_ahead.hashed(self, inputs)
        else:
            buckets = convert_to_tensor(self._buckets(encodings.host("Hashing", inputs)))
        if self.output_mode == "int":
            return cast(buckets, as_dtype(self.compute_dtype))
        return encodings.encode(
            buckets, self.output_mode, self.num_bins, self.compute_dtype, sparse=self.sparse
        )

    def _buckets(self, values: Any) -> Any:
        if values.dtype.kind not in "iuOSU":
            raise DTypeError(
                "Hashing: expected strings or integers, received {dtype}.", dtype=values.dtype
            )
        return np.vectorize(self._bucket(), otypes=[np.int64])(values)

    def _mask(self) -> bytes | None:
        return None if self.mask_value is None else _text(self.mask_value)

    def _bucket(self) -> Callable[[Any], int]:
        key = None if self.salt is None else (self.salt[0], self.salt[1])
        mask = self._mask()
        bins = self.num_bins if mask is None or self.num_bins == 1 else self.num_bins - 1

        def bucket(value: Any) -> int:
            text = _text(value)
            if mask is not None and text == mask:
                return 0
            code = fingerprint64(text) if key is None else siphash(text, key)
            return code % bins + (bins < self.num_bins)

        return bucket

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the buckets or vectors."""
        return encodings.encoded_shape(input_shape, self.output_mode, self.num_bins)


def _text(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def checked_salt(layer: str, value: Any) -> list[int] | None:
    """The key of the strong hash: two integers, or one for both; None without it."""
    if value is None:
        return None
    pair = [value, value] if isinstance(value, int) else value
    if not isinstance(pair, list | tuple) or [type(part) for part in pair] != [int, int]:
        raise InvalidArgumentError(
            "{layer}: `salt` must be an integer, two integers or None, received {value!r}.",
            layer=layer,
            value=value,
        )
    return list(pair)
