"""From lines of results to a table and a list of causes."""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path

from keras_judge import rules, wheel

PAGE = Path(__file__).parent.parent.parent / "docs" / "conformance.md"
_BARS = {
    **dict.fromkeys(
        "layers losses metrics optimizers initializers regularizers constraints activations "
        "ops".split(),
        95,
    ),
    **dict.fromkeys("callbacks trainers models utils".split(), 90),
}


def read(results):
    """{test: its last record}; a test that only began is not finished."""
    found = {}
    if results.exists():
        for line in results.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            before = found.get(record["test"])
            if before is None or before["outcome"] in ("begun", "passed"):
                found[record["test"]] = record
    return found


def unfinished(results):
    """The test that began last and has no result."""
    begun = [name for name, record in read(results).items() if record["outcome"] == "begun"]
    return begun[-1] if begun else None


def counts(results):
    return Counter(record["outcome"] for record in read(results).values())


def line(path, results):
    found = counts(results)
    absent = found["not applicable"] + found["skipped"]
    return f"{path}: {found['passed']} passed, {found['failed']} failed, {absent} n/a"


def failures(files):
    """Failures grouped by cause, largest groups first."""
    groups = defaultdict(list)
    for path, results in files.items():
        for test, record in read(results).items():
            if record["outcome"] in ("failed", "begun"):
                groups[_kind(record["reason"])].append((path, test, record))
    lines = []
    for kind, members in sorted(groups.items(), key=lambda item: -len(item[1])):
        lines.append(f"{len(members):4d}  {kind[:230]}")
        for path, test, record in members[:3]:
            lines.append(f"        {path}::{test}  {' '.join(record.get('where', []))}")
    return "\n".join(lines)


def _kind(reason):
    """The reason without numbers and names that differ from test to test."""
    reason = re.sub(r"0x[0-9a-f]+", "…", reason)
    return re.sub(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", "#", reason)


def _folder(path):
    return path.split("/")[0] if "/" in path else "(top)"


def write(files):
    """docs/conformance.md."""
    rows, absent = defaultdict(Counter), defaultdict(Counter)
    for path, results in files.items():
        records = read(results)
        rows[_folder(path)]["files"] += 1
        rows[_folder(path)]["not run"] += not records
        for record in records.values():
            outcome = "failed" if record["outcome"] == "begun" else record["outcome"]
            rows[_folder(path)][outcome] += 1
            rows[_folder(path)]["own words"] += record["reason"] == "own words"
            if outcome in ("not applicable", "skipped"):
                absent[_folder(path)][_rule(record)] += 1
    text = [_HEAD.format(version=wheel.VERSION)]
    text.append(
        "| folder | files | passed | failed | not applicable | passed of applicable | bar |\n"
        "|---|---|---|---|---|---|---|"
    )
    for folder in sorted(rows):
        row = rows[folder]
        applicable = row["passed"] + row["failed"]
        share = f"{100 * row['passed'] / applicable:.1f} %" if applicable else "-"
        bar = f"{_BARS[folder]} %" if folder in _BARS else ""
        gone = row["not applicable"] + row["skipped"]
        unrun = f" ({row['not run']} not run)" if row["not run"] else ""
        text.append(
            f"| {folder} | {row['files']}{unrun} | {row['passed']} | {row['failed']} | {gone} "
            f"| {share} | {bar} |"
        )
    text.append(_RULES)
    for place, reason in sorted((rules.FOLDERS | rules.FILES).items()):
        text.append(f"- `{place}` is not run: {reason}.")
    text.append("\n## Not applicable, by rule\n\n| folder | rule | tests |\n|---|---|---|")
    for folder in sorted(absent):
        for rule, count in sorted(absent[folder].items(), key=lambda item: (-item[1], item[0])):
            text.append(f"| {folder} | {rule} | {count} |")
    words = sum(row["own words"] for row in rows.values())
    text.append(f"\n{words} of the passed tests expected other words in an error message.")
    PAGE.write_text("\n".join(text) + "\n", encoding="utf-8")


def _rule(record):
    if record["outcome"] == "skipped":
        return "skipped by the test itself for this backend or this machine"
    reason = record["reason"]
    for prefix in ("uses private name", "uses private attribute"):
        if reason.startswith(prefix):
            return prefix.replace("uses", "uses a") + " of Keras's implementation"
    return reason


_HEAD = """# Keras's own tests as a judge

The wheel of Keras {version} carries its test files. `python tools/conformance.py --write` unpacks
them outside of the repository, runs them against Caudal and writes this page; it is never edited
by hand. Nothing of theirs is in the repository.
"""
_RULES = """
## How the tests are run

`keras` and `tensorflow` are Caudal's through its import hook; a name of `keras.src.*` is found by
the wheel's own table of public names, so that `keras.src.layers.core.dense.Dense` is
`keras.layers.Dense`. The operations' classes (`keras.src.ops.numpy.Add`) are made from the public
functions. An error's class is checked, its words are not: Caudal's messages are its own. Tests
that count as not applicable are found by rule:

- tests that skip themselves for the TensorFlow backend, for want of a package or an accelerator;
- tests that touch a name which is private to Keras's implementation (not in its public tree) and
  has no counterpart in Caudal, or a private attribute (`layer._name`) of one of its objects;
- tests that import TensorFlow's private modules or packages that are no part of it.

Not run at all:
"""
