"""Oracles of users, several tuners at one oracle, and what older programs call."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from caudal import tuner
from caudal.tuner.engine.metrics_tracking import MetricsTracker, infer_metric_direction
from caudal.tuner.engine.trial import Trial, TrialStatus


class Countdown(tuner.Oracle):
    """A strategy of a user's: large values first."""

    def __init__(self, **kwargs):
        super().__init__(objective=tuner.Objective("score", "max"), **kwargs)
        self.ended = []

    def populate_space(self, trial_id):
        left = 5 - int(trial_id)
        if left < 3:
            return {"status": "STOPPED"}
        return {"status": "RUNNING", "values": {"x": left}}

    @tuner.synchronized
    def end_trial(self, trial):
        super().end_trial(trial)
        self.ended.append(trial.trial_id)


class Search(tuner.Tuner):
    def run_trial(self, trial, *args, **kwargs):
        return {"score": trial.hyperparameters.Int("x", 1, 9)}


def test_a_strategy_of_ones_own(tmp_path):
    made = Search(oracle=Countdown(max_trials=9), directory=tmp_path)
    made.oracle.verbose = 0
    made.search()
    scores = [trial.score for trial in made.oracle.trials.values()]
    assert scores == [5, 4, 3] and made.oracle.ended == ["0", "1", "2"]
    assert made.get_best_hyperparameters()[0]["x"] == 5


def test_older_programs_tell_the_oracle_themselves(tmp_path):
    class Older(tuner.Tuner):
        def run_trial(self, trial, *args, **kwargs):
            value = trial.hyperparameters.Int("x", 1, 9)
            self.oracle.update_trial(trial.trial_id, {"score": value})

        def on_trial_end(self, trial):
            self.oracle.end_trial(trial.trial_id, "COMPLETED")

    oracle = tuner.oracles.RandomSearch(tuner.Objective("score", "max"), max_trials=3)
    made = Older(oracle=oracle, directory=tmp_path)
    oracle.verbose = 0
    made.search()
    assert [t.status for t in oracle.trials.values()] == ["COMPLETED"] * 3
    with pytest.raises(ValueError, match="'score' is not among what the trial measured: loss"):
        oracle.update_trial("0", {"loss": 1.0})


def test_several_threads_ask_one_oracle(tmp_path):
    oracle = tuner.oracles.HyperbandOracle(
        tuner.Objective("score", "max"), max_epochs=4, factor=2, seed=3
    )
    oracle._set_project_dir(tmp_path, "p")
    oracle.verbose = 0
    seen, errors = [], []

    def work(name):
        try:
            while True:
                trial = oracle.create_trial(name)
                if trial.status == TrialStatus.STOPPED:
                    return
                if trial.status == TrialStatus.IDLE:
                    continue
                seen.append(trial.trial_id)
                score = trial.hyperparameters.Float("x", 0.0, 1.0)
                oracle.update_trial(trial.trial_id, {"score": score})
                trial.status = TrialStatus.COMPLETED
                oracle.end_trial(trial)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(f"tuner{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors and sorted(seen) == sorted(oracle.trials) == sorted(set(seen))
    assert len(seen) >= 15 and not oracle.ongoing_trials


def test_no_trial_begins_while_the_search_is_written(tmp_path):
    reading, go_on = threading.Event(), threading.Event()

    class Slow(Countdown):
        def get_state(self):
            if threading.current_thread() is writer:
                reading.set()
                go_on.wait(60)
            return super().get_state()

    oracle = Slow(max_trials=3)
    oracle._set_project_dir(tmp_path, "p")
    oracle.verbose = 0
    writer = threading.Thread(target=oracle.save)
    other = threading.Thread(target=oracle.create_trial, args=("tuner1",))
    writer.start()
    assert reading.wait(60)
    other.start()
    other.join(0.2)
    assert other.is_alive() and not oracle.trials
    go_on.set()
    for thread in (writer, other):
        thread.join(60)
    again = Countdown(max_trials=3)
    again._set_project_dir(tmp_path, "p")
    again.reload()
    assert list(again.trials) == ["0"]


def test_tuners_of_several_threads_wait_for_one_another(tmp_path):
    class Score(tuner.Tuner):
        def run_trial(self, trial, *args, **kwargs):
            return {"score": trial.hyperparameters.Float("x", 0.0, 1.0)}

    score = tuner.Objective("score", "max")
    oracle = tuner.oracles.HyperbandOracle(score, max_epochs=8, factor=2, seed=3)
    oracle.verbose = 0
    made = [Score(oracle=oracle, directory=tmp_path, tuner_id=f"tuner{i}") for i in range(3)]
    with ThreadPoolExecutor(3) as threads:
        for search in [threads.submit(one.search) for one in made]:
            search.result(60)
    assert {trial.status for trial in oracle.trials.values()} == {"COMPLETED"}
    assert not oracle.ongoing_trials and len(oracle.end_order) == len(oracle.trials) > 15


def test_an_oracle_that_waits_for_nothing_is_an_error(tmp_path):
    class Idle(tuner.Oracle):
        def populate_space(self, trial_id):
            return {"status": "IDLE"}

    with pytest.raises(RuntimeError, match="no trial runs that it could wait for"):
        Search(oracle=Idle(), directory=tmp_path).search()


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("val_f1_score", "max"),
        ("r2_score", "max"),
        ("val_mean_io_u", None),
        ("MeanIoU", "max"),
        ("kullback_leibler_divergence", "min"),
        ("SensitivityAtSpecificity", "max"),
        ("log_cosh", "min"),
    ],
)
def test_directions_that_keras_tuner_gets_wrong_or_not_at_all(name, direction):
    assert infer_metric_direction(name) == direction


