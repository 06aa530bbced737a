"""Calls that take the values of variables and give the new ones, as JAX programs are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor


def call_with_values(
    what: str, variables: Sequence[Any], values: Sequence[Any], function: Callable[[], Any]
) -> tuple[Any, list[Any]]:
    """What ``function`` returns when the variables have these values, and their values after it.

    The variables themselves have their own values again afterwards.

    Raises:
        InvalidArgumentError: the number of values is not that of the variables.
    """
    if len(variables) != len(values):
        raise InvalidArgumentError(
            "{what}: expected {expected} values of variables, received {received}.",
            what=what,
            expected=len(variables),
            received=len(values),
        )
    before = [variable.read_value() for variable in variables]
    given = [
        ops.cast(convert_to_tensor(value), dtype=variable.dtype)
        for variable, value in zip(variables, values, strict=True)
    ]
    try:
        for variable, value in zip(variables, given, strict=True):
            variable.assign(value)
        result = function()
        return result, [variable.read_value() for variable in variables]
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
