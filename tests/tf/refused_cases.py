"""Wrong calls of the tf namespace: expression, TensorFlow's class of error, a part of the text."""

REFUSED = [
    ("tf.math.special.spence([1])", "TypeError", "spence: expected a float tensor"),
    ("tf.math.bessel_i0('a')", "TypeError", "bessel_i0"),
    ("tf.math.betainc([1.0, 2.0], [1.0, 2.0, 3.0], 0.5)", "InvalidArgumentError", "broadcast"),
    (
        "tf.math.betainc(tf.constant(1.0), tf.zeros(1, 'float64'), 0.5)",
        "TypeError",
        "one dtype",
    ),
    ("tf.math.sobol_sample(0, 3)", "InvalidArgumentError", "dim from 1 to 40"),
    ("tf.math.sobol_sample(2, 3, skip=-1)", "InvalidArgumentError", "skip"),
    ("tf.math.sobol_sample(2, 3, dtype=tf.int32)", "TypeError", "float32 or float64"),
    ("tf.math.approx_max_k([1.0, 2.0], 3)", "ValueError", "at least k=3"),
    ("tf.math.approx_max_k([1, 2], 1)", "TypeError", "float"),
    ("tf.math.approx_max_k([1.0, 2.0], 1, reduction_dimension=4)", "InvalidArgumentError", "axis"),
]
REFUSED += [
    ("tf.linalg.lu([[1.0, 2.0, 3.0]])", "InvalidArgumentError", "square"),
    ("tf.linalg.lu([[0.0, 0.0], [0.0, 0.0]])", "InvalidArgumentError", "not invertible"),
    ("tf.linalg.lu([[1.0]], output_idx_type=tf.float32)", "TypeError", "integer"),
    ("tf.linalg.lu_solve([[1.0]], [0], [1.0])", "ValueError", "rhs"),
    ("tf.linalg.lu_reconstruct(tf.eye(2), [0, 0], True)", "InvalidArgumentError", "each row once"),
    ("tf.linalg.lu_reconstruct(tf.eye(2), [0, 1, 2])", "ValueError", "integers perm"),
    ("tf.linalg.logm([[1.0]])", "TypeError", "complex64"),
    ("tf.linalg.sqrtm([1.0])", "ValueError", "at least 2 axes"),
    ("tf.linalg.sqrtm(tf.ones((2, 3)))", "ValueError", "square"),
    ("tf.linalg.tridiagonal_solve(tf.ones((2, 3)), tf.ones(3))", "ValueError", "3, n"),
    (
        "tf.linalg.tridiagonal_solve(tf.zeros((3, 3)), tf.ones(3))",
        "InvalidArgumentError",
        "singular",
    ),
    ("tf.linalg.tridiagonal_solve(tf.ones((3, 3)), tf.ones(4))", "ValueError", "right side"),
    ("tf.linalg.tridiagonal_matmul(tf.ones((3, 3)), tf.ones((4, 1)))", "ValueError", "rhs"),
    ("tf.linalg.tridiagonal_matmul(tf.eye(3), tf.eye(3), 'x')", "InvalidArgumentError", "compact"),
    ("tf.linalg.eigh_tridiagonal([1.0], [1.0])", "ValueError", "beta"),
    ("tf.linalg.eigh_tridiagonal([1.0, 2.0], [1.0], select='x')", "InvalidArgumentError", "select"),
    ("tf.linalg.banded_triangular_solve([[1.0], [2.0]], [[1.0]])", "ValueError", "bands"),
    ("tf.linalg.diag_part(tf.eye(3), k=(0, 3))", "InvalidArgumentError", "no diagonals"),
    ("tf.linalg.diag_part(tf.eye(3), k=(0, 1), align='UP')", "InvalidArgumentError", "align"),
    ("tf.linalg.diag(tf.ones((2, 3)), k=(0, 2))", "ValueError", "shape"),
]
