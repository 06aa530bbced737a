"""Programs as graphs for TensorBoard: what was traced between `trace_on` and `trace_export`."""

from __future__ import annotations

import warnings
from typing import Any

from caudal.errors import CaudalWarning, FailedPreconditionError, InvalidArgumentError
from caudal.framework import Tensor, convert_to_tensor
from caudal.framework.trace import observers
from caudal.io import wire
from caudal.io.decoding import serialize_tensor
from caudal.ir.program import Program
from caudal.ir.types import Type
from caudal.summary import events
from caudal.summary.writer import record, settings

_PRODUCER = 2000
"""The GraphDef version that says: as today."""


def _shape(kind: Type) -> bytes:
    return b"".join(wire.field(2, wire.number_field(1, n) if n else b"") for n in kind.shape)


def _attribute(key: str, value: bytes) -> bytes:
    return wire.field(5, wire.field(1, key.encode()) + wire.field(2, value))


def graph_def(program: Program) -> bytes:
    """A GraphDef message: a node for each node of a program, with its inputs, dtype and shape."""
    names: dict[int, str] = {}
    found = b""
    for position, node in enumerate(program.nodes()):
        names[node.id] = f"{node.params.get('name') or node.op.name}_{position}".replace(":", "_")
        inputs = b"".join(wire.field(3, names[x.id].encode()) for x in node.inputs)
        kinds = node.type if isinstance(node.type, tuple) else (node.type,)
        shapes = b"".join(wire.field(7, _shape(kind)) for kind in kinds)
        about = _attribute("_output_shapes", wire.field(1, shapes))
        about += _attribute("T", wire.number_field(6, int(kinds[0].dtype.as_datatype_enum)))
        head = wire.field(1, names[node.id].encode()) + wire.field(2, node.op.name.encode())
        found += wire.field(1, head + inputs + about)
    return found + wire.field(4, wire.number_field(1, _PRODUCER))


def graph(graph_data: Any) -> Tensor:
    """Writes a graph: a concrete function, or a GraphDef message (with ``SerializeToString``)."""
    if hasattr(graph_data, "SerializeToString"):
        data = graph_data.SerializeToString()
    elif hasattr(graph_data, "traced"):
        data = graph_def(graph_data.traced.program)
    else:
        raise InvalidArgumentError(
            "tf.summary.graph: expected a concrete function or a GraphDef, received {received!r}.",
            received=graph_data,
        )
    if settings.writer is None:
        return convert_to_tensor(False)
    settings.writer.add(events.graph_event(data))
    return convert_to_tensor(True)


_programs: list[Program] = []
_on: list[bool] = []


def _observe(traced: Any) -> None:
    _programs.append(traced.program)


def trace_on(
    graph: bool = True, profiler: bool = False, profiler_outdir: str | None = None
) -> None:
    """From here on the functions that are traced are remembered for `trace_export`.

    profiler: there is none; a warning says so.
    """
    if profiler:
        warnings.warn(
            CaudalWarning("tf.summary.trace_on: there is no profiler; graphs alone are traced."),
            stacklevel=2,
        )
    trace_off()
    _on.append(graph)
    if graph:
        observers.append(_observe)


def trace_off() -> None:
    """Forgets what was traced since `trace_on`."""
    _programs.clear()
    _on.clear()
    if _observe in observers:
        observers.remove(_observe)


def trace_export(name: str, step: Any = None, profiler_outdir: str | None = None) -> None:
    """Writes the functions traced since `trace_on` to the default writer, and ends the tracing.

    Raises:
        FailedPreconditionError: `trace_on` was not called.
    """
    if not _on:
        raise FailedPreconditionError(
            "tf.summary.trace_export: call tf.summary.trace_on() before the functions run."
        )
    graphs = [wire.field(4, wire.field(2, graph_def(program))) for program in _programs]
    about = events.metadata("graph_run_metadata_graph", b"1")
    run = convert_to_tensor(b"".join(graphs))
    proto = serialize_tensor(run).numpy()
    if _on[0]:
        record(step, lambda: events.value(name, proto, about))
    trace_off()
