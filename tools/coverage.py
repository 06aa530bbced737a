"""Writes docs/coverage.md: which public names of TensorFlow 2.21 and Keras 3.15 Caudal has.

    python tools/coverage.py [--usage names.tsv] [--check]

``--usage`` adds how often real programs use what is missing (lines "count<TAB>name", as
"keras.layers.Dense" or "tf.nn.relu"). ``--check`` only compares with the file that is there.
"""

import argparse
import sys
import warnings
from collections import defaultdict
from pathlib import Path

import caudal

ROOT = Path(__file__).parent.parent
NAMES = Path(__file__).with_name("tensorflow_names.txt")
PAGE = ROOT / "docs" / "coverage.md"
_PREFIXES = {"tf": "", "keras": "keras."}


def has(name):
    """Whether a dotted name below ``tf`` exists in Caudal."""
    value = caudal
    for part in name.split(".")[1:]:
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
    lines = NAMES.read_text().splitlines()
    return lines[0].removeprefix("# "), lines[1:]


def usage_of(path):
    """(count, name below tf) of each name of a usage file."""
    found = []
    for line in Path(path).read_text().splitlines():
        count, _, name = line.partition("\t")
        root = name.split(".")[0].strip()
        if count.isdigit() and root in _PREFIXES and "." in name:
            full = name if root == "tf" else "tf." + name
            found.append((int(count), full.split(" ")[0]))
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
    return "\n".join(text + (usage_lines(usage) if usage else [])) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--usage")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    text = page(options.usage)
    if options.check:
        sys.exit(0 if PAGE.exists() and PAGE.read_text() == text else f"{PAGE} is not up to date.")
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
