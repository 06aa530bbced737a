"""Operation: what can be called on symbolic tensors; layers are operations with weights."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from caudal.errors import InvalidArgumentError, MissingNameError, UnimplementedError
from caudal.framework.nest import flatten
from caudal.keras.engine.history import Node, any_symbolic, symbolic_leaves
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.names import auto_name
from caudal.keras.engine.ragged_inputs import follow
from caudal.keras.engine.shapes import probe


class Operation:
    """Something with a name that can be called on symbolic tensors and remembers it.

    A subclass gives ``call``; ``compute_output_spec`` follows from it unless it is given too.

    >>> class Scale(Operation):
    ...     def __init__(self, factor, *, name=None):
    ...         super().__init__(name=name)
    ...         self.factor = factor
    ...     def call(self, x):
    ...         return x * self.factor
    >>> from caudal.keras import KerasTensor
    >>> Scale(3.0)(KerasTensor((None, 2))).shape
    (None, 2)
    >>> Scale(3.0, name="scale").get_config()
    {'factor': 3.0, 'name': 'scale'}
    """

    _inbound_nodes: list[Node]
    _outbound_nodes: list[Node]
    _init_arguments: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Notes the constructor's arguments, from which `get_config` may be made."""
        instance = object.__new__(cls)
        object.__setattr__(instance, "_init_arguments", (args, kwargs))
        return instance

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise InvalidArgumentError(
                "{cls}: expected `name` to be a string without '/', received {name!r}.",
                cls=type(self).__name__,
                name=name,
            )
        self.name = name
        self._inbound_nodes = []
        self._outbound_nodes = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Records a call with symbolic tensors; computes otherwise."""
        if any_symbolic(args, kwargs):
            return self.symbolic_call(*args, **kwargs)
        return self.call(*args, **kwargs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """The symbolic result, with a node that says how it was made."""
        outputs = self.compute_output_spec(*args, **kwargs)
        link(self, args, kwargs, outputs)
        return outputs

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation on Tensors; a subclass gives it."""
        raise UnimplementedError(
            "Operation {cls} does not have a `call()` method implemented.", cls=type(self).__name__
        )

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The result as KerasTensors without history, found by trying `call` on shapes."""
        return probe(self.call, args, kwargs)

    @property
    def class_label(self) -> str:
        """The class name that `summary` shows."""
        return type(self).__name__

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, and the name where the constructor takes one.

        Raises:
            UnimplementedError: an argument cannot be written down; override this method.
        """
        if type(self).__init__ is Operation.__init__:
            return {"name": self.name}
        parameters = inspect.signature(type(self).__init__).parameters
        config = self._constructor_arguments()
        takes_all = any(item.kind is item.VAR_KEYWORD for item in parameters.values())
        if takes_all or "name" in parameters:
            config["name"] = self.name
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The operation of a configuration."""
        return cls(**config)

    def _constructor_arguments(self) -> dict[str, Any]:
        args, kwargs = self._init_arguments
        bound = inspect.signature(type(self).__init__).bind(self, *args, **kwargs)
        bound.apply_defaults()
        found: dict[str, Any] = {}
        for name, value in list(bound.arguments.items())[1:]:
            kind = bound.signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_KEYWORD:
                continue
            if kind is inspect.Parameter.VAR_POSITIONAL and not value:
                continue
            if kind is inspect.Parameter.VAR_POSITIONAL or not all(
                item is None or isinstance(item, str | int | float | bool)
                for item in flatten(value)
            ):
                raise UnimplementedError(
                    "{cls}: the constructor's argument {name!r} is not a plain value, so the "
                    "class must override get_config() to be serializable.",
                    cls=type(self).__name__,
                    name=name,
                )
            found[name] = value
        return found

    @property
    def input(self) -> Any:
        """The symbolic input of the first call."""
        return self._tensors("input")

    @property
    def output(self) -> Any:
        """The symbolic output of the first call."""
        return self._tensors("output")

    def _tensors(self, which: str) -> Any:
        if not self._inbound_nodes:
            raise MissingNameError(
                "The layer {name} has never been called and thus has no defined {which}.",
                name=self.name,
                which=which,
            )
        node = self._inbound_nodes[0]
        tensors = node.outputs if which == "output" or node.is_input else node.inputs
        return tensors[0] if len(tensors) == 1 else list(tensors)

    def __repr__(self) -> str:
        return f"<Operation name={self.name}>"


class FunctionOperation(Operation):
    """A plain function (an operator, a ``tf.*`` function, an op record) in a network."""

    def __init__(
        self,
        function: Callable[..., Any],
        label: str,
        settings: dict[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        self.settings = dict(settings or {})
        """Arguments of every call that are no tensors, where a configuration gave them."""
        self.function = _with_settings(function, self.settings) if self.settings else function
        self._label = label
        self.built = True
        super().__init__(name or auto_name(label))

    @property
    def class_label(self) -> str:
        """The function's name in camel case, as Keras names its operations."""
        return self._label

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Records the call, or runs the function when nothing is symbolic."""
        if not symbolic_leaves((args, kwargs)):
            return self.function(*args, **kwargs)
        return record(self, self.function, args, kwargs)

    def __repr__(self) -> str:
        return f"<{self._label} name={self.name}>"


def _with_settings(function: Callable[..., Any], settings: dict[str, Any]) -> Callable[..., Any]:
    """The function with some arguments given by name; one before the tensors stays before them."""
    first = next(iter(inspect.signature(function).parameters), None)
    leading = (settings[first],) if first in settings else ()
    rest = {key: value for key, value in settings.items() if key != first}

    @functools.wraps(function)
    def run(*tensors: Any, **more: Any) -> Any:
        return function(*leading, *tensors, **rest, **more)

    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter("operands", inspect.Parameter.VAR_POSITIONAL)]
    )
    return run


def record(
    operation: Operation, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any
) -> Any:
    """Probes the function on the symbolic arguments and adds a node to the operation."""
    outputs = probe(function, args, kwargs)
    link(operation, args, kwargs, outputs)
    return outputs


def link(operation: Operation, args: tuple[Any, ...], kwargs: Any, outputs: Any) -> None:
    """Adds a node for a symbolic call."""
    results = flatten(outputs)
    if not all(isinstance(tensor, KerasTensor) for tensor in results):
        raise InvalidArgumentError(
            "{name}: a symbolic call must return tensors only, received {results}.",
            name=operation.name,
            results=results,
        )
    follow(operation, Node(operation, args, kwargs, outputs).inputs, results)


def apply_function(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    name: str | None = None,
) -> Any:
    """Applies a function to arguments among which are KerasTensors."""
    label = str(name or getattr(function, "__name__", type(function).__name__))
    if "_" in label or label.islower():
        label = "".join(part.capitalize() for part in label.split("_"))
    return FunctionOperation(function, label or "Function")(*args, **kwargs)
