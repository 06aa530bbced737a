"""The base of all specs: what is known of a value without the value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class TraceType:
    """What `tf.function` tells values apart by: values of equal types share a program.

    Subclasses need ``__eq__`` and ``__hash__``; a class's ``__tf_tracing_type__(context)`` returns
    one.
    """

    __slots__ = ()

    def is_subtype_of(self, other: Any) -> bool:
        """Whether values of this type fit where the other is expected."""
        return bool(self == other)

    def most_specific_common_supertype(self, others: Sequence[Any]) -> Any:
        """The narrowest type of all of them; None if there is none."""
        return self if all(self == other for other in others) else None

    def placeholder_value(self, placeholder_context: Any = None) -> Any:
        """The value that TensorFlow traces with. Caudal traces with the argument itself."""
        raise NotImplementedError


class TypeSpec(TraceType):
    """A type of values that programs are traced for: `tf.TensorSpec` and its like."""

    __slots__ = ()

    @property
    def value_type(self) -> type:
        """The class of the values."""
        raise NotImplementedError

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a value, or another spec's values, may stand where this one is expected."""
        raise NotImplementedError

    def is_subtype_of(self, other: Any) -> bool:
        """Whether every value of this spec is one of the other's.

        >>> from caudal.framework.shape import TensorSpec
        >>> TensorSpec([2], "int32").is_subtype_of(TensorSpec([None], "int32"))
        True
        """
        return type(self) is type(other) and self.most_specific_common_supertype([other]) == other

    def most_specific_compatible_type(self, other: Any) -> Any:
        """`most_specific_common_supertype` with one other.

        Raises:
            InvalidArgumentError: there is none.
        """
        from caudal.errors import InvalidArgumentError

        found = self.most_specific_common_supertype([other])
        if found is None:
            raise InvalidArgumentError(
                "No type is compatible with both {first} and {second}.", first=self, second=other
            )
        return found
