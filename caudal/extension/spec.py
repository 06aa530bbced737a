"""The specs of extension types: specs in the places of tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from caudal.errors import DTypeError
from caudal.extension.fields import converted, mapped
from caudal.framework import TensorShape, TensorSpec
from caudal.framework.composite import Composite, CompositeSpec
from caudal.framework.type_spec import TypeSpec

if TYPE_CHECKING:
    from caudal.extension.types import ExtensionType


class ExtensionTypeSpec(CompositeSpec):
    """What is known of a value of an extension type: ``MyType.Spec(field=spec or value, ...)``.

    Its attributes are those of the values, with a spec for each tensor.
    """

    value_class: ClassVar[type[ExtensionType]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kind = self.value_class
        try:
            bound = kind._signature().bind(*args, **kwargs)
        except TypeError as error:
            raise DTypeError(
                "{kind}.Spec(): {problem}.", kind=kind.__name__, problem=error
            ) from error
        bound.apply_defaults()
        annotations = kind._field_types()
        self._values = {
            name: mapped(_spec, converted(name, annotations[name], value))
            for name, value in bound.arguments.items()
        }

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("_values", {})
        if name in values:
            return values[name]
        raise AttributeError(name)

    @classmethod
    def from_value(cls, value: Any) -> Any:
        """The spec of a value."""
        found = cls.__new__(cls)
        found._values = {
            name: mapped(_spec, value.__dict__[name]) for name in cls.value_class._field_types()
        }
        return found

    @property
    def value_type(self) -> type:
        """The extension type."""
        return self.value_class

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a value of the class has fitting tensors, and else equal fields."""
        if isinstance(spec_or_value, ExtensionTypeSpec):
            other = spec_or_value._values
            kind: Any = spec_or_value.value_class
        else:
            kind = type(spec_or_value)
            other = getattr(spec_or_value, "__dict__", {})
        if kind is not self.value_class:
            return False
        return all(_fits(mine, other[name]) for name, mine in self._values.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._values == other._values

    def __hash__(self) -> int:
        return hash((type(self), *self._values))

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={value!r}" for name, value in self._values.items())
        return f"{self.value_class.__name__}.Spec({inner})"

    def _with_specs(self, function: Any) -> Any:
        """The spec with ``function`` of each of its specs."""
        found = type(self).__new__(type(self))
        found._values = {name: mapped(function, value) for name, value in self._values.items()}
        return found

    def _with_rows(self, size: int | None) -> Any:
        """That of a batch of values."""
        return self._with_specs(lambda spec: TensorSpec([size, *spec.shape], spec.dtype))

    def _of_row(self) -> Any:
        """That of one row."""
        return self._with_specs(lambda spec: TensorSpec(spec.shape[1:], spec.dtype))


def _spec(leaf: Any) -> Any:
    if isinstance(leaf, TypeSpec):
        return leaf
    if isinstance(leaf, Composite):
        return leaf._type_spec  # type: ignore[attr-defined]
    return TensorSpec(leaf.shape, leaf.dtype)


def _fits(mine: Any, other: Any) -> bool:
    if isinstance(mine, TypeSpec):
        return mine.is_compatible_with(other)
    if isinstance(mine, tuple) and not isinstance(mine, TensorShape):
        return len(mine) == len(other) and all(map(_fits, mine, other))
    if isinstance(mine, dict):
        return mine.keys() == other.keys() and all(_fits(mine[k], other[k]) for k in mine)
    return bool(mine == other)
