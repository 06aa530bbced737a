"""Matrices decomposed and inverted, by LAPACK through NumPy: inverse, determinant, solve.

All take ``[..., rows, columns]``. Gradients: Giles (2008), Murray (2016) for Cholesky, Townsend
(2016) for the SVD. A matrix that has no decomposition raises InvalidArgumentError.

A decomposition has several results, while a program's values are single arrays: the parts stand one
after another in the last axis, and `parts` takes them apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError, ShapeError
from caudal.ir.dtypes import complex64, complex128, float32, float64
from caudal.ir.types import Type
from caudal.ops.binary import mul
from caudal.ops.contract import dot_general
from caudal.ops.infer import require_count, require_dtype, require_same_dtype
from caudal.ops.movement import broadcast_to, concat, reshape, slice_, transpose
from caudal.ops.record import Host, Op, Sample
from caudal.ops.unary import conj, neg

DTYPES = (float32, float64, complex64, complex128)


def matrices(op: str, *kinds: Type, square: bool = True) -> None:
    """Refuse anything but (square) matrices of one dtype that LAPACK knows."""
    require_count(op, kinds, len(kinds))
    require_same_dtype(op, kinds)
    for kind in kinds:
        require_dtype(op, kind, DTYPES)
    shape = kinds[0].shape
    if len(shape) < 2 or (square and shape[-1] != shape[-2]):
        raise ShapeError(
            "{op}: expected {what} in the last two axes, received shape {received}.",
            op=op,
            what="a square matrix" if square else "a matrix",
            received=shape,
        )


def refusing(op: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A reference whose failures are ours: singular, not positive definite, not converged."""

    def reference(xp: Any, *arrays: Any, **params: Any) -> Any:
        try:
            return function(*arrays, **params)
        except np.linalg.LinAlgError as error:
            raise InvalidArgumentError(
                "{op}: the decomposition failed: {reason}. The input might not be valid.",
                op=op,
                reason=str(error),
            ) from error

    return reference


# --- matrices as ops -----------------------------------------------------------------------------


def product(x: Any, y: Any) -> Any:
    """The matrix products of two batches of one shape."""
    rank = len(x.shape)
    batch = tuple(range(rank - 2))
    return dot_general(x, y, contract=((rank - 1,), (rank - 2,)), batch=(batch, batch))


def adjoint(x: Any) -> Any:
    """Transposed, and conjugate where it is complex."""
    rank = len(x.shape)
    turned = transpose(x, perm=(*range(rank - 2), rank - 1, rank - 2))
    return conj(turned) if x.dtype.kind in ("complex", "c") else turned


def masked(x: Any, mask: np.ndarray[Any, Any]) -> Any:
    """Times a constant matrix."""
    return mul(x, np.asarray(mask, getattr(x.dtype, "np_dtype", x.dtype)))


def lower(x: Any, half: bool = False) -> Any:
    """The lower triangle; ``half`` halves the diagonal."""
    rows, columns = (int(n) for n in x.shape[-2:])
    mask = np.tri(rows, columns)
    return masked(x, mask - np.eye(rows, columns) / 2 if half else mask)


def column(x: Any) -> Any:
    """A vector as a matrix of one column."""
    return reshape(x, shape=(*map(int, x.shape), 1))


def row(x: Any) -> Any:
    """A vector as a matrix of one row."""
    shape = tuple(map(int, x.shape))
    return reshape(x, shape=(*shape[:-1], 1, shape[-1]))


def random(rng: np.random.Generator, *shape: int) -> np.ndarray[Any, Any]:
    """Normal numbers, for samples."""
    return rng.normal(size=shape)


def regular(rng: np.random.Generator, *shape: int) -> np.ndarray[Any, Any]:
    """Matrices far from singular, for samples."""
    return np.asarray(random(rng, *shape) + 3 * np.eye(shape[-1]))


def _square_samples(rng: np.random.Generator) -> list[Sample]:
    return [Sample((regular(rng, 3, 3),)), Sample((regular(rng, 2, 4, 4),))]


