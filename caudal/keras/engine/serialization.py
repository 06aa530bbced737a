"""Objects as configurations and back: the registry of classes and custom objects."""

from __future__ import annotations

import importlib
import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import FunctionType
from typing import Any

import numpy as np

from caudal.errors import (
    DTypeError,
    InvalidArgumentError,
    PermissionDeniedError,
    did_you_mean,
)
from caudal.ir.dtypes import DType
from caudal.keras.engine import plain_values

# Where the classes of Keras's public modules live in Caudal.
_HOMES = (
    "keras.layers",
    "keras.models",
    "keras.initializers",
    "keras.regularizers",
    "keras.constraints",
    "keras.activations",
    "keras.losses",
    "keras.metrics",
    "keras.optimizers",
    "keras.optimizers.schedules",
    "keras.quantizers",
    "keras.distillation",
    "keras.utils",
    "keras.callbacks",
    "keras.applications.scaling",
)
_CLASS_HOMES = tuple(home for home in _HOMES if home != "keras.callbacks")
_registered: dict[str, Any] = {}
_registered_names: dict[Any, str] = {}


# Functions that files may name: none of these makes or reads anything.
_FUNCTION_HOMES = ("keras.activations", "keras.losses", "keras.metrics", "keras.initializers")
_POLICIES = frozenset(
    "DTypePolicy FloatDTypePolicy DTypePolicyMap QuantizedDTypePolicy QuantizedFloat8DTypePolicy "
    "Int4DTypePolicy GPTQDTypePolicy AWQDTypePolicy".split()
)
_NO_OBJECTS = {"get", "serialize", "deserialize"}


class _Custom(threading.local):
    def __init__(self) -> None:
        self.stack: list[dict[str, Any]] = []
        self.safe = True
        self.reading = False


_scopes = _Custom()


class CustomObjectScope:
    """Makes names known to deserialization while it is open.

    >>> with CustomObjectScope({"Mine": dict}):
    ...     get_registered_object("Mine")
    <class 'dict'>
    """

    def __init__(self, custom_objects: dict[str, Any] | None) -> None:
        self.custom_objects = dict(custom_objects or {})

    def __enter__(self) -> CustomObjectScope:
        _scopes.stack.append(self.custom_objects)
        return self

    def __exit__(self, *details: Any) -> None:
        _scopes.stack.pop()


custom_object_scope = CustomObjectScope


@contextmanager
def code_allowed() -> Iterator[None]:
    """Marshalled lambdas are loaded while it is open: ``safe_mode=False``."""
    before, _scopes.safe = _scopes.safe, False
    try:
        yield
    finally:
        _scopes.safe = before


def code_is_allowed() -> bool:
    """Whether what is being loaded may do what files may not: ``safe_mode=False``."""
    return not _scopes.safe


def check_may_open(layer: str, path: Any) -> None:
    """Raises where a configuration that is being read, not the program, names a file.

    Raises:
        PermissionDeniedError: so it is.
    """
    if _scopes.reading and _scopes.safe:
        raise PermissionDeniedError(
            "{layer}: the configuration names the file {path!r}, and what a model file names is "
            "not opened. Give the content itself, or pass safe_mode=False if you trust the "
            "author.",
            layer=layer,
            path=str(path),
        )


def get_custom_objects() -> dict[str, Any]:
    """The global registry, which may be changed."""
    return _registered


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[Any], Any]:
    """A decorator that makes a class or function known under ``package>name``."""

    def decorate(target: Any) -> Any:
        if inspect.isclass(target) and not hasattr(target, "get_config"):
            raise InvalidArgumentError(
                "Cannot register class {name}: it has no get_config() method.",
                name=target.__name__,
            )
        full = f"{package}>{name or target.__name__}"
        _registered[full] = target
        _registered_names[target] = full
        return target

    return decorate


def get_registered_name(obj: Any) -> str:
    """The registered name of a class or function, or else its own."""
    return _registered_names.get(obj) or str(obj.__name__)


def get_registered_object(
    name: str, custom_objects: dict[str, Any] | None = None, module_objects: Any = None
) -> Any:
    """The class or function of that name in the scopes, the registry or the tables given."""
    for table in (custom_objects, *reversed(_scopes.stack), _registered, module_objects):
        if table and name in table:
            return table[name]
    return None


