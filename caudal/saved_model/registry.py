"""The two directions of one table: TensorFlow's ops as ours, and our op records as theirs.

The families (`elementwise`, `arrays`, `neural`, `matrices`, `control`, `texts`) fill it. A reader
computes what a node says with tensors of ours; a writer adds the nodes that say what a record
does. Where both are one op the pair is one line, `pair`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from caudal.errors import InternalError, PermissionDeniedError, UnimplementedError


@dataclass(frozen=True)
class Reader:
    """How a node is run: ``fn(call, *inputs) -> result``, a list or tuple for several.

    outputs: the names of the outputs, where a node has more than one.
    eager: whether it needs values, so that its function cannot become a program.
    """

    fn: Callable[..., Any]
    outputs: tuple[str, ...] = ()
    eager: bool = False


READERS: dict[str, Reader] = {}
"""By the name of TensorFlow's op."""
WRITERS: dict[str, Callable[..., Any]] = {}
"""By the name of our record: ``fn(writer, node, *inputs) -> Ref`` (or a tuple of them)."""

_REFUSED = (
    "PyFunc PyFuncStateless EagerPyFunc ReadFile WriteFile MatchingFiles Save SaveV2 SaveSlices "
    "Restore RestoreV2 RestoreSlice MergeV2Checkpoints WholeFileReader WholeFileReaderV2 "
    "TextLineReader TextLineReaderV2 TFRecordReader TFRecordReaderV2 FixedLengthRecordReader "
    "FixedLengthRecordReaderV2 TFRecordDataset TFRecordDatasetV2 TextLineDataset "
    "TextLineDatasetV2 FixedLengthRecordDataset FixedLengthRecordDatasetV2 SaveDataset "
    "SaveDatasetV2 LoadDataset MatchingFilesDataset DebugIdentityV2 PrintV2Stream "
    "CreateSummaryFileWriter WriteSummary WriteGraphSummary XlaLaunch RemoteCall"
).split()
REFUSED = frozenset(_REFUSED)
"""Ops that call Python back or touch files: no file may ask for them."""


def refused(op: str, node: str, function: str) -> Exception:
    """The error for an op that the table lacks."""
    if op in REFUSED:
        return PermissionDeniedError(
            "The node {node!r} of {function!r} is a {op}: it would run Python or touch files, "
            "which Caudal refuses to do for a file.",
            node=node,
            function=function,
            op=op,
        )
    return UnimplementedError(
        "The node {node!r} of the function {function!r} is the op {op!r}, which Caudal cannot run.",
        node=node,
        function=function,
        op=op,
    )


def reads(
    *names: str, outputs: tuple[str, ...] = (), eager: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers the reader of these ops."""

    def register(fn: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            if name in READERS:
                raise InternalError("the reader of {name!r} is defined twice", name=name)
            READERS[name] = Reader(fn, outputs, eager)
        return fn

    return register


def plain(name: str, fn: Callable[..., Any]) -> None:
    """The reader of an op whose inputs alone say everything."""
    reads(name)(lambda call, *inputs: fn(*inputs))


def writes(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers the writer of these records."""

    def register(fn: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            if name in WRITERS:
                raise InternalError("the writer of {name!r} is defined twice", name=name)
            WRITERS[name] = fn
        return fn

    return register


def pair(theirs: str, record: Any) -> None:
    """An op of TensorFlow and a record of ours that are the same function of their inputs."""
    plain(theirs, record)
    writes(record.name)(lambda w, node, *inputs: w.node(theirs, *inputs, dtype=node.dtype))
