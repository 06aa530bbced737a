"""``tf.linalg``: products, norms, diagonals. Decompositions are not there yet."""

from caudal.linalg.matrices import (
    adjoint,
    band_part,
    cross,
    diag,
    diag_part,
    einsum,
    eye,
    global_norm,
    l2_normalize,
    matmul,
    matrix_transpose,
    matvec,
    norm,
    normalize,
    set_diag,
    tensor_diag,
    tensor_diag_part,
    tensordot,
    trace,
)
from caudal.namespaces import strict

__all__ = [
    "adjoint",
    "band_part",
    "cross",
    "diag",
    "diag_part",
    "einsum",
    "eye",
    "global_norm",
    "l2_normalize",
    "matmul",
    "matrix_transpose",
    "matvec",
    "norm",
    "normalize",
    "set_diag",
    "tensor_diag",
    "tensor_diag_part",
    "tensordot",
    "trace",
]

__getattr__ = strict(__name__)
