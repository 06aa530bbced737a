"""Tensors, variables, gradients and compiled functions: eager execution and tracing.

``tensor`` and ``convert`` make values, ``dispatch`` applies ops to them, ``tape`` and
``backprop`` differentiate, ``trace`` turns Python functions into programs, ``function`` keeps
one program per signature, ``graph`` differentiates those, ``random_state`` holds the seeds.
"""

from caudal.framework import nest, random_state
from caudal.framework.branch import choose, repeat_rows, repeat_while
from caudal.framework.concrete import ConcreteFunction
from caudal.framework.context import (
    executing_eagerly,
    init_scope,
    inside_function,
    name_scope,
    stop_recording,
)
from caudal.framework.convert import align, constant, convert_to_tensor, is_tensor_like, promote
from caudal.framework.dispatch import apply
from caudal.framework.dlpack import from_dlpack, to_dlpack
from caudal.framework.effects import check, perform
from caudal.framework.forward import ForwardAccumulator
from caudal.framework.function import (
    Function,
    function,
    functions_run_eagerly,
    run_functions_eagerly,
)
from caudal.framework.gradients import custom_gradient, no_gradient, stop_gradient
from caudal.framework.indexed_slices import IndexedSlices
from caudal.framework.indexing import boolean_mask, newaxis
from caudal.framework.matmul import matmul
from caudal.framework.random_state import set_seed
from caudal.framework.shape import TensorShape, TensorSpec
from caudal.framework.tape import GradientTape, UnconnectedGradients
from caudal.framework.tensor import SymbolicTensor, Tensor, is_symbolic, is_tensor
from caudal.framework.trace import Trace, Traced, abstract_eval, trace
from caudal.framework.variable import Variable

__all__ = [
    "ConcreteFunction",
    "ForwardAccumulator",
    "Function",
    "GradientTape",
    "IndexedSlices",
    "SymbolicTensor",
    "Tensor",
    "TensorShape",
    "TensorSpec",
    "Trace",
    "Traced",
    "UnconnectedGradients",
    "Variable",
    "abstract_eval",
    "align",
    "apply",
    "boolean_mask",
    "check",
    "choose",
    "constant",
    "convert_to_tensor",
    "custom_gradient",
    "executing_eagerly",
    "from_dlpack",
    "function",
    "functions_run_eagerly",
    "init_scope",
    "inside_function",
    "is_symbolic",
    "is_tensor",
    "is_tensor_like",
    "matmul",
    "name_scope",
    "nest",
    "newaxis",
    "no_gradient",
    "perform",
    "promote",
    "random_state",
    "repeat_rows",
    "repeat_while",
    "run_functions_eagerly",
    "set_seed",
    "stop_gradient",
    "stop_recording",
    "to_dlpack",
    "trace",
]
