"""Small programs that use every kind of kernel, and their data."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.ir import Node, Program, Type
from caudal.ir.dtypes import float32, int64, uint32
from caudal.ops.leaf import new_input, new_state

Array = np.ndarray[Any, Any]


def training_step(batch: int = 8) -> tuple[Program, list[Array], list[Array]]:
    """A convolutional step with pooling, random bits, a gather and in-place updates.

    Returns the program, its inputs and its initial states.
    """
    rng = np.random.default_rng(3)
    data = rng.normal(size=(3 * batch, 14, 14, 3)).astype("f")
    x = new_input(Type(float32, data.shape))
    order = new_input(Type(int64, (3 * batch,)))
    kernel = new_state(Type(float32, (3, 3, 3, 20)))
    dense = new_state(Type(float32, (980, 33)))
    bias = new_state(Type(float32, (33,)))
    cursor = new_state(Type(int64, ()))
    key = new_state(Type(uint32, (2,)))

    start = ops.reshape(cursor * batch, shape=(1,))
    rows = ops.gather(x, ops.dynamic_slice(order, start, sizes=(batch,)), axis=0)
    options = {"strides": (1, 1), "padding": ((1, 1), (1, 1))}
    plain = {"lhs_dilation": (1, 1), "rhs_dilation": (1, 1), "groups": 1}
    hidden = ops.maximum(ops.conv(rows, kernel, **options, **plain), 0.0)
    window = {"window": (1, 2, 2, 1), "strides": (1, 2, 2, 1), "padding": ((0, 0),) * 4}
    pooled = ops.window_max(hidden, **window)
    flat = ops.reshape(pooled, shape=(batch, 980))
    keep = ops.threefry(key, shape=(batch, 980)) < (1 << 31)
    flat = ops.select(keep, flat * 2.0, 0.0)
    product = {"contract": ((1,), (0,)), "batch": ((), ())}
    out = ops.tanh(ops.dot_general(flat, dense, **product) + bias)
    error = out * (1 - out * out)
    grad_dense = ops.dot_general(flat, error, contract=((0,), (0,)), batch=((), ()))
    back = ops.dot_general(error, dense, contract=((1,), (1,)), batch=((), ()))
    back = ops.reshape(ops.select(keep, back * 2.0, 0.0), shape=pooled.shape)
    back = _pool_gradient(hidden, pooled, back, window)
    back = ops.select(hidden > 0.0, back, 0.0)
    grad_kernel = ops.conv_weight_grad(rows, back, kernel_shape=(3, 3, 3, 20), **options, **plain)
    loss = ops.reduce_sum(out, axes=(0, 1))
    program = Program(
        (x, order),
        (kernel, dense, bias, cursor, key),
        (loss, ops.reduce_max(out, axes=(1,))),
        (
            (0, kernel - grad_kernel * 0.001),
            (1, dense - grad_dense * 0.001),
            (2, bias - ops.reduce_sum(error, axes=(0,)) * 0.001),
            (3, cursor + 1),
            (4, key + 1),
        ),
        "training",
    )
    states = [
        (rng.normal(size=(3, 3, 3, 20)) / 4).astype("f"),
        (rng.normal(size=(980, 33)) / 30).astype("f"),
        np.zeros(33, "f"),
        np.asarray(0, np.int64),
        np.array([5, 7], np.uint32),
    ]
    return program, [data, rng.permutation(3 * batch)], states


def _pool_gradient(x: Node, y: Node, g: Node, window: dict[str, Any]) -> Node:
    rule = ops.TABLE["window_max"].grad
    assert callable(rule)
    result: Node = rule(g, y, x, **window)[0]
    return result


def run(executable: Any, inputs: list[Array], states: list[Array], repeat: int = 3) -> list[Array]:
    """Outputs and final states of a run on copies."""
    states = [state.copy() for state in states]
    outputs: list[Array] = executable.run(inputs, states, repeat)
    return [*outputs, *states]
