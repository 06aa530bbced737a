"""The type of a value: a dtype and a fully known shape."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from caudal.ir.dtypes import DType


@dataclass(frozen=True)
class Type:
    """A dtype with a shape whose every extent is known.

    >>> from caudal.ir.dtypes import float32
    >>> Type(float32, (2, 3))
    float32[2,3]
    >>> Type(float32, (2, 3)).nbytes
    24
    """

    dtype: DType
    shape: tuple[int, ...]
    size: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", math.prod(self.shape))

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the elements, densely packed."""
        return self.size * int(self.dtype.size)

    def with_shape(self, shape: tuple[int, ...]) -> Type:
        """The same dtype in another shape."""
        return Type(self.dtype, tuple(shape))

    def with_dtype(self, dtype: DType) -> Type:
        """The same shape with another dtype."""
        return Type(dtype, self.shape)

    def __repr__(self) -> str:
        return f"{self.dtype.name}[{','.join(map(str, self.shape))}]"
