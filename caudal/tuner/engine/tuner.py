"""``Tuner``: the search over Keras models."""

from __future__ import annotations

import copy
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras import Model, optimizers
from caudal.keras.backend import clear_session
from caudal.keras.callbacks import TensorBoard
from caudal.namespaces import strict
from caudal.tuner.engine.arguments import check_number
from caudal.tuner.engine.base_tuner import BaseTuner
from caudal.tuner.engine.callbacks import SaveBestEpoch, TunerBatchCallback, TunerCallback
from caudal.tuner.engine.oracle import Oracle
from caudal.tuner.engine.results import metrics_of
from caudal.tuner.engine.stateful import read_json, write_json
from caudal.tuner.engine.trial import Trial
from caudal.tuner.errors import FailedTrialError, FatalTypeError, FatalValueError

__all__ = ["Tuner", "maybe_distribute"]

_MANY_WEIGHTS = 2_000_000
"""After models of so many weights what is left of them is collected."""


class Tuner(BaseTuner):
    """Builds, trains and saves the models of a search. Subclass it for a `run_trial` of your own.

    max_model_size: models with more trainable numbers fail at once.
    optimizer, loss, metrics: in place of what the build compiles with.
    distribution_strategy: models are built and loaded in its scope.
    executions_per_trial: how often a combination is trained; metrics are averaged.
    Other arguments are those of `BaseTuner`.

    Raises:
        InvalidArgumentError: no hypermodel, and `run_trial` is not overridden; a number that does
            not fit.
    """

    def __init__(
        self,
        oracle: Oracle,
        hypermodel: Any = None,
        max_model_size: int | None = None,
        optimizer: Any = None,
        loss: Any = None,
        metrics: Any = None,
        distribution_strategy: Any = None,
        directory: Any = None,
        project_name: str | None = None,
        logger: Any = None,
        tuner_id: str | None = None,
        overwrite: bool = False,
        executions_per_trial: int = 1,
        **kwargs: Any,
    ) -> None:
        if hypermodel is None and type(self).run_trial is Tuner.run_trial:
            raise InvalidArgumentError(
                "{kind}: hypermodel is missing: pass a function build(hp) or a HyperModel, or "
                "override run_trial.",
                kind=type(self).__name__,
            )
        check_number("executions_per_trial", executions_per_trial, least=1)
        if max_model_size is not None:
            check_number("max_model_size", max_model_size, least=0)
        self.max_model_size = max_model_size
        self.optimizer, self.loss, self.metrics = optimizer, loss, metrics
        self.distribution_strategy = distribution_strategy
        self.executions_per_trial = executions_per_trial
        self._weights_since = 0
        super().__init__(
            oracle,
            hypermodel,
            directory=directory,
            project_name=project_name,
            overwrite=overwrite,
            logger=logger,
            tuner_id=tuner_id,
            **kwargs,
        )

    # --- a model ------------------------------------------------------------------------------

    def _build_hypermodel(self, hp: Any) -> Any:
        with maybe_distribute(self.distribution_strategy):
            model = self.hypermodel.build(hp)
            self._override_compile_args(model)
            return model

    def _try_build(self, hp: Any) -> Any:
        clear_session()
        if self._weights_since > _MANY_WEIGHTS:
            # Models refer to themselves: Python would free a search's weights at some later time.
            gc.collect()
            self._weights_since = 0
        model = self._build_hypermodel(hp)
        if not isinstance(model, Model):
            raise FatalTypeError(
                "build(hp): expected a keras.Model to be returned, received {model!r}.", model=model
            )
        size = sum(v.shape.num_elements() for v in model.trainable_variables) if model.built else 0
        self._weights_since += size
        if self.max_model_size and size > self.max_model_size:
            raise FailedTrialError(
                "The model has {size} trainable numbers: more than max_model_size={most}.",
                size=size,
                most=self.max_model_size,
            )
        return model

    def _override_compile_args(self, model: Any) -> None:
        given = {"optimizer": self.optimizer, "loss": self.loss, "metrics": self.metrics}
        given = {name: value for name, value in given.items() if value}
        if not given or not isinstance(model, Model):
            return
        if "optimizer" in given and not isinstance(self.optimizer, str):
            # Each model needs slots of its own.
            config = optimizers.serialize(self.optimizer)
            given["optimizer"] = optimizers.deserialize(config)
        model.compile(**{**model._training.arguments, **given})

    # --- a trial ------------------------------------------------------------------------------

    def _build_and_fit_model(self, trial: Trial, *args: Any, **kwargs: Any) -> Any:
        hp = trial.hyperparameters
        model = self._try_build(hp)
        results = self.hypermodel.fit(hp, model, *args, **kwargs)
        write_json(self._build_config_file(trial.trial_id), model.get_build_config())
        # A wrong result ends the search after the first execution, not after all of them.
        metrics_of(results, self.oracle.objective, "HyperModel.fit")
        return results

    def run_trial(self, trial: Trial, *args: Any, **kwargs: Any) -> Any:
        """Builds the model of a trial and trains it, ``executions_per_trial`` times.

        Override it to train otherwise, with ``self.hypermodel.build(trial.hyperparameters)``, or
        to search for anything: whatever float it returns is made small.
        """
        path = self._checkpoint_file(trial.trial_id)
        checkpoint = SaveBestEpoch(self.oracle.objective, path)
        given = kwargs.pop("callbacks", None) or []
        results = []
        for execution in range(self.executions_per_trial):
            callbacks = self._copied(given)
            self._own_folder(callbacks, trial, execution)
            callbacks += [self._hooks(trial), checkpoint]
            fitted = self._build_and_fit_model(trial, *args, callbacks=callbacks, **kwargs)
            results.append(fitted)
        return results

    def _copied(self, callbacks: Any) -> list[Any]:
        """Callbacks have states, so every execution gets its own."""
        listed = list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]
        try:
            return copy.deepcopy(listed)
        except Exception as error:
            raise FatalValueError(
                "callbacks: every trial gets a copy, but copy.deepcopy({callbacks}) fails: "
                "{reason!r}.",
                callbacks=listed,
                reason=error,
            ) from error

    def _own_folder(self, callbacks: list[Any], trial: Trial, execution: int) -> None:
        for callback in callbacks:
            if isinstance(callback, TensorBoard):
                folder = os.path.join(callback.log_dir, trial.trial_id, f"execution{execution}")
                callback.log_dir = folder

    def _hooks(self, trial: Trial) -> TunerCallback:
        kind = type(self)
        batches = (
            kind.on_batch_begin is not Tuner.on_batch_begin
            or kind.on_batch_end is not Tuner.on_batch_end
        )
        return (TunerBatchCallback if batches else TunerCallback)(self, trial)

    # --- hooks --------------------------------------------------------------------------------

    def on_batch_begin(self, trial: Trial, model: Any, batch: int, logs: Any) -> None:
        """Before a training batch."""

    def on_batch_end(self, trial: Trial, model: Any, batch: int, logs: Any = None) -> None:
        """After a training batch."""

    def on_epoch_begin(self, trial: Trial, model: Any, epoch: int, logs: Any = None) -> None:
        """Before an epoch."""

    def on_epoch_end(self, trial: Trial, model: Any, epoch: int, logs: Any = None) -> None:
        """After an epoch; ``logs`` has its metrics."""

    # --- on disk ------------------------------------------------------------------------------

    def save_model(self, trial_id: str, model: Any, step: int = 0) -> None:
        """Saves a model's weights as the trial's."""
        model.save_weights(self._checkpoint_file(trial_id))
        write_json(self._build_config_file(trial_id), model.get_build_config())

    def load_model(self, trial: Trial) -> Any:
        """The model of a trial with the weights of its best epoch."""
        model = self._try_build(trial.hyperparameters)
        self._load_weights(model, trial.trial_id)
        return model

    def _load_weights(self, model: Any, trial_id: str) -> None:
        config = self._build_config_file(trial_id)
        if not model.built and os.path.exists(config):
            model.build_from_config(read_json(config))
        with maybe_distribute(self.distribution_strategy):
            model.load_weights(self._checkpoint_file(trial_id))

    def _checkpoint_file(self, trial_id: str) -> str:
        return os.path.join(self.get_trial_dir(trial_id), "checkpoint.weights.h5")

    def _build_config_file(self, trial_id: str) -> str:
        return os.path.join(self.get_trial_dir(trial_id), "build_config.json")


@contextmanager
def maybe_distribute(distribution_strategy: Any) -> Iterator[None]:
    """The scope of a `tf.distribute.Strategy`, or nothing where that is None."""
    if distribution_strategy is None:
        yield
    else:
        with distribution_strategy.scope():
            yield


__getattr__ = strict(__name__, label="keras_tuner.engine.tuner")
