"""The layouts of TensorFlow's public messages, as far as Caudal reads or writes them.

Sources: saved_model.proto, meta_graph.proto, graph.proto, function.proto, struct.proto,
saved_object_graph.proto, saver.proto, types.proto, variable.proto, and what they use.
"""

MESSAGES = """
message Dim { int64 size = 1; string name = 2; }
message TensorShapeProto { repeated Dim dim = 2; bool unknown_rank = 3; }
message TensorProto {
  DataType dtype = 1; TensorShapeProto tensor_shape = 2; int32 version_number = 3;
  bytes tensor_content = 4; repeated float float_val = 5; repeated double double_val = 6;
  repeated int32 int_val = 7; repeated bytes string_val = 8; repeated float scomplex_val = 9;
  repeated int64 int64_val = 10; repeated bool bool_val = 11; repeated double dcomplex_val = 12;
  repeated int32 half_val = 13; repeated uint32 uint32_val = 16; repeated uint64 uint64_val = 17;
}
message NameAttrList { string name = 1; map AttrValue attr = 2; }
message AttrList {
  repeated bytes s = 2; repeated int64 i = 3; repeated float f = 4; repeated bool b = 5;
  repeated DataType type = 6; repeated TensorShapeProto shape = 7; repeated TensorProto tensor = 8;
  repeated NameAttrList func = 9;
}
message AttrValue {
  oneof value {
    AttrList list = 1; bytes s = 2; int64 i = 3; float f = 4; bool b = 5; DataType type = 6;
    TensorShapeProto shape = 7; TensorProto tensor = 8; string placeholder = 9;
    NameAttrList func = 10;
  }
}
message NodeDef {
  string name = 1; string op = 2; repeated string input = 3; string device = 4;
  map AttrValue attr = 5;
}
message ArgDef {
  string name = 1; DataType type = 3; string type_attr = 4; string number_attr = 5;
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
  CheckpointFormatVersion version = 7;
}
message NodeList { repeated string value = 1; }
message BytesList { repeated bytes value = 1; }
message CollectionDef { oneof kind { NodeList node_list = 1; BytesList bytes_list = 2; } }
message TensorInfo { string name = 1; DataType dtype = 2; TensorShapeProto tensor_shape = 3; }
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
  JitCompile jit_compile = 6;
}
message NoneValue { }
message TensorSpecProto { string name = 1; TensorShapeProto shape = 2; DataType dtype = 3; }
message TypeSpecProto {
  TypeSpecClass type_spec_class = 1; StructuredValue type_state = 2;
  string type_spec_class_name = 3; int32 num_flat_components = 4;
}
message BoundedTensorSpecProto { string name = 1; TensorShapeProto shape = 2; DataType dtype = 3; }
message StructuredList { repeated StructuredValue values = 1; }
message DictValue { map StructuredValue fields = 1; }
message PairValue { string key = 1; StructuredValue value = 2; }
message NamedTupleValue { string name = 1; repeated PairValue values = 2; }
message StructuredValue {
  oneof kind {
    NoneValue none_value = 1; double float64_value = 11; sint64 int64_value = 12;
    string string_value = 13; bool bool_value = 14; TensorShapeProto tensor_shape_value = 31;
    DataType tensor_dtype_value = 32; TensorSpecProto tensor_spec_value = 33;
    TypeSpecProto type_spec_value = 34; BoundedTensorSpecProto bounded_tensor_spec_value = 35;
    StructuredList list_value = 51; StructuredList tuple_value = 52; DictValue dict_value = 53;
    NamedTupleValue named_tuple_value = 54; TensorProto tensor_value = 55;
    TensorProto numpy_value = 56;
  }
}
message SavedVariable {
  DataType dtype = 1; TensorShapeProto shape = 2; bool trainable = 3;
  VariableSynchronization synchronization = 4; VariableAggregation aggregation = 5;
  string name = 6; string device = 7;
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

_DTYPES = (
    "INVALID FLOAT DOUBLE INT32 UINT8 INT16 INT8 STRING COMPLEX64 INT64 BOOL QINT8 QUINT8 QINT32 "
    "BFLOAT16 QINT16 QUINT16 UINT16 COMPLEX128 HALF RESOURCE VARIANT UINT32 UINT64 FLOAT8_E5M2 "
    "FLOAT8_E4M3FN FLOAT8_E4M3FNUZ FLOAT8_E4M3B11FNUZ FLOAT8_E5M2FNUZ INT4 UINT4 INT2 UINT2"
).split()
# A reference to a variable of TensorFlow 1 has the dtype's number and 100.
_REFERENCES = [(f"DT_{name}_REF", 100 + i) for i, name in enumerate(_DTYPES[:25]) if i]
ENUMS: dict[str, list[tuple[str, int]]] = {
    "DataType": [*((f"DT_{name}", i) for i, name in enumerate(_DTYPES)), *_REFERENCES],
    "VariableSynchronization": [
        (f"VARIABLE_SYNCHRONIZATION_{name}", i)
        for i, name in enumerate(("AUTO", "NONE", "ON_WRITE", "ON_READ"))
    ],
    "VariableAggregation": [
        (f"VARIABLE_AGGREGATION_{name}", i)
        for i, name in enumerate(("NONE", "SUM", "MEAN", "ONLY_FIRST_REPLICA"))
    ],
    "CheckpointFormatVersion": [("LEGACY", 0), ("V1", 1), ("V2", 2)],
    "JitCompile": [("DEFAULT", 0), ("ON", 1), ("OFF", 2)],
    "TypeSpecClass": [
        ("UNKNOWN", 0),
        ("SPARSE_TENSOR_SPEC", 1),
        ("INDEXED_SLICES_SPEC", 2),
        ("RAGGED_TENSOR_SPEC", 3),
        ("TENSOR_ARRAY_SPEC", 4),
        ("DATA_DATASET_SPEC", 5),
        ("DATA_ITERATOR_SPEC", 6),
        ("OPTIONAL_SPEC", 7),
        ("PER_REPLICA_SPEC", 8),
        ("VARIABLE_SPEC", 9),
        ("ROW_PARTITION_SPEC", 10),
        ("REGISTERED_TYPE_SPEC", 12),
        ("EXTENSION_TYPE_SPEC", 13),
    ],
}
"""The names of enumerations' values, which text files spell out."""
