"""Values made of tensors: what tapes, traces and ``tf.nest`` need to know about them.

The tensors that carry values can be watched, differentiated and traced. All the rest (row
partitions, places of elements) is known when a function is traced and is part of its signature,
as a tensor's shape is.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from caudal.errors import DTypeError
from caudal.framework import nest
from caudal.framework.type_spec import TypeSpec


class Composite:
    """The base of `tf.RaggedTensor`, `tf.SparseTensor` and their like."""

    __slots__ = ()
    # NumPy must leave `array + composite` to the composite's own operators.
    __array_priority__ = 1000
    __caudal_composite__ = True
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


class CompositeSpec(TypeSpec):
    """The base of the specs of composites."""

    __slots__ = ()

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a composite fits."""
        raise NotImplementedError


class Opened(tuple[Any, ...]):
    """A structure with a tuple of its traced parts in place of each composite."""

    composites: list[Any]
    """For each leaf of the structure before: the composite without its tensors, or None."""
    shape: Any

    def closed(self, structure: Any) -> Any:
        """A structure of the same form with its composites put together again.

        One of which every part is None (no gradient) is None.
        """
        whole = []
        for part, mould in zip(
            nest.flatten_up_to(self.shape, structure), self.composites, strict=True
        ):
            if mould is None:
                whole.append(part)
            elif all(one is None for one in part):
                whole.append(None)
            else:
                whole.append(mould.with_traced_parts(part))
        return nest.pack_sequence_as(self.shape, whole)

    def key(self) -> Hashable:
        """What the composites fix."""
        return tuple(None if one is None else one.fixed_key() for one in self.composites)


def opened(structure: tuple[Any, ...]) -> tuple[Any, ...]:
    """The structure itself if there are no composites in it, else it as `Opened`."""
    leaves = nest.flatten(structure)
    if not any(isinstance(leaf, Composite) for leaf in leaves):
        return structure
    parts = [tuple(x.traced_parts()) if isinstance(x, Composite) else x for x in leaves]
    found = Opened(nest.pack_sequence_as(structure, parts))
    found.shape = nest.map_structure(lambda leaf: None, structure)
    found.composites = [
        leaf.with_traced_parts([None] * len(leaf.traced_parts()))
        if isinstance(leaf, Composite)
        else None
        for leaf in leaves
    ]
    return found
