"""``hub.KerasLayer``: a module, or anything that can be called, as a layer."""

from __future__ import annotations

import warnings
from typing import Any

from caudal.errors import CaudalWarning, InvalidArgumentError
from caudal.framework import nest
from caudal.hub import endpoints, outputs
from caudal.hub.call import Call
from caudal.hub.layer_config import ConfiguredByHandle
from caudal.hub.loading import loaded_object
from caudal.ir.dtypes import string
from caudal.keras.engine.keras_tensor import standardize_shape


class KerasLayer(ConfiguredByHandle):
    """A module of TensorFlow Hub, or any function of a tensor, as a layer.

    Args:
        handle: what `load` takes (a URL, a folder, a tar), or an object to be called.
        trainable: whether the module's variables are trained; its ``training`` argument is true
            only where the layer is trainable and the model trains.
        arguments: keyword arguments that each call passes on.
        tags: the graph of a module in the format of TensorFlow 1.
        signature: the name of a signature, to be called in place of the object.
        signature_outputs_as_dict: give all outputs of the signature as a dict.
        output_key: give this output of a dict.
        output_shape: the shapes of the outputs without the batch.
        load_options: a `tf.saved_model.LoadOptions`.
        kwargs: what every layer takes; ``input_shape`` and ``dtype`` describe the input.

    The input and the output are what the module says. Its ``variables``, ``trainable_variables``
    and ``regularization_losses`` become the layer's.

    >>> from caudal.framework import convert_to_tensor
    >>> layer = KerasLayer(lambda x: x * 2.0)
    >>> layer(convert_to_tensor([[1.0, 2.0]])).numpy()
    array([[2., 4.]], dtype=float32)

    Raises:
        InvalidArgumentError: arguments that contradict one another, a signature that is not there.
    """

    _public_home = "tensorflow_hub.keras_layer"

    def __init__(
        self,
        handle: Any,
        trainable: bool = False,
        arguments: dict[str, Any] | None = None,
        _sentinel: None = None,
        tags: Any = None,
        signature: str | None = None,
        signature_outputs_as_dict: bool | None = None,
        output_key: str | None = None,
        output_shape: Any = None,
        load_options: Any = None,
        **kwargs: Any,
    ) -> None:
        if _sentinel is not None:
            raise InvalidArgumentError(
                "hub.KerasLayer: expected at most 3 arguments by position, received a fourth."
            )
        # The usual spelling here, so that there is nothing to say about it.
        shape = kwargs.pop("input_shape", None)
        super().__init__(trainable=trainable, **kwargs)
        if shape is not None:
            self._input_shape_arg = (None, *standardize_shape(shape))
        loaded = loaded_object(handle, tags, load_options)
        old = getattr(loaded, "_is_hub_module_v1", False)
        if old:
            signature = signature or "default"
            output_key = output_key if signature_outputs_as_dict else output_key or "default"
        endpoints.check_choice(signature, signature_outputs_as_dict, output_key)
        function = endpoints.endpoint(loaded, signature, handle)
        shapes = outputs.shapes_of(output_shape) if output_shape else None
        # In a tuple, so that the layer does not take them for parts of its own.
        self._kept = (handle, loaded)
        self._called = Call(function, dict(arguments or {}), signature, output_key, shapes)
        self._as_dict = signature_outputs_as_dict
        self._is_old = old
        # A module's dtypes are what they were when it was saved.
        self.autocast = False
        given = self.compute_dtype if kwargs.get("dtype") is not None else None
        expected = endpoints.input_dtype(function)
        self._expected_input_dtype = given if expected is None else expected.name
        self._adopt(loaded)
        self.built = True

    def _adopt(self, loaded: Any) -> None:
        """The object's variables become weights, its regularization losses."""
        trained = list(getattr(loaded, "trainable_variables", ()))
        seen = {id(variable) for variable in trained}
        others = [v for v in getattr(loaded, "variables", ()) if id(v) not in seen]
        self._take_over(trained, others)
        for loss in getattr(loaded, "regularization_losses", ()):
            if not callable(loss):
                raise InvalidArgumentError(
                    "hub.KerasLayer(obj) expects obj.regularization_losses to be an iterable of "
                    "callables, each returning a scalar loss term."
                )
            self.add_loss(self._if_trainable(loss))

    def _if_trainable(self, loss: Any) -> Any:
        return lambda: loss() if self.trainable else 0.0

    @property
    def resolved_object(self) -> Any:
        """What the handle led to."""
        return self._kept[1]

    # --- the call -----------------------------------------------------------------------------

    def call(self, inputs: Any, training: Any = None) -> Any:
        """The module's value; ``training`` counts only while the layer is trainable."""
        self._check_trainable()
        return self._called(inputs, self.trainable and training)

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> Any:
        """The output as KerasTensors: tried out, or as saved where texts are involved."""
        texts = any(leaf.dtype == string for leaf in nest.flatten(inputs))
        if texts or self._called.is_declared:
            return self._called.declared(inputs, self.name)
        return super().compute_output_spec(inputs, **kwargs)

    def _check_trainable(self) -> None:
        if not self.trainable:
            return
        if self._is_old or self._called.signature:
            raise InvalidArgumentError(
                "Setting hub.KerasLayer.trainable = True is unsupported when {case}.",
                case="loading from the TF1 Hub format"
                if self._is_old
                else "calling a SavedModel signature",
            )
        if not self.trainable_weights and not getattr(self, "_said_untrained", False):
            self._said_untrained = True
            warnings.warn(
                CaudalWarning("hub.KerasLayer is trainable but has zero trainable weights."),
                stacklevel=2,
            )
