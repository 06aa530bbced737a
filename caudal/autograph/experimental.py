"""``tf.autograph.experimental``."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from caudal.autograph.conversion import unconverted
from caudal.namespaces import strict

__all__ = ["Feature", "do_not_convert", "set_loop_options"]


class Feature(enum.Enum):
    """TensorFlow's names for parts of AutoGraph; here all of them are always there."""

    ALL = "ALL"
    AUTO_CONTROL_DEPS = "AUTO_CONTROL_DEPS"
    ASSERT_STATEMENTS = "ASSERT_STATEMENTS"
    BUILTIN_FUNCTIONS = "BUILTIN_FUNCTIONS"
    EQUALITY_OPERATORS = "EQUALITY_OPERATORS"
    LISTS = "LISTS"
    NAME_SCOPES = "NAME_SCOPES"


def do_not_convert(func: Callable[..., Any] | None = None) -> Any:
    """The function, which a tf.function then traces as it is written.

    >>> do_not_convert(abs)(-1)
    1
    """
    return do_not_convert if func is None else unconverted(func)


def set_loop_options(
    parallel_iterations: int | None = None,
    swap_memory: bool | None = None,
    maximum_iterations: Any = None,
    shape_invariants: Any = None,
) -> None:
    """At the start of a loop's body: arguments for the `tf.while_loop` that it becomes.

    ``shape_invariants`` is accepted; shapes stay fixed in any case.
    """


__getattr__ = strict(__name__)
