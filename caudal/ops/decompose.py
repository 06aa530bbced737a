"""Decompositions of matrices: Cholesky, eigenvalues, QR, singular values (see linear.py)."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.ir.dtypes import complex64, complex128, float32, float64
from caudal.ir.types import Type
from caudal.ops.binary import div, mul, sub
from caudal.ops.infer import require_count
from caudal.ops.linear import (
    DTYPES,
    Shapes,
    adjoint,
    column,
    lower,
    masked,
    matrices,
    pack,
    packed_type,
    parts,
    product,
    random,
    refusing,
    regular,
    row,
    same,
    triangular_solve,
)
from caudal.ops.record import NOT_DIFFERENTIABLE, Host, Op, Sample


def _positive(rng: np.random.Generator) -> list[Sample]:
    found = []
    for shape in ((3, 3), (2, 4, 4)):
        x = random(rng, *shape)
        whole = x @ np.swapaxes(x, -1, -2) + np.eye(shape[-1])
        # Only the lower triangle is read, while the gradient is that of symmetric changes.
        found.append(Sample((whole,), differentiable=False))
    return found


def _grad_cholesky(g: Any, y: Any, x: Any) -> list[Any]:
    inner = lower(product(adjoint(y), g), half=True)
    back = adjoint(y)
    left = triangular_solve(back, inner, lower=False)
    whole = adjoint(triangular_solve(back, adjoint(left), lower=False))
    return [masked(whole + adjoint(whole), np.asarray(0.5))]


cholesky = Op(
    "cholesky",
    infer=same("cholesky"),
    reference=refusing("cholesky", np.linalg.cholesky),
    grad=_grad_cholesky,
    emit=Host(),
    samples=_positive,
    dtypes=DTYPES,
)


def eigen_shapes(size: int) -> Shapes:
    """Of the values and the vectors."""
    return (size,), (size, size)


def _infer_eigh(*kinds: Type) -> Type:
    require_count("eigh", kinds, 1)
    matrices("eigh", *kinds)
    return packed_type(kinds[0], eigen_shapes(kinds[0].shape[-1]))


def _differences(values: Any) -> Any:
    """1 / (v[j] - v[i]), with zeros on the diagonal."""
    n = int(values.shape[-1])
    gaps = sub(row(values), column(values))
    ones = np.ones((), getattr(values.dtype, "np_dtype", values.dtype))
    identity = np.asarray(np.eye(n), ones.dtype)
    return masked(div(ones, gaps + identity), 1 - np.eye(n))


def _grad_eigh(g: Any, y: Any, x: Any) -> list[Any]:
    shapes = eigen_shapes(int(x.shape[-1]))
    values, vectors = parts(y, shapes)
    of_values, of_vectors = parts(g, shapes)
    inner = mul(_differences(values), product(adjoint(vectors), of_vectors))
    inner = inner + mul(
        column(of_values), np.asarray(np.eye(int(values.shape[-1])), _numpy(values))
    )
    whole = product(vectors, product(inner, adjoint(vectors)))
    # The lower triangle alone is read.
    return [lower(whole + adjoint(whole), half=True)]


def _numpy(x: Any) -> Any:
    return getattr(x.dtype, "np_dtype", x.dtype)


eigh = Op(
    "eigh",
    infer=_infer_eigh,
    reference=refusing("eigh", lambda x: pack(x, np.linalg.eigh(x))),
    grad=_grad_eigh,
    emit=Host(),
    samples=_positive,
    dtypes=(float32, float64),
)


def qr_shapes(rows: int, columns: int, full: bool) -> Shapes:
    """Of q and r."""
    inner = rows if full else min(rows, columns)
    return (rows, inner), (inner, columns)


def _infer_qr(*kinds: Type, full: bool) -> Type:
    require_count("qr", kinds, 1)
    matrices("qr", *kinds, square=False)
    rows, columns = kinds[0].shape[-2:]
    return packed_type(kinds[0], qr_shapes(rows, columns, full))


def _grad_qr(g: Any, y: Any, x: Any, full: bool) -> list[Any]:
    _refuse_complex("qr", x)
    rows, columns = (int(n) for n in x.shape[-2:])
    if rows < columns or (full and rows != columns):
        raise InvalidArgumentError(
            "qr: the gradient needs at least as many rows as columns, and full_matrices=False, "
            "received shape {shape}.",
            shape=tuple(x.shape),
        )
    shapes = qr_shapes(rows, columns, full)
    (q, r), (of_q, of_r) = parts(y, shapes), parts(g, shapes)
    # Liao et al. (2019): the lower triangle, mirrored.
    upper = masked(of_r, np.tri(columns).T)
    inner = product(r, adjoint(upper)) - product(adjoint(of_q), q)
    mirrored = lower(inner) + adjoint(masked(inner, np.tri(columns, k=-1)))
    whole = of_q + product(q, mirrored)
    return [adjoint(triangular_solve(r, adjoint(whole), lower=False))]


qr = Op(
    "qr",
    infer=_infer_qr,
    reference=refusing(
        "qr",
        lambda x, full: pack(x, np.linalg.qr(x, "complete" if full else "reduced")),
    ),
    grad=_grad_qr,
    emit=Host(),
    samples=lambda rng: [
        Sample((random(rng, 4, 3),), {"full": False}),
        Sample((random(rng, 2, 3, 3),), {"full": True}),
        Sample((random(rng, 2, 4),), {"full": False}, differentiable=False),
    ],
    dtypes=(float32, float64),
)


def svd_shapes(rows: int, columns: int, full: bool) -> Shapes:
    """Of the singular values, u and v."""
    inner = min(rows, columns)
    return (inner,), (rows, rows if full else inner), (columns, columns if full else inner)


def _infer_svd(*kinds: Type, full: bool) -> Type:
    require_count("svd", kinds, 1)
    matrices("svd", *kinds, square=False)
    rows, columns = kinds[0].shape[-2:]
    return packed_type(kinds[0], svd_shapes(rows, columns, full))


def _svd(x: Any, full: bool) -> Any:
    u, s, vh = np.linalg.svd(x, full_matrices=full)
    return pack(x, (s, u, np.conj(np.swapaxes(vh, -1, -2))))


def _refuse_complex(op: str, x: Any) -> None:
    """The formulas below fix the vectors' phases only for real matrices."""
    if _numpy(x).kind == "c":
        raise UnimplementedError(
            "{op}: the gradient needs real matrices, received {dtype}.", op=op, dtype=_numpy(x).name
        )


