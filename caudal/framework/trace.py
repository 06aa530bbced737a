"""Tracing: running a Python function once on symbolic tensors to get its program.

Variables read become the program's states, assignments their updates; eager tensors that the
function uses from outside become constants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal import runtime
from caudal.errors import (
    DTypeError,
    FailedPreconditionError,
    InvalidArgumentError,
    ShapeError,
)
from caudal.framework import context, nest
from caudal.framework.composite import Opened, opened
from caudal.framework.convert import as_tensor, convert_to_tensor, is_tensor_like
from caudal.framework.dispatch import leaked
from caudal.framework.journal import Journal
from caudal.framework.late_check import LateCheck
from caudal.framework.shape import TensorSpec
from caudal.framework.tape import Recorder
from caudal.framework.tensor import SymbolicTensor, Tensor
from caudal.framework.variable import Variable
from caudal.ir.node import Node
from caudal.ir.program import Program
from caudal.ir.types import Type
from caudal.ops.leaf import new_constant, new_input, new_state

Array = np.ndarray[Any, Any]


class _State:
    """A variable inside a trace: its node, and its pending value once it was assigned."""

    __slots__ = ("node", "pending", "variable")

    def __init__(self, variable: Variable, node: Node) -> None:
        self.variable = variable
        self.node = node
        self.pending: Any = None


class Trace:
    """The books of one function being traced.

    With ``records`` every op call is kept, so that the whole can be differentiated later; with
    ``checked`` (or it) whoever runs the program looks at its late checks.
    """

    def __init__(
        self,
        name: str,
        *,
        may_create: bool = False,
        abstract: bool = False,
        records: bool = False,
        checked: bool = False,
    ) -> None:
        self.name = name or "function"
        self.parent: Trace | None = context.state.trace
        self.states: dict[int, _State] = {}
        self.inputs: list[SymbolicTensor] = []
        self.recorder = Recorder() if records else None
        # What to look at after each run; None where the runs are not ours.
        self.checks: list[LateCheck] | None = [] if records or checked else None
        # The last effect's token, and the conditions around the present place (see effects.py).
        self.token: Any = None
        self.guards: list[Any] = []
        self.journal = Journal()
        # Whether it calls functions of the program back whose results' shapes are only learned.
        self.calls_back = False
        self.created = 0
        self._may_create = may_create
        self._abstract = abstract
        self._constants: dict[int, tuple[Any, Node]] = {}

    # --- what variables and dispatch call ----------------------------------------------------

    def state_of(self, variable: Variable) -> _State:
        """The state of a variable, added when it is seen for the first time."""
        found = self.states.get(id(variable))
        if found is None:
            kind = Type(variable.dtype, variable.array().shape)
            found = _State(variable, new_state(kind, variable.name))
            self.states[id(variable)] = found
        return found

    def read(self, variable: Variable) -> SymbolicTensor:
        """A variable's value at this point of the function."""
        state = self.state_of(variable)
        node = state.node if state.pending is None else self.node(state.pending)
        return SymbolicTensor(node, self, variable.name)

    def write(self, variable: Variable, tensor: Tensor) -> None:
        """A variable's next value."""
        state = self.state_of(variable)
        if tuple(tensor.shape) != state.node.shape:
            raise ShapeError(
                "The variable {name!r} changes its shape from {old} to {new} inside a traced "
                "function, where shapes are fixed.",
                name=variable.name,
                old=state.node.shape,
                new=tuple(tensor.shape),
            )
        state.pending = tensor

    def creating(self, name: str) -> None:
        """Called when a variable is made inside the function."""
        if not self._may_create:
            raise InvalidArgumentError(
                "The variable {name!r} is made inside the traced function {function!r} again and "
                "again. Make variables once: before the function, or behind an "
                "'if self.v is None'.",
                name=name,
                function=self.name,
            )
        self.created += 1

    def node(self, tensor: Any) -> Node:
        """The node of a tensor; an eager one becomes a constant."""
        if type(tensor) is Tensor:
            if tensor._value.dtype == object:
                raise DTypeError("Strings cannot be used inside a traced function.")
            found = self._constants.get(id(tensor))
            if found is None:
                view = tensor._view()
                found = (tensor, new_constant(view if view.flags.c_contiguous else view.copy()))
                self._constants[id(tensor)] = found
            return found[1]
        if isinstance(tensor, Node):
            return tensor
        if tensor._trace is not self and not self._is_ancestor(tensor._trace):
            raise leaked(tensor)
        node: Node = tensor._value
        return node

    def _is_ancestor(self, other: Any) -> bool:
        """Shapes may be asked about the tensors of the function outside; programs may not."""
        trace: Trace | None = self
        while trace is not None and trace._abstract:
            trace = trace.parent
            if trace is other:
                return True
        return False

    # --- what tracers call -------------------------------------------------------------------

    def new_input(self, kind: Type, name: str = "") -> SymbolicTensor:
        """One more input of the program."""
        label = name or f"args_{len(self.inputs)}"
        tensor = SymbolicTensor(new_input(kind, name), self, f"{label}:0")
        self.inputs.append(tensor)
        return tensor

    def detached_input(self, kind: Type, name: str) -> SymbolicTensor:
        """An input of a program derived from this trace, not of the traced function itself."""
        return SymbolicTensor(new_input(kind, name), self, name)

    def run(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Calls ``fn`` with this trace open."""
        before = context.state.enter(self, () if self.recorder is None else (self.recorder,))
        try:
            return fn(*args, **kwargs)
        finally:
            context.state.leave(before)

    def evaluate_constant(self, tensor: SymbolicTensor) -> Array:
        """The value of a tensor that depends on no input: a variable's initial value."""
        states = list(self.states.values())
        program = Program((), tuple(state.node for state in states), (self.node(tensor),), ())
        if any(node.op.name == "input" for node in program.nodes()):
            raise InvalidArgumentError(
                "A variable made inside {function!r}: its initial value depends on the "
                "function's arguments.",
                function=self.name,
            )
        arrays = [state.variable.array() for state in states]
        values: list[Array] = runtime.load(program).run([], arrays)
        return values[0]

    def program(self, outputs: Sequence[Any]) -> Program:
        """The pure program of everything traced."""
        states = list(self.states.values())
        updates = [
            (index, self.node(state.pending))
            for index, state in enumerate(states)
            if state.pending is not None and self.node(state.pending) is not state.node
        ]
        return Program(
            tuple(tensor.node for tensor in self.inputs),
            tuple(state.node for state in states),
            tuple(self.node(output) for output in outputs),
            tuple(updates),
            self.name,
        )


# --- results ----------------------------------------------------------------------------------


observers: list[Callable[[Traced], None]] = []
"""Called with every traced function, once it is traced."""


class Traced:
    """A traced function: its program, bound to the variables that it uses.

    ``variables`` stand in the order of ``program.states``.
    """

    def __init__(self, trace: Trace, specs: Any, structure: Any, name: str) -> None:
        self.name = name
        self.specs = specs
        whole = opened((structure,))
        self._closed = whole.closed if isinstance(whole, Opened) else None
        structure = whole[0]
        leaves = nest.flatten(structure)
        self._outputs, self._places = _outputs(leaves, name)
        self._leaves: list[Any] = [None if leaf_is_output(leaf) else leaf for leaf in leaves]
        self._structure = structure if not nest.is_nested(structure) else _skeleton(structure)
        plain = type(structure) in (list, tuple) and len(structure) == len(self._outputs)
        flat = plain and not any(map(nest.is_nested, structure))
        self._flat: Callable[[Any], Any] | None = type(structure) if flat else None
        self._single = not nest.is_nested(structure) and bool(self._outputs)
        self.trace = trace
        self._checks = trace.checks or []
        # Results of the program that are not the function's: they stand behind its own.
        hidden = [check.wrong for check in self._checks]
        hidden += [] if trace.token is None else [trace.token]
        self._hidden = bool(hidden)
        self.program = trace.run(lambda: trace.program([*self._outputs, *hidden]))
        self.variables = [state.variable for state in trace.states.values()]
        self._updated = {index for index, _ in self.program.updates}
        self._kinds = [(node.dtype, node.shape) for node in self.program.inputs]
        self._numpy = [(node.dtype.np_dtype, node.shape) for node in self.program.inputs]
        self._executable: Any = None
        self._plain = not any(map(nest.is_nested, specs))
        self._open = any(not v.shape.is_fully_defined() for v in self.variables)
        for observe in observers:
            observe(self)

    @property
    def outputs(self) -> list[Any]:
        """The symbolic tensors that the function returned, flat."""
        return self._outputs

    @property
    def executable(self) -> Any:
        """The loaded program; compiled at the first use."""
        if self._executable is None:
            self._executable = runtime.load(self.program)
        return self._executable

    def state_arrays(self) -> list[Array]:
        """The variables' memory, ready to be updated in place by the executable."""
        updated = self._updated
        return [
            variable.exclusive_array() if index in updated else variable.array()
            for index, variable in enumerate(self.variables)
        ]

    def updated_variables(self) -> list[Variable]:
        """The variables that a run changes."""
        return [self.variables[index] for index in sorted(self._updated)]

    def is_stale(self) -> bool:
        """Whether a variable of open shape has another one than when the function was traced."""
        return self._open and any(
            variable.array().shape != node.shape
            for variable, node in zip(self.variables, self.program.states, strict=True)
        )

    def _check_states(self) -> None:
        for variable, node in zip(self.variables, self.program.states, strict=True):
            if variable.array().shape != node.shape:
                raise FailedPreconditionError(
                    "{name}: the variable {variable!r} had shape {old} when the function was "
                    "traced, and has {new} now.",
                    name=self.name,
                    variable=variable.name,
                    old=node.shape,
                    new=variable.array().shape,
                )

    def run_flat(self, arrays: Sequence[Any], repeat: int = 1, before: int = 0) -> list[Array]:
        """Output arrays for input arrays (or tensors), both flat; raises if a check fails.

        ``before``: rows of the data before these, for the messages of checks.
        """
        if len(arrays) != len(self._numpy):
            raise InvalidArgumentError(
                "{name}: expected {expected} inputs, received {received}.",
                name=self.name,
                expected=len(self._numpy),
                received=len(arrays),
            )
        ready = []
        for position, (value, (dtype, shape)) in enumerate(zip(arrays, self._numpy, strict=True)):
            array = value._value if type(value) is Tensor else self._array(position, value)
            if array.dtype != dtype or array.shape != shape:
                raise InvalidArgumentError(
                    "{name}: input {position} was traced as {expected}, received {dtype}{shape}.",
                    name=self.name,
                    position=position,
                    expected=Type(*self._kinds[position]),
                    dtype=array.dtype,
                    shape=list(array.shape),
                )
            ready.append(array if array.flags.c_contiguous else np.array(array, order="C"))
        if self._open:
            self._check_states()
        return self.own(self.executable.run(ready, self.state_arrays(), repeat), before)

    def own(self, result: list[Array], before: int = 0) -> list[Array]:
        """The function's own results of those of its program; raises if a check fails."""
        if not self._hidden:
            return result
        own = len(self._outputs)
        for check, wrong in zip(self._checks, result[own:], strict=False):
            check.look(wrong, before)
        return result[:own]

    def _array(self, position: int, value: Any) -> Array:
        if isinstance(value, np.ndarray):
            return value
        if isinstance(value, SymbolicTensor):
            raise leaked(value)
        return np.asarray(convert_to_tensor(value, self._kinds[position][0])._value)

    def pack(self, tensors: Sequence[Any]) -> Any:
        """The function's own output structure, with these tensors in it."""
        found = self._packed(tensors)
        return found if self._closed is None else self._closed((found,))[0]

    def _packed(self, tensors: Sequence[Any]) -> Any:
        if self._single:
            return tensors[0]
        if self._flat is not None:
            return self._flat(tensors)
        leaves = list(self._leaves)
        for place, tensor in zip(self._places, tensors, strict=True):
            leaves[place] = tensor
        return nest.pack_sequence_as(self._structure, leaves)

    def run(self, *args: Any, repeat: int = 1) -> Any:
        """Runs the program on arrays or tensors, ``repeat`` times, the states moving on.

        Args:
            args: in the structure of the specs.
            repeat: how many times; the outputs are the last run's.

        Returns:
            The function's output structure with eager tensors.
        """
        arrays = args if self._plain else nest.flatten_up_to(self.specs, list(args))
        return self.pack([Tensor(array) for array in self.run_flat(arrays, repeat)])


def _skeleton(structure: Any) -> Any:
    """The structure without its tensors, so that it keeps nothing alive."""
    return nest.map_structure(lambda leaf: None, structure)


def leaf_is_output(leaf: Any) -> bool:
    """Whether a function's result leaf is a tensor: everything that converts, but None."""
    return leaf is not None


def _outputs(leaves: list[Any], name: str) -> tuple[list[Any], list[int]]:
    outputs, places = [], []
    for place, leaf in enumerate(leaves):
        if not leaf_is_output(leaf):
            continue
        try:
            outputs.append(convert_to_tensor(leaf))
        except (DTypeError, InvalidArgumentError) as error:
            raise DTypeError(
                "{name}: a traced function must return tensors or None (in lists, tuples and "
                "dicts), received {received!r}.",
                name=name,
                received=leaf,
            ) from error
        places.append(place)
    return outputs, places


# --- entrances --------------------------------------------------------------------------------


def as_type(spec: Any) -> Type:
    """The Type of a Type, TensorSpec, tensor or variable."""
    if isinstance(spec, Type):
        return spec
    if isinstance(spec, TensorSpec):
        return spec.type
    if hasattr(spec, "shape") and hasattr(spec, "dtype"):
        return TensorSpec(spec.shape, spec.dtype).type
    raise InvalidArgumentError(
        "trace: expected a Type or TensorSpec, received {received!r}.", received=spec
    )


def trace(
    fn: Callable[..., Any],
    specs: Sequence[Any],
    name: str = "",
    *,
    may_create: bool = False,
    checked: bool = False,
) -> Traced:
    """Calls ``fn`` once on symbolic tensors and returns its program with its variables.

    Args:
        fn: any Python function of tensors.
        specs: one Type, TensorSpec or structure of them per argument.
        name: for messages and for ``CAUDAL_SHOW``.
        may_create: whether ``fn`` may make variables; they are lifted out of it.
        checked: whether a run raises for values that turn out to be wrong (`check_later`).

    Raises:
        InvalidArgumentError: a variable was made inside.

    >>> from caudal.ir.dtypes import float32
    >>> v = Variable(1.0)
    >>> def step(x):
    ...     return v.assign_add(x)
    >>> traced = trace(step, [Type(float32, ())])
    >>> float(traced.run(2.0, repeat=3))
    7.0
    """
    name = name or getattr(fn, "__name__", "function")
    books = Trace(name, may_create=may_create, checked=checked)
    args = nest.map_structure(
        lambda spec: books.new_input(as_type(spec), _label(spec)), list(specs)
    )

    def call() -> Any:
        result = fn(*args)
        # A variable returned means its value at the end.
        return nest.map_structure(
            lambda leaf: as_tensor(leaf) if is_tensor_like(leaf) else leaf, result
        )

    return Traced(books, list(specs), books.run(call), name)


def _label(spec: Any) -> str:
    return getattr(spec, "name", None) or ""


def abstract_eval(fn: Callable[..., Any], *structures: Any) -> Any:
    """The types of what ``fn`` would return: nothing is computed, no variable is changed.

    Args:
        fn: any Python function of tensors.
        structures: Types, TensorSpecs or tensors in any nesting; other leaves (None, Python
            values) are handed to ``fn`` as they are.

    Returns:
        The structure of ``fn``'s result with a Type for each tensor.

    >>> from caudal.ir.dtypes import float32
    >>> abstract_eval(lambda x: x[0] * 2.0, Type(float32, (3, 4)))
    float32[4]
    """
    books = Trace(getattr(fn, "__name__", "function"), may_create=True, abstract=True)

    def enter(leaf: Any) -> Any:
        described = isinstance(leaf, Type | TensorSpec | Tensor)
        return books.new_input(as_type(leaf), _label(leaf)) if described else leaf

    def leave(leaf: Any) -> Any:
        if is_tensor_like(leaf):
            return Type(leaf.dtype, tuple(leaf.shape))
        return leaf

    args = nest.map_structure(enter, list(structures))
    return books.run(lambda: nest.map_structure(leave, fn(*args)))
