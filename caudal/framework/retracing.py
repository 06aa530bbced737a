"""Counting the tracings of a function, and saying which argument causes too many of them."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from typing import Any

from caudal.framework.signature import PLAIN

_MANY = 5
"""So many calls in a row that each trace are reported, as in TensorFlow."""


class Retracing:
    """The tracings of one function.

    ``count`` is TensorFlow's: shapes that an input signature or ``reduce_retracing`` leaves open
    do not count again. ``streak`` is set to 0 by each call that did not trace.
    """

    def __init__(self, name: str, relaxed: bool, signed: bool) -> None:
        self.relaxed = relaxed
        self.count = 0
        self.streak = 0
        self._name = name
        self._signed = signed
        self._reported = False
        self._last: deque[tuple[Any, ...]] = deque(maxlen=_MANY)
        # What was traced, with ranks in the place of shapes, and how often.
        self._general: dict[Any, int] = {}

    def note(self, key: tuple[Any, ...], names: Sequence[str]) -> None:
        """One more tracing, of the call with this key; ``names`` of its leaves."""
        if self.relaxed or self._signed:
            general = (key[0], *(_rank(part) if _is_tensor(part) else part for part in key[1:]))
            known = self._general.get(general, 0)
            self._general[general] = known + 1
            if known >= (1 if self._signed else 2):
                return
        self.count += 1
        self.streak += 1
        self._last.append(key)
        if self.streak >= _MANY and not self._reported:
            self._reported = True
            logging.getLogger("tensorflow").warning(self._report(names))

    def _report(self, names: Sequence[str]) -> str:
        causes = []
        keys = list(self._last)
        if len({(key[0], len(key)) for key in keys}) > 1:
            causes.append("the arguments had another structure")
        else:
            for name, parts in zip(names, list(zip(*keys, strict=True))[1:], strict=False):
                if any(part != parts[0] for part in parts[1:]):
                    causes.append(_cause(name, parts))
        why = "; ".join(dict.fromkeys(causes)) or "its variables changed"
        return (
            f"tf.function {self._name!r}: the last {_MANY} calls traced and compiled it anew, "
            f"which is slow. What differed: {why}."
        )


def _is_tensor(part: Any) -> bool:
    return isinstance(part, tuple) and len(part) == 2 and hasattr(part[0], "np_dtype")


def _rank(part: Any) -> Any:
    return (part[0], len(part[1]))


def _cause(name: str, parts: Sequence[Any]) -> str:
    """What differs in one argument from call to call, and what to do."""
    if all(map(_is_tensor, parts)):
        seen = ", ".join(dict.fromkeys(f"{p[0].name}{list(p[1])}" for p in parts))
        return f"the shape or dtype of the argument {name!r} ({seen}); pad or batch to one shape"
    if all(isinstance(p, tuple) and len(p) == 2 and p[0] in PLAIN_TYPES for p in parts):
        seen = ", ".join(dict.fromkeys(repr(_value(p)) for p in parts))
        return f"the Python value of the argument {name!r} ({seen}); pass a tensor instead"
    return f"the object in the argument {name!r}; pass the same one, or tensors"


PLAIN_TYPES = frozenset(PLAIN)


def _value(part: tuple[Any, Any]) -> Any:
    return float.fromhex(part[1]) if part[0] is float else part[1]
