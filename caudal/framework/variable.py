"""Variables: named arrays that programs and assignments change in place."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from caudal.errors import DTypeError, FailedPreconditionError, InvalidArgumentError, ShapeError
from caudal.framework import context, formatting
from caudal.framework.convert import as_tensor, convert_to_tensor, is_tensor_like, to_array
from caudal.framework.creators import Made
from caudal.framework.dispatch import apply
from caudal.framework.indexing import plan
from caudal.framework.operators import install
from caudal.framework.scatter import install as install_scatters
from caudal.framework.shape import TensorShape
from caudal.framework.tensor import DEVICE, Reference, SymbolicTensor, Tensor
from caudal.ir.dtypes import DType, as_dtype, from_numpy

Array = np.ndarray[Any, Any]
_ALIGNMENT = 64
_SMALL = 1 << 10


def aligned_memory(
    shape: tuple[int, ...], dtype: np.dtype[Any], allocate: Callable[..., Array] = np.empty
) -> tuple[Array, Array]:
    """A C-contiguous array at a 64-byte boundary, and the block of bytes that owns its memory."""
    size = math.prod(shape) * dtype.itemsize
    owner = allocate(size + _ALIGNMENT, np.uint8)
    start = -owner.ctypes.data % _ALIGNMENT
    array: Array = owner[start : start + size].view(dtype).reshape(shape)
    return array, owner


class _Buffer:
    """A variable's memory. Readers share it; a writer gets it alone, copied first if need be.

    NumPy's views all refer to the array that owns the memory, so its reference count tells
    whether any tensor or array still sees the old value.
    """

    __slots__ = ("_owner", "array")
    array: Array
    _alone = 0

    def __init__(self, array: Array) -> None:
        if array.dtype == object:
            # Bytes objects: never written in place, only replaced as a whole.
            self.array, self._owner = array.copy(), None
            return
        if (
            array.size > _SMALL
            and not any(array.strides)
            and not any(array[(0,) * array.ndim].tobytes())
        ):
            # One zero, many times: the system gives such memory untouched.
            self.array, self._owner = aligned_memory(array.shape, array.dtype, np.zeros)
            return
        self.array, self._owner = aligned_memory(array.shape, array.dtype)
        self.array[...] = array

    def references(self) -> int:
        """Who refers to the array or its memory, ourselves included."""
        return sys.getrefcount(self._owner) + sys.getrefcount(self.array)

    def exclusive(self) -> Array:
        """The array for writing, without a reader left."""
        if self._owner is None or self.references() > _Buffer._alone:
            self.__init__(self.array)  # type: ignore[misc]
        return self.array


_Buffer._alone = _Buffer(np.zeros(1, np.float32)).references()


class Variable(metaclass=Made):
    """A tensor that can be assigned to, and that optimizers and programs update in place.

    Args:
        initial_value: a tensor, array or number, or a function without arguments giving one.
        trainable: whether tapes watch it by themselves.
        name: for messages and files; ":0" is appended as TensorFlow does.
        dtype: of the value, taken from it by default.
        constraint: a function that optimizers apply to the value after each update.
        shape: may leave extents open (None), so that other shapes may be assigned later.

    >>> v = Variable([1.0, 2.0], name="w")
    >>> v.assign_add([1.0, 1.0]).numpy().tolist()
    [2.0, 3.0]
    """

    __caudal_apply__ = staticmethod(apply)
    __add__: Callable[..., Any]
    __getitem__: Callable[..., Any]

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: Any = None,
        constraint: Callable[[Any], Any] | None = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
        experimental_enable_variable_lifting: bool = True,
    ) -> None:
        if variable_def is not None or import_scope is not None:
            raise InvalidArgumentError("tf.Variable: graph-mode arguments are not supported.")
        if initial_value is None:
            raise InvalidArgumentError("tf.Variable: initial_value must not be None.")
        trace = context.state.trace
        if trace is not None:
            trace.creating(name or "Variable")
        array = _initial_array(initial_value, dtype, trace)
        self._buffer = _Buffer(array)
        self._dtype = from_numpy(array.dtype)
        self._shape = TensorShape(array.shape if shape is None else shape)
        if not self._shape.is_compatible_with(array.shape):
            raise ShapeError(
                "tf.Variable: the initial value has shape {received}, not {expected}.",
                received=array.shape,
                expected=str(self._shape),
            )
        self._name = context.scoped(name or "Variable") + ":0"
        self._trainable = True if trainable is None else bool(trainable)
        self.constraint = constraint
        self.synchronization = synchronization
        self.aggregation = aggregation

    # --- what it is --------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Its name with ":0" at the end."""
        return self._name

    @property
    def dtype(self) -> DType:
        """Its element type."""
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        """Its shape."""
        return self._shape

    def get_shape(self) -> TensorShape:
        """Its shape."""
        return self._shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._buffer.array.shape)

    @property
    def trainable(self) -> bool:
        """Whether tapes watch it by themselves; layers set it where they are frozen."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: Any) -> None:
        self._trainable = bool(value)

    @property
    def device(self) -> str:
        """Where it lives: always the CPU."""
        return DEVICE

    @property
    def initial_value(self) -> NoReturn:
        """Not kept in eager execution."""
        raise FailedPreconditionError("Variable.initial_value is not kept in eager execution.")

    def __hash__(self) -> int:
        raise DTypeError(
            "A variable is unhashable; use variable.ref() as the key of a dict or set."
        )

    def ref(self) -> Reference:
        """A hashable handle, for sets and dict keys."""
        return Reference(self)

    def is_initialized(self) -> bool:
        """Always true: a variable has its value from the start."""
        return True

    # --- reading -----------------------------------------------------------------------------

    def value(self) -> Tensor:
        """The value now, as a tensor that later assignments do not change."""
        return self.read_value()

    def read_value(self) -> Tensor:
        """The same as `value`, which keras.Variable makes a property."""
        state = context.state
        tensor: Tensor
        if state.trace is not None:
            tensor = state.trace.read(self)
        else:
            tensor = Tensor(self._buffer.array)
        for tape in state.tapes:
            tape.read(self, tensor)
        return tensor

    __caudal_read__ = read_value

    def numpy(self) -> Any:
        """A copy of the value."""
        return self.read_value().numpy()

    def array(self) -> Array:
        """The memory itself, for programs that only read it."""
        return self._buffer.array

    def exclusive_array(self) -> Array:
        """The memory itself, for programs that write it: no tensor shares it any more."""
        return self._buffer.exclusive()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self.read_value().__array__(dtype, copy)

    def __bool__(self) -> bool:
        return bool(self.read_value())

    def __int__(self) -> int:
        return int(self.read_value())

    def __float__(self) -> float:
        return float(self.read_value())

    def __complex__(self) -> complex:
        return complex(self.read_value())

    def __index__(self) -> int:
        return self.read_value().__index__()

    def __len__(self) -> int:
        return len(self.read_value())

    def __iter__(self) -> Iterator[Any]:
        return iter(self.read_value())

    def __contains__(self, value: Any) -> bool:
        return value in self.read_value()

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.read_value(), digits)

    def __dlpack__(self, **options: Any) -> Any:
        return self.read_value().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.read_value().__dlpack_device__()

    # --- writing -----------------------------------------------------------------------------

    def _checked(self, value: Any, what: str) -> Tensor:
        tensor = as_tensor(value)
        if tensor is None:
            tensor = convert_to_tensor(value, self._dtype)
        if tensor.dtype is not self._dtype:
            raise InvalidArgumentError(
                "{what}: the variable {name!r} is {expected}, the value {received}; convert it "
                "with tf.cast(x, tf.{expected}).",
                what=what,
                name=self._name,
                expected=self._dtype.name,
                received=tensor.dtype.name,
            )
        if not self._shape.is_compatible_with(tensor.shape):
            raise ShapeError(
                "Cannot assign value to variable {name!r}: Shape mismatch. The variable shape "
                "{expected}, and the assigned value shape {received} are incompatible.",
                name=self._name,
                expected=str(self._shape),
                received=tuple(tensor.shape),
            )
        return tensor

    def _write(self, tensor: Tensor) -> None:
        trace = context.state.trace
        if trace is not None:
            trace.write(self, tensor)
            return
        if type(tensor) is not Tensor:
            raise leaked_value(tensor)
        value = tensor._value
        if value.shape != self._buffer.array.shape or value.dtype == object:
            self._buffer = _Buffer(value)
        else:
            self._buffer.exclusive()[...] = value

    def assign(
        self, value: Any, use_locking: bool = False, name: Any = None, read_value: bool = True
    ) -> Any:
        """Replaces the value; gives the variable back.

        Raises:
            InvalidArgumentError: another dtype.
            ShapeError: another shape.
        """
        self._write(self._checked(value, "assign"))
        return self if read_value else None

    def assign_add(
        self, delta: Any, use_locking: bool = False, name: Any = None, read_value: bool = True
    ) -> Any:
        """Adds ``delta``, of the variable's own shape, in place."""
        return self._accumulate(delta, np.add, "assign_add", read_value)

    def assign_sub(
        self, delta: Any, use_locking: bool = False, name: Any = None, read_value: bool = True
    ) -> Any:
        """Subtracts ``delta``, of the variable's own shape, in place."""
        return self._accumulate(delta, np.subtract, "assign_sub", read_value)

    def _accumulate(self, delta: Any, ufunc: Any, what: str, read_value: bool) -> Any:
        tensor = self._checked(delta, what)
        if type(tensor) is Tensor and context.state.trace is None:
            with np.errstate(all="ignore"):
                target = self._buffer.exclusive()
                ufunc(target, tensor._value, out=target)
        else:
            with context.stop_recording():
                value = self.read_value()
                total = value + tensor if ufunc is np.add else value - tensor
                self._write(total)
        return self if read_value else None

    def slice_assigner(self, method: str, key: Any) -> Callable[..., Variable]:
        """``variable[key].assign`` and its kin."""

        def assign(value: Any, use_locking: bool = False, name: Any = None) -> Variable:
            if context.state.trace is not None:
                self._write(_with_slice(self, method, key, value))
                return self
            tensor = convert_to_tensor(value, self._dtype)
            old = self.read_value()[key]
            if method != "assign":
                tensor = old + tensor if method == "assign_add" else old - tensor
            shape = tuple(old.shape)
            del old
            if not _broadcasts(tuple(tensor.shape), shape):
                raise _slice_mismatch(self, shape, tuple(tensor.shape))
            steps = key if isinstance(key, tuple) else (key,)
            index = tuple(int(k) if is_tensor_like(k) else k for k in steps)
            self._buffer.exclusive()[index] = tensor._value
            return self

        return assign

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise DTypeError("Item assignment on a variable: write variable[index].assign(value).")

    # --- copies and text ---------------------------------------------------------------------

    def __copy__(self) -> Variable:
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        twin = Variable(
            self.read_value(),
            trainable=self._trainable,
            constraint=self.constraint,
            shape=self._shape,
        )
        twin._name = self._name
        memo[id(self)] = twin
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.numpy(), self._trainable, self._name, self.constraint, self._shape)

    def __repr__(self) -> str:
        return formatting.variable_repr(self._name, self._shape, self._buffer.array)

    def __format__(self, spec: str) -> str:
        return format(self.read_value(), spec) if spec else str(self)


