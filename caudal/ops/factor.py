"""Matrices factored and solved without LAPACK's help: LU, square root, logarithm, tridiagonals.

All take ``[..., rows, columns]``; see linear.py, whose notation this is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.errors import ShapeError
from caudal.ir.dtypes import complex64, complex128
from caudal.ir.types import Type
from caudal.ops.binary import add, mul
from caudal.ops.infer import require_count, require_dtype, require_same_dtype
from caudal.ops.linear import (
    DTYPES,
    Shapes,
    adjoint,
    matrices,
    pack,
    packed_type,
    random,
    refusing,
    regular,
    same,
    solve,
)
from caudal.ops.movement import concat, pad, reshape, slice_, transpose
from caudal.ops.numeric import conjugated
from caudal.ops.record import NOT_DIFFERENTIABLE, Host, Op, Sample
from caudal.ops.reduce import reduce_sum
from caudal.ops.unary import neg

Array = np.ndarray[Any, Any]

# --- LU -------------------------------------------------------------------------------------------


def lu_shapes(size: int) -> Shapes:
    """Of both triangles in one matrix, and of the rows' order."""
    return (size, size), (size,)


def _infer_lu(*kinds: Type) -> Type:
    require_count("lu", kinds, 1)
    matrices("lu", *kinds)
    return packed_type(kinds[0], lu_shapes(kinds[0].shape[-1]))


def _lu(x: Array) -> Array:
    """Gaussian elimination with partial pivoting, all matrices of the batch at once."""
    size = x.shape[-1]
    a = x.reshape(-1, size, size).copy()
    order = np.tile(np.arange(size), (len(a), 1))
    each = np.arange(len(a))
    for step in range(size):
        pivot = step + np.abs(a[:, step:, step]).argmax(1)
        for part in (a, order):
            part[each, pivot], part[each, step] = part[each, step], part[each, pivot].copy()
        head = a[:, step, step]
        if (head == 0).any():
            raise np.linalg.LinAlgError("Input is not invertible")
        a[:, step + 1 :, step] /= head[:, None]
        a[:, step + 1 :, step + 1 :] -= a[:, step + 1 :, step, None] * a[:, None, step, step + 1 :]
    return np.asarray(pack(x, (a, order.astype(x.dtype))))


lu = Op(
    "lu",
    infer=_infer_lu,
    reference=refusing("lu", _lu),
    # TensorFlow has none either.
    grad=NOT_DIFFERENTIABLE,
    emit=Host(),
    samples=lambda rng: [
        Sample((regular(rng, 3, 3),), differentiable=False),
        Sample((regular(rng, 2, 4, 4),), differentiable=False),
    ],
    dtypes=DTYPES,
)

# --- functions of matrices ------------------------------------------------------------------------

_WELL_CONDITIONED = 1e7


def _by_eigenvalues(
    x: Array, function: Callable[[Array], Array], otherwise: Callable[[Array], Array]
) -> Array:
    """``function`` of the eigenvalues of each matrix, in double precision.

    Where the eigenvectors are nearly dependent ``otherwise`` is asked for the matrix's value.
    """
    size = x.shape[-1]
    wide = x.astype(np.complex128).reshape(-1, size, size)
    found: Array = np.empty_like(wide)
    for place, one in enumerate(wide):
        if not np.isfinite(one).all():
            found[place] = np.nan
            continue
        if np.array_equal(one, one.conj().T):
            values, vectors = np.linalg.eigh(one)
            found[place] = (vectors * function(values.astype(complex))) @ vectors.conj().T
            continue
        values, vectors = np.linalg.eig(one)
        if np.linalg.cond(vectors) < _WELL_CONDITIONED:
            found[place] = (vectors * function(values)) @ np.linalg.inv(vectors)
        else:
            found[place] = otherwise(one)
    return np.asarray(found.reshape(x.shape))


def _newton_root(a: Array) -> Array:
    """The principal root by the product form of Denman and Beavers (Higham 2008, section 6.3)."""
    identity = np.eye(len(a))
    root: Array = a
    product: Array = a
    for _ in range(60):
        inverse = np.linalg.inv(product)
        root = root @ (identity + inverse) / 2
        product = (identity + (product + inverse) / 2) / 2
        if np.abs(product - identity).max() < 1e-14 * len(a):
            break
    return root


