"""What ``tf.*`` functions mean for extension types: handlers that programs register."""

from __future__ import annotations

import collections.abc
import functools
import inspect
import types
import typing
from collections.abc import Callable
from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework.composite import Composite

Handler = Callable[..., Any]

_by_api: dict[Any, list[tuple[Handler, dict[str, Any]]]] = {}
_unary: dict[Any, Handler] = {}
_binary: dict[tuple[Any, Any], Handler] = {}

# Where functions work on one element at a time, but for those named below.
_ELEMENTWISE = frozenset(
    f"caudal.{name}"
    for name in (
        "math.elementwise math.conversion math.special bitwise nn.activations keras.activations "
        "strings.basic strings.numbers"
    ).split()
)
_NOT_ELEMENTWISE = frozenset(
    "add_n accumulate_n batch_normalization bias_add crelu glu l2_loss log_softmax moments "
    "local_response_normalization normalize_moments polyval softmax sufficient_statistics "
    "weighted_moments join".split()
)
# These hand values on without looking into them.
_CARRYING = ("caudal.control", "caudal.framework.convert", "caudal.framework.gradients")
_ALIKE = frozenset("zeros_like ones_like identity stop_gradient".split())
_PAIRS = (("x", "y"), ("y", "x"), ("a", "x"))


def _raw(api: Any) -> Any:
    """The function behind a public name."""
    return inspect.unwrap(api)


def _parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def _is_binary(function: Any) -> bool:
    return tuple(_parameters(function)[:2]) in _PAIRS


def _is_elementwise(function: Any) -> bool:
    name = getattr(function, "__name__", "")
    return name in _ALIKE or (function.__module__ in _ELEMENTWISE and name not in _NOT_ELEMENTWISE)


def matches(kind: Any, value: Any) -> bool:
    """Whether a value is of an annotated type."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return any(matches(one, value) for one in arguments)
    if origin in (list, collections.abc.Sequence, tuple):
        inner = arguments[0] if arguments else Any
        return isinstance(value, list | tuple) and all(matches(inner, one) for one in value)
    return kind is Any or (isinstance(kind, type) and isinstance(value, kind))


def _names_a_composite(kind: Any) -> bool:
    if isinstance(kind, type) and typing.get_origin(kind) is None:
        return issubclass(kind, Composite)
    return any(map(_names_a_composite, typing.get_args(kind)))


def dispatch_for_api(api: Any, *signatures: dict[str, Any]) -> Callable[[Handler], Handler]:
    """Decorates what is called instead of a ``tf.*`` function for arguments of these types.

    Args:
        api: the function, as ``tf.concat``.
        signatures: for each way to call it a type for each of some parameters, by name or
            position; by default the decorated function's annotations.

    Raises:
        InvalidArgumentError: the decorated function has other parameters, or no type is an
            extension type.
    """
    function = _raw(api)
    if not callable(function):
        raise InvalidArgumentError(
            "dispatch_for_api: expected a function of tf, received {api!r}.", api=api
        )
    wanted = _parameters(function)

    def decorate(handler: Handler) -> Handler:
        own = [name for name in _parameters(handler) if name != "name"]
        expected = [name for name in wanted if name != "name"]
        if own != expected:
            raise InvalidArgumentError(
                "Dispatch function's signature ({own}) does not match API's signature ({wanted}).",
                own=", ".join(_parameters(handler)),
                wanted=", ".join(wanted),
            )
        hints = {k: v for k, v in typing.get_type_hints(handler).items() if k != "return"}
        for given in signatures or (hints,):
            named = {wanted[k] if isinstance(k, int) else k: v for k, v in given.items()}
            if not any(map(_names_a_composite, named.values())) or named.keys() - set(wanted):
                raise InvalidArgumentError(
                    "dispatch_for_api: expected types for parameters of {api}, one of them an "
                    "ExtensionType, received {given}.",
                    api=getattr(function, "__name__", api),
                    given=given,
                )
            _by_api.setdefault(function, []).append((handler, named))
        return handler

    return decorate


def dispatch_for_unary_elementwise_apis(x_type: Any) -> Callable[[Handler], Handler]:
    """Decorates ``handler(api, x)``, which is called for every elementwise function of one value.

    ``api`` is the function, its other arguments filled in.
    """

    def decorate(handler: Handler) -> Handler:
        _only_once("unary", _unary, x_type)
        _unary[x_type] = handler
        return handler

    return decorate


def dispatch_for_binary_elementwise_apis(x_type: Any, y_type: Any) -> Callable[[Handler], Handler]:
    """Decorates ``handler(api, x, y)`` for every elementwise function of two values."""

    def decorate(handler: Handler) -> Handler:
        _only_once("binary", _binary, (x_type, y_type))
        _binary[x_type, y_type] = handler
        return handler

    return decorate


def _only_once(kind: str, table: dict[Any, Handler], key: Any) -> None:
    if key in table:
        raise InvalidArgumentError(
            "A {kind} elementwise dispatch handler ({handler}) has already been registered for "
            "{key}.",
            kind=kind,
            handler=table[key],
            key=key,
        )


def unregister_dispatch_for(dispatch_target: Handler) -> None:
    """Takes back what a decorated function was registered for.

    Raises:
        InvalidArgumentError: it was not.
    """
    found = False
    for function, entries in list(_by_api.items()):
        kept = [entry for entry in entries if entry[0] is not dispatch_target]
        found = found or len(kept) < len(entries)
        _by_api[function] = kept
    for table in (_unary, _binary):
        for key in [key for key, handler in table.items() if handler is dispatch_target]:
            del table[key]
            found = True
    if not found:
        raise InvalidArgumentError(
            "unregister_dispatch_for: {target} is not registered.", target=dispatch_target
        )


def call(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A public function with an extension type among its arguments.

    Raises:
        InvalidArgumentError: no handler is registered for it.
    """
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except TypeError as error:
        raise DTypeError("{name}(): {problem}.", name=function.__name__, problem=error) from error
    for handler, types_ in reversed(_by_api.get(function, [])):
        if all(matches(t, bound.arguments.get(name)) for name, t in types_.items()):
            return handler(*args, **kwargs)
    if _is_elementwise(function) and bound.arguments:
        names = list(bound.arguments)
        if _is_binary(function) and len(names) > 1:
            x, y = bound.arguments[names[0]], bound.arguments[names[1]]
            for (first, second), handler in reversed(_binary.items()):
                if matches(first, x) and matches(second, y):
                    return handler(_open(function, bound, names[:2]), x, y)
        else:
            x = bound.arguments[names[0]]
            for kind, handler in reversed(_unary.items()):
                if matches(kind, x):
                    return handler(_open(function, bound, names[:1]), x)
    if function.__module__.startswith(_CARRYING):
        return function(*args, **kwargs)
    found = [type(value).__name__ for value in bound.arguments.values()]
    raise InvalidArgumentError(
        "{name}: expected tensors, received {found}. Tell what it means for them with "
        "tf.experimental.dispatch_for_api.",
        name=function.__name__,
        found=found,
    )


def _open(function: Any, bound: inspect.BoundArguments, names: list[str]) -> Any:
    """The function of its first arguments, the others filled in."""
    rest = {name: value for name, value in bound.arguments.items() if name not in names}

    @functools.wraps(function)
    def api(*values: Any) -> Any:
        public = getattr(function, "_open", function)
        return public(*values, **rest)

    return api
