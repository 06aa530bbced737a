"""``tf.saved_model.load``: the object graph of a SavedModel as Python objects."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from caudal.errors import DataLossError, InvalidArgumentError, NotFoundError, UnimplementedError
from caudal.framework import TensorSpec, Variable, convert_to_tensor
from caudal.saved_model.assets import Asset
from caudal.saved_model.folder import VARIABLES, asset_path, read_model
from caudal.saved_model.functions import Restored, RestoredFunction
from caudal.saved_model.graph import Library
from caudal.saved_model.graph_v1 import load_graph
from caudal.saved_model.messages import TrackableObjectGraph, parsed
from caudal.saved_model.structures import decoded
from caudal.saved_model.tensors import array_of, dtype_of, extents
from caudal.saved_model.texts import Table
from caudal.train.bundle import BundleReader
from caudal.train.trackable import children

OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
_VALUE = "VARIABLE_VALUE"


class SignatureMap(Mapping[str, Any]):
    """The signatures of a loaded SavedModel by name."""

    def __init__(self, signatures: dict[str, Any]) -> None:
        self._signatures = dict(signatures)

    def __getitem__(self, name: str) -> Any:
        return self._signatures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._signatures)

    def __len__(self) -> int:
        return len(self._signatures)

    def __repr__(self) -> str:
        return f"_SignatureMap({self._signatures})"


class Loaded:
    """An object of a SavedModel: its attributes are what it was saved with.

    A saved ``__call__`` makes it callable.
    """

    signatures: Any

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function that was saved as ``__call__``."""
        found = vars(self).get("__call__")
        if found is None:
            raise InvalidArgumentError(
                "The loaded SavedModel is not callable: it was saved without a __call__ that is "
                "a tf.function. Its signatures are {names}.",
                names=sorted(vars(self).get("signatures", ())),
            )
        return found(*args, **kwargs)


def load(export_dir: Any, tags: Any = None, options: Any = None) -> Any:
    """Loads a SavedModel: nothing in it is executed but ops of Caudal's own table.

    Args:
        export_dir: the folder that holds ``saved_model.pb``.
        tags: the tags of the graph, where there are several.
        options: a `LoadOptions`; Caudal needs none of its settings.

    Returns:
        An object with the attributes that it was saved with (variables, tf.functions, nested
        objects) and ``signatures``, a mapping from names to functions that take tensors by name
        and return dicts of tensors.

    Raises:
        OSError: there is no SavedModel.
        DataLossError: it is damaged.
        UnimplementedError: a function has an op that Caudal cannot run; it names node and function.
        PermissionDeniedError: a function would run Python code or touch files.
    """
    folder = os.fspath(export_dir)
    graph = _chosen(read_model(folder), tags, folder)
    prefix = os.path.join(folder, VARIABLES, VARIABLES)
    bundle = BundleReader(prefix) if os.path.isfile(f"{prefix}.index") else None
    if not graph.object_graph_def.nodes:
        return load_graph(graph, folder, bundle, Loaded(), SignatureMap)
    return ObjectGraph(graph, folder, bundle).root()


def _chosen(model: Any, tags: Any, folder: str) -> Any:
    """The graph with the given tags; the only one if none are given."""
    graphs = list(model.meta_graphs)
    known = [sorted(graph.meta_info_def.tags) for graph in graphs]
    if tags is None:
        if len(graphs) == 1:
            return graphs[0]
        raise InvalidArgumentError(
            "{folder}: it holds {count} graphs; choose one by tags={known}.",
            folder=folder,
            count=len(graphs),
            known=known,
        )
    wanted = sorted([tags] if isinstance(tags, str) else tags)
    for graph, own in zip(graphs, known, strict=True):
        if own == wanted:
            return graph
    raise InvalidArgumentError(
        "{folder}: no graph has the tags {wanted}; there are {known}.",
        folder=folder,
        wanted=wanted,
        known=known,
    )


children.register(Loaded, vars)


