"""Searches that train: results, files, hooks, resuming, KerasTuner's own folder."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from tuner_cases import data, project, small_model, space

from caudal import keras, tuner
from caudal.tuner.engine.trial import TrialStatus
from caudal.tuner.errors import FailedTrialError, FatalError

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "golden.json").read_text())["project"]
X, Y = (np.asarray(part, dtype) for part, dtype in zip(data(), ("f", "i"), strict=True))
FIT = {"epochs": 2, "validation_data": (X, Y), "verbose": 0}


def test_a_search_finds_a_model_and_keeps_its_files(tmp_path, capsys):
    made = project(tuner, keras, tmp_path, max_trials=3)
    made.search(X, Y, **FIT)
    trials = made.oracle.get_best_trials(3)
    assert [t.status for t in trials] == [TrialStatus.COMPLETED] * 3
    assert [t.score for t in trials] == sorted(t.score for t in trials)
    assert {t.trial_id: t.hyperparameters.values for t in trials}["1"] == GOLDEN["values"]["1"]
    best = made.get_best_models()[0]
    assert best.evaluate(X, Y, verbose=0)[0] == pytest.approx(trials[0].score, rel=1e-5)
    names = sorted(os.listdir(tmp_path / "search" / "trial_0"))
    assert names == ["build_config.json", "checkpoint.weights.h5", "trial.json"]
    assert made.remaining_trials == 0
    rate = made.get_best_hyperparameters()[0]["rate"]
    model = made.hypermodel.build(made.get_best_hyperparameters()[0])
    assert float(model.optimizer.learning_rate) == pytest.approx(rate)
    assert capsys.readouterr().out == ""


def test_what_is_printed_says_values_scores_and_best(tmp_path, capsys):
    made = project(tuner, keras, tmp_path)
    made.search_space_summary()
    shown = capsys.readouterr().out
    assert "rate (Float)" in shown and "'sampling': 'log'" in shown and "3 hyperparameters" in shown
    made.search(X, Y, **{**FIT, "verbose": 2})
    shown = capsys.readouterr().out
    assert "trial 2 of 2" in shown and "Best val_loss so far" in shown
    made.results_summary(1)
    shown = capsys.readouterr().out
    best = made.oracle.get_best_trials()[0]
    assert f"Score: {best.score}" in shown and f"rate: {best.hyperparameters['rate']}" in shown


def test_keras_tuners_folder_is_read_and_gone_on_with(tmp_path):
    shutil.copytree(HERE / "files" / "search", tmp_path / "search")
    made = project(tuner, keras, tmp_path, max_trials=3)
    assert [t.trial_id for t in made.oracle.get_best_trials(2)] == GOLDEN["best"]
    assert {k: t.score for k, t in made.oracle.trials.items()} == GOLDEN["scores"]
    answers = made.get_best_models()[0].predict(X[:5], verbose=0)
    np.testing.assert_allclose(answers, GOLDEN["answers"], rtol=1e-5, atol=1e-6)
    made.search(X, Y, **FIT)
    assert list(made.oracle.trials) == ["0", "1", "2"]


def test_promoted_models_go_on_from_their_trials_weights(tmp_path):
    started = {}

    class Search(tuner.Hyperband):
        def on_epoch_begin(self, trial, model, epoch, logs=None):
            started.setdefault(trial.trial_id, (epoch, model.get_weights()))

    made = Search(
        small_model(keras),
        objective="val_loss",
        max_epochs=4,
        factor=2,
        seed=2,
        directory=tmp_path,
    )
    made.search(X, Y, **FIT)
    promoted = 0
    for trial_id, (epoch, weights) in started.items():
        values = made.oracle.trials[trial_id].hyperparameters.values
        assert epoch == values["tuner/initial_epoch"]
        if "tuner/trial_id" not in values:
            continue
        promoted += 1
        before = made.load_model(made.oracle.trials[values["tuner/trial_id"]])
        before.load_weights(made._checkpoint_file(values["tuner/trial_id"]))
        for one, other in zip(weights, before.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    assert promoted >= 5


def scored(values):
    return sum(len(str(v)) * 0.1 + (v if isinstance(v, float) else 0) for v in values.values())


def searching(kind, folder, fail_at=None, **arguments):
    """A search that trains nothing, and is cut off in a trial where that is asked for."""
    ran = []

    class Search(getattr(tuner, kind)):
        def run_trial(self, trial, *args, **kwargs):
            if fail_at is not None and len(ran) == fail_at:
                raise KeyboardInterrupt
            ran.append(trial.trial_id)
            space(trial.hyperparameters)
            return scored(trial.hyperparameters.values)

    made = Search(space, seed=11, directory=folder, project_name="p", **arguments)
    made.oracle.verbose = 0
    return made


SEARCHES = [
    ("RandomSearch", {"max_trials": 7}),
    ("GridSearch", {"max_trials": 9}),
    ("Hyperband", {"max_epochs": 4, "factor": 2}),
    ("BayesianOptimization", {"max_trials": 8, "num_initial_points": 3}),
]


@pytest.mark.parametrize(("kind", "arguments"), SEARCHES)
@pytest.mark.parametrize("cut", [0, 4])
def test_a_search_that_was_cut_off_goes_on_as_if_nothing_had_been(kind, arguments, cut, tmp_path):
    whole = searching(kind, tmp_path / "whole", **arguments)
    whole.search()
    with pytest.raises(KeyboardInterrupt):
        searching(kind, tmp_path / "cut", fail_at=cut, **arguments).search()
    resumed = searching(kind, tmp_path / "cut", **arguments)
    resumed.search()

    def facts(made):
        return [
            (key, made.oracle.trials[key].hyperparameters.values, made.oracle.trials[key].score)
            for key in made.oracle.start_order
        ]

    assert facts(resumed) == facts(whole) and len(facts(whole)) >= 7


def test_what_was_half_written_when_the_process_ended_is_left_out(tmp_path):
    made = searching("RandomSearch", tmp_path, max_trials=3)
    made.search()
    folder = tmp_path / "p"
    shutil.copytree(folder / "trial_2", folder / "trial_3")
    text = (folder / "trial_3" / "trial.json").read_text()
    (folder / "trial_3" / "trial.json").write_text(
        text.replace('"trial_id": "2"', '"trial_id": "3"')
    )
    assert list(searching("RandomSearch", tmp_path, max_trials=3).oracle.trials) == ["0", "1", "2"]


def test_overwrite_begins_anew(tmp_path):
    searching("RandomSearch", tmp_path, max_trials=2).search()
    assert searching("RandomSearch", tmp_path, max_trials=2, overwrite=True).oracle.trials == {}
    assert not (tmp_path / "p").exists()


def test_bayesian_optimisation_looks_where_scores_are_good(tmp_path):
    class Search(tuner.BayesianOptimization):
        def run_trial(self, trial, *args, **kwargs):
            hp = trial.hyperparameters
            return (hp.Float("x", -5, 5) - 2) ** 2 + (0 if hp.Choice("c", ["a", "b"]) == "b" else 9)

    made = Search(max_trials=30, num_initial_points=8, seed=3, directory=tmp_path)
    made.oracle.verbose = 0
    made.search()
    trials = list(made.oracle.trials.values())
    late = [t.score for t in trials[20:]]
    assert np.median(late) < np.median([t.score for t in trials[:8]]) / 3
    assert made.oracle.get_best_trials()[0].score < 0.3
    assert len({str(t.hyperparameters.values) for t in trials}) == 30


def test_executions_are_averaged_and_callbacks_copied(tmp_path):
    class Count(keras.callbacks.Callback):
        seen = []

        def __init__(self):
            super().__init__()
            self.epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            self.epochs += 1
            Count.seen.append((self.epochs, logs["val_loss"]))

    Count.seen.clear()
    given = Count()
    made = tuner.RandomSearch(
        small_model(keras),
        "val_loss",
        max_trials=1,
        executions_per_trial=2,
        directory=tmp_path,
        optimizer=keras.optimizers.SGD(0.5),
        loss="mse",
    )
    made.search(X, Y, callbacks=[given], **FIT)
    assert given.epochs == 0 and [n for n, _ in Count.seen] == [1, 2, 1, 2]
    runs = [min(Count.seen[0][1], Count.seen[1][1]), min(Count.seen[2][1], Count.seen[3][1])]
    trial = made.oracle.trials["0"]
    assert trial.score == pytest.approx(np.mean(runs))
    assert type(made.get_best_models()[0].optimizer) is keras.optimizers.SGD


def test_hypermodels_tune_their_training_and_may_keep_to_themselves(tmp_path):
    class Model(tuner.HyperModel):
        def build(self, hp):
            return small_model(keras)(hp)

        def fit(self, hp, model, *args, **kwargs):
            history = model.fit(*args, batch_size=hp.Choice("batch", [8, 16]), **kwargs)
            return {"val_loss": history.history["val_loss"][-1], "more": 1.0}

    made = tuner.RandomSearch(Model(), "val_loss", max_trials=2, seed=1, directory=tmp_path / "a")
    made.search(X, Y, **FIT)
    assert "batch" in made.oracle.get_best_trials()[0].hyperparameters
    assert made.oracle.trials["1"].metrics.get_best_value("more") == 1.0
    hidden = tuner.RandomSearch(Model(tunable=False), "val_loss", max_trials=1, directory=tmp_path)
    assert hidden.oracle.get_space().space == []


def test_trials_that_go_wrong_are_tried_again_and_then_failed(tmp_path):
    tries = []

    class Search(tuner.RandomSearch):
        def run_trial(self, trial, *args, **kwargs):
            x = trial.hyperparameters.Int("x", 0, 50)
            tries.append(trial.trial_id)
            if trial.trial_id == "0":
                raise FailedTrialError("not worth it")
            if trial.trial_id == "1" and tries.count("1") < 2:
                return float("nan")
            if trial.trial_id == "2":
                raise ValueError("no luck")
            return x

    made = Search(max_trials=4, max_retries_per_trial=1, directory=tmp_path, seed=1)
    made.oracle.verbose = 0
    made.search()
    states = [made.oracle.trials[key].status for key in ("0", "1", "2", "3")]
    assert states == ["FAILED", "COMPLETED", "FAILED", "COMPLETED"]
    assert tries == ["0", "1", "1", "2", "2", "3"]
    assert "no luck" in made.oracle.trials["2"].message
    assert [t.status for t in made.oracle.get_best_trials(4)][:2] == ["COMPLETED"] * 2


def test_too_many_failures_end_the_search_and_say_why(tmp_path):
    def build(hp):
        if hp.Int("x", 0, 50) >= 0 and ready:
            raise RuntimeError("this build never works")
        return small_model(keras)(hp)

    ready = []
    made = tuner.RandomSearch(build, "val_loss", max_trials=9, directory=tmp_path)
    ready.append(True)
    with pytest.raises(FatalError, match=r"3 trials failed(.|\n)*this build never works"):
        made.search(X, Y, **FIT)
    assert isinstance(made.oracle.trials["2"].message, str) and len(made.oracle.trials) == 3


def test_models_too_large_fail_at_once(tmp_path):
    made = tuner.RandomSearch(
        small_model(keras), "val_loss", max_trials=2, directory=tmp_path, max_model_size=10
    )
    made.search(X, Y, **FIT)
    assert [t.status for t in made.oracle.trials.values()] == ["FAILED"] * 2
    assert "max_model_size=10" in made.oracle.trials["0"].message


def test_several_objectives_are_summed_with_their_signs(tmp_path):
    made = tuner.RandomSearch(
        small_model(keras),
        objective=[tuner.Objective("val_accuracy", "max"), "val_loss"],
        max_trials=2,
        directory=tmp_path,
    )
    made.search(X, Y, **{**FIT, "epochs": 1})
    for trial in made.oracle.trials.values():
        last = {name: trial.metrics.get_last_value(name) for name in ("val_loss", "val_accuracy")}
        assert trial.score == pytest.approx(last["val_loss"] - last["val_accuracy"])


def test_scikit_learns_models_by_cross_validation(tmp_path):
    pytest.importorskip("sklearn")
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score

    made = tuner.SklearnTuner(
        oracle=tuner.oracles.RandomSearchOracle(
            tuner.Objective("score", "max"), max_trials=3, seed=0
        ),
        hypermodel=lambda hp: LogisticRegression(C=hp.Float("c", 1e-3, 10, sampling="log")),
        metrics=accuracy_score,
        directory=tmp_path,
    )
    made.oracle.verbose = 0
    made.search(X, Y, sample_weight=np.ones(len(X)))
    best = made.oracle.get_best_trials()[0]
    assert best.score > 0.7 and best.score == best.metrics.get_best_value("accuracy_score")
    assert made.get_best_models()[0].predict(X).shape == (48,)
    again = tuner.SklearnTuner(made.oracle, made.hypermodel, directory=tmp_path)
    with pytest.raises(NotImplementedError, match="pickle"):
        again.get_best_models()


def test_without_optuna_only_bayesian_optimisation_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    searching("RandomSearch", tmp_path, max_trials=2).search()
    with pytest.raises(ImportError, match=r"pip install 'caudal\[tune\]'"):
        tuner.BayesianOptimization(space, directory=tmp_path)


def test_reading_a_folder_runs_nothing_that_it_names(tmp_path):
    shutil.copytree(HERE / "files" / "search", tmp_path / "search")
    path = tmp_path / "search" / "oracle.json"
    state = json.loads(path.read_text())
    state["hyperparameters"]["space"][0]["class_name"] = "os.system"
    path.write_text(json.dumps(state))
    with pytest.raises(ValueError, match=r"expected a configuration of Boolean.*os\.system"):
        project(tuner, keras, tmp_path)
    path.write_text("{")
    with pytest.raises(Exception, match=r"oracle\.json' is damaged.*overwrite=True"):
        project(tuner, keras, tmp_path)
    path.write_text("{}")
    with pytest.raises(Exception, match=r"is not of a RandomSearchOracle"):
        project(tuner, keras, tmp_path)


def test_models_built_by_their_first_batch_are_built_again_for_any_batch(tmp_path):
    class Own(keras.Model):
        def __init__(self, units):
            super().__init__()
            self.hidden, self.out = keras.layers.Dense(units), keras.layers.Dense(1)

        def call(self, x):
            return self.out(self.hidden(x))

    def build(hp):
        units = hp.Choice("units", [2, 3])
        parts = [keras.layers.Dense(units), keras.layers.Dense(1)]
        model = keras.Sequential(parts) if hp.Boolean("plain") else Own(units)
        model.compile("adam", "mse")
        return model

    made = tuner.GridSearch(build, "val_loss", directory=tmp_path, project_name="p")
    made.search(X, Y, **FIT)
    assert len(made.oracle.trials) == 4
    for trial, model in zip(made.oracle.get_best_trials(4), made.get_best_models(4), strict=True):
        path = tmp_path / "p" / f"trial_{trial.trial_id}" / "build_config.json"
        assert json.loads(path.read_text()) == {"input_shape": [None, 4]}
        assert model.evaluate(X, Y, batch_size=7, verbose=0) == pytest.approx(trial.score, rel=1e-5)
