"""Lazy public namespaces: names load on first use, and an absent one says what is near.

A namespace is a table from a public name to where it lives. Nothing is imported until somebody
asks, so that ``import caudal`` costs little more than NumPy.
"""

from __future__ import annotations

import functools
import importlib
import os
import reprlib
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType, ModuleType
from typing import Any

from caudal.errors import (
    CaudalError,
    DTypeError,
    InvalidArgumentError,
    MissingNameError,
    did_you_mean,
    no_memory,
)
from caudal.keywords import check_keywords


def table(homes: Mapping[str, str]) -> dict[str, str]:
    """Public name -> "module:attribute", of module -> names apart by blanks.

    ``new=old`` gives an attribute another public name; a module whose list is "*" is public
    itself, under its last part.

    >>> table({"caudal.math": "abs add=plus", "caudal.nn": "*"})
    {'abs': 'caudal.math:abs', 'add': 'caudal.math:plus', 'nn': 'caudal.nn:'}
    """
    found: dict[str, str] = {}
    for module, names in homes.items():
        if names == "*":
            found[module.rpartition(".")[2]] = module + ":"
            continue
        for name in names.split():
            public, _, attribute = name.partition("=")
            found[public] = f"{module}:{attribute or public}"
    return found


def missing(label: str, name: str, known: Iterable[str], fix: str = "") -> MissingNameError:
    """The error for a public name that Caudal lacks."""
    if name.startswith("__"):
        # Python itself asks for these; nobody reads the text.
        return MissingNameError("{label} has no {name}", label=label, name=name)
    hint = fix or did_you_mean(name, sorted(known)).strip() or "See docs/coverage.md."
    return MissingNameError(
        "{label}.{name} is not in Caudal. {hint}", label=label, name=name, hint=hint
    )


def _offered(module: str) -> list[str]:
    """The public names in a module's own namespace: no submodules, nothing borrowed."""
    namespace = vars(sys.modules[module])
    if "__all__" in namespace:
        return list(namespace["__all__"])
    return [
        name
        for name, value in namespace.items()
        if name[0] != "_"
        and not isinstance(value, ModuleType)
        and getattr(value, "__module__", module).startswith("caudal.")
        and getattr(value, "__module__", module) != __name__
    ]