class ObjectGraph:
    """The objects of one SavedModel, made on demand and once each."""

    def __init__(self, graph: Any, folder: str, bundle: BundleReader | None) -> None:
        self._folder = folder
        self._graph = graph
        self._nodes = list(graph.object_graph_def.nodes)
        self._concrete = graph.object_graph_def.concrete_functions
        self._bundle = bundle
        self._library = Library(graph.graph_def.library.function)
        self._constants = {node.name: node for node in graph.graph_def.node if node.op == "Const"}
        self._keys = self._checkpoint_keys()
        self._restored: dict[str, Restored] = {}
        self._objects: dict[int, Any] = {}
        self._make_values()
        self._make_functions()
        self._make_objects()
        self._initialize()

    def root(self) -> Any:
        """The object that was saved."""
        return self._objects[0]

    def object(self, number: int) -> Any:
        """The object of a node."""
        return self._objects[number]

    def _damaged(self, reason: str) -> DataLossError:
        return DataLossError(
            "{folder}: it is damaged: {reason}", folder=self._folder, reason=reason
        )

    def node(self, number: int) -> Any:
        """A node of the object graph."""
        if not 0 <= number < len(self._nodes):
            raise self._damaged(f"it has no object {number}")
        return self._nodes[number]

    # --- values ------------------------------------------------------------------------------

    def _checkpoint_keys(self) -> dict[int, dict[str, str]]:
        """What the checkpoint holds for each object: attribute -> key, found by the same path."""
        if self._bundle is None or OBJECT_GRAPH_KEY not in self._bundle:
            return {}
        data: Any = self._bundle.read(OBJECT_GRAPH_KEY)[()]
        saved = parsed(TrackableObjectGraph, data, self._folder).nodes
        pairs = {0: 0}
        stack = [0]
        while stack:
            mine = stack.pop()
            theirs = pairs[mine]
            if not 0 <= theirs < len(saved):
                raise self._damaged(f"the checkpoint has no object {theirs}")
            places = {child.local_name: child.node_id for child in saved[theirs].children}
            for child in self.node(mine).children:
                if child.local_name in places and child.node_id not in pairs:
                    pairs[child.node_id] = places[child.local_name]
                    stack.append(child.node_id)
        for mine, theirs in list(pairs.items()):
            slots = {
                (slot.original_variable_node_id, slot.slot_name): slot.slot_variable_node_id
                for slot in saved[theirs].slot_variables
            }
            for slot in self.node(mine).slot_variables:
                key = (pairs.get(slot.original_variable_node_id, -1), slot.slot_name)
                if 0 <= slots.get(key, -1) < len(saved):
                    pairs[slot.slot_variable_node_id] = slots[key]
        return {
            mine: {entry.name: entry.checkpoint_key for entry in saved[theirs].attributes}
            for mine, theirs in pairs.items()
        }

    def _make_values(self) -> None:
        for number, node in enumerate(self._nodes):
            kind = node.WhichOneof("kind")
            if kind == "variable":
                self._objects[number] = self._variable(number, node.variable)
            elif kind == "constant":
                self._objects[number] = self._constant(node.constant.operation)
            elif kind == "asset":
                self._objects[number] = self._asset(node.asset.asset_file_def_index)

    def _variable(self, number: int, saved: Any) -> Variable:
        where = f"variable {saved.name!r}"
        dtype = dtype_of(saved.dtype, where)
        shape = extents(saved.shape)
        key = self._keys.get(number, {}).get(_VALUE)
        if dtype is None or key is None or self._bundle is None:
            raise NotFoundError(
                "{folder}: the {where} has no value in the checkpoint.",
                folder=self._folder,
                where=where,
            )
        array = self._bundle.read(key)
        value = convert_to_tensor(array)
        spec = TensorSpec(shape, dtype)
        if not spec.is_compatible_with(value):
            raise self._damaged(f"the {where} is {spec}, its value {value.dtype} {array.shape}")
        name = saved.name or "Variable"
        return Variable(value, trainable=saved.trainable, name=name, shape=shape)

    def _constant(self, operation: str) -> Any:
        if operation not in self._constants:
            raise self._damaged(f"the graph has no constant {operation!r}")
        node = self._constants[operation]
        return convert_to_tensor(array_of(node.attr["value"].tensor, f"constant {operation!r}"))

    def _asset(self, index: int) -> Asset:
        files = self._graph.asset_file_def
        if not 0 <= index < len(files):
            raise self._damaged(f"it has no asset {index}")
        return Asset(asset_path(self._folder, files[index].filename))

    # --- functions ---------------------------------------------------------------------------

    def _make_functions(self) -> None:
        for number, node in enumerate(self._nodes):
            if node.WhichOneof("kind") == "resource":
                self._objects[number] = self._resource(number)
        for number, node in enumerate(self._nodes):
            kind = node.WhichOneof("kind")
            if kind == "function":
                self._objects[number] = self._function(number, node.function)
            elif kind == "bare_concrete_function":
                name = node.bare_concrete_function.concrete_function_name
                if self._captured(name) is not None:
                    self._objects[number] = self.restored(name)

    def _captured(self, name: str) -> list[Any] | None:
        """What a function takes beside its arguments; None for one that nothing here calls."""
        if name not in self._concrete:
            raise self._damaged(f"the function {name!r} is not described")
        bound = list(self._concrete[name].bound_inputs)
        if any(number not in self._objects for number in bound):
            return None
        return [self._objects[number] for number in bound]

    def restored(self, name: str) -> Restored:
        """A concrete function by name."""
        found = self._restored.get(name)
        if found is None:
            saved = self._concrete[name]
            captures = self._captured(name)
            if captures is None:
                raise self._damaged(f"the function {name!r} needs an object that is not there")
            self._library.reached(name)
            body = self._library.body(name)
            found = self._restored[name] = Restored(
                name,
                body.run,
                self._signature(name, saved),
                decoded(saved.output_signature, name),
                captures,
                self._library.needs_values(name),
            )
        return found

    def _signature(self, name: str, saved: Any) -> Any:
        signature = decoded(saved.canonicalized_input_signature, name)
        valid = isinstance(signature, tuple) and len(signature) == 2
        if not valid or not isinstance(signature[1], dict):
            raise self._damaged(f"the signature of {name!r} is no pair of arguments and keywords")
        return signature

    def _function(self, number: int, saved: Any) -> Any:
        names = [name for name in saved.concrete_functions if self._captured(name) is not None]
        spec = decoded(saved.function_spec.fullargspec, "function_spec") or {}
        parameters = [str(name) for name in spec.get("args") or []]
        values = list(spec.get("defaults") or ())
        defaults = dict(zip(parameters[len(parameters) - len(values) :], values, strict=True))
        defaults.update(spec.get("kwonlydefaults") or {})
        if saved.function_spec.is_method and parameters[:1] == ["self"]:
            parameters = parameters[1:]
        name = saved.concrete_functions[0] if saved.concrete_functions else f"function_{number}"
        return RestoredFunction(name, [self.restored(one) for one in names], parameters, defaults)

    # --- tables ------------------------------------------------------------------------------

    def _child(self, number: int, name: str) -> Any:
        for child in self.node(number).children:
            if child.local_name == name:
                return self.node(child.node_id)
        return None

    def _resource(self, number: int) -> Any:
        """What ``_create_resource`` makes; tables that grow get the entries of the checkpoint."""
        creator = self._child(number, "_create_resource")
        if creator is None or not creator.function.concrete_functions:
            raise UnimplementedError(
                "{folder}: the object {number} is a resource that is not a table.",
                folder=self._folder,
                number=number,
            )
        name = creator.function.concrete_functions[0]
        self._library.reached(name)
        (table,) = self._library.body(name).run()
        keys = self._keys.get(number, {}).values()
        names = {key.rpartition("-")[2]: key for key in keys}
        if isinstance(table, Table) and self._bundle is not None and "keys" in names:
            entries = self._bundle.read(names["keys"]), self._bundle.read(names["values"])
            table.fill(*entries)
        return table

    def _initialize(self) -> None:
        """Fills the tables."""
        for number, node in enumerate(self._nodes):
            if node.WhichOneof("kind") == "resource":
                initializer = self._child(number, "_initialize")
                if initializer is not None and not node.saveable_objects:
                    for name in initializer.function.concrete_functions:
                        self.restored(name).call_flat([])

    # --- objects -----------------------------------------------------------------------------

    def _make_objects(self) -> None:
        """Empty objects first: they may refer to one another in circles."""
        plain = []
        for number, node in enumerate(self._nodes):
            if number in self._objects:
                continue
            if node.WhichOneof("kind") in ("user_object", None):
                plain.append(number)
                self._objects[number] = self._empty(node.user_object.identifier)
        for number in reversed(plain):
            self._fill(number)

    def _empty(self, identifier: str) -> Any:
        if identifier in ("trackable_list_wrapper", "trackable_tuple_wrapper"):
            return []
        return {} if identifier == "trackable_dict_wrapper" else Loaded()

    def _fill(self, number: int) -> None:
        target = self._objects[number]
        node = self._nodes[number]
        children = {
            child.local_name: self._objects[child.node_id]
            for child in node.children
            if child.node_id in self._objects and self.node(child.node_id) is not None
        }
        if isinstance(target, list):
            places = sorted((name for name in children if name.isdigit()), key=int)
            target.extend(children[name] for name in places)
        elif isinstance(target, dict):
            target.update(children)
        elif node.user_object.identifier == "signature_map":
            self._objects[number] = SignatureMap(
                {name: self._signed(child) for name, child in children.items()}
            )
        else:
            for name, child in children.items():
                # A signature map that comes later is put in its place by `_finish`.
                setattr(target, name, child)
            self._finish(number, target)

    def _signed(self, child: Any) -> Any:
        return child.concrete_functions[0] if isinstance(child, RestoredFunction) else child

    def _finish(self, number: int, target: Any) -> None:
        for child in self._nodes[number].children:
            if child.node_id in self._objects and child.local_name == "signatures":
                target.signatures = self._objects[child.node_id]


__all__ = ["OBJECT_GRAPH_KEY", "Loaded", "ObjectGraph", "SignatureMap", "load"]
