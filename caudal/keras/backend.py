"""``keras.backend``: the few global settings that programs still read."""

from __future__ import annotations

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.names import reset_names
from caudal.keras.engine.policy import epsilon, floatx, set_epsilon, set_floatx
from caudal.namespaces import strict

_format = ["channels_last"]


def backend() -> str:
    """Always 'tensorflow': what programs that ask for a backend expect of tf.keras."""
    return "tensorflow"


def image_data_format() -> str:
    """The default layout of images: 'channels_last' unless changed."""
    return _format[0]


def set_image_data_format(data_format: str) -> None:
    """Sets the default layout of images."""
    name = str(data_format).lower()
    if name not in ("channels_last", "channels_first"):
        raise InvalidArgumentError(
            "set_image_data_format: expected 'channels_last' or 'channels_first', "
            "received {received!r}.",
            received=data_format,
        )
    _format[0] = name


def clear_session(free_memory: bool = True) -> None:
    """Starts automatic names again; there is no global graph to clear."""
    reset_names()


__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "image_data_format",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
]

__getattr__ = strict(__name__, label="keras.backend")
