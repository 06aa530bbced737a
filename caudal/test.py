"""``tf.test``: what was built in, and a TestCase."""

from __future__ import annotations

import functools
import unittest
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor
from caudal.errors import InvalidArgumentError
from caudal.framework import GradientTape, convert_to_tensor, nest
from caudal.namespaces import strict

__all__ = [
    "TestCase",
    "compute_gradient",
    "disable_with_predicate",
    "gpu_device_name",
    "is_built_with_cuda",
    "is_built_with_gpu_support",
    "is_built_with_rocm",
    "is_built_with_xla",
    "is_cpu_target_available",
    "is_gpu_available",
    "main",
    "with_eager_op_as_function",
]


def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: Any = None) -> bool:
    """False: programs run on the CPU."""
    return False


def gpu_device_name() -> str:
    """The empty string: there is no GPU."""
    return ""


def is_built_with_cuda() -> bool:
    """False."""
    return False


def is_built_with_rocm() -> bool:
    """False."""
    return False


def is_built_with_gpu_support() -> bool:
    """False."""
    return False


def is_built_with_xla() -> bool:
    """False: Caudal's compiler is its own."""
    return False


def is_cpu_target_available(target: str) -> bool:
    """Whether programs can be compiled for this machine."""
    import platform

    return target in (platform.machine(), platform.machine().replace("_", "-"))


def main(argv: Any = None) -> None:
    """Run the tests of the calling module."""
    unittest.main(argv=argv)


def compute_gradient(f: Callable[..., Any], x: Any, delta: Any = None) -> tuple[Any, Any]:
    """The Jacobians of ``f`` at ``x``: by a tape, and by central differences.

    Args:
        f: of as many tensors as ``x`` has, giving one tensor.
        x: a list of arrays or tensors.
        delta: the step of the differences, 1/1024 by default.

    Returns:
        (theoretical, numerical): for each argument an array [f's elements, argument's elements].

    >>> theoretical, numerical = compute_gradient(lambda x: x * x, [np.array([1.0, 2.0])])
    >>> theoretical[0].tolist()
    [[2.0, 0.0], [0.0, 4.0]]
    """
    if not isinstance(x, list | tuple):
        raise InvalidArgumentError(
            "compute_gradient: expected a list of arguments, received {kind}.",
            kind=type(x).__name__,
        )
    points = [as_tensor(one) for one in x]
    step = 1.0 / 1024 if delta is None else float(delta)
    with GradientTape(persistent=True) as tape:
        tape.watch(points)
        y = as_tensor(f(*points))
    theoretical, numerical = [], []
    for place, point in enumerate(points):
        known = tape.jacobian(y, point, unconnected_gradients="zero")
        shape = (int(np.prod(y.shape)), int(np.prod(point.shape)))
        theoretical.append(np.asarray(convert_to_tensor(known)).reshape(shape))
        rows = np.zeros(shape[::-1], np.asarray(y).dtype)
        for number in range(shape[1]):
            sides = []
            for sign in (1, -1):
                array = np.array(point.numpy())
                array.reshape(-1)[number] += sign * step
                moved = [*points[:place], as_tensor(array), *points[place + 1 :]]
                sides.append(np.asarray(f(*moved)).reshape(-1))
            rows[number] = (sides[0] - sides[1]) / (2 * step)
        numerical.append(rows.T)
    return tuple(theoretical), tuple(numerical)


def disable_with_predicate(
    pred: Callable[[], bool], skip_message: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorates a test that is skipped where ``pred()`` holds."""

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(test)
        def run(self: Any, *args: Any, **kwargs: Any) -> Any:
            if pred():
                self.skipTest(skip_message)
            return test(self, *args, **kwargs)

        return run

    return decorate


def with_eager_op_as_function(cls: Any = None, only_as_function: bool = False) -> Any:
    """The class itself: eager ops have one way to run."""
    return cls if cls is not None else lambda inner: inner


class TestCase(unittest.TestCase):
    """A unittest.TestCase that compares tensors."""

    # pytest must not collect the class itself.
    __test__ = True

    def evaluate(self, tensors: Any) -> Any:
        """The values of a structure of tensors."""
        return nest.map_structure(lambda leaf: as_tensor(leaf).numpy(), tensors)

    def assertAllClose(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None
    ) -> None:
        """Fail unless two structures of arrays or tensors are near each other."""
        for x, y in zip(nest.flatten(a), nest.flatten(b), strict=True):
            np.testing.assert_allclose(
                np.asarray(x), np.asarray(y), rtol=rtol, atol=atol, err_msg=msg or ""
            )

    def assertAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Fail unless two arrays or tensors are equal."""
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b), err_msg=msg or "")

    def assertNotAllClose(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None
    ) -> None:
        """Fail if two arrays or tensors are near each other."""
        near = np.allclose(np.asarray(a), np.asarray(b), rtol=rtol, atol=atol)
        self.assertFalse(near, msg or "The two values are close at all elements.")

    def assertNotAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Fail if two arrays or tensors are equal."""
        self.assertFalse(np.array_equal(np.asarray(a), np.asarray(b)), msg)

    def assertAllGreater(self, a: Any, comparison_target: Any) -> None:
        """Fail unless all elements are greater."""
        self.assertGreater(np.asarray(a).min(), comparison_target)

    def assertAllLess(self, a: Any, comparison_target: Any) -> None:
        """Fail unless all elements are less."""
        self.assertLess(np.asarray(a).max(), comparison_target)

    def assertAllInRange(
        self,
        target: Any,
        lower_bound: float,
        upper_bound: float,
        open_lower_bound: bool = False,
        open_upper_bound: bool = False,
    ) -> None:
        """Fail unless all elements are between the bounds (or above and below open ones)."""
        x = np.asarray(target)
        low = x > lower_bound if open_lower_bound else x >= lower_bound
        high = x < upper_bound if open_upper_bound else x <= upper_bound
        self.assertTrue((low & high).all(), "an element is out of range")

    def assertAllInSet(self, target: Any, expected_set: Any) -> None:
        """Fail unless all elements are in the set."""
        self.assertTrue(np.isin(np.asarray(target), list(expected_set)).all())

    def assertNear(self, f1: Any, f2: Any, err: float, msg: str | None = None) -> None:
        """Fail unless two numbers are within ``err``."""
        self.assertLessEqual(abs(float(f1) - float(f2)), err, msg)

    def assertShapeEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Fail unless two arrays or tensors have one shape."""
        self.assertEqual(tuple(a.shape), tuple(b.shape), msg)


__getattr__ = strict(__name__)
