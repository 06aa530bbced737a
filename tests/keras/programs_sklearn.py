import numpy as np
from programs import raised, values


def first_weights(model):
    """The same start everywhere: by formula."""
    model.set_weights(
        [values(*w.shape, start=float(i)) * 0.5 for i, w in enumerate(model.get_weights())]
    )
    return model


def network(X, y, keras=None, units=5, seen=None):
    if seen is not None:
        seen.append((X.shape, y.shape, str(y.dtype)))
    outputs = y.shape[1] if len(y.shape) > 1 else 1
    start = keras.Input((X.shape[1],))
    x = keras.layers.Dense(units, activation="relu")(start)
    end = keras.layers.Dense(outputs, activation="softmax" if outputs > 1 else "sigmoid")(x)
    model = keras.Model(start, end)
    loss = "categorical_crossentropy" if outputs > 1 else "binary_crossentropy"
    model.compile(keras.optimizers.SGD(0.2), loss)
    return first_weights(model)


X = values(30, 4)
FIT = {"epochs": 3, "batch_size": 10, "shuffle": False, "verbose": 0}


def case_classifier(keras):
    found = {}
    for name, y in (
        ("three", np.array(["a", "b", "c"])[(np.arange(30) * 7) % 3]),
        ("two", np.array([3, 8])[(X[:, 0] > 0).astype(int)]),
        ("strings", np.array(["no", "yes"])[(X[:, 1] > 0).astype(int)]),
    ):
        seen = []
        kwargs = {"keras": keras, "seen": seen}
        estimator = keras.wrappers.SKLearnClassifier(network, model_kwargs=kwargs)
        fitted = estimator.fit(X, y, **FIT)
        found[f"{name}.self"] = str(fitted is estimator)
        found[f"{name}.seen"] = str(seen)
        found[f"{name}.predicted"] = estimator.predict(X)
        found[f"{name}.classes"] = np.asarray(estimator.classes_)
        found[f"{name}.score"] = estimator.score(X, y)
        found[f"{name}.loss"] = np.ravel(estimator.history_.history["loss"])
        found[f"{name}.features"] = estimator.n_features_in_
        found[f"{name}.weights"] = estimator.model_.get_weights()[0]
    found["params"] = str(sorted(estimator.get_params(deep=False)))
    found["wrong"] = raised(estimator.fit, X, values(30), **FIT)
    found["unfitted"] = raised(
        keras.wrappers.SKLearnClassifier(network, model_kwargs={"keras": keras}).predict, X
    )
    return found


def line(X, y, keras=None, seen=None, outputs=1):
    seen.append((X.shape, y.shape, str(y.dtype)))
    model = keras.Sequential([keras.Input((X.shape[1],)), keras.layers.Dense(outputs)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return first_weights(model)


def case_regressor(keras):
    seen = []
    kwargs = {"keras": keras, "seen": seen}
    estimator = keras.wrappers.SKLearnRegressor(
        line, warm_start=True, model_kwargs=kwargs, fit_kwargs=FIT
    )
    estimator.fit(X, values(30))
    found = {"predicted": estimator.predict(X), "score": estimator.score(X, values(30))}
    found["seen"] = str(seen)
    model = line(X, values(30), keras, seen)
    cold = keras.wrappers.SKLearnRegressor(model, fit_kwargs=FIT).fit(X, values(30))
    found["cloned"] = str(cold.model_ is model)
    plain = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    found["not compiled"] = raised(keras.wrappers.SKLearnRegressor(plain).fit, X, values(30))
    return found


def case_transformer(keras):
    kwargs = {"keras": keras, "seen": [], "outputs": 3}
    estimator = keras.wrappers.SKLearnTransformer(line, model_kwargs=kwargs, fit_kwargs=FIT)
    estimator.fit(X, values(30))
    return {"transformed": estimator.transform(X), "seen": str(kwargs["seen"])}


def case_outputs_and_tags(keras):
    from sklearn.utils import get_tags

    found, wrappers = {}, keras.wrappers
    y = np.arange(30) % 2
    one = wrappers.SKLearnClassifier(network, model_kwargs={"keras": keras}, fit_kwargs=FIT)
    one.fit(X, y)
    found["decision"] = one.decision_function(X[:4])
    found["same"] = one.decision_function(X).argmax(-1) == one.predict(X).ravel()
    for name in ("Classifier", "Regressor", "Transformer"):
        tags = get_tags(getattr(wrappers, f"SKLearn{name}")(network))
        kinds = (tags.classifier_tags, tags.regressor_tags)
        poor = [kind.poor_score for kind in kinds if kind is not None]
        kept = tags.transformer_tags and tags.transformer_tags.preserves_dtype
        found[name] = str((tags.non_deterministic, poor, kept))
    return found
