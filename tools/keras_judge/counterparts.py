"""What Caudal offers for names that are private to Keras but stand for something public.

``keras.src.backend`` is Keras's layer over TensorFlow, JAX and Torch; its functions are those of
keras.ops. The rest are helpers that tests use to look at results.
"""

import contextlib
import functools
import importlib
from types import ModuleType, SimpleNamespace

_BACKEND = "keras.src.backend"
PARTS_OF_BACKEND = ("core", "image", "linalg", "math", "nn", "numpy", "random")
_PLACES = {
    "keras.src.ops.core": "caudal.keras.ops",
    "keras.src.ops.math": "caudal.keras.ops",
    "keras.src.ops.numpy": "caudal.keras.ops",
    **{f"{_BACKEND}.tensorflow.{part}": "caudal.keras.ops" for part in PARTS_OF_BACKEND},
    "keras.src.backend.tensorflow.random": "caudal.keras.random",
}
"""Where functions of a private module are looked for."""

_WHOLE = {f"{_BACKEND}.common.remat": "caudal.keras.engine.remat"}
"""Modules in which tests put functions of their own: ours stands for the whole of it."""

_SAME = {
    "keras.src.backend.common.variables.Variable": "caudal.keras:Variable",
    "keras.src.backend.Variable": "caudal.keras:Variable",
    "keras.src.backend.convert_to_numpy": "caudal.keras.ops:convert_to_numpy",
    "keras.src.backend.convert_to_tensor": "caudal.keras.ops:convert_to_tensor",
    "keras.src.backend.is_tensor": "caudal.keras.ops:is_tensor",
    "keras.src.backend.cast": "caudal.keras.ops:cast",
    "keras.src.backend.cond": "caudal.keras.ops:cond",
    "keras.src.backend.shape": "caudal.keras.ops:shape",
    "keras.src.backend.vectorized_map": "caudal.keras.ops:vectorized_map",
    "keras.src.backend.name_scope": "caudal.keras:name_scope",
    "keras.src.backend.common.name_scope.name_scope": "caudal.keras:name_scope",
    "keras.src.backend.common.name_scope.current_path": "caudal.keras.engine.names:current_path",
    "keras.src.backend.common.variables.standardize_shape": (
        "caudal.keras.engine.keras_tensor:standardize_shape"
    ),
    "keras.src.backend.common.global_state.clear_session": "caudal.keras.backend:clear_session",
    "keras.src.saving.object_registration.custom_object_scope": (
        "caudal.keras.saving:custom_object_scope"
    ),
    "keras.src.saving.object_registration.CustomObjectScope": (
        "caudal.keras.saving:custom_object_scope"
    ),
    "keras.src.saving.saving_lib.save_model": "caudal.keras.saving:save_model",
    "keras.src.saving.saving_lib.load_model": "caudal.keras.saving:load_model",
    "keras.src.saving.saving_lib.save_weights_only": "caudal.keras.saving:save_weights",
    "keras.src.saving.saving_lib.load_weights_only": "caudal.keras.saving:load_weights",
    "keras.src.legacy.saving.legacy_h5_format.load_model_from_hdf5": (
        "caudal.keras.saving:load_model"
    ),
    "keras.src.utils.tracking.TrackedDict": "caudal.keras.engine.tracking:TrackedDict",
    "keras.src.utils.tracking.TrackedList": "caudal.keras.engine.tracking:TrackedList",
    "keras.src.saving.object_registration.GLOBAL_CUSTOM_NAMES": (
        "caudal.keras.engine.serialization:_registered_names"
    ),
    "keras.src.saving.object_registration.GLOBAL_CUSTOM_OBJECTS": (
        "caudal.keras.engine.serialization:_registered"
    ),
    "keras.src.utils.naming.auto_name": "caudal.keras.engine.names:auto_name",
    "keras.src.utils.naming.to_snake_case": "caudal.keras.engine.names:to_snake_case",
    "keras.src.models.functional.Functional": "caudal.keras.models.functional:Functional",
    "keras.src.ops.operation.Operation": "caudal.keras:Operation",
    "keras.src.backend.tensorflow.trainer.TensorFlowTrainer": (
        "caudal.keras.training.trainer:Trainer"
    ),
}
"""Private names and what they are in Caudal: ``module:name``."""


def get_keras_mask(x):
    return getattr(x, "_keras_mask", None)


def set_keras_mask(x, mask):
    x._keras_mask = mask


def standardize_dtype(dtype):
    """The name of a dtype given in any of the usual ways; None means the default float."""
    from caudal.dtypes import as_dtype
    from caudal.keras.backend import floatx

    if dtype is None:
        return floatx()
    if dtype is int:
        return "int64"
    if dtype is float:
        return "float32"
    return as_dtype(dtype).name


def is_float_dtype(dtype):
    return "float" in standardize_dtype(dtype)


def is_int_dtype(dtype):
    return "int" in standardize_dtype(dtype)


def standardize_data_format(data_format):
    from caudal.keras.backend import image_data_format

    found = image_data_format() if data_format is None else str(data_format).lower()
    if found not in ("channels_first", "channels_last"):
        raise ValueError(f"unknown data format {data_format!r}")
    return found


def compute_output_spec(function, *args, **kwargs):
    from caudal.keras.engine.shapes import probe

    return probe(function, args, kwargs)


