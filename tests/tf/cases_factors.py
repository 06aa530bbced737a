"""Expressions over LU factors, roots, bands of diagonals; golden_factors.json has TensorFlow's."""

import numpy as np

rng = np.random.default_rng(29)
S = (rng.normal(size=(2, 4, 4)) + 3 * np.eye(4)).astype("float32").round(3)
P = (S @ S.transpose(0, 2, 1)).astype("float32")
C = (S + 1j * S[::-1] / 2).astype("complex64")
# A defective matrix, and one that turns: no eigenvectors, complex ones.
JORDAN = np.array([[4.0, 1.0, 0.0], [0.0, 4.0, 1.0], [0.0, 0.0, 4.0]])
TURN = np.array([[0.0, -2.0], [2.0, 1.0]])
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
D = rng.normal(size=(2, 3, 5)).astype("float32").round(2) + np.array([[0], [4], [0]], "float32")
R = rng.normal(size=(2, 5, 2)).astype("float32").round(2)
TURNED = R.transpose(0, 2, 1)
COMPLEX = (D * (1 + 2j)).astype("complex64")
PIVOTED = np.array([[1.0, 2.0, 9.0], [0.0, 0.0, 3.0], [9.0, 4.0, 5.0]], "float32")
DENSE = sum(np.diag(D[0, i, a:b], k) for i, a, b, k in ((0, 0, 4, 1), (1, 0, 5, 0), (2, 1, 5, -1)))
BAND = np.arange(1.0, 13.0, dtype="float32").reshape(3, 4)
M = np.arange(1.0, 25.0, dtype="float32").reshape(2, 3, 4)
_ALIGNS = ("RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT")

CASES = [
    "tf.linalg.lu(S)",
    "tf.linalg.lu(P[0], output_idx_type=tf.int64)",
    "tf.linalg.lu(C)",
    "tf.linalg.lu(np.float64(S))",
    "tf.linalg.lu_reconstruct(*tf.linalg.lu(S))",
    "tf.linalg.lu_reconstruct(*tf.linalg.lu(S[1]))",
    "tf.linalg.lu_solve(*tf.linalg.lu(S), R[:, :4])",
    "tf.linalg.lu_solve(*tf.linalg.lu(S[0]), R[0, :4], validate_args=True)",
    "tf.linalg.lu_matrix_inverse(*tf.linalg.lu(S))",
    "tf.linalg.sqrtm(P)",
    "tf.linalg.sqrtm(C)",
    "tf.linalg.sqrtm(JORDAN)",
    "tf.linalg.sqrtm(TURN)",
    "tf.linalg.sqrtm([[-1.0, 0.0], [0.0, 4.0]])[0, 0]",
    "tf.matrix_square_root(P)",
    "tf.linalg.logm(C)",
    "tf.linalg.logm(tf.cast(JORDAN, tf.complex128))",
    "tf.linalg.logm(tf.cast(TURN, tf.complex128))",
    "tf.linalg.tridiagonal_solve(tf.constant(D), tf.constant(R))",
    "tf.linalg.tridiagonal_solve(tf.constant(D), tf.constant(R[..., 0]))",
    "tf.linalg.tridiagonal_solve(tf.constant(COMPLEX), tf.constant(np.complex64(R)))",
    "tf.linalg.tridiagonal_solve(tf.constant(PIVOTED), tf.constant([1.0, 2.0, 3.0]))",
    "tf.linalg.tridiagonal_solve(tuple(tf.constant(D[0])), tf.constant(R[0]), 'sequence')",
    "tf.linalg.tridiagonal_solve(tf.constant(D), tf.constant(TURNED), transpose_rhs=True)",
    "tf.linalg.tridiagonal_solve(tf.constant(DENSE), tf.constant(R[0]), 'matrix')",
    "tf.linalg.tridiagonal_matmul(D, R)",
    "tf.linalg.tridiagonal_matmul((D[0, 0], D[0, 1], D[0, 2]), R[0], diagonals_format='sequence')",
    "tf.linalg.banded_triangular_solve(BAND, M[:, :1].transpose(0, 2, 1)[0])",
    "tf.linalg.banded_triangular_solve(BAND, M[0].T, adjoint=True)",
    "tf.linalg.banded_triangular_solve(BAND, M[0].T, lower=False)",
    "tf.linalg.eigh_tridiagonal([1.0, 2.0, 3.0, 5.0], [0.5, 0.2, 1.0])",
    "tf.linalg.eigh_tridiagonal([1.0, 2.0, 3.0], [0.5, 0.2], select='v', select_range=(1., 4.))",
    "tf.linalg.eigh_tridiagonal([1.0, 2.0, 3.0], [0.5, 0.2], select='i', select_range=(1, 2))",
    "tf.abs(tf.linalg.eigh_tridiagonal([1.0, 2.0, 3.0], [0.5, 0.2], eigvals_only=False)[1])",
    *[f"tf.linalg.diag(BAND, k=(-1, 1), align={a!r})" for a in _ALIGNS],
    *[f"tf.linalg.diag_part(M, k=(-1, 2), align={a!r}, padding_value=9.0)" for a in _ALIGNS],
    "tf.linalg.diag(BAND[:2], k=(0, 1), num_rows=4, num_cols=6, padding_value=7.0)",
    "tf.linalg.diag(BAND[:2], k=(-2, -1))",
    "tf.linalg.diag(BAND, k=1)",
    "tf.linalg.diag(BAND, k=-2, num_rows=7)",
    "tf.linalg.set_diag(M, M[:, :2, :3], k=(0, 1))",
    "tf.linalg.set_diag(M, M[:, 0, :3], k=1)",
]
GRADIENTS = [
    ("tf.linalg.sqrtm(x)", "P"),
    ("tf.linalg.tridiagonal_solve(x, tf.constant(R))", "D"),
    ("tf.linalg.tridiagonal_solve(tf.constant(D), x)", "R"),
    ("tf.linalg.tridiagonal_matmul(x, R)", "D"),
    ("tf.linalg.diag(x, k=(-1, 1))", "BAND"),
    ("tf.linalg.diag_part(x, k=(-1, 2))", "M"),
    ("tf.linalg.set_diag(x, M[:, :2, :3], k=(0, 1))", "M"),
    ("tf.linalg.banded_triangular_solve(x, M[0].T)", "BAND"),
]
