"""tf.function: a Python function that runs as a compiled program, one per signature."""

from __future__ import annotations

import copy
import functools
import inspect
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal.errors import CaudalError, DTypeError
from caudal.framework import context, nest
from caudal.framework.composite import Composite, CompositeSpec, Opened, opened
from caudal.framework.concrete import ConcreteFunction, OpenFunction
from caudal.framework.convert import convert_to_tensor
from caudal.framework.host_calls import ShapesChangedError, ShapesUnknownError
from caudal.framework.journal import repeating
from caudal.framework.retracing import Retracing
from caudal.framework.shape import TensorSpec
from caudal.framework.signature import (
    PLAIN,
    conforming,
    is_flat,
    leaf_key,
    read,
    shape_of,
    short,
    structure_key,
)
from caudal.framework.tensor import Tensor
from caudal.framework.trace import Trace, Traced
from caudal.ir.dtypes import string
from caudal.ir.types import Type

_MAX_PROGRAMS = 128
_eager = False


def run_functions_eagerly(run_eagerly: bool) -> None:
    """Lets every tf.function run op by op from now on, for debugging, or compiled again."""
    global _eager
    _eager = bool(run_eagerly)


def functions_run_eagerly() -> bool:
    """Whether `run_functions_eagerly` is on."""
    return _eager


# --- the function -----------------------------------------------------------------------------


