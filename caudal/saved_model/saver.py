"""``tf.saved_model.save``: objects, their functions and variables as a folder for TensorFlow."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from caudal.errors import AlreadyExistsError, DTypeError, InvalidArgumentError
from caudal.framework import TensorSpec, Variable, nest
from caudal.framework.concrete import ConcreteFunction, OpenFunction
from caudal.framework.function import BoundFunction, Function
from caudal.framework.signature import PLAIN
from caudal.io.durable import write_whole
from caudal.saved_model.assets import Asset, Copies
from caudal.saved_model.exported import Exported, candidates, export
from caudal.saved_model.folder import MODEL, VARIABLES
from caudal.saved_model.functions import Restored, RestoredFunction
from caudal.saved_model.loader import OBJECT_GRAPH_KEY, SignatureMap
from caudal.saved_model.main_graph import MainGraph
from caudal.saved_model.messages import MetaGraphDef, SavedModel, TrackableObjectGraph
from caudal.saved_model.structures import encoded, full_arg_spec, plain_parameters
from caudal.saved_model.tensors import shape_message
from caudal.saved_model.tracing import Candidate
from caudal.train.bundle import write_bundle
from caudal.train.trackable import children, is_trackable

DEFAULT_SIGNATURE = "serving_default"
_FUNCTIONS = (Function, BoundFunction, RestoredFunction)
_CONCRETE = (ConcreteFunction, OpenFunction, Restored)
# What TensorFlow 2.21 writes; readers compare it with what they know.
_TENSORFLOW, _PRODUCER, _MIN_CONSUMER = "2.21.0", 2474, 12


def save(obj: Any, export_dir: Any, signatures: Any = None, options: Any = None) -> None:
    """Writes an object with its variables, tf.functions and assets as a SavedModel.

    Real TensorFlow 2 and its servers load the folder, and so does `load`. The variables and
    functions are those found through the object's attributes, lists and dicts.

    Args:
        obj: a tf.Module, a Keras model or layer, or any object with such attributes.
        export_dir: a folder; it is made.
        signatures: a tf.function with an ``input_signature``, what ``get_concrete_function``
            returns, or a dict of such by name. By default the object's only function with one
            signature becomes "serving_default".
        options: a `SaveOptions`; Caudal needs none of its settings.

    Raises:
        InvalidArgumentError: a function depends on an open extent in a way that no graph can say.
        NotFoundError: an asset is not there.
        UnimplementedError: an op has no counterpart in TensorFlow; it names the op.
        UnwritableError: the file system refuses; an older SavedModel is unchanged.
    """
    hook = getattr(obj, "__caudal_saved_model__", None)
    if hook is not None:
        obj, signatures = hook(signatures)
    folder = os.fspath(export_dir)
    if os.path.isfile(folder):
        raise AlreadyExistsError("{path!r} is a file; a SavedModel is a folder.", path=folder)
    saver = Saver(obj, signatures)
    model = saver.model().SerializeToString(deterministic=True)
    write_bundle(os.path.join(folder, VARIABLES, VARIABLES), saver.tensors())
    saver.assets.write(folder)
    write_whole(os.path.join(folder, MODEL), model)


class Saver:
    """The object graph of one save."""

    def __init__(self, root: Any, signatures: Any) -> None:
        self._graph = MetaGraphDef()
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._exported: dict[int, list[tuple[int, Exported]]] = {}
        self._main = MainGraph(self._graph)
        self._serial = 0
        self._loose: list[Variable] = []
        self.assets = Copies()
        self._add(root)
        self._signatures(root, signatures)
        self._keep_loose()
        for name in self.assets.names():
            self._main.asset(name)
        self._checkpoint = self._trackable_graph()
        self._main.finish([(v, self._keys[i]) for i, v in self._variables()])
        self._describe()

    # --- objects -----------------------------------------------------------------------------

    @property
    def _nodes(self) -> Any:
        return self._graph.object_graph_def.nodes

    def _new(self, obj: Any) -> int:
        number = len(self._objects)
        self._objects.append(obj)
        self._numbers[id(obj)] = number
        self._nodes.add()
        return number

    def _child(self, parent: int, name: str, child: int) -> None:
        self._nodes[parent].children.add(node_id=child, local_name=name)

    def _user(self, number: int, identifier: str) -> None:
        user = self._nodes[number].user_object
        user.identifier = identifier
        user.version.producer = user.version.min_consumer = 1

    def _add(self, root: Any) -> None:
        """The objects that the root leads to, nearest first."""
        self._new(root)
        queue = [root]
        for obj in queue:
            number = self._numbers[id(obj)]
            for name, child in self._kinds(number, obj):
                if id(child) not in self._numbers:
                    self._new(child)
                    queue.append(child)
                self._child(number, name, self._numbers[id(child)])
        for number, obj in enumerate(list(self._objects)):
            if isinstance(obj, _FUNCTIONS):
                self._function(number, obj)

    def _kinds(self, number: int, obj: Any) -> list[tuple[str, Any]]:
        """Says what kind of object it is; its children."""
        if isinstance(obj, Variable):
            self._variable(number, obj)
            return []
        if isinstance(obj, _FUNCTIONS):
            return []
        if isinstance(obj, Asset):
            self._nodes[number].asset.asset_file_def_index, _ = self.assets.add(obj)
            return []
        if isinstance(obj, Mapping):
            self._user(number, "trackable_dict_wrapper")
            pairs = [(str(key), value) for key, value in obj.items()]
        elif isinstance(obj, list | tuple):
            self._user(number, "trackable_list_wrapper")
            pairs = [(str(i), value) for i, value in enumerate(obj)]
        else:
            self._user(number, "_generic_user_object")
            pairs = _attributes(obj)
        return [(name, value) for name, value in pairs if _is_trackable(value)]

    def _variable(self, number: int, variable: Variable) -> None:
        saved = self._nodes[number].variable
        saved.dtype = variable.dtype.as_datatype_enum
        saved.shape.CopyFrom(shape_message(variable.shape))
        saved.trainable = variable.trainable
        saved.name = variable.name.removesuffix(":0")

    def _variables(self) -> list[tuple[int, Variable]]:
        return [(i, obj) for i, obj in enumerate(self._objects) if isinstance(obj, Variable)]

    # --- functions ---------------------------------------------------------------------------

    def _unique(self, name: str) -> str:
        self._serial += 1
        plain = "".join(c if c.isalnum() or c == "_" else "_" for c in name)
        return f"__inference_{plain}_{self._serial}"

    def _export(self, label: str, candidate: Candidate) -> Exported:
        found = export(self._unique(label), candidate)
        found.definition.attr["_construction_context"].s = b"kEagerRuntime"
        for definition in (*found.library, found.definition):
            self._graph.graph_def.library.function.add().CopyFrom(definition)
        self._concrete(found)
        return found

    def _concrete(self, exported: Exported) -> None:
        entry = self._graph.object_graph_def.concrete_functions[exported.name]
        for variable in exported.variables:
            if id(variable) not in self._numbers:
                self._loose.append(variable)
                self._kinds(self._new(variable), variable)
            entry.bound_inputs.append(self._numbers[id(variable)])
        entry.canonicalized_input_signature.CopyFrom(encoded(exported.signature))
        entry.output_signature.CopyFrom(encoded(exported.outputs))

    def _function(self, number: int, function: Any) -> None:
        label = getattr(function, "name", "function")
        found = [(i, self._export(label, one)) for i, one in enumerate(candidates(function))]
        self._exported[number] = found
        saved = self._nodes[number].function
        saved.concrete_functions.extend(one.name for _, one in found)
        saved.function_spec.fullargspec.CopyFrom(full_arg_spec(_parameters(function)))
        signature = getattr(function, "input_signature", None)
        saved.function_spec.input_signature.CopyFrom(encoded(signature))

    # --- signatures --------------------------------------------------------------------------

    def _signatures(self, root: Any, given: Any) -> None:
        chosen: dict[str, Exported] = {}
        if given is None:
            only = self._only_function(root)
            if only is not None:
                chosen[DEFAULT_SIGNATURE] = only
        else:
            table = given if isinstance(given, Mapping) else {DEFAULT_SIGNATURE: given}
            for name, function in table.items():
                chosen[str(name)] = self._chosen(str(name), function)
        holder = self._new(SignatureMap({}))
        self._user(holder, "signature_map")
        self._child(0, "signatures", holder)
        for name, exported in chosen.items():
            wrapper = self._main.signature(
                name, exported, self._unique(f"signature_wrapper_{name}"), self._handles(exported)
            )
            self._concrete(wrapper)
            number = self._new(wrapper)
            bare = self._nodes[number].bare_concrete_function
            bare.concrete_function_name = wrapper.name
            bare.argument_keywords.extend(wrapper.signature[1])
            bare.allowed_positional_arguments = min(1, len(wrapper.signature[1]))
            spec = full_arg_spec(plain_parameters([*wrapper.signature[1]]))
            bare.function_spec.fullargspec.CopyFrom(spec)
            bare.function_spec.input_signature.none_value.SetInParent()
            self._child(holder, name, number)

    def _handles(self, exported: Exported) -> list[str]:
        return [self._main.handle(variable) for variable in exported.variables]

    def _only_function(self, root: Any) -> Exported | None:
        """The one signature that the root's own functions have."""
        found = [
            exported
            for child in self._nodes[0].children
            for _, exported in self._exported.get(child.node_id, ())
            if not isinstance(root, Mapping | list | tuple)
        ]
        if len(found) != 1 or not _servable(found[0]):
            return None
        return found[0]

    def _chosen(self, name: str, function: Any) -> Exported:
        known = self._exported.get(self._numbers.get(id(function), -1))
        if known is not None:
            found = [exported for _, exported in known]
        elif isinstance(function, (*_FUNCTIONS, *_CONCRETE, Candidate)):
            given = [function] if isinstance(function, Candidate) else candidates(function)
            found = [self._export(name, one) for one in given]
        else:
            raise DTypeError(
                "save: the signature {name!r}: expected a tf.function or a concrete function, "
                "received {received}.",
                name=name,
                received=type(function).__name__,
            )
        if len(found) != 1 or not _servable(found[0]):
            raise InvalidArgumentError(
                "save: the signature {name!r}: expected a function of one signature whose "
                "arguments are tensors; this one has {count} signatures. Give it an "
                "input_signature, or use its get_concrete_function(...).",
                name=name,
                count=len(found),
            )
        return found[0]

    # --- variables ---------------------------------------------------------------------------

    def _keep_loose(self) -> None:
        """Variables that only functions know hang on the root, so that they are restored."""
        if self._loose:
            holder = self._new(list(self._loose))
            self._user(holder, "trackable_list_wrapper")
            self._child(0, "_captured_variables", holder)
            for place, variable in enumerate(self._loose):
                self._child(holder, str(place), self._numbers[id(variable)])

    def _trackable_graph(self) -> Any:
        """The checkpoint's own object graph: the same objects, with the variables' keys."""
        found = TrackableObjectGraph()
        self._keys: dict[int, str] = {}
        paths: dict[int, str] = {0: ""}
        queue = [0]
        for _ in self._objects:
            found.nodes.add()
        for number in queue:
            for child in self._nodes[number].children:
                found.nodes[number].children.add(node_id=child.node_id, local_name=child.local_name)
                if child.node_id not in paths:
                    paths[child.node_id] = f"{paths[number]}{_escaped(child.local_name)}/"
                    queue.append(child.node_id)
        for number, variable in self._variables():
            self._keys[number] = f"{paths[number]}.ATTRIBUTES/VARIABLE_VALUE"
            found.nodes[number].attributes.add(
                name="VARIABLE_VALUE",
                full_name=variable.name.removesuffix(":0"),
                checkpoint_key=self._keys[number],
            )
        return found

    def tensors(self) -> list[tuple[str, Any]]:
        """What the bundle holds, by name."""
        pairs: list[tuple[str, Any]] = [(self._keys[i], v.numpy()) for i, v in self._variables()]
        graph = np.empty((), object)
        graph[()] = self._checkpoint.SerializeToString(deterministic=True)
        return sorted([(OBJECT_GRAPH_KEY, graph), *pairs], key=lambda pair: pair[0])

    # --- the message -------------------------------------------------------------------------

    def _describe(self) -> None:
        info = self._graph.meta_info_def
        info.tags.append("serve")
        info.tensorflow_version = _TENSORFLOW
        info.stripped_default_attrs = True
        self._graph.graph_def.versions.producer = _PRODUCER
        self._graph.graph_def.versions.min_consumer = _MIN_CONSUMER

    def model(self) -> Any:
        """The SavedModel message."""
        found = SavedModel(saved_model_schema_version=1)
        found.meta_graphs.add().CopyFrom(self._graph)
        return found


