"""What branches and loops hand on: the values of names as flat tensors, checked name by name.

A value is a structure of leaves. Tensors, arrays and Python numbers are tensor leaves; None,
strings and other objects are plain leaves, which a program cannot choose between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal import control
from caudal.autograph.jumps import RESULT
from caudal.errors import CaudalError, DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import Tensor, convert_to_tensor, nest
from caudal.framework.trace import abstract_eval
from caudal.ir.types import Type
from caudal.tensor_array import TensorArray


class _Undefined:
    """The value of a name that has none."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = _Undefined()
_NUMBERS = (bool, int, float, complex, np.ndarray, np.generic)


def is_tensor_leaf(leaf: Any) -> bool:
    """Whether a leaf can be computed by a program."""
    return isinstance(leaf, (Tensor, *_NUMBERS))


def is_composite(leaf: Any) -> bool:
    """Whether a leaf is made of tensors: TensorArray, RaggedTensor and their like."""
    return hasattr(type(leaf), "traced_parts")


class Layout:
    """The structure of one value, with its plain leaves and the places of its tensors."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self._outer = nest.flatten(value)
        # The tensors of each composite; None for any other leaf.
        self._parts = [leaf.traced_parts() if is_composite(leaf) else None for leaf in self._outer]
        self.leaves: list[Any] = []
        for leaf, parts in zip(self._outer, self._parts, strict=True):
            self.leaves += [leaf] if parts is None else parts
        self.tensors = [leaf for leaf in self.leaves if is_tensor_leaf(leaf)]

    @property
    def skeleton(self) -> Any:
        """The structure alone, to be compared."""
        kinds = [
            is_tensor_leaf(leaf) if parts is None else (type(leaf).__name__, len(parts))
            for leaf, parts in zip(self._outer, self._parts, strict=True)
        ]
        return nest.pack_sequence_as(self.value, kinds)

    def pack(self, leaves: Sequence[Any]) -> Any:
        """The structure with other leaves, in new lists and dicts."""
        rest = iter(leaves)
        outer = [
            next(rest) if parts is None else leaf.with_traced_parts([next(rest) for _ in parts])
            for leaf, parts in zip(self._outer, self._parts, strict=True)
        ]
        return nest.pack_sequence_as(self.value, outer)

    def filled(self, tensors: Sequence[Any]) -> Any:
        """The structure with other tensors."""
        rest = iter(tensors)
        return self.pack([next(rest) if is_tensor_leaf(x) else x for x in self.leaves])


def fresh(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values in lists and dicts of their own, so that a branch changes none that it shares."""
    return tuple(
        Layout(value).pack(Layout(value).leaves)
        if nest.is_nested(value) or is_composite(value)
        else value
        for value in values
    )


def zeros(kind: Any) -> Tensor:
    """Zeros of a tensor's or Type's dtype and shape."""
    return convert_to_tensor(np.zeros(tuple(kind.shape), kind.dtype.np_dtype), dtype=kind.dtype)


def _shown(leaf: Any) -> str:
    return "a tensor" if is_tensor_leaf(leaf) else repr(leaf)


def _compare(name: str, kind: Any, other: Any, before: str, after: str) -> None:
    """Raises unless two tensors of one name have one dtype and shape."""
    if kind.dtype is not other.dtype:
        raise DTypeError(
            "{name!r} has dtype {first} {before}, but dtype {second} {after}.",
            name=name,
            first=kind.dtype.name,
            second=other.dtype.name,
            before=before,
            after=after,
        )
    if tuple(kind.shape) != tuple(other.shape):
        raise ShapeError(
            "{name!r} has shape {first} {before}, but shape {second} {after}. The shapes of a "
            "compiled function are fixed: write into a tensor or tf.TensorArray of the final size.",
            name=name,
            first=tuple(kind.shape),
            second=tuple(other.shape),
            before=before,
            after=after,
        )


def _same(a: Any, b: Any) -> bool:
    """Whether two leaves are one Python value."""
    if a is b:
        return True
    plain = (bool, int, float, complex, str, bytes)
    return type(a) is type(b) and isinstance(a, plain) and a == b


# --- branches ---------------------------------------------------------------------------------