def _by_short_name(name: str) -> Any:
    """The function registered as ``package>name``, of which Keras 3.6 wrote only the name."""
    ends = (key for key in _registered if key.endswith(f">{name}"))
    found = [_registered[key] for key in ends if isinstance(_registered[key], FunctionType)]
    return found[0] if len(found) == 1 else None


def is_builtin(target: Any) -> bool:
    """Whether a class or function is Caudal's own."""
    return str(getattr(target, "__module__", "")).startswith("caudal.")


def _public_module(target: Any) -> str:
    """Keras's public module of one of Caudal's classes: keras.layers for all layers.

    A class of another package says its own in ``_public_home``.
    """
    if home := getattr(target, "_public_home", None):
        return str(home)
    module = target.__module__.removeprefix("caudal.")
    if target.__name__ in ("Sequential", "Functional", "Model", "DTypePolicy", "Variable"):
        if target.__name__ == "Functional":
            return "keras.src.models.functional"
        return "keras"
    if target.__name__ == "InputLayer":
        return "keras.layers"
    if module.endswith(("_policy", ".policy")):
        return "keras" if target.__name__ == "FloatDTypePolicy" else "keras.dtype_policies"
    for home in sorted(_HOMES, key=len, reverse=True):
        if module == home or module.startswith(home + "."):
            return home
    return str(module)


def serialize_keras_object(obj: Any) -> Any:
    """A configuration made of dicts, lists, numbers and strings.

    Raises:
        InvalidArgumentError: the object has no configuration.
    """
    target = obj
    if target is None or isinstance(target, str | bool | int | float):
        return target
    if isinstance(target, list | tuple):
        items = [serialize_keras_object(item) for item in target]
        return tuple(items) if isinstance(target, tuple) else items
    if isinstance(target, dict):
        return {key: serialize_keras_object(item) for key, item in target.items()}
    if isinstance(target, np.generic):
        return target.item()
    if isinstance(target, DType):
        return target.name
    if (plain := plain_values.written(target, serialize_keras_object)) is not plain_values.NONE:
        return plain
    if isinstance(target, FunctionType):
        if target.__name__ == "<lambda>":
            from caudal.keras.saving.marshalled import dump_lambda

            return dump_lambda(target)
        return _serialize_function(target)
    if not hasattr(target, "get_config"):
        raise InvalidArgumentError(
            "Cannot serialize object {target!r} of type {kind}: it has no get_config() method.",
            target=target,
            kind=type(target).__name__,
        )
    kind = type(target)
    config = {
        "module": _public_module(kind) if is_builtin(kind) else kind.__module__,
        "class_name": getattr(kind, "_public_name", kind.__name__),
        "config": serialize_keras_object(target.get_config()),
        "registered_name": None if is_builtin(kind) else get_registered_name(kind),
    }
    build = getattr(target, "get_build_config", None)
    if build is not None and (build_config := build()) is not None:
        config["build_config"] = serialize_keras_object(build_config)
    return config


def _serialize_function(target: FunctionType) -> Any:
    return {
        "module": "builtins",
        "class_name": "function",
        "config": get_registered_name(target),
        "registered_name": "function",
    }


def find_class(
    module: str | None, name: str, registered: str | None, custom: Any, function: bool = False
) -> Any:
    """The class (or function) that a configuration names.

    The user's own are found only where the program registered them or gave them; all others are
    Caudal's, from a closed list of modules. Nothing is imported because a file says so.

    Raises:
        DTypeError: nothing of that name is known (a TypeError, as Keras raises).
    """
    for candidate in (registered, name):
        if candidate and (found := get_registered_object(str(candidate), custom)) is not None:
            return found
    homes = _FUNCTION_HOMES if function else _CLASS_HOMES
    known: list[str] = []
    for home in sorted(homes, key=lambda home: home != module):
        namespace = importlib.import_module("caudal." + home)
        public = [item for item in dir(namespace) if item[0] != "_" and item not in _NO_OBJECTS]
        found = getattr(namespace, name) if name in public else None
        fits = inspect.isfunction(found) if function else hasattr(found, "from_config")
        if found is not None and fits and (function or inspect.isclass(found)):
            _check_registered(registered, name)
            return found
        known += public
    raise DTypeError(
        "Could not locate {kind} {name!r}.{hint} Decorate custom {kind} with "
        "@keras.saving.register_keras_serializable() or pass it as custom_objects.",
        kind="function" if function else "class",
        name=name,
        hint=did_you_mean(str(name), known),
    )