def _escaped(name: str) -> str:
    return name.replace(".", "..").replace("/", ".S")


def _attributes(obj: Any) -> list[tuple[str, Any]]:
    """An object's own parts, and its tf.functions."""
    found = dict(children(obj))
    found.update((k, v) for k, v in vars(obj).items() if isinstance(v, _FUNCTIONS))
    for kind in type(obj).__mro__:
        for name, value in vars(kind).items():
            if isinstance(value, Function) and name not in found:
                found[name] = BoundFunction(value, obj)
    return list(found.items())


def _is_trackable(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_is_trackable(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_is_trackable(item) for item in value)
    return isinstance(value, _FUNCTIONS) or is_trackable(value)


def _parameters(function: Any) -> list[inspect.Parameter]:
    """The arguments of a function, without the object that it is a method of."""
    if isinstance(function, RestoredFunction):
        return plain_parameters(function.parameters, function.defaults)
    if isinstance(function, BoundFunction):
        return list(function.__signature__.parameters.values())
    return list(function.function_spec.parameters.values())


def _servable(exported: Exported) -> bool:
    """Whether all arguments are tensors, or Python values that are fixed."""
    leaves = nest.flatten(exported.signature)
    return all(isinstance(leaf, (TensorSpec, *PLAIN)) for leaf in leaves)