def test_what_was_measured_is_kept_by_step_and_averaged():
    tracker = MetricsTracker()
    for step, values in enumerate([(0.5, 0.7), (0.9, 0.9), (0.1, 0.3)]):
        for value in values:
            tracker.update("val_accuracy", value, step=step)
    again = MetricsTracker.from_config(tracker.get_config())
    assert again.get_direction("val_accuracy") == "max"
    assert again.get_best_value("val_accuracy") == pytest.approx(0.9)
    assert again.get_best_step("val_accuracy") == 1
    assert again.get_last_value("val_accuracy") == pytest.approx(0.2)
    found = again.get_statistics("val_accuracy")
    assert found["median"] == pytest.approx(0.6) and found["min"] == pytest.approx(0.2)
    assert again.get_history("val_accuracy")[0].value == [0.5, 0.7]
    with pytest.raises(ValueError, match=r"'val_acuracy' was not measured.*val_accuracy"):
        again.get_best_value("val_acuracy")
    with pytest.raises(ValueError, match="registered already"):
        again.register("val_accuracy")


def test_trials_go_through_their_state():
    trial = Trial(tuner.HyperParameters(), "7", TrialStatus.FAILED, "no memory")
    trial.hyperparameters.Choice("units", [4, 8])
    again = Trial.from_state(trial.get_state())
    assert again.get_state() == trial.get_state() and again.message == "no memory"
    assert len(Trial(tuner.HyperParameters()).trial_id) == 32


def test_zero_is_a_seed():
    def drawn():
        hp = tuner.HyperParameters()
        hp.Float("x", 0, 1)
        oracle = tuner.oracles.RandomSearch("loss", seed=0, hyperparameters=hp)
        return oracle.seed, oracle.populate_space("0")["values"]

    assert drawn() == drawn() and drawn()[0] == 0


def test_a_tuner_goes_on_with_the_file_of_its_own_name(tmp_path):
    class Counting(Search):
        count = 0

        def get_state(self):
            return {"count": self.count}

        def set_state(self, state):
            self.count = state["count"]

    made = {}
    for name, count in (("tuner0", 1), ("mine", 2)):
        made[name] = Counting(oracle=Countdown(), directory=tmp_path, tuner_id=name)
        made[name].count = count
        made[name].save()
    again = Counting(oracle=Countdown(), directory=tmp_path, tuner_id="mine")
    assert (again.tuner_id, again.count) == ("mine", 2)
