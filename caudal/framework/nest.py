"""Nested structures of lists, tuples, named tuples and dicts: TensorFlow's ``tf.nest``.

Everything else, None included, is a leaf. Dicts are walked in the order of their sorted keys.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework.shape import TensorShape


def is_nested(structure: Any) -> bool:
    """Whether it is a list, tuple, named tuple, deque or mapping.

    >>> is_nested([1]), is_nested("abc"), is_nested(None)
    (True, False, False)
    """
    if isinstance(structure, list | tuple):
        return not isinstance(structure, TensorShape)
    return isinstance(structure, Mapping | deque)


def _keys(structure: Mapping[Any, Any]) -> list[Any]:
    try:
        return sorted(structure)
    except TypeError:
        raise DTypeError(
            "A nested dict: its keys cannot be sorted: {keys}.", keys=list(structure)
        ) from None


def _children(structure: Any) -> Iterator[Any]:
    if isinstance(structure, Mapping):
        return (structure[key] for key in _keys(structure))
    return iter(structure)


def _leaves(structure: Any, found: list[Any], expand: bool = False) -> list[Any]:
    for child in _children(structure):
        if is_nested(child):
            _leaves(child, found, expand)
        elif expand and _is_composite(child):
            found += child.components()
        else:
            found.append(child)
    return found


def _is_composite(leaf: Any) -> bool:
    """Whether a leaf is made of tensors (a ragged or sparse tensor)."""
    return getattr(type(leaf), "__caudal_composite__", False) is True


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """All leaves in order; a leaf alone gives a list of one.

    ``expand_composites`` gives the tensors of ragged and sparse tensors in their place.

    >>> flatten({"b": 1, "a": [2, (3, None)]})
    [2, 3, None, 1]
    """
    return _leaves((structure,), [], expand_composites)


def flatten_up_to(shallow: Any, structure: Any) -> list[Any]:
    """The parts of ``structure`` in the places of the leaves of ``shallow``, nested or not.

    Raises:
        InvalidArgumentError: ``structure`` lacks the nesting of ``shallow``.

    >>> flatten_up_to({"a": 0, "b": 0}, {"a": [1, 2], "b": 3})
    [[1, 2], 3]
    """
    if not is_nested(shallow):
        return [structure]
    if not is_nested(structure) or len(shallow) != len(structure):
        raise InvalidArgumentError(
            "A nested argument: expected the structure {expected!r}, received {received!r}.",
            expected=shallow,
            received=structure,
        )
    found: list[Any] = []
    for one, other in zip(_children(shallow), _children(structure), strict=True):
        found += flatten_up_to(one, other)
    return found


def rebuild(structure: Any, children: Sequence[Any]) -> Any:
    """A structure of the same kind with other children."""
    if isinstance(structure, Mapping):
        by_key = dict(zip(_keys(structure), children, strict=True))
        items = [(key, by_key[key]) for key in structure]
        if isinstance(structure, defaultdict):
            return defaultdict(structure.default_factory, items)
        kind: Any = type(structure)
        return kind(items)
    if hasattr(structure, "_fields"):
        return type(structure)(*children)
    return type(structure)(children)


def _pack(structure: Any, leaves: Iterator[Any], expand: bool = False) -> Any:
    if is_nested(structure):
        children = [_pack(child, leaves, expand) for child in _children(structure)]
        return rebuild(structure, children)
    if expand and _is_composite(structure):
        return structure.with_components([next(leaves) for _ in structure.components()])
    return next(leaves)


def pack_sequence_as(
    structure: Any, flat_sequence: Sequence[Any], expand_composites: bool = False
) -> Any:
    """``structure`` with the leaves replaced by those of ``flat_sequence``.

    Raises:
        InvalidArgumentError: the numbers of leaves differ.

    >>> pack_sequence_as({"b": 0, "a": [0, 0]}, [1, 2, 3])
    {'b': 3, 'a': [1, 2]}
    """
    if not is_nested(flat_sequence):
        raise DTypeError(
            "pack_sequence_as: expected a list of leaves, received {received}.",
            received=type(flat_sequence).__name__,
        )
    if not is_nested(structure) and len(flat_sequence) == 1:
        return next(iter(flat_sequence))
    count = len(flatten(structure, expand_composites))
    if count != len(flat_sequence):
        raise InvalidArgumentError(
            "pack_sequence_as: the structure has {expected} leaves, received {received}.",
            expected=count,
            received=len(flat_sequence),
        )
    return _pack(structure, iter(flat_sequence), expand_composites)


def assert_same_structure(
    nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """Raises unless both have the same nesting.

    Raises:
        InvalidArgumentError: the numbers of elements or the keys differ.
        DTypeError: the kinds of sequence differ (with ``check_types``).
    """
    if is_nested(nest1) != is_nested(nest2):
        raise InvalidArgumentError(
            "The structures differ: one has {a!r} where the other has {b!r}.", a=nest1, b=nest2
        )
    if not is_nested(nest1):
        return
    if check_types and not _same_kind(nest1, nest2):
        raise DTypeError(
            "The structures differ: a {a} stands against a {b}: {one!r} and {two!r}.",
            a=type(nest1).__name__,
            b=type(nest2).__name__,
            one=nest1,
            two=nest2,
        )
    keyed = isinstance(nest1, Mapping) and isinstance(nest2, Mapping)
    if len(nest1) != len(nest2) or (keyed and set(nest1) != set(nest2)):
        raise InvalidArgumentError(
            "The structures differ: {a!r} and {b!r} have other elements or keys.", a=nest1, b=nest2
        )
    for child1, child2 in zip(_children(nest1), _children(nest2), strict=True):
        assert_same_structure(child1, child2, check_types)


def _same_kind(a: Any, b: Any) -> bool:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return True
    if hasattr(a, "_fields") and hasattr(b, "_fields"):
        return type(a).__name__ == type(b).__name__ and a._fields == b._fields
    return type(a) is type(b)


def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """``func`` on the matching leaves of one or more structures; the first one's nesting.

    ``check_types`` (default true) demands equal kinds of sequences.

    >>> map_structure(lambda a, b: a + b, {"x": [1, 2]}, {"x": [10, 20]})
    {'x': [11, 22]}
    """
    if not callable(func):
        raise DTypeError("map_structure: expected a function, received {got!r}.", got=func)
    if not structure:
        raise InvalidArgumentError("map_structure: expected at least one structure.")
    unknown = set(kwargs) - {"check_types", "expand_composites"}
    if unknown:
        raise InvalidArgumentError("map_structure: unknown argument {name}.", name=unknown.pop())
    for other in structure[1:]:
        assert_same_structure(structure[0], other, kwargs.get("check_types", True))
    expand = bool(kwargs.get("expand_composites", False))
    columns = [flatten(one, expand) for one in structure]
    results = [func(*values) for values in zip(*columns, strict=True)]
    return pack_sequence_as(structure[0], results, expand)
