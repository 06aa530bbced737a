"""The record of an op: everything that Caudal knows about it, in one place.

A record has a type rule, a meaning (over an array namespace), a gradient, a way to be compiled
and samples that feed the generated tests. A missing field fails at import.

Calling an op applies it to whatever kind of value it is given: a class that has
``__caudal_apply__(op, inputs, params)`` (graph nodes, the framework's tensors) decides itself,
anything else is taken as NumPy arrays and computed at once by the reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from caudal.errors import InternalError, no_memory
from caudal.ir.dtypes import DType, as_dtype
from caudal.ir.node import Literal, Node
from caudal.ir.types import Type

NOT_DIFFERENTIABLE = "not differentiable"
"""The ``grad`` of an op whose result does not depend smoothly on any input."""


# --- the ways to be compiled ------------------------------------------------------------------


@dataclass(frozen=True)
class Elementwise:
    """One lane at a time: ``fn(b, *values, **params) -> value`` over NumPy-broadcast inputs.

    ``b`` is codegen's Builder. ``cost`` is roughly the number of instructions a lane: fusion
    computes a cheap value again rather than store it.
    """

    fn: Callable[..., Any]
    cost: int = 1


@dataclass(frozen=True)
class Pull:
    """The value at one output index, read from the inputs: ``fn(b, index, **params) -> value``.

    ``index`` is a tuple of Index objects (``+ - * // %`` with ints and one another).
    ``b.read(k, index)`` reads input k there; ``b.read_where(condition, k, index, default)``
    reads only where the condition (from ``b.index_in(i, lo, hi)`` and ``b.all_of(...)``) holds;
    ``b.to_index(value)`` makes an Index of an integer value; ``b.from_index(i, dtype)`` the
    reverse; ``b.types[k]`` is input k's Type and ``b.type`` the result's. All of Elementwise's
    builder is there too.

    ``many`` says that an element of an input is read for several results (a window), so that
    fusion computes no more than a cheap input in place.
    """

    fn: Callable[..., Any]
    cost: int = 1
    many: bool = False


@dataclass(frozen=True)
class Place(Pull):
    """Where in a window the element lies that a fold with this ``better`` keeps.

    The number is row-major. A kernel with that fold finds it by the fold's own comparisons;
    any other pulls it.
    """

    better: Callable[..., Any] = field(kw_only=True)


@dataclass(frozen=True)
class View:
    """The same elements in the same order under another shape: no code at all (reshape)."""


@dataclass(frozen=True)
class Reduce:
    """A fold over the axes of ``params["axes"]``: ``combine(b, accumulated, value)``.

    ``init(dtype)`` is the neutral element as a NumPy scalar. The result keeps no reduced axes.
    """

    combine: Callable[..., Any]
    init: Callable[[DType], Any]


@dataclass(frozen=True)
class Window:
    """A fold over a sliding window; read as Reduce, with the geometry in the op's params.

    ``better(b, new, old)`` is given where the fold keeps one of its elements: the first that is
    better than all before it.
    """

    combine: Callable[..., Any]
    init: Callable[[DType], Any]
    better: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Contraction:
    """A sum of products over affine indices: matmul and convolution.

    ``spec(types, **params)`` returns codegen's description of the loops (see ops/contract.py).
    """

    spec: Callable[..., Any]


@dataclass(frozen=True)
class Nest:
    """A loop nest of its own: ``fn(n, **params)`` writes it with codegen's NestBuilder."""

    fn: Callable[..., Any]


@dataclass(frozen=True)
class Host:
    """No machine code: the program calls the NumPy reference back (rare or library-bound ops)."""


@dataclass(frozen=True)
class Loop:
    """Kernels run over and over: those of the program ``params["body"]`` (see ops/loop.py)."""


@dataclass(frozen=True)
class Leaf:
    """A value from outside: an input, a state, a constant; or a part of a tuple."""


Emit = Elementwise | Pull | View | Reduce | Window | Contraction | Nest | Host | Loop | Leaf


# --- the record -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    """One call for the generated tests: input arrays and params.

    ``differentiable`` false leaves the gradient check out (kinks, integers).
    """

    inputs: tuple[np.ndarray[Any, Any], ...]
    params: dict[str, Any] = field(default_factory=dict)
    differentiable: bool = True


TABLE: dict[str, Op] = {}
"""Every op by name."""


@dataclass(frozen=True, eq=False)
class Op:
    """One op. All fields but the last must be given.

    name: as in the printer and in errors.
    infer: ``infer(*types, **params) -> Type`` (or a tuple of Types), or raises a CaudalError.
    reference: ``reference(xp, *arrays, **params)``: the meaning, in NumPy.
    grad: ``grad(g, y, *inputs, **params) -> [gradient or None per input]``, in ordinary ops.
        Rules ignore broadcasting: whoever calls them sums a gradient to its input's shape.
        A tuple-valued op gets tuples for g and y.
    emit: one of the ways to be compiled, above.
    samples: ``samples(rng) -> iterable of Sample`` in float64/int64/bool; tests cast them.
    dtypes: the dtypes its (first) input may have.
    internal: made by the compiler only, and not in the table.
    """

    name: str
    infer: Callable[..., Any]
    reference: Callable[..., Any]
    grad: Callable[..., Sequence[Any]] | str
    emit: Emit
    samples: Callable[[np.random.Generator], Iterable[Sample]]
    dtypes: tuple[DType, ...]
    internal: bool = False

    def __post_init__(self) -> None:
        if self.name in TABLE:
            raise InternalError("the op {name!r} is defined twice", name=self.name)
        if not (callable(self.grad) or self.grad == NOT_DIFFERENTIABLE):
            raise InternalError("the op {name!r} lacks a gradient rule", name=self.name)
        if not isinstance(self.emit, Emit):
            raise InternalError("the op {name!r} lacks a way to be compiled", name=self.name)
        if not self.internal:
            TABLE[self.name] = self

    @property
    def differentiable(self) -> bool:
        """Whether it has a gradient rule."""
        return callable(self.grad)

    def __call__(self, *inputs: Any, **params: Any) -> Any:
        """Applies the op to values of any kind that knows how, or to NumPy arrays."""
        for value in inputs:
            apply = getattr(type(value), "__caudal_apply__", None)
            if apply is not None:
                return apply(self, inputs, params)
        return self.evaluate(*map(np.asarray, inputs), **params)

    def evaluate(self, *arrays: np.ndarray[Any, Any], **params: Any) -> Any:
        """The reference on NumPy arrays; arrays out. A failure gives the type rule's error."""
        try:
            with np.errstate(all="ignore"):
                result = self.reference(np, *arrays, **params)
        except MemoryError as error:
            raise no_memory(self.name, error) from error
        except Exception:
            # The type rule knows how to say what is wrong; if it does not, neither do we.
            self.infer(*(type_of(array) for array in arrays), **params)
            raise
        if isinstance(result, tuple):
            return tuple(np.asarray(part) for part in result)
        return np.asarray(result)

    def __repr__(self) -> str:
        return f"<op {self.name}>"


def type_of(value: Any) -> Type:
    """The Type of an array or node."""
    if isinstance(value, Node):
        kind: Type = value.type
        return kind
    array = np.asarray(value)
    return Type(as_dtype(array.dtype), array.shape)


# --- applying an op to graph nodes ------------------------------------------------------------


def _lift(value: Any, like: Node) -> Node:
    """A Python scalar or array among nodes is a constant; a scalar takes the node's dtype."""
    from caudal.ops.leaf import constant

    if isinstance(value, Node):
        return value
    if isinstance(value, int | float | bool | complex):
        value = np.asarray(value, like.dtype.np_dtype)
    array = np.asarray(value)
    return Node.make(constant, (), {"value": Literal(array)}, type_of(array))


def _apply_to_nodes(op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    found = [value for value in inputs if isinstance(value, Node)]
    # A scalar beside a select's condition belongs with the branches.
    like = next((node for node in found if not node.dtype.is_bool), found[0])
    nodes = tuple(_lift(value, like) for value in inputs)
    return make_node(op, nodes, params)


def make_node(op: Op, nodes: tuple[Node, ...], params: dict[str, Any]) -> Any:
    """The node for an op's call; for a tuple-valued op, a tuple of its parts."""
    kind = op.infer(*(node.type for node in nodes), **params)
    node = Node.make(op, nodes, params, kind)
    if isinstance(kind, tuple):
        from caudal.ops.leaf import item

        return tuple(
            Node.make(item, (node,), {"index": position}, part)
            for position, part in enumerate(kind)
        )
    return node


Node.__caudal_apply__ = staticmethod(_apply_to_nodes)  # type: ignore[attr-defined]
