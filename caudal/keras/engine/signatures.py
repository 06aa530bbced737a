"""What a layer class's ``__init__``, ``build`` and ``call`` accept."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any

from caudal.errors import InvalidArgumentError, did_you_mean
from caudal.framework.nest import map_structure
from caudal.keras.engine.keras_tensor import standardize_shape
from caudal.keras.engine.names import current_path, name_scope
from caudal.train.restoring import attached

# Attributes of the base class that must stay plain containers.
UNTRACKED = frozenset(
    {
        "_inbound_nodes",
        "_outbound_nodes",
        "_last_output_shape",
        "_build_shape",
        "_build_shapes",
        "_input_shape_arg",
        "_init_arguments",
        "_input_spec",
        "_losses",
        "name",
    }
)
_said: set[str] = set()


def say_once(message: str, **fields: Any) -> None:
    """Logs a note about an old spelling, once per process.

    A log line and not a Python warning: programs from books use these spellings throughout and
    a test suite that turns warnings into errors must still run them.
    """
    if message not in _said:
        _said.add(message)
        logging.getLogger("caudal").warning(message.format(**fields))


def pop_input_shape(layer: str, kwargs: dict[str, Any]) -> Any:
    """Takes Keras 2's ways to give an input's shape out of the keyword arguments.

    Returns the shape with its batch axis, or None.
    """
    found = None
    batch = kwargs.pop("batch_size", None) if "input_shape" in kwargs else None
    if "input_shape" in kwargs:
        shape = kwargs.pop("input_shape")
        if isinstance(shape, int):
            shape = (shape,)
        found = (batch, *standardize_shape(shape)) if shape is not None else None
    if "input_dim" in kwargs:
        extent = kwargs.pop("input_dim")
        length = kwargs.pop("input_length", None)
        found = found or ((None, extent) if length is None else (None, length, extent))
    for name in ("batch_input_shape", "batch_shape"):
        if name in kwargs:
            found = standardize_shape(kwargs.pop(name))
    if found is not None:
        say_once(
            "{layer}: `input_shape` and `input_dim` are Keras 2's; today's spelling is "
            "keras.Input(shape) as the first layer of the model. Both work.",
            layer=layer,
        )
    return found


def check_no_more(cls: type, kwargs: dict[str, Any]) -> None:
    """Raises for keyword arguments that nobody took, with the nearest known names."""
    if not kwargs:
        return
    known = {"name", "dtype", "trainable", "activity_regularizer", "input_shape"}
    for base in cls.__mro__:
        init = base.__dict__.get("__init__")
        if inspect.isfunction(init):
            known |= {
                parameter.name
                for parameter in inspect.signature(init).parameters.values()
                if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
            }
    known.discard("self")
    name = next(iter(kwargs))
    raise InvalidArgumentError(
        "{cls}: unrecognized keyword arguments {received}.{hint}",
        cls=cls.__name__,
        received=sorted(kwargs),
        hint=did_you_mean(name, sorted(known)) or f" Known: {', '.join(sorted(known))}.",
    )


def wrap_build(build: Callable[..., Any]) -> Callable[..., Any]:
    """A ``build`` that opens the layer's name scope and marks the layer as built."""

    names = list(inspect.signature(build).parameters)[1:]

    @functools.wraps(build)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> None:
        if self.__dict__.get("_building"):
            # super().build(...) inside a subclass's build.
            build(self, *args, **kwargs)
            return
        object.__setattr__(self, "_building", True)
        if self._parent_path is None:
            self._parent_path = current_path()
        try:
            with name_scope(self.name, owner=self):
                build(self, *args, **kwargs)
        finally:
            object.__setattr__(self, "_building", False)
        shapes = {**dict(zip(names, args, strict=False)), **kwargs}
        shapes = {name: shape for name, shape in shapes.items() if shape is not None}
        if len(shapes) == 1:
            (self._build_shape,) = shapes.values()
        elif shapes:
            self._build_shapes = shapes
        self.built = True
        if not self._trainable:
            for variable in self._trainable_variables:
                variable.trainable = False
        attached(self)

    return wrapper


class CallSignature:
    """The parameters of a class's ``call`` and ``build``, looked at once per class."""

    def __init__(self, cls: Any) -> None:
        parameters = list(inspect.signature(cls.call).parameters.values())[1:]
        self.names = [parameter.name for parameter in parameters]
        training = next((item for item in parameters if item.name == "training"), None)
        self.has_training = training is not None
        self.default_training: Any = None
        if training is not None and training.default is not inspect.Parameter.empty:
            self.default_training = training.default
        positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        places = [item.name for item in parameters if item.kind in positional]
        self.training_place = places.index("training") if "training" in places else None
        build = list(inspect.signature(cls.build).parameters.values())[1:]
        build = [item for item in build if item.kind in positional]
        self.build_names = [item.name for item in build]
        self.build_needs = {item.name for item in build if item.default is item.empty}

    def resolve_training(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], surrounding: Any
    ) -> Any:
        """The training flag: as given, else the surrounding call's, else the default.

        Puts it into ``kwargs`` when ``call`` has a place for it, and takes it out otherwise.
        """
        place = self.training_place
        if place is not None and len(args) > place:
            return args[place] if args[place] is not None else surrounding
        training = kwargs.pop("training", None)
        if training is None:
            training = surrounding
        if training is None:
            training = self.default_training
        if self.has_training and training is not None:
            kwargs["training"] = training
        return training

    def build(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Builds a layer with the shapes of its call's arguments."""
        given = {**dict(zip(self.names, args, strict=False)), **kwargs}
        shapes = {name: _shapes(value) for name, value in given.items() if _has_shape(value)}
        wanted = self.build_names
        if len(self.build_needs) > 1:
            self._check_build(layer)
        if len(wanted) > 1 or (wanted and wanted[0].removesuffix("_shape") in shapes):
            chosen = {
                name: shapes[name.removesuffix("_shape")]
                for name in wanted
                if name.removesuffix("_shape") in shapes
            }
            if self.build_needs <= chosen.keys():
                layer.build(*chosen.values()) if len(wanted) == 1 else layer.build(**chosen)
                return
        first = next(iter(shapes.values()), None)
        if first is None and args:
            first = _shapes(args[0])
        layer.build(first)

    def _check_build(self, layer: Any) -> None:
        """Each of several arguments of ``build`` must be ``<argument of call>_shape``."""
        known = [f"{name}_shape" for name in self.names]
        for name in self.build_names:
            if name in self.build_needs and name not in known:
                raise InvalidArgumentError(
                    "Layer {cls}: a `build()` with several arguments gets one shape for each "
                    "argument of `call()`, so they must be among {known}; received {name!r}.",
                    cls=type(layer).__name__,
                    known=known,
                    name=name,
                )


def _has_shape(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(map(_has_shape, value))
    if isinstance(value, dict):
        return bool(value) and all(map(_has_shape, value.values()))
    return hasattr(value, "shape")


def _shapes(value: Any) -> Any:
    return map_structure(lambda leaf: tuple(leaf.shape), value) if _has_shape(value) else None
