"""Records what KerasTuner does (tests/tuner) and has (tools/keras_tuner_names.txt).

python tools/record_tuner.py
"""

import json
import shutil
import sys
import tempfile
import types
from pathlib import Path

import keras
import keras_tuner
import numpy as np

TESTS = Path(__file__).parent.parent / "tests" / "tuner"
sys.path.insert(0, str(TESTS))
from hypermodel_cases import MODELS, built  # noqa: E402
from tuner_cases import CASES, data, project  # noqa: E402


def record_project():
    """A search's folder, and what its best model answers."""
    # KerasTuner imports it with TensorFlow, and uses it where a callback is a TensorBoard.
    for name in ("tensorboard", "tensorboard.plugins", "tensorboard.plugins.hparams"):
        sys.modules.setdefault(name, types.ModuleType(name)).api = None
    x, y = map(np.asarray, data())
    folder = TESTS / "files"
    shutil.rmtree(folder, ignore_errors=True)
    tuner = project(keras_tuner, keras, str(folder))
    tuner.search(x, y, epochs=2, validation_data=(x, y), verbose=0)
    trials = tuner.oracle.trials.values()
    return {
        "best": [t.trial_id for t in tuner.oracle.get_best_trials(2)],
        "scores": {t.trial_id: t.score for t in trials},
        "values": {t.trial_id: t.hyperparameters.values for t in trials},
        "answers": tuner.get_best_models()[0].predict(x[:5], verbose=0).tolist(),
    }


def names(module, label, found):
    """The public names of a module and of those below it, as users spell them."""
    for name in sorted(vars(module)):
        value = getattr(module, name)
        if name.startswith("_") or name == "src":
            continue
        if isinstance(value, types.ModuleType):
            if value.__name__.startswith("keras_tuner."):
                names(value, f"{label}.{name}", found)
        else:
            found.append(f"{label}.{name}")
    return found


def main():
    found = {"keras_tuner": keras_tuner.__version__}
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            found[name] = case(keras_tuner, folder)
    listed = "\n".join(names(keras_tuner, "keras_tuner", []))
    path = Path(__file__).with_name("keras_tuner_names.txt")
    path.write_text(f"# KerasTuner {keras_tuner.__version__}\n{listed}\n")
    found["applications"] = {name: built(keras_tuner, name)[1] for name in MODELS}
    found["project"] = record_project()
    (TESTS / "golden.json").write_text(json.dumps(found, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
