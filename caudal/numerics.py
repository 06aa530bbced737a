"""The first NaN or infinity, and where it comes from: the op, the layer, the line, the sample.

``tf.debugging.enable_check_numerics`` and ``caudal.debug.enable_nan_check`` are both made of it.
"""

from __future__ import annotations

import functools
import linecache
import os
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor, context
from caudal.framework.effects import perform
from caudal.framework.samples import Batch, present

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


def _bad(values: Array, nan_only: bool) -> Array:
    return np.isnan(values) if nan_only else ~np.isfinite(values)


def _sample(bad: Array, rows: Array, where: str) -> str:
    """The samples whose rows are bad."""
    found = np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1))
    if not found.size:
        return ""
    first = f"sample {int(rows[found[0]])} of the {where}"
    if found.size == 1:
        return f" It comes from {first}."
    return f" It comes from {found.size} samples; the first is {first}."


class _Asked(NamedTuple):
    """What a check is about: fixed when the op was met."""

    name: str
    op: str
    place: str
    nan_only: bool
    where: str
    """"data" or "batch" where the last array numbers the samples; else nothing."""
    held: tuple[bool, ...]
    """Which of the result and the inputs have one row for each sample."""


def _look(asked: _Asked, result: Array, *inputs: Array) -> None:
    bad = _bad(result, asked.nan_only)
    if not bad.any():
        return
    rows = None
    if asked.where:
        *inputs, rows = inputs  # type: ignore[assignment]
    sample = ""
    for held, values in zip(asked.held, (result, *inputs), strict=True):
        # A sum over the batch has no rows, but what it sums may be bad already in one.
        if held and rows is not None and not sample:
            sample = _sample(_bad(values, asked.nan_only and values is result), rows, asked.where)
    _complain(asked, result, bad, inputs, sample)


def _complain(
    asked: _Asked, result: Array, bad: Array, inputs: Sequence[Array], sample: str
) -> None:
    infinite = np.isinf(result).any() and not asked.nan_only
    kinds = ["NaN"] * bool(np.isnan(result).any()) + ["infinity"] * bool(infinite)
    ranges = [
        f"{np.nanmin(x):.6g} to {np.nanmax(x):.6g}" if not np.isnan(x).all() else "all NaN"
        for x in inputs
        if x.size
    ]
    raise InvalidArgumentError(
        "{name}: detected {kinds} in the result of op {op!r} ({dtype}{shape}, first at "
        "{first}){place}. Its inputs range from {ranges}.{sample}",
        name=asked.name,
        kinds=" and ".join(kinds),
        op=asked.op,
        dtype=result.dtype.name,
        shape=list(result.shape),
        first=np.argwhere(bad)[0].tolist(),
        place=asked.place,
        ranges=", ".join(ranges) or "nothing",
        sample=sample,
    )


class _Checker:
    """Looks at each op's float results: at once, or when the traced program runs."""

    def __init__(
        self,
        stack_height_limit: int,
        path_length_limit: int | None,
        name: str = "check_numerics",
        nan_only: bool = False,
    ) -> None:
        self._limits = stack_height_limit, path_length_limit
        self._name, self._nan_only = name, nan_only

    def __call__(
        self, op: Any, inputs: tuple[Any, ...], params: dict[str, Any], result: Any
    ) -> None:
        batch = present.batch
        if batch is not None:
            batch.follow(op, inputs, params, result)
        for part in result if isinstance(result, tuple) else (result,):
            if part.dtype.is_floating:
                self._check(op.name, part, [x for x in inputs if x.dtype.is_floating], batch)

    def _check(self, op: str, part: Any, floats: list[Any], batch: Batch | None) -> None:
        eager = type(part) is Tensor
        if eager and not _bad(part._value, self._nan_only).any():
            return
        if eager:
            floats = [x for x in floats if type(x) is Tensor]
        held = tuple(batch is not None and batch.holds(x) for x in (part, *floats))
        numbers = [batch.rows] if batch is not None and any(held) else []
        where = ("data" if batch.whole else "batch") if batch is not None and numbers else ""
        asked = _Asked(self._name, op, self._place(), self._nan_only, where, held)
        tensors = (part, *floats, *numbers)
        if eager:
            _look(asked, *(np.asarray(x.numpy()) for x in tensors))
            return
        state = context.state
        state.watch_ops(None)
        try:
            perform(functools.partial(_look, asked), *tensors)
        finally:
            state.watch_ops(self)

    def _place(self) -> str:
        return _layer() + _script_line(*self._limits)


def enable_check_numerics(stack_height_limit: int = 30, path_length_limit: int | None = 50) -> None:
    """From here on, in this thread, an op whose result has a NaN or an infinity raises an error.

    The error names the op, the layer and the line of the script. Functions and models traced from
    here on check each op when they run, which makes them much slower.

    Args:
        stack_height_limit: how far up to look for the line.
        path_length_limit: how many characters of its file's path to show, None for all.
    """
    context.state.watch_ops(_Checker(stack_height_limit, path_length_limit))


def watch_for_nan(stack_height_limit: int, path_length_limit: int | None) -> None:
    """`caudal.debug.enable_nan_check`."""
    checker = _Checker(stack_height_limit, path_length_limit, "nan_check", nan_only=True)
    context.state.watch_ops(checker)


def disable_check_numerics() -> None:
    """Ends the checks; what was traced with them keeps them."""
    context.state.watch_ops(None)
