"""Sessions: `Session.run` is one compiled program per fetches and shapes of what is fed.

The program is traced like that of a `tf.function`: the graph's calls are made on symbolic tensors,
and variables are its state, which it updates in place. What cannot be compiled, because its shape
or a Python function depends on values, is computed call by call instead.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from types import FunctionType
from typing import Any

import numpy as np

from caudal.compat.graph import Gradients, GraphTensor, Immediate, Placeholder, TrainOperation
from caudal.compat.graphs import get_default_graph, is_graph
from caudal.errors import CaudalError, FailedPreconditionError, InvalidArgumentError
from caudal.framework import (
    GradientTape,
    SymbolicTensor,
    Tensor,
    Trace,
    Traced,
    Variable,
    convert_to_tensor,
    init_scope,
)
from caudal.framework.convert import as_tensor
from caudal.framework.dispatch import apply
from caudal.ir.dtypes import as_dtype
from caudal.ir.node import walk
from caudal.ir.types import Type

_MAX_PROGRAMS = 128
_MAX_VARIANTS = 16
"""Programs of the same fetches and shapes for different values of flags and counts."""
_FOLLOWED = (GraphTensor, FunctionType, list, tuple, dict)
_logger = logging.getLogger("tensorflow")


def _parts(item: Any) -> Iterator[Any]:
    """What a kept call refers to, directly."""
    if isinstance(item, list | tuple):
        yield from item
    elif isinstance(item, dict):
        yield from item.values()
    elif isinstance(item, GraphTensor):
        yield from (*item.before, *item.args, *item.kwargs.values())
    elif isinstance(item, FunctionType):
        yield from captured(item)


def captured(function: FunctionType) -> list[Any]:
    """The graph's tensors that a Python function reads from around it."""
    cells = [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)]
    names = function.__code__.co_names
    found = [function.__globals__[name] for name in names if name in function.__globals__]
    return [value for value in (*cells, *found) if isinstance(value, _FOLLOWED)]


def _outside(function: FunctionType) -> list[GraphTensor]:
    """The tensors that a function reads itself, also by way of lists and other functions."""
    found: dict[int, Any] = {}
    rest: list[Any] = [function]
    while rest:
        one = rest.pop()
        if id(one) not in found:
            found[id(one)] = one
            rest.extend(() if isinstance(one, GraphTensor) else _parts(one))
    kinds = (x for x in found.values() if isinstance(x, GraphTensor))
    return [x for x in kinds if not isinstance(x, TrainOperation | Immediate)]


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def reachable(item: Any) -> list[GraphTensor]:
    """All of the graph's tensors that computing this needs."""
    found: dict[int, Any] = {}
    rest = [item]
    while rest:
        one = rest.pop()
        if id(one) not in found:
            found[id(one)] = one
            rest.extend(_parts(one))
    return [one for one in found.values() if isinstance(one, GraphTensor)]


# --- one run ----------------------------------------------------------------------------------