def _log_near(a: Array) -> Array:
    """The logarithm by roots and the series of 2 atanh((A - I) / (A + I)) (Higham 2008, 11.3)."""
    identity, doublings = np.eye(len(a)), 0
    while np.abs(a - identity).sum(0).max() > 0.1 and doublings < 60:
        a, doublings = _newton_root(a), doublings + 1
    ratio = np.linalg.solve(a + identity, a - identity)
    square, power, total = ratio @ ratio, ratio, np.zeros_like(ratio)
    for odd in range(1, 30, 2):
        total = total + power / odd
        power = power @ square
    return np.asarray(2.0 ** (doublings + 1) * total)


def _sqrtm(x: Array) -> Array:
    """The principal square root; of real matrices NaN where it is not real."""
    noise = 16 * x.shape[-1] * np.finfo(x.dtype).eps

    def root(values: Array) -> Array:
        largest = np.abs(values).max(initial=0)
        below = (values.real < 0) & (np.abs(values.imag) <= noise * largest)
        tiny = np.abs(values) <= noise * largest
        found = np.sqrt(np.where(tiny & below, 0, values))
        return found if np.iscomplexobj(x) else np.where(below & ~tiny, np.nan, found)

    found = _by_eigenvalues(x, root, _newton_root)
    return np.asarray((found if np.iscomplexobj(x) else found.real).astype(x.dtype))


def _grad_sqrtm(g: Any, y: Any, x: Any) -> list[Any]:
    """The Z of Y^H Z + Z Y^H = G, as one system of n * n unknowns."""
    n = int(x.shape[-1])
    batch = tuple(map(int, x.shape[:-2]))
    turned = adjoint(y)
    identity = np.eye(n, dtype=getattr(x.dtype, "np_dtype", x.dtype))
    rank = len(batch)
    flipped = transpose(turned, perm=(*range(rank), rank + 1, rank))
    left = mul(reshape(turned, shape=(*batch, n, 1, n, 1)), identity[None, :, None, :])
    right = mul(identity[:, None, :, None], reshape(flipped, shape=(*batch, 1, n, 1, n)))
    system = reshape(add(left, right), shape=(*batch, n * n, n * n))
    found = solve(system, reshape(g, shape=(*batch, n * n, 1)))
    return [reshape(found, shape=(*batch, n, n))]


def _positive(rng: np.random.Generator) -> list[Sample]:
    return [Sample((regular(rng, 3, 3) + 3 * np.eye(3),)), Sample((regular(rng, 2, 2, 2),))]


matrix_sqrt: Op = Op(
    "matrix_sqrt",
    infer=same("matrix_sqrt"),
    reference=refusing("matrix_sqrt", _sqrtm),
    grad=_grad_sqrtm,
    emit=Host(),
    samples=_positive,
    dtypes=DTYPES,
)


def _logm(x: Array) -> Array:
    return np.asarray(_by_eigenvalues(x, np.log, _log_near).astype(x.dtype))


def _infer_logm(*kinds: Type) -> Type:
    require_count("matrix_log", kinds, 1)
    require_dtype("matrix_log", kinds[0], (complex64, complex128))
    matrices("matrix_log", *kinds)
    return kinds[0]


matrix_log = Op(
    "matrix_log",
    infer=_infer_logm,
    reference=refusing("matrix_log", _logm),
    # TensorFlow has none either.
    grad=NOT_DIFFERENTIABLE,
    emit=Host(),
    samples=_positive,
    dtypes=(complex64, complex128),
)

# --- tridiagonal systems --------------------------------------------------------------------------


def _infer_tridiagonal(*kinds: Type) -> Type:
    require_count("tridiagonal_solve", kinds, 2)
    require_same_dtype("tridiagonal_solve", kinds)
    diagonals, rhs = kinds
    require_dtype("tridiagonal_solve", diagonals, DTYPES)
    fits = len(diagonals.shape) >= 2 and len(rhs.shape) == len(diagonals.shape)
    if (
        not fits
        or diagonals.shape[-2:] != (3, rhs.shape[-2])
        or (diagonals.shape[:-2] != rhs.shape[:-2])
    ):
        raise ShapeError(
            "tridiagonal_solve: expected diagonals [..., 3, n] and a right side [..., n, k], "
            "received shapes {first} and {second}.",
            first=diagonals.shape,
            second=rhs.shape,
        )
    return rhs


