"""`tf.compat.v1`: today's names, and the switch to graph mode.

After `disable_v2_behavior` (or `disable_eager_execution`) tensors are symbolic, as in TensorFlow 1.
``graph`` has placeholders and sessions, ``graph_optimizers`` what minimizes, ``graph_variables``
variables, scopes and collections; ``v1_layers``, ``v1_losses``, ``v1_train``, ``v1_gfile`` and
``v1_logging`` are namespaces.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from caudal import _GONE as GONE
from caudal.compat.graph import GraphTensor, Immediate
from caudal.compat.graphs import get_default_graph
from caudal.framework import Tensor, context, init_scope
from caudal.namespaces import missing, table

_OWN = [
    "ConfigProto",
    "Dimension",
    "GPUOptions",
    "constant",
    "disable_eager_execution",
    "disable_v2_behavior",
    "disable_tensor_equality",
    "disable_v2_tensorshape",
    "enable_eager_execution",
    "enable_resource_variables",
    "enable_v2_behavior",
    "enable_v2_tensorshape",
    "enable_tensor_equality",
    "executing_eagerly",
    "local_variables_initializer",
    "tables_initializer",
    "to_double",
    "to_float",
    "to_int32",
    "to_int64",
]

_before: list[Any] = []
"""What the thread was doing before graph mode; at most one entry."""


def disable_eager_execution() -> None:
    """From here on, in this thread, ops make symbolic tensors."""
    if not _before:
        _before.append(context.state.enter(get_default_graph().trace, ()))


def enable_eager_execution(*args: Any, **kwargs: Any) -> None:
    """Back to eager execution."""
    if _before:
        context.state.leave(_before.pop())


def disable_v2_behavior() -> None:
    """Graph mode, as `disable_eager_execution`; what else differed in TensorFlow 1 is gone."""
    disable_eager_execution()


def enable_v2_behavior() -> None:
    """Back to eager execution."""
    enable_eager_execution()


def enable_resource_variables() -> None:
    """Nothing to do: there are no other variables."""


def enable_v2_tensorshape() -> None:
    """Nothing to do: there are no other shapes."""


def disable_v2_tensorshape() -> None:
    """Nothing to do: programs that compare extents work with both kinds of shape."""


def disable_tensor_equality() -> None:
    """Nothing to do: tensors of graphs compare by identity."""


def enable_tensor_equality() -> None:
    """Nothing to do: values compare element by element."""


def constant(
    value: Any,
    dtype: Any = None,
    shape: Any = None,
    name: str = "Const",
    verify_shape: bool = False,
) -> Any:
    """As `tf.constant`; in graph mode a tensor that waits for a session."""
    with init_scope():
        tensor: Tensor = importlib.import_module("caudal").constant(value, dtype, shape)
    if verify_shape and shape is not None:
        tensor.shape.assert_is_compatible_with(np.shape(value))
    if context.state.trace is None:
        return tensor
    found = GraphTensor(lambda: tensor, (), {})
    found._kind = (tensor.dtype, tensor.shape)
    return found


class ConfigProto:
    """Settings of a session: kept, for there is one device and nothing to place."""

    def __init__(self, **settings: Any) -> None:
        self.gpu_options = GPUOptions()
        self.__dict__.update(settings)


class GPUOptions:
    """Settings of GPUs: kept, for there are none."""

    def __init__(self, **settings: Any) -> None:
        self.allow_growth = False
        self.per_process_gpu_memory_fraction = 0.0
        self.__dict__.update(settings)


class Dimension:
    """One extent of a shape, or None."""

    def __init__(self, value: Any) -> None:
        self.value = None if value is None else int(getattr(value, "value", value))

    def __eq__(self, other: object) -> bool:
        return bool(self.value == getattr(other, "value", other))

    def __hash__(self) -> int:
        return hash(self.value)

    def __int__(self) -> int:
        return int(self.value)  # type: ignore[arg-type]

    __index__ = __int__

    def __repr__(self) -> str:
        return f"Dimension({self.value})"


def tables_initializer(name: str = "init_all_tables") -> GraphTensor:
    """Nothing to do: tables have their contents from the start."""
    return Immediate(lambda: None, (), {})


def local_variables_initializer() -> GraphTensor:
    """Nothing to do: there are no local variables."""
    return Immediate(lambda: None, (), {})


def _cast(kind: str) -> Any:
    def to(x: Any, name: str | None = None) -> Any:
        tf = importlib.import_module("caudal")
        return tf.cast(x, kind)

    to.__name__ = f"to_{kind}"
    to.__doc__ = f"As {kind}."
    return to


to_float, to_double = _cast("float32"), _cast("float64")
to_int32, to_int64 = _cast("int32"), _cast("int64")

_HOMES = table(
    {
        "caudal.compat.graph": (
            "assign assign_add assign_sub control_dependencies gradients group no_op placeholder "
            "placeholder_with_default"
        ),
        "caudal.compat.graphs": "Graph get_default_graph reset_default_graph",
        "caudal.compat.session": "InteractiveSession Session get_default_session=current_session",
        "caudal.compat.graph_variables": (
            "AUTO_REUSE GraphKeys Variable VariableScope add_to_collection get_collection "
            "get_collection_ref get_variable get_variable_scope "
            "global_variables global_variables_initializer "
            "initialize_all_variables=global_variables_initializer "
            "initialize_variables=variables_initializer local_variables "
            "trainable_variables variable_scope variables_initializer"
        ),
        "caudal.compat.v1_gfile": "*",
        "caudal.compat.v1_templates": "make_template",
        "caudal.compat.v1_math": (
            "argmax argmin reduce_all reduce_any reduce_logsumexp reduce_max reduce_mean "
            "reduce_min reduce_prod reduce_sum"
        ),
    }
)
_HOMES.update(
    data="caudal.compat.v1_data:",
    gfile="caudal.compat.v1_gfile:",
    layers="caudal.compat.v1_layers:",
    logging="caudal.compat.v1_logging:",
    losses="caudal.compat.v1_losses:",
    nn="caudal.compat.v1_nn:",
    train="caudal.compat.v1_train:",
)
del _HOMES["v1_gfile"]
_TODAY = {
    "FixedLenFeature": "io.FixedLenFeature",
    "VarLenFeature": "io.VarLenFeature",
    "arg_max": "argmax",
    "arg_min": "argmin",
    "cross": "linalg.cross",
    "diag": "linalg.tensor_diag",
    "diag_part": "linalg.tensor_diag_part",
    "ceil": "math.ceil",
    "decode_csv": "io.decode_csv",
    "decode_raw": "io.decode_raw",
    "div": "math.divide",
    "div_no_nan": "math.divide_no_nan",
    "erf": "math.erf",
    "floor_div": "math.floordiv",
    "is_finite": "math.is_finite",
    "is_inf": "math.is_inf",
    "is_nan": "math.is_nan",
    "log": "math.log",
    "lgamma": "math.lgamma",
    "log1p": "math.log1p",
    "matrix_band_part": "linalg.band_part",
    "matrix_determinant": "linalg.det",
    "matrix_diag": "linalg.diag",
    "matrix_solve": "linalg.solve",
    "matrix_transpose": "linalg.matrix_transpose",
    "matrix_inverse": "linalg.inv",
    "mod": "math.mod",
    "multinomial": "random.categorical",
    "parse_example": "io.parse_example",
    "parse_single_example": "io.parse_single_example",
    "py_func": "numpy_function",
    "random_normal": "random.normal",
    "random_shuffle": "random.shuffle",
    "random_uniform": "random.uniform",
    "read_file": "io.read_file",
    "random_gamma": "random.gamma",
    "rsqrt": "math.rsqrt",
    "segment_max": "math.segment_max",
    "segment_mean": "math.segment_mean",
    "segment_sum": "math.segment_sum",
    "set_random_seed": "random.set_seed",
    "truncated_normal": "random.truncated_normal",
    "write_file": "io.write_file",
}
"""Names of TensorFlow 1 whose functions only moved."""


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        home, _, attribute = _HOMES[name].partition(":")
        module = importlib.import_module(home)
        return getattr(module, attribute) if attribute else module
    tf = importlib.import_module("caudal")
    if name in _TODAY:
        value: Any = tf
        for part in _TODAY[name].split("."):
            value = getattr(value, part)
        return value
    try:
        return getattr(tf, name)
    except AttributeError as error:
        fix = "" if "Did you mean" in str(error) else GONE.get(name, "It belongs to TensorFlow 1.")
        raise missing("tf.compat.v1", name, _OWN, fix) from error


def __dir__() -> list[str]:
    return sorted({*_OWN, *_HOMES, *_TODAY, *dir(importlib.import_module("caudal"))})