class Run:
    """The calls of a graph made once: each tensor is computed at most once.

    With a tape, which records all along, gradients are those of the very values that were
    computed; without one a loss is computed anew under a tape of its own.
    """

    def __init__(
        self,
        fed: dict[int, Any],
        tape: GradientTape | None = None,
        watched: frozenset[int] = frozenset(),
    ) -> None:
        self._fed = fed
        self._tape, self._watched = tape, watched
        self._values: dict[int, Any] = {}
        for key, value in fed.items():
            self._keep(key, value)

    def _keep(self, key: int, value: Any) -> None:
        if key in self._watched and self._tape is not None and isinstance(value, Tensor):
            self._tape.watch(value)
        self._values[key] = value

    def value(self, item: Any) -> Any:
        """What an argument means: tensors of the graph become values."""
        if isinstance(item, list | tuple):
            parts = [self.value(part) for part in item]
            return type(item)(*parts) if hasattr(item, "_fields") else type(item)(parts)
        if isinstance(item, dict):
            return {key: self.value(part) for key, part in item.items()}
        if isinstance(item, SymbolicTensor):
            return self._interpreted(item) if is_graph(item._trace) else item
        if isinstance(item, FunctionType):
            return self._opened(item)
        if not isinstance(item, GraphTensor):
            return item
        if id(item) not in self._values:
            self._keep(id(item), self._compute(item))
        return self._values[id(item)]

    def _opened(self, function: FunctionType) -> Callable[..., Any]:
        """A body of tf.cond or tf.while_loop: what it returns is computed where it is called.

        What it reads from around it is computed before, so that the body does not compute it anew.
        """
        if (function.__module__ or "").startswith("caudal."):
            return function
        for outside in _outside(function):
            self.value(outside)

        def call(*args: Any, **kwargs: Any) -> Any:
            return Run(self._values).value(function(*args, **kwargs))

        return call

    def _interpreted(self, tensor: SymbolicTensor) -> Any:
        """A tensor that depends on no placeholder: op by op, so that a tape sees its variables."""
        states = {id(state.node): state.variable for state in tensor._trace.states.values()}
        values: dict[int, Any] = {}
        for node in walk([tensor.node]):
            inputs = [values[id(x)] for x in node.inputs]
            if id(node) in states:
                values[id(node)] = states[id(node)].read_value()
            elif node.op.name == "constant":
                values[id(node)] = Tensor(node.params["value"].array)
            elif node.op.name == "item":
                values[id(node)] = inputs[0][node.params["index"]]
            else:
                values[id(node)] = apply(node.op, tuple(inputs), dict(node.params))
        return values[id(tensor.node)]

    def _compute(self, item: GraphTensor) -> Any:
        for before in item.before:
            self.value(before)
        if isinstance(item, TrainOperation):
            return self._train(item)
        if isinstance(item, Gradients):
            return self._gradients(item)
        return item.function(*self.value(item.args), **self.value(item.kwargs))

    def _train(self, item: TrainOperation) -> None:
        if item.pairs is not None:
            pairs = [(self.value(gradient), variable) for gradient, variable in item.pairs]
        else:
            pairs = self._slopes(item)
        item.optimizer.apply(pairs, self.value(item.optimizer.rate))
        if item.global_step is not None:
            item.global_step.assign_add(1)

    def _slopes(self, item: TrainOperation) -> list[tuple[Any, Any]]:
        """The loss's gradients, with their variables."""
        tape, run = self._tape, self
        if tape is None:
            tape = GradientTape()
            run = Run(self._fed)
        with nullcontext() if run is self else tape:
            loss = run.value(item.loss)
        variables = list(item.variables or tape.watched_variables())
        return list(zip(tape.gradient(loss, variables), variables, strict=True))

    def _gradients(self, item: Gradients) -> list[Any]:
        if self._tape is not None:
            targets = self.value(item.ys)
            leaves = [x if isinstance(x, Variable) else self.value(x) for x in item.xs]
            return list(self._tape.gradient(targets, leaves, self.value(item.grad_ys)))
        fresh = Run(self._fed)
        with GradientTape() as tape:
            leaves = [x if isinstance(x, Variable) else fresh.value(x) for x in item.xs]
            tape.watch([x for x in leaves if not isinstance(x, Variable)])
            targets = fresh.value(item.ys)
        return list(tape.gradient(targets, leaves, fresh.value(item.grad_ys)))


def compute(fetches: list[Any], fed: dict[int, Any]) -> list[Any]:
    """The values of tensors; steps of optimizers come last, so all else is from before them."""
    needed = reachable(fetches)
    sources = [x for item in needed if isinstance(item, Gradients) for x in item.xs]
    slopes = sources or any(isinstance(item, TrainOperation) for item in needed)
    tape = GradientTape(persistent=True) if slopes else None
    found: list[Any] = [None] * len(fetches)
    with nullcontext() if tape is None else tape:
        run = Run(fed, tape, frozenset(map(id, sources)))
        if tape is not None:
            tape.watch([x for x in sources if isinstance(x, Variable)])
        for later in (False, True):
            for i, item in enumerate(fetches):
                if isinstance(item, TrainOperation) is later:
                    value = run.value(item)
                    found[i] = as_tensor(value) if isinstance(value, Variable) else value
    return found


# --- sessions ---------------------------------------------------------------------------------

_sessions: list[Session] = []


def current_session() -> Session:
    """The innermost open session."""
    if not _sessions:
        raise FailedPreconditionError(
            "No session is open: write `with tf.Session() as session:` around it."
        )
    return _sessions[-1]


