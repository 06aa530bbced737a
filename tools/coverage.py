"""Writes docs/coverage.md: which public names of TensorFlow, Keras and KerasTuner Caudal has.

    python tools/coverage.py [--usage names.tsv] [--check | --missing]

``--usage`` adds how often real programs use what is missing (lines "count<TAB>name", as
"keras.layers.Dense" or "tf.nn.relu"), and why it is. ``--missing`` only prints which tf names of
``--usage`` that 2 or more programs use are missing, and fails if one has no reason. ``--check``
only compares with the file that is there.
"""

import argparse
import importlib
import sys
import warnings
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
_PACKAGES = ("tensorflow", "keras_tuner", "hub")
NAMES = [Path(__file__).with_name(f"{name}_names.txt") for name in _PACKAGES]
PAGE = ROOT / "docs" / "coverage.md"
_PREFIXES = {"tf": "tf", "keras": "tf.keras", "kt": "keras_tuner", "hub": "hub"}
_ROOTS = {"tf": "caudal", "keras_tuner": "caudal.tuner", "hub": "caudal.hub"}
_ESTIMATOR = "left TensorFlow in 2.16: the error names model.fit"
_COLUMNS = "deprecated: the error names Keras's preprocessing layers"
_LITE = "the converter and interpreter of mobile models are an issue of their own"
_DATA = "tf.data is an issue of its own"
_MAPPING = "the shims for models of TensorFlow 1 under tf_keras went with Keras 2"
_GRAPH_FILES = "graphs keep no GraphDef of their own; tf.saved_model.load reads files of them"
_HOOKS = "hooks belong to tf.estimator's sessions: use Keras's callbacks"
_PRIVATE = "private to TensorFlow; gfile and file_io can be imported under caudal run"
REASONS = {
    "tf.estimator": _ESTIMATOR,
    "tf.compat.v1.estimator": _ESTIMATOR,
    "tf.feature_column": _COLUMNS,
    "tf.compat.v1.feature_column": _COLUMNS,
    "tf.compat.v1.keras.layers.DenseFeatures": _COLUMNS,
    "tf.experimental.dtensor": "many hosts: the error names tf.distribute.MirroredStrategy",
    "tf.tpu": "no TPU: the error names tf.distribute.get_strategy",
    "tf.compat.v1.tpu": "no TPU: the error names tf.distribute.get_strategy",
    "tf.contrib": "left TensorFlow 2: the error names tf.keras",
    "tf.lite": _LITE,
    "tf.compat.v1.lite": _LITE,
    "tf.data": _DATA,
    "tf.compat.v1.keras.utils": _MAPPING,
    "tf.compat.v1.keras.experimental": "LinearModel and WideDeepModel went with Keras 2",
    "tf.compat.v1.saved_model": _GRAPH_FILES,
    "tf.compat.v1.GraphDef": _GRAPH_FILES,
    "tf.compat.v1.train.import_meta_graph": _GRAPH_FILES,
    "tf.compat.v1.wrap_function": _GRAPH_FILES,
    "tf.graph_util.import_graph_def": _GRAPH_FILES,
    "tf.compat.v1.train.Scaffold": _HOOKS,
    "tf.compat.v1.train.SessionRunHook": _HOOKS,
    "tf.compat.v1.train.LoggingTensorHook": _HOOKS,
    "tf.compat.v1.train.StopAtStepHook": _HOOKS,
    "tf.python": _PRIVATE,
}
"""Why names (and all below them) that programs use are not there."""


def has(name):
    """Whether a dotted name of ``tf``, ``keras_tuner`` or ``hub`` exists in Caudal."""
    root, *parts = name.split(".")
    value = importlib.import_module(_ROOTS[root])
    for part in parts:
        try:
            value = getattr(value, part)
        except AttributeError:
            return False
        except ImportError:
            return False
    return True


def namespace(name):
    """The namespace that a name is listed under: one level, two for Keras."""
    parts = name.split(".")
    return ".".join(parts[: 3 if parts[1] == "keras" and len(parts) > 3 else 2][: len(parts) - 1])


