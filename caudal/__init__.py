"""Caudal runs TensorFlow 2 and Keras programs: ``import caudal as tf``.

This module is the ``tf`` namespace. Names load on first use, so that the import is cheap.
"""

from caudal.namespaces import lazy as _lazy
from caudal.namespaces import table as _table

__version__ = "2.21.0"
"""The version of TensorFlow whose API this is; `caudal.version.CAUDAL_VERSION` is our own."""

_SUBMODULES = (
    "audio autodiff autograph bitwise compat config data debug debugging distribute dtypes errors "
    "experimental image io keras linalg lite lookup math nest nn profiler quantization queue "
    "ragged random saved_model sets signal sparse strings summary sysconfig test train types "
    "version xla"
)

_PLACES = _table({f"caudal.{name}": "*" for name in _SUBMODULES.split()}) | _table(
    {
        "caudal.framework": (
            "GradientTape IndexedSlices Tensor TensorShape TensorSpec "
            "UnconnectedGradients Variable "
            "convert_to_tensor custom_gradient executing_eagerly init_scope "
            "inside_function is_symbolic_tensor=is_symbolic is_tensor name_scope newaxis "
            "no_gradient stop_gradient"
        ),
        "caudal.autograph.functions": "function",
        "caudal.compat.graphs": "Graph",
        "caudal.framework.forward": "RegisterGradient gradients hessians",
        "caudal.ir.dtypes": (
            "DType as_dtype bfloat16 bool=bool_ complex128 complex64 double=float64 float16 "
            "float32 float64 half=float16 int16 int32 int64 int8 string uint16 uint32 uint64 uint8"
        ),
        "caudal.array.create": (
            "constant eye fill identity identity_n linspace meshgrid one_hot ones ones_like range "
            "rank sequence_mask shape shape_n size zeros zeros_like"
        ),
        "caudal.array.blocks": (
            "batch_to_space required_space_to_batch_paddings space_to_batch space_to_batch_nd"
        ),
        "caudal.image.volumes": "extract_volume_patches",
        "caudal.nn.backprop": "conv2d_backprop_filter_v2 conv2d_backprop_input_v2",
        "caudal.random.algorithms": "random_index_shuffle=index_shuffle",
        "caudal.sparse.decoding": "edit_distance",
        "caudal.signal": "fftnd ifftnd irfftnd rfftnd",
        "caudal.strings": "as_string",
        "caudal.array.movement": (
            "broadcast_dynamic_shape broadcast_static_shape broadcast_to concat ensure_shape "
            "expand_dims pad repeat reshape reverse roll slice split squeeze stack strided_slice "
            "tile transpose unstack"
        ),
        "caudal.array.indexing": (
            "argsort boolean_mask dynamic_partition dynamic_stitch gather gather_nd "
            "reverse_sequence scatter_nd searchsorted sort tensor_scatter_nd_add "
            "tensor_scatter_nd_max tensor_scatter_nd_min tensor_scatter_nd_sub "
            "tensor_scatter_nd_update unique unique_with_counts unravel_index where"
        ),
        "caudal.math.elementwise": (
            "abs acos acosh add add_n asin asinh atan atan2 atanh clip_by_value cos "
            "cosh divide equal exp floor greater greater_equal less less_equal "
            "logical_and logical_not logical_or maximum minimum multiply negative not_equal pow "
            "realdiv=truediv round scalar_mul sigmoid sign sin sinh sqrt square "
            "subtract tan tanh truediv truncatediv truncatemod"
        ),
        "caudal.math.greatest": "approx_top_k",
        "caudal.math.conversion": "bitcast cast complex saturate_cast",
        "caudal.math.reduce": (
            "argmax argmin cumsum reduce_all reduce_any reduce_logsumexp reduce_max reduce_mean "
            "reduce_min reduce_prod reduce_sum"
        ),
        "caudal.math.counting": "histogram_fixed_width histogram_fixed_width_bins",
        "caudal.linalg.products": "einsum matmul tensordot",
        "caudal.linalg.matrices": "clip_by_global_norm clip_by_norm norm",
        "caudal.linalg.factors": "matrix_square_root=sqrtm",
        "caudal.linalg.decompositions": "eig eigvals",
        "caudal.control": (
            "case cond control_dependencies foldl foldr get_static_value "
            "grad_pass_through group map_fn no_op numpy_function py_function recompute_grad scan "
            "switch_case timestamp tuple=tuple_ vectorized_map while_loop"
        ),
        "caudal.tensor_array": "TensorArray",
        "caudal.extension.specs": (
            "IndexedSlicesSpec NoneTensorSpec TensorArraySpec type_spec_from_value"
        ),
        "caudal.framework.context": "get_current_name_scope variable_creator_scope",
        "caudal.framework.type_spec": "TypeSpec",
        "caudal.strings.numbers": "fingerprint",
        "caudal.sparse.spec": "SparseTensorSpec",
        "caudal.sparse.tensor": "SparseTensor",
        "caudal.ragged.tensor": "RaggedTensor",
        "caudal.ragged.spec": "RaggedTensorSpec",
        "caudal.messages": "get_logger print",
        "caudal.config.devices": "DeviceSpec device",
        "caudal.module": "Module",
        "caudal.debugging": "Assert assert_equal assert_greater assert_less assert_rank",
        "caudal.keras.initializers": (
            "constant_initializer=Constant ones_initializer=Ones "
            "random_normal_initializer=RandomNormal random_uniform_initializer=RandomUniform "
            "zeros_initializer=Zeros"
        ),
        "caudal.compat": "install load_ipython_extension uninstall unload_ipython_extension",
        "caudal.keras": "initializers losses metrics optimizers",
        "caudal.framework.enums": "VariableAggregation VariableSynchronization",
    }
)

