"""Python lambdas in model files: machine code of Python, which can do anything.

Keras writes them marshalled. They are written as Keras does, and read only where the user says
``safe_mode=False`` in that very call.
"""

from __future__ import annotations

import base64
import marshal
from types import CodeType, FunctionType
from typing import Any

from caudal.errors import DataLossError, InvalidArgumentError


class UnsafeLambdaError(InvalidArgumentError):
    """A file holds code, and nobody said that it may run."""


def dump_lambda(function: FunctionType) -> dict[str, Any]:
    """A lambda as Keras 3 writes it."""
    closure = function.__closure__
    return {
        "class_name": "__lambda__",
        "config": {
            "code": base64.encodebytes(marshal.dumps(function.__code__)).decode("ascii"),
            "defaults": list(function.__defaults__) if function.__defaults__ else None,
            "closure": [cell.cell_contents for cell in closure] if closure else None,
        },
    }


def load_lambda(config: Any, safe_mode: bool) -> Any:
    """The function of `dump_lambda`, or of Keras 2's list of three.

    Raises:
        UnsafeLambdaError: ``safe_mode`` is on.
        DataLossError: it is no Python code of this Python version.
    """
    if safe_mode:
        raise UnsafeLambdaError(
            "The model holds a Python lambda as marshalled code. Loading would run it, and code "
            "from a file can do anything. If you trust the file's author, pass safe_mode=False "
            "to load_model; better: name the function and register it with "
            "@keras.saving.register_keras_serializable()."
        )
    if isinstance(config, dict):
        code, defaults, closure = config["code"], config["defaults"], config["closure"]
    else:
        code, defaults, closure = config
    try:
        unpacked = marshal.loads(base64.b64decode(code))
    except (ValueError, EOFError, TypeError) as error:
        raise DataLossError(
            "The model holds a lambda that this version of Python cannot read: {reason}. "
            "Marshalled code works only in the version that wrote it.",
            reason=error,
        ) from error
    if not isinstance(unpacked, CodeType):
        raise DataLossError("The model holds a lambda that is no code.")
    cells = tuple(_cell(value) for value in closure or ()) or None
    return FunctionType(
        unpacked, _names(), "<lambda>", tuple(defaults) if defaults else None, cells
    )


def _cell(value: Any) -> Any:
    def inner() -> Any:
        return value

    assert inner.__closure__ is not None
    return inner.__closure__[0]


def _names() -> dict[str, Any]:
    """The modules that lambdas of model files use."""
    import builtins

    import numpy as np

    import caudal
    from caudal import keras

    names = {"tf": caudal, "tensorflow": caudal, "keras": keras, "K": keras.backend, "np": np}
    return {**names, "backend": keras.backend, "numpy": np, "__builtins__": builtins}