def _check_registered(registered: Any, name: str) -> None:
    """A configuration of a class of the user's must not become one of Caudal's of that name."""
    if registered and registered != name:
        raise InvalidArgumentError(
            "The configuration says that {name!r} is registered as {registered!r}, which nobody "
            "has registered, and {name!r} is a built-in name. Register the class, or pass it as "
            "custom_objects={{{registered!r}: ...}}.",
            name=name,
            registered=registered,
        )


def deserialize_keras_object(
    config: Any, custom_objects: dict[str, Any] | None = None, safe_mode: bool = True
) -> Any:
    """The object of a configuration made by `serialize_keras_object`.

    safe_mode: False lets marshalled Python lambdas be loaded, which is running foreign code.

    Raises:
        DTypeError: a class or function is not known.
        InvalidArgumentError: marshalled code in safe mode; wrong arguments for a class.
    """
    with nullcontext() if safe_mode else code_allowed():
        return _deserialize(config, custom_objects)


def _deserialize(config: Any, custom_objects: dict[str, Any] | None) -> Any:
    if isinstance(config, list | tuple):
        items = [_deserialize(item, custom_objects) for item in config]
        return tuple(items) if isinstance(config, tuple) else items
    if not isinstance(config, dict):
        return config
    if "class_name" not in config or "config" not in config:
        return {key: _deserialize(item, custom_objects) for key, item in config.items()}
    name, inner = config["class_name"], config["config"]
    plain = plain_values.read(name, inner, lambda part: _deserialize(part, custom_objects))
    if plain is not plain_values.NONE:
        return plain
    if name == "__lambda__":
        from caudal.keras.saving.marshalled import load_lambda

        return load_lambda(inner, _scopes.safe)
    if name == "function":
        found = get_registered_object(config.get("registered_name") or inner, custom_objects)
        found = found or get_registered_object(inner, custom_objects) or _by_short_name(inner)
        if found is None:
            registered = config.get("registered_name")
            registered = None if registered == "function" else registered
            found = find_class(config.get("module"), inner, registered, custom_objects, True)
        return found
    if name in _POLICIES:
        from caudal.keras.engine.policy import get_policy

        return get_policy({"class_name": name, "config": inner})
    kind = find_class(config.get("module"), name, config.get("registered_name"), custom_objects)
    before, _scopes.reading = _scopes.reading, True
    try:
        with CustomObjectScope(custom_objects):
            instance = _from_config(kind, inner)
    finally:
        _scopes.reading = before
    build_config = config.get("build_config")
    if build_config and hasattr(instance, "build_from_config") and not instance.built:
        instance.build_from_config(build_config)
    return instance


def _from_config(kind: Any, config: Any) -> Any:
    if not hasattr(kind, "from_config"):
        raise DTypeError(
            "Unable to reconstruct an instance of {cls}: the class has no from_config() method.",
            cls=kind.__name__,
        )
    if is_builtin(kind):
        return kind.from_config(config)
    try:
        return kind.from_config(config)
    except TypeError as error:
        raise InvalidArgumentError(
            "Cannot make a {cls} from its configuration {config}: {reason}. Its get_config() and "
            "its constructor (or from_config) must fit together; **kwargs in the constructor, "
            "passed on to super().__init__(), takes name, dtype and trainable.",
            cls=kind.__name__,
            config=config,
            reason=error,
        ) from error


def lookup(
    kind: str,
    identifier: Any,
    table: dict[str, Any],
    custom_objects: dict[str, Any] | None = None,
) -> Any:
    """What `initializers.get` and its like do: an object from a name, a configuration, a class.

    ``table`` maps every accepted name to a class or function; classes are called.

    Raises:
        InvalidArgumentError: nothing of that name; the message gives the nearest names.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        return deserialize_keras_object(identifier, {**table, **(custom_objects or {})})
    found = identifier
    if isinstance(identifier, str):
        found = get_registered_object(identifier, custom_objects, table)
        if found is None:
            raise InvalidArgumentError(
                "Could not interpret {kind} identifier: {name!r}.{hint}",
                kind=kind,
                name=identifier,
                hint=did_you_mean(identifier, list(table)),
            )
    if inspect.isclass(found):
        return found()
    if callable(found):
        return found
    raise InvalidArgumentError(
        "Could not interpret {kind} identifier: {value!r}. Expected a name, a configuration, "
        "an instance or a function.",
        kind=kind,
        value=identifier,
    )