class Function:
    """What `function` makes of a Python function.

    The program of each new signature (dtypes and shapes of tensors, values of Python arguments)
    is traced once and kept; the 128 used last stay.
    """

    def __init__(
        self,
        python_function: Callable[..., Any],
        name: str | None = None,
        input_signature: Sequence[Any] | None = None,
        reduce_retracing: bool = False,
        convert: Callable[[Any], Any] | None = None,
    ) -> None:
        functools.update_wrapper(self, python_function)
        self.python_function = python_function
        self._convert = convert
        self._converted: Callable[..., Any] | None = None
        self._name: str = name or getattr(python_function, "__name__", "") or "function"
        self.input_signature = None if input_signature is None else tuple(input_signature)
        self._signature = inspect.signature(python_function)
        parameters = list(self._signature.parameters.values())
        kinds = {parameter.kind for parameter in parameters}
        self._simple = kinds <= {inspect.Parameter.POSITIONAL_OR_KEYWORD}
        self._arity = len(parameters)
        self._cache: OrderedDict[Any, ConcreteFunction] = OrderedDict()
        self._quick: dict[Any, ConcreteFunction] = {}
        self._lock = threading.RLock()
        self._retracing = Retracing(self._name, reduce_retracing, input_signature is not None)
        self._creators: set[Any] = set()
        self._asked: OrderedDict[Any, tuple[Any, Any, Any]] = OrderedDict()
        # Signatures that have no program: they run op by op.
        self._stepwise: set[Any] = set()

    @property
    def name(self) -> str:
        """The function's name."""
        return self._name

    @property
    def traceable(self) -> Callable[..., Any]:
        """What is traced: the Python function, its control flow converted on the first use."""
        if self._converted is None:
            convert, function = self._convert, self.python_function
            self._converted = function if convert is None else convert(function)
        return self._converted

    @property
    def function_spec(self) -> inspect.Signature:
        """The Python signature."""
        return self._signature

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else BoundFunction(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the program for these arguments; inside another trace it becomes part of it."""
        if _eager:
            return self.python_function(*args, **kwargs)
        if context.state.trace is not None:
            return self._inline(args, kwargs)
        quick = self._quick_key(args) if not kwargs and self._simple else None
        if quick is not None:
            known = self._quick.get(quick)
            if known is not None and not known.traced.is_stale():
                self._retracing.streak = 0
                return known.call_flat([arg for arg in args if type(arg) is Tensor])
        key, tensors, leaves, places, arguments = self._resolve(args, kwargs)
        if key in self._stepwise or any(tensor.dtype is string for tensor in tensors):
            # Strings have no compiled form: such a call runs op by op.
            return self.python_function(*args, **kwargs)
        concrete = self._cache.get(key)
        if concrete is None or concrete.traced.is_stale():
            try:
                concrete = self._concrete(key, tensors, leaves, places, arguments)
            except ShapesUnknownError as error:
                if error.forever:
                    self._stepwise.add(key)
                return self.python_function(*args, **kwargs)
        else:
            self._retracing.streak = 0
        if concrete.traced.trace.calls_back:
            return self._watched(concrete, key, tensors, args, kwargs)
        if quick is not None:
            if len(self._quick) >= _MAX_PROGRAMS:
                self._quick.clear()
            self._quick[quick] = concrete
        return concrete.call_flat(tensors)

    def _watched(
        self, concrete: ConcreteFunction, key: Any, tensors: list[Any], args: Any, kwargs: Any
    ) -> Any:
        """A call that calls Python back; begun again op by op if a result has another shape."""
        traced = concrete.traced
        before = [(variable, variable.array().copy()) for variable in traced.updated_variables()]
        with traced.trace.journal.recording() as entries:
            try:
                return concrete.call_flat(tensors)
            except ShapesChangedError as error:
                self._stepwise.add(key)
                entries.append((-1, error.given))
        with context.init_scope():
            for variable, array in before:
                variable.assign(array)
        with repeating(entries):
            return self.python_function(*args, **kwargs)

    def _inline(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The call as a part of the function that is being traced already."""
        args, kwargs = self._canonical(args, kwargs)
        if self.input_signature is not None:
            args = self._signed(args)

        def enter(leaf: Any) -> Any:
            return convert_to_tensor(leaf) if isinstance(leaf, np.ndarray | np.generic) else leaf

        args, kwargs = nest.map_structure(enter, (args, kwargs))
        return nest.map_structure(read, self.traceable(*args, **kwargs))

    def _quick_key(self, args: tuple[Any, ...]) -> Any:
        """A key for tensors and single Python values in their places; None for all else."""
        if len(args) != self._arity or self.input_signature is not None:
            return None
        key: list[Any] = []
        for arg in args:
            kind = type(arg)
            if kind is Tensor:
                array = arg._value
                if array.dtype.char == "O":
                    return None
                key.append((array.dtype.num, array.shape))
            elif nest.is_nested(arg) or isinstance(
                arg, Tensor | Composite | np.ndarray | np.generic
            ):
                return None
            else:
                key.append(leaf_key(arg))
        return tuple(key)

    def _canonical(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """(args, kwargs) with defaults filled in and keywords put in their places."""
        if self._simple and not kwargs and len(args) == self._arity:
            return (args, {})
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise DTypeError(
                "{name}(): {problem}. Its signature is {name}{signature}.",
                name=self._name,
                problem=str(error),
                signature=str(self._signature),
            ) from error
        bound.apply_defaults()
        return (bound.args, bound.kwargs)

    def _resolve(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The cache key of a call, its tensors, all leaves, the tensors' places, the structure."""
        arguments = self._canonical(args, kwargs)
        if self.input_signature is not None:
            arguments = (self._signed(arguments[0]), arguments[1])
        arguments = opened(arguments)
        leaves = nest.flatten(arguments)
        tensors: list[Any] = []
        places: list[int] = []
        key: list[Any] = [arguments.key()] if isinstance(arguments, Opened) else []
        for place, leaf in enumerate(leaves):
            if isinstance(leaf, Tensor | np.ndarray | np.generic):
                tensor = convert_to_tensor(leaf)
                tensors.append(tensor)
                places.append(place)
                key.append((tensor.dtype, tuple(tensor.shape)))
            elif isinstance(leaf, TensorSpec):
                tensors.append(leaf)
                places.append(place)
                key.append((leaf.dtype, tuple(leaf.shape)))
            else:
                key.append(leaf_key(leaf))
        simple = len(leaves) == len(arguments[0]) and not arguments[1]
        nesting = len(leaves) if simple and is_flat(arguments[0]) else structure_key(arguments)
        return (nesting, *key), tensors, leaves, places, arguments

    def _signed(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Arguments converted to the input signature, or its error."""
        signature = self.input_signature or ()
        if len(args) - len(signature) not in (0, 1) and len(args) != len(signature):
            raise DTypeError(
                "{name}(): the input_signature has {expected} arguments, received {received}.",
                name=self._name,
                expected=len(signature),
                received=len(args),
            )
        offset = len(args) - len(signature)
        converted = list(args[:offset])
        for value, spec in zip(args[offset:], signature, strict=True):
            parts = zip(nest.flatten_up_to(spec, value), nest.flatten(spec), strict=True)
            leaves = [conforming(part, one, self._name) for part, one in parts]
            converted.append(nest.pack_sequence_as(spec, leaves))
        return tuple(converted)

    def _concrete(
        self, key: Any, tensors: list[Any], leaves: list[Any], places: list[int], arguments: Any
    ) -> ConcreteFunction:
        with self._lock:
            found = self._cache.get(key)
            if found is None or found.traced.is_stale():
                found = self._trace(key, tensors, leaves, places, arguments)
                self._cache[key] = found
                while len(self._cache) > _MAX_PROGRAMS:
                    self._cache.popitem(last=False)
            return found

    def _trace(
        self, key: Any, tensors: list[Any], leaves: list[Any], places: list[int], arguments: Any
    ) -> ConcreteFunction:
        self._retracing.note(key, self.leaf_names(arguments))
        specs = [Type(tensor.dtype, tuple(tensor.shape)) for tensor in tensors]
        owner = _owner(arguments[0])

        def attempt(may_create: bool) -> tuple[Trace, Traced]:
            books = Trace(self._name, may_create=may_create, records=True)
            symbolic = list(leaves)
            names = self.leaf_names(arguments)
            for place, spec in zip(places, specs, strict=True):
                symbolic[place] = books.new_input(spec, names[place])
            args, kwargs = nest.pack_sequence_as(arguments, symbolic)
            if isinstance(arguments, Opened):
                args, kwargs = arguments.closed((args, kwargs))
            result = books.run(self.traceable, *args, **kwargs)
            result = books.run(nest.map_structure, read, result)
            return books, Traced(books, specs, result, self._name)

        try:
            books, traced = attempt(owner not in self._creators)
            if books.created:
                # Variables may be made once: the function must get along without making more.
                self._creators.add(owner)
                _, traced = attempt(False)
        except CaudalError as error:
            error.add_note(f"while tracing {self._name}({short(key[1:])})")
            raise
        # Other objects (self, above all) must not be kept alive by the cache.
        fixed = [leaf if isinstance(leaf, PLAIN) else None for leaf in leaves]
        return ConcreteFunction(traced, shape_of(arguments), places, fixed)

    def leaf_names(self, arguments: Any) -> list[str]:
        """A name for each leaf of the arguments: the parameter that it belongs to."""
        args, kwargs = arguments
        known = list(self._signature.parameters)
        names = []
        for position, arg in enumerate(args):
            name = known[min(position, len(known) - 1)]
            names += [name] * len(nest.flatten(arg))
        for key in sorted(kwargs):
            names += [key] * len(nest.flatten(kwargs[key]))
        return names

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> Any:
        """The traced function for a signature given by tensors or TensorSpecs.

        Without arguments the ``input_signature`` is taken.
        """
        if not args and not kwargs and self.input_signature is not None:
            args = self.input_signature
        if any(
            isinstance(leaf, CompositeSpec)
            or (isinstance(leaf, TensorSpec) and not leaf.shape.is_fully_defined())
            for leaf in nest.flatten((args, kwargs))
        ):
            self._note(args, kwargs)
            return OpenFunction(self, (args, kwargs))
        return self._concrete(*self._resolve(args, kwargs))

    def _note(self, args: Any, kwargs: Any) -> None:
        """Keeps a signature that leaves extents open: a SavedModel has a function for it."""
        leaves = nest.flatten((args, kwargs))
        specs = (CompositeSpec, TensorSpec)
        key = tuple(repr(leaf) if isinstance(leaf, specs) else leaf_key(leaf) for leaf in leaves)
        owner = _owner(args)
        self._asked[key] = owner, args if owner is None else args[1:], kwargs
        while len(self._asked) > _MAX_PROGRAMS:
            self._asked.popitem(last=False)

    def open_signatures(self, *bound: Any) -> list[Any]:
        """The (args, kwargs) with open extents that were asked for, of one object if it is given.

        The object is put first again.
        """
        owner = _owner(bound)
        asked = [(args, kwargs) for known, args, kwargs in self._asked.values() if known == owner]
        return [((*bound, *args), kwargs) for args, kwargs in asked]

    def experimental_get_tracing_count(self) -> int:
        """How many times TensorFlow would have traced the Python function.

        It traces once for shapes that differ, where ``input_signature`` or ``reduce_retracing``
        says so; here there is a program for each.
        """
        return self._retracing.count

    def __deepcopy__(self, memo: dict[int, Any]) -> Function:
        # Programs and locks are not copied: the twin traces anew.
        python_function = copy.deepcopy(self.python_function, memo)
        return Function(
            python_function,
            self._name,
            self.input_signature,
            self._retracing.relaxed,
            self._convert,
        )

    def __repr__(self) -> str:
        return f"<caudal.function {self._name} at {id(self):#x}>"


def _owner(args: Any) -> Any:
    """What makes variables on its first call: the object that is called, or the function."""
    if not args or isinstance(args[0], (*PLAIN, Tensor, TensorSpec, np.ndarray)):
        return None
    return None if nest.is_nested(args[0]) else leaf_key(args[0])


class BoundFunction:
    """A `Function` as a method of one object."""

    def __init__(self, function: Function, instance: Any) -> None:
        self._function = function
        self.__self__ = instance
        self.__wrapped__ = function.python_function
        self.__name__ = function.name
        self.__doc__ = function.__doc__

    @property
    def __signature__(self) -> inspect.Signature:
        signature = self._function.function_spec
        return signature.replace(parameters=list(signature.parameters.values())[1:])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function with the object first."""
        return self._function(self.__self__, *args, **kwargs)

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> Any:
        """See `Function.get_concrete_function`."""
        function = self._function
        if not args and not kwargs and function.input_signature is not None:
            args = function.input_signature
        return function.get_concrete_function(self.__self__, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._function, name)

    def __repr__(self) -> str:
        return f"<bound {self._function!r} of {self.__self__!r}>"


def function(
    func: Callable[..., Any] | None = None,
    input_signature: Sequence[Any] | None = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: Any = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: Any = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
    convert: Callable[[Any], Any] | None = None,
) -> Any:
    """Compiles a Python function of tensors; usable as a decorator with or without arguments.

    Args:
        func: the function.
        input_signature: TensorSpecs (or structures of them) that every call must fit.
        autograph: whether ``convert`` is used.
        reduce_retracing, experimental_relax_shapes: one of them counts calls that differ in
            shapes alone as one tracing, as TensorFlow does.
        jit_compile and the other experimental arguments: accepted for TensorFlow's sake. Every
            function is compiled, once per concrete signature.
        convert: makes the function that is traced of the given one.

    >>> @function
    ... def double(x):
    ...     return x * 2.0
    >>> float(double(convert_to_tensor(3.0)))
    6.0
    """

    def decorate(inner: Callable[..., Any]) -> Any:
        if isinstance(inner, Function | BoundFunction):
            return inner
        if not callable(inner):
            raise DTypeError("tf.function: expected a function, received {got!r}.", got=inner)
        return Function(
            inner,
            input_signature=input_signature,
            reduce_retracing=bool(reduce_retracing or experimental_relax_shapes),
            convert=convert if autograph else None,
        )

    return decorate if func is None else decorate(func)