def _tridiagonal(diagonals: Array, rhs: Array) -> Array:
    """Gaussian elimination with partial pivoting: two rows at a time, three entries a row."""
    upper, middle, below = (np.array(diagonals[..., row, :]) for row in range(3))
    size = rhs.shape[-2]
    x = np.array(rhs)
    second = np.zeros_like(upper)
    for i in range(size - 1):
        here = (middle[..., i], upper[..., i], np.zeros_like(upper[..., i]), x[..., i, :])
        ahead = upper[..., i + 1] if i + 2 < size else np.zeros_like(here[2])
        there = (below[..., i + 1], middle[..., i + 1], ahead, x[..., i + 1, :])
        swap = np.abs(there[0]) > np.abs(here[0])
        first = [np.where(_as_wide(swap, h), t, h) for h, t in zip(here, there, strict=True)]
        other = [np.where(_as_wide(swap, h), h, t) for h, t in zip(here, there, strict=True)]
        if (first[0] == 0).any():
            raise np.linalg.LinAlgError("the system is singular")
        factor = other[0] / first[0]
        middle[..., i], upper[..., i], second[..., i], x[..., i, :] = first
        middle[..., i + 1] = other[1] - factor * first[1]
        if i + 2 < size:
            upper[..., i + 1] = other[2] - factor * first[2]
        x[..., i + 1, :] = other[3] - factor[..., None] * first[3]
    if size and (middle[..., -1] == 0).any():
        raise np.linalg.LinAlgError("the system is singular")
    for i in range(size - 1, -1, -1):
        if i + 1 < size:
            x[..., i, :] -= upper[..., i, None] * x[..., i + 1, :]
        if i + 2 < size:
            x[..., i, :] -= second[..., i, None] * x[..., i + 2, :]
        x[..., i, :] /= middle[..., i, None]
    return x


def _as_wide(mask: Array, like: Array) -> Array:
    return mask if mask.ndim == like.ndim else mask[..., None]


def _shifted(x: Any, shift: int) -> Any:
    """The last axis moved along by ``shift``; zeros come in."""
    rank, shape = len(x.shape), tuple(map(int, x.shape))
    zeros = (0,) * (rank - 1)
    begin, end = (*zeros, max(-shift, 0)), (*shape[:-1], shape[-1] - max(shift, 0))
    piece = slice_(x, begin=begin, end=end, strides=(1,) * rank)
    low, high = (*zeros, max(shift, 0)), (*zeros, max(-shift, 0))
    return pad(piece, low=low, high=high, interior=(0,) * rank, value=0.0)


def _row(diagonals: Any, row: int) -> Any:
    """A row of the diagonals as [..., 1, n]."""
    shape = tuple(map(int, diagonals.shape))
    begin, end = (*(0,) * (len(shape) - 2), row, 0), (*shape[:-2], row + 1, shape[-1])
    return slice_(diagonals, begin=begin, end=end, strides=(1,) * len(shape))


def transposed_diagonals(diagonals: Any) -> Any:
    """The diagonals [..., 3, n] of the transposed matrix."""
    axis = len(diagonals.shape) - 2
    first = concat(_shifted(_row(diagonals, 2), -1), _row(diagonals, 1), axis=axis)
    return concat(first, _shifted(_row(diagonals, 0), 1), axis=axis)


def _moved(x: Any, shift: int) -> Any:
    """The rows of [..., n, k] moved down by ``shift``."""
    rank = len(x.shape)
    turned = (*range(rank - 2), rank - 1, rank - 2)
    return transpose(_shifted(transpose(x, perm=turned), shift), perm=turned)


def _grad_tridiagonal(g: Any, y: Any, diagonals: Any, rhs: Any) -> list[Any]:
    back = tridiagonal_solve(conjugated(transposed_diagonals(diagonals)), g)
    rank = len(y.shape)
    shape = (*map(int, y.shape[:-2]), 1, int(y.shape[-2]))
    rows = [
        reshape(reduce_sum(mul(back, conjugated(_moved(y, shift))), axes=(rank - 1,)), shape=shape)
        for shift in (-1, 0, 1)
    ]
    whole = concat(concat(rows[0], rows[1], axis=rank - 2), rows[2], axis=rank - 2)
    return [neg(whole), back]


def _tridiagonal_samples(rng: np.random.Generator) -> list[Sample]:
    found = []
    for batch, n, k in (((), 5, 2), ((2,), 3, 1)):
        diagonals = random(rng, *batch, 3, n)
        diagonals[..., 1, :] += 4
        found.append(Sample((diagonals, random(rng, *batch, n, k))))
    return found


tridiagonal_solve: Op = Op(
    "tridiagonal_solve",
    infer=_infer_tridiagonal,
    reference=refusing("tridiagonal_solve", _tridiagonal),
    grad=_grad_tridiagonal,
    emit=Host(),
    samples=_tridiagonal_samples,
    dtypes=DTYPES,
)
