"""Dtype policies: in which dtype a layer computes and keeps its weights."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

from caudal.errors import CaudalError, DTypeError, InvalidArgumentError
from caudal.ir.dtypes import as_dtype

_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}
QUANTIZATION_MODES = ("int8", "float8", "int4", "gptq", "awq")


class DTypePolicy:
    """Names the dtype of a layer's arithmetic and of its variables.

    Any dtype's name is a policy. "mixed_float16" and "mixed_bfloat16" compute in 16 bits and keep
    variables in float32. Without a name, the global policy's.

    >>> policy = DTypePolicy("mixed_bfloat16")
    >>> policy.compute_dtype, policy.variable_dtype
    ('bfloat16', 'float32')
    """

    quantization_mode: str | None = None
    """How weights are quantized; None in a plain policy."""

    def __init__(self, name: str | None = None) -> None:
        name = dtype_policy().name if name is None else name
        self._name = name
        self._compute_dtype, self._variable_dtype = parse_name(name)

    @property
    def name(self) -> str:
        """The policy's name."""
        return self._name

    @property
    def compute_dtype(self) -> str:
        """The dtype of the layer's arithmetic."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the layer's weights."""
        return self._variable_dtype

    def get_config(self) -> dict[str, Any]:
        """``{"name": ...}``."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The policy of a configuration."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        plain = (DTypePolicy, FloatDTypePolicy)
        same = type(other) in plain if type(self) in plain else type(other) is type(self)
        return same and self.get_config() == other.get_config()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        kind = type(self).__name__.replace("FloatDTypePolicy", "DTypePolicy")
        return f'<{kind} "{self.name}">'


class FloatDTypePolicy(DTypePolicy):
    """Another name of `DTypePolicy`."""


class DTypePolicyMap(DTypePolicy, MutableMapping[str, Any]):
    """Policies by the layers' paths, with a default: a dict-like object.

    A key is a path or a regular expression that matches a whole path; one path must not fit two.

    >>> policies = DTypePolicyMap("float32", {"block/dense.*": DTypePolicy("mixed_bfloat16")})
    >>> policies["block/dense_1"].name, policies["other"].name
    ('mixed_bfloat16', 'float32')
    """

    def __init__(self, default_policy: Any = None, policy_map: Any = None) -> None:
        if isinstance(default_policy, DTypePolicyMap):
            raise InvalidArgumentError("`default_policy` cannot be a `DTypePolicyMap`.")
        if policy_map is not None and not isinstance(policy_map, dict):
            raise DTypeError(
                "If specified, `policy_map` must be a dict. Received: policy_map={value!r}",
                value=policy_map,
            )
        self._default_policy_arg = default_policy
        self._policy_map: dict[str, Any] = dict(policy_map or {})
        get_policy(default_policy)

    @property
    def default_policy(self) -> Any:
        """The policy of paths that no key fits; the global one unless it was given."""
        return get_policy(self._default_policy_arg)

    @property
    def name(self) -> str:
        """``map_`` and the default's name."""
        return f"map_{self.default_policy.name}"

    @property
    def compute_dtype(self) -> str:
        """The default's."""
        return str(self.default_policy.compute_dtype)

    @property
    def variable_dtype(self) -> str:
        """The default's."""
        return str(self.default_policy.variable_dtype)

    @property
    def quantization_mode(self) -> Any:  # type: ignore[override]
        """The default's."""
        return self.default_policy.quantization_mode

    def __getitem__(self, key: str) -> Any:
        if key in self._policy_map:
            return self._policy_map[key]
        found = [pattern for pattern in self._policy_map if re.fullmatch(pattern, key)]
        if len(found) > 1:
            raise InvalidArgumentError(
                "Path {path!r} matches multiple dtype policy specification keys: {keys}. Each "
                "path may match one key of the DTypePolicyMap at most.",
                path=key,
                keys=found,
            )
        return self._policy_map[found[0]] if found else self.default_policy

    def __setitem__(self, key: str, policy: Any) -> None:
        if key in self._policy_map:
            raise InvalidArgumentError(
                "{key} already exist in the DTypePolicyMap with value {value}. Delete it first.",
                key=key,
                value=self._policy_map[key],
            )
        try:
            self._policy_map[key] = get_policy(policy)
        except CaudalError as error:
            raise InvalidArgumentError(
                "DTypePolicyMap[{key!r}]: Cannot interpret the assigned value {value!r}: {reason}",
                key=key,
                value=policy,
                reason=error,
            ) from error

    def __delitem__(self, key: str) -> None:
        del self._policy_map[key]

    def pop(self, key: str, *default: Any) -> Any:
        """Takes a key of the map out; patterns and the default do not count.

        Raises:
            KeyError: it is not there, and no default was given.
        """
        return self._policy_map.pop(key, *default)

    def __contains__(self, key: object) -> bool:
        return key in self._policy_map

    def __len__(self) -> int:
        return len(self._policy_map)

    def __iter__(self) -> Any:
        return iter(self._policy_map)

    def get_config(self) -> dict[str, Any]:
        """The default as given, and the policies."""
        from caudal.keras.engine.serialization import serialize_keras_object

        policies = serialize_keras_object(self._policy_map)
        if self._default_policy_arg is None:
            # As in Keras: whoever loads it says what the floats are.
            for policy in policies.values():
                key = "source_name" if "mode" in policy["config"] else "name"
                policy["config"][key] = None
        return {
            "default_policy": serialize_keras_object(self._default_policy_arg),
            "policy_map": policies,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The map of a configuration."""
        default = config.get("default_policy")
        return cls(
            None if default is None else get_policy(default),
            {key: get_policy(value) for key, value in config["policy_map"].items()},
        )

    def __repr__(self) -> str:
        mapping = [(key, policy.name) for key, policy in self._policy_map.items()]
        default = self.default_policy.name
        return f"<DTypePolicyMap default_policy={default}, mapping={mapping}>"


def parse_name(name: Any) -> tuple[str, str]:
    """The dtypes of arithmetic and of variables that a policy's name stands for."""
    if not isinstance(name, str):
        raise DTypeError(
            "'name' must be a string, such as 'mixed_float16'. Received: name={name!r}", name=name
        )
    if name in _MIXED:
        return _MIXED[name], "float32"
    try:
        dtype = as_dtype(name).name
    except CaudalError as error:
        raise InvalidArgumentError(
            "Cannot convert {name!r} to a mixed precision DTypePolicy. Valid policies include "
            "'mixed_float16', 'mixed_bfloat16', and the name of any dtype such as 'float32'.",
            name=name,
        ) from error
    return dtype, dtype


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


def dtype_policy() -> Any:
    """The policy of layers that name no dtype."""
    policy = _state["policy"]
    return policy if policy is not None else DTypePolicy(floatx())


def set_dtype_policy(policy: Any) -> None:
    """Sets the policy of layers that name no dtype, by a name, a policy or a configuration."""
    if policy is None:
        raise InvalidArgumentError(
            "set_dtype_policy: `policy` must be a name, a policy or a configuration, received "
            "None; 'float32' is the one that Keras begins with."
        )
    _state["policy"] = get_policy(policy)


def arithmetic_dtype(value: Any) -> str:
    """The dtype in which a loss or a metric with this ``dtype`` computes; None: `floatx`."""
    return floatx() if value is None else str(get_policy(value).compute_dtype)


def get_policy(value: Any) -> Any:
    """The policy that a name, a dtype, a configuration or a policy means; None: the global one.

    Raises:
        InvalidArgumentError: it means none.
    """
    from caudal.keras.engine.quantized_policy import CLASSES, from_name

    if value is None:
        return dtype_policy()
    if isinstance(value, DTypePolicy):
        return value
    if isinstance(value, dict):
        kind = CLASSES.get(str(value.get("class_name")))
        if kind is None or not isinstance(value.get("config"), dict):
            raise InvalidArgumentError(
                "A dtype policy's configuration has one of the classes {known}, received "
                "{received!r}.",
                known=sorted(CLASSES),
                received=value,
            )
        return kind.from_config(value["config"])
    if isinstance(value, str) and value.startswith(QUANTIZATION_MODES):
        return from_name(value)
    if isinstance(value, str):
        return DTypePolicy(value)
    try:
        return DTypePolicy(as_dtype(value).name)
    except CaudalError as error:
        raise InvalidArgumentError(
            "Cannot interpret {value!r} as a dtype policy: expected a name, a dtype, a policy or "
            "a configuration.",
            value=value,
        ) from error
