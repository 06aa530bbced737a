"""Scikit-learn's base classes, and what to do where it is not installed."""

from caudal.errors import MissingModuleError

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
    from sklearn.preprocessing import OneHotEncoder
    from sklearn.utils.multiclass import type_of_target
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise MissingModuleError(
        "keras.wrappers needs scikit-learn 1.6 or later: pip install scikit-learn. ({reason})",
        reason=str(error),
    ) from error

__all__ = [
    "BaseEstimator",
    "ClassifierMixin",
    "OneHotEncoder",
    "RegressorMixin",
    "TransformerMixin",
    "check_is_fitted",
    "type_of_target",
    "validate_data",
]
