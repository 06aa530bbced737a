"""``tf.compat.v1.train``: TensorFlow 1's optimizers, rates and savers; else what is there today."""

from __future__ import annotations

import importlib
import math
import os
from typing import Any

import numpy as np

from caudal import ops
from caudal.compat.graph import GraphTensor
from caudal.compat.graph_optimizers import (
    AdadeltaOptimizer,
    AdagradOptimizer,
    AdamOptimizer,
    FtrlOptimizer,
    GradientDescentOptimizer,
    MomentumOptimizer,
    Optimizer,
    RMSPropOptimizer,
)
from caudal.compat.graph_variables import (
    create_global_step,
    get_global_step,
    get_or_create_global_step,
    global_variables,
    trainable_variables,
)
from caudal.compat.graphs import writing
from caudal.compat.v1_templates import init_from_checkpoint
from caudal.errors import InvalidArgumentError, NotFoundError
from caudal.framework import Variable, convert_to_tensor, init_scope, is_tensor_like
from caudal.ir.dtypes import float32
from caudal.namespaces import missing
from caudal.train.averages import ExponentialMovingAverage as Averages
from caudal.train.bundle import write_bundle
from caudal.train.reading import CheckpointReader as NewCheckpointReader
from caudal.train.reading import load_checkpoint
from caudal.train.state_file import exists as checkpoint_exists

__all__ = [
    "AdadeltaOptimizer",
    "AdagradOptimizer",
    "AdamOptimizer",
    "ExponentialMovingAverage",
    "FtrlOptimizer",
    "GradientDescentOptimizer",
    "MomentumOptimizer",
    "NewCheckpointReader",
    "Optimizer",
    "RMSPropOptimizer",
    "Saver",
    "checkpoint_exists",
    "cosine_decay",
    "create_global_step",
    "exponential_decay",
    "get_global_step",
    "get_or_create_global_step",
    "global_step",
    "init_from_checkpoint",
    "inverse_time_decay",
    "natural_exp_decay",
    "piecewise_constant",
    "polynomial_decay",
]


