"""What converted functions call: Python's statements, decided now or by the program.

A condition that is a tensor of the function being traced becomes `tf.cond`, a loop over one
`tf.while_loop`; everything else runs as plain Python. What a statement hands on, its *state*, is
read and assigned by the two functions that come with it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from caudal import control, debugging
from caudal.autograph import state as states
from caudal.autograph.loops import TensorRange, loop_over, loop_over_elements
from caudal.autograph.state import UNDEFINED
from caudal.errors import DTypeError, InvalidArgumentError, UnimplementedError
from caudal.framework import Tensor, Variable, convert_to_tensor, inside_function, is_symbolic
from caudal.math.conversion import cast
from caudal.math.elementwise import logical_and, logical_not, logical_or

State = tuple[Any, ...]
Get = Callable[[], State]
Set = Callable[[State], None]


def look(read: Callable[[], Any]) -> Any:
    """A name's value, or UNDEFINED."""
    try:
        return read()
    except (NameError, AttributeError, LookupError):
        return UNDEFINED


def is_staged(value: Any) -> bool:
    """Whether a value is known only when the program runs."""
    return is_symbolic(value) or (isinstance(value, Variable) and is_symbolic(value.value()))


def condition(value: Any, what: str) -> Any:
    """A staged condition as a bool scalar."""
    tensor = convert_to_tensor(value)
    if not tensor.dtype.is_bool or len(tensor.shape) != 0:
        hint = "" if tensor.dtype.is_bool else " To use it as a bool, compare it or use tf.cast."
        raise InvalidArgumentError(
            "The condition of the {what}: expected a tf.bool scalar, received {name} of shape "
            "{shape} and dtype {dtype}.{hint} To check for None, use `is not None`.",
            what=what,
            name=getattr(tensor, "name", "a tensor"),
            shape=tuple(tensor.shape),
            dtype=tensor.dtype.name,
            hint=hint,
        )
    return tensor


# --- statements -------------------------------------------------------------------------------


def if_stmt(
    test: Any,
    body: Callable[[], None],
    orelse: Callable[[], None],
    get: Get,
    put: Set,
    names: tuple[str, ...],
    count: int,
    captured: int = 0,
) -> None:
    """``if``. The first ``count`` names are read later.

    Functions inside may read the next ``captured`` ones; these are handed on if they had a value.
    """
    if not is_staged(test):
        body() if test else orelse()
        return
    start = get()
    more = [i for i in range(count, count + captured) if start[i] is not UNDEFINED]
    places = [*range(count), *more]
    branches = states.Branches(tuple(names[place] for place in places))

    def ends(run: Callable[[], None]) -> State:
        put(states.fresh(start))
        run()
        values = get()
        return tuple(values[place] for place in places)

    tensors = control.cond(
        condition(test, "if statement"),
        lambda: branches.leave(ends(body), "main", lambda: ends(orelse)),
        lambda: branches.leave(ends(orelse), "else", lambda: ends(body)),
    )
    # What only the branches use is as it was before.
    after = list(start)
    for place, value in zip(places, branches.joined(tensors), strict=True):
        after[place] = value
    put(tuple(after))


def while_stmt(
    test: Callable[[], Any],
    body: Callable[[], None],
    get: Get,
    put: Set,
    names: tuple[str, ...],
    options: dict[str, Any] | None,
) -> None:
    """``while``. From the first condition that is staged on, the rest is the program's."""
    while True:
        going = test()
        if is_staged(going):
            break
        if not going:
            return
        body()
    condition(going, "while loop")
    loop = states.Loop(names, get, put, body)
    loop.run(lambda: condition(test(), "while loop"), options)


def for_stmt(
    iterated: Any,
    extra_test: Callable[[], Any] | None,
    body: Callable[[Any], None],
    get: Get,
    put: Set,
    names: tuple[str, ...],
    options: dict[str, Any] | None,
) -> None:
    """``for``. Over a tensor or a range of tensors it becomes part of the program."""

    def conditional(
        test: Any, step: Callable[[], None], other: Callable[[], None] = lambda: None
    ) -> None:
        if_stmt(test, step, other, get, put, names, len(names))

    if isinstance(iterated, TensorRange) or (isinstance(iterated, Tensor) and inside_function()):
        loop_over(iterated, extra_test, body, get, put, names, options, conditional)
        return
    if inside_function() and hasattr(type(iterated), "staged_elements"):
        elements = iterated.staged_elements()
        loop_over_elements(elements, extra_test, body, get, put, names, conditional)
        return
    for item in iterated:
        body(item)
        if extra_test is not None:
            going = extra_test()
            if is_staged(going):
                raise _staged_stop()
            if not going:
                break


