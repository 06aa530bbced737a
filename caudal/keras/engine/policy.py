"""Dtype policies: in which dtype a layer computes and keeps its weights."""

from __future__ import annotations

import warnings
from typing import Any

from caudal.errors import CaudalWarning, InvalidArgumentError
from caudal.ir.dtypes import as_dtype

_MIXED = ("mixed_float16", "mixed_bfloat16")


class DTypePolicy:
    """Names the dtype of a layer's arithmetic and of its variables.

    Any dtype's name is a policy. The two mixed policies exist to speed up hardware that Caudal
    does not drive: they are accepted, computed in float32, and said so once.

    >>> DTypePolicy("float64").compute_dtype
    'float64'
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise InvalidArgumentError(
                "DTypePolicy: expected the name of a dtype, received {name!r}.", name=name
            )
        self.name = name
        if name in _MIXED:
            warnings.warn(
                CaudalWarning(
                    f"The dtype policy {name!r} is computed in float32: it only makes programs "
                    "faster on accelerators."
                ),
                stacklevel=3,
            )
            self._dtype = "float32"
        else:
            self._dtype = as_dtype(name).name

    @property
    def compute_dtype(self) -> str:
        """The dtype of the layer's arithmetic."""
        return self._dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the layer's weights."""
        return self._dtype

    def get_config(self) -> dict[str, Any]:
        """``{"name": ...}``."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> DTypePolicy:
        """The policy of a configuration."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'


_state: dict[str, Any] = {"floatx": "float32", "policy": None, "epsilon": 1e-7}


def floatx() -> str:
    """The default float dtype, ``'float32'`` unless changed."""
    return str(_state["floatx"])


def set_floatx(value: str) -> None:
    """Sets the default float dtype: float16, bfloat16, float32 or float64."""
    if value not in ("float16", "bfloat16", "float32", "float64"):
        raise InvalidArgumentError(
            "set_floatx: expected float16, bfloat16, float32 or float64, received {value!r}.",
            value=value,
        )
    _state["floatx"] = value


def epsilon() -> float:
    """The small number that losses and metrics keep away from zero by; 1e-7."""
    return float(_state["epsilon"])


def set_epsilon(value: float) -> None:
    """Sets the number that `epsilon` returns."""
    _state["epsilon"] = float(value)


def dtype_policy() -> DTypePolicy:
    """The policy of layers that name no dtype."""
    policy = _state["policy"]
    return policy if policy is not None else DTypePolicy(floatx())


def set_dtype_policy(policy: Any) -> None:
    """Sets the policy of layers that name no dtype."""
    _state["policy"] = None if policy is None else get_policy(policy)


def get_policy(value: Any) -> DTypePolicy:
    """The policy that a name, a dtype, a configuration or a policy means; None: the global one."""
    if value is None:
        return dtype_policy()
    if isinstance(value, DTypePolicy):
        return value
    if isinstance(value, dict):
        if value.get("class_name") != "DTypePolicy":
            raise InvalidArgumentError(
                "Caudal knows dtype policies of class DTypePolicy only, received {received!r}.",
                received=value,
            )
        return DTypePolicy(**value["config"])
    if isinstance(value, str) and value in _MIXED:
        return DTypePolicy(value)
    return DTypePolicy(as_dtype(value).name)
