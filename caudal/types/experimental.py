"""``tf.types.experimental``: what values and functions are, for annotations and ``isinstance``."""

from __future__ import annotations

import abc
import inspect
from typing import Any, Protocol, Union, runtime_checkable

import numpy as np

from caudal.framework import ConcreteFunction, Function, Tensor, Variable
from caudal.framework.composite import Composite
from caudal.framework.function import BoundFunction
from caudal.framework.type_spec import TraceType

__all__ = [
    "Callable",
    "ConcreteFunction",
    "FunctionType",
    "GenericFunction",
    "PolymorphicFunction",
    "SupportsTracingProtocol",
    "TensorLike",
    "TraceType",
]

_Values = Union[Tensor, Variable, Composite, np.ndarray, np.generic]  # noqa: UP007
TensorLike = Union[  # noqa: UP007
    _Values, list[Any], tuple[Any, ...], int, float, bool, str, bytes
]
"""What functions of tf take for a tensor."""

FunctionType = inspect.Signature
"""The parameters of a function."""


class Callable(metaclass=abc.ABCMeta):  # noqa: B024
    """Anything that a `tf.function` gives and that can be called."""


class PolymorphicFunction(Callable):
    """What `tf.function` makes: a program for each signature.

    >>> from caudal.framework import function
    >>> isinstance(function(lambda x: x), PolymorphicFunction)
    True
    """


GenericFunction = PolymorphicFunction
PolymorphicFunction.register(Function)
PolymorphicFunction.register(BoundFunction)
Callable.register(ConcreteFunction)


@runtime_checkable
class SupportsTracingProtocol(Protocol):
    """Values that tell `tf.function` which program is theirs."""

    def __tf_tracing_type__(self, context: Any) -> TraceType:
        """Values of equal types share a program."""
