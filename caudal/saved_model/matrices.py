"""Products of matrices and their decompositions."""

from __future__ import annotations

from typing import Any

from caudal import linalg, ops
from caudal.array.arguments import static_int, static_ints
from caudal.saved_model.axes import einsum_equation
from caudal.saved_model.registry import plain, reads, writes


@reads("MatMul")
def _matmul(call: Any, a: Any, b: Any) -> Any:
    return linalg.matmul(
        a,
        b,
        transpose_a=bool(call.get("transpose_a", False)),
        transpose_b=bool(call.get("transpose_b", False)),
    )


@reads("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
def _batch_matmul(call: Any, a: Any, b: Any) -> Any:
    return linalg.matmul(
        a,
        b,
        adjoint_a=bool(call.get("adj_x", False)),
        adjoint_b=bool(call.get("adj_y", False)),
    )


@reads("Einsum")
def _einsum(call: Any, *inputs: Any) -> Any:
    return linalg.einsum(call.text("equation", ""), *inputs)


@writes("dot_general")
def _write_dot(w: Any, node: Any, x: Any, y: Any) -> Any:
    """A matrix product where it is one, an Einsum otherwise."""
    contract, batch = node.params["contract"], node.params["batch"]
    ranks = tuple(map(len, node.shapes))
    if ranks == (2, 2) and not batch[0] and len(contract[0]) == 1:
        (i,), (j,) = contract
        return w.node("MatMul", x, y, transpose_a=i == 0, transpose_b=j == 1)
    equation = einsum_equation(node.params, ranks)
    return w.node("Einsum", x, y, equation=equation, N=2)


# --- decompositions and solutions -------------------------------------------------------------


@reads("MatrixInverse")
def _inverse(call: Any, x: Any) -> Any:
    return linalg.inv(x, adjoint=bool(call.get("adjoint", False)))


plain("MatrixDeterminant", linalg.det)
plain("Cholesky", linalg.cholesky)
plain("MatrixExponential", linalg.expm)


@reads("LogMatrixDeterminant", outputs=("sign", "log_abs_determinant"))
def _log_determinant(call: Any, x: Any) -> Any:
    return tuple(linalg.slogdet(x))


@reads("MatrixSolve")
def _solve(call: Any, a: Any, b: Any) -> Any:
    return linalg.solve(a, b, adjoint=bool(call.get("adjoint", False)))


@reads("MatrixTriangularSolve")
def _triangular_solve(call: Any, a: Any, b: Any) -> Any:
    return linalg.triangular_solve(
        a, b, lower=bool(call.get("lower", True)), adjoint=bool(call.get("adjoint", False))
    )


@reads("SelfAdjointEigV2", outputs=("e", "v"))
def _eigh(call: Any, x: Any) -> Any:
    return tuple(linalg.eigh(x))


@reads("Qr", outputs=("q", "r"))
def _qr(call: Any, x: Any) -> Any:
    return tuple(linalg.qr(x, full_matrices=bool(call.get("full_matrices", False))))


@reads("Svd", outputs=("s", "u", "v"))
def _svd(call: Any, x: Any) -> Any:
    return tuple(linalg.svd(x, full_matrices=bool(call.get("full_matrices", False))))


for _ours, _theirs in {
    "inverse": "MatrixInverse",
    "determinant": "MatrixDeterminant",
    "cholesky": "Cholesky",
    "solve": "MatrixSolve",
}.items():
    writes(_ours)(lambda w, node, *inputs, theirs=_theirs: w.node(theirs, *inputs))


@writes("triangular_solve")
def _write_triangular_solve(w: Any, node: Any, a: Any, b: Any) -> Any:
    return w.node("MatrixTriangularSolve", a, b, lower=node.params["lower"])


@writes("log_determinant")
def _write_log_determinant(w: Any, node: Any, x: Any) -> Any:
    outputs = ("sign", "log_abs_determinant")
    sign, log = w.nodes("LogMatrixDeterminant", outputs, (x.dtype, x.dtype), x)
    return w.node("Pack", sign, log, N=2, axis=-1)


# --- bands and diagonals ----------------------------------------------------------------------


@reads("MatrixBandPart")
def _band_part(call: Any, x: Any, low: Any, high: Any) -> Any:
    return linalg.band_part(x, static_int(low, call.op), static_int(high, call.op))


@reads("MatrixDiag")
def _diag(call: Any, x: Any) -> Any:
    return linalg.diag(x)


@reads("MatrixDiagV2", "MatrixDiagV3")
def _diag_at(call: Any, x: Any, k: Any, rows: Any, columns: Any, padding: Any) -> Any:
    return linalg.diag(
        x,
        k=static_ints(k, call.op),
        num_rows=static_int(rows, call.op),
        num_cols=static_int(columns, call.op),
        padding_value=padding,
    )


@reads("MatrixDiagPart")
def _diag_part(call: Any, x: Any) -> Any:
    return linalg.diag_part(x)


@reads("MatrixDiagPartV2", "MatrixDiagPartV3")
def _diag_part_at(call: Any, x: Any, k: Any, padding: Any) -> Any:
    return linalg.diag_part(x, k=static_ints(k, call.op), padding_value=padding)


@reads("MatrixSetDiagV2", "MatrixSetDiagV3")
def _set_diag(call: Any, x: Any, diagonal: Any, k: Any) -> Any:
    return linalg.set_diag(x, diagonal, k=static_ints(k, call.op))


@reads("Cross")
def _cross(call: Any, a: Any, b: Any) -> Any:
    return linalg.cross(a, b)


@reads("FFT", "IFFT")
def _fft(call: Any, x: Any) -> Any:
    return ops.fft(x, inverse=call.op == "IFFT")


@writes("fft")
def _write_fft(w: Any, node: Any, x: Any) -> Any:
    return w.node("IFFT" if node.params["inverse"] else "FFT", x)
