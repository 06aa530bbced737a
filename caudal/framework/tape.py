"""GradientTape: records eager ops (and those of a trace) and differentiates them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

import numpy as np

from caudal.errors import CaudalWarning, FailedPreconditionError, InvalidArgumentError
from caudal.framework import backprop, context, nest
from caudal.framework.composite import Opened, opened
from caudal.framework.convert import as_tensor, convert_to_tensor, is_tensor_like
from caudal.framework.tensor import Tensor
from caudal.framework.variable import Variable
from caudal.ops.movement import concat, reshape


class UnconnectedGradients(Enum):
    """What the gradient of an unconnected source is."""

    NONE = "none"
    ZERO = "zero"


def _wants_zero(value: Any) -> bool:
    try:
        return UnconnectedGradients(value) is UnconnectedGradients.ZERO
    except ValueError as error:
        raise InvalidArgumentError(
            "unconnected_gradients: expected 'none' or 'zero', received {received!r}.",
            received=value,
        ) from error


class Recorder:
    """Keeps every differentiable op call."""

    def __init__(self) -> None:
        self.records: list[backprop.Record] = []

    def record(self, op: Any, inputs: tuple[Any, ...], params: dict[str, Any], result: Any) -> None:
        """Called by dispatch after each op."""
        if op.differentiable:
            self.records.append((op, inputs, params, result))

    def read(self, variable: Any, tensor: Any) -> None:
        """Called by each reading of a variable."""
        self.records.append((backprop.READ, (variable,), {}, tensor))

    def touch(self, variable: Any) -> None:
        """Called when a variable is an input of a record by itself."""


class GradientTape(Recorder):
    """Records what is computed inside its ``with`` block, then gives gradients of it.

    Trainable variables are watched by themselves, tensors after ``watch``.

    >>> x = convert_to_tensor(3.0)
    >>> with GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = x * x
    >>> tape.gradient(y, x)
    <tf.Tensor: shape=(), dtype=float32, numpy=6.0>
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        super().__init__()
        self._persistent = persistent
        self._watch_accessed = watch_accessed_variables
        self._recording = False
        self._clear()

    def _clear(self) -> None:
        self.records = []
        self._live: set[int] = set()
        self._kept: list[Any] = []
        self._variables: dict[int, Variable] = {}
        self._used = False

    # --- recording ---------------------------------------------------------------------------

    def __enter__(self) -> GradientTape:
        if self._recording:
            raise InvalidArgumentError("GradientTape: the tape is already recording.")
        if self._used and not self._persistent:
            self._clear()
        context.state.push_tape(self)
        self._recording = True
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._recording:
            context.state.pop_tape(self)
            self._recording = False

    def record(self, op: Any, inputs: tuple[Any, ...], params: dict[str, Any], result: Any) -> None:
        """Keeps an op call that depends on something watched."""
        live = self._live
        for value in inputs:
            if id(value) in live and op.differentiable:
                break
        else:
            return
        results = result if isinstance(result, tuple) else (result,)
        smooth = [id(value) for value in results if backprop.is_differentiable(value)]
        if smooth:
            live.update(smooth)
            self.records.append((op, inputs, params, result))

    def read(self, variable: Any, tensor: Any) -> None:
        """Watches a trainable variable that is read."""
        if id(variable) not in self._live:
            if not (self._watch_accessed and variable.trainable):
                return
            self._watch_variable(variable)
        self._live.add(id(tensor))
        self.records.append((backprop.READ, (variable,), {}, tensor))

    def touch(self, variable: Any) -> None:
        """Watches a trainable variable that a custom gradient stands for."""
        if self._watch_accessed and variable.trainable:
            self._watch_variable(variable)

    def _watch_variable(self, variable: Any) -> None:
        self._variables[id(variable)] = variable
        self._live.add(id(variable))

    def watch(self, tensor: Any) -> None:
        """Follows a tensor, or each one of a structure, from now on."""
        for value in nest.flatten(opened((tensor,))):
            if not is_tensor_like(value):
                raise InvalidArgumentError(
                    "GradientTape.watch: expected a tensor or variable, received {received!r}.",
                    received=value,
                )
            if not backprop.is_differentiable(value):
                warnings.warn(
                    f"GradientTape.watch: the dtype of the watched tensor must be floating, "
                    f"received {value.dtype.name}: its gradient will be None.",
                    CaudalWarning,
                    stacklevel=2,
                )
            if isinstance(value, Variable):
                self._watch_variable(value)
            else:
                self._live.add(id(value))
                self._kept.append(value)

    def watched_variables(self) -> tuple[Any, ...]:
        """The variables watched so far, in the order of their first use."""
        return tuple(self._variables.values())

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """This tape records nothing inside the block."""
        if not self._recording:
            raise InvalidArgumentError("GradientTape.stop_recording: the tape is not recording.")
        context.state.pop_tape(self)
        try:
            yield
        finally:
            context.state.push_tape(self)

    def reset(self) -> None:
        """Forgets everything recorded."""
        self._clear()

    # --- differentiating ---------------------------------------------------------------------

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
    ) -> Any:
        """The gradient of the sum of ``target`` with respect to each of ``sources``.

        A source of which only rows are looked up (`tf.gather`, embeddings) has `IndexedSlices`.

        Args:
            target: a tensor or a structure of them.
            sources: tensors or variables in any structure; the result has the same.
            output_gradients: weights for the elements of ``target``, ones by default.
            unconnected_gradients: "none" or "zero" for sources that target does not depend on.

        Raises:
            FailedPreconditionError: a second call on a tape that is not persistent.
        """
        self._use()
        whole = opened((sources,))
        leaves = nest.flatten(whole)
        for source in leaves:
            if not is_tensor_like(source):
                raise InvalidArgumentError(
                    "GradientTape.gradient: a source must be a tensor or variable, "
                    "received {received!r}.",
                    received=source,
                )
        targets, seeds = _targets(target, output_gradients)
        found = backprop.gradients(self.records, targets, seeds, leaves, sparse=True)
        if _wants_zero(unconnected_gradients):
            found = [
                backprop.zeros_like(as_tensor(leaf)) if g is None else g
                for g, leaf in zip(found, leaves, strict=True)
            ]
        if not self._persistent:
            self.records = []
        packed = nest.pack_sequence_as(whole, found)
        return whole.closed(packed)[0] if isinstance(whole, Opened) else packed[0]

    def _use(self) -> None:
        """One use of the tape: the only one unless it is persistent."""
        if self._used and not self._persistent:
            raise FailedPreconditionError(
                "A non-persistent GradientTape can only be used to compute one set of gradients "
                "(or jacobians); make it with GradientTape(persistent=True)."
            )
        self._used = True
        if self._recording and not self._persistent:
            self.__exit__()

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """d target / d source, of shape ``target.shape + source.shape``, row by row."""
        self._use()
        leaves = nest.flatten(sources)
        tensor = _flat_target(target)
        shape = tuple(tensor.shape)
        rows = []
        for seed in np.eye(int(np.prod(shape)), dtype=tensor.dtype.np_dtype):
            seeds = [Tensor(seed.reshape(shape))]
            rows.append(backprop.gradients(self.records, [tensor], seeds, leaves))
        zero = _wants_zero(unconnected_gradients)
        columns = list(zip(*rows, strict=True)) or [() for _ in leaves]
        found = [
            _jacobian(column, shape, leaf, zero)
            for column, leaf in zip(columns, leaves, strict=True)
        ]
        return nest.pack_sequence_as(sources, found)

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Jacobians of each example: target (b, ...), source (b, ...) -> (b, ..., ...).

        Example i of the target must depend on example i of the source alone.
        """
        self._use()
        tensor = _flat_target(target)
        shape, inner = tuple(tensor.shape), tuple(source.shape)[1:]
        if not shape or not source.shape or shape[0] != source.shape[0]:
            raise InvalidArgumentError(
                "batch_jacobian: the first axes of target {target} and source {source} differ.",
                target=shape,
                source=tuple(source.shape),
            )
        rows = []
        for unit in np.eye(int(np.prod(shape[1:])), dtype=tensor.dtype.np_dtype):
            seed = Tensor(np.broadcast_to(unit.reshape(shape[1:]), shape).copy())
            (row,) = backprop.gradients(self.records, [tensor], [seed], [source])
            if row is None:
                zero = _wants_zero(unconnected_gradients)
                if not zero:
                    return None
                row = backprop.zeros_like(source)
            rows.append(reshape(row, shape=(shape[0], 1, *inner)))
        return reshape(concat(*rows, axis=1), shape=(*shape, *inner))


def _flat_target(target: Any) -> Any:
    tensor = as_tensor(target)
    if tensor is None:
        raise InvalidArgumentError("jacobian: the target must be one tensor.")
    return tensor


def _jacobian(column: tuple[Any, ...], shape: tuple[int, ...], leaf: Any, zero: bool) -> Any:
    inner = tuple(leaf.shape)
    if all(row is None for row in column):
        if not zero:
            return None
        return Tensor(np.zeros((*shape, *inner), leaf.dtype.np_dtype))
    rows = [backprop.zeros_like(as_tensor(leaf)) if row is None else row for row in column]
    flat = [reshape(row, shape=(1, *inner)) for row in rows]
    stacked = flat[0] if len(flat) == 1 else concat(*flat, axis=0)
    return reshape(stacked, shape=(*shape, *inner))


def _targets(target: Any, output_gradients: Any) -> tuple[list[Any], list[Any]]:
    """The targets as recorded values, and the gradients that start from them."""
    values = nest.flatten(opened((target,)))
    given: list[Any] = [None] * len(values)
    if output_gradients is not None:
        given = nest.flatten(opened((output_gradients,)))
    if len(given) != len(values):
        raise InvalidArgumentError(
            "gradient: {targets} targets but {given} output_gradients.",
            targets=len(values),
            given=len(given),
        )
    targets, seeds = [], []
    for value, seed in zip(values, given, strict=True):
        if not is_tensor_like(value):
            raise InvalidArgumentError(
                "gradient: a target must be a tensor, received {received!r}.", received=value
            )
        if not backprop.is_differentiable(value):
            warnings.warn(
                f"GradientTape.gradient: the target has dtype {value.dtype.name}; only floating "
                "tensors have gradients.",
                CaudalWarning,
                stacklevel=3,
            )
            continue
        targets.append(value)
        seeds.append(
            backprop.ones_like(value)
            if seed is None
            else backprop.sum_to_shape(convert_to_tensor(seed, value.dtype), tuple(value.shape))
        )
    return targets, seeds
