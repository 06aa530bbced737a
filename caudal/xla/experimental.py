"""``tf.xla.experimental``: compiling, as `tf.function` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from caudal.framework import function
from caudal.namespaces import strict

__all__ = ["compile", "jit_scope"]


def compile(computation: Callable[..., Any], inputs: Any = None) -> Any:
    """The result of a function of the inputs, compiled.

    >>> import caudal as tf
    >>> float(compile(lambda x: x + 1.0, [tf.constant(1.0)]))
    2.0
    """
    return function(computation)(*(inputs or ()))


@contextmanager
def jit_scope(compile_ops: Any = True, separate_compiled_gradients: bool = False) -> Iterator[None]:
    """Accepted: inside functions everything is compiled."""
    yield


__getattr__ = strict(__name__)
