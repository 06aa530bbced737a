"""``tf.test``: what was built in, and a TestCase."""

from __future__ import annotations

import unittest
from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor
from caudal.framework import nest
from caudal.namespaces import strict

__all__ = [
    "TestCase",
    "gpu_device_name",
    "is_built_with_cuda",
    "is_built_with_gpu_support",
    "is_built_with_rocm",
    "is_built_with_xla",
    "is_cpu_target_available",
    "is_gpu_available",
    "main",
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

    def assertShapeEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Fail unless two arrays or tensors have one shape."""
        self.assertEqual(tuple(a.shape), tuple(b.shape), msg)


__getattr__ = strict(__name__)
