"""``keras.ops``: axes rearranged by a pattern; functions of scalars made functions of tensors."""

from __future__ import annotations

import math as _math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.array import movement
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import nest
from caudal.keras.ops.core import vectorized_map
from caudal.keras.ops.promotion import tensor as as_tensor

_TOKEN = re.compile(r"\s*(?:\(([^()]*)\)|([A-Za-z_]\w*))\s*")


def _dims(x: Any) -> tuple[int, ...]:
    return tuple(int(extent) for extent in x.shape)


def _groups(text: str, pattern: str) -> list[list[str]]:
    found: list[list[str]] = []
    place = 0
    text = text.strip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise InvalidArgumentError(
                "keras.ops.rearrange: cannot read the pattern {pattern!r}; expected names and "
                "parentheses, as in 'b (h w) c -> b c h w'.",
                pattern=pattern,
            )
        found.append(match[1].split() if match[1] is not None else [match[2]])
        place = match.end()
    return found


def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Any:
    """The axes in another order, split and joined as ``pattern`` says: ``"b (h w) c -> b h w c"``.

    axes_lengths: the extents of axes that are split out of one, all but one of them.

    >>> rearrange([[1, 2], [3, 4]], "a b -> (b a)").numpy().tolist()
    [1, 3, 2, 4]
    """
    x = as_tensor(tensor)
    sides = str(pattern).split("->")
    if len(sides) != 2:
        raise InvalidArgumentError(
            "keras.ops.rearrange: expected a pattern 'old axes -> new axes', received {pattern!r}.",
            pattern=pattern,
        )
    old, new = (_groups(side, pattern) for side in sides)
    names = [name for group in old for name in group]
    if sorted(names) != sorted(name for group in new for name in group):
        raise InvalidArgumentError(
            "keras.ops.rearrange: the two sides of {pattern!r} must name the same axes.",
            pattern=pattern,
        )
    if len(old) != len(x.shape) or len(set(names)) != len(names):
        raise ShapeError(
            "keras.ops.rearrange: the pattern {pattern!r} does not fit shape {shape}.",
            pattern=pattern,
            shape=_dims(x),
        )
    sizes: dict[str, int] = {}
    for group, extent in zip(old, _dims(x), strict=True):
        open_names = [name for name in group if name not in axes_lengths]
        known = _math.prod(int(axes_lengths[name]) for name in group if name in axes_lengths)
        if len(open_names) > 1 or extent % known or (not open_names and known != extent):
            raise ShapeError(
                "keras.ops.rearrange: the extent {extent} of ({group}) does not follow from "
                "{given}.",
                extent=extent,
                group=" ".join(group),
                given=axes_lengths,
            )
        sizes.update({name: int(axes_lengths[name]) for name in group if name in axes_lengths})
        sizes.update(dict.fromkeys(open_names, extent // known))
    apart = movement.reshape(x, [sizes[name] for name in names])
    turned = movement.transpose(apart, [names.index(name) for group in new for name in group])
    return movement.reshape(turned, [_math.prod(sizes[name] for name in group) for group in new])


_CORE = re.compile(r"\(([^()]*)\)")


def vectorize(
    pyfunc: Callable[..., Any], *, excluded: Any = None, signature: str | None = None
) -> Callable[..., Any]:
    """A function of scalars as a function of tensors that broadcast, as NumPy's.

    signature: "(m,n),(n)->(m)" for a function of arrays: their last axes belong to it. excluded:
    the positions or names of arguments that are handed on as they are.

    >>> vectorize(lambda a, b: a + b)([[1.0], [2.0]], [10.0, 20.0]).numpy().tolist()
    [[11.0, 21.0], [12.0, 22.0]]
    """
    left_out = set(excluded or ())

    def run(*args: Any, **kwargs: Any) -> Any:
        named = {key: value for key, value in kwargs.items() if key not in left_out}
        fixed = {key: value for key, value in kwargs.items() if key in left_out}
        mapped = [place for place in range(len(args)) if place not in left_out]
        given = [as_tensor(args[place]) for place in mapped] + [
            as_tensor(v) for v in named.values()
        ]
        cores = [0] * len(given)
        if signature is not None:
            cores = [
                len([name for name in core.split(",") if name.strip()])
                for core in _CORE.findall(signature.partition("->")[0])
            ]
        if len(cores) != len(given):
            raise InvalidArgumentError(
                "keras.ops.vectorize: the signature {signature!r} does not fit {count} arguments.",
                signature=signature,
                count=len(given),
            )
        outer = np.broadcast_shapes(
            *(_dims(x)[: len(x.shape) - core] for x, core in zip(given, cores, strict=True))
        )
        flat = []
        for x, core in zip(given, cores, strict=True):
            inner = _dims(x)[len(x.shape) - core :]
            wide = movement.broadcast_to(x, (*outer, *inner))
            flat.append(movement.reshape(wide, (_math.prod(outer), *inner)))

        def one(values: Any) -> Any:
            rest = list(args)
            for place, value in zip(mapped, values, strict=False):
                rest[place] = value
            return pyfunc(*rest, **dict(zip(named, values[len(mapped) :], strict=True)), **fixed)

        found = vectorized_map(one, tuple(flat))
        return nest.map_structure(lambda y: movement.reshape(y, (*outer, *_dims(y)[1:])), found)

    return run
