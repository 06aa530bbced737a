"""``keras.dtype_policies``: in which dtypes layers compute and keep their weights."""

from typing import Any

from caudal.keras.engine.policy import (
    DTypePolicy,
    DTypePolicyMap,
    FloatDTypePolicy,
    get_policy,
)
from caudal.keras.engine.quantized_policy import (
    AWQDTypePolicy,
    GPTQDTypePolicy,
    Int4DTypePolicy,
    QuantizedDTypePolicy,
    QuantizedFloat8DTypePolicy,
)
from caudal.keras.engine.serialization import serialize_keras_object
from caudal.namespaces import strict

__all__ = [
    "AWQDTypePolicy",
    "DTypePolicy",
    "DTypePolicyMap",
    "FloatDTypePolicy",
    "GPTQDTypePolicy",
    "Int4DTypePolicy",
    "QuantizedDTypePolicy",
    "QuantizedFloat8DTypePolicy",
    "deserialize",
    "get",
    "serialize",
]


def get(identifier: Any) -> Any:
    """The policy that a name, a dtype, a configuration or a policy means; None: the global one.

    >>> get("mixed_float16").variable_dtype
    'float32'
    """
    return get_policy(identifier)


def serialize(dtype_policy: Any) -> Any:
    """The configuration of a policy, with its class."""
    return serialize_keras_object(dtype_policy)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The policy of a configuration; classes of the user's from ``custom_objects``."""
    name = str(config.get("class_name")) if isinstance(config, dict) else ""
    own = (custom_objects or {}).get(name)
    return own.from_config(config["config"]) if own is not None else get_policy(config)


__getattr__ = strict(__name__, label="keras.dtype_policies")
