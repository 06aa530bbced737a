"""Functions of a loaded SavedModel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError, UnimplementedError
from caudal.framework import (
    Function,
    Tensor,
    TensorSpec,
    Variable,
    convert_to_tensor,
    inside_function,
    is_tensor_like,
    nest,
)
from caudal.ir.dtypes import string
from caudal.saved_model.structures import Opaque


class Restored:
    """A graph's function with fixed shapes of its structure: what a signature is.

    Call it with the tensors of its signature, in order or by name. It is compiled for the shapes
    that it gets; a function that handles texts, or loops for as long as its data say, runs op
    by op.
    """

    def __init__(
        self,
        name: str,
        run: Callable[..., list[Any]],
        signature: Any,
        outputs: Any,
        captures: Sequence[Any],
        eager: bool,
    ) -> None:
        self.name = name
        self.structured_input_signature = signature
        self.structured_outputs = outputs
        self._captures = list(captures)
        self._specs: list[Any] = [
            leaf for leaf in nest.flatten(signature) if isinstance(leaf, TensorSpec | Opaque)
        ]
        texts = any(spec.dtype is string for spec in self.inputs)
        self._eager = eager or texts
        self._body = run
        self._compiled = Function(self._run, name)
        self._lock = threading.Lock()

    def _run(self, *tensors: Any) -> list[Any]:
        return self._body(*tensors, *self._captures)

    @property
    def needs_values(self) -> bool:
        """Whether it runs op by op, on values."""
        return self._eager

    @property
    def inputs(self) -> list[TensorSpec]:
        """The specs of its tensors, flat."""
        return [spec for spec in self._specs if isinstance(spec, TensorSpec)]

    @property
    def outputs(self) -> list[TensorSpec]:
        """The specs of its results, flat."""
        return [s for s in nest.flatten(self.structured_outputs) if isinstance(s, TensorSpec)]

    @property
    def output_shapes(self) -> Any:
        """The results' shapes."""
        return nest.map_structure(lambda spec: spec.shape, self.structured_outputs)

    @property
    def output_dtypes(self) -> Any:
        """The results' dtypes."""
        return nest.map_structure(lambda spec: spec.dtype, self.structured_outputs)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables that it uses."""
        return tuple(value for value in self._captures if isinstance(value, Variable))

    @property
    def trainable_variables(self) -> tuple[Variable, ...]:
        """The trainable ones."""
        return tuple(variable for variable in self.variables if variable.trainable)

    captured_inputs = variables

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs it on the tensors of its signature.

        Raises:
            InvalidArgumentError: a tensor is missing, unknown, or of another dtype or shape.
        """
        positional, named = self.structured_input_signature
        if named and not positional and args:
            # Signatures take one unnamed tensor where they have one.
            if len(args) != 1 or kwargs or len(named) != 1:
                raise self._wrong(args, kwargs)
            kwargs, args = {next(iter(named)): args[0]}, ()
        if len(args) != len(positional) or set(kwargs) != set(named):
            raise self._wrong(args, kwargs)
        return self.call_structured(args, kwargs)

    def _wrong(self, args: Any, kwargs: Any) -> InvalidArgumentError:
        positional, named = self.structured_input_signature
        return InvalidArgumentError(
            "{name}: expected {count} arguments and the keywords {names}, received {received} and "
            "{keywords}.",
            name=self.name,
            count=len(positional),
            names=sorted(named),
            received=len(args),
            keywords=sorted(kwargs),
        )

    def call_structured(self, args: Any, kwargs: Any) -> Any:
        """Runs it on arguments in the structure of its signature."""
        tensors = []
        leaves = nest.flatten_up_to(self.structured_input_signature, (args, kwargs))
        for spec, leaf in zip(nest.flatten(self.structured_input_signature), leaves, strict=True):
            if isinstance(spec, Opaque):
                raise UnimplementedError(
                    "{name}: an argument is a {kind}, which cannot be passed to a loaded function.",
                    name=self.name,
                    kind=spec.kind,
                )
            if isinstance(spec, TensorSpec):
                tensors.append(self._conforming(leaf, spec))
        return self._packed(self.call_flat(tensors))

    def _conforming(self, value: Any, spec: TensorSpec) -> Any:
        """The value as the tensor that the signature wants."""
        tensor = convert_to_tensor(value, dtype=None if is_tensor_like(value) else spec.dtype)
        if not spec.is_compatible_with(tensor):
            raise InvalidArgumentError(
                "{name}: the argument {argument!r} is expected to be {dtype} of shape {shape}, "
                "received {got} of shape {received}.",
                name=self.name,
                argument=spec.name,
                dtype=spec.dtype.name,
                shape=spec.shape,
                got=tensor.dtype.name,
                received=tuple(tensor.shape),
            )
        return tensor

    def call_flat(self, tensors: Sequence[Any]) -> list[Any]:
        """Runs it on flat tensors; flat results."""
        if self._eager or inside_function():
            return self._run(*tensors)
        try:
            return list(self._compiled(*tensors))
        except (UnimplementedError, DTypeError):
            # Something needs values that only an eager run has; if not, it fails once more.
            found = self._run(*tensors)
            self._eager = True
            return found

    def _packed(self, results: list[Any]) -> Any:
        leaves = nest.flatten(self.structured_outputs)
        found = iter(results)
        filled = [None if leaf is None else next(found) for leaf in leaves]
        return nest.pack_sequence_as(self.structured_outputs, filled)

    def __repr__(self) -> str:
        return f"<restored function {self.name} {self.structured_input_signature}>"