def recorded():
    """The packages whose names are recorded, and the names."""
    files = [path.read_text().splitlines() for path in NAMES]
    packages = ", ".join(lines[0].removeprefix("# ") for lines in files)
    return packages, [name for lines in files for name in lines[1:]]


def usage_of(path):
    """(count, whole name) of each name of a usage file."""
    found = []
    for line in Path(path).read_text().splitlines():
        count, _, name = line.partition("\t")
        root, _, rest = name.strip().partition(".")
        if count.isdigit() and root in _PREFIXES and rest:
            found.append((int(count), f"{_PREFIXES[root]}.{rest}".split(" ")[0]))
    return found


def table(names):
    groups = defaultdict(lambda: [0, []])
    for name in names:
        group = groups[namespace(name)]
        if has(name):
            group[0] += 1
        else:
            group[1].append(name)
    lines = ["| namespace | names | in Caudal | missing |", "|---|---|---|---|"]
    for space in sorted(groups):
        there, gone = groups[space]
        shown = ", ".join(name.removeprefix(space + ".") for name in gone[:12])
        more = f", … ({len(gone)})" if len(gone) > 12 else ""
        lines.append(f"| `{space}` | {there + len(gone)} | {there} | {shown}{more} |")
    total = sum(there for there, _ in groups.values())
    return total, lines


def usage_lines(path):
    entries = [(count, name) for count, name in usage_of(path) if not name.startswith("tf.compat")]
    missing = [(count, name) for count, name in entries if not has(name)]
    uses, lost = (sum(count for count, _ in part) for part in (entries, missing))
    lines = [
        "",
        "## By use",
        "",
        f"Of {uses} uses of a name (each counted once a program) in books, courses and guides, "
        f"Caudal has {100 * (uses - lost) / uses:.1f} %. What is missing most:",
        "",
        "| programs | name |",
        "|---|---|",
    ]
    return lines + [f"| {count} | `{name}` |" for count, name in missing[:60]]


def reason(name):
    """Why a name is missing; None if nobody said."""
    parts = name.split(".")
    known = (REASONS.get(".".join(parts[:n])) for n in range(len(parts), 1, -1))
    return next((text for text in known if text), None)


def wanted(path):
    """(count, name, reason) of the tf names that 2 or more programs use and Caudal lacks."""
    return [
        (count, name, reason(name))
        for count, name in usage_of(path)
        if count > 1 and not name.startswith("tf.keras") and not has(name)
    ]


def reason_lines(path):
    groups = defaultdict(list)
    for _, name, why in wanted(path):
        groups[why or "no reason given"].append(name)
    lines = ["", "Names of `tf` (not of `tf.keras`) that 2 or more programs use and why not here:"]
    lines += ["", "| names | why |", "|---|---|"]
    for why, names in groups.items():
        shown = ", ".join(f"`{name}`" for name in names[:4])
        more = f", … ({len(names)})" if len(names) > 4 else ""
        lines.append(f"| {shown}{more} | {why} |")
    return lines


def page(usage):
    version, names = recorded()
    total, lines = table(names)
    text = [
        "# Coverage",
        "",
        f"The public names of {version} (without tf.compat and tf.raw_ops) that Caudal has: "
        f"{total} of {len(names)}. Written by tools/coverage.py; a name that is missing raises "
        "an error that says so and names what is near.",
        "",
        *lines,
    ]
    used = usage_lines(usage) + reason_lines(usage) if usage else []
    return "\n".join(text + used) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--usage")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--missing", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.missing:
        found = wanted(options.usage)
        for count, name, why in found:
            print(count, name, "-", why)
        silent = sum(not why for *_, why in found)
        sys.exit(f"{silent} names are missing without a reason." if silent else 0)
    text = page(options.usage)
    if options.check:
        sys.exit(0 if PAGE.exists() and PAGE.read_text() == text else f"{PAGE} is not up to date.")
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
