"""``tf.experimental.ExtensionType``: classes of fields that TensorFlow's functions can carry."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Hashable, Sequence
from typing import Any, ClassVar

from caudal import ops
from caudal.array.movement import stack
from caudal.errors import CaudalError, DTypeError, InvalidArgumentError
from caudal.extension import dispatch
from caudal.extension.fields import Gap, check_annotation, converted, mapped, tensors_of
from caudal.extension.spec import ExtensionTypeSpec
from caudal.framework import Tensor, TensorSpec, Variable, convert_to_tensor
from caudal.framework.composite import Composite


class FrozenFieldError(CaudalError, AttributeError):
    """A field of an extension type is assigned to."""


class ExtensionType(Composite):
    """The base of immutable classes whose annotated attributes are fields.

    A constructor, equality and a ``Spec`` come by themselves; ``__validate__`` is called after the
    constructor. Values can be arguments and results of a `tf.function`, watched by tapes, and taken
    by ``tf.*`` functions that `tf.experimental.dispatch_for_api` tells how.

    >>> class Masked(ExtensionType):
    ...     values: Tensor
    ...     name: str = "m"
    >>> Masked([1, 2]).values.numpy().tolist()
    [1, 2]
    """

    Spec: ClassVar[type[ExtensionTypeSpec]]
    _annotations: ClassVar[dict[str, Any] | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._annotations = None
        spec = type("Spec", (ExtensionTypeSpec,), {"value_class": cls})
        spec.__qualname__ = f"{cls.__qualname__}.Spec"
        cls.Spec = spec
        own = cls.__dict__.get("__init__")
        if own is not None:
            cls.__init__ = _closing(own)  # type: ignore[method-assign]
        seen_default = False
        for name, kind in inspect.get_annotations(cls).items():
            if not isinstance(kind, str) and not str(kind).startswith("typing.ClassVar"):
                check_annotation(name, kind)
            default = name in cls.__dict__
            if seen_default and not default and own is None:
                raise InvalidArgumentError(
                    "{kind}: the field {name!r} without default follows one that has one.",
                    kind=cls.__name__,
                    name=name,
                )
            seen_default = seen_default or default

    @classmethod
    def _field_types(cls) -> dict[str, Any]:
        """The annotation of each field, those of base classes first."""
        if cls._annotations is None:
            hints = typing.get_type_hints(cls, include_extras=False)
            names: dict[str, Any] = {}
            for base in reversed(cls.__mro__):
                if issubclass(base, ExtensionType) and base not in _BASES:
                    names.update(inspect.get_annotations(base))
            kept = {name: hints[name] for name in names if not _is_class_variable(hints[name])}
            for name, kind in kept.items():
                check_annotation(name, kind)
            cls._annotations = kept
        return cls._annotations

    @classmethod
    def _signature(cls) -> inspect.Signature:
        """That of the constructor which comes by itself."""
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        return inspect.Signature(
            [
                inspect.Parameter(name, kind, default=cls._default(name))
                for name in cls._field_types()
            ]
        )

    @classmethod
    def _default(cls, name: str) -> Any:
        """A field's default, which the program's own classes have."""
        for base in cls.__mro__:
            if base in _BASES:
                break
            if name in base.__dict__:
                return base.__dict__[name]
        return inspect.Parameter.empty

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        try:
            bound = self._signature().bind(*args, **kwargs)
        except TypeError as error:
            raise DTypeError(
                "{kind}(): {problem}.", kind=type(self).__name__, problem=error
            ) from error
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            object.__setattr__(self, name, value)
        self._close()

    def _close(self) -> None:
        """Converts, checks and freezes the fields."""
        for name, kind in self._field_types().items():
            value = self.__dict__.get(name, self._default(name))
            if value is inspect.Parameter.empty:
                raise DTypeError(
                    "{kind}(): the field {field!r} has no value.",
                    kind=type(self).__name__,
                    field=name,
                )
            object.__setattr__(self, name, converted(name, kind, value))
        extra = self.__dict__.keys() - self._field_types().keys()
        if extra:
            raise DTypeError(
                "{kind}(): {names} are no fields: annotate them.",
                kind=type(self).__name__,
                names=sorted(extra),
            )
        self.__validate__()
        object.__setattr__(self, "_closed", True)

    def __validate__(self) -> None:
        """Called after the constructor, to raise where fields do not fit one another."""

    @classmethod
    def _made(cls, values: dict[str, Any]) -> Any:
        """A value of these fields, without any check."""
        found = cls.__new__(cls)
        for name, value in values.items():
            object.__setattr__(found, name, value)
        object.__setattr__(found, "_closed", True)
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__dict__.get("_closed"):
            raise FrozenFieldError(
                "Cannot mutate attribute `{name}` outside the custom constructor of ExtensionType.",
                name=name,
            )
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        raise FrozenFieldError(
            "Cannot mutate attribute `{name}` outside the custom constructor of ExtensionType.",
            name=name,
        )

    # --- what tapes, traces and nests ask -----------------------------------------------------

    def components(self) -> list[Any]:
        """All tensors in the fields, in order."""
        return [part for leaf in _tensors(self) for part in _parts(leaf, "components")]

    def with_components(self, components: Sequence[Any]) -> Any:
        """The value with other tensors."""
        return _with(self, components, "components")

    def traced_parts(self) -> list[Any]:
        """The tensors that carry values."""
        return [part for leaf in _tensors(self) for part in _parts(leaf, "traced_parts")]

    def with_traced_parts(self, parts: Sequence[Any]) -> Any:
        """A twin with other tensors."""
        return _with(self, parts, "traced_parts")

    def fixed_key(self) -> Hashable:
        """The class, and every field that is no tensor."""
        return (type(self), *((n, _key(v)) for n, v in _fields(self).items()))

    @property
    def _type_spec(self) -> ExtensionTypeSpec:
        found: ExtensionTypeSpec = type(self).Spec.from_value(self)
        return found

    @staticmethod
    def __caudal_function__(
        function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        return dispatch.call(function, args, kwargs)

    def conversion_advice(self) -> str:
        """How to make a tensor of it."""
        return "take one of its fields"

    # --- equality ------------------------------------------------------------------------------

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> Any:
        if type(self) is not type(other):
            return False
        assert isinstance(other, ExtensionType)
        mine, theirs = ExtensionType.components(self), ExtensionType.components(other)
        same = ExtensionType.fixed_key(self) == ExtensionType.fixed_key(other) and len(mine) == len(
            theirs
        )
        pairs = list(zip(mine, theirs, strict=same))
        if not same or any(a.dtype is not b.dtype or a.shape != b.shape for a, b in pairs):
            return convert_to_tensor(False)
        found: Any = convert_to_tensor(True)
        for a, b in pairs:
            equal = ops.equal(convert_to_tensor(a), convert_to_tensor(b))
            axes = tuple(range(len(equal.shape)))
            found = ops.bit_and(found, ops.reduce_and(equal, axes=axes) if axes else equal)
        return found

    def __ne__(self, other: object) -> Any:
        found = self == other
        return not found if isinstance(found, bool) else ops.bit_not(found)

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={value!r}" for name, value in _fields(self).items())
        return f"{type(self).__name__}({inner})"


def _tensors(value: ExtensionType) -> list[Any]:
    return [leaf for one in _fields(value).values() for leaf in tensors_of(one)]


def _parts(leaf: Any, which: str) -> list[Any]:
    """The parts of a tensor (itself) or of a composite."""
    return list(getattr(leaf, which)()) if isinstance(leaf, Composite) else [leaf]


def _with(value: ExtensionType, parts: Sequence[Any], which: str) -> Any:
    """The value with other parts; None leaves a gap."""
    rest = iter(parts)

    def replaced(leaf: Any) -> Any:
        taken = [next(rest) for _ in _parts(leaf, which)]
        if isinstance(leaf, Composite):
            return getattr(leaf, "with_" + which)(taken)
        return Gap() if taken[0] is None else taken[0]

    return value._made({name: mapped(replaced, one) for name, one in _fields(value).items()})


def _fields(value: ExtensionType) -> dict[str, Any]:
    # By the base class: a field may be called like a method.
    return {name: value.__dict__[name] for name in type(value)._field_types()}


def _key(value: Any) -> Hashable:
    if isinstance(value, Tensor | Variable | TensorSpec | Gap):
        return "tensor"
    if isinstance(value, Composite):
        return value.fixed_key()
    if isinstance(value, tuple):
        return tuple(map(_key, value))
    if isinstance(value, dict):
        return tuple((key, _key(value[key])) for key in sorted(value))
    return (type(value), value)


def _is_class_variable(kind: Any) -> bool:
    return typing.get_origin(kind) is ClassVar


def _closing(init: Callable[..., None]) -> Callable[..., None]:
    """A class's own constructor, after which the fields are checked and frozen."""

    def wrapped(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        if not self.__dict__.get("_closed"):
            self._close()

    wrapped.__wrapped__ = init  # type: ignore[attr-defined]
    wrapped.__doc__ = init.__doc__
    return wrapped


class BatchableExtensionType(ExtensionType):
    """An `ExtensionType` whose tensors share their first axis: datasets and `tf.map_fn` cut it.

    >>> class Pair(BatchableExtensionType):
    ...     a: Tensor
    ...     b: Tensor
    >>> int(Pair([1, 2], [3, 4])._row(1).b)
    4
    """

    def _row_count(self) -> int:
        """The extent of the first axis.

        Raises:
            InvalidArgumentError: a tensor has none, or they differ.
        """
        counts = {tuple(part.shape)[:1] for part in self.components()}
        if len(counts) != 1 or () in counts:
            raise InvalidArgumentError(
                "{kind}: expected tensors of one first axis, received {counts}.",
                kind=type(self).__name__,
                counts=sorted(counts),
            )
        return int(counts.pop()[0])

    def _row(self, place: int) -> Any:
        """One row of each tensor."""
        return self.with_components([convert_to_tensor(part)[place] for part in self.components()])

    @staticmethod
    def _joined(rows: Sequence[Any]) -> Any:
        """Rows as one value with one more axis."""
        columns = zip(*(row.components() for row in rows), strict=True)
        return rows[0].with_components([stack(list(column)) for column in columns])


_BASES = (ExtensionType, BatchableExtensionType)
