"""The product of the state with the recurrent kernel, differentiated for all steps at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal import ops
from caudal.framework import convert_to_tensor, custom_gradient
from caudal.keras.layers.recurrence import stack_time

Product = Callable[[Any], Any]


def matmul(x: Any, kernel: Any) -> Any:
    """The product over the last axis of ``x``."""
    last = len(x.shape) - 1
    return ops.dot_general(x, convert_to_tensor(kernel), contract=((last,), (0,)), batch=((), ()))


class RecurrentProduct:
    """``state @ kernel`` in each step of a run, added to something that `carry` has returned.

    The kernel's gradient is a sum over the steps of ``state_t^T @ g_t``. It is taken as one
    product over batch and time: the sums' gradients ``g_t`` are those of what they are added to,
    so that the gradient of `carry` knows them all.
    """

    def __init__(self, kernel: Any, go_backwards: bool) -> None:
        self._kernel = convert_to_tensor(kernel)
        self._go_backwards = go_backwards
        self._states: list[Any] = []

    def __call__(self, state: Any) -> Any:
        """The product, through which gradients go to the state only."""
        self._states.append(state)
        kernel = self._kernel

        @custom_gradient
        def product(state: Any) -> Any:
            return matmul(state, kernel), lambda g: ops.dot_general(
                g, kernel, contract=((1,), (1,)), batch=((), ())
            )

        return product(state)

    def carry(self, terms: Any) -> Any:
        """The same ``terms`` (batch, time, columns), which also bring the kernel its gradient."""

        @custom_gradient
        def carried(terms: Any, kernel: Any) -> Any:
            return terms, lambda g: (g, self._kernel_gradient(g))

        return carried(terms, self._kernel)

    def _kernel_gradient(self, g: Any) -> Any:
        states = self._states[::-1] if self._go_backwards else self._states
        return ops.dot_general(stack_time(states), g, contract=((0, 1), (0, 1)), batch=((), ()))
