"""``tf.bitwise``: integers bit by bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal import ops
from caudal.array.arguments import as_tensor, unify
from caudal.errors import DTypeError
from caudal.namespaces import strict

__all__ = ["bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift"]


def _integer(what: str, x: Any) -> None:
    if not x.dtype.is_integer:
        raise DTypeError(
            "{what}: expected integers, received {received}.", what=what, received=x.dtype.name
        )


def _binary(name: str, op: Any, doc: str) -> Callable[..., Any]:
    def apply(x: Any, y: Any, name: str | None = None) -> Any:
        x, y = unify(apply.__name__, x, y)
        _integer(apply.__name__, x)
        return op(x, y)

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = doc
    return apply


bitwise_and = _binary("bitwise_and", ops.bit_and, "The bits that both have.")
bitwise_or = _binary("bitwise_or", ops.bit_or, "The bits that either has.")
bitwise_xor = _binary("bitwise_xor", ops.bit_xor, "The bits that just one has.")
left_shift = _binary("left_shift", ops.shift_left, "The bits of x moved up by y places.")
right_shift = _binary("right_shift", ops.shift_right, "x moved down by y places, with its sign.")


def invert(x: Any, name: str | None = None) -> Any:
    """All bits turned."""
    tensor = as_tensor(x)
    _integer("invert", tensor)
    return ops.bit_not(tensor)


__getattr__ = strict(__name__)
