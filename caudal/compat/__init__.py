"""The import hook: `tensorflow`, `keras`, `keras_tuner` ... become names of Caudal's objects.

``finder`` is the hook, ``names`` says what each dotted name means, ``v1`` is
`tensorflow.compat.v1`, ``text`` converts between text and bytes. `install` and `uninstall` switch
the hook; `%load_ext caudal` installs it in a notebook.
"""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from caudal.compat.finder import install, uninstall
from caudal.compat.text import as_bytes, as_str, as_str_any, as_text

__all__ = [
    "as_bytes",
    "as_str",
    "as_str_any",
    "as_text",
    "bytes_or_text_types",
    "complex_types",
    "dimension_at_index",
    "dimension_value",
    "forward_compatible",
    "install",
    "integral_types",
    "path_to_str",
    "real_types",
    "uninstall",
    "v1",
    "v2",
]

bytes_or_text_types = (bytes, str)
integral_types = (numbers.Integral, np.integer)
real_types = (numbers.Real, np.integer, np.floating)
complex_types = (numbers.Complex, np.number)


def path_to_str(path: Any) -> Any:
    """A path-like object as text; anything else as it is."""
    return path.__fspath__() if hasattr(path, "__fspath__") else path


def dimension_value(dimension: Any) -> Any:
    """The extent of a `tf.compat.v1.Dimension`, or the extent itself."""
    return getattr(dimension, "value", dimension)


def dimension_at_index(shape: Any, index: int) -> Any:
    """An extent of a shape as a `tf.compat.v1.Dimension`."""
    from caudal.compat.v1 import Dimension

    return Dimension(None if shape.rank is None else shape.as_list()[index])


def forward_compatible(year: int, month: int, day: int) -> bool:
    """Whether programs may use what was added until that day: always.

    >>> forward_compatible(2019, 1, 1)
    True
    """
    return True


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext caudal` calls."""
    install()


def unload_ipython_extension(shell: Any) -> None:
    """What `%unload_ext caudal` calls."""
    uninstall()


def __getattr__(name: str) -> Any:
    import importlib

    if name == "v1":
        return importlib.import_module("caudal.compat.v1")
    if name == "v2":
        return importlib.import_module("caudal")
    from caudal.namespaces import missing

    raise missing("tf.compat", name, __all__)
