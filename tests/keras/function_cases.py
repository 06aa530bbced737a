"""Networks of keras.ops and operators, for Keras (the recorder) and for Caudal (the test)."""

import numpy as np

X = np.linspace(-2, 2, 24).reshape(2, 3, 4).astype("float32")
Y = X[::-1].copy()


def cases(ops):
    """{name: function of two symbolic tensors of shape (None, 3, 4)}."""
    return {
        "add": lambda x, y: x + y + 1,
        "reflected": lambda x, y: (1 - x) / 2.0,
        "power": lambda x, y: abs(-(x**2)),
        "integer_division": lambda x, y: x // 2 + x % 2,
        "slices": lambda x, y: x[:, 1:, None] + 0.0 * x[:, 0][:, None, None],
        "matmul": lambda x, y: x @ ops.transpose(y, (0, 2, 1)),
        "einsum": lambda x, y: ops.einsum("bij,bkj->bik", x, y),
        "mean": lambda x, y: ops.mean(x, axis=1) + ops.sum(y, 1, True)[:, 0],
        "reshape": lambda x, y: ops.reshape(x, (-1, 12)),
        "join": lambda x, y: ops.concatenate([x, y], axis=-1),
        "stack": lambda x, y: ops.squeeze(ops.stack([x, y], 1)[:, :1], 1),
        "network": lambda x, y: ops.softmax(ops.relu(x)) + ops.gelu(y),
        "select": lambda x, y: ops.where(x > 0, ops.clip(x, 0, 1), y),
        "split": lambda x, y: ops.split(x, 3, axis=1)[1],
        "take": lambda x, y: ops.take(x, [0, 1], axis=1) * ops.tile(y, (1, 1, 1))[:, :2],
        "one_hot": lambda x, y: ops.one_hot(ops.argmax(x, axis=-1), 4),
        "pad": lambda x, y: ops.pad(x, [[0, 0], [1, 1], [0, 0]]),
        "norm": lambda x, y: ops.norm(x, axis=-1),
    }