class RestoredFunction:
    """A ``tf.function`` of a SavedModel: one restored function for each signature it was saved for.

    Args:
        name: for messages.
        parameters: the names of the Python function's arguments, with ``self`` if it has one.
        defaults: the values of the last ones.
    """

    def __init__(
        self,
        name: str,
        concrete: Sequence[Restored],
        parameters: Sequence[str],
        defaults: Mapping[str, Any],
    ) -> None:
        self.name = name
        self.concrete_functions = list(concrete)
        self._parameters = list(parameters)
        self._defaults = dict(defaults)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the signature that the arguments fit.

        Raises:
            InvalidArgumentError: it was saved for no such signature.
        """
        for arguments in self._readings(args, kwargs):
            for one in self.concrete_functions:
                if _fits(one.structured_input_signature, arguments):
                    return one.call_structured(*arguments)
        shown = "\n  ".join(str(one.structured_input_signature) for one in self.concrete_functions)
        raise InvalidArgumentError(
            "{name}: Could not find matching concrete function to call loaded from the "
            "SavedModel. Received {args} {kwargs}; it was saved for:\n  {signatures}",
            name=self.name,
            args=nest.map_structure(_shown, args),
            kwargs=nest.map_structure(_shown, kwargs),
            signatures=shown,
        )

    def _readings(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[Any]:
        """The ways to write the arguments: as given, and all by position with the defaults."""
        yield args, kwargs
        values = list(args)
        rest = dict(kwargs)
        for name in self._parameters[len(args) :]:
            if name in rest:
                values.append(rest.pop(name))
            elif name in self._defaults:
                values.append(self._defaults[name])
            else:
                break
        yield tuple(values), rest

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> Restored:
        """The function for a signature given by TensorSpecs or tensors; the only one without."""
        if not args and not kwargs and len(self.concrete_functions) == 1:
            return self.concrete_functions[0]
        for arguments in self._readings(args, kwargs):
            for one in self.concrete_functions:
                if _fits(one.structured_input_signature, arguments):
                    return one
        raise InvalidArgumentError(
            "{name}: it was not saved for the signature {args} {kwargs}.",
            name=self.name,
            args=args,
            kwargs=kwargs,
        )

    @property
    def parameters(self) -> list[str]:
        """The names of the Python function's arguments."""
        return list(self._parameters)

    @property
    def defaults(self) -> dict[str, Any]:
        """The values of those that may be left out."""
        return dict(self._defaults)

    def __repr__(self) -> str:
        return f"<restored tf.function {self.name}>"


def _shown(leaf: Any) -> Any:
    return TensorSpec(leaf.shape, leaf.dtype) if is_tensor_like(leaf) else leaf


def _fits(signature: Any, arguments: Any) -> bool:
    """Whether arguments have the signature's structure, tensors and Python values.

    A list may stand for a tensor.
    """
    if not nest.is_nested(signature):
        return _leaf_fits(signature, arguments)
    if not nest.is_nested(arguments):
        return False
    if isinstance(signature, dict):
        return (
            isinstance(arguments, dict)
            and set(signature) == set(arguments)
            and all(_fits(signature[key], arguments[key]) for key in signature)
        )
    return (
        not isinstance(arguments, dict)
        and len(signature) == len(arguments)
        and all(map(_fits, signature, arguments))
    )


def _leaf_fits(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, TensorSpec):
        if isinstance(value, TensorSpec | Tensor | Variable) or is_tensor_like(value):
            return bool(wanted.is_compatible_with(value))
        texts = isinstance(value, str | bytes) and wanted.dtype is not string
        if value is None or texts or isinstance(value, Mapping):
            return False
        try:
            return bool(wanted.is_compatible_with(convert_to_tensor(value, dtype=wanted.dtype)))
        except (TypeError, ValueError):
            return False
    if is_tensor_like(value) or isinstance(value, TensorSpec):
        return False
    return bool(type(wanted) is type(value) and wanted == value)
