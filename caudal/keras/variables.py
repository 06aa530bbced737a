"""keras.Variable: a framework Variable with a path, a regularizer and a constraint."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import framework, ops
from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework.convert import as_tensor
from caudal.ir.dtypes import as_dtype
from caudal.keras.engine.budget import charge
from caudal.keras.engine.context import call_context
from caudal.keras.engine.keras_tensor import standardize_shape
from caudal.keras.engine.names import auto_name, current_path
from caudal.keras.engine.policy import floatx
from caudal.keras.engine.stateless_scope import present


class Variable(framework.Variable):
    """A weight.

    initializer: an array, or a function ``(shape, dtype) -> array`` (or the name of one), which
    needs ``shape``. ``path`` is the name with the scopes of the layers around it.

    >>> Variable([1.0, 2.0], name="w").shape
    TensorShape([2])
    """

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str = "none",
        synchronization: str = "auto",
        name: str | None = None,
        path: str | None = None,
    ) -> None:
        name = name or auto_name("variable")
        if "/" in name:
            raise InvalidArgumentError(
                "Variable: expected `name` without '/', received {name!r}.", name=name
            )
        # A layer may be built while a function is traced: its weights are made outside.
        with framework.init_scope():
            value = _initial_value(initializer, shape, dtype)
            super().__init__(value, trainable=trainable, name=name)
        scope = current_path()
        self.path = path or (f"{scope}/{name}" if scope else name)
        self.autocast = autocast
        self.aggregation, self.synchronization = aggregation, synchronization
        self.regularizer: Any = None
        self.constraint: Any = None
        self.overwrite_with_gradient = False
        self._own_name = name

    @property
    def name(self) -> str:
        """The name, without the path and without TensorFlow's ":0"."""
        return self._own_name

    @property
    def value(self) -> Any:
        """The value now, as a tensor."""
        return self.read_value()

    @property
    def dtype(self) -> Any:
        """The dtype that it is read in: inside a layer of mixed precision the arithmetic's."""
        wanted = call_context.variables
        return wanted if wanted and self.autocast and self._dtype.is_floating else self._dtype

    def read_value(self) -> Any:
        """The value now, in the dtype of the layer that reads it."""
        wanted = self.dtype
        scope = present.scope
        held = None if scope is None else scope.get_current_value(self)
        if held is not None:
            return held if wanted is self._dtype else ops.cast(held, dtype=wanted)
        if wanted is self._dtype:
            return super().read_value()
        outer, call_context.variables = call_context.variables, None
        try:
            return ops.cast(super().read_value(), dtype=wanted)
        finally:
            call_context.variables = outer

    __caudal_read__ = read_value

    def _checked(self, value: Any, what: str) -> Any:
        # What a layer computed in 16 bits may be assigned to its variables.
        tensor = as_tensor(value)
        if tensor is not None and tensor.dtype is not self._dtype and tensor.dtype.is_floating:
            value = ops.cast(tensor, dtype=self._dtype)
        return super()._checked(value, what)

    def _write(self, tensor: Any) -> None:
        if present.scope is not None:
            present.scope.add_update((self, tensor))
            return
        outer, call_context.variables = call_context.variables, None
        try:
            super()._write(tensor)
        finally:
            call_context.variables = outer

    def _accumulate(self, delta: Any, ufunc: Any, what: str, read_value: bool) -> Any:
        if present.scope is None:
            return super()._accumulate(delta, ufunc, what, read_value)
        tensor, value = self._checked(delta, what), self.read_value()
        self._write(value + tensor if ufunc is np.add else value - tensor)
        return self if read_value else None

    def slice_assigner(self, method: str, key: Any) -> Any:
        """``variable[key].assign`` and its kin."""
        if present.scope is not None:
            raise UnimplementedError(
                "{name}[...].{method}: a StatelessScope takes whole values only.",
                name=self.name,
                method=method,
            )
        return super().slice_assigner(method, key)

    @property
    def trainable(self) -> bool:
        """Whether training changes it; may be set."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: Any) -> None:
        self._trainable = bool(value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        twin = Variable(self.numpy(), dtype=self.dtype, name=self.name, path=self.path)
        twin.__dict__.update({key: item for key, item in self.__dict__.items() if key in _CARRIED})
        memo[id(self)] = twin
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        carried = {key: item for key, item in self.__dict__.items() if key in _CARRIED}
        return _restore, (self.numpy(), self.name, self.path, carried)

    def __repr__(self) -> str:
        return (
            f"<Variable path={self.path}, shape={tuple(self.shape)}, dtype={self.dtype.name}, "
            f"value={self.read_value().numpy() if not framework.inside_function() else '?'}>"
        )


# What a copy keeps beside value, name and path.
_CARRIED = (
    "_trainable",
    "autocast",
    "aggregation",
    "synchronization",
    "regularizer",
    "constraint",
    "overwrite_with_gradient",
)


def _restore(value: Any, name: str, path: str, carried: dict[str, Any]) -> Variable:
    variable = Variable(value, dtype=np.asarray(value).dtype, name=name, path=path)
    variable.__dict__.update(carried)
    return variable


def _initial_value(initializer: Any, shape: Any, dtype: Any) -> np.ndarray[Any, Any]:
    if isinstance(initializer, str) or callable(initializer):
        from caudal.keras import initializers

        if shape is None:
            raise InvalidArgumentError(
                "Variable: `shape` must be given when the initializer is a function or a name, "
                "received initializer={initializer!r}.",
                initializer=initializer,
            )
        extents = standardize_shape(shape)
        if None in extents:
            raise InvalidArgumentError(
                "Variable: every extent of `shape` must be known, received {shape}.", shape=extents
            )
        dtype = as_dtype(dtype or floatx())
        charge(extents, dtype.np_dtype.itemsize)
        value = np.asarray(initializers.get(initializer)(extents, dtype=dtype.name))
        if value.shape != extents:
            raise InvalidArgumentError(
                "Variable: the initializer {initializer!r} returned shape {received}, "
                "expected {expected}.",
                initializer=initializer,
                received=value.shape,
                expected=extents,
            )
        return value.astype(dtype.np_dtype, copy=False)
    value = np.asarray(initializer)
    if dtype is None and value.dtype == np.float64:
        dtype = floatx()
    return value if dtype is None else value.astype(as_dtype(dtype).np_dtype)
