"""Trainer: the part of a model that is compiled, trained, evaluated and asked for predictions."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from caudal.errors import FailedPreconditionError, InvalidArgumentError
from caudal.framework import GradientTape, nest
from caudal.keras import metrics as metrics_module
from caudal.keras import numeric as n
from caudal.keras import optimizers
from caudal.keras.callbacks.callback_list import as_callback_list
from caudal.keras.metrics.metric import Metric
from caudal.keras.training import arguments, checks, fitting
from caudal.keras.training.compiled import CompiledLoss, CompiledMetrics, check_loss_names
from caudal.keras.training.data import (
    ArrayData,
    read,
    unpack_x_y_sample_weight,
    with_class_weight,
)
from caudal.keras.training.frozen import Compiled, as_compiled
from caudal.keras.training.loops import Loop, to_floats
from caudal.keras.training.position import Position
from caudal.keras.training.predicting import Predictor, rows_are_free


class Trainer:
    """Inherited by Model and Sequential. A subclass may override ``train_step``, ``test_step``,
    ``predict_step``, ``compute_loss`` and ``compute_metrics``; they are traced and compiled.
    """

    stop_training: bool
    stop_evaluating: bool
    stop_predicting: bool
    optimizer: Any

    def __init__(self) -> None:
        object.__setattr__(self, "_trainer_state", _State())

    @property
    def _training(self) -> _State:
        state: _State | None = self.__dict__.get("_trainer_state")
        if state is None:
            state = _State()
            object.__setattr__(self, "_trainer_state", state)
        return state

    # --- compile ------------------------------------------------------------------------------

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
        **kwargs: Any,
    ) -> None:
        """Choose optimizer, loss and metrics.

        optimizer: a name or an instance. loss: a name, a function, a ``Loss``, or a list or dict
        of them by output; likewise ``loss_weights``. metrics, weighted_metrics: lists of names,
        functions or ``Metric`` instances, or a dict of them by output; only the latter take
        sample weights. run_eagerly: run steps op by op, for debugging. ``jit_compile`` is
        accepted and changes nothing: everything is compiled. auto_scale_loss: under the policy
        "mixed_float16" the optimizer is wrapped in a ``LossScaleOptimizer``.
        """
        arguments.reject_unknown("compile", kwargs, arguments.names_of(Trainer.compile))
        state = self._training
        optimizer = self.optimizer = optimizers.get(optimizer)
        scaled = isinstance(optimizer, optimizers.LossScaleOptimizer) or optimizer is None
        if auto_scale_loss and not scaled and self.dtype_policy.name == "mixed_float16":  # type: ignore[attr-defined]
            optimizer = optimizers.LossScaleOptimizer(optimizer, name="loss_scale_optimizer")
            self.optimizer = optimizer
        check_loss_names(loss)
        loss_weights, metrics = arguments.metrics_in_third_place(loss_weights, metrics)
        if isinstance(metrics, str | Metric):
            metrics = [metrics]
        names = getattr(self, "output_names", None)
        state.arguments = {
            "optimizer": optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
        }
        state.loss = None if loss is None else CompiledLoss(loss, loss_weights, names)
        state.metrics = CompiledMetrics(metrics, weighted_metrics, names)
        state.tracker = metrics_module.Mean(name="loss")
        state.run_eagerly = bool(run_eagerly)
        state.steps_per_execution = int(steps_per_execution)
        state.compiled, state.compiled_as = True, Compiled(self)
        self._forget_programs()
        self.loss = loss
        self.stop_training = False

    @property
    def compiled(self) -> bool:
        """Whether ``compile`` was called."""
        return self._training.compiled

    @property
    def run_eagerly(self) -> bool:
        """Whether steps run op by op instead of compiled."""
        return self._training.run_eagerly

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        self._training.run_eagerly = bool(value)
        self._forget_programs()

    def _assert_compiled(self, method: str) -> None:
        if not self.compiled:
            raise FailedPreconditionError(
                "model {name!r}: you must call compile() before {method}(); for instance "
                "model.compile('adam', 'mse')",
                name=getattr(self, "name", "model"),
                method=method,
            )

    def _forget_programs(self) -> None:
        """Called when the model's layers change: what was traced is no longer the model."""
        state = self._training
        state.loops.clear()
        state.predictor = None

    # --- metrics ------------------------------------------------------------------------------

    @property
    def metrics(self) -> list[Any]:
        """The loss's mean, the compiled metrics and those kept as attributes."""
        state = self._training
        found: list[Any] = []
        if state.compiled:
            found.append(state.tracker)
        found += fitting.own_metrics(self)
        if state.compiled:
            found += [state.metrics] if state.metrics.wanted else []
            found += state.loss.metrics if state.loss is not None else []
        return list({id(metric): metric for metric in found}.values())

    @property
    def metrics_names(self) -> list[str]:
        """The names of the values that ``evaluate`` returns."""
        parts = [[m] if m is not self._training.metrics else m.metrics for m in self.metrics]
        return [metric.name for part in parts for metric in part]

    def reset_metrics(self) -> None:
        """Set all metrics to their start."""
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self) -> dict[str, Any]:
        """Every metric's value by name."""
        found: dict[str, Any] = {}
        for metric in self.metrics:
            value = metric.result()
            found.update(value if isinstance(value, dict) else {metric.name: value})
        return found

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Update the compiled metrics with a batch and return all results."""
        self._training.metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The compiled loss of a batch plus the losses that layers added."""
        state = self._training
        parts = []
        if state.loss is not None:
            value = state.loss(y, y_pred, sample_weight)
            if value is not None:
                parts.append(value)
        parts += [n.cast(n.tensor(loss), "float32") for loss in getattr(self, "losses", ())]
        if not parts:
            raise InvalidArgumentError(
                "model {name!r}: no loss to compute; give compile() a loss",
                name=getattr(self, "name", "model"),
            )
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total

    def compiled_loss(
        self, y: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None
    ) -> Any:
        """Keras 2's way to the compiled loss in an own ``train_step``."""
        self._assert_compiled("compiled_loss")
        total = self._training.loss(y, y_pred, sample_weight)  # type: ignore[misc]
        for loss in regularization_losses or ():
            total = total + n.tensor(loss)
        rows = n.shape_of(nest.flatten(y_pred)[0])[0]
        self._training.tracker.update_state(total, sample_weight=float(rows))
        return total

    @property
    def compiled_metrics(self) -> Any:
        """Keras 2's way to the compiled metrics in an own ``train_step``."""
        return self._training.metrics

    # --- steps --------------------------------------------------------------------------------

    def train_step(self, data: Any) -> Any:
        """Forward, loss, gradients, update, metrics of one batch; returns the logs."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            y_pred = self(x, training=True)  # type: ignore[operator]
            loss = _call_compute_loss(self, x, y, y_pred, sample_weight, True)
            scaled = self.optimizer.scale_loss(loss)
        self._track_loss(loss, x)
        variables = self.trainable_variables  # type: ignore[attr-defined]
        if variables:
            gradients = tape.gradient(scaled, variables)
            self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def test_step(self, data: Any) -> Any:
        """Forward, loss and metrics of one batch; returns the logs."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)  # type: ignore[operator]
        loss = _call_compute_loss(self, x, y, y_pred, sample_weight, False)
        self._track_loss(loss, x)
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def predict_step(self, data: Any) -> Any:
        """The outputs for one batch."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self(x, training=False)  # type: ignore[operator]

    def _track_loss(self, loss: Any, x: Any) -> None:
        rows = int(nest.flatten(x)[0].shape[0])
        self._training.tracker.update_state(loss, sample_weight=float(rows))

    def _loop(self, mode: str) -> Loop:
        state = self._training
        key = (mode, tuple(map(id, self.trainable_variables)))  # type: ignore[attr-defined]
        found = state.loops.get(key)
        if found is None:
            step = as_compiled(self, self.train_step) if mode == "train" else self.test_step
            found = Loop(step, mode, state.run_eagerly, state.steps_per_execution)
            state.loops[key] = found
        elif len(state.loops) > 8:
            state.loops = {key: found}
        return found

    # --- fit ----------------------------------------------------------------------------------

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
        **kwargs: Any,
    ) -> Any:
        """Train for ``epochs`` passes over the data; returns the ``History``.

        x, y: arrays (or lists or dicts of them), or a dataset, generator or PyDataset as x.
        verbose: 0 silent, 1 or "auto" a progress bar, 2 a line per epoch.
        validation_split: the last part of the arrays is kept for validation.
        validation_data: ``(x, y)``, ``(x, y, sample_weight)`` or a dataset.
        class_weight: dict from class to weight. sample_weight: one weight per sample.
        """
        arguments.reject_unknown("fit", kwargs, arguments.names_of(Trainer.fit))
        self._assert_compiled("fit")
        batch_size = arguments.batch_size("fit", batch_size)
        epochs = arguments.epochs(epochs)
        initial_epoch = arguments.whole("fit", "initial_epoch", initial_epoch)
        steps_per_epoch = arguments.steps("fit", "steps_per_epoch", steps_per_epoch)
        data, held_out = fitting.read_data(
            (x, y, sample_weight), class_weight, validation_data, validation_split
        )
        data = fitting.in_steps(data, batch_size, steps_per_epoch, bool(shuffle))
        progress = as_callback_list(
            callbacks,
            self,
            arguments.verbosity(verbose),
            epochs=epochs,
            steps=steps_per_epoch or fitting.steps_of(data, batch_size),
        )
        validation = fitting.Validation(
            self, held_out, validation_batch_size or batch_size, validation_steps, validation_freq
        )
        self.stop_training = False
        position = self._training.position = Position(
            data, held_out, lambda: self._loop("train").prepare(data, batch_size)
        )
        logs: dict[str, Any] = {}
        with progress.whole_lines():
            progress.on_train_begin()
            for epoch in range(position.first_epoch(initial_epoch), epochs):
                if self.stop_training:
                    break  # an earlier run, which is gone on with, had stopped here
                self.reset_metrics()
                position.begin_epoch(epoch)
                progress.on_epoch_begin(epoch)
                start = position.start
                logs = self._loop("train").epoch(
                    data, batch_size, steps_per_epoch, bool(shuffle), progress, start
                )
                if not logs:
                    logs = to_floats(self.get_metrics_result())
                if epoch == initial_epoch:
                    checks.warn_linear_output(self, self._training.loss)
                data.end_epoch()
                logs.update(validation.run(epoch, progress))
                progress.on_epoch_end(epoch, logs)
                if self.stop_training:
                    break
            if epochs > initial_epoch:
                variables = self.trainable_variables  # type: ignore[attr-defined]
                self.optimizer.finalize_variable_values(variables)
            progress.on_train_end(logs)
        return progress.history

    # --- evaluate and predict -----------------------------------------------------------------

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The loss and the metrics on data: a number, a list in the order of ``metrics_names``,
        or with ``return_dict`` a dict.
        """
        arguments.reject_unknown("evaluate", kwargs, arguments.names_of(Trainer.evaluate))
        self._assert_compiled("evaluate")
        size = arguments.batch_size("evaluate", batch_size)
        steps = arguments.steps("evaluate", "steps", steps)
        data = read(x, y, sample_weight)
        checks.warn_not_finite(data)
        progress = as_callback_list(
            callbacks,
            self,
            arguments.verbosity(verbose),
            steps=steps or fitting.steps_of(data, size),
        )
        logs = self._evaluate(data, size, steps, progress)
        return logs if return_dict else self._in_order(logs)

    def _evaluate(self, data: Any, size: int, steps: int | None, progress: Any) -> dict[str, Any]:
        self.stop_evaluating = False
        if not hasattr(self, "stop_training"):
            self.stop_training = False
        self.reset_metrics()
        progress.on_test_begin()
        logs = self._loop("test").epoch(data, size, steps, False, progress)
        progress.on_test_end(logs)
        return logs

    def _in_order(self, logs: dict[str, Any]) -> Any:
        names = [name for name in self.metrics_names if name in logs]
        values = [logs[name] for name in dict.fromkeys([*names, *logs])]
        return values[0] if len(values) == 1 else values

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
        **kwargs: Any,
    ) -> Any:
        """The outputs for data, as NumPy arrays in the structure of the model's outputs."""
        predictor = self._training.predictor
        if verbose == 0 and type(x) is np.ndarray and callbacks is None and predictor is not None:
            quick = predictor.quick.get((x.shape, x.dtype))
            if quick is not None and x.flags.c_contiguous:
                return quick(x)
        arguments.reject_unknown("predict", kwargs, arguments.names_of(Trainer.predict))
        size = arguments.batch_size("predict", batch_size)
        steps = arguments.steps("predict", "steps", steps)
        data = read(x)
        if predictor is None:
            free = rows_are_free(self, Trainer.predict_step)
            predictor = Predictor(self.predict_step, self._training.run_eagerly, free)
            self._training.predictor = predictor
        arrays = isinstance(data, ArrayData)
        progress = as_callback_list(
            callbacks,
            self,
            arguments.verbosity(verbose),
            steps=steps or fitting.steps_of(data, size),
        )
        self.stop_predicting = False
        progress.on_predict_begin()
        if isinstance(data, ArrayData):
            outputs = predictor.arrays(data, size, steps, progress)
        else:
            outputs = predictor.stream(data, steps, progress)
        progress.on_predict_end()
        if arrays and type(x) is np.ndarray and x.shape[0] <= size and steps is None:
            predictor.remember(x)
        return outputs

    # --- single batches -----------------------------------------------------------------------

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """One update; returns the loss and the metrics of this batch."""
        self._assert_compiled("train_on_batch")
        self.reset_metrics()
        data = ArrayData(x, y, sample_weight)
        logs = self._loop("train").one_batch(with_class_weight(data.batch(), class_weight))
        return logs if return_dict else self._in_order(logs)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """The loss and the metrics of one batch."""
        self._assert_compiled("test_on_batch")
        self.reset_metrics()
        logs = self._loop("test").one_batch(ArrayData(x, y, sample_weight).batch())
        return logs if return_dict else self._in_order(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch."""
        return self.predict(x, batch_size=max(ArrayData(x).rows, 1), verbose=0)

    def get_compile_config(self) -> dict[str, Any]:
        """What ``compile`` was given, as a configuration."""
        return arguments.compile_config(self._training.arguments, self)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """``compile`` with what ``get_compile_config`` returned."""
        self.compile(**arguments.from_compile_config(config))


class _State:
    """What ``compile`` made, and the programs."""

    def __init__(self) -> None:
        self.compiled = False
        self.compiled_as: Compiled | None = None
        self.arguments: dict[str, Any] = {}
        self.loss: CompiledLoss | None = None
        self.metrics: Any = None
        self.tracker: Any = None
        self.run_eagerly = False
        self.steps_per_execution = 1
        self.loops: dict[Any, Loop] = {}
        self.predictor: Predictor | None = None
        self.position: Position | None = None

    def __getstate__(self) -> dict[str, Any]:
        # Programs belong to one model's variables: a copy makes its own.
        return {**vars(self), "loops": {}, "predictor": None, "position": None}


def _call_compute_loss(
    model: Any, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool
) -> Any:
    method = model.compute_loss
    options: dict[str, Any] = {"x": x, "y": y, "y_pred": y_pred, "sample_weight": sample_weight}
    parameters = inspect.signature(method).parameters
    if "training" in parameters:
        options["training"] = training
    return method(**options)
