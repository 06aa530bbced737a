"""``hub.Module`` of TensorFlow Hub before 0.16: a module whose signatures a graph calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caudal.compat.graph import GraphTensor
from caudal.compat.graphs import writing
from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import TensorShape, TensorSpec
from caudal.hub.loading import load


class TensorInfo:
    """What a signature takes or gives: ``dtype`` and `get_shape`."""

    is_sparse = False

    def __init__(self, spec: TensorSpec) -> None:
        self.dtype, self._shape = spec.dtype, spec.shape

    def get_shape(self) -> TensorShape:
        """The shape; open extents are None."""
        return self._shape

    def __repr__(self) -> str:
        return f"<hub.TensorInfo shape={self._shape} dtype={self.dtype.name}>"


class Module:
    """A module in the format of TensorFlow 1, called in graphs of ``tf.compat.v1``.

    Args:
        spec: the handle, as `hub.load` takes it.
        trainable: must be false: such modules are not trained.
        name: for messages.
        tags: which graph of the module, as {"train"}.

    Its variables have their values from the beginning; initializers leave them alone.

    Raises:
        UnimplementedError: ``trainable=True``.
    """

    def __init__(
        self, spec: Any, trainable: bool = False, name: str = "module", tags: Any = None
    ) -> None:
        if trainable:
            raise UnimplementedError(
                "hub.Module: modules of TensorFlow 1 are not trained here. Use "
                "hub.KerasLayer(handle, trainable=True) with a module of TensorFlow 2."
            )
        self.name = name
        self._loaded = load(spec, tags=tags)
        self.variables = list(getattr(self._loaded, "variables", ()))
        for variable in self.variables:
            variable.trainable = False

    def __call__(
        self,
        inputs: Any = None,
        _sentinel: None = None,
        signature: str | None = None,
        as_dict: bool | None = None,
    ) -> Any:
        """The signature's output ``"default"``, or with ``as_dict`` all of them.

        Args:
            inputs: a tensor where the signature has one input, or tensors by name.
            signature: "default", or one of `get_signature_names`.
            as_dict: whether all outputs are given, by name.

        Raises:
            InvalidArgumentError: there is no such signature, input or output.
        """
        function = self._signature(signature)
        given = self._by_name(function, inputs)
        outputs = function.structured_outputs
        if not as_dict and "default" not in outputs:
            raise InvalidArgumentError(
                "hub.Module: the signature has no output 'default'; pass as_dict=True for those "
                "that there are: {known}.",
                known=sorted(outputs),
            )
        if writing() or any(isinstance(value, GraphTensor) for value in given.values()):
            whole = GraphTensor(function, (), given)
            found = {key: _part(whole, key, spec) for key, spec in outputs.items()}
        else:
            found = function(**given)
        return found if as_dict else found["default"]

    def _signature(self, name: str | None) -> Any:
        known = self._loaded.signatures
        chosen = name or "default"
        if chosen not in known:
            raise InvalidArgumentError(
                "hub.Module: no signature {name!r}, there are {known}.",
                name=chosen,
                known=sorted(known),
            )
        return known[chosen]

    def _by_name(self, function: Any, inputs: Any) -> dict[str, Any]:
        names = list(function.structured_input_signature[1])
        given: dict[str, Any] | None = None
        if inputs is None or isinstance(inputs, Mapping):
            given = dict(inputs or {})
        elif len(names) == 1:
            given = {names[0]: inputs}
        if given is None or set(given) != set(names):
            raise InvalidArgumentError(
                "hub.Module: the signature takes the inputs {names}, received {received}.",
                names=sorted(names),
                received="a single tensor" if given is None else sorted(given),
            )
        return given

    def get_signature_names(self) -> list[str]:
        """The names of the signatures."""
        return sorted(self._loaded.signatures)

    def get_input_info_dict(self, signature: str | None = None) -> dict[str, TensorInfo]:
        """What a signature takes, by name."""
        specs = self._signature(signature).structured_input_signature[1]
        return {name: TensorInfo(spec) for name, spec in specs.items()}

    def get_output_info_dict(self, signature: str | None = None) -> dict[str, TensorInfo]:
        """What a signature gives, by name."""
        specs = self._signature(signature).structured_outputs
        return {name: TensorInfo(spec) for name, spec in specs.items()}

    @property
    def variable_map(self) -> dict[str, Any]:
        """The variables by their names in the module."""
        return {variable.name.partition(":")[0]: variable for variable in self.variables}


def _part(whole: GraphTensor, key: str, spec: TensorSpec) -> GraphTensor:
    found = GraphTensor(_item, (whole, key), {})
    found._kind = spec.dtype, spec.shape
    return found


def _item(found: Any, key: str) -> Any:
    return found[key]


def get_expected_image_size(
    module_or_spec: Module, signature: str | None = None, input_name: str | None = None
) -> list[int]:
    """[height, width] of the pictures that a module takes.

    Raises:
        InvalidArgumentError: it takes none of a known size.
    """
    infos = module_or_spec.get_input_info_dict(signature)
    name = input_name or "images"
    shape = infos[name].get_shape() if name in infos else TensorShape(None)
    if shape.rank != 4 or shape[1] is None or shape[2] is None:
        raise InvalidArgumentError(
            "hub.get_expected_image_size: the input {name!r} is no batch of pictures of a known "
            "size; the inputs are {known}.",
            name=name,
            known=infos,
        )
    return [shape[1], shape[2]]
