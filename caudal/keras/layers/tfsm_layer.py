"""TFSMLayer: a function of a SavedModel as a layer."""

from __future__ import annotations

from typing import Any

from caudal import saved_model
from caudal.errors import InvalidArgumentError, PermissionDeniedError
from caudal.framework import Variable, convert_to_tensor, nest
from caudal.keras.engine.layer import Layer
from caudal.keras.engine.serialization import code_is_allowed


class TFSMLayer(Layer):
    """Calls an endpoint of a SavedModel; its variables are the layer's weights.

    Args:
        filepath: the folder.
        call_endpoint: the name of a function of the SavedModel or of one of its signatures
            ("serve" in what ``model.export`` writes, "serving_default" nearly everywhere).
        call_training_endpoint: the one to call with ``training=True``.

    The call's value is the endpoint's: signatures give dicts. Source:
    https://keras.io/api/layers/backend_specific_layers/tfsm_layer
    """

    def __init__(
        self,
        filepath: Any,
        call_endpoint: str = "serve",
        call_training_endpoint: str | None = None,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self.filepath = str(filepath)
        self.call_endpoint_name = call_endpoint
        self.call_training_endpoint_name = call_training_endpoint
        loaded = saved_model.load(filepath)
        # What is loaded is no part of the layer's own tree of layers.
        self._endpoint = (self._found(loaded, call_endpoint),)
        training = call_training_endpoint or call_endpoint
        self._training_endpoint = (self._found(loaded, training),)
        self._adopt(loaded)
        self.built = True

    def _found(self, loaded: Any, name: str) -> Any:
        """A function by name: an attribute of what was loaded, or a signature."""
        found = vars(loaded).get(name)
        if callable(found):
            return found
        if name in loaded.signatures:
            return loaded.signatures[name]
        known = [key for key, value in vars(loaded).items() if callable(value)]
        raise InvalidArgumentError(
            "The endpoint {name!r} is neither an attribute of the reloaded SavedModel, nor an "
            "entry in the `signatures` field of the reloaded SavedModel. Select another endpoint "
            "via the `call_endpoint` argument. Available endpoints for this SavedModel: {known}",
            name=name,
            known=sorted({*known, *loaded.signatures}),
        )

    def _adopt(self, loaded: Any) -> None:
        """The variables become weights: those of the endpoints, and those listed beside them."""
        functions = [*self._endpoint, *self._training_endpoint]
        concrete = [one for fn in functions for one in getattr(fn, "concrete_functions", [fn])]
        listed = [v for v in vars(loaded).get("variables", ()) if isinstance(v, Variable)]
        found = {id(v): v for v in [v for one in concrete for v in one.variables] + listed}
        trained = [variable for variable in found.values() if variable.trainable]
        self._take_over(trained, [one for one in found.values() if not one.trainable])

    def call(self, inputs: Any, training: Any = False, **kwargs: Any) -> Any:
        """The endpoint's value."""
        (endpoint,) = self._training_endpoint if training else self._endpoint
        return endpoint(nest.map_structure(convert_to_tensor, inputs), **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The folder and the endpoints; the folder itself is not part of a saved model."""
        return {
            **super().get_config(),
            "filepath": self.filepath,
            "call_endpoint": self.call_endpoint_name,
            "call_training_endpoint": self.call_training_endpoint_name,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None, safe_mode: bool = True
    ) -> Any:
        """The layer of a configuration.

        Raises:
            PermissionDeniedError: loading it would open the folder that a file names, and
                ``safe_mode=False`` was not given.
        """
        if safe_mode and not code_is_allowed():
            raise PermissionDeniedError(
                "TFSMLayer: the file wants the SavedModel {path!r} to be opened. Pass "
                "safe_mode=False to load_model if you trust its author.",
                path=config.get("filepath"),
            )
        return cls(**config)
