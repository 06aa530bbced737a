"""Models as scikit-learn's classifiers, regressors and transformers."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import FailedPreconditionError, InvalidArgumentError
from caudal.keras.models.cloning import clone_model
from caudal.keras.models.model import Model
from caudal.keras.wrappers.bases import (
    BaseEstimator,
    ClassifierMixin,
    OneHotEncoder,
    RegressorMixin,
    TransformerMixin,
    check_is_fitted,
    type_of_target,
    validate_data,
)

Array = np.ndarray[Any, Any]


class _Estimator(BaseEstimator):  # type: ignore[misc]
    """What the three share: the model, how it is fitted and asked.

    Args:
        model: a compiled model, of which a clone with fresh weights is fitted; or a function of
            ``X``, ``y`` and ``model_kwargs`` that returns a compiled model.
        warm_start: a second fit goes on with the weights of the first.
        model_kwargs: more arguments of the function.
        fit_kwargs: arguments of ``model.fit``; those given to `fit` come first.
    """

    def __init__(
        self,
        model: Any,
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    @property
    def epoch_(self) -> int:
        """How many epochs the last fit trained."""
        return len(self.history_.epoch)

    def _model_for(self, x: Array, y: Array) -> Any:
        if isinstance(self.model, Model):
            model = _copy(self.model)
        elif callable(self.model):
            model = self.model(X=x, y=y, **(self.model_kwargs or {}))
        else:
            raise InvalidArgumentError(
                "{what}: `model` must be a keras.Model or a function that returns one, received "
                "{model!r}.",
                what=type(self).__name__,
                model=self.model,
            )
        _check_compiled(model)
        return model

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        """Train the model; returns the estimator."""
        X, y = validate_data(self, X, y)
        targets = self._targets(y, reset=True)
        if not (self.warm_start and hasattr(self, "model_")):
            self.model_ = self._model_for(X, targets)
        _check_compiled(self.model_)
        options = {**(self.fit_kwargs or {}), **kwargs}
        self.history_ = self.model_.fit(x=X, y=targets, **options)
        return self

    def predict(self, X: Any) -> Array:
        """What the model says of X."""
        return self._answers(self._outputs(X))

    def _outputs(self, X: Any) -> Array:
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        found: Array = self.model_.predict(X, verbose=0)
        return found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Each fit starts with fresh weights.
        tags.non_deterministic = True
        return tags

    def _targets(self, y: Array, reset: bool = False) -> Array:
        # Raises scikit-learn's own error for targets of no known kind.
        type_of_target(y, raise_unknown=True)
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def _answers(self, y: Array) -> Array:
        return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y


def _copy(model: Any) -> Any:
    """A clone with fresh weights, compiled like the model."""
    clone = clone_model(model)
    if getattr(model, "compiled", False):
        clone.compile_from_config(model.get_compile_config())
    return clone


def _check_compiled(model: Any) -> None:
    if not getattr(model, "compiled", False) or model.loss is None or model.optimizer is None:
        raise FailedPreconditionError(
            "Given model needs to be compiled, and have a loss and an optimizer."
        )


class SKLearnClassifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    """A classifier of scikit-learn around a model whose outputs are class probabilities.

    Labels may be of any kind; the model is trained on one-hot vectors. Afterwards ``model_`` is
    the model, ``history_`` the History and ``classes_`` the labels.
    """

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        """Train the model; returns the estimator."""
        kind = type_of_target(y, raise_unknown=True)
        if kind not in ("binary", "multiclass"):
            raise InvalidArgumentError(
                "Only binary and multiclass target is supported. The type of the target is {kind}.",
                kind=kind,
            )
        return super().fit(X, y, **kwargs)

    def _targets(self, y: Array, reset: bool = False) -> Array:
        if reset:
            self.classes_ = np.unique(y)
            self._encoder = OneHotEncoder(sparse_output=False, dtype=np.float64)
            self._encoder.fit(y.reshape(-1, 1))
            if len(self.classes_) == 1:
                raise InvalidArgumentError(
                    "Classifier can't train when only one class is present; received {label!r}.",
                    label=self.classes_[0],
                )
        found: Array = self._encoder.transform(y.reshape(-1, 1))
        return found

    def _answers(self, y: Array) -> Array:
        found: Array = self.classes_[y.argmax(axis=1)]
        return found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Nobody knows how well the model can do.
        tags.classifier_tags.poor_score = True
        return tags

    def decision_function(self, X: Any) -> Array:
        """The model's outputs, a column for each class, as in Keras."""
        return self._outputs(X)


class SKLearnRegressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    """A regressor of scikit-learn around a model with one output number."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(TransformerMixin, _Estimator):  # type: ignore[misc]
    """A transformer of scikit-learn around a model: `transform` gives its outputs."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # The model gives its own dtype.
        tags.transformer_tags.preserves_dtype = []
        return tags

    def transform(self, X: Any) -> Array:
        """The model's outputs for X."""
        return self._outputs(X)


__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]
