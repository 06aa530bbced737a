"""``caudal.debug``: looking for what went wrong; these names are Caudal's own.

>>> import caudal as tf
>>> enable_nan_check()
>>> tf.math.log(tf.constant([1.0, -1.0]))
Traceback (most recent call last):
    ...
caudal.errors.InvalidArgumentError: nan_check: detected NaN in the result of op 'log' ...
>>> disable_nan_check()
"""

from __future__ import annotations

from caudal.numerics import disable_check_numerics, watch_for_nan

__all__ = ["disable_nan_check", "enable_nan_check"]


def enable_nan_check(stack_height_limit: int = 30, path_length_limit: int | None = 50) -> None:
    """From here on, in this thread, the first op whose result has a NaN raises an error.

    The error names the op, the layer and the line of the program; in `fit`, `evaluate` and
    `predict` also the sample that the NaN comes from, by its number in the arrays or, for other
    data, in its batch. Infinities are let through: many are right (`tf.debugging` has
    `enable_check_numerics`, which does not). Models are traced anew and run slower meanwhile;
    a `tf.function` that was traced before stays unchecked.

    Args:
        stack_height_limit: how far up to look for the line.
        path_length_limit: how many characters of its file's path to show, None for all.
    """
    watch_for_nan(stack_height_limit, path_length_limit)


def disable_nan_check() -> None:
    """Ends the checks."""
    disable_check_numerics()
