"""``tf.debugging``: assertions on values, shapes and dtypes.

Shapes and dtypes are always known. Values are checked at once in eager execution, and when the
program runs inside a compiled function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, dims, unify
from caudal.errors import (
    DTypeError,
    InvalidArgumentError,
    ShapeError,
)
from caudal.framework import effects, is_symbolic
from caudal.ir.dtypes import as_dtype
from caudal.namespaces import strict
from caudal.numerics import disable_check_numerics, enable_check_numerics

Array = np.ndarray[Any, Any]

__all__ = [
    "Assert",
    "assert_all_finite",
    "assert_equal",
    "assert_greater",
    "assert_greater_equal",
    "assert_integer",
    "assert_less",
    "assert_less_equal",
    "assert_near",
    "assert_negative",
    "assert_non_negative",
    "assert_non_positive",
    "assert_none_equal",
    "assert_positive",
    "assert_proper_iterable",
    "assert_rank",
    "assert_rank_at_least",
    "assert_rank_in",
    "assert_same_float_dtype",
    "assert_scalar",
    "assert_shapes",
    "assert_type",
    "check_numerics",
    "disable_check_numerics",
    "disable_traceback_filtering",
    "enable_check_numerics",
    "enable_traceback_filtering",
    "get_log_device_placement",
    "is_numeric_tensor",
    "is_traceback_filtering_enabled",
    "set_log_device_placement",
]


def _fail(what: str, message: str | None, expected: str, received: str) -> None:
    raise InvalidArgumentError(
        "{what}: {message}expected {expected}, received {received}.",
        what=what,
        message=f"{message} " if message else "",
        expected=expected,
        received=received,
    )


def _shown(array: np.ndarray[Any, Any], where: np.ndarray[Any, Any], count: int | None) -> str:
    """The first elements that fail."""
    bad = np.broadcast_to(array, where.shape)[where][: count or 3]
    return f"{bad.tolist()} at {np.argwhere(where)[: count or 3].tolist()}"


def _compare(name: str, sign: str, holds: Callable[..., Any]) -> Callable[..., None]:
    def check(
        x: Any,
        y: Any,
        message: str | None = None,
        summarize: int | None = None,
        name: str | None = None,
    ) -> None:
        what = check.__name__

        def compare(a: Array, b: Array) -> None:
            try:
                wrong = np.asarray(~holds(a, b))
            except ValueError:
                _fail(what, message, "shapes that broadcast", f"{a.shape} and {b.shape}")
                return
            if wrong.any():
                left, right = _shown(a, wrong, summarize), _shown(b, wrong, summarize)
                _fail(what, message, f"x {sign} y", f"x = {left}, y = {right}")

        effects.check(compare, *unify(what, x, y))

    check.__name__ = check.__qualname__ = name
    check.__doc__ = f"Raise unless ``x {sign} y`` everywhere."
    return check


assert_equal = _compare("assert_equal", "==", lambda a, b: np.equal(a, b))
assert_none_equal = _compare("assert_none_equal", "!=", lambda a, b: np.not_equal(a, b))
assert_less = _compare("assert_less", "<", lambda a, b: np.less(a, b))
assert_less_equal = _compare("assert_less_equal", "<=", lambda a, b: np.less_equal(a, b))
assert_greater = _compare("assert_greater", ">", lambda a, b: np.greater(a, b))
assert_greater_equal = _compare("assert_greater_equal", ">=", lambda a, b: np.greater_equal(a, b))


def _against_zero(name: str, sign: str, holds: Callable[..., Any]) -> Callable[..., None]:
    def check(
        x: Any, message: str | None = None, summarize: int | None = None, name: str | None = None
    ) -> None:
        what = check.__name__

        def compare(a: Array) -> None:
            wrong = np.asarray(~holds(a))
            if wrong.any():
                _fail(what, message, f"x {sign} 0", f"x = {_shown(a, wrong, summarize)}")

        effects.check(compare, as_tensor(x))

    check.__name__ = check.__qualname__ = name
    check.__doc__ = f"Raise unless ``x {sign} 0`` everywhere."
    return check


assert_positive = _against_zero("assert_positive", ">", lambda a: a > 0)
assert_negative = _against_zero("assert_negative", "<", lambda a: a < 0)
assert_non_negative = _against_zero("assert_non_negative", ">=", lambda a: a >= 0)
assert_non_positive = _against_zero("assert_non_positive", "<=", lambda a: a <= 0)


def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    message: str | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> None:
    """Raise unless ``abs(x - y) <= atol + rtol * abs(y)``; both default to 10 times epsilon."""
    tensors = unify("assert_near", x, y)
    kind = tensors[0].dtype
    default = 10 * float(np.finfo(kind.np_dtype).eps) if kind.is_floating else 0.0
    relative, absolute = (default if value is None else float(value) for value in (rtol, atol))

    def compare(a: Array, b: Array) -> None:
        wrong = ~(np.abs(a - b) <= absolute + relative * np.abs(b))
        if wrong.any():
            left, right = _shown(a, wrong, summarize), _shown(b, wrong, summarize)
            _fail("assert_near", message, "x near y", f"x = {left}, y = {right}")

    effects.check(compare, *tensors)


def Assert(
    condition: Any, data: Any, summarize: int | None = None, name: str | None = None
) -> None:
    """Raise, showing the data, unless the condition holds everywhere."""
    later = [entry for entry in data if is_symbolic(entry)]

    def compare(known: Array, *values: Array) -> None:
        if not known.all():
            found = iter(values)
            shown = [str(next(found) if is_symbolic(entry) else entry) for entry in data]
            raise InvalidArgumentError(
                "Assert: expected a true condition, received {data}.", data=shown
            )

    effects.check(compare, as_tensor(condition), *later)


def check_numerics(tensor: Any, message: str, name: str | None = None) -> Any:
    """The tensor; raise if it holds a NaN or an infinity."""
    x = as_tensor(tensor)
    if not x.dtype.is_floating:
        raise DTypeError("check_numerics: expected floats, received {kind}.", kind=x.dtype.name)

    def look(known: Array) -> None:
        tests = (("Inf", np.isinf), ("NaN", np.isnan))
        found = [label for label, bad in tests if bad(known).any()]
        if found:
            raise InvalidArgumentError(
                "{message} : Tensor had {found} values", message=message, found=" and ".join(found)
            )

    effects.check(look, x)
    return x


def assert_all_finite(x: Any, message: str, name: str | None = None) -> Any:
    """`check_numerics` under its older name."""
    return check_numerics(x, message)


# --- shapes and dtypes ------------------------------------------------------------------------


def _rank_check(name: str, sign: str, holds: Callable[[int, int], bool]) -> Callable[..., None]:
    def check(x: Any, rank: Any, message: str | None = None, name: str | None = None) -> None:
        shape, wanted = dims(as_tensor(x)), int(rank)
        if not holds(len(shape), wanted):
            raise ShapeError(
                "{what}: {message}expected {sign}{rank} axes, received shape {shape}.",
                what=check.__name__,
                message=f"{message} " if message else "",
                sign=sign,
                rank=wanted,
                shape=shape,
            )

    check.__name__ = check.__qualname__ = name
    check.__doc__ = f"Raise unless the tensor has {sign}``rank`` axes."
    return check


assert_rank = _rank_check("assert_rank", "", lambda have, want: have == want)
assert_rank_at_least = _rank_check(
    "assert_rank_at_least", "at least ", lambda have, want: have >= want
)


def assert_rank_in(x: Any, ranks: Any, message: str | None = None, name: str | None = None) -> None:
    """Raise unless the tensor's number of axes is among ``ranks``."""
    shape = dims(as_tensor(x))
    if len(shape) not in [int(rank) for rank in ranks]:
        raise ShapeError(
            "assert_rank_in: {message}expected {ranks} axes, received shape {shape}.",
            message=f"{message} " if message else "",
            ranks=list(ranks),
            shape=shape,
        )


