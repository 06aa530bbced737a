"""TensorFlow 1's graphs of variables: collections, scopes, `get_variable`, the global step."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from caudal import framework
from caudal.compat.graph import GraphTensor, Immediate
from caudal.compat.graphs import Graph, _graphs, get_default_graph, writing
from caudal.compat.session import Run, current_session
from caudal.errors import InvalidArgumentError, NotFoundError, ShapeError
from caudal.framework import init_scope
from caudal.framework.dispatch import apply
from caudal.ir.dtypes import as_dtype
from caudal.ops.operators import install


class GraphKeys:
    """The names of the collections."""

    GLOBAL_VARIABLES = "variables"
    LOCAL_VARIABLES = "local_variables"
    TRAINABLE_VARIABLES = "trainable_variables"
    MODEL_VARIABLES = "model_variables"
    REGULARIZATION_LOSSES = "regularization_losses"
    LOSSES = "losses"
    UPDATE_OPS = "update_ops"
    SUMMARIES = "summaries"
    GLOBAL_STEP = "global_step"
    TABLE_INITIALIZERS = "table_initializer"
    TRAIN_OP = "train_op"
    WEIGHTS = "weights"
    BIASES = "biases"
    ACTIVATIONS = "activations"


def get_collection(key: str, scope: str | None = None) -> list[Any]:
    """The values of a collection of the default graph."""
    return get_default_graph().get_collection(key, scope)


def add_to_collection(name: str, value: Any) -> None:
    """Adds a value to a collection of the default graph."""
    get_default_graph().add_to_collection(name, value)


def get_collection_ref(key: str) -> list[Any]:
    """A collection of the default graph itself."""
    return get_default_graph().get_collection_ref(key)


def global_variables(scope: str | None = None) -> list[Any]:
    """All variables of the default graph."""
    return get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


def trainable_variables(scope: str | None = None) -> list[Any]:
    """The variables that optimizers change by default."""
    return get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


def local_variables(scope: str | None = None) -> list[Any]:
    """Variables that are not saved; there are none."""
    return get_collection(GraphKeys.LOCAL_VARIABLES, scope)


# --- variables --------------------------------------------------------------------------------


class Variable(framework.Variable):
    """A variable of a graph: what is computed of it, and assignments to it, wait for a session."""

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
        import_scope: Any = None,
        constraint: Any = None,
        use_resource: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
    ) -> None:
        if variable_def is not None or import_scope is not None:
            raise InvalidArgumentError("tf.compat.v1.Variable: variable_def is not supported.")
        scope = _scopes[-1].prefix if _scopes else ""
        with init_scope():
            value = initial_value() if callable(initial_value) else initial_value
            value = Run({}).value(value)
            super().__init__(
                value, trainable, name=scope + (name or "Variable"), dtype=dtype, shape=shape
            )
        self.constraint = constraint
        self._start = self.numpy_now()
        graph = get_default_graph()
        keys = [GraphKeys.GLOBAL_VARIABLES] if collections is None else list(collections)
        if self.trainable and GraphKeys.TRAINABLE_VARIABLES not in keys:
            keys.append(GraphKeys.TRAINABLE_VARIABLES)
        for key in keys:
            graph.add_to_collection(key, self)

    def numpy_now(self) -> Any:
        """A copy of the value, also while a graph is being written."""
        return np.array(self.array())

    @staticmethod
    def __caudal_function__(
        function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """A public tf function waits while a graph is written, and runs in a session."""
        waits = writing() or any(isinstance(x, GraphTensor) for x in (*args, *kwargs.values()))
        return GraphTensor(function, args, kwargs) if waits else function(*args, **kwargs)

    @staticmethod
    def __caudal_apply__(op: Any, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """So does an op."""
        if writing() or any(isinstance(x, GraphTensor) for x in inputs):
            return GraphTensor(op, inputs, params)
        plain = tuple(x.read_value() if isinstance(x, Variable) else x for x in inputs)
        return apply(op, plain, params)

    def __getitem__(self, key: Any) -> Any:
        return GraphTensor(lambda v, k: v.read_value()[k], (self, key), {})

    def __matmul__(self, other: Any) -> Any:
        return GraphTensor(lambda a, b: a.read_value() @ b, (self, other), {})

    def _assigned(self, method: str, value: Any) -> Any:
        plain = getattr(framework.Variable, method)
        if not writing():
            return plain(self, value)
        return GraphTensor(lambda v: plain(self, v), (value,), {})

    def assign(
        self, value: Any, use_locking: bool = False, name: Any = None, read_value: bool = True
    ) -> Any:
        """A step that sets it."""
        return self._assigned("assign", value)

    def assign_add(
        self, delta: Any, use_locking: bool = False, name: Any = None, read_value: bool = True
    ) -> Any:
        """A step that adds to it."""
        return self._assigned("assign_add", delta)

    def assign_sub(
        self, delta: Any, use_locking: bool = False, name: Any = None, read_value: bool = True
    ) -> Any:
        """A step that subtracts from it."""
        return self._assigned("assign_sub", delta)

    @property
    def initializer(self) -> Immediate:
        """A step that gives it its initial value again."""
        return Immediate(lambda: framework.Variable.assign(self, self._start), (), {})

    def initialized_value(self) -> Any:
        """Its initial value."""
        return self._start

    def eval(self, session: Any = None) -> Any:
        """Its value, in the given session or the one that is open."""
        return (session or current_session()).run(self)

    def load(self, value: Any, session: Any = None) -> None:
        """Sets it at once."""
        with init_scope():
            framework.Variable.assign(self, value)


_matmul, _getitem = Variable.__matmul__, Variable.__getitem__
install(Variable)
Variable.__matmul__, Variable.__getitem__ = _matmul, _getitem  # type: ignore[method-assign]


def variables_initializer(var_list: Any = None, name: str = "init") -> GraphTensor:
    """A step that gives variables their initial values."""
    return Immediate(lambda *values: None, tuple(v.initializer for v in var_list or ()), {})


def global_variables_initializer() -> GraphTensor:
    """A step that gives all variables of the default graph their initial values."""
    graph = get_default_graph()

    def start() -> None:
        for variable in graph.get_collection(GraphKeys.GLOBAL_VARIABLES):
            framework.Variable.assign(variable, variable._start)
        for optimizer in graph.optimizers:
            optimizer.restart()

    return Immediate(start, (), {})


# --- scopes -----------------------------------------------------------------------------------

AUTO_REUSE = "AUTO_REUSE"


class VariableScope:
    """A prefix of names, whether variables are shared, and what they begin with."""

    def __init__(
        self, prefix: str, reuse: Any, initializer: Any = None, regularizer: Any = None
    ) -> None:
        self.prefix, self.reuse = prefix, reuse
        self.initializer, self.regularizer = initializer, regularizer

    @property
    def name(self) -> str:
        """The prefix without its slash."""
        return self.prefix.rstrip("/")

    def reuse_variables(self) -> None:
        """From here on `get_variable` gives variables that are there."""
        self.reuse = True


_scopes: list[VariableScope] = []


def get_variable_scope() -> VariableScope:
    """The innermost open scope."""
    return _scopes[-1] if _scopes else _root


_root = VariableScope("", False)


@contextmanager
def variable_scope(
    name_or_scope: Any = None,
    default_name: str | None = None,
    values: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    reuse: Any = None,
    dtype: Any = None,
    use_resource: Any = None,
    constraint: Any = None,
    auxiliary_name_scope: bool = True,
) -> Iterator[VariableScope]:
    """Prefixes the names of variables made inside; ``reuse`` shares those that are there."""
    outer = get_variable_scope()
    if isinstance(name_or_scope, VariableScope):
        prefix = name_or_scope.prefix
        outer = name_or_scope if reuse is None else outer
    else:
        label = name_or_scope or get_default_graph().unique(
            f"{outer.prefix}{default_name}"
        ).removeprefix(outer.prefix)
        prefix = f"{outer.prefix}{label}/"
    if custom_getter is not None:
        raise InvalidArgumentError("variable_scope: custom_getter is not supported.")
    shared = outer.reuse if reuse is None else reuse
    _scopes.append(
        VariableScope(
            prefix, shared, initializer or outer.initializer, regularizer or outer.regularizer
        )
    )
    try:
        yield _scopes[-1]
    finally:
        _scopes.pop()


def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool | None = None,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    validate_shape: bool = True,
    use_resource: Any = None,
    custom_getter: Any = None,
    constraint: Any = None,
    synchronization: Any = None,
    aggregation: Any = None,
) -> Variable:
    """The variable of a name in the open scopes: a new one, or the one that is there.

    initializer: a Keras initializer, an array or a number; glorot_uniform by default.

    Raises:
        InvalidArgumentError: it is there and the scope does not reuse, or the other way round.
    """
    scope = get_variable_scope()
    full, graph = scope.prefix + name, get_default_graph()
    known: Variable | None = graph._by_name.get(full)
    if known is not None:
        if not scope.reuse:
            raise InvalidArgumentError(
                "Variable {name} already exists, disallowed. Did you mean to set reuse=True or "
                "reuse=tf.AUTO_REUSE in variable_scope?",
                name=full,
            )
        if shape is not None and tuple(shape) != tuple(known.shape):
            raise ShapeError(
                "get_variable: {name} has shape {old}, not {new}.",
                name=full,
                old=tuple(known.shape),
                new=tuple(shape),
            )
        return known
    if scope.reuse is True:
        raise InvalidArgumentError(
            "Variable {name} does not exist, or was not created with tf.get_variable().", name=full
        )
    chosen = scope.initializer if initializer is None else initializer
    value = _first(full, shape, dtype, chosen)
    made = Variable(value, trainable, collections, name=name, constraint=constraint)
    graph._by_name[full] = made
    penalty = regularizer or scope.regularizer
    if penalty is not None:
        loss = GraphTensor(lambda v: penalty(v.read_value()), (made,), {})
        graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)
    return made


def _first(name: str, shape: Any, dtype: Any, initializer: Any) -> Any:
    kind = as_dtype(dtype or "float32")
    if initializer is None:
        from caudal.keras.initializers import GlorotUniform, Zeros

        initializer = GlorotUniform() if kind.is_floating else Zeros()
    if isinstance(initializer, type):
        initializer = initializer()
    if not callable(initializer):
        with init_scope():
            return np.asarray(Run({}).value(initializer), kind.np_dtype)
    if shape is None:
        raise InvalidArgumentError("get_variable: {name} needs a shape.", name=name)
    extents = [int(n) for n in ([shape] if isinstance(shape, int) else shape)]
    with init_scope():
        return initializer(extents, dtype=kind)


# --- the global step --------------------------------------------------------------------------


def get_global_step(graph: Graph | None = None) -> Any:
    """The variable that counts steps; None if there is none."""
    found = (graph or get_default_graph()).get_collection(GraphKeys.GLOBAL_STEP)
    return found[0] if found else None


def create_global_step(graph: Graph | None = None) -> Variable:
    """A variable that counts steps, int64."""
    home = graph or get_default_graph()
    if home.get_collection(GraphKeys.GLOBAL_STEP):
        raise InvalidArgumentError("create_global_step: there is a global step already.")
    with contextlib.nullcontext() if _graphs[-1] is home else home.as_default():
        return Variable(
            np.int64(0),
            trainable=False,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
            name="global_step",
        )


def get_or_create_global_step(graph: Graph | None = None) -> Variable:
    """The variable that counts steps; it is made at the first call."""
    found: Variable | None = get_global_step(graph)
    return create_global_step(graph) if found is None else found


def variable_named(name: str) -> Variable:
    """A variable of the default graph by its name.

    Raises:
        NotFoundError: there is none.
    """
    for variable in global_variables():
        if variable.name.removesuffix(":0") == name.removesuffix(":0"):
            found: Variable = variable
            return found
    raise NotFoundError("The graph has no variable {name!r}.", name=name)
