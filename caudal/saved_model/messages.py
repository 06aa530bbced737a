"""The public messages of SavedModels, described for the protobuf library.

The layouts are TensorFlow's (saved_model.proto, meta_graph.proto, graph.proto, function.proto,
saved_object_graph.proto, struct.proto and what they use), down to the fields that Caudal reads
or writes; the library keeps fields that are not named here. The classes live in a pool of their
own, so that TensorFlow may be imported into the same process.
"""

from __future__ import annotations

import re
from typing import Any

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message,
    message_factory,
    text_format,
)

from caudal.errors import DataLossError
from caudal.saved_model.layouts import ENUMS, MESSAGES

_PACKAGE = "caudal.saved_model"
_FIELD = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "double": _FIELD.TYPE_DOUBLE,
    "float": _FIELD.TYPE_FLOAT,
    "int64": _FIELD.TYPE_INT64,
    "uint64": _FIELD.TYPE_UINT64,
    "int32": _FIELD.TYPE_INT32,
    "uint32": _FIELD.TYPE_UINT32,
    "bool": _FIELD.TYPE_BOOL,
    "string": _FIELD.TYPE_STRING,
    "bytes": _FIELD.TYPE_BYTES,
    "sint64": _FIELD.TYPE_SINT64,
}


def _described(text: str) -> Any:
    """A file descriptor of a text of messages; ``map X name = n`` has keys that are strings."""
    file = descriptor_pb2.FileDescriptorProto(
        name="caudal_saved_model.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, values in ENUMS.items():
        kind = file.enum_type.add(name=name)
        for spelled, number in values:
            kind.value.add(name=spelled, number=number)
    for name, body in re.findall(r"message (\w+) \{(.*?)\}\n(?=message|$)", text, re.S):
        kind = file.message_type.add(name=name)
        outside, inside = body, ""
        found = re.search(r"oneof (\w+) \{(.*?)\}", body, re.S)
        if found:
            outside, inside = body.replace(found.group(0), ""), found.group(2)
            kind.oneof_decl.add(name=found.group(1))
        for part, chosen in ((outside, False), (inside, True)):
            for declared in part.split(";"):
                if declared.strip():
                    _add_field(kind, declared.split(), chosen)
    return file


def _add_field(kind: Any, words: list[str], chosen: bool) -> None:
    """One field of the words ``[repeated | map] type name = number``."""
    *lead, type_name, name, _, number = words
    field = kind.field.add(name=name, number=int(number))
    field.label = _FIELD.LABEL_REPEATED if lead else _FIELD.LABEL_OPTIONAL
    if chosen:
        field.oneof_index = 0
    if lead == ["map"]:
        entry = "".join(part.capitalize() for part in name.split("_")) + "Entry"
        nested = kind.nested_type.add(name=entry)
        nested.options.map_entry = True
        _add_field(nested, ["string", "key", "=", "1"], False)
        _add_field(nested, [type_name, "value", "=", "2"], False)
        field.type = _FIELD.TYPE_MESSAGE
        field.type_name = f".{_PACKAGE}.{kind.name}.{entry}"
    elif type_name in _SCALARS:
        field.type = _SCALARS[type_name]
    else:
        field.type = _FIELD.TYPE_ENUM if type_name in ENUMS else _FIELD.TYPE_MESSAGE
        field.type_name = f".{_PACKAGE}.{type_name}"


def _classes() -> dict[str, Any]:
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(_described(MESSAGES).SerializeToString())
    file = pool.FindFileByName("caudal_saved_model.proto")
    return {
        name: message_factory.GetMessageClass(kind)
        for name, kind in file.message_types_by_name.items()
    }


_CLASSES = _classes()

# Messages are built by name all over this package; the library has no static types for them.
AttrValue: Any = _CLASSES["AttrValue"]
FunctionDef: Any = _CLASSES["FunctionDef"]
GraphDef: Any = _CLASSES["GraphDef"]
KerasMetadata: Any = _CLASSES["KerasMetadata"]
MetaGraphDef: Any = _CLASSES["MetaGraphDef"]
NodeDef: Any = _CLASSES["NodeDef"]
SavedModel: Any = _CLASSES["SavedModel"]
SavedObject: Any = _CLASSES["SavedObject"]
StructuredValue: Any = _CLASSES["StructuredValue"]
TensorProto: Any = _CLASSES["TensorProto"]
TensorShapeProto: Any = _CLASSES["TensorShapeProto"]
TrackableObjectGraph: Any = _CLASSES["TrackableObjectGraph"]


def parsed(kind: Any, data: bytes, file: str) -> Any:
    """The message in the bytes of a file.

    Raises:
        DataLossError: they are no such message.
    """
    try:
        return kind.FromString(data)
    except (message.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise DataLossError(
            "{file}: it is damaged: {reason}", file=file, reason=str(error)
        ) from error


def parsed_text(kind: Any, data: bytes, file: str) -> Any:
    """The message in a text file; fields that Caudal does not know are passed over.

    Raises:
        DataLossError: it is no such text.
    """
    try:
        return text_format.Parse(
            data.decode(), kind(), allow_unknown_field=True, allow_unknown_extension=True
        )
    except (text_format.ParseError, RecursionError, UnicodeDecodeError, ValueError) as error:
        raise DataLossError(
            "{file}: it is damaged: {reason}", file=file, reason=str(error)
        ) from error


def as_text(found: Any) -> str:
    """A message as text."""
    text: str = text_format.MessageToString(found)
    return text