def lazy(
    module: str,
    places: Mapping[str, str],
    *,
    label: str = "",
    gone: Mapping[str, str] | None = None,
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of a lazy namespace (PEP 562).

    Args:
        module: the ``__name__`` of the namespace's module.
        places: what `table` returns.
        label: how users spell the namespace, "tf.math".
        gone: names that TensorFlow dropped, with what to use today.
    """
    shown = label or module.replace("caudal", "tf", 1)

    def get(name: str) -> Any:
        place = places.get(name)
        if place is None:
            known = names()
            raise missing(shown, name, known, (gone or {}).get(name, ""))
        home, _, attribute = place.partition(":")
        try:
            owner = importlib.import_module(home)
        except ModuleNotFoundError as error:
            if error.name is None or not home.startswith(error.name):
                raise
            raise missing(shown, name, (n for n in places if n != name)) from error
        value = open_to_symbols(getattr(owner, attribute)) if attribute else owner
        setattr(sys.modules[module], name, value)
        return value

    def names() -> list[str]:
        return sorted({*places, *_offered(module)})

    return get, names


# Where functions compute with tensors.
_COMPUTING = tuple(
    f"caudal.{name}."
    for name in (
        "array bitwise image linalg math nn random signal strings framework.convert "
        "framework.gradients framework.matmul keras.activations keras.backend.networks "
        "keras.backend.tensors keras.ops"
    ).split()
)
# What is computed in a graph (tf.compat.v1) while it is written; all else happens at once.
_WAITING = tuple(
    f"caudal.{name}."
    for name in (
        "array bitwise control debugging image linalg math messages nn random signal strings "
        "framework.convert framework.matmul"
    ).split()
)
# What else never ends in a traceback from inside NumPy.
_GUARDED = ("caudal.audio.", "caudal.io.")
_AT_ONCE = frozenset(
    "set_seed get_global_generator set_global_generator create_rng_state control_dependencies "
    "get_static_value group no_op grad_pass_through recompute_grad get_logger "
    "enable_check_numerics disable_check_numerics enable_dump_debug_info disable_dump_debug_info "
    "enable_traceback_filtering disable_traceback_filtering is_traceback_filtering_enabled "
    "set_log_device_placement get_log_device_placement is_numeric_tensor "
    "broadcast_static_shape".split()
)
_MANY = 64

_writing: Callable[[tuple[Any, ...]], Any] | None = None


def while_writing(hook: Callable[[tuple[Any, ...]], Any]) -> None:
    """Has ``hook(args)`` asked at each computing call; what it returns decides if not None."""
    global _writing
    _writing = hook


def open_to_symbols(value: Any) -> Any:
    """A public function that leaves symbolic arguments to their class; other values as they are.

    A class with ``__caudal_function__(function, args, kwargs)`` (Keras's KerasTensor) decides what
    a call with one of its instances means. Only the public names are wrapped: functions call one
    another directly. The same function always gives the same wrapper.
    """
    home = f"{getattr(value, '__module__', '')}."
    waits = home.startswith(_WAITING) and getattr(value, "__name__", "") not in _AT_ONCE
    computes = home.startswith(_COMPUTING)
    if type(value) is not FunctionType or not (waits or computes or home.startswith(_GUARDED)):
        return value
    found = value.__dict__.get("_open")
    if found is not None or hasattr(value, "__wrapped__"):
        return found or value

    @functools.wraps(value)
    def public(*args: Any, **kwargs: Any) -> Any:
        hook = None
        if computes:
            hook = _hook(args) or (_hook(tuple(kwargs.values())) if kwargs else None)
        if hook is None and waits and _writing is not None:
            hook = _writing(args)
        if hook is not None:
            return hook(value, args, kwargs)
        try:
            return value(*args, **kwargs)
        except CaudalError:
            raise
        except MemoryError as error:
            raise no_memory(value.__name__, error) from error
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
            if kwargs and isinstance(error, TypeError):
                check_keywords(value.__name__, value, kwargs)
            found = refused(value.__name__, args, kwargs, error)
            if found is error:
                # An error that were its own cause would send whoever follows causes in a circle.
                raise
            raise found from error

    value.__dict__["_open"] = public
    return public


_LIBRARIES = ("PIL", "caudal", "ml_dtypes", "numpy")


def refused(
    name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], error: Exception
) -> Exception:
    """What a function raises for an error that came up inside it, in NumPy or Python.

    The function could not be computed with its arguments, so the error names it and them. An error
    of a function that was passed in, or of a call with the wrong number of arguments, stays.
    """
    frames = list(traceback.walk_tb(error.__traceback__))
    inside = [frame.f_code.co_filename for frame, _ in frames[1:]]
    known = (sys.modules[name] for name in _LIBRARIES if name in sys.modules)
    homes = [module.__file__ or "" for module in known]
    libraries = tuple(os.path.dirname(home) + os.sep for home in homes)
    if not inside or not all(file.startswith(libraries) for file in inside):
        return error
    given = [_shown(value) for value in args]
    given += [f"{key}={_shown(value)}" for key, value in kwargs.items()]
    of_shape = any(word in str(error) for word in ("shape", "broadcast", "dimension", "size"))
    kind = InvalidArgumentError if of_shape else DTypeError
    return kind(
        "{name}: cannot be computed for ({given}): {reason}",
        name=name,
        given=", ".join(given),
        reason=str(error),
    )


def _shown(value: Any) -> str:
    """An argument in an error: the type of a tensor, the text of anything else."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None:
        return f"{getattr(dtype, 'name', dtype)}{list(shape)}"
    return reprlib.repr(value)


def _hook(values: tuple[Any, ...]) -> Any:
    for value in values:
        hook = getattr(type(value), "__caudal_function__", None)
        if hook is not None:
            return hook
        if isinstance(value, list | tuple):
            for item in value[:_MANY]:
                hook = getattr(type(item), "__caudal_function__", None)
                if hook is not None:
                    return hook
    return None


def strict(
    module: str, *, label: str = "", places: Mapping[str, str] | None = None
) -> Callable[[str], Any]:
    """The ``__getattr__`` of a namespace whose names are loaded: it explains what is absent.

    ``places``: names that live on a floor above, as `lazy` takes them.
    """
    namespace = vars(sys.modules[module])
    for name, value in list(namespace.items()):
        if not name.startswith("_"):
            namespace[name] = open_to_symbols(value)
    return lazy(module, places or {}, label=label)[0]
