"""The bytes of events and summaries, as TensorBoard reads them.

Field numbers are those of TensorFlow's ``event.proto`` and ``summary.proto``.
"""

from __future__ import annotations

import struct
import time

from caudal.io import wire

_VERSION = b"brain.Event:2"
_WRITER = b"caudal"


def _event(step: int, payload: bytes) -> bytes:
    head = wire.varint(1 << 3 | wire.FIXED64) + struct.pack("<d", time.time())
    return head + (wire.number_field(2, step) if step else b"") + payload


def version_event() -> bytes:
    """The first event of a file."""
    source = wire.field(10, wire.field(1, _WRITER))
    return _event(0, wire.field(3, _VERSION) + source)


def summary_event(step: int, summary: bytes) -> bytes:
    """An event that holds a Summary message."""
    return _event(step, wire.field(5, summary))


def graph_event(graph: bytes) -> bytes:
    """An event that holds a GraphDef message."""
    return _event(0, wire.field(4, graph))


def metadata(plugin: str, content: bytes = b"", description: str | None = None) -> bytes:
    """A SummaryMetadata message: for which plugin of TensorBoard a summary is."""
    data = wire.field(1, plugin.encode())
    data += wire.field(2, content) if content else b""
    found = wire.field(1, data)
    return found + (wire.field(3, description.encode()) if description else b"")


def value(tag: str, tensor: bytes, about: bytes | None) -> bytes:
    """A Summary of one value: its tag, a TensorProto, and a SummaryMetadata."""
    found = wire.field(1, tag.encode()) + wire.field(8, tensor)
    return wire.field(1, found + (wire.field(9, about) if about is not None else b""))
