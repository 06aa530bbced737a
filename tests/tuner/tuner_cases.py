"""Facts of a search: the same functions are asked of KerasTuner, by tools/record_tuner.py, and of
Caudal. Each takes the module ``keras_tuner`` and a folder, and returns what fits into JSON."""

import json
import os

PROBS = (0.0, 0.1, 0.25, 0.5, 0.77, 0.999)
NUMBERS = [
    ("Int", {"min_value": 1, "max_value": 5}),
    ("Int", {"min_value": 32, "max_value": 512, "step": 32}),
    ("Int", {"min_value": 6, "max_value": 13, "step": 3, "default": 9}),
    ("Int", {"min_value": 2, "max_value": 32, "step": 2, "sampling": "log"}),
    ("Int", {"min_value": 1, "max_value": 1000, "sampling": "log"}),
    ("Int", {"min_value": 1, "max_value": 100, "sampling": "reverse_log"}),
    ("Int", {"min_value": 2, "max_value": 32, "step": 2, "sampling": "reverse_log"}),
    ("Int", {"min_value": 7, "max_value": 7}),
    ("Float", {"min_value": 0, "max_value": 1}),
    ("Float", {"min_value": 0.0, "max_value": 0.5, "step": 0.1}),
    ("Float", {"min_value": 1e-4, "max_value": 1e-2, "sampling": "log"}),
    ("Float", {"min_value": 1e-3, "max_value": 10, "step": 10, "sampling": "log"}),
    ("Float", {"min_value": 1.0, "max_value": 8.0, "sampling": "reverse_log", "default": 2.0}),
    ("Float", {"min_value": 1.0, "max_value": 8.0, "step": 2, "sampling": "reverse_log"}),
    ("Float", {"min_value": 0.5, "max_value": 0.5}),
    ("Choice", {"values": [1e-2, 1e-3, 1e-4]}),
    ("Choice", {"values": ["adam", "sgd", "rmsprop"], "default": "sgd"}),
    ("Choice", {"values": [16, 32, 64], "ordered": False}),
    ("Boolean", {}),
    ("Boolean", {"default": True}),
    ("Fixed", {"value": 0.9}),
    ("Fixed", {"value": "relu"}),
]
METRICS = (
    "loss val_loss accuracy val_accuracy acc val_acc weighted_acc mse val_mae "
    "mean_squared_error val_mean_absolute_percentage_error kl_divergence "
    "binary_accuracy sparse_categorical_accuracy val_sparse_top_k_categorical_accuracy "
    "val_auc precision recall AUC Precision TruePositives FalsePositives "
    "root_mean_squared_error hinge crossentropy binary_crossentropy what_is_this score"
).split()


def hyperparameters(kt, folder):
    """Values, probabilities, draws and configurations."""
    found = []
    for kind, arguments in NUMBERS:
        hp = getattr(kt.engine.hyperparameters, kind)("x", **arguments)
        grid = sorted(hp.values, key=str) if kind != "Choice" else list(hp.values)
        found.append(
            {
                "grid": grid,
                "default": hp.default,
                "at": [hp.prob_to_value(p) for p in PROBS],
                "drawn": [hp.random_sample(seed) for seed in range(5)],
                "config": hp.get_config(),
                "probs": [hp.value_to_prob(v) for v in grid],
            }
        )
    return found


def space(hp):
    """A search space with scopes, names and conditions."""
    kind = hp.Choice("kind", ["mlp", "cnn"])
    with hp.conditional_scope("kind", ["cnn"]):
        filters = hp.Int("filters", 8, 32, step=8)
    with hp.name_scope("head"):
        units = hp.Int("units", 4, 8)
        with hp.conditional_scope("units", [4, 5]):
            rate = hp.Float("rate", 0.0, 0.5, step=0.25)
    depth = hp.Int("depth", 1, 3, parent_name="kind", parent_values="mlp")
    return [kind, filters, units, rate, depth]


def containers(kt, folder):
    """What a build is given, before and after values change; configurations; merging."""
    hp = kt.HyperParameters()
    first = space(hp)
    before = json.loads(json.dumps(hp.get_config()))
    hp.values.update({"kind": "cnn", "head/units": 7})
    hp.ensure_active_values()
    known = sorted(hp.values)
    other = kt.HyperParameters.from_config(json.loads(json.dumps(before)))
    merged = kt.HyperParameters()
    merged.Int("depth", 5, 9, default=6)
    merged.merge(other)
    return {
        "first": first,
        "config": before,
        "known": known,
        "then": space(hp)[2:],
        "again": other.get_config(),
        "values": merged.values,
        "active": [hp.is_active(name) for name in ("filters", "depth", "head/rate", "none")],
        "contains": ["filters" in hp, "depth" in hp],
    }


def _score(values):
    """A number that differs from combination to combination."""
    plain = {k: v for k, v in values.items() if not k.startswith("tuner/")}
    text = json.dumps(plain, sort_keys=True)
    return sum((i % 7 + 1) * ord(c) for i, c in enumerate(text)) % 1009 / 1009


