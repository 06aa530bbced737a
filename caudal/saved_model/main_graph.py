"""The graph around the functions: signatures, and saving and restoring for servers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal.framework import TensorSpec, Variable, nest
from caudal.saved_model.attributes import DataType, FunctionName, Shape, attribute_message
from caudal.saved_model.exported import Exported
from caudal.saved_model.tensors import RESOURCE, shape_message
from caudal.saved_model.writer import GraphWriter

_STRING = DataType(7)
_INIT = "__saved_model_init_op"


class MainGraph:
    """Fills a MetaGraphDef's graph, signatures and saver."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self._handles: dict[int, str] = {}
        self._calls = 0
        self._signatures: list[tuple[str, Exported, Exported, list[str]]] = []

    def _node(self, name: str, op: str, inputs: Sequence[str] = (), **attributes: Any) -> str:
        node = self._graph.graph_def.node.add(name=name, op=op, input=list(inputs))
        for key, value in attributes.items():
            node.attr[key].CopyFrom(attribute_message(value))
        return name

    def handle(self, variable: Variable) -> str:
        """The node of a variable's handle."""
        found = self._handles.get(id(variable))
        if found is None:
            number = len(self._handles)
            name = f"variable_{number}"
            found = self._handles[id(variable)] = self._node(
                name,
                "VarHandleOp",
                dtype=variable.dtype,
                shape=Shape(tuple(variable.shape)),
                shared_name=name,
                container="",
            )
        return found

    def asset(self, name: str) -> None:
        """A file of the folder; servers put its path into the constant."""
        path = np.empty((), object)
        path[()] = name.encode()
        number = len(self._graph.asset_file_def)
        node = self._node(f"asset_path_{number}", "Const", value=path, dtype=_STRING)
        entry = self._graph.asset_file_def.add(filename=name)
        entry.tensor_info.name = f"{node}:0"

    # --- signatures --------------------------------------------------------------------------

    def signature(
        self, name: str, exported: Exported, function: str, handles: Sequence[str]
    ) -> Exported:
        """A signature's function, which takes tensors by name and gives a dict, and its nodes."""
        wrapper, inputs = self._wrapper(exported, function)
        self._graph.graph_def.library.function.add().CopyFrom(wrapper.definition)
        fed = []
        info = self._graph.signature_def[name]
        info.method_name = "tensorflow/serving/predict"
        for spec in inputs:
            placed = self._node(
                f"{name}_{spec.name}",
                "Placeholder",
                dtype=spec.dtype,
                shape=Shape(tuple(spec.shape)),
            )
            fed.append(placed)
            self._inform(info.inputs[spec.name], f"{placed}:0", spec)
        call = "StatefulPartitionedCall" + (f"_{self._calls}" if self._calls else "")
        self._calls += 1
        outputs = [wrapper.outputs[key] for key in sorted(wrapper.outputs)]
        kinds = [*(spec.dtype for spec in inputs), *(DataType(RESOURCE) for _ in handles)]
        self._node(
            call,
            "StatefulPartitionedCall",
            [*fed, *handles],
            f=FunctionName(function),
            Tin=kinds,
            Tout=[spec.dtype for spec in outputs],
        )
        for place, spec in enumerate(outputs):
            self._inform(info.outputs[spec.name], f"{call}:{place}", spec)
        return wrapper

    def _inform(self, info: Any, name: str, spec: TensorSpec) -> None:
        info.name = name
        info.dtype = spec.dtype.as_datatype_enum
        info.tensor_shape.CopyFrom(shape_message(spec.shape))

    def _wrapper(self, exported: Exported, name: str) -> tuple[Exported, list[TensorSpec]]:
        """A function with the arguments in the order of their names, which calls the other."""
        flat = [s for s in nest.flatten(exported.signature) if isinstance(s, TensorSpec)]
        inputs = sorted(flat, key=lambda spec: str(spec.name))
        w = GraphWriter(name)
        for spec in inputs:
            w.argument(str(spec.name), spec.dtype.as_datatype_enum, spec.dtype)
        handles = [
            w.argument(f"variable_{i}", RESOURCE, None).text for i in range(len(exported.variables))
        ]
        results = _dictionary(exported.outputs)
        order = nest.flatten(exported.outputs)
        specs = [leaf for leaf in order if isinstance(leaf, TensorSpec)]
        call = w.bare(
            "StatefulPartitionedCall",
            [*(str(spec.name) for spec in flat), *handles],
            f=FunctionName(exported.name),
            Tin=[*(spec.dtype for spec in flat), *(DataType(RESOURCE) for _ in handles)],
            Tout=[spec.dtype for spec in specs],
        )
        outputs = {}
        for key in sorted(results):
            spec = results[key]
            place = next(i for i, one in enumerate(specs) if one is spec)
            kept = w.bare("Identity", [f"{call}:output:{place}"], T=spec.dtype)
            w.definition.signature.output_arg.add(name=key, type=spec.dtype.as_datatype_enum)
            w.definition.ret[key] = f"{kept}:output:0"
            outputs[key] = TensorSpec(spec.shape, spec.dtype, key)
        w.definition.signature.is_stateful = True
        w.definition.signature.control_output.append("call")
        w.definition.control_ret["call"] = call
        w.definition.attr["_construction_context"].s = b"kEagerRuntime"
        signature = ((), {str(spec.name): spec for spec in inputs})
        return Exported(name, signature, w.definition, outputs, exported.variables), inputs

    # --- saving and restoring ----------------------------------------------------------------

    def finish(self, variables: Sequence[tuple[Variable, str]]) -> None:
        """The nodes by which servers restore the variables, and the saver that names them."""
        self._node("saver_filename", "Placeholder", dtype=_STRING, shape=Shape(()))
        handles = [self.handle(variable) for variable, _ in variables]
        kinds = [variable.dtype for variable, _ in variables]
        done = []
        saved: list[str] = []
        if variables:
            names = self._strings("saver_names", [key for _, key in variables])
            slices = self._strings("saver_slices", [""] * len(variables))
            values = [
                self._node(f"saver_read_{i}", "ReadVariableOp", [handle], dtype=kinds[i])
                for i, handle in enumerate(handles)
            ]
            at = ["saver_filename", names, slices]
            saved = [self._node("saver_save", "SaveV2", [*at, *values], dtypes=kinds)]
            restored = self._node("saver_tensors", "RestoreV2", at, dtypes=kinds)
            for i, handle in enumerate(handles):
                value = f"{restored}:{i}" if i else restored
                done.append(
                    self._node(
                        f"saver_assign_{i}", "AssignVariableOp", [handle, value], dtype=kinds[i]
                    )
                )
        after = [f"^{name}" for name in saved]
        self._node("saver_path", "Identity", ["saver_filename", *after], T=_STRING)
        self._node("saver_restore", "NoOp", [f"^{name}" for name in done])
        self._node("NoOp", "NoOp")
        saver = self._graph.saver_def
        saver.filename_tensor_name = "saver_filename:0"
        saver.save_tensor_name = "saver_path:0"
        saver.restore_op_name = "saver_restore"
        saver.version = 2
        self._graph.collection_def["saved_model_main_op"].node_list.value.append("NoOp")
        begin = self._graph.signature_def[_INIT].outputs[_INIT]
        begin.name = "NoOp"
        begin.tensor_shape.unknown_rank = True

    def _strings(self, name: str, values: Sequence[str]) -> str:
        array = np.empty(len(values), object)
        array[:] = [value.encode() for value in values]
        return self._node(name, "Const", value=array, dtype=_STRING)


def _dictionary(outputs: Any) -> dict[str, Any]:
    """The results by name, as signatures give them."""
    if isinstance(outputs, dict) and all(isinstance(v, TensorSpec) for v in outputs.values()):
        return {str(key): value for key, value in outputs.items()}
    leaves = [leaf for leaf in nest.flatten(outputs) if isinstance(leaf, TensorSpec)]
    return {f"output_{place}": leaf for place, leaf in enumerate(leaves)}
