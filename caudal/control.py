"""Control flow as functions: cond, while_loop, map_fn, scan and their kin.

What is known while a function is traced is decided then. The rest becomes a loop or a branch of the
compiled program; few rows are unrolled.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, boolean, dims, scalar, static_int
from caudal.array.movement import stack, unstack
from caudal.errors import DTypeError, InvalidArgumentError
from caudal.extension.types import BatchableExtensionType
from caudal.framework import (
    Tensor,
    TensorSpec,
    Variable,
    choose,
    convert_to_tensor,
    custom_gradient,
    inside_function,
    is_symbolic,
    nest,
    repeat_rows,
    repeat_while,
)
from caudal.framework.composite import CompositeSpec
from caudal.framework.host_calls import call_back
from caudal.ir.dtypes import as_dtype, float64
from caudal.ragged.mapping import has_ragged, map_rows


def _known(value: Any) -> Any:
    """A static value, or None for a tensor that is computed later."""
    if isinstance(value, Variable):
        value = convert_to_tensor(value)
    if isinstance(value, Tensor):
        return None if is_symbolic(value) else value.numpy()
    return value


def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """The value as an array if it is known now, else None."""
    known = _known(tensor)
    return None if known is None else np.asarray(known)


def cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    name: str | None = None,
) -> Any:
    """``true_fn()`` if the predicate holds, else ``false_fn()``.

    Inside a compiled function with a predicate that is computed later, the program decides, and
    computes one of them.

    >>> int(cond(True, lambda: 1, lambda: 2))
    1
    """
    if true_fn is None or false_fn is None:
        raise InvalidArgumentError("cond: expected both true_fn and false_fn.")
    for fn in (true_fn, false_fn):
        if not callable(fn):
            raise DTypeError("cond: expected functions, received {received!r}.", received=fn)
    known = _known(pred)
    if known is not None:
        return true_fn() if bool(known) else false_fn()
    chosen = boolean("cond", pred)
    return choose(chosen, true_fn, false_fn, "cond")


def case(
    pred_fn_pairs: Any,
    default: Callable[[], Any] | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> Any:
    """The function of the first predicate that holds, or the default."""
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs)
    if not pairs:
        raise InvalidArgumentError("case: expected at least one (predicate, function) pair.")
    known = [_known(pred) for pred, _ in pairs]
    if exclusive and all(k is not None for k in known) and sum(map(bool, known)) > 1:
        raise InvalidArgumentError("case: expected one true predicate, several are.")
    if default is None:
        if all(k is not None for k in known) and not any(map(bool, known)):
            raise InvalidArgumentError("case: no predicate holds, and there is no default.")
        default = pairs[-1][1]
    last: Callable[[], Any] = default
    for pred, fn in reversed(pairs):
        last = _branch(pred, fn, last)
    return last()


def _branch(pred: Any, fn: Callable[[], Any], rest: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: cond(pred, fn, rest)


def switch_case(
    branch_index: Any,
    branch_fns: Any,
    default: Callable[[], Any] | None = None,
    name: str = "switch_case",
) -> Any:
    """The function of an index; the default (or the last one) for any other."""
    pairs = list(branch_fns.items() if isinstance(branch_fns, dict) else branch_fns)
    table: dict[int, Callable[[], Any]] = dict(
        pair if isinstance(pair, tuple) else (i, pair) for i, pair in enumerate(pairs)
    )
    other = default if default is not None else table[max(table)]
    known = _known(branch_index)
    if known is not None:
        return table.get(int(known), other)()
    index = as_tensor(branch_index)
    last = other
    for key, fn in table.items():
        last = _branch(ops.equal(index, scalar(key, index)), fn, last)
    return last()


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    maximum_iterations: Any = None,
    name: str | None = None,
) -> Any:
    """``body`` over and over while ``cond`` holds for the loop variables.

    Inside a compiled function the program loops. There a variable keeps its shape and dtype, and
    a gradient needs to know the number of turns: from ``maximum_iterations``, or because the
    condition depends on known values alone.

    >>> int(while_loop(lambda i, s: i < 4, lambda i, s: (i + 1, s + i), (0, 0))[1])
    6
    """
    state = nest.map_structure(as_tensor, loop_vars)
    most = None if maximum_iterations is None else static_int(maximum_iterations, "while_loop")

    def holds(values: Any) -> Any:
        return cond(*values) if isinstance(values, list | tuple) else cond(values)

    if inside_function():
        return _compiled_while(holds, body, state, most)
    steps = 0
    while (most is None or steps < most) and bool(_known(holds(state))):
        state = _body(body, state)()
        steps += 1
    return state


def _compiled_while(
    holds: Callable[[Any], Any], body: Callable[..., Any], state: Any, most: int | None
) -> Any:
    def condition(leaves: list[Any]) -> Any:
        return boolean("while_loop", holds(nest.pack_sequence_as(state, leaves)))

    def step(leaves: list[Any]) -> list[Any]:
        return list(nest.flatten(_body(body, nest.pack_sequence_as(state, leaves))()))

    if most == 0:
        return state
    found = repeat_while(condition, step, nest.flatten(state), most, "while_loop")
    return nest.pack_sequence_as(state, found)


def _body(body: Callable[..., Any], state: Any) -> Callable[[], Any]:
    """One step of a loop: the body on the state, in the state's structure."""

    def step() -> Any:
        new = body(*state) if isinstance(state, list | tuple) else body(state)
        if isinstance(state, list | tuple) and not isinstance(new, list | tuple):
            new = [new]
        return nest.pack_sequence_as(state, [as_tensor(leaf) for leaf in nest.flatten(new)])

    return step