def _staged_stop() -> UnimplementedError:
    return UnimplementedError(
        "break and return statements which depend on a tensor are not supported in loops over "
        "Python values. Loop over a tensor instead, e.g. over tf.range(n)."
    )


def append(target: Any, value: Any) -> Any:
    """``target.append(value)``; the list is then one more thing that a loop hands on."""
    target.append(value)
    return target


def assert_stmt(test: Any, message: Callable[[], Any], text: str) -> None:
    """``assert``: checked now, or after each run of the program."""
    if is_staged(test):
        said = message()
        debugging.Assert(convert_to_tensor(test), [f"assert {text}" if said is None else said])
        return
    if not test:
        said = message()
        raise AssertionError() if said is None else AssertionError(said)


# --- expressions ------------------------------------------------------------------------------


def _boolean(value: Any, sign: str) -> Any:
    tensor = convert_to_tensor(value)
    if not tensor.dtype.is_bool:
        raise DTypeError(
            "{sign}: expected bool tensors, received {dtype}. Compare the tensor, or use tf.cast.",
            sign=sign,
            dtype=tensor.dtype.name,
        )
    return tensor


def and_(value: Any, *rest: Callable[[], Any]) -> Any:
    """``value and rest``: the rest is evaluated only where Python would."""
    for other in rest:
        if is_staged(value):
            right = other()
            if isinstance(right, bool):
                value = value if right else right
            else:
                value = logical_and(_boolean(value, "and"), _boolean(right, "and"))
        elif value:
            value = other()
    return value


def or_(value: Any, *rest: Callable[[], Any]) -> Any:
    """``value or rest``."""
    for other in rest:
        if is_staged(value):
            right = other()
            if isinstance(right, bool):
                value = right if right else value
            else:
                value = logical_or(_boolean(value, "or"), _boolean(right, "or"))
        elif not value:
            value = other()
    return value


def not_(value: Any) -> Any:
    """``not value``."""
    if is_staged(value):
        return logical_not(_boolean(value, "not"))
    return not value


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
    "Is": operator.is_,
    "IsNot": operator.is_not,
    "In": lambda a, b: a in b,
    "NotIn": lambda a, b: a not in b,
}


def chained(signs: tuple[str, ...], first: Any, *rest: Callable[[], Any]) -> Any:
    """``a < b < c``, each operand evaluated once and only where Python would."""

    def links() -> Iterator[Callable[[], Any]]:
        left = [first]
        for sign, other in zip(signs, rest, strict=True):

            def link(sign: str = sign, other: Callable[[], Any] = other) -> Any:
                right = other()
                found = _COMPARISONS[sign](left[0], right)
                left[0] = right
                return found

            yield link

    head, *tail = links()
    return and_(head(), *tail)


def if_exp(test: Any, body: Callable[[], Any], orelse: Callable[[], Any], text: str) -> Any:
    """``body if test else orelse``."""
    if not is_staged(test):
        return body() if test else orelse()
    branches = states.Branches((text,))
    tensors = control.cond(
        condition(test, "conditional expression"),
        lambda: branches.leave((body(),), "main"),
        lambda: branches.leave((orelse(),), "else"),
    )
    return branches.joined(tensors)[0]


# --- built-in functions -----------------------------------------------------------------------


def _int(value: Any = 0, *rest: Any, **kwargs: Any) -> Any:
    if is_staged(value) and not rest and not kwargs:
        return cast(value, "int32")
    return int(value, *rest, **kwargs)


def _float(value: Any = 0.0) -> Any:
    if is_staged(value):
        return cast(value, "float32")
    return float(value)


_BUILTINS: dict[Any, Callable[..., Any]] = {int: _int, float: _float}


def overload(function: Any) -> Any:
    """What stands for a built-in function that a tensor would be an error for; or None."""
    return _BUILTINS.get(function)


NAMES = {
    function.__name__: function
    for function in (
        *(look, if_stmt, while_stmt, for_stmt, append, assert_stmt),
        *(and_, or_, not_, chained, if_exp),
    )
} | {"UNDEFINED": UNDEFINED}
