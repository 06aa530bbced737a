"""Sharing tensors with other array libraries through DLPack and the NumPy protocols."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import DTypeError
from caudal.framework.tensor import Tensor


def to_dlpack(tensor: Any) -> Any:
    """A DLPack capsule of a copy of the tensor."""
    return tensor.__dlpack__()


class _Capsule:
    """A bare capsule as the object that NumPy wants."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)


def from_dlpack(source: Any) -> Tensor:
    """A tensor of any object with ``__dlpack__`` (or a CPU capsule), copied.

    Raises:
        DTypeError: the object has no DLPack interface.
    """
    if not hasattr(source, "__dlpack__"):
        if type(source).__name__ != "PyCapsule":
            raise DTypeError(
                "from_dlpack: expected an object with __dlpack__, received {received}.",
                received=type(source).__name__,
            )
        source = _Capsule(source)
    return Tensor(np.from_dlpack(source).copy())