def _restore(
    value: Any, trainable: bool, name: str, constraint: Any, shape: TensorShape
) -> Variable:
    variable = Variable(value, trainable=trainable, constraint=constraint, shape=shape)
    variable._name = name
    return variable


def _initial_array(initial_value: Any, dtype: Any, trace: Any) -> Array:
    """The initial value as an array, also when it is made inside a function being traced."""
    wanted = None if dtype is None else as_dtype(dtype)
    if callable(initial_value):
        with context.init_scope():
            return _initial_array(initial_value(), dtype, None)
    tensor = as_tensor(initial_value)
    if tensor is None:
        if isinstance(initial_value, list | tuple):
            tensor = convert_to_tensor(initial_value, wanted)
        else:
            return to_array(initial_value, wanted)
    if wanted is not None and tensor.dtype is not wanted:
        convert_to_tensor(tensor, wanted)
    if isinstance(tensor, SymbolicTensor):
        if trace is None:
            raise leaked_value(tensor)
        array: Array = trace.evaluate_constant(tensor)
        return array
    array = tensor._value
    return array


def leaked_value(tensor: Any) -> Exception:
    """The error for a traced function's tensor assigned outside of it."""
    from caudal.framework.dispatch import leaked

    return leaked(tensor)


def _broadcasts(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False


def _slice_mismatch(
    variable: Variable, expected: tuple[int, ...], received: tuple[int, ...]
) -> ShapeError:
    return ShapeError(
        "Sliced assignment to {name!r}: expected a value of shape {expected}, received {received}.",
        name=variable.name,
        expected=expected,
        received=received,
    )


def _with_slice(variable: Variable, method: str, key: Any, value: Any) -> Any:
    """The variable's whole next value, inside a trace: elements picked by a constant map."""
    from caudal.ops.gather import gather
    from caudal.ops.movement import broadcast_to, reshape
    from caudal.ops.select import select

    old = variable.read_value()
    shape = tuple(old.shape)
    if plan(key, shape).dynamic:
        raise InvalidArgumentError(
            "Sliced assignment to {name!r}: the index is a tensor of the function being traced; "
            "use tf.tensor_scatter_nd_update and assign the result.",
            name=variable.name,
        )
    tensor = convert_to_tensor(value, variable.dtype)
    if method != "assign":
        part = old[key]
        tensor = part + tensor if method == "assign_add" else part - tensor
    # Number the elements, index the numbers: what the key does to values it does to them.
    numbers = np.arange(math.prod(shape)).reshape(shape)[key]
    if not _broadcasts(tuple(tensor.shape), numbers.shape):
        raise _slice_mismatch(variable, numbers.shape, tuple(tensor.shape))
    where = np.zeros(math.prod(shape), np.bool_)
    source = np.zeros(math.prod(shape), np.int32)
    where[numbers.ravel()] = True
    source[numbers.ravel()] = np.arange(numbers.size)
    flat = reshape(broadcast_to(tensor, shape=numbers.shape), shape=(numbers.size,))
    picked = reshape(gather(flat, Tensor(source), axis=0), shape=shape)
    return select(Tensor(where.reshape(shape)), picked, old)


install(Variable)
install_scatters(Variable)