def any_symbolic_tensors(args=None, kwargs=None):
    from caudal.keras.engine.history import any_symbolic

    return any_symbolic(tuple(args or ()), dict(kwargs or {}))


def is_keras_tensor(x):
    from caudal.keras import KerasTensor

    return isinstance(x, KerasTensor)


def save_model_to_hdf5(model, filepath, overwrite=True, include_optimizer=True):
    from caudal.keras.saving import save_model

    save_model(model, filepath, overwrite, save_format="h5", include_optimizer=include_optimizer)


def random_seed_dtype():
    return "uint32"


def device(name):
    import caudal

    return caudal.device(name)


@contextlib.contextmanager
def autocast_scope(dtype):
    """Float variables are read in another dtype while it is open, as inside a layer."""
    from caudal.dtypes import as_dtype
    from caudal.keras.engine.context import call_context

    before = call_context.variables
    call_context.variables = None if dtype is None else as_dtype(dtype)
    try:
        yield
    finally:
        call_context.variables = before


def compute_conv_transpose_output_shape(
    input_shape,
    kernel_size,
    filters,
    strides,
    padding,
    output_padding=None,
    data_format="channels_last",
    dilation_rate=1,
):
    """What the layer of that rank says."""
    from caudal.keras import layers

    rank = len(input_shape) - 2
    kind = getattr(layers, f"Conv{rank}DTranspose")
    layer = kind(
        filters,
        kernel_size[:rank],
        strides,
        padding,
        output_padding=output_padding,
        data_format=data_format,
        dilation_rate=dilation_rate,
    )
    return layer.compute_output_shape(tuple(input_shape))


def compute_conv_transpose_padding_args_for_jax(
    input_shape, kernel_shape, strides, padding, output_padding, dilation_rate
):
    """(before, after) for each spatial axis of a convolution over the input spread by strides."""
    rank = len(input_shape) - 2
    each = [v if isinstance(v, list | tuple) else (v,) * rank for v in (strides, dilation_rate)]
    added = output_padding if isinstance(output_padding, list | tuple) else (output_padding,) * rank
    found = []
    for size, step, dilation, more in zip(kernel_shape, *each, added, strict=False):
        reach = (size - 1) * dilation + 1
        if padding == "valid":
            found.append((reach - 1, reach - 1 + (max(step - reach, 0) if more is None else more)))
            continue
        total = reach + step - 2 if more is None else reach + reach % 2 - 2 + more
        before = min(total - total // 2, reach - 1)
        found.append((before, total - before))
    return found


_FUNCTIONS = {
    function.__name__: function
    for function in (
        get_keras_mask,
        set_keras_mask,
        standardize_dtype,
        is_float_dtype,
        is_int_dtype,
        standardize_data_format,
        compute_output_spec,
        any_symbolic_tensors,
        is_keras_tensor,
        random_seed_dtype,
        device,
        compute_conv_transpose_output_shape,
        compute_conv_transpose_padding_args_for_jax,
    )
}
_FUNCTIONS["AutocastScope"] = autocast_scope
_FLAGS = {
    "SUPPORTS_SPARSE_TENSORS": False,
    "SUPPORTS_RAGGED_TENSORS": False,
    "SUPPORTS_COMPLEX_DTYPES": True,
    "IS_THREAD_SAFE": True,
}
"""What tests ask about a backend before they use it."""

_TRACEBACKS = "keras.src.utils.traceback_utils"


@functools.cache
def find(module, name):
    """Caudal's object for ``module.name``, or None if the table has none."""
    same = _SAME.get(f"{module}.{name}")
    if same is not None:
        home, _, inner = same.partition(":")
        return getattr(importlib.import_module(home), inner)
    if module == _BACKEND or module.startswith((f"{_BACKEND}.common", f"{_BACKEND}.config")):
        if name in _FUNCTIONS:
            return _FUNCTIONS[name]
        if module == _BACKEND and name in _FLAGS:
            return _FLAGS[name]
    if module in _PLACES and not name[:1].isupper():
        found = getattr(importlib.import_module(_PLACES[module]), name, None)
        return found
    if module == _TRACEBACKS and name.endswith("_traceback_filtering"):
        return lambda: None
    if module == _TRACEBACKS and name == "is_traceback_filtering_enabled":
        return lambda: False
    if module == "keras.src.legacy.saving.legacy_h5_format" and name == "save_model_to_hdf5":
        return save_model_to_hdf5
    if module == "keras.src.utils.python_utils" and name == "removesuffix":
        return str.removesuffix
    if module == "keras.src.utils.module_utils" and name == "tensorflow":
        return importlib.import_module("tensorflow")
    if module == "keras.src.utils.module_utils" and name in ("dmtree", "optree"):
        # Tests of keras.tree run once for each implementation; ours stands for one.
        return SimpleNamespace(available=name == "optree")
    if module == "keras.src.tree" and name == "optree_impl":
        return importlib.import_module("caudal.keras.tree")
    return None


def module(name):
    """A whole module of ours in place of one of Keras's; None if there is none."""
    if name == f"{_BACKEND}.tests":
        return ModuleType(name)
    return importlib.import_module(_WHOLE[name]) if name in _WHOLE else None


def skip_if_backend(backend, reason):
    """The decorator of Keras's conftest, which the wheel lacks."""
    import pytest

    return pytest.mark.skipif(backend == "tensorflow", reason=reason)


conftest = SimpleNamespace(skip_if_backend=skip_if_backend)
