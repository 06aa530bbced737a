"""Every linear operator and what it can be asked, for golden_operators.json."""

import numpy as np

rng = np.random.default_rng(31)


def _f(*shape):
    return rng.normal(size=shape).astype("float32").round(2)


A = _f(3, 3) + 3 * np.eye(3, dtype="float32")
BATCH = _f(2, 3, 3) + 3 * np.eye(3, dtype="float32")
WHOLE = (A @ A.T).astype("float32")
TALL = _f(4, 3)
D = np.abs(_f(2, 3)) + np.float32(0.5)
Z = (_f(3) + 1j * _f(3)).astype("complex64")
V, W, U3 = _f(3), _f(3), _f(3, 2)
X, X6, X5, X4 = _f(3, 2), _f(6, 2), _f(5, 2), _f(4, 2)
SPECTRUM = np.array([5.0, 1.0, 1.0], "float32")
SPECTRUM2 = (np.fft.fft2(_f(2, 2)) + 4).astype("complex64")
SPECTRUM3 = np.abs(_f(2, 1, 2)) + np.float32(1.0)
DIAGONALS = np.stack([V, np.abs(W) + 3, _f(3)]).astype("float32")

_L = "tf.linalg.LinearOperator"
_CG = "tf.linalg.experimental.conjugate_gradient"
_FULL = f"{_L}FullMatrix(A)"
_SMALL = f"{_L}FullMatrix(A[:2, :2])"
_WIDE = ("to_dense()", "diag_part()", "trace()")
_SQUARE = (*_WIDE, "determinant()", "log_abs_determinant()", "inverse().to_dense()")
_POSITIVE = "is_positive_definite=True, is_self_adjoint=True"
# The operator, an argument with rows for it, and what both frameworks can answer.
OPERATORS = [
    (_FULL, "X", _SQUARE),
    (f"{_L}FullMatrix(BATCH)", "X", _SQUARE),
    (f"{_L}FullMatrix(WHOLE, {_POSITIVE})", "X", (*_SQUARE, "cholesky().to_dense()", "eigvals()")),
    (f"{_L}FullMatrix(TALL)", "X", ("to_dense()",)),
    (f"{_L}Diag(D)", "X", (*_SQUARE, "eigvals()", "cond()", "add_to_tensor(BATCH)")),
    (f"{_L}Diag(D, is_positive_definite=True)", "X", ("cholesky().to_dense()",)),
    (f"{_L}Diag(Z)", "tf.cast(X, tf.complex64)", _SQUARE[:4]),
    (f"{_L}Identity(3)", "X", (*_SQUARE, "eigvals()", "cond()", "cholesky().to_dense()")),
    (f"{_L}Identity(3, batch_shape=[2])", "X", (*_SQUARE, "add_to_tensor(BATCH)")),
    (f"{_L}ScaledIdentity(3, D[:, 0])", "X", (*_SQUARE, "eigvals()", "cond()")),
    (f"{_L}Zeros(3, dtype=tf.float32)", "X", (*_WIDE, "determinant()")),
    (f"{_L}LowerTriangular(A)", "X", _SQUARE),
    (f"{_L}Kronecker([{_SMALL}, {_L}Diag(D)])", "X6", _SQUARE),
    (f"{_L}BlockDiag([{_SMALL}, {_L}Diag(D)])", "X5", _SQUARE),
    (f"{_L}BlockLowerTriangular([[{_SMALL}], [{_L}FullMatrix(U3), {_FULL}]])", "X5", _SQUARE),
    (f"{_L}Composition([{_FULL}, {_L}Diag(D)])", "X", _SQUARE),
    (f"{_L}Inversion({_FULL})", "X", _SQUARE[:5]),
    (f"{_L}Adjoint({_FULL})", "X", _SQUARE),
    (f"{_L}Circulant(SPECTRUM, input_output_dtype=tf.float32)", "X", (*_SQUARE, "eigvals()")),
    (f"{_L}Circulant(Z)", "tf.cast(X, tf.complex64)", (*_WIDE, "convolution_kernel()")),
    (f"{_L}Circulant2D(SPECTRUM2)", "tf.cast(X4, tf.complex64)", (*_WIDE, "block_shape_tensor()")),
    (f"{_L}Circulant3D(SPECTRUM3)", "tf.cast(X4, tf.complex64)", _WIDE),
    (f"{_L}Householder(V)", "X", (*_SQUARE, "cond()")),
    (f"{_L}LowRankUpdate({_FULL}, U3)", "X", _SQUARE),
    (f"{_L}LowRankUpdate({_L}Diag(D), U3, diag_update=W[:2], v=TALL[:3, :2])", "X", _SQUARE),
    (f"{_L}Permutation([2, 0, 1])", "X", _SQUARE),
    (f"{_L}Toeplitz(V, np.concatenate([V[:1], W[1:]]))", "X", _SQUARE[:3]),
    (f"{_L}Tridiag(DIAGONALS)", "X", _SQUARE[:5]),
    (f"{_L}Tridiag(DIAGONALS, 'compact').adjoint()", "X", ("to_dense()",)),
]
CASES = []
for _operator, _x, _asked in OPERATORS:
    CASES += [f"{_operator}.{question}" for question in _asked]
    CASES += [f"{_operator}.matmul({_x})", f"{_operator}.shape_tensor()"]
    _right = "X4" if "TALL)" in _operator else _x
    CASES.append(f"{_operator}.matmul({_right}, adjoint=True)")
    CASES.append(f"{_operator}.matvec(({_x})[:, 0])")
    CASES.append(f"{_operator}.matmul(tf.linalg.adjoint({_x}), adjoint_arg=True)")
    if "Zeros" not in _operator and "TALL)" not in _operator:
        CASES.append(f"{_operator}.solve({_x})")
        CASES.append(f"{_operator}.solve({_x}, adjoint=True)")
        CASES.append(f"{_operator}.solvevec(({_x})[:, 1])")
CASES += [
    f"{_FULL}.matmul({_L}Diag(D)).to_dense()",
    f"({_L}Diag(D) @ {_L}Diag(V)).to_dense()",
    f"{_FULL}.solve({_L}Identity(3)).to_dense()",
    f"{_FULL}.H.to_dense()",
    f"{_FULL}.cond()",
    f"{_CG}({_L}FullMatrix(WHOLE, {_POSITIVE}), tf.constant(V)).x",
    f"{_CG}({_L}Diag(D, {_POSITIVE}), tf.constant(D), tol=1e-3)",
]
GRADIENTS = [
    (f"{_L}FullMatrix(x).solve(X)", "A"),
    (f"{_L}Diag(x).solve(X)", "D"),
    (f"{_L}LowerTriangular(x).log_abs_determinant()[None]", "A"),
    (f"{_L}Kronecker([{_SMALL}, {_L}Diag(x)]).matmul(X6)", "D"),
    (f"{_L}LowRankUpdate({_FULL}, x).solve(X)", "U3"),
    (f"{_L}Toeplitz(x, V).matmul(X)", "V"),
    (f"{_L}Tridiag(x).matmul(X)", "DIAGONALS"),
]