def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The value of the global step."""
    return int(sess.run(global_step_tensor))


def _rate(step: Any, function: Any, **rates: Any) -> Any:
    """A rate as a function of the step: a tensor of the graph, or a value in eager code."""

    def compute(now: Any, **known: Any) -> Any:
        return function(_float(now), **{key: _float(value) for key, value in known.items()})

    waits = any(hasattr(type(v), "__caudal_function__") for v in (step, *rates.values()))
    return GraphTensor(compute, (step,), rates) if waits else compute(step, **rates)


def _float(value: Any) -> Any:
    """A number as a float32 tensor; float64 tensors stay."""
    if not is_tensor_like(value):
        return convert_to_tensor(np.float32(value))
    tensor = convert_to_tensor(value)
    return tensor if tensor.dtype.is_floating else ops.cast(tensor, dtype=float32)


def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """``learning_rate * decay_rate ** (step / decay_steps)``, in whole steps with ``staircase``."""

    def at(step: Any, rate: Any, steps: Any, decay: Any) -> Any:
        turns = step / steps
        return rate * decay ** (ops.floor(turns) if staircase else turns)

    return _rate(global_step, at, rate=learning_rate, steps=decay_steps, decay=decay_rate)


def natural_exp_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """``learning_rate * exp(-decay_rate * step / decay_steps)``."""

    def at(step: Any, rate: Any, steps: Any, decay: Any) -> Any:
        turns = step / steps
        return rate * ops.exp(-decay * (ops.floor(turns) if staircase else turns))

    return _rate(global_step, at, rate=learning_rate, steps=decay_steps, decay=decay_rate)


def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """``learning_rate / (1 + decay_rate * step / decay_steps)``."""

    def at(step: Any, rate: Any, steps: Any, decay: Any) -> Any:
        turns = step / steps
        return rate / (1.0 + decay * (ops.floor(turns) if staircase else turns))

    return _rate(global_step, at, rate=learning_rate, steps=decay_steps, decay=decay_rate)


def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> Any:
    """From one rate to another as a power of what is left of the steps."""

    def at(step: Any, rate: Any, steps: Any, end: Any, power: Any) -> Any:
        if cycle:
            steps = steps * ops.maximum(ops.ceil(step / steps), np.float32(1))
        left = 1.0 - ops.minimum(step, steps) / steps
        return (rate - end) * left**power + end

    return _rate(
        global_step, at, rate=learning_rate, steps=decay_steps, end=end_learning_rate, power=power
    )


def cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Any:
    """From the rate to ``alpha`` times it along half a cosine."""

    def at(step: Any, rate: Any, steps: Any, alpha: Any) -> Any:
        wave = 0.5 * (1.0 + ops.cos(math.pi * (ops.minimum(step, steps) / steps)))
        return rate * ((1.0 - alpha) * wave + alpha)

    return _rate(global_step, at, rate=learning_rate, steps=decay_steps, alpha=alpha)


def piecewise_constant(x: Any, boundaries: Any, values: Any, name: str | None = None) -> Any:
    """The value of the interval of ``boundaries`` that the step lies in."""
    if len(values) != len(boundaries) + 1:
        raise InvalidArgumentError(
            "piecewise_constant: expected one value more than boundaries, received {values} and "
            "{boundaries}.",
            values=len(values),
            boundaries=len(boundaries),
        )

    def at(step: Any) -> Any:
        chosen = _float(values[0])
        for edge, value in zip(boundaries, values[1:], strict=True):
            chosen = ops.select(step > float(edge), _float(value), chosen)
        return chosen

    return _rate(x, at)


class ExponentialMovingAverage(Averages):
    """Keeps averages of variables; in a graph ``apply`` is a step that moves them."""

    def apply(self, var_list: Any = None) -> Any:
        """A step that moves the averages, of all trainable variables by default."""
        variables = list(trainable_variables() if var_list is None else var_list)
        move = super().apply
        if not writing():
            return move(variables)
        self.begin(variables)
        return GraphTensor(lambda: move(variables), (), {})


class Saver:
    """Writes variables of a graph to files by their names, and reads them back.

    Args:
        var_list: variables, or a dictionary of them by the names in the file; all by default.
        max_to_keep: how many of the last files stay.
    """

    def __init__(self, var_list: Any = None, max_to_keep: int = 5, **kwargs: Any) -> None:
        if kwargs.keys() - {
            "keep_checkpoint_every_n_hours",
            "name",
            "allow_empty",
            "save_relative_paths",
        }:
            raise InvalidArgumentError(
                "Saver: unsupported arguments {names}.", names=sorted(kwargs)
            )
        self._given = var_list
        self._most = max_to_keep
        self.last_checkpoints: list[str] = []

    def _variables(self) -> dict[str, Any]:
        known = global_variables() if self._given is None else self._given
        if isinstance(known, dict):
            return dict(known)
        return {variable.name.removesuffix(":0"): variable for variable in known}

    def save(
        self,
        sess: Any,
        save_path: Any,
        global_step: Any = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str:
        """Writes the variables' values; gives the file's prefix."""
        from caudal.train.state_file import CheckpointState
        from caudal.train.state_file import write_state as remember

        prefix: str = os.fspath(save_path)
        if global_step is not None:
            number = global_step if isinstance(global_step, int) else sess.run(global_step)
            prefix = f"{prefix}-{int(number)}"
        values = {name: np.array(v.array()) for name, v in self._variables().items()}
        write_bundle(prefix, sorted(values.items()))
        self.last_checkpoints = [p for p in self.last_checkpoints if p != prefix] + [prefix]
        while self._most and len(self.last_checkpoints) > self._most:
            old = self.last_checkpoints.pop(0)
            for ending in (".index", ".data-00000-of-00001"):
                if os.path.exists(old + ending):
                    os.remove(old + ending)
        if write_state:
            state = CheckpointState(prefix, list(self.last_checkpoints))
            remember(os.path.dirname(prefix) or ".", state, latest_filename)
        return prefix

    def restore(self, sess: Any, save_path: Any) -> None:
        """Gives the variables the values of a file.

        Raises:
            NotFoundError: there is no such file, or a variable is not in it.
        """
        reader = load_checkpoint(save_path)
        shapes = reader.get_variable_to_shape_map()
        with init_scope():
            for name, variable in self._variables().items():
                if name not in shapes:
                    raise NotFoundError(
                        "Saver.restore: {path} has no variable {name!r}.", path=save_path, name=name
                    )
                Variable.assign(variable, reader.get_tensor(name))


def __getattr__(name: str) -> Any:
    try:
        return getattr(importlib.import_module("caudal").train, name)
    except AttributeError as error:
        raise missing("tf.compat.v1.train", name, __all__) from error