# --- over the first axis ----------------------------------------------------------------------


_UNROLLED = 4
"""Rows up to which a loop over them is written out in the program."""


def _count(elems: Any) -> int:
    """The number of elements of stacked tensors."""
    leaves = [as_tensor(leaf) for leaf in nest.flatten(elems)]
    if not leaves or any(not dims(leaf) for leaf in leaves):
        raise InvalidArgumentError("map_fn: expected tensors with at least one axis.")
    counts = {dims(leaf)[0] for leaf in leaves}
    if len(counts) > 1:
        raise InvalidArgumentError(
            "map_fn: expected as many elements in each tensor, received {counts}.",
            counts=sorted(counts),
        )
    return counts.pop()


def _rows(elems: Any) -> list[Any]:
    """The structure of each element."""
    columns = [unstack(as_tensor(leaf)) for leaf in nest.flatten(elems)]
    return [
        nest.pack_sequence_as(elems, [column[i] for column in columns])
        for i in range(_count(elems))
    ]


def _looped(
    fn: Callable[[Any, Any], tuple[Any, Any]], start: Any, elems: Any, reverse: bool = False
) -> tuple[Any, Any]:
    """``fn(state, row) -> (state, result)`` as a loop of the program: last state, results."""
    start = nest.map_structure(as_tensor, start)
    structure: list[Any] = []

    def step(leaves: list[Any], rows: list[Any]) -> tuple[list[Any], list[Any]]:
        state = nest.pack_sequence_as(start, leaves)
        state, result = fn(state, nest.pack_sequence_as(elems, rows))
        structure[:] = [nest.map_structure(as_tensor, result)]
        nest.assert_same_structure(start, state)
        return list(nest.flatten(state)), list(nest.flatten(structure[0]))

    stacked = [as_tensor(leaf) for leaf in nest.flatten(elems)]
    last, found = repeat_rows(step, nest.flatten(start), stacked, "scan", backwards=reverse)
    return nest.pack_sequence_as(start, last), nest.pack_sequence_as(structure[0], found)


