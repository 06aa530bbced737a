"""``SklearnTuner``: the search over scikit-learn's models, by cross-validation."""

from __future__ import annotations

import inspect
import os
import pickle
from collections import defaultdict
from typing import Any

import numpy as np

from caudal.errors import MissingModuleError, UnimplementedError
from caudal.io.durable import write_whole
from caudal.tuner.engine.base_tuner import BaseTuner
from caudal.tuner.engine.trial import Trial


class SklearnTuner(BaseTuner):
    """``build(hp)`` returns an estimator; a trial's "score" is its mean over the folds of ``cv``.

    oracle: with ``Objective("score", "max")``; not Hyperband, which counts epochs.
    scoring: a scorer of `sklearn.metrics.make_scorer`; ``model.score`` by default.
    metrics: functions ``(y_true, y_pred, sample_weight=)`` to measure besides.
    cv: a splitter; five shuffled folds by default.

    Raises:
        MissingModuleError: scikit-learn is not installed.
    """

    def __init__(
        self,
        oracle: Any,
        hypermodel: Any,
        scoring: Any = None,
        metrics: Any = None,
        cv: Any = None,
        **kwargs: Any,
    ) -> None:
        try:
            from sklearn.model_selection import KFold
        except ImportError as error:
            raise MissingModuleError(
                "SklearnTuner needs scikit-learn: pip install 'caudal[data]'. ({reason})",
                reason=error,
            ) from error
        self.scoring = scoring
        listed = metrics if isinstance(metrics, list | tuple) else [metrics]
        self.metrics = [metric for metric in listed if metric is not None]
        self.cv = cv or KFold(5, shuffle=True, random_state=1)
        super().__init__(oracle, hypermodel, **kwargs)

    def search(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> None:
        """Runs the search; ``groups`` is for splitters that ask for it."""
        super().search(X, y, sample_weight=sample_weight, groups=groups)

    def run_trial(
        self, trial: Trial, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> dict[str, float]:
        """Fits and scores the model on every fold; returns the means."""
        measured: defaultdict[str, list[float]] = defaultdict(list)
        model: Any = None
        more = {} if groups is None else {"groups": groups}
        for train, test in self.cv.split(X, y, **more):
            model = self.hypermodel.build(trial.hyperparameters)
            weights = _rows(sample_weight, train)
            takes = "sample_weight" in inspect.signature(model.fit).parameters
            fitted = {} if weights is None or not takes else {"sample_weight": weights}
            model.fit(_rows(X, train), _rows(y, train), **fitted)
            given, wanted = _rows(X, test), _rows(y, test)
            weights = _rows(sample_weight, test)
            scored = {} if weights is None else {"sample_weight": weights}
            score = self.scoring or (lambda model, *data, **more: model.score(*data, **more))
            measured["score"].append(score(model, given, wanted, **scored))
            for metric in self.metrics:
                value = metric(wanted, model.predict(given), **scored)
                measured[metric.__name__].append(value)
        self.save_model(trial.trial_id, model)
        return {name: float(np.mean(values)) for name, values in measured.items()}

    def save_model(self, trial_id: str, model: Any, step: int = 0) -> None:
        """Pickles the model of the last fold, for scikit-learn's own programs to read."""
        write_whole(os.path.join(self.get_trial_dir(trial_id), "model.pickle"), pickle.dumps(model))
        self._models()[trial_id] = model

    def load_model(self, trial: Trial) -> Any:
        """The model of a trial of this process.

        Raises:
            UnimplementedError: it was trained by another one: a pickle runs what it names, so
                Caudal opens none.
        """
        found = self._models().get(trial.trial_id)
        if found is None:
            path = os.path.join(self.get_trial_dir(trial.trial_id), "model.pickle")
            raise UnimplementedError(
                "SklearnTuner: the model of trial {trial} was trained by another process. Loading "
                "a pickle runs what it names, so Caudal does not: fit "
                "tuner.hypermodel.build(tuner.get_best_hyperparameters()[0]) again, or read "
                "{path!r} with pickle if you trust it.",
                trial=trial.trial_id,
                path=path,
            )
        return found

    def _models(self) -> dict[str, Any]:
        held: dict[str, Any] = self.__dict__.setdefault("_held", {})
        return held


def _rows(data: Any, indices: Any) -> Any:
    """The rows of an array or of a pandas object; None of None."""
    if data is None:
        return None
    if hasattr(data, "iloc"):
        return data.iloc[indices]
    return np.asarray(data)[indices] if isinstance(data, list | tuple) else data[indices]
