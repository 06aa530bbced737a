"""``keras.legacy.saving``: configurations in the form of Keras 2."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError, did_you_mean
from caudal.keras.engine import serialization
from caudal.namespaces import strict


def serialize_keras_object(instance: Any) -> Any:
    """``{"class_name": ..., "config": ...}``, a function's name, or None.

    >>> from caudal import keras
    >>> serialize_keras_object(keras.layers.Flatten(name="flat"))["class_name"]
    'Flatten'
    """
    if instance is None:
        return None
    if hasattr(instance, "get_config"):
        name = serialization.get_registered_name(type(instance))
        return {"class_name": name, "config": instance.get_config()}
    if hasattr(instance, "__name__"):
        return serialization.get_registered_name(instance)
    raise InvalidArgumentError(
        "Cannot serialize {instance!r}: it has neither get_config() nor a name.", instance=instance
    )


def deserialize_keras_object(
    identifier: Any,
    module_objects: dict[str, Any] | None = None,
    custom_objects: dict[str, Any] | None = None,
    printable_module_name: str = "object",
) -> Any:
    """The object of a Keras 2 configuration, or of a name.

    Args:
        identifier: ``{"class_name": ..., "config": ...}``, a name, or None.
        module_objects: the classes and functions that names may mean.
        custom_objects: the user's own ones.
        printable_module_name: what to call them in errors.

    Raises:
        InvalidArgumentError: an unknown name, a configuration of another form.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        if "class_name" not in identifier or "config" not in identifier:
            raise InvalidArgumentError(
                "Improper config format for {config}. Expected a dict with `class_name` and "
                "`config`.",
                config=identifier,
            )
        kind = _find(
            identifier["class_name"], module_objects, custom_objects, printable_module_name
        )
        with serialization.CustomObjectScope(custom_objects or {}):
            if hasattr(kind, "from_config"):
                return kind.from_config(dict(identifier["config"]))
            return kind(**identifier["config"])
    if isinstance(identifier, str):
        found = _find(identifier, module_objects, custom_objects, printable_module_name)
        return found() if isinstance(found, type) else found
    if callable(identifier):
        return identifier
    raise InvalidArgumentError(
        "Could not interpret the {what} {identifier!r}.",
        what=printable_module_name,
        identifier=identifier,
    )


def _find(name: str, known: Any, custom: Any, what: str) -> Any:
    for place in (custom, serialization.get_custom_objects(), known):
        if place and name in place:
            return place[name]
    from caudal.keras import layers

    found = getattr(layers, name, None)
    if found is None:
        raise InvalidArgumentError(
            "Unknown {what}: {name!r}.{hint} Pass your own classes and functions as "
            "custom_objects.",
            what=what,
            name=name,
            hint=did_you_mean(name, [*(known or ()), *(custom or ())]),
        )
    return found


__all__ = ["deserialize_keras_object", "serialize_keras_object"]

__getattr__ = strict(__name__, label="keras.legacy.saving")
