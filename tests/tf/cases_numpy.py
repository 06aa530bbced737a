"""tf.experimental.numpy: values and dtypes, against golden_numpy.json."""

import numpy as np


def n(tf):
    return tf.experimental.numpy


F = np.array([[1.5, -2.0, 3.25], [0.5, 4.0, -1.0]], "float32")
I32 = np.array([[3, -1, 2], [0, 5, 4]], "int32")
B = np.array([[True, False, True], [False, False, True]])
P = np.array([[0.5, 2.0, 3.0], [1.5, 4.0, 0.25]], "float32")

CASES = [
    *[
        f"n(tf).{call}"
        for call in (
            "array([1, 2]);array(1.5);array([1, 2], dtype=n(tf).float32);ones(2);zeros((2,), int);"
            "arange(3);arange(3.0);arange(1, 7, 2);linspace(0, 1, 3);full((2,), 3);eye(2);"
            "identity(3);tri(3);zeros_like(I32);ones_like(F);full_like(F, 2);empty_like(I32).shape"
        ).split(";")
        if "empty" not in call
    ],
    *[
        f"n(tf).{name}({pair})"
        for name in "add subtract multiply maximum minimum less equal greater_equal".split()
        for pair in ("F, 1.5", "F, 1", "I32, 1", "I32, 1.5", "I32, F", "F, np.float64(2)")
    ],
    *[f"n(tf).{name}({x}, 2)" for name in ("power", "mod", "floor_divide") for x in ("F", "I32")],
    *[f"n(tf).{name}(I32, P)" for name in ("true_divide", "divide", "arctan2")],
    *[
        f"n(tf).{name}({x})"
        for name in "sum prod cumsum max min mean std var argmax argmin any all".split()
        for x in ("F", "I32", "F, 1", "I32, 0")
        if name not in ("any", "all") or "," not in x
    ],
    "n(tf).sum(B)",
    *[
        f"n(tf).{name}(P)"
        for name in "exp log sqrt sin tanh floor ceil square cbrt log2 expm1 sign abs".split()
    ],
    *[
        f"n(tf).{call}"
        for call in (
            "matmul(F, I32.T);dot(F[0], P[0]);concatenate([I32, F]);stack([I32, I32]);"
            "vstack([F, P]);hstack([F, I32]);where(B, I32, F);clip(F, -1, 1);clip(I32, 0, 3);"
            "isnan(F);expand_dims(I32, 0);squeeze(F[None]);transpose(F);reshape(I32, (3, 2));"
            "ravel(F);flip(F, 1);roll(F, 1, 0);tile(I32, (2, 1));repeat(F, 2, 1);outer(F[0], P[0]);"
            "tensordot(F, P.T, 1);einsum('ij,kj->ik', F, P);broadcast_to(F[0], (2, 3));"
            "moveaxis(F[None], 0, 2);swapaxes(F, 0, 1);diag(F[0]);tril(I32);triu(F);trace(I32);"
            "sort(F, 1);logical_and(B, True);logical_not(B);allclose(F, F);isclose(F, P);"
            "take(F, [2, 0], axis=1);array_equal(F, F);meshgrid([1.0, 2.0], [3.0, 4.0]);"
            "atleast_2d(1.5);count_nonzero(I32);diff(F);kron(F[0], P[0]);cross(F[0], P[0]);"
            "average(F);nansum(F);positive(F);hypot(F, P);divmod(I32, 3)"
        ).split(";")
    ],
]
GRADIENTS = [
    ("n(tf).sum(n(tf).sin(x) * n(tf).array(P), 1)", "F"),
    ("n(tf).matmul(x, P.T)", "F"),
]
