"""ExportArchive: layers and functions as a SavedModel; ``model.export`` is one with ``serve``."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from caudal import saved_model
from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import Function, Variable, nest
from caudal.framework.function import BoundFunction
from caudal.keras.engine.layer import Layer
from caudal.keras.export.signatures import blamed, spec_of
from caudal.keras.export.signatures import input_signature as signature_of
from caudal.saved_model.columns import UnwritableError
from caudal.saved_model.saver import DEFAULT_SIGNATURE
from caudal.train.trackable import children

DEFAULT_ENDPOINT = "serve"


class Exported:
    """What a SavedModel of Keras holds: its variables in lists, its functions by name."""


children.register(Exported, vars)


class ExportArchive:
    """Collects functions of layers, and writes them as a SavedModel.

    TensorFlow loads the folder with ``tf.saved_model.load`` (each endpoint is a method and a
    signature), its servers serve it, and `TFSMLayer` uses it in a Keras model. Source:
    https://keras.io/api/models/model_saving_apis/export

    >>> from caudal import TensorSpec, saved_model
    >>> from caudal.keras import Sequential, layers, Input
    >>> model = Sequential([Input((2,)), layers.Dense(1)])
    >>> archive = ExportArchive()
    >>> archive.track(model)
    >>> _ = archive.add_endpoint("serve", model.call, [TensorSpec((None, 2), "float32")])
    """

    def __init__(self, format: str = "saved_model", **kwargs: Any) -> None:
        if format != "saved_model" or kwargs:
            raise UnimplementedError(
                "ExportArchive: expected format='saved_model' and nothing else, received "
                "format={format!r}, {names}. For ONNX: model.export('model.onnx').",
                format=format,
                names=sorted(kwargs),
            )
        self._root = Exported()
        self._tracked: list[Layer] = []
        self._endpoints: dict[str, Any] = {}
        self._collections: dict[str, list[Variable]] = {}

    def track(self, resource: Any) -> None:
        """Includes the variables of a layer or model.

        Raises:
            InvalidArgumentError: it is no built layer.
        """
        if not isinstance(resource, Layer):
            raise InvalidArgumentError(
                "ExportArchive.track: expected a layer or a model, received {received}.",
                received=type(resource).__name__,
            )
        if not resource.built:
            raise InvalidArgumentError(
                "ExportArchive.track: the layer {name!r} is not built; call it on data first.",
                name=resource.name,
            )
        if not any(one is resource for one in self._tracked):
            self._tracked.append(resource)

    def add_endpoint(self, name: str, fn: Any, input_signature: Any = None, **kwargs: Any) -> Any:
        """Adds a function under a name; it is compiled for TensorFlow when the archive is written.

        Args:
            name: a Python name.
            fn: a function of tensors, or a tf.function that was called or has a signature.
            input_signature: TensorSpecs (or structures of them), one for each argument of ``fn``.

        Returns:
            The tf.function.
        """
        if kwargs:
            raise InvalidArgumentError(
                "ExportArchive.add_endpoint: unknown arguments {names}.", names=sorted(kwargs)
            )
        if not name.isidentifier() or name in self._endpoints:
            raise InvalidArgumentError(
                "ExportArchive.add_endpoint: expected a new Python name, received {name!r}.",
                name=name,
            )
        if input_signature is None:
            if not isinstance(fn, Function | BoundFunction):
                raise InvalidArgumentError(
                    "ExportArchive.add_endpoint: expected an input_signature for {name!r}, as the "
                    "function is no tf.function.",
                    name=name,
                )
            self._endpoints[name] = fn
            return fn
        specs = [nest.map_structure(spec_of, one) for one in input_signature]
        endpoint = Function(_plain(fn), name, input_signature=specs)
        self._endpoints[name] = endpoint
        return endpoint

    def track_and_add_endpoint(
        self, name: str, resource: Any, input_signature: Any = None, **kwargs: Any
    ) -> Any:
        """Tracks a layer and adds its call as an endpoint."""
        self.track(resource)
        signature = [signature_of(resource)] if input_signature is None else input_signature
        return self.add_endpoint(name, inference(resource), signature, **kwargs)

    def add_variable_collection(self, name: str, variables: Sequence[Variable]) -> None:
        """Adds a list of variables under a name."""
        found = list(variables)
        if any(not isinstance(variable, Variable) for variable in found):
            raise InvalidArgumentError(
                "ExportArchive.add_variable_collection: expected variables, received {received}.",
                received=[type(variable).__name__ for variable in found],
            )
        self._collections[name] = found

    def write_out(self, filepath: Any, options: Any = None, verbose: bool = True) -> None:
        """Writes the SavedModel.

        Raises:
            InvalidArgumentError: there is no endpoint.
            UnimplementedError: an op of a layer has no counterpart in TensorFlow; names both.
        """
        if not self._endpoints:
            raise InvalidArgumentError("ExportArchive.write_out: no endpoint was added.")
        root = self._filled()
        functions = list(self._endpoints.values())
        signatures = dict(self._endpoints)
        signatures.setdefault(DEFAULT_SIGNATURE, functions[0])
        try:
            saved_model.save(root, filepath, signatures, options)
        except UnwritableError as error:
            raise blamed(self._tracked, error) from error
        if verbose:
            print(f"Saved artifact at '{os.fspath(filepath)}'.")

    def _filled(self) -> Exported:
        root = self._root
        variables: list[Variable] = []
        for layer in self._tracked:
            variables += [v for v in layer.variables if not any(v is one for one in variables)]
        lists = {
            "variables": variables,
            "trainable_variables": [v for v in variables if v.trainable],
            "non_trainable_variables": [v for v in variables if not v.trainable],
            **self._collections,
        }
        vars(root).update(lists)
        vars(root).update(self._endpoints)
        return root


def _plain(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose parameters can be looked at; a layer is called for inference."""
    return inference(fn) if isinstance(fn, Layer) else fn


def inference(layer: Layer) -> Callable[..., Any]:
    """The layer's call with ``training=False``, as a function of its input."""

    def serve(inputs: Any) -> Any:
        return layer(inputs, training=False)

    return serve


def export_saved_model(
    model: Any, filepath: Any, verbose: bool | None = None, input_signature: Any = None
) -> None:
    """A model's inference as a SavedModel with the endpoint ``serve``."""
    archive = ExportArchive()
    archive.track_and_add_endpoint(DEFAULT_ENDPOINT, model, input_signature)
    archive.write_out(filepath, verbose=bool(True if verbose is None else verbose))
