"""``keras.ops``: conversion, control flow, loops, gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal import control, framework, math
from caudal.array import movement
from caudal.array.arguments import static_int
from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import nest
from caudal.framework.composite import Composite
from caudal.ir.dtypes import as_dtype
from caudal.keras.engine.policy import floatx
from caudal.keras.ops import promotion
from caudal.keras.ops.promotion import tensor
from caudal.math import conversion
from caudal.sparse.tensor import to_dense


def cast(x: Any, dtype: Any) -> Any:
    """The elements in another dtype; floats become integers by losing their fraction.

    >>> cast([1.7, -1.7], "int32").numpy().tolist()
    [1, -1]
    """
    return promotion.cast(tensor(x), dtype)


def saturate_cast(x: Any, dtype: Any) -> Any:
    """The elements in another dtype, kept within its range."""
    return conversion.saturate_cast(tensor(x), as_dtype(dtype or floatx()))


def view(x: Any, dtype: Any = None) -> Any:
    """The same bits as another dtype; the last axis grows or shrinks, as in NumPy.

    Raises:
        InvalidArgumentError: the last axis does not hold whole elements of the dtype.

    >>> view([[1.0, 2.0]], "int16").shape
    TensorShape([1, 4])
    """
    x = tensor(x)
    if dtype is None:
        return x
    wanted = as_dtype(dtype)
    shape = tuple(int(extent) for extent in x.shape)
    if wanted.size > x.dtype.size:
        parts = wanted.size // x.dtype.size
        if not shape or shape[-1] % parts:
            raise InvalidArgumentError(
                "keras.ops.view: {parts} elements of {old} make one {new}, but the last axis of "
                "shape {shape} holds no multiple of them.",
                parts=parts,
                old=x.dtype.name,
                new=wanted.name,
                shape=shape,
            )
        x = movement.reshape(x, (*shape[:-1], shape[-1] // parts, parts))
    found = conversion.bitcast(x, wanted)
    if wanted.size < x.dtype.size and shape:
        found = movement.reshape(found, (*shape[:-1], -1))
    return found


def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    """The value as a Tensor, cast to ``dtype`` if it is given."""
    if sparse or ragged:
        raise UnimplementedError("keras.ops.convert_to_tensor: sparse and ragged: not implemented.")
    return tensor(x) if dtype is None else promotion.cast_value(x, dtype)


def array(x: Any, dtype: Any = None) -> Any:
    """The value as a Tensor."""
    return convert_to_tensor(x, dtype)


def convert_to_numpy(x: Any) -> Any:
    """The elements as a NumPy array; of sparse and ragged tensors, with zeros between them."""
    if isinstance(x, Composite):
        x = x.to_tensor() if hasattr(x, "to_tensor") else to_dense(x)
    return np.asarray(tensor(x).numpy())


def stop_gradient(variable: Any) -> Any:
    """The value, through which no gradient flows."""
    return framework.stop_gradient(tensor(variable))


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function with a gradient of its own: f returns (value, gradient function)."""
    return framework.custom_gradient(f)


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """``true_fn()`` if the predicate holds, else ``false_fn()``."""
    if isinstance(pred, bool):
        return true_fn() if pred else false_fn()
    return control.cond(promotion.boolean(pred), true_fn, false_fn)


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """The branch of an index, on the operands; the index is kept within range."""
    limit = len(branches) - 1
    place = framework.convert_to_tensor(index)
    place = promotion.cast(place, "int32")
    place = math.clip_by_value(place, 0, limit)
    return control.switch_case(place, [_bound(branch, operands) for branch in branches])


def _bound(branch: Callable[..., Any], operands: tuple[Any, ...]) -> Callable[[], Any]:
    return lambda: branch(*operands)


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    maximum_iterations: int | None = None,
) -> Any:
    """``body`` over and over while ``cond`` holds for the loop variables.

    >>> [int(n) for n in while_loop(lambda i, s: i < 4, lambda i, s: (i + 1, s + i), (0, 0))]
    [4, 6]
    """
    single = not isinstance(loop_vars, list | tuple)
    found = control.while_loop(
        cond,
        _wrapped(body) if single else body,
        (loop_vars,) if single else tuple(loop_vars),
        maximum_iterations=maximum_iterations,
    )
    return found[0] if single else tuple(found)


def _wrapped(body: Callable[..., Any]) -> Callable[..., Any]:
    return lambda value: (body(value),)


