"""Where the user's program asked for something, for errors that are raised when it runs."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import Any

from caudal.errors import CaudalError

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def user_line() -> str:
    """The innermost line on the stack that is not Caudal's, as tracebacks write it.

    >>> user_line().startswith("File ")
    True
    """
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    if frame is None:
        return ""
    code = frame.f_code
    return f'File "{code.co_filename}", line {frame.f_lineno}, in {code.co_name}'


def located(call: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose errors also name the present line of the user's program."""
    place = user_line()

    @functools.wraps(call)
    def calling(*args: Any) -> Any:
        try:
            return call(*args)
        except CaudalError as error:
            if place:
                error.add_note(place)
            raise

    return calling
