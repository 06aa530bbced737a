"""``keras.config``: the global settings."""

from caudal.keras.backend import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from caudal.keras.engine.policy import dtype_policy, set_dtype_policy
from caudal.namespaces import strict

__all__ = [
    "backend",
    "dtype_policy",
    "epsilon",
    "floatx",
    "image_data_format",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
]

__getattr__ = strict(__name__, label="keras.config")
