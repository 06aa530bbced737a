"""What a search is wrongly asked for is said plainly."""

import numpy as np
import pytest
from tuner_cases import data, small_model

from caudal import keras, tuner
from caudal.errors import CaudalError
from caudal.tuner.engine.hyperparameters import Choice, Fixed, HyperParameters, deserialize

X, Y = (np.asarray(part, dtype) for part, dtype in zip(data(), ("f", "i"), strict=True))


def asked(name, *args, **kwargs):
    return lambda: getattr(HyperParameters(), name)("x", *args, **kwargs)


def twice():
    hp = HyperParameters()
    hp.Choice("x", ["a", "b"])
    hp.Int("x", 1, 5)


def own_parent():
    hp = HyperParameters()
    hp.Choice("x", ["a", "b"])
    hp.Int("x", 1, 5, parent_name="x", parent_values=["a"])


def inactive():
    hp = HyperParameters()
    hp.Choice("x", ["a", "b"])
    hp.Int("y", 1, 5, parent_name="x", parent_values=["b"])
    hp.get("y")


def search(**kwargs):
    return lambda: tuner.RandomSearch(
        **{"hypermodel": small_model(keras), "objective": "val_loss", **kwargs}
    )


WRONG = {
    "bounds": (asked("Int", 5, 1), ValueError, "min_value 5 is above max_value 1"),
    "step": (asked("Int", 1, 5, step=0), ValueError, "step must be above 0, received 0"),
    "log step": (asked("Float", 1, 5, step=1, sampling="log"), ValueError, "step must be above 1"),
    "log of 0": (asked("Float", 0, 1, sampling="log"), ValueError, "min_value above 0, received 0"),
    "sampling": (asked("Int", 1, 2, sampling="lin"), ValueError, "linear, log, reverse_log, rece"),
    "part": (asked("Int", 1.5, 2), ValueError, "min_value must be a whole number, received 1.5"),
    "text": (asked("Float", "1", 2), ValueError, "min_value must be a finite number, received '1'"),
    "nothing": (asked("Choice", []), ValueError, "values is empty"),
    "kinds": (asked("Choice", ["a", 1]), TypeError, "values of one kind, received"),
    "none": (asked("Choice", [None]), TypeError, "expected str, int, float or bool"),
    "default": (asked("Choice", [1, 2], default=3), ValueError, "default 3 is none of"),
    "ordered": (asked("Choice", ["a"], ordered=True), ValueError, "only numbers are ordered"),
    "boolean": (asked("Boolean", default="yes"), ValueError, "True or False, received 'yes'"),
    "fixed": (asked("Fixed", [1]), ValueError, "expected a str, int, float or bool"),
    "twice": (twice, ValueError, r"hp.Int\('x'\): the name is taken by Choice"),
    "own parent": (own_parent, ValueError, "that of its own parent"),
    "parent": (
        asked("Int", 1, 2, parent_name="y", parent_values=[1]),
        ValueError,
        "'y' is not defined yet",
    ),
    "unknown": (lambda: HyperParameters().get("units"), KeyError, "no hyperparameter 'units'"),
    "inactive": (inactive, ValueError, "'y' is not active in this trial"),
    "config": (lambda: deserialize({"class_name": "x"}), ValueError, "configuration of Boolean"),
    "objective": (search(objective="val_quality"), ValueError, "direction='min'"),
    "objective kind": (search(objective=3), TypeError, "metric's name"),
    "direction": (lambda: tuner.Objective("a", "up"), ValueError, "'min' or 'max', received 'up'"),
    "hypermodel": (search(hypermodel=None), ValueError, "hypermodel is missing"),
    "hypermodel kind": (search(hypermodel=3), ValueError, "expected a function build"),
    "argument": (search(epochs=3), ValueError, "unknown arguments epochs"),
    "typo": (search(max_trails=3), ValueError, "max_trails. Did you mean: max_trials"),
    "trials as text": (
        search(max_trials="5"),
        ValueError,
        "of at least 1, received '5'",
    ),
    "half a trial": (
        search(max_trials=1.5),
        ValueError,
        "of at least 1, received 1.5",
    ),
    "seed": (search(seed="a"), ValueError, "seed: expected a whole number, received 'a'"),
    "yes": (search(executions_per_trial=True), ValueError, "at least 1, received True"),
    "size": (search(max_model_size="1M"), ValueError, "max_model_size: expected a whole number"),
    "retries": (search(max_retries_per_trial=-1), ValueError, "at least 0, received -1"),
    "points": (
        lambda: tuner.BayesianOptimization(small_model(keras), "loss", num_initial_points=-1),
        ValueError,
        "num_initial_points: expected a whole number of at least 0",
    ),
    "endless epochs": (
        lambda: tuner.Hyperband(small_model(keras), "loss", max_epochs=float("inf")),
        ValueError,
        "max_epochs: expected a whole number of at least 1, received inf",
    ),
    "trials": (search(max_trials=0), ValueError, "at least 1, received 0"),
    "executions": (search(executions_per_trial=0), ValueError, "executions_per_trial"),
    "new entries": (search(allow_new_entries=False), ValueError, "allow_new_entries=False needs"),
    "factor": (
        lambda: tuner.Hyperband(small_model(keras), "val_loss", factor=1),
        ValueError,
        "factor: expected a number of at least 2, received 1",
    ),
    "oracle": (lambda: tuner.Tuner("random", small_model(keras)), ValueError, "Oracle, received"),
    "beta": (
        lambda: tuner.BayesianOptimization(small_model(keras), "val_loss", beta=3.0),
        NotImplementedError,
        "beta is a number of KerasTuner's Gaussian process",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(name, tmp_path, monkeypatch):
    call, kind, message = WRONG[name]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kind, match=message) as caught:
        call()
    assert isinstance(caught.value, CaudalError)


def run(tmp_path, build=None, objective="val_loss", **fit):
    made = tuner.RandomSearch(
        build or small_model(keras), objective, max_trials=2, directory=tmp_path
    )
    made.search(X, Y, **{"epochs": 1, "verbose": 0, **fit})


def test_an_objective_that_is_not_measured_is_named_with_what_is(tmp_path):
    with pytest.raises(ValueError, match=r"'val_loss' is not among the metrics accuracy, loss"):
        run(tmp_path)


def test_a_build_must_return_a_model(tmp_path):
    with pytest.raises(TypeError, match=r"build\(hp\): expected a keras.Model.*received None"):
        run(tmp_path, build=lambda hp: None)


def test_callbacks_that_cannot_be_copied_are_named(tmp_path):
    class Bad(keras.callbacks.Callback):
        def __deepcopy__(self, memo):
            raise RuntimeError("one of a kind")

    with pytest.raises(ValueError, match=r"every trial gets a copy.*one of a kind"):
        run(tmp_path, callbacks=[Bad()], validation_data=(X, Y))


@pytest.mark.parametrize("returned", [None, "good", {"val_acc": 1.0}])
def test_a_trial_must_return_its_measure(returned, tmp_path):
    class Search(tuner.RandomSearch):
        def run_trial(self, trial, *args, **kwargs):
            trial.hyperparameters.Int("x", 0, 9)
            return returned

    made = Search(objective="val_loss", max_trials=1, directory=tmp_path)
    with pytest.raises((TypeError, ValueError), match=r"Search\.run_trial"):
        made.search()


def test_workers_in_other_processes_are_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    with pytest.raises(NotImplementedError, match="runs in one process"):
        run(tmp_path)


def test_a_space_given_in_advance_goes_before_what_a_build_asks_for():
    hp = HyperParameters()
    hp.Fixed("rate", 0.5)
    assert hp.Float("rate", 0.0, 1.0) == 0.5
    assert isinstance(hp.space[0], Fixed) and len(hp.space) == 1
    assert Choice("c", np.array([1, 2]).tolist()).values == [1, 2]


def test_new_entries_are_refused_where_they_are_not_allowed(tmp_path):
    hp = HyperParameters()
    hp.Int("layers", 1, 1)
    with pytest.raises(RuntimeError, match="the model asks for 'units_0', 'rate'"):
        tuner.RandomSearch(
            small_model(keras),
            "val_loss",
            hyperparameters=hp,
            allow_new_entries=False,
            directory=tmp_path,
        )
    kept = tuner.RandomSearch(
        small_model(keras),
        "val_loss",
        hyperparameters=hp,
        tune_new_entries=False,
        directory=tmp_path,
    )
    assert [one.name for one in kept.oracle.get_space().space] == ["layers"]