def searched(kt, kind, folder, build=space, **arguments):
    """All trials' values and scores; nothing is trained."""

    class Search(getattr(kt, kind)):
        def run_trial(self, trial, *args, **kwargs):
            build(trial.hyperparameters)
            return {"score": _score(trial.hyperparameters.values)}

    objective = kt.Objective("score", "max")
    tuner = Search(build, objective=objective, directory=folder, project_name=kind, **arguments)
    tuner.search(verbose=0)
    trials = [tuner.oracle.trials[key] for key in tuner.oracle.start_order]
    return {
        "trials": [[t.trial_id, t.hyperparameters.values, t.score, t.status] for t in trials],
        "best": [t.trial_id for t in tuner.oracle.get_best_trials(3)],
        "left": tuner.remaining_trials,
    }


def random_searches(kt, folder):
    """The draws of some seeds; a space that is exhausted."""
    few = [searched(kt, "RandomSearch", f"{folder}/{s}", max_trials=8, seed=s) for s in (1, 7)]
    small = searched(
        kt, "RandomSearch", f"{folder}/small", lambda hp: hp.Int("x", 1, 3), max_trials=9, seed=2
    )
    return [*few, small]


def _grows(hp):
    """Asks for another hyperparameter where the first has some value."""
    if hp.Choice("a", [1, 2, 3], default=2) == 3:
        hp.Boolean("late")
    hp.Choice("b", ["x", "y"])


def grids(kt, folder):
    """The order of a grid, with conditions and with what comes up on the way."""
    return [
        searched(kt, "GridSearch", f"{folder}/all"),
        searched(kt, "GridSearch", f"{folder}/grows", _grows),
        searched(kt, "GridSearch", f"{folder}/some", max_trials=5),
    ]


def hyperbands(kt, folder):
    """Every trial of some searches: rounds, brackets, epochs, who goes on."""
    return [
        searched(
            kt, "Hyperband", f"{folder}/{most}", max_epochs=most, factor=factor, seed=3, **more
        )
        for most, factor, more in (
            (4, 2, {}),
            (9, 3, {}),
            (5, 3, {"hyperband_iterations": 2}),
            (1, 2, {}),
        )
    ]


def brackets(kt, folder):
    """Sizes and epochs of all rounds."""
    found = []
    for most, factor in ((100, 3), (20, 3), (81, 3), (125, 5), (8, 2), (10, 4), (1, 3)):
        oracle = kt.oracles.HyperbandOracle("val_loss", max_epochs=most, factor=factor)
        for number in range(oracle._get_num_brackets()):
            rounds = range(oracle._get_num_rounds(number))
            sizes = [oracle._get_size(number, turn) for turn in rounds]
            found.append([most, factor, sizes, [oracle._get_epochs(number, r) for r in rounds]])
    return found


def directions(kt, folder):
    """Which way metrics are better, by their names."""
    infer = kt.engine.metrics_tracking.infer_metric_direction
    return {name: infer(name) for name in METRICS}


def files(kt, folder):
    """What is on disk after a search: names, and keys of each file."""
    searched(kt, "Hyperband", folder, max_epochs=2, factor=2, seed=1)
    found = {}
    for at, _, names in os.walk(os.path.join(folder, "Hyperband")):
        for name in names:
            with open(os.path.join(at, name)) as file:
                content = json.load(file)
            keys = {k: sorted(v) if isinstance(v, dict) else None for k, v in content.items()}
            for varies in ("id_to_hash", "run_times", "ongoing_trials"):
                keys.pop(varies, None)
            found[os.path.relpath(os.path.join(at, name), folder)] = keys
    return found


CASES = {
    case.__name__: case
    for case in (
        hyperparameters,
        containers,
        random_searches,
        grids,
        hyperbands,
        brackets,
        directions,
        files,
    )
}


def data():
    """(x, y): 48 rows that two classes of can be told by their sum."""
    values = [[((7 * i + 3 * j) % 11) / 5 - 1 for j in range(4)] for i in range(48)]
    return values, [int(sum(row) > 0) for row in values]


def small_model(keras):
    """A builder of small models."""

    def build(hp):
        model = keras.Sequential([keras.Input((4,))])
        for i in range(hp.Int("layers", 1, 2)):
            model.add(keras.layers.Dense(hp.Choice(f"units_{i}", [4, 8]), activation="relu"))
        model.add(keras.layers.Dense(1, activation="sigmoid"))
        model.compile(
            keras.optimizers.Adam(hp.Float("rate", 1e-3, 1e-1, sampling="log")),
            "binary_crossentropy",
            metrics=["accuracy"],
        )
        return model

    return build


def project(kt, keras, folder, max_trials=2):
    """A search of a few trials that keeps its files in a folder."""
    return kt.RandomSearch(
        small_model(keras),
        objective="val_loss",
        max_trials=max_trials,
        seed=5,
        directory=folder,
        project_name="search",
    )
