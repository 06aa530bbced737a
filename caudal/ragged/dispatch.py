"""What ``tf.*`` functions and Python's operators mean for ragged tensors.

A public function that meets a ragged tensor comes here (see `namespaces.open_to_symbols`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal import ops
from caudal.array import movement
from caudal.array.create import ones_like, zeros_like
from caudal.errors import DTypeError
from caudal.ir.dtypes import int32
from caudal.math import elementwise as flat_math
from caudal.ops.record import Elementwise
from caudal.ragged import functions, gathering, reduce
from caudal.ragged.elementwise import broadcast, elementwise, map_flat
from caudal.ragged.shape import DynamicRaggedShape, broadcast_to
from caudal.ragged.tensor import RaggedTensor, rebuilt

# Modules of which every function works on one element at a time, but for those named below.
_ELEMENTWISE = frozenset(
    f"caudal.{name}"
    for name in "math.elementwise math.conversion bitwise nn.activations keras.activations".split()
)
_NOT_ELEMENTWISE = frozenset(
    "batch_normalization bias_add crelu glu l2_loss local_response_normalization log_softmax "
    "moments normalize_moments polyval softmax sparsemax sufficient_statistics "
    "weighted_moments".split()
)
_STRINGS = frozenset(
    "as_string lower regex_full_match regex_replace strip substr length to_hash_bucket "
    "to_hash_bucket_fast to_hash_bucket_strong to_number unicode_script unicode_transcode upper "
    "join".split()
)

_ALIKE = frozenset("bitcast dropout stop_gradient grad_pass_through".split())
_OWN: dict[str, Callable[..., Any]] = {
    name: getattr(functions, name)
    for name in (
        "boolean_mask concat expand_dims rank reverse size split squeeze stack tile where"
    ).split()
} | {
    "count_nonzero": reduce.count_nonzero,
    "gather": gathering.gather,
    "gather_nd": gathering.gather_nd,
    "softmax": reduce.softmax,
}


def _identity(input: Any, name: str | None = None) -> Any:
    return input


def _ensure_shape(x: Any, shape: Any, name: str | None = None) -> Any:
    x.shape.assert_is_compatible_with(shape)
    return x


def _like(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(input: Any, dtype: Any = None, name: str | None = None, layout: Any = None) -> Any:
        return input.with_flat_values(function(input.flat_values, dtype))

    return apply


def _reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    return movement.reshape(tensor.flat_values, shape)


def _shape(input: Any, out_type: Any = int32, name: str | None = None) -> Any:
    return DynamicRaggedShape.from_tensor(input, out_type)


_OWN |= {
    "broadcast_to": broadcast_to,
    "identity": _identity,
    "ensure_shape": _ensure_shape,
    "ones_like": _like(ones_like),
    "zeros_like": _like(zeros_like),
    "reshape": _reshape,
    "shape": _shape,
}


def call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A ``tf.*`` function with a ragged tensor among its arguments."""
    name, home = function.__name__, function.__module__
    if home in _ELEMENTWISE and name not in _NOT_ELEMENTWISE and name not in _ALIKE:
        return elementwise(function, args, kwargs)
    if home.startswith("caudal.strings."):
        return (
            elementwise(function, args, kwargs) if name in _STRINGS else function(*args, **kwargs)
        )
    if name.startswith("reduce_") and home == "caudal.math.reduce":
        return reduce.reduce(function, *args, **kwargs)
    own = _OWN.get(name)
    if own is not None:
        return own(*args, **kwargs)
    if name in _ALIKE:
        return map_flat(function, args, kwargs)
    if name == "one_hot":
        return functions.one_hot(function, *args, **kwargs)
    if name == "embedding_lookup":
        return _looked_up(function, *args, **kwargs)
    if name == "bincount":
        return functions.bincount(function, *args, **kwargs)
    raise DTypeError(
        "{name}: not defined for a tf.RaggedTensor. Use ragged.to_tensor(), which fills up short "
        "rows, or tf.ragged.map_flat_values.",
        name=name,
    )


def _looked_up(function: Callable[..., Any], params: Any, ids: Any, *rest: Any, **more: Any) -> Any:
    return ids.with_flat_values(function(params, ids.flat_values, *rest, **more))


def _apply(op: Any, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """An op called on ragged tensors: only elementwise ones have a meaning."""
    if not isinstance(op.emit, Elementwise):
        raise DTypeError("{op}: not defined for a tf.RaggedTensor.", op=op.name)
    values, parts = broadcast(op.name, list(inputs))
    return rebuilt(op(*values, **params), parts)


def _operator(function: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def method(self: Any, other: Any) -> Any:
        return elementwise(function, (self, other), {})

    def reflected(self: Any, other: Any) -> Any:
        return elementwise(function, (other, self), {})

    return method, reflected


def _equality(function: Callable[..., Any], without: bool) -> Callable[..., Any]:
    def method(self: Any, other: Any) -> Any:
        return without if other is None else elementwise(function, (self, other), {})

    return method


def _unary(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any) -> Any:
        return self.with_flat_values(function(self.flat_values))

    return method


_OPERATORS: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "truediv": lambda x, y: x / y,
    "floordiv": lambda x, y: x // y,
    "mod": lambda x, y: x % y,
    "pow": lambda x, y: x**y,
    "and": lambda x, y: x & y,
    "or": lambda x, y: x | y,
    "xor": lambda x, y: x ^ y,
}


def _install() -> None:
    kind: Any = RaggedTensor
    kind.__caudal_apply__ = staticmethod(_apply)
    kind.__caudal_function__ = staticmethod(call)
    for name, function in _OPERATORS.items():
        direct, reflected = _operator(function)
        setattr(kind, f"__{name}__", direct)
        setattr(kind, f"__r{name}__", reflected)
    for name, compare in {
        "lt": flat_math.less,
        "le": flat_math.less_equal,
        "gt": flat_math.greater,
        "ge": flat_math.greater_equal,
    }.items():
        setattr(kind, f"__{name}__", _operator(compare)[0])
    kind.__eq__ = _equality(flat_math.equal, False)
    kind.__ne__ = _equality(flat_math.not_equal, True)
    kind.__neg__ = _unary(ops.neg)
    kind.__abs__ = _unary(flat_math.abs)
    kind.__invert__ = _unary(lambda x: ~x)


_install()