_GONE = {
    "Session": "Sessions left TensorFlow 2: call functions directly, or use tf.compat.v1.Session.",
    "app": "tf.app left TensorFlow 2: use absl.app, or call main() under __main__.",
    "assign": "tf.assign left TensorFlow 2: use variable.assign(value).",
    "batch_matmul": "tf.batch_matmul left TensorFlow: tf.matmul multiplies batches.",
    "contrib": "tf.contrib left TensorFlow 2: most of it lives on in tf.keras.",
    "estimator": "tf.estimator left TensorFlow in 2.16: use tf.keras and its model.fit.",
    "feature_column": (
        "tf.feature_column is deprecated: use Keras's preprocessing layers, as "
        "tf.keras.layers.Normalization, StringLookup, CategoryEncoding and Discretization."
    ),
    "flags": "tf.flags left TensorFlow 2: use absl.flags or argparse.",
    "get_variable": "tf.get_variable left TensorFlow 2: use tf.Variable or a Keras layer.",
    "gfile": "tf.gfile left TensorFlow 2: use tf.io.gfile.",
    "global_variables_initializer": (
        "Variables are initialised where they are made in TensorFlow 2: leave the call out."
    ),
    "layers": "tf.layers left TensorFlow 2: use tf.keras.layers.",
    "log": "tf.log left TensorFlow 2: use tf.math.log.",
    "logging": "tf.logging left TensorFlow 2: use tf.get_logger() or Python's logging.",
    "placeholder": "Placeholders left TensorFlow 2: pass arguments to a tf.function.",
    "random_normal": "tf.random_normal left TensorFlow 2: use tf.random.normal.",
    "random_uniform": "tf.random_uniform left TensorFlow 2: use tf.random.uniform.",
    "set_random_seed": "tf.set_random_seed left TensorFlow 2: use tf.random.set_seed.",
    "to_float": "tf.to_float left TensorFlow 2: use tf.cast(x, tf.float32).",
    "to_int32": "tf.to_int32 left TensorFlow 2: use tf.cast(x, tf.int32).",
    "tpu": "Caudal computes on the CPU: leave TPU code out, or use tf.distribute.get_strategy().",
    "truncated_normal": "tf.truncated_normal left TensorFlow 2: use tf.random.truncated_normal.",
    "variable_scope": "Variable scopes left TensorFlow 2: use tf.name_scope or a tf.Module.",
}

__getattr__, __dir__ = _lazy(__name__, _PLACES, label="tf", gone=_GONE)
