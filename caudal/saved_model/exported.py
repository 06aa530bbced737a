"""Functions on their way into a SavedModel: traced where their extents are open, then written."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.framework import TensorSpec, Variable, nest
from caudal.framework.concrete import ConcreteFunction, OpenFunction
from caudal.framework.function import BoundFunction, Function
from caudal.framework.signature import PLAIN, leaf_key
from caudal.framework.trace import Traced
from caudal.saved_model.extents import Box, Extent, NotPolymorphicError
from caudal.saved_model.functions import Restored, RestoredFunction
from caudal.saved_model.tracing import SIZES, Candidate, at_open_extents
from caudal.saved_model.translate import Translator


class Exported:
    """One function for one signature, as a FunctionDef.

    ``signature`` is (args, kwargs) with TensorSpecs, ``outputs`` the result's structure with
    TensorSpecs, ``variables`` what it takes after its arguments, in order, ``library`` the
    functions that it calls.
    """

    def __init__(
        self,
        name: str,
        signature: Any,
        definition: Any,
        outputs: Any,
        variables: Sequence[Variable],
        library: Sequence[Any] = (),
    ) -> None:
        self.name = name
        self.signature = signature
        self.definition = definition
        self.outputs = outputs
        self.variables = list(variables)
        self.library = list(library)


def _identifier(text: str) -> str:
    found = re.sub(r"[^0-9a-zA-Z_]", "_", text) or "argument"
    return found if found[0].isalpha() else f"a{found}"


def argument_names(names: Sequence[str]) -> list[str]:
    """Different identifiers made of names.

    >>> argument_names(["x", "x", "2/y"])
    ['x', 'x_1', 'a2_y']
    """
    found: list[str] = []
    for name in names:
        base = _identifier(name)
        tries = itertools.chain([base], (f"{base}_{i}" for i in itertools.count(1)))
        found.append(next(one for one in tries if one not in found))
    return found


def export(name: str, candidate: Candidate) -> Exported:
    """A function of tensors for one signature, which may leave extents open.

    Raises:
        InvalidArgumentError: the program depends on an open extent in a way that no single
            graph expresses.
        UnwritableError: an op has no counterpart in TensorFlow.
    """
    _, signature, names, traced, _ = candidate
    specs = [leaf for leaf in nest.flatten(signature) if isinstance(leaf, TensorSpec)]
    for spec in specs:
        if spec.shape.rank is None:
            raise InvalidArgumentError(
                "{name}: expected tensors with a known number of axes, received {spec}. Tensors "
                "of any rank cannot be written into a SavedModel.",
                name=name,
                spec=spec,
            )
    if traced is not None:
        return _written(name, signature, [traced], Box(0, *SIZES[0]), names, [])

    def write(several: Sequence[Traced], box: Box, symbols: Sequence[tuple[str, int]]) -> Exported:
        return _written(name, signature, several, box, names, symbols)

    return at_open_extents(name, candidate, specs, write, texts=True)


def _written(
    name: str,
    signature: Any,
    traced: Sequence[Traced],
    box: Box,
    names: Sequence[str],
    symbols: Sequence[tuple[str, int]],
) -> Exported:
    first = traced[0]
    if any(
        list(map(id, one.variables)) != list(map(id, first.variables))
        or len(one.outputs) != len(first.outputs)
        for one in traced
    ):
        raise NotPolymorphicError("the variables or results")
    programs = [one.program for one in traced]
    count = len(first.outputs)
    translator = Translator(name, programs, box, names, symbols, count)
    shapes = [
        box.general([tuple(program.outputs[i].shape) for program in programs]) for i in range(count)
    ]
    specs = [
        TensorSpec(
            [None if isinstance(n, Extent) else n for n in shape], output.dtype, f"output_{i}"
        )
        for i, (shape, output) in enumerate(zip(shapes, first.outputs, strict=True))
    ]
    return Exported(
        name,
        signature,
        translator.definition,
        first.pack(specs),
        first.variables,
        translator.library,
    )


# --- what there is to export ------------------------------------------------------------------


def _named(signature: Any, labels: Sequence[str]) -> tuple[Any, list[str]]:
    """The signature with a name in each TensorSpec, and the names."""
    leaves = nest.flatten(signature)
    names = argument_names(
        [
            spec.name or label
            for spec, label in zip(leaves, labels, strict=True)
            if isinstance(spec, TensorSpec)
        ]
    )
    found = iter(names)
    filled = [
        TensorSpec(leaf.shape, leaf.dtype, next(found)) if isinstance(leaf, TensorSpec) else leaf
        for leaf in leaves
    ]
    return nest.pack_sequence_as(signature, filled), names


def candidates(value: Any) -> Iterator[Candidate]:
    """The signatures of a tf.function or of a part of one.

    A function with an ``input_signature`` has that one, any other those it was called with or
    asked for by ``get_concrete_function``.
    """
    if isinstance(value, Restored):
        yield _restored(value, value)
    elif isinstance(value, RestoredFunction):
        for one in value.concrete_functions:
            yield _restored(one, _positional(one))
    elif isinstance(value, OpenFunction):
        yield _open(value._function, value.structured_input_signature)
    elif isinstance(value, ConcreteFunction):
        yield _concrete(value)
    elif isinstance(value, BoundFunction):
        yield from _of_function(value._function, (value.__self__,))
    elif isinstance(value, Function):
        yield from _of_function(value, ())


def _restored(one: Restored, call: Callable[..., Any]) -> Candidate:
    leaves = nest.flatten(one.structured_input_signature)
    labels = [getattr(leaf, "name", None) or "argument" for leaf in leaves]
    signature, names = _named(one.structured_input_signature, labels)
    return Candidate(call, signature, names)


def _positional(one: Restored) -> Callable[..., Any]:
    return lambda *args, **kwargs: one.call_structured(args, kwargs)


def _concrete(value: ConcreteFunction) -> Candidate:
    """A function that was traced already; the object that it is a method of is left out."""
    args, kwargs = value.structured_input_signature
    args = tuple(args[1:] if args and args[0] is None else args)
    leaves = nest.flatten((args, kwargs))
    labels = [getattr(leaf, "name", None) or "argument" for leaf in leaves]
    signature, names = _named((args, dict(kwargs)), labels)
    return Candidate(value, signature, names, value.traced)


def _of_function(function: Function, bound: tuple[Any, ...]) -> Iterator[Candidate]:
    """The signatures of a function; ``bound`` holds the object that it is a method of."""
    if function.input_signature is not None:
        yield _open(function, ((*bound, *function.input_signature), {}))
        return
    for given in function.open_signatures(*bound):
        yield _open(function, given)
    mine = [leaf_key(instance) for instance in bound]
    for key, concrete in list(function._cache.items()):
        if all(one in key for one in mine):
            yield _concrete(concrete)


def _open(function: Function, given: Any) -> Candidate:
    args, kwargs = given
    labels = function.leaf_names(given)
    leaves = nest.flatten(args)
    held = bool(leaves) and not isinstance(leaves[0], (*PLAIN, TensorSpec))
    bound = tuple(args[:1]) if held else ()
    rest = (tuple(args[len(bound) :]), dict(kwargs))
    signature, names = _named(rest, labels[len(bound) :])

    def call(*own: Any, **named: Any) -> Any:
        return function.traceable(*bound, *own, **named)

    return Candidate(call, signature, names)
