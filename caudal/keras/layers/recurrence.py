"""The loop over time that all recurrent layers share.

`scan` is the one place that knows how steps follow each other: as a loop of the compiled program,
or one after the other where they are few or computed at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal import ops
from caudal.errors import ShapeError
from caudal.framework import (
    convert_to_tensor,
    custom_gradient,
    inside_function,
    nest,
    repeat_rows,
)
from caudal.ir.dtypes import as_dtype

Step = Callable[[Any, Any], tuple[Any, Any]]
_FAN = 8


def part(x: Any, axis: int, begin: int, end: int) -> Any:
    """``x[..., begin:end, ...]`` on one axis."""
    low, high = [0] * len(x.shape), list(x.shape)
    low[axis], high[axis] = begin, end
    return ops.slice(x, begin=tuple(low), end=tuple(high), strides=(1,) * len(low))


def split(x: Any, count: int) -> list[Any]:
    """Equal parts of the last axis: the gates of a product. Their gradients are joined at once."""
    axis = len(x.shape) - 1
    width = x.shape[axis] // count

    @custom_gradient
    def separate(tensor: Any) -> Any:
        gates = [part(tensor, axis, i * width, (i + 1) * width) for i in range(count)]
        return gates, lambda *grads: ops.concat(*grads, axis=axis)

    return list(separate(x))


def stack_time(steps: list[Any]) -> Any:
    """(batch, ...) of each step made (batch, time, ...).

    Joined in groups: an element of a join looks at every operand, so that two short joins cost
    less than a long one.
    """
    shape = tuple(steps[0].shape)
    rows = [ops.reshape(step, shape=(shape[0], 1, *shape[1:])) for step in steps]
    while len(rows) > _FAN:
        rows = [ops.concat(*rows[i : i + _FAN], axis=1) for i in range(0, len(rows), _FAN)]
    return ops.concat(*rows, axis=1) if len(rows) > 1 else rows[0]


def unstack_time(x: Any) -> list[Any]:
    """(batch, time, ...) made (batch, ...) of each step.

    The gradients of the steps are joined once; adding a padded gradient for each step would
    take time with the square of their number.
    """
    steps = int(x.shape[1])

    if not convert_to_tensor(x).dtype.is_floating:
        return [_at(x, t) for t in range(steps)]

    @custom_gradient
    def separate(tensor: Any) -> Any:
        return [_at(tensor, t) for t in range(steps)], lambda *grads: stack_time(list(grads))

    return list(separate(x))


def scan(
    step: Step,
    inputs: Any,
    states: Any,
    *,
    mask: Any = None,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
    keep_all: bool = False,
) -> tuple[Any, Any, Any]:
    """Runs ``step(x_t, states) -> (output, states)`` over ``inputs``, (batch, time, ...) or
    a nest of them.

    mask: bool (batch, time); where it is False the states stay, and the output is the one before,
    or 0 with ``zero_output_for_mask``. go_backwards: from the last step to the first.

    Returns:
        the last output; all outputs in the order of the run (batch, time, ...), or None unless
        ``keep_all``; the last states.

    Raises:
        ShapeError: there are no steps, or the mask does not fit.
    """
    parts = nest.flatten(inputs)
    if not parts[0].shape[1]:
        raise ShapeError(
            "A recurrent layer needs at least one time step, received a sequence of shape {shape}.",
            shape=tuple(parts[0].shape),
        )
    if mask is not None:
        mask = _checked(mask, parts[0])
    if inside_function() and parts[0].shape[1] > _FAN:
        return _compiled(step, inputs, states, mask, go_backwards, zero_output_for_mask, keep_all)
    rows = list(zip(*map(unstack_time, parts), strict=True))
    seen = None if mask is None else unstack_time(mask)
    order = range(len(rows) - 1, -1, -1) if go_backwards else range(len(rows))
    output, outputs = None, []
    for t in order:
        before = states
        fresh, after = step(nest.pack_sequence_as(inputs, list(rows[t])), states)
        states = after if nest.is_nested(after) else [after]
        if seen is None:
            output = fresh
        else:
            if output is None:
                output = _before_first(fresh, before)
            kept = fresh * 0 if zero_output_for_mask else output
            output = _choose(seen[t], fresh, kept)
            states = nest.map_structure(
                lambda new, old, now=seen[t]: _choose(now, new, old), states, before
            )
        if keep_all:
            outputs.append(output)
    return output, stack_time(outputs) if keep_all else None, states


def _compiled(
    step: Step,
    inputs: Any,
    states: Any,
    mask: Any,
    go_backwards: bool,
    zero_output_for_mask: bool,
    keep_all: bool,
) -> tuple[Any, Any, Any]:
    """`scan` as a loop of the program."""
    parts = [convert_to_tensor(x) for x in nest.flatten(inputs)]
    # A step outside: it makes what all steps share (dropout's masks) and tells the output's shape.
    first = [_at(x, 0) for x in parts]
    sample, _ = step(nest.pack_sequence_as(inputs, first), states)
    stays = mask is not None and not zero_output_for_mask
    start = [*nest.flatten(states), *([_before_first(sample, states)] if stays else [])]
    stacked = [*parts, *([] if mask is None else [mask])]

    def turn(values: list[Any], rows: list[Any]) -> tuple[list[Any], list[Any]]:
        old = nest.pack_sequence_as(states, values[: len(values) - stays])
        output, after = step(nest.pack_sequence_as(inputs, rows[: len(parts)]), old)
        new = nest.flatten(after)
        if mask is not None:
            seen = rows[-1]
            output = _choose(seen, output, values[-1] if stays else output * 0)
            new = [_choose(seen, a, b) for a, b in zip(new, nest.flatten(old), strict=True)]
        return [*new, *([output] if stays else [])], [output]

    last, (outputs,) = repeat_rows(turn, start, stacked, "scan", backwards=go_backwards, axis=1)
    output = _at(outputs, 0 if go_backwards else int(outputs.shape[1]) - 1)
    after = nest.pack_sequence_as(states, last[: len(last) - stays])
    if not keep_all:
        return output, None, after
    return output, ops.reverse(outputs, axes=(1,)) if go_backwards else outputs, after


def _at(x: Any, index: int) -> Any:
    """One step of a sequence."""
    shape = tuple(x.shape)
    return ops.reshape(part(x, 1, index, index + 1), shape=(shape[0], *shape[2:]))


def _before_first(output: Any, states: Any) -> Any:
    """What stands for an output before the first: the first state, where it is like one."""
    first = nest.flatten(states)[0]
    return first if tuple(first.shape) == tuple(output.shape) else output * 0


def _choose(seen: Any, new: Any, old: Any) -> Any:
    condition = ops.reshape(seen, shape=(seen.shape[0], *(1,) * (len(new.shape) - 1)))
    return ops.select(condition, new, old)


def _checked(mask: Any, inputs: Any) -> Any:
    mask = convert_to_tensor(mask)
    if tuple(mask.shape[:2]) != tuple(inputs.shape[:2]) or len(mask.shape) > 3:
        raise ShapeError(
            "The mask of a recurrent layer must have the shape {expected} (batch, time), "
            "received {received}.",
            expected=tuple(inputs.shape[:2]),
            received=tuple(mask.shape),
        )
    if len(mask.shape) == 3:
        mask = ops.reshape(part(mask, 2, 0, 1), shape=tuple(mask.shape[:2]))
    return mask if mask.dtype.name == "bool" else ops.cast(mask, dtype=as_dtype("bool"))
