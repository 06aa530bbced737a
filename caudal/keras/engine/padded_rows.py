"""Rows of different lengths within a program: filled up to one length, with a mask."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from caudal import math, ops
from caudal.array.arguments import as_tensor, dims
from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import TensorShape, convert_to_tensor, is_symbolic
from caudal.framework.composite import Composite
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.masks import mask_of, set_mask
from caudal.ragged.tensor import RaggedTensor
from caudal.sparse.tensor import SparseTensor, to_dense


class PaddedRows(Composite):
    """What a model is given for a ragged batch: a program needs one length for all rows.

    Args:
        values: `[rows, longest, ...]`.
        lengths: int64 `[rows]`: how many of each row count.
    """

    def __init__(self, values: Any, lengths: Any) -> None:
        self.values, self.lengths = as_tensor(values), as_tensor(lengths)

    @property
    def shape(self) -> TensorShape:
        """The shape, with None for the ragged axis."""
        rows, _, *rest = dims(self.values)
        return TensorShape([rows, None, *rest])

    @property
    def dtype(self) -> Any:
        """The values' dtype."""
        return self.values.dtype

    def mask(self) -> Any:
        """True for what counts, bool `[rows, longest]`."""
        rows, longest = dims(self.values)[:2]
        places = np.broadcast_to(np.arange(longest, dtype=np.int64), (rows, longest))
        return ops.less(convert_to_tensor(places), ops.reshape(self.lengths, shape=(rows, 1)))

    def to_tensor(self, default_value: Any = None) -> Any:
        """A dense tensor, short rows filled up with ``default_value`` (0)."""
        if default_value is None:
            return self.values
        shape = dims(self.values)
        mask = ops.reshape(self.mask(), shape=(*shape[:2], *(1 for _ in shape[2:])))
        return ops.select(mask, self.values, as_tensor(default_value, self.dtype))

    def traced_parts(self) -> list[Any]:
        """Values and lengths."""
        return [self.values, self.lengths]

    def with_traced_parts(self, parts: Sequence[Any]) -> PaddedRows:
        """Other values and lengths, whatever they are."""
        found = PaddedRows.__new__(PaddedRows)
        found.values, found.lengths = parts
        return found

    def fixed_key(self) -> Hashable:
        """Nothing more."""
        return "padded"

    def components(self) -> list[Any]:
        """Values and lengths."""
        return self.traced_parts()

    def with_components(self, components: Sequence[Any]) -> PaddedRows:
        """From values and lengths."""
        return self.with_traced_parts(components)

    def conversion_advice(self) -> str:
        """How a model takes ragged rows."""
        return (
            "begin the model with keras.Input(shape=[None], ragged=True), or use x.to_tensor(), "
            "which fills up short rows"
        )


def as_input(value: Any, wanted: KerasTensor, model: str) -> Any:
    """A model's input: sparse tensors dense, ragged ones filled up and masked.

    Raises:
        InvalidArgumentError: a ragged batch for an input that is not, or of several levels.
    """
    if isinstance(value, SparseTensor):
        return to_dense(value)
    if not isinstance(value, RaggedTensor | PaddedRows):
        return value
    if isinstance(value, RaggedTensor) and not wanted.ragged:
        return value  # Called op by op, where functions on ragged tensors say what they can do.
    if not wanted.ragged:
        raise InvalidArgumentError(
            "Model {model!r}: input {name!r} takes no ragged tensor: make it with "
            "keras.Input(..., ragged=True), or pass ragged.to_tensor().",
            model=model,
            name=wanted.name,
        )
    if isinstance(value, RaggedTensor):
        if value.ragged_rank != 1:
            raise InvalidArgumentError(
                "Model {model!r}: only one axis of an input may be ragged, received {count}.",
                model=model,
                count=value.ragged_rank,
            )
        value = PaddedRows(value.to_tensor(), value.partition.lengths)
    set_mask(value.values, value.mask())
    return value.values


def as_output(value: Any, model: str) -> Any:
    """A model's ragged output as a RaggedTensor again.

    Raises:
        UnimplementedError: in a program, whose results have fixed shapes.
    """
    mask = mask_of(value)
    if mask is None:
        return value
    if is_symbolic(value):
        raise UnimplementedError(
            "Model {model!r}: fit, evaluate, predict and tf.function cannot have a ragged output. "
            "Reduce it to a row for each sample, for instance with GlobalAveragePooling1D, or "
            "call the model itself.",
            model=model,
        )
    return RaggedTensor.from_tensor(value, lengths=math.count_nonzero(mask, axis=1))
