"""The configuration of a layer that a handle describes."""

from __future__ import annotations

import json
from typing import Any

from caudal.errors import InvalidArgumentError, PermissionDeniedError, UnimplementedError
from caudal.framework import nest
from caudal.hub.call import Call
from caudal.hub.loading import opened
from caudal.keras.engine.layer import Layer
from caudal.keras.engine.serialization import code_is_allowed


class ConfiguredByHandle(Layer):
    """`get_config` and `from_config`: a file names the module, and does not hold it."""

    _kept: tuple[Any, Any]
    _called: Call
    _as_dict: bool | None

    def get_config(self) -> dict[str, Any]:
        """The handle and the other arguments; the module itself is not part of a saved model.

        Raises:
            UnimplementedError: the handle is an object.
            InvalidArgumentError: an argument is no JSON.
        """
        config = super().get_config()
        handle = self._kept[0]
        if not isinstance(handle, str):
            raise UnimplementedError(
                "Can only generate a valid config for `hub.KerasLayer(handle, ...)` that uses a "
                "string `handle`. Got `type(handle)`: {kind}",
                kind=type(handle).__name__,
            )
        config["handle"] = handle
        called = self._called
        if called.shapes is not None:
            config["output_shape"] = nest.map_structure(list, called.shapes)
        for key, value in called.arguments.items():
            try:
                json.dumps(value)
            except (TypeError, ValueError) as error:
                raise InvalidArgumentError(
                    "`hub.KerasLayer(..., arguments)` contains non json-serializable values in "
                    "key: {key}",
                    key=key,
                ) from error
        named = {
            "arguments": called.arguments,
            "signature": called.signature,
            "output_key": called.output_key,
            "signature_outputs_as_dict": self._as_dict,
        }
        return {**config, **{key: value for key, value in named.items() if value}}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The layer of a configuration.

        Raises:
            PermissionDeniedError: a file names a handle that the program has not opened itself.
        """
        handle = config.get("handle")
        if handle not in opened.known and not code_is_allowed():
            raise PermissionDeniedError(
                "hub.KerasLayer: the file wants the module {handle!r} to be opened. Call "
                "hub.load({handle!r}) before, or pass safe_mode=False to load_model, if you trust "
                "the file's author.",
                handle=handle,
            )
        return super().from_config(config)
