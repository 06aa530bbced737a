"""Values made of tensors: what tapes, traces and ``tf.nest`` need to know about them.

The tensors that carry values can be watched, differentiated and traced. All the rest (row
partitions, places of elements) is known when a function is traced and is part of its signature,
as a tensor's shape is.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from caudal.errors import DTypeError


class Composite:
    """The base of `tf.RaggedTensor`, `tf.SparseTensor` and their like."""

    __slots__ = ()
    # NumPy must leave `array + composite` to the composite's own operators.
    __array_priority__ = 1000
    __array_ufunc__ = None

    def traced_parts(self) -> list[Any]:
        """The tensors that carry values."""
        raise NotImplementedError

    def with_traced_parts(self, parts: Sequence[Any]) -> Any:
        """A twin with other tensors."""
        raise NotImplementedError

    def fixed_key(self) -> Hashable:
        """Everything but those tensors, as a hashable value."""
        raise NotImplementedError

    def components(self) -> list[Any]:
        """All tensors, as TensorFlow's ``tf.nest`` gives them with ``expand_composites``."""
        raise NotImplementedError

    def with_components(self, components: Sequence[Any]) -> Any:
        """The value of `components`."""
        raise NotImplementedError

    def __caudal_tensor__(self) -> Any:
        raise DTypeError(
            "A tf.{kind} is no tensor: {advice}.",
            kind=type(self).__name__,
            advice=self.conversion_advice(),
        )

    def conversion_advice(self) -> str:
        """How to make a tensor of it."""
        return "convert it first"
