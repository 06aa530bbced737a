"""``tf.debugging.enable_check_numerics``: the first NaN or infinity, and where it comes from."""

from __future__ import annotations

import functools
import linecache
import os
import sys
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor, context
from caudal.framework.effects import perform

Array = np.ndarray[Any, Any]
_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def _script_line(stack_height_limit: int, path_length_limit: int | None) -> str:
    """The innermost line outside of Caudal and of the standard library's import machinery."""
    frame = sys._getframe(1)
    for _ in range(stack_height_limit * 10):
        path = frame.f_code.co_filename
        if not path.startswith((_PACKAGE, "<frozen")):
            text = linecache.getline(path, frame.f_lineno).strip()
            shown = path if path_length_limit is None else path[-path_length_limit:]
            return f", at {shown}:{frame.f_lineno}" + (f": {text}" if text else "")
        if frame.f_back is None:
            break
        frame = frame.f_back
    return ""


def _layer() -> str:
    """The path of the layer that is being called, if Keras is in use."""
    names = sys.modules.get("caudal.keras.engine.names")
    path = names.current_path() if names is not None else ""
    return f", in layer {path!r}" if path else ""


def _look(op: str, place: str, result: Array, *inputs: Array) -> None:
    finite = np.isfinite(result)
    if finite.all():
        return
    count = int(np.isnan(result).sum())
    kinds = ["NaN"] * bool(count) + ["infinity"] * bool(np.isinf(result).any())
    ranges = [
        f"{np.nanmin(x):.6g} to {np.nanmax(x):.6g}" if not np.isnan(x).all() else "all NaN"
        for x in inputs
        if x.size
    ]
    raise InvalidArgumentError(
        "check_numerics: detected {kinds} in the result of op {op!r} ({dtype}{shape}, first at "
        "{first}){place}. Its inputs range from {ranges}.",
        kinds=" and ".join(kinds),
        op=op,
        dtype=result.dtype.name,
        shape=list(result.shape),
        first=np.argwhere(~finite)[0].tolist(),
        place=place,
        ranges=", ".join(ranges) or "nothing",
    )


class _Checker:
    """Looks at each op's float results: at once, or when the traced program runs."""

    def __init__(self, stack_height_limit: int, path_length_limit: int | None) -> None:
        self._limits = stack_height_limit, path_length_limit

    def __call__(self, op: Any, inputs: tuple[Any, ...], result: Any) -> None:
        state = context.state
        for part in result if isinstance(result, tuple) else (result,):
            if not part.dtype.is_floating:
                continue
            floats = [x for x in inputs if x.dtype.is_floating]
            if type(part) is Tensor:
                if not np.isfinite(part._value).all():
                    _look(op.name, self._place(), part._value, *_values(floats))
                continue
            look = functools.partial(_look, op.name, self._place())
            state.watch_ops(None)
            try:
                perform(look, part, *floats)
            finally:
                state.watch_ops(self)

    def _place(self) -> str:
        return _layer() + _script_line(*self._limits)


def _values(tensors: list[Any]) -> list[Array]:
    return [x._value for x in tensors if type(x) is Tensor]


def enable_check_numerics(stack_height_limit: int = 30, path_length_limit: int | None = 50) -> None:
    """From here on, in this thread, an op whose result has a NaN or an infinity raises an error.

    The error names the op, the layer and the line of the script. Functions and models traced from
    here on check each op when they run, which makes them much slower.

    Args:
        stack_height_limit: how far up to look for the line.
        path_length_limit: how many characters of its file's path to show, None for all.
    """
    context.state.watch_ops(_Checker(stack_height_limit, path_length_limit))


def disable_check_numerics() -> None:
    """Ends the checks; what was traced with them keeps them."""
    context.state.watch_ops(None)