def _grad_svd(g: Any, y: Any, x: Any, full: bool) -> list[Any]:
    _refuse_complex("svd", x)
    rows, columns = (int(n) for n in x.shape[-2:])
    if full and rows != columns:
        raise InvalidArgumentError(
            "svd: the gradient needs full_matrices=False, received shape {shape}.",
            shape=tuple(x.shape),
        )
    shapes = svd_shapes(rows, columns, full)
    s, u, v = parts(y, shapes)
    of_s, of_u, of_v = parts(g, shapes)
    gaps = _differences(mul(s, s))
    left, right = product(adjoint(u), of_u), product(adjoint(v), of_v)
    inner = mul(mul(gaps, left - adjoint(left)), row(s))
    inner = inner + mul(mul(gaps, right - adjoint(right)), column(s))
    inner = inner + mul(column(of_s), np.asarray(np.eye(int(s.shape[-1])), _numpy(s)))
    whole = product(u, product(inner, adjoint(v)))
    over = row(s)
    if rows > columns:
        rest = div(of_u - product(u, left), over)
        whole = whole + product(rest, adjoint(v))
    if columns > rows:
        rest = div(of_v - product(v, right), over)
        whole = whole + product(u, adjoint(rest))
    return [whole]


svd = Op(
    "svd",
    infer=_infer_svd,
    reference=refusing("svd", _svd),
    grad=_grad_svd,
    emit=Host(),
    samples=lambda rng: [
        Sample((random(rng, 4, 3),), {"full": False}),
        Sample((random(rng, 2, 2, 3),), {"full": False}),
        Sample((random(rng, 3, 3),), {"full": True}),
        Sample((random(rng, 2, 4),), {"full": True}, differentiable=False),
    ],
    dtypes=(float32, float64),
)


def _infer_eig(*kinds: Type) -> Type:
    require_count("eig", kinds, 1)
    matrices("eig", *kinds)
    (kind,) = kinds
    wide = complex128 if kind.dtype.name in ("float64", "complex128") else complex64
    return packed_type(Type(wide, kind.shape), eigen_shapes(kind.shape[-1]))


def _eig(x: Any) -> Any:
    wide = np.complex128 if x.dtype.itemsize // (1 + np.iscomplexobj(x)) == 8 else np.complex64
    return pack(x, np.linalg.eig(x)).astype(wide)


eig = Op(
    "eig",
    infer=_infer_eig,
    reference=refusing("eig", _eig),
    grad=NOT_DIFFERENTIABLE,
    emit=Host(),
    samples=lambda rng: [Sample((regular(rng, 3, 3),)), Sample((random(rng, 2, 2, 2),))],
    dtypes=DTYPES,
)