class Branches:
    """What the two sides of an ``if`` hand on."""

    def __init__(self, names: tuple[str, ...], start: tuple[Any, ...] = ()) -> None:
        self._names = names
        self._start = start
        self._sides: dict[str, list[Layout]] = {}

    def leave(
        self,
        values: tuple[Any, ...],
        which: str,
        other_side: Callable[[], tuple[Any, ...]] | None = None,
    ) -> list[Any]:
        """The tensors that a side ends with, checked against those of the other side.

        ``other_side`` runs that side where nothing of it is known yet.
        """
        if RESULT in self._names and values[self._names.index(RESULT)] is UNDEFINED:
            values = self._with_result(values, which, other_side)
        layouts = [Layout(value) for value in values]
        against = self._sides.get("else" if which == "main" else "main")
        self._sides[which] = layouts
        found: list[Any] = []
        for place, layout in enumerate(layouts):
            if against is None:
                found += [convert_to_tensor(leaf) for leaf in layout.tensors]
                continue
            main, orelse = (layout, against[place]) if which == "main" else (against[place], layout)
            self._check(self._names[place], main, orelse)
            for leaf, like in zip(layout.tensors, against[place].tensors, strict=True):
                like = convert_to_tensor(like)
                tensor = convert_to_tensor(leaf)
                first, second = (tensor, like) if which == "main" else (like, tensor)
                sides = ("in the main branch", "in the else branch")
                _compare(self._names[place], first, second, *sides)
                found.append(tensor)
        return found

    def _with_result(
        self,
        values: tuple[Any, ...],
        which: str,
        other_side: Callable[[], tuple[Any, ...]] | None,
    ) -> tuple[Any, ...]:
        """A side that does not return: zeros in the place of a result that nobody will see."""
        place = self._names.index(RESULT)
        known = self._sides.get("else" if which == "main" else "main")
        if known is not None:
            result = known[place].filled(
                [zeros(convert_to_tensor(x)) for x in known[place].tensors]
            )
        elif other_side is not None:
            result = types_after(other_side)[place]
        else:
            return values
        return (*values[:place], result, *values[place + 1 :])

    def _check(self, name: str, main: Layout, orelse: Layout) -> None:
        for layout, other, which in ((main, orelse, "main"), (orelse, main, "else")):
            if layout.value is UNDEFINED and other.value is not UNDEFINED:
                raise InvalidArgumentError(
                    "{name!r} must also be initialized in the {which} branch.",
                    name=name,
                    which=which,
                )
            if layout.value is None and other.value is not None:
                if name == RESULT:
                    raise InvalidArgumentError(
                        "the {which} branch must also have a return statement.", which=which
                    )
                raise InvalidArgumentError(
                    "{name!r} is None at the end of the {which} branch.", name=name, which=which
                )
        label = "the returned value" if name == RESULT else name
        if main.skeleton != orelse.skeleton:
            raise DTypeError(
                "{name!r} must have the same nested structure in the main and else branches: "
                "received {main} and {orelse}.",
                name=label,
                main=nest.map_structure(_shown, main.value),
                orelse=nest.map_structure(_shown, orelse.value),
            )
        for a, b in zip(main.leaves, orelse.leaves, strict=True):
            if not is_tensor_leaf(a) and not _same(a, b):
                raise DTypeError(
                    "{name!r} is {main!r} in the main branch, but {orelse!r} in the else branch: "
                    "a condition on a tensor can choose between tensors only.",
                    name=label,
                    main=a,
                    orelse=b,
                )

    def joined(self, tensors: Sequence[Any]) -> tuple[Any, ...]:
        """The values after the ``if``."""
        rest = iter(tensors)
        found = []
        for main, orelse in zip(self._sides["main"], self._sides["else"], strict=True):
            leaves = []
            for a, b in zip(main.leaves, orelse.leaves, strict=True):
                tensor = next(rest) if is_tensor_leaf(a) else a
                leaves.append(a if _same(a, b) and not isinstance(a, Tensor) else tensor)
            found.append(main.pack(leaves))
        return tuple(found)


def types_after(
    run: Callable[..., tuple[Any, ...]], tensors: Sequence[Any] = ()
) -> tuple[Any, ...]:
    """The values that ``run`` gives, with zeros for its tensors; nothing of it stays.

    It is called with symbols in the place of ``tensors``, so that no condition is known.
    """
    layouts: list[Layout] = []

    def described(*symbols: Any) -> list[Any]:
        layouts[:] = [Layout(value) for value in run(*symbols)]
        return [convert_to_tensor(leaf) for layout in layouts for leaf in layout.tensors]

    kinds: list[Type] = abstract_eval(described, *map(convert_to_tensor, tensors))
    rest = iter(kinds)
    return tuple(layout.filled([zeros(next(rest)) for _ in layout.tensors]) for layout in layouts)


