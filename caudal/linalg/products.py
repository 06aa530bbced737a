"""Products of tensors: matmul, tensordot, einsum and what is built from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import (
    as_tensor,
    axis_of,
    cast_to,
    dims,
    static,
    static_ints,
    unify,
)
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.ir.dtypes import as_dtype


def _turned(x: Any, transpose: bool, adjoint: bool, what: str) -> Any:
    if transpose and adjoint:
        raise InvalidArgumentError("{what}: expected transpose or adjoint, not both.", what=what)
    return ops.conj(x) if adjoint and x.dtype.is_complex else x


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
    grad_a: bool = False,
    grad_b: bool = False,
    name: str | None = None,
) -> Any:
    """The matrix product of the last two axes; the axes before broadcast.

    Args:
        a: ``[..., n, k]``, or ``[..., k, n]`` with transpose_a or adjoint_a.
        b: ``[..., k, m]``, or ``[..., m, k]`` with transpose_b or adjoint_b.
        a_is_sparse, b_is_sparse, grad_a, grad_b: hints to TensorFlow; the result is the same.

    >>> matmul([[1.0, 2.0]], [[3.0], [4.0]]).numpy().tolist()
    [[11.0]]
    """
    x, y = unify("matmul", a, b)
    if len(x.shape) < 2 or len(y.shape) < 2:
        raise ShapeError(
            "matmul: expected at least 2 axes, received {first} and {second}. Add one with "
            "tf.expand_dims, or use tf.linalg.matvec or tf.tensordot.",
            first=dims(x),
            second=dims(y),
        )
    if output_type is not None and as_dtype(output_type) is not x.dtype:
        x, y = cast_to(x, as_dtype(output_type)), cast_to(y, as_dtype(output_type))
    x = _turned(x, transpose_a, adjoint_a, "matmul")
    y = _turned(y, transpose_b, adjoint_b, "matmul")
    left, right = dims(x), dims(y)
    inner_x = len(left) - (2 if transpose_a or adjoint_a else 1)
    inner_y = len(right) - (1 if transpose_b or adjoint_b else 2)
    if left[inner_x] != right[inner_y]:
        raise ShapeError(
            "matmul: expected equal inner extents, received shapes {first} and {second}{flags}.",
            first=left,
            second=right,
            flags=" (transposed)" if transpose_a or transpose_b or adjoint_a or adjoint_b else "",
        )
    return _batched(x, y, inner_x, inner_y)


def _batched(x: Any, y: Any, inner_x: int, inner_y: int) -> Any:
    left, right = dims(x), dims(y)
    if len(right) == 2:
        # Weights: every axis before the last of x is a row; no transposition for [..., n, k].
        if inner_x == len(left) - 1:
            return ops.dot_general(x, y, contract=((inner_x,), (inner_y,)), batch=((), ()))
        if len(left) == 2:
            return ops.dot_general(x, y, contract=((inner_x,), (inner_y,)), batch=((), ()))
    try:
        batch = np.broadcast_shapes(left[:-2], right[:-2])
    except ValueError as error:
        raise ShapeError(
            "matmul: the leading axes of {first} and {second} do not fit.",
            first=left,
            second=right,
        ) from error
    count = len(batch)
    if left[:-2] != batch:
        x = ops.broadcast_to(x, shape=(*batch, *left[-2:]))
    if right[:-2] != batch:
        y = ops.broadcast_to(y, shape=(*batch, *right[-2:]))
    contract = ((inner_x + count - len(left) + 2,), (inner_y + count - len(right) + 2,))
    axes = tuple(range(count))
    return ops.dot_general(x, y, contract=contract, batch=(axes, axes))


def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """A matrix times a vector, in the last axes."""
    x, y = unify("matvec", a, b)
    y = ops.reshape(y, shape=(*dims(y), 1))
    result = matmul(x, y, transpose_a=transpose_a, adjoint_a=adjoint_a)
    return ops.reshape(result, shape=dims(result)[:-1])


def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Any:
    """The sum of products over pairs of axes.

    ``axes``: a number n for the last n of a with the first n of b, or a pair of lists.

    >>> float(tensordot([1.0, 2.0], [3.0, 4.0], 1))
    11.0
    """
    x, y = unify("tensordot", a, b)
    first, second = len(x.shape), len(y.shape)
    if isinstance(axes, list | tuple) and len(axes) == 2:
        left, right = (static_ints(part, "tensordot: axes") for part in axes)
    else:
        given = static(axes, "tensordot: axes")
        if given.ndim:
            left, right = (static_ints(part, "tensordot: axes") for part in given)
        else:
            left, right = tuple(range(first - int(given), first)), tuple(range(int(given)))
    left = tuple(axis_of(axis, first, "tensordot") for axis in left)
    right = tuple(axis_of(axis, second, "tensordot") for axis in right)
    if [dims(x)[i] for i in left] != [dims(y)[j] for j in right]:
        raise ShapeError(
            "tensordot: expected equal extents along axes {left} of {first} and {right} of "
            "{second}.",
            left=left,
            right=right,
            first=dims(x),
            second=dims(y),
        )
    return ops.dot_general(x, y, contract=(left, right), batch=((), ()))


# --- einsum -----------------------------------------------------------------------------------


def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Any:
    """Sums of products by Einstein's convention, ``"ij,jk->ik"``, with "..." for leading axes.

    >>> einsum("ij->ji", [[1, 2], [3, 4]]).numpy().tolist()
    [[1, 3], [2, 4]]
    """
    unknown = set(kwargs) - {"optimize", "name"}
    if unknown:
        raise InvalidArgumentError(
            "einsum: unknown arguments {received}.", received=sorted(unknown)
        )
    tensors = unify("einsum", *inputs)
    terms, output = _parse(equation.replace(" ", ""), [len(x.shape) for x in tensors])
    values = [_diagonal(x, term) for x, term in zip(tensors, terms, strict=True)]
    _check_extents(values, equation)
    while len(values) > 1:
        (x, left), (y, right), *rest = values
        needed = set(output).union(*(term for _, term in rest))
        values = [_contract(x, left, y, right, needed), *rest]
    x, term = values[0]
    gone = tuple(i for i, letter in enumerate(term) if letter not in output)
    if gone:
        x = ops.reduce_sum(x, axes=gone)
        term = [letter for letter in term if letter in output]
    order = tuple(term.index(letter) for letter in output)
    return x if order == tuple(range(len(order))) else ops.transpose(x, perm=order)


def _parse(equation: str, ranks: Sequence[int]) -> tuple[list[list[str]], list[str]]:
    sides = equation.split("->")
    inputs = sides[0].split(",")
    if len(sides) > 2 or len(inputs) != len(ranks):
        raise InvalidArgumentError(
            "einsum: expected an equation for {count} inputs, received {equation!r}.",
            count=len(ranks),
            equation=equation,
        )
    wide = 0
    for text, rank in zip(inputs, ranks, strict=True):
        letters = len(text.replace("...", ""))
        if letters > rank or ("..." not in text and letters != rank):
            raise ShapeError(
                "einsum: {text!r} does not fit an input of {rank} axes.", text=text, rank=rank
            )
        wide = max(wide, rank - letters) if "..." in text else wide

    def expand(text: str, count: int) -> list[str]:
        head, dots, tail = text.partition("...")
        middle = [f"...{wide - count + i}" for i in range(count)] if dots else []
        return [*head, *middle, *tail]

    terms = [
        expand(text, rank - len(text.replace("...", "")))
        for text, rank in zip(inputs, ranks, strict=True)
    ]
    if len(sides) == 2:
        output = expand(sides[1], wide)
    else:
        everything = [letter for term in terms for letter in term]
        dots = [f"...{i}" for i in range(wide)]
        output = dots + sorted(
            letter for letter in set(everything) - set(dots) if everything.count(letter) == 1
        )
    known = {letter for term in terms for letter in term}
    if len(set(output)) != len(output) or not set(output) <= known:
        raise InvalidArgumentError(
            "einsum: expected each output letter once and in an input, received {equation!r}.",
            equation=equation,
        )
    return terms, output


def _diagonal(x: Any, term: list[str]) -> tuple[Any, list[str]]:
    """A repeated letter within one input takes the diagonal of its axes."""
    for letter in dict.fromkeys(term):
        while term.count(letter) > 1:
            first = term.index(letter)
            second = term.index(letter, first + 1)
            n = dims(x)[first]
            shape = [1] * len(term)
            shape[first] = shape[second] = n
            mask = as_tensor(np.eye(n, dtype=bool).reshape(shape))
            from caudal.array.arguments import scalar

            x = ops.reduce_sum(ops.select(mask, x, scalar(0, x)), axes=(second,))
            term = term[:second] + term[second + 1 :]
    return x, term


def _check_extents(values: list[tuple[Any, list[str]]], equation: str) -> None:
    extents: dict[str, int] = {}
    for x, term in values:
        for letter, n in zip(term, dims(x), strict=True):
            if n != 1 and extents.setdefault(letter, n) != n:
                raise ShapeError(
                    "einsum: in {equation!r} the extents {first} and {second} of {letter!r} "
                    "differ.",
                    equation=equation,
                    first=extents[letter],
                    second=n,
                    letter=letter,
                )


def _contract(
    x: Any, left: list[str], y: Any, right: list[str], needed: set[str]
) -> tuple[Any, list[str]]:
    """One pair into one tensor: sum early, squeeze broadcast axes, then a dot_general."""
    x, left = _drop(x, left, [n for n in left if n not in right and n not in needed])
    y, right = _drop(y, right, [n for n in right if n not in left and n not in needed])
    sizes_x, sizes_y = dict(zip(left, dims(x), strict=True)), dict(zip(right, dims(y), strict=True))
    uneven = [n for n in left if n in sizes_y and sizes_x[n] != sizes_y[n]]
    # An axis of extent 1 against a longer one broadcasts: it vanishes from its own operand.
    x, left = _drop(x, left, [n for n in uneven if sizes_x[n] == 1])
    y, right = _drop(y, right, [n for n in uneven if sizes_y[n] == 1])
    x, left = _drop(x, left, [n for n in left if n not in right and n not in needed])
    y, right = _drop(y, right, [n for n in right if n not in left and n not in needed])
    shared = [n for n in left if n in right]
    batch = [n for n in shared if n in needed]
    summed = [n for n in shared if n not in needed]

    def places(term: list[str], letters: list[str]) -> tuple[int, ...]:
        return tuple(term.index(letter) for letter in letters)

    result = ops.dot_general(
        x,
        y,
        contract=(places(left, summed), places(right, summed)),
        batch=(places(left, batch), places(right, batch)),
    )
    free = [n for n in left if n not in shared] + [n for n in right if n not in shared]
    return result, batch + free


def _drop(x: Any, term: list[str], letters: list[str]) -> tuple[Any, list[str]]:
    if not letters:
        return x, term
    axes = tuple(i for i, letter in enumerate(term) if letter in letters)
    return ops.reduce_sum(x, axes=axes), [letter for letter in term if letter not in letters]


def cross(a: Any, b: Any, name: str | None = None) -> Any:
    """The cross product of vectors of 3 in the last axis."""
    x, y = unify("cross", a, b)
    if dims(x) != dims(y) or dims(x)[-1:] != (3,):
        raise ShapeError(
            "cross: expected two equal shapes ending in 3, received {first} and {second}.",
            first=dims(x),
            second=dims(y),
        )
    from caudal.array.movement import roll

    def turned(value: Any, shift: int) -> Any:
        return roll(value, shift, -1)

    return ops.sub(ops.mul(turned(x, -1), turned(y, -2)), ops.mul(turned(x, -2), turned(y, -1)))