class Session:
    """Computes tensors of a graph: ``session.run(fetches, feed_dict)``."""

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        self.graph = graph or get_default_graph()
        # Program (None: call by call) with the tensors whose ids are its key.
        self._programs: OrderedDict[Any, tuple[Traced | None, Any]] = OrderedDict()
        self._variants: dict[Any, int] = {}

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """The values of tensors, in any structure of lists, tuples and dictionaries, as arrays.

        Raises:
            InvalidArgumentError: a placeholder has no value, or something cannot be fetched.
            ShapeError: what is fed does not fit its placeholder.
        """
        leaves: list[Any] = []
        shape = self._flat(fetches, leaves)
        feeds = {self._named(key): value for key, value in (feed_dict or {}).items()}
        with init_scope():
            arrays = [_fed(key, value) for key, value in feeds.items()]
            values = self._values(leaves, list(feeds), arrays)
        return _packed(shape, iter(values))

    def _values(self, leaves: list[Any], keys: list[Any], arrays: list[Any]) -> list[Any]:
        signature = tuple((id(k), a.dtype.num, a.shape) for k, a in zip(keys, arrays, strict=True))
        whole = (tuple(map(id, leaves)), signature)
        instant = all(isinstance(leaf, Immediate | Variable) for leaf in leaves)
        small = frozenset(i for i, a in enumerate(arrays) if not a.ndim and a.dtype.kind in "biu")
        program, known = None, frozenset[int]()
        if not instant:
            program = self._program(whole, leaves, keys, arrays, known)
            if program is None and small:
                # A flag or a count that decides what is computed: one program for each value.
                known = small
                values = tuple(arrays[i].item() for i in sorted(small))
                program = self._program((whole, values), leaves, keys, arrays, known)
        if program is not None:
            given = [array for i, array in enumerate(arrays) if i not in known]
            found = program.pack(program.run_flat(given))
        else:
            fed = {id(key): Tensor(array) for key, array in zip(keys, arrays, strict=True)}
            found = compute(leaves, fed)
        return [_result(value) for value in found]

    def _program(
        self, key: Any, leaves: list[Any], keys: list[Any], arrays: list[Any], known: frozenset[int]
    ) -> Traced | None:
        """The program under a key, traced if it is new; None if there cannot be one.

        known: the places of feeds whose values the program has for constants.
        """
        entry = self._programs.get(key)
        if entry is None:
            if known and self._variants.get(key[0], 0) >= _MAX_VARIANTS:
                return None
            self._variants[key[0]] = self._variants.get(key[0], 0) + bool(known)
            entry = self._traced(leaves, keys, arrays, known), (leaves, keys)
            self._programs[key] = entry
            if len(self._programs) > _MAX_PROGRAMS:
                self._programs.popitem(last=False)
        self._programs.move_to_end(key)
        return entry[0]

    def _traced(
        self, leaves: list[Any], keys: list[Any], arrays: list[Any], known: frozenset[int]
    ) -> Traced | None:
        """The program of these fetches; None if they have to be computed call by call."""
        books = Trace("Session.run", may_create=True, checked=True)
        fed: dict[int, Any] = {}
        types = []
        for i, (key, array) in enumerate(zip(keys, arrays, strict=True)):
            if i in known:
                fed[id(key)] = Tensor(array)
            elif array.dtype == object:
                return None
            else:
                types.append(Type(as_dtype(array.dtype), array.shape))
                fed[id(key)] = books.new_input(types[-1])
        try:
            return Traced(books, types, books.run(compute, leaves, fed), "Session.run")
        except CaudalError as error:
            # What is really wrong raises again when it is computed call by call.
            _logger.info("Session.run is not compiled: %s", error)
            return None

    def _named(self, key: Any) -> Any:
        if isinstance(key, str):
            return self.graph.get_tensor_by_name(key)
        return key

    def _flat(self, fetches: Any, leaves: list[Any]) -> Any:
        """The structure of fetches; a leaf is its place in ``leaves``."""
        if isinstance(fetches, dict):
            return {key: self._flat(part, leaves) for key, part in fetches.items()}
        if isinstance(fetches, list | tuple):
            parts = [self._flat(part, leaves) for part in fetches]
            return type(fetches)(*parts) if hasattr(fetches, "_fields") else type(fetches)(parts)
        item = self._named(fetches)
        if not isinstance(item, GraphTensor | Tensor | Variable):
            raise InvalidArgumentError(
                "Session.run: expected tensors of the graph, received {item!r}.", item=item
            )
        leaves.append(item)
        return len(leaves) - 1

    def close(self) -> None:
        """Forgets its programs."""
        self._programs.clear()
        self._variants.clear()
        if self in _sessions:
            _sessions.remove(self)

    def as_default(self) -> Session:
        """Itself, for a ``with`` block."""
        return self

    def __enter__(self) -> Session:
        _sessions.append(self)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class InteractiveSession(Session):
    """A session that is open from the start."""

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        _sessions.append(self)


def _fed(key: Any, value: Any) -> Any:
    """What a tensor of the graph is replaced by in a run, as an array."""
    if isinstance(key, Placeholder):
        return key.value(value)
    dtype = getattr(key, "dtype", None)
    return np.asarray(convert_to_tensor(value if dtype is None else np.asarray(value), dtype))


def _packed(shape: Any, values: Iterator[Any]) -> Any:
    """The fetched values in the structure that was asked for."""
    if isinstance(shape, dict):
        return {key: _packed(part, values) for key, part in shape.items()}
    if isinstance(shape, list | tuple):
        parts = [_packed(part, values) for part in shape]
        return type(shape)(*parts) if hasattr(shape, "_fields") else type(shape)(parts)
    return next(values)


def _result(value: Any) -> Any:
    """A fetched value as NumPy's."""
    if isinstance(value, Tensor):
        return value.numpy()
    if isinstance(value, np.ndarray):
        return value[()] if value.ndim == 0 else value
    if isinstance(value, list | tuple):
        return type(value)(map(_result, value))
    return value
