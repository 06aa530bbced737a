"""SavedModels of TensorFlow 1: one graph, whose signatures name nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.errors import NotFoundError, UnimplementedError
from caudal.framework import TensorSpec, Variable, convert_to_tensor
from caudal.saved_model.assets import Asset
from caudal.saved_model.folder import asset_path
from caudal.saved_model.functions import Restored
from caudal.saved_model.graph import Body, Library
from caudal.saved_model.tensors import dtype_of, extents
from caudal.train.bundle import BundleReader

_VARIABLES = frozenset(("VariableV2", "Variable", "VarHandleOp"))
_FILLS = ("InitializeTable", "LookupTableImport")
INIT_SIGNATURE = "__saved_model_init_op"


def load_graph(
    graph: Any,
    folder: str,
    bundle: BundleReader | None,
    root: Any,
    signature_map: Callable[[dict[str, Any]], Any],
) -> Any:
    """An object with the graph's variables and signatures, as `load` gives for TensorFlow 2."""
    definition = graph.graph_def
    library = Library(definition.library.function, all_effects=False)
    variables = []
    for node in definition.node:
        if node.op in _VARIABLES:
            name = node.attr["shared_name"].s.decode() or node.name
            if bundle is not None and name in bundle:
                value = convert_to_tensor(bundle.read(name))
                variables.append(Variable(value, name=name))
                library.resources[name] = variables[-1]
    assets = {
        entry.tensor_info.name.split(":")[0]: Asset(asset_path(folder, entry.filename))
        for entry in graph.asset_file_def
    }
    filling = [node.name for node in definition.node if node.op.startswith(_FILLS)]
    if filling:
        body = Body(library, "initializers", definition.node, list(assets), [], filling)
        body.run(*assets.values())
    signatures = {
        name: _signature(library, name, definition.node, signature)
        for name, signature in sorted(graph.signature_def.items())
        if name != INIT_SIGNATURE
    }
    root.variables = variables
    root.signatures = signature_map(signatures)
    return root


def _signature(library: Library, name: str, nodes: Any, signature: Any) -> Any:
    """A signature as a function of tensors by name; calling it runs the nodes it needs."""
    # What a placeholder says of its dtype counts more than what the signature says.
    kinds = {node.name: node.attr["dtype"].type for node in nodes if node.op == "Placeholder"}
    inputs = _named(signature.inputs, name, kinds)
    outputs = _named(signature.outputs, name, {})
    fed = [place for place, _ in inputs.values()]
    body = Body(library, name, nodes, fed, [place for place, _ in outputs.values()])
    return Restored(
        name,
        body.run,
        ((), {key: spec for key, (_, spec) in inputs.items()}),
        {key: spec for key, (_, spec) in outputs.items()},
        (),
        body.eager,
    )


def _named(entries: Any, name: str, kinds: dict[str, int]) -> dict[str, tuple[str, TensorSpec]]:
    found = {}
    for key in sorted(entries):
        entry = entries[key]
        if not entry.name:
            raise UnimplementedError(
                "The signature {name!r}: {key!r} is no single tensor.", name=name, key=key
            )
        node, _, place = entry.name.partition(":")
        dtype = dtype_of(kinds.get(node, entry.dtype), name)
        if dtype is None:
            raise NotFoundError("The signature {name!r}: {key!r} has no dtype.", name=name, key=key)
        reference = node if place in ("", "0") else f"{node}:{place}"
        shape = extents(entry.tensor_shape) if entry.HasField("tensor_shape") else None
        found[key] = (reference, TensorSpec(shape, dtype, key))
    return found
