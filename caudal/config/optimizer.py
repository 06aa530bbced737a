"""``tf.config.optimizer``: switches of TensorFlow's graph rewriters; Caudal always compiles."""

from __future__ import annotations

from typing import Any

from caudal.namespaces import strict

__all__ = ["get_experimental_options", "get_jit", "set_experimental_options", "set_jit"]

_options: dict[str, Any] = {}
_jit = [""]


def set_jit(enabled: Any) -> None:
    """Remembered: a function is always compiled."""
    _jit[0] = "autoclustering" if enabled in (True, "autoclustering") else ""


def get_jit() -> str:
    """What `set_jit` was given."""
    return _jit[0]


def set_experimental_options(options: dict[str, Any]) -> None:
    """Remembered: they switch passes that Caudal does not have."""
    _options.update(options)


def get_experimental_options() -> dict[str, Any]:
    """What `set_experimental_options` was given."""
    return dict(_options)


__getattr__ = strict(__name__)