def assert_scalar(tensor: Any, name: str | None = None, message: str | None = None) -> Any:
    """The tensor; raise unless it is a scalar."""
    x = as_tensor(tensor)
    assert_rank(x, 0, message)
    return x


def assert_shapes(
    shapes: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> None:
    """Raise unless each tensor has its shape; equal symbols mean equal extents, None any.

    ``shapes``: pairs (tensor, shape), or a dictionary; a shape such as ``("batch", 3, None)``.
    """
    known: dict[Any, int] = {}
    for tensor, shape in shapes.items() if isinstance(shapes, dict) else shapes:
        have = dims(as_tensor(tensor))
        wanted = [shape] if isinstance(shape, str | int) else list(shape)
        if "..." in wanted or Ellipsis in wanted:
            place = wanted.index("..." if "..." in wanted else Ellipsis)
            free = len(have) - len(wanted) + 1
            wanted[place : place + 1] = [None] * max(free, 0)
        fits = len(have) == len(wanted)
        for extent, entry in zip(have, wanted, strict=False):
            if entry is None or entry == ".":
                continue
            number = entry if isinstance(entry, int) else known.setdefault(entry, extent)
            fits = fits and extent == number
        if not fits:
            raise ShapeError(
                "assert_shapes: {message}expected {wanted}, received {have} (known: {known}).",
                message=f"{message} " if message else "",
                wanted=wanted,
                have=have,
                known=known,
            )


def assert_type(
    tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None
) -> None:
    """Raise unless the tensor has the dtype."""
    x, kind = as_tensor(tensor), as_dtype(tf_type)
    if x.dtype is not kind:
        raise DTypeError(
            "assert_type: {message}expected {expected}, received {received}.",
            message=f"{message} " if message else "",
            expected=kind.name,
            received=x.dtype.name,
        )


def assert_integer(x: Any, message: str | None = None, name: str | None = None) -> None:
    """Raise unless the tensor holds integers."""
    kind = as_tensor(x).dtype
    if not kind.is_integer:
        raise DTypeError(
            "assert_integer: {message}expected integers, received {received}.",
            message=f"{message} " if message else "",
            received=kind.name,
        )


def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> Any:
    """The one float dtype of the tensors (float32 if there are none)."""
    kinds = [as_tensor(x).dtype for x in tensors or ()]
    kinds += [] if dtype is None else [as_dtype(dtype)]
    found = kinds[0] if kinds else as_dtype("float32")
    if any(kind is not found for kind in kinds) or not found.is_floating:
        raise DTypeError(
            "assert_same_float_dtype: expected one float dtype, received {kinds}.",
            kinds=[kind.name for kind in kinds],
        )
    return found


def assert_proper_iterable(values: Any) -> None:
    """Raise unless the value is a sequence of its own, and no tensor, array or string."""
    from caudal.framework import is_tensor_like

    proper = hasattr(values, "__iter__") and not isinstance(values, str | bytes | np.ndarray)
    if not proper or is_tensor_like(values):
        raise DTypeError(
            "assert_proper_iterable: expected a list or tuple, received {received}.",
            received=type(values).__name__,
        )


def is_numeric_tensor(tensor: Any) -> bool:
    """Whether it is a tensor of numbers."""
    from caudal.framework import is_tensor_like

    return is_tensor_like(tensor) and tensor.dtype.kind not in ("bool", "string")


# --- switches ---------------------------------------------------------------------------------

_switches = {"filter": True, "placement": False}


def enable_traceback_filtering() -> None:
    """Remembered: Caudal's tracebacks are short as they are."""
    _switches["filter"] = True


def disable_traceback_filtering() -> None:
    """Remembered: Caudal's tracebacks are complete as they are."""
    _switches["filter"] = False


def is_traceback_filtering_enabled() -> bool:
    """What was set last."""
    return _switches["filter"]


def set_log_device_placement(enabled: bool) -> None:
    """Remembered: everything runs on the CPU."""
    _switches["placement"] = bool(enabled)


def get_log_device_placement() -> bool:
    """What was set last."""
    return _switches["placement"]


__getattr__ = strict(__name__)