def fori_loop(lower: Any, upper: Any, body_fun: Callable[..., Any], init_val: Any) -> Any:
    """``value = body_fun(i, value)`` for i from ``lower`` to before ``upper``.

    i is a Python integer, as it is in Keras's eager loop, so that it goes with every dtype.

    >>> float(fori_loop(0, 4, lambda i, x: x + i, 0.5))
    6.5
    """
    low, high = (static_int(bound, "keras.ops.fori_loop: bounds") for bound in (lower, upper))
    value = nest.map_structure(tensor, init_val)
    for step in range(low, high):
        value = body_fun(step, value)
    return value


def _extent(xs: Any) -> int:
    leaves = nest.flatten(xs)
    if not leaves or any(len(leaf.shape) == 0 for leaf in leaves):
        raise InvalidArgumentError("keras.ops: expected tensors with a first axis to go along.")
    extents = {int(leaf.shape[0]) for leaf in leaves}
    if len(extents) != 1:
        raise InvalidArgumentError(
            "keras.ops: the first axes must have one extent, received {extents}.",
            extents=sorted(extents),
        )
    return extents.pop()


def _rows(xs: Any, count: int) -> list[Any]:
    return [nest.map_structure(lambda leaf, i=i: leaf[i], xs) for i in range(count)]


def _joined(results: list[Any]) -> Any:
    if results[0] is None:
        return None
    return nest.map_structure(lambda *leaves: movement.stack([tensor(v) for v in leaves]), *results)


def scan(
    f: Callable[..., Any],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: Any = 1,
) -> tuple[Any, Any]:
    """``carry, y = f(carry, x)`` for each row of xs: the last carry and all y.

    >>> total, sums = scan(lambda c, x: (c + x, c + x), 0, [1, 2, 3])
    >>> int(total), sums.numpy().tolist()
    (6, [1, 3, 6])
    """
    if xs is None and length is None:
        raise InvalidArgumentError("keras.ops.scan: expected `xs` or `length`.")
    if xs is None:
        rows = [None] * int(length or 0)
    else:
        xs = _leaves(xs)
        count = _extent(xs)
        if length is not None and int(length) != count:
            raise InvalidArgumentError(
                "keras.ops.scan: `length` is {length}, but xs has {count} rows.",
                length=length,
                count=count,
            )
        rows = _rows(xs, count)
    carry = nest.map_structure(tensor, init)
    found = []
    for row in reversed(rows) if reverse else rows:
        carry, y = f(carry, row)
        found.append(y)
    if not found:
        raise InvalidArgumentError("keras.ops.scan: expected at least one row.")
    return carry, _joined(found[::-1] if reverse else found)


def _leaves(xs: Any) -> Any:
    """Lists of numbers are one tensor; other structures hold tensors."""
    numbers = isinstance(xs, list) and all(isinstance(v, int | float | list) for v in xs)
    return tensor(xs) if numbers else nest.map_structure(tensor, xs)


def map(f: Callable[..., Any], xs: Any) -> Any:
    """``f`` on each row, the results stacked."""
    xs = _leaves(xs)
    found = [f(row) for row in _rows(xs, _extent(xs))]
    if not found:
        raise InvalidArgumentError("keras.ops.map: expected at least one row.")
    return _joined(found)


def vectorized_map(function: Callable[..., Any], elements: Any) -> Any:
    """``function`` on each row, the results stacked."""
    return map(function, elements)


def associative_scan(
    f: Callable[..., Any], elems: Any, reverse: bool = False, axis: int = 0
) -> Any:
    """The running results of an associative function: ``f(f(x0, x1), x2)`` and so on.

    Blocks of doubling extent are combined at once: log2(n) calls of f (Hillis and Steele, 1986).
    """
    leaves = [tensor(leaf) for leaf in nest.flatten(elems)]
    place = axis % len(leaves[0].shape)
    if reverse:
        leaves = [movement.reverse(leaf, [place]) for leaf in leaves]
    count, step = int(leaves[0].shape[place]), 1
    while step < count:
        early = [movement.cut(leaf, place, 0, count - step) for leaf in leaves]
        late = [movement.cut(leaf, place, step, count) for leaf in leaves]
        both = f(nest.pack_sequence_as(elems, early), nest.pack_sequence_as(elems, late))
        leaves = [
            movement.concat([movement.cut(leaf, place, 0, step), tensor(new)], place)
            for leaf, new in zip(leaves, nest.flatten(both), strict=True)
        ]
        step *= 2
    if reverse:
        leaves = [movement.reverse(leaf, [place]) for leaf in leaves]
    return nest.pack_sequence_as(elems, leaves)