# --- several results in one array --------------------------------

Shapes = tuple[tuple[int, ...], ...]


def parts(x: Any, shapes: Shapes) -> list[Any]:
    """The parts of a packed result; ``shapes`` without the batch axes."""
    batch = [int(n) for n in x.shape[:-1]]
    found, at = [], 0
    for shape in shapes:
        size = math.prod(shape)
        begin, end = (0,) * len(batch) + (at,), (*batch, at + size)
        piece = slice_(x, begin=begin, end=end, strides=(1,) * (len(batch) + 1))
        found.append(reshape(piece, shape=(*batch, *shape)))
        at += size
    return found


def packed_type(kind: Type, shapes: Shapes) -> Type:
    """The type of several results in one array."""
    return Type(kind.dtype, (*kind.shape[:-2], sum(map(math.prod, shapes))))


def pack(x: Any, results: Any) -> Any:
    """Results one after another, batch by batch."""
    batch = x.shape[:-2]
    sizes = [math.prod(np.shape(part)[len(batch) :]) for part in results]
    flat = [np.reshape(part, (*batch, size)) for part, size in zip(results, sizes, strict=True)]
    return np.concatenate(flat, -1)


# --- inverse, determinant, solutions --------------------------------------------------------------


def same(op: str) -> Callable[..., Type]:
    """The type rule of an op from square matrices to square matrices."""

    def infer(*kinds: Type) -> Type:
        require_count(op, kinds, 1)
        matrices(op, *kinds)
        return kinds[0]

    return infer


inverse = Op(
    "inverse",
    infer=same("inverse"),
    reference=refusing("inverse", np.linalg.inv),
    grad=lambda g, y, x: [neg(product(adjoint(y), product(g, adjoint(y))))],
    emit=Host(),
    samples=_square_samples,
    dtypes=DTYPES,
)


SIGN_AND_LOG: Shapes = ((), ())


def _infer_slogdet(*kinds: Type) -> Type:
    require_count("log_determinant", kinds, 1)
    matrices("log_determinant", *kinds)
    return packed_type(kinds[0], SIGN_AND_LOG)


def _grad_slogdet(g: Any, y: Any, x: Any) -> list[Any]:
    flow = column(column(parts(g, SIGN_AND_LOG)[1]))
    return [mul(broadcast_to(flow, shape=tuple(map(int, x.shape))), adjoint(inverse(x)))]


log_determinant = Op(
    "log_determinant",
    infer=_infer_slogdet,
    reference=refusing("log_determinant", lambda x: pack(x, np.linalg.slogdet(x))),
    grad=_grad_slogdet,
    emit=Host(),
    samples=_square_samples,
    dtypes=(float32, float64),
)


def _infer_det(*kinds: Type) -> Type:
    require_count("determinant", kinds, 1)
    matrices("determinant", *kinds)
    return Type(kinds[0].dtype, kinds[0].shape[:-2])


def _grad_det(g: Any, y: Any, x: Any) -> list[Any]:
    flow = column(column(mul(g, conj(y) if y.dtype.kind in ("complex", "c") else y)))
    return [mul(broadcast_to(flow, shape=tuple(map(int, x.shape))), adjoint(inverse(x)))]


determinant = Op(
    "determinant",
    infer=_infer_det,
    reference=refusing("determinant", np.linalg.det),
    grad=_grad_det,
    emit=Host(),
    samples=_square_samples,
    dtypes=DTYPES,
)


def _infer_solve(*kinds: Type, **_: Any) -> Type:
    require_count("solve", kinds, 2)
    matrices("solve", *kinds)
    a, b = kinds
    if len(b.shape) < 2 or a.shape[:-2] != b.shape[:-2] or a.shape[-1] != b.shape[-2]:
        raise ShapeError(
            "solve: expected a matrix [..., n, n] and a right side [..., n, k], received shapes "
            "{first} and {second}.",
            first=a.shape,
            second=b.shape,
        )
    return b


