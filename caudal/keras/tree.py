"""``keras.tree``: nested structures.

Besides ``tf.nest``'s functions, those that know where a leaf is, or go down only part of the way.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework import nest
from caudal.framework.nest import (
    assert_same_structure,
    flatten_up_to,
    is_nested,
    map_structure,
)
from caudal.namespaces import strict


class MAP_TO_NONE:
    """What a function given to `traverse` returns to put None in a place."""


def flatten(structure: Any) -> list[Any]:
    """All leaves; those of a dict by its sorted keys, of an OrderedDict in its own order.

    >>> flatten({"b": 1, "a": [2, (3, None)]})
    [2, 3, None, 1]
    """
    return [leaf for _, leaf in flatten_with_path(structure)]


def pack_sequence_as(structure: Any, flat_sequence: Sequence[Any]) -> Any:
    """``structure`` with the leaves replaced by those of ``flat_sequence``, in `flatten`'s order.

    Raises:
        InvalidArgumentError: the numbers of leaves differ.

    >>> pack_sequence_as({"b": 0, "a": [0, 0]}, [1, 2, 3])
    {'b': 3, 'a': [1, 2]}
    """
    count = len(flatten(structure))
    if not is_nested(flat_sequence) or len(flat_sequence) != count:
        return nest.pack_sequence_as(structure, flat_sequence)
    # Which leaf stands where in the order of `nest`.
    places = flatten(nest.pack_sequence_as(structure, list(range(count))))
    values = dict(zip(places, flat_sequence, strict=True))
    return nest.pack_sequence_as(structure, [values[place] for place in range(count)])


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """Each leaf with the indices and keys that lead to it.

    >>> flatten_with_path([{"a": 42}])
    [((0, 'a'), 42)]
    """
    found: list[tuple[tuple[Any, ...], Any]] = []

    def walk(part: Any, path: tuple[Any, ...]) -> None:
        if not is_nested(part):
            found.append((path, part))
            return
        for key, child in _keyed(part):
            walk(child, (*path, key))

    walk(structure, ())
    return found


def _keyed(part: Any) -> list[tuple[Any, Any]]:
    """The children with their indices or keys, in the order of `flatten`."""
    if isinstance(part, OrderedDict):
        return list(part.items())
    if isinstance(part, Mapping):
        return [(key, part[key]) for key in sorted(part)]
    return list(enumerate(part))


def assert_same_paths(a: Any, b: Any) -> None:
    """Raises unless leaves stand at the same indices and keys; kinds of sequence may differ.

    Raises:
        InvalidArgumentError: a path is in one structure only.

    >>> assert_same_paths([0, 1], (2, 3))
    """
    first, second = ({path for path, _ in flatten_with_path(part)} for part in (a, b))
    if first != second:
        raise InvalidArgumentError(
            "assert_same_paths: the structures have different paths; only in the first: {first}, "
            "only in the second: {second}.",
            first=sorted(map(str, first - second)),
            second=sorted(map(str, second - first)),
        )


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """``func`` on what stands in the places of the leaves of ``shallow_structure``.

    Raises:
        DTypeError: ``func`` is no function, or there is no structure.
        InvalidArgumentError: a structure lacks the nesting of ``shallow_structure``.

    >>> map_structure_up_to([None, None], len, [[1, 1], [2]])
    [2, 1]
    """
    _check_callable("map_structure_up_to", func)
    if not structures:
        raise DTypeError("map_structure_up_to: expected at least one structure.")
    columns = [flatten_up_to(shallow_structure, structure) for structure in structures]
    results = [func(*values) for values in zip(*columns, strict=True)]
    return nest.pack_sequence_as(shallow_structure, results)


def map_shape_structure(func: Callable[..., Any], structure: Any) -> Any:
    """``func`` on every shape, a tuple or list of integers and Nones, and on every other leaf.

    >>> map_shape_structure(len, {"a": (2, None), "b": [(1, 2, 3)]})
    {'a': 2, 'b': [3]}
    """
    _check_callable("map_shape_structure", func)

    def visit(part: Any) -> Any:
        if is_nested(part) and not _is_shape(part):
            return None
        # What is no shape goes to the function, too, which may say so.
        return MAP_TO_NONE if (value := func(part)) is None else value

    return traverse(visit, structure)


def _is_shape(part: Any) -> bool:
    return isinstance(part, list | tuple) and all(
        item is None or isinstance(item, int) for item in part
    )


def lists_to_tuples(structure: Any) -> Any:
    """The structure with tuples in place of lists.

    >>> lists_to_tuples([1, [2, {"a": [3]}]])
    (1, (2, {'a': (3,)}))
    """

    def convert(part: Any) -> Any:
        return tuple(part) if isinstance(part, list) else None

    return traverse(convert, structure, top_down=False)


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """``func`` on the structure and every part of it; what it returns replaces the part.

    Where it returns None the part stays (and, going down from the top, its own parts come next);
    MAP_TO_NONE puts None in the place.

    >>> seen = []
    >>> traverse(seen.append, [(1, 2), 3])
    [(1, 2), 3]
    >>> seen
    [[(1, 2), 3], (1, 2), 1, 2, 3]
    """
    _check_callable("traverse", func)
    if top_down:
        found = func(structure)
        if found is None:
            return _with_children(func, structure, top_down)
    else:
        structure = _with_children(func, structure, top_down)
        found = func(structure)
        found = structure if found is None else found
    return None if found is MAP_TO_NONE else found


def _with_children(func: Callable[[Any], Any], part: Any, top_down: bool) -> Any:
    if not is_nested(part):
        return part
    made = {key: traverse(func, child, top_down) for key, child in _keyed(part)}
    return nest.rebuild(
        part, [made[key] for key in (sorted(made) if isinstance(part, Mapping) else made)]
    )


def _check_callable(name: str, func: Any) -> None:
    if not callable(func):
        raise DTypeError("{name}: expected a function, received {func!r}.", name=name, func=func)


__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]

__getattr__ = strict(__name__, label="keras.tree")
