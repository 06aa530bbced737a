"""The import hook: `tensorflow`, `keras` and `tf_keras` become names of Caudal's objects.

``finder`` is the hook, ``names`` says what each dotted name means, ``v1`` is
`tensorflow.compat.v1`, ``text`` converts between text and bytes. `install` and `uninstall` switch
the hook; `%load_ext caudal` installs it in a notebook.
"""

from __future__ import annotations

from typing import Any

from caudal.compat.finder import install, uninstall
from caudal.compat.text import as_bytes, as_str, as_str_any, as_text

__all__ = ["as_bytes", "as_str", "as_str_any", "as_text", "install", "uninstall", "v1", "v2"]


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