def _grad_solve(g: Any, y: Any, a: Any, b: Any) -> list[Any]:
    back = solve(adjoint(a), g)
    return [neg(product(back, adjoint(y))), back]


solve: Op = Op(
    "solve",
    infer=_infer_solve,
    reference=refusing("solve", np.linalg.solve),
    grad=_grad_solve,
    emit=Host(),
    samples=lambda rng: [
        Sample((regular(rng, 3, 3), random(rng, 3, 2))),
        Sample((regular(rng, 2, 4, 4), random(rng, 2, 4, 1))),
    ],
    dtypes=DTYPES,
)


def _triangle(x: Any, lower: bool) -> Any:
    return np.tril(x) if lower else np.triu(x)


def _grad_triangular(g: Any, y: Any, a: Any, b: Any, lower: bool) -> list[Any]:
    back = triangular_solve(adjoint(a), g, lower=not lower)
    n = int(a.shape[-1])
    mask = np.tri(n) if lower else np.tri(n).T
    return [masked(neg(product(back, adjoint(y))), mask), back]


triangular_solve: Op = Op(
    "triangular_solve",
    infer=_infer_solve,
    reference=refusing(
        "triangular_solve", lambda a, b, lower: np.linalg.solve(_triangle(a, lower), b)
    ),
    grad=_grad_triangular,
    emit=Host(),
    samples=lambda rng: [
        Sample((regular(rng, 3, 3), random(rng, 3, 2)), {"lower": True}),
        Sample((regular(rng, 2, 4, 4), random(rng, 2, 4, 1)), {"lower": False}),
    ],
    dtypes=DTYPES,
)


# --- the exponential ------------------------------------------------------------------------------

# The coefficients of the [13/13] Padé approximant: Higham (2005), table 2.3's theta is 5.37.
_PADE = (
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0,
    129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0,
    960960.0, 16380.0, 182.0, 1.0,
)  # fmt: skip


def _expm(x: Any) -> Any:
    """Scaling and squaring (Higham 2005), in double precision."""
    wide = x.astype(np.complex128 if np.iscomplexobj(x) else np.float64)
    if not wide.size:
        return x
    size = np.abs(wide).sum(-2).max(-1)
    if not np.isfinite(size).all():
        return np.full_like(x, np.nan)
    steps = int(max(0, np.ceil(np.log2(max(float(size.max()), 1e-300) / 5.37))))
    a = wide / 2.0**steps
    identity = np.broadcast_to(np.eye(x.shape[-1]), a.shape)
    square = a @ a
    power, odd, even = identity, np.zeros_like(a), np.zeros_like(a)
    for k in range(0, 14, 2):
        even = even + _PADE[k] * power
        odd = odd + _PADE[k + 1] * power
        power = power @ square
    odd = a @ odd
    found = np.linalg.solve(even - odd, even + odd)
    for _ in range(steps):
        found = found @ found
    return found.astype(x.dtype)


def _grad_expm(g: Any, y: Any, x: Any) -> list[Any]:
    """The corner of exp([[X^H, G], [0, X^H]]) (Van Loan 1978)."""
    turned = adjoint(x)
    last = len(x.shape) - 1
    zero = masked(g, np.asarray(0.0))
    block = concat(concat(turned, g, axis=last), concat(zero, turned, axis=last), axis=last - 1)
    n = int(x.shape[-1])
    lead = tuple(map(int, x.shape[:-2]))
    begin, end = (0,) * len(lead) + (0, n), (*lead, n, 2 * n)
    return [slice_(matrix_exp(block), begin=begin, end=end, strides=(1,) * (last + 1))]


matrix_exp: Op = Op(
    "matrix_exp",
    infer=same("matrix_exp"),
    reference=refusing("matrix_exp", _expm),
    grad=_grad_expm,
    emit=Host(),
    samples=_square_samples,
    dtypes=DTYPES,
)
