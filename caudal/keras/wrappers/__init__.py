"""``keras.wrappers``: models as estimators of scikit-learn, which must be installed."""

from caudal.namespaces import lazy, table

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer", "scikit_learn"]

__getattr__, __dir__ = lazy(
    __name__,
    table(
        {
            "caudal.keras.wrappers.estimators": (
                "SKLearnClassifier SKLearnRegressor SKLearnTransformer"
            ),
            "caudal.keras.wrappers.scikit_learn": "*",
        }
    ),
    label="keras.wrappers",
)