def _stacked(results: Sequence[Any]) -> Any:
    return nest.map_structure(lambda *leaves: stack(list(leaves)), *results)


def map_fn(
    fn: Callable[..., Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
    fn_output_signature: Any = None,
) -> Any:
    """``fn`` of each element of the first axis, stacked.

    >>> map_fn(lambda x: x * x, convert_to_tensor([1, 2])).numpy().tolist()
    [1, 4]
    """
    wanted = fn_output_signature if fn_output_signature is not None else dtype
    if any(isinstance(leaf, BatchableExtensionType) for leaf in nest.flatten(elems)):
        return _map_values(fn, elems, wanted)
    if has_ragged(elems, wanted):
        return map_rows(fn, elems, wanted)
    count = _count(elems)
    if not count:
        return _empty(fn, elems)
    if inside_function() and count > _UNROLLED:
        found = _looped(lambda state, row: (state, fn(row)), (), elems)[1]
    else:
        found = _stacked([nest.map_structure(as_tensor, fn(row)) for row in _rows(elems)])
    return found if wanted is None else _checked(found, wanted)


def _map_values(fn: Callable[..., Any], elems: Any, wanted: Any) -> Any:
    """`map_fn` over values of extension types: over their tensors."""
    moulds: list[Any] = []

    def open_(rows: list[Any]) -> list[Any]:
        result = fn(nest.pack_sequence_as(elems, rows, expand_composites=True))
        moulds[:] = [result]
        return nest.flatten(result, expand_composites=True)

    parts = nest.flatten(elems, expand_composites=True)
    found = map_fn(open_, parts)
    whole = nest.pack_sequence_as(moulds[0], found, expand_composites=True)
    return whole if wanted is None or isinstance(wanted, CompositeSpec) else _checked(whole, wanted)


def _checked(found: Any, wanted: Any) -> Any:
    kinds = [as_dtype(getattr(leaf, "dtype", leaf)) for leaf in nest.flatten(wanted)]
    for leaf, kind in zip(nest.flatten(found), kinds, strict=True):
        if leaf.dtype is not kind:
            raise InvalidArgumentError(
                "map_fn: fn_output_signature says {wanted}, the function gave {received}.",
                wanted=kind.name,
                received=leaf.dtype.name,
            )
    return found


def _empty(fn: Callable[..., Any], elems: Any) -> Any:
    """No element: the shapes come from a row of zeros that is thrown away."""
    zeros = nest.map_structure(
        lambda leaf: convert_to_tensor(np.zeros(dims(leaf)[1:], leaf.dtype.np_dtype)),
        nest.map_structure(as_tensor, elems),
    )
    return nest.map_structure(
        lambda leaf: convert_to_tensor(np.zeros((0, *dims(leaf)), leaf.dtype.np_dtype)),
        nest.map_structure(as_tensor, fn(zeros)),
    )


def vectorized_map(
    fn: Callable[..., Any], elems: Any, fallback_to_while_loop: bool = True, warn: bool = True
) -> Any:
    """`map_fn` under the name of its parallel form."""
    return map_fn(fn, elems)


def _folded(fn: Callable[..., Any], elems: Any, initializer: Any, backwards: bool) -> Iterator[Any]:
    rows = _rows(elems)
    if backwards:
        rows.reverse()
    if initializer is None:
        state, rows = rows[0], rows[1:]
        yield state
    else:
        state = nest.map_structure(as_tensor, initializer)
    for row in rows:
        state = nest.map_structure(as_tensor, fn(state, row))
        yield state


def _fold(fn: Callable[..., Any], elems: Any, initializer: Any, backwards: bool) -> Any:
    if initializer is not None and inside_function() and _count(elems) > _UNROLLED:
        return _looped(lambda s, row: (fn(s, row), ()), initializer, elems, backwards)[0]
    return [initializer, *_folded(fn, elems, initializer, backwards)][-1]


def foldl(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """``fn(fn(fn(initializer, x0), x1), x2)``."""
    return _fold(fn, elems, initializer, False)


def foldr(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """`foldl` from the last element to the first."""
    return _fold(fn, elems, initializer, True)


def scan(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """Every intermediate value of `foldl`, stacked.

    >>> scan(lambda a, x: a + x, convert_to_tensor([1, 2, 3])).numpy().tolist()
    [1, 3, 6]
    """
    if initializer is not None and inside_function() and _count(elems) > _UNROLLED:

        def step(state: Any, row: Any) -> tuple[Any, Any]:
            following = nest.map_structure(as_tensor, fn(state, row))
            return following, following

        return _looped(step, initializer, elems, reverse)[1]
    states = list(_folded(fn, elems, initializer, reverse))
    return _stacked(states[::-1] if reverse else states)


# --- effects and order ------------------------------------------------------------------------


def no_op(name: str | None = None) -> None:
    """Nothing."""


def group(*inputs: Any, **kwargs: Any) -> None:
    """Nothing: what stands in the arguments has already been computed."""


def tuple_(
    tensors: Iterable[Any], control_inputs: Any = None, name: str | None = None
) -> list[Any]:
    """The tensors as a list: Python's order is the order of effects."""
    return [None if tensor is None else as_tensor(tensor) for tensor in tensors]


@contextlib.contextmanager
def control_dependencies(control_inputs: Any) -> Iterator[None]:
    """A block in which nothing changes: Python's order is the order of effects."""
    if control_inputs is not None:
        for entry in control_inputs:
            if callable(entry):
                entry()
    yield


def timestamp(name: str | None = None) -> Any:
    """Seconds since 1970 as float64; inside a compiled function, of the time it was traced."""
    return convert_to_tensor(np.float64(time.time()), dtype=float64)


def _called(what: str, func: Any, inputs: Any, outputs: Any, as_arrays: bool) -> Any:
    if not callable(func):
        raise InvalidArgumentError(
            "{what}: expected a function, received {func!r}.", what=what, func=func
        )
    tensors = [as_tensor(entry) for entry in ([] if inputs is None else inputs)]
    alone = not isinstance(outputs, list | tuple)
    wanted = [] if outputs is None else [outputs] if alone else list(outputs)
    specs = [
        one if isinstance(one, TensorSpec) else TensorSpec(None, as_dtype(one)) for one in wanted
    ]
    found = call_back(what, func, tensors, specs, as_arrays=as_arrays)
    if alone:
        return found[0] if found else None
    return found


def py_function(
    func: Callable[..., Any] | None = None,
    inp: Any = None,
    Tout: Any = None,
    name: str | None = None,
) -> Any:
    """What a Python function of eager tensors returns, as tensors of the dtypes ``Tout``.

    A compiled function calls it at each run, in the order in which the program is written. It has
    gradients: those of what it computes with tensors. A result's shape is learned from the first
    call, which runs op by op, or given by a `tf.TensorSpec` in ``Tout``.

    >>> int(py_function(lambda x: x + 1, [1], "int32"))
    2
    """
    return _called("py_function", func, inp, Tout, as_arrays=False)


def numpy_function(
    func: Callable[..., Any] | None = None,
    inp: Any = None,
    Tout: Any = None,
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """What a Python function of NumPy arrays returns; else as `py_function`, without gradients.

    >>> numpy_function(lambda x: x[::-1], [[1, 2]], "int32").numpy().tolist()
    [2, 1]
    """
    return _called("numpy_function", func, inp, Tout, as_arrays=True)


def recompute_grad(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself: the compiler decides what to keep for the gradient."""
    return f


def grad_pass_through(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one tensor whose gradient is that of the identity."""

    @custom_gradient
    def passing(x: Any) -> Any:
        return f(x), lambda upstream: upstream

    def apply(x: Any) -> Any:
        return passing(as_tensor(x))

    return apply