# --- loops ------------------------------------------------------------------------------------


class Loop:
    """A loop that the program runs: the state before it, and how a step changes it."""

    def __init__(
        self,
        names: tuple[str, ...],
        get: Callable[[], tuple[Any, ...]],
        put: Callable[[tuple[Any, ...]], None],
        step: Callable[[], None],
    ) -> None:
        self._names, self._get, self._put, self._step = names, get, put, step

    def run(self, test: Callable[[], Any], options: dict[str, Any] | None) -> None:
        """Runs it by `tf.while_loop`."""
        self._layouts = [Layout(value) for value in self._settled(self._get())]
        leaves = [convert_to_tensor(leaf) for layout in self._layouts for leaf in layout.tensors]

        def condition(*tensors: Any) -> Any:
            self._enter(tensors)
            return test()

        def body(*tensors: Any) -> list[Any]:
            self._enter(tensors)
            self._step()
            return self._leave(tensors)

        given = {
            key: value
            for key, value in (options or {}).items()
            if key in ("maximum_iterations", "parallel_iterations", "swap_memory")
        }
        self._enter(control.while_loop(condition, body, leaves, **given))

    def _enter(self, tensors: Sequence[Any]) -> None:
        rest = iter(tensors)
        self._put(
            tuple(layout.filled([next(rest) for _ in layout.tensors]) for layout in self._layouts)
        )

    def _settled(self, start: tuple[Any, ...]) -> tuple[Any, ...]:
        """The state with zeros for what only the loop gives a value to."""
        open_ = [
            place
            for place, value in enumerate(start)
            if value is UNDEFINED
            or value is None
            or (isinstance(value, TensorArray) and not value.is_settled)
        ]
        if not open_:
            return start

        layouts = [Layout(value) for value in start]

        def one_step(*symbols: Any) -> tuple[Any, ...]:
            rest = iter(symbols)
            self._put(tuple(x.filled([next(rest) for _ in x.tensors]) for x in layouts))
            self._step()
            return self._get()

        after = types_after(one_step, [leaf for layout in layouts for leaf in layout.tensors])
        found = list(start)
        for place in open_:
            value = after[place]
            if isinstance(value, TensorArray) and start[place] is not UNDEFINED:
                self._check_size(self._names[place], start[place], value)
            if is_tensor_leaf(value) or is_composite(value) or nest.is_nested(value):
                found[place] = value
        self._put(tuple(found))
        return tuple(found)

    def _check_size(self, name: str, before: Any, after: TensorArray) -> None:
        old = int(before.size()) if isinstance(before, TensorArray) else 0
        if int(after.size()) != old:
            raise InvalidArgumentError(
                "The tf.TensorArray {name!r} grows in a loop that only the program can end: make "
                "it with the size that it needs, TensorArray({dtype}, size=n).",
                name=name,
                dtype=after.dtype.name,
            )

    def _leave(self, before: Sequence[Any]) -> list[Any]:
        found: list[Any] = []
        rest = iter(before)
        for name, layout, value in zip(self._names, self._layouts, self._get(), strict=True):
            after = Layout(value)
            if after.skeleton != layout.skeleton:
                raise self._changed(name, layout.value, value)
            for old, new in zip(layout.leaves, after.leaves, strict=True):
                if not is_tensor_leaf(old):
                    if not _same(old, new):
                        raise self._changed(name, old, new)
                    continue
                was = next(rest)
                tensor = convert_to_tensor(new)
                _compare(name, was, tensor, "before the loop", "after one iteration")
                found.append(tensor)
        return found

    def _changed(self, name: str, old: Any, new: Any) -> CaudalError:
        return DTypeError(
            "{name!r} is {old} before the loop, but {new} after one iteration: a loop over tensors "
            "can change tensors only, and keeps their structure.",
            name="the returned value" if name == RESULT else name,
            old=nest.map_structure(_shown, old),
            new=nest.map_structure(_shown, new),
        )
