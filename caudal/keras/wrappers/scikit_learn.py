"""``keras.wrappers.scikit_learn`` of Keras 2: functions that build models, as estimators."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.errors import FailedPreconditionError, InvalidArgumentError
from caudal.keras.engine.signatures import say_once
from caudal.keras.models.sequential import Sequential
from caudal.keras.utils.numerical import to_categorical
from caudal.keras.wrappers.bases import BaseEstimator, ClassifierMixin, RegressorMixin

Array = np.ndarray[Any, Any]


class _Builder(BaseEstimator):  # type: ignore[misc]
    """What both share.

    Args:
        build_fn: a function that returns a compiled model, or an object to be called; None where
            a subclass has a ``__call__`` that does.
        sk_params: arguments of ``build_fn`` and of ``fit``, ``predict`` and ``evaluate``, each
            of which takes those that it knows.

    Raises:
        InvalidArgumentError: nobody knows an argument.
    """

    def __init__(self, build_fn: Any = None, **sk_params: Any) -> None:
        say_once("keras.wrappers.scikit_learn is Keras 2's: use keras.wrappers.SKLearnClassifier.")
        self.build_fn = build_fn
        self.sk_params = sk_params
        self._check()

    def _builder(self) -> Callable[..., Any]:
        found: Callable[..., Any] = self if self.build_fn is None else self.build_fn
        if not callable(found):
            raise InvalidArgumentError(
                "{what}: `build_fn` must be a function that returns a compiled model, received "
                "{build_fn!r}.",
                what=type(self).__name__,
                build_fn=found,
            )
        return found

    def _check(self) -> None:
        methods = (Sequential.fit, Sequential.predict, Sequential.evaluate, self._builder())
        known = [inspect.signature(method).parameters for method in methods]
        if any(p.kind is p.VAR_KEYWORD for p in known[-1].values()):
            return
        for name in self.sk_params:
            if not any(name in parameters for parameters in known):
                raise InvalidArgumentError(
                    "{what}: {name!r} is no argument of `build_fn`, fit, predict or evaluate.",
                    what=type(self).__name__,
                    name=name,
                )

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {**self.sk_params, "build_fn": self.build_fn}

    def set_params(self, **params: Any) -> Any:
        """Other arguments; returns the estimator."""
        self.build_fn = params.pop("build_fn", self.build_fn)
        self.sk_params = {**self.sk_params, **params}
        self._check()
        return self

    def _arguments(self, function: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
        """Those of the arguments that a function takes, and what was given for this call."""
        parameters = inspect.signature(function).parameters
        everything = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        everything = everything and function is self.build_fn
        mine = {k: v for k, v in self.sk_params.items() if everything or k in parameters}
        return {**mine, **given}

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Builds a model, trains it and returns its History, as Keras 2 does."""
        builder = self._builder()
        self.model = builder(**copy.deepcopy(self._arguments(builder, {})))
        loss = getattr(self.model.loss, "name", None) or self.model.loss
        if loss == "categorical_crossentropy" and np.ndim(y) != 2:
            y = to_categorical(y)
        self.history_ = self.model.fit(x, y, **self._arguments(Sequential.fit, kwargs))
        return self.history_

    def __sklearn_is_fitted__(self) -> bool:
        return "model" in vars(self)

    def _outputs(self, x: Any, kwargs: dict[str, Any]) -> Array:
        if "model" not in vars(self):
            raise FailedPreconditionError(
                "{what}: call fit before predict.", what=type(self).__name__
            )
        found: Array = self.model.predict(x, **self._arguments(Sequential.predict, kwargs))
        return found

    def _judged(self, x: Any, y: Any, kwargs: dict[str, Any]) -> dict[str, float]:
        arguments = self._arguments(Sequential.evaluate, {**kwargs, "return_dict": True})
        found: dict[str, float] = self.model.evaluate(x, y, **arguments)
        return found


class KerasClassifier(ClassifierMixin, _Builder):  # type: ignore[misc]
    """A classifier around a function that builds a model.

    >>> def build(units=2):
    ...     from caudal import keras
    ...     model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(units, "softmax")])
    ...     model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    ...     return model
    >>> judge = KerasClassifier(build_fn=build, epochs=2, verbose=0)
    >>> history = judge.fit(np.ones((4, 1)), np.array(["no", "yes", "no", "no"]))
    >>> judge.predict(np.ones((2, 1))).shape
    (2,)
    """

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Builds and trains a model; ``y`` holds labels of any kind or one-hot rows."""
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
        elif y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1):
            self.classes_ = np.unique(y)
            y = np.searchsorted(self.classes_, y)
        else:
            raise InvalidArgumentError(
                "{what}: invalid shape of y: {shape}.", what=type(self).__name__, shape=y.shape
            )
        return super().fit(x, y, **kwargs)

    def predict(self, x: Any, **kwargs: Any) -> Array:
        """The label of each row."""
        found = self._outputs(x, kwargs)
        several = found.shape[-1] > 1
        numbers = found.argmax(-1) if several else (found[..., 0] > 0.5).astype(np.int64)
        labels: Array = self.classes_[numbers]
        return labels

    def predict_proba(self, x: Any, **kwargs: Any) -> Array:
        """A column for each class; of a model with one output, that of its not being so first."""
        found = self._outputs(x, kwargs)
        return np.hstack([1 - found, found]) if found.shape[1] == 1 else found

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """The model's accuracy.

        Raises:
            InvalidArgumentError: the model was compiled without it.
        """
        y = np.asarray(y)
        if y.ndim == 1 or y.shape[1] == 1:
            y = np.searchsorted(self.classes_, y)
        if getattr(self.model.loss, "name", self.model.loss) == "categorical_crossentropy":
            y = y if y.ndim == 2 and y.shape[1] > 1 else to_categorical(y, len(self.classes_))
        found = self._judged(x, y, kwargs)
        for name in ("accuracy", "acc"):
            if name in found:
                return float(found[name])
        raise InvalidArgumentError(
            "{what}: the model is not configured to compute accuracy: pass "
            "metrics=['accuracy'] to compile().",
            what=type(self).__name__,
        )


class KerasRegressor(RegressorMixin, _Builder):  # type: ignore[misc]
    """A regressor around a function that builds a model; its score is minus the loss."""

    def predict(self, x: Any, **kwargs: Any) -> Array:
        """The model's numbers."""
        return np.squeeze(self._outputs(x, kwargs), -1)

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """Minus the loss: more is better."""
        return -float(self._judged(x, y, kwargs)["loss"])


__all__ = ["KerasClassifier", "KerasRegressor"]
