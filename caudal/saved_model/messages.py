"""The public messages of SavedModels, described for the protobuf library.

The layouts are TensorFlow's (saved_model.proto, meta_graph.proto, graph.proto, function.proto,
saved_object_graph.proto, struct.proto and what they use), down to the fields that Caudal reads
or writes; the library keeps fields that are not named here. The classes live in a pool of their
own, so that TensorFlow may be imported into the same process.
"""

from __future__ import annotations

import re
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

from caudal.errors import DataLossError

_TEXT = """
message Dim { int64 size = 1; string name = 2; }
message TensorShapeProto { repeated Dim dim = 2; bool unknown_rank = 3; }
message TensorProto {
  int32 dtype = 1; TensorShapeProto tensor_shape = 2; int32 version_number = 3;
  bytes tensor_content = 4; repeated float float_val = 5; repeated double double_val = 6;
  repeated int32 int_val = 7; repeated bytes string_val = 8; repeated float scomplex_val = 9;
  repeated int64 int64_val = 10; repeated bool bool_val = 11; repeated double dcomplex_val = 12;
  repeated int32 half_val = 13; repeated uint32 uint32_val = 16; repeated uint64 uint64_val = 17;
}
message NameAttrList { string name = 1; map AttrValue attr = 2; }
message AttrList {
  repeated bytes s = 2; repeated int64 i = 3; repeated float f = 4; repeated bool b = 5;
  repeated int32 type = 6; repeated TensorShapeProto shape = 7; repeated TensorProto tensor = 8;
  repeated NameAttrList func = 9;
}
message AttrValue {
  oneof value {
    AttrList list = 1; bytes s = 2; int64 i = 3; float f = 4; bool b = 5; int32 type = 6;
    TensorShapeProto shape = 7; TensorProto tensor = 8; string placeholder = 9;
    NameAttrList func = 10;
  }
}
message NodeDef {
  string name = 1; string op = 2; repeated string input = 3; string device = 4;
  map AttrValue attr = 5;
}
message ArgDef {
  string name = 1; int32 type = 3; string type_attr = 4; string number_attr = 5;
  string type_list_attr = 6; bool is_ref = 16;
}
message OpDef {
  string name = 1; repeated ArgDef input_arg = 2; repeated ArgDef output_arg = 3;
  bool is_stateful = 17; repeated string control_output = 20;
}
message OpList { repeated OpDef op = 1; }
message ArgAttrs { map AttrValue attr = 1; }
message FunctionDef {
  OpDef signature = 1; repeated NodeDef node_def = 3; map string ret = 4; map AttrValue attr = 5;
  map string control_ret = 6;
}
message FunctionDefLibrary { repeated FunctionDef function = 1; }
message VersionDef { int32 producer = 1; int32 min_consumer = 2; }
message GraphDef {
  repeated NodeDef node = 1; FunctionDefLibrary library = 2; VersionDef versions = 4;
}
message SaverDef {
  string filename_tensor_name = 1; string save_tensor_name = 2; string restore_op_name = 3;
  int32 max_to_keep = 4; bool sharded = 5; float keep_checkpoint_every_n_hours = 6;
  int32 version = 7;
}
message NodeList { repeated string value = 1; }
message BytesList { repeated bytes value = 1; }
message CollectionDef { oneof kind { NodeList node_list = 1; BytesList bytes_list = 2; } }
message TensorInfo { string name = 1; int32 dtype = 2; TensorShapeProto tensor_shape = 3; }
message SignatureDef {
  map TensorInfo inputs = 1; map TensorInfo outputs = 2; string method_name = 3;
  map TensorProto defaults = 4;
}
message AssetFileDef { TensorInfo tensor_info = 1; string filename = 2; }
message MetaInfoDef {
  string meta_graph_version = 1; OpList stripped_op_list = 2; repeated string tags = 4;
  string tensorflow_version = 5; string tensorflow_git_version = 6;
  bool stripped_default_attrs = 7; map string function_aliases = 8;
}
message MetaGraphDef {
  MetaInfoDef meta_info_def = 1; GraphDef graph_def = 2; SaverDef saver_def = 3;
  map CollectionDef collection_def = 4; map SignatureDef signature_def = 5;
  repeated AssetFileDef asset_file_def = 6; SavedObjectGraph object_graph_def = 7;
}
message SavedModel {
  int64 saved_model_schema_version = 1; repeated MetaGraphDef meta_graphs = 2;
}
message ObjectReference { int32 node_id = 1; string local_name = 2; }
message SlotVariableReference {
  int32 original_variable_node_id = 1; string slot_name = 2; int32 slot_variable_node_id = 3;
}
message SavedUserObject { string identifier = 1; VersionDef version = 2; string metadata = 3; }
message SavedAsset { int32 asset_file_def_index = 1; }
message SavedFunction {
  repeated string concrete_functions = 1; FunctionSpec function_spec = 2;
}
message FunctionSpec {
  StructuredValue fullargspec = 1; bool is_method = 2; StructuredValue input_signature = 5;
  int32 jit_compile = 6;
}
message NoneValue { }
message TensorSpecProto { string name = 1; TensorShapeProto shape = 2; int32 dtype = 3; }
message TypeSpecProto {
  int32 type_spec_class = 1; StructuredValue type_state = 2; string type_spec_class_name = 3;
  int32 num_flat_components = 4;
}
message BoundedTensorSpecProto { string name = 1; TensorShapeProto shape = 2; int32 dtype = 3; }
message StructuredList { repeated StructuredValue values = 1; }
message DictValue { map StructuredValue fields = 1; }
message PairValue { string key = 1; StructuredValue value = 2; }
message NamedTupleValue { string name = 1; repeated PairValue values = 2; }
message StructuredValue {
  oneof kind {
    NoneValue none_value = 1; double float64_value = 11; sint64 int64_value = 12;
    string string_value = 13; bool bool_value = 14; TensorShapeProto tensor_shape_value = 31;
    int32 tensor_dtype_value = 32; TensorSpecProto tensor_spec_value = 33;
    TypeSpecProto type_spec_value = 34; BoundedTensorSpecProto bounded_tensor_spec_value = 35;
    StructuredList list_value = 51; StructuredList tuple_value = 52; DictValue dict_value = 53;
    NamedTupleValue named_tuple_value = 54; TensorProto tensor_value = 55;
    TensorProto numpy_value = 56;
  }
}
message SavedVariable {
  int32 dtype = 1; TensorShapeProto shape = 2; bool trainable = 3; int32 synchronization = 4;
  int32 aggregation = 5; string name = 6; string device = 7;
}
message SavedBareConcreteFunction {
  string concrete_function_name = 1; repeated string argument_keywords = 2;
  int64 allowed_positional_arguments = 3; FunctionSpec function_spec = 4;
}
message SavedConstant { string operation = 1; }
message SavedResource { string device = 1; }
message CapturedTensor { string name = 1; string concrete_function = 2; }
message SaveableObject { int32 save_function = 2; int32 restore_function = 3; }
message SavedObject {
  repeated ObjectReference children = 1; repeated SlotVariableReference slot_variables = 3;
  oneof kind {
    SavedUserObject user_object = 4; SavedAsset asset = 5; SavedFunction function = 6;
    SavedVariable variable = 7; SavedBareConcreteFunction bare_concrete_function = 8;
    SavedConstant constant = 9; SavedResource resource = 10; CapturedTensor captured_tensor = 12;
  }
  map SaveableObject saveable_objects = 11; string registered_name = 13;
  repeated ObjectReference dependencies = 15; string registered_saver = 16;
}
message SavedConcreteFunction {
  repeated int32 bound_inputs = 2; StructuredValue canonicalized_input_signature = 3;
  StructuredValue output_signature = 4;
}
message SavedObjectGraph {
  repeated SavedObject nodes = 1; map SavedConcreteFunction concrete_functions = 2;
}
message SerializedTensor { string name = 1; string full_name = 2; string checkpoint_key = 3; }
message TrackableObject {
  repeated ObjectReference children = 1; repeated SerializedTensor attributes = 2;
  repeated SlotVariableReference slot_variables = 3;
}
message TrackableObjectGraph { repeated TrackableObject nodes = 1; }
message KerasObject {
  int32 node_id = 2; string node_path = 3; string identifier = 4; string metadata = 5;
  VersionDef version = 6;
}
message KerasMetadata { repeated KerasObject nodes = 1; }
"""

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
        field.type = _FIELD.TYPE_MESSAGE
        field.type_name = f".{_PACKAGE}.{type_name}"


def _classes() -> dict[str, Any]:
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(_described(_TEXT).SerializeToString())
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
