"""``keras.backend``: names of dtypes."""

from __future__ import annotations

from typing import Any

from caudal.ir.dtypes import as_dtype
from caudal.keras.engine.policy import floatx


def standardize_dtype(dtype: Any) -> str:
    """The name of a dtype, however it is given; None is the default float.

    >>> import numpy as np
    >>> standardize_dtype(np.int32), standardize_dtype(None)
    ('int32', 'float32')
    """
    return floatx() if dtype is None else str(as_dtype(dtype).name)


def is_float_dtype(dtype: Any) -> bool:
    """Whether it names floats."""
    return bool(as_dtype(standardize_dtype(dtype)).is_floating)


def is_int_dtype(dtype: Any) -> bool:
    """Whether it names integers, signed or not."""
    return bool(as_dtype(standardize_dtype(dtype)).is_integer)
