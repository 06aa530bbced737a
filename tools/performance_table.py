"""Write the measured tables of docs/performance.md and README.md from the benchmarks' figures.

    python tools/performance_table.py [--check]

Reads benchmarks/results/{limits,training,profile,eager,saving,tuning,reviews}.json, made by:

    python benchmarks/machine_limits.py --json benchmarks/results/limits.json
    python benchmarks/training.py --peers PEERS_PYTHON --json benchmarks/results/training.json
    python benchmarks/profile_steps.py --json benchmarks/results/profile.json
    python benchmarks/eager.py --peers PEERS_PYTHON --json benchmarks/results/eager.json
    python benchmarks/saving.py --peer PEERS_PYTHON --json benchmarks/results/saving.json
    python benchmarks/tuning.py --peer PEERS_PYTHON --json benchmarks/results/tuning.json
    python benchmarks/reviews.py --peer PEERS_PYTHON --json benchmarks/results/reviews.json

A table stands between ``<!-- NAME -->`` and ``<!-- end NAME -->``. With --check nothing is
written; the exit code is 1 where a page differs from the figures.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
sys.path.insert(0, str(ROOT / "benchmarks"))

from common import digits  # noqa: E402

NAMES = {
    "caudal": "Caudal",
    "tensorflow": "Keras + TensorFlow",
    "jax": "Keras + JAX",
}
_SAVERS = {"caudal": "Caudal", "keras": "Keras"}
LIMITS = {
    "gflops": "FMA on registers, GFLOP/s",
    "copy_memory_gbs": "copy, memory, GB/s",
    "triad_memory_gbs": "triad, memory, GB/s",
    "copy_cache_gbs": "copy, L2, GB/s",
    "triad_cache_gbs": "triad, L2, GB/s",
}


def load(name: str) -> Any:
    """A benchmark's figures."""
    return json.loads((RESULTS / f"{name}.json").read_text())


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first to the right."""
    lines = [f"| {' | '.join(head)} |", "|---|" + "--:|" * (len(head) - 1)]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines)


def where(figures: Any) -> str:
    """The machine and the day, as a line above a table."""
    facts = figures["machine"]
    return f"{facts['processor']}, {facts['cores']} cores, {facts['system']}, {facts['day']}."


def limits() -> str:
    """What the machine can do."""
    figures = load("limits")
    cores = figures["limits"]
    head = ["", *(f"{count} core" + "s" * (count != "1") for count in cores)]
    rows = [[text, *(digits(cores[c][key]) for c in cores)] for key, text in LIMITS.items()]
    return f"{where(figures)} Target {figures['machine']['target']}.\n\n{grid(head, rows)}"


def training() -> str:
    """All figures of all contenders."""
    figures = load("training")
    head = ["", "step ms", "predict one ms", "first s", "warm s", "import s", "peak MB", "loss"]
    keys = ("step_ms", "predict1_ms", "first_s", "again_s", "import_s", "peak_mb")
    rows = []
    for workload, contenders in figures["results"].items():
        for contender, found in contenders.items():
            cells = [digits(found[key]) if key in found else "" for key in keys]
            loss = f"{found['loss']:.4f}" if "loss" in found else found.get("error", "")
            rows.append([f"{workload}, {NAMES[contender]}", *cells, loss])
    return f"{where(figures)}\n\n{grid(head, rows)}"


def ratios() -> str:
    """Peer / Caudal, the figures that people choose by."""
    figures = load("training")
    head = ["peer / Caudal", "step, TensorFlow", "step, JAX", "predict one, TensorFlow"]
    head += ["first, TensorFlow", "warm, TensorFlow", "memory, TensorFlow"]
    rows = []
    for workload, found in figures["results"].items():
        ours = found["caudal"]

        def ratio(peer: str, key: str, mine: str = "", found: Any = found, ours: Any = ours) -> str:
            theirs = found.get(peer, {}).get(key)
            own = ours.get(mine or key)
            return digits(theirs / own) if theirs and own else ""

        cells = [ratio("tensorflow", "step_ms"), ratio("jax", "step_ms")]
        cells += [ratio("tensorflow", key) for key in ("predict1_ms", "first_s")]
        cells += [ratio("tensorflow", "first_s", "again_s"), ratio("tensorflow", "peak_mb")]
        rows.append([workload, *cells])
    return grid(head, rows)


def profile() -> str:
    """Per workload: where a step's time goes, and how far products are from the FMA peak."""
    figures = load("profile")
    cores = load("limits")["limits"]
    # One core's peak on every core: a neighbour at work on one of them cannot lower it.
    peak = cores["1"]["gflops"] * max(map(int, cores))
    head = ["", "step us", "kernels", "products us", "GFLOP/s", "of the peak"]
    head += ["update us", "GB/s", "other us", "products at the peak us"]
    rows = []
    for workload, found in figures["results"].items():
        kernels = found["kernels"]

        def total(kind: str, key: str, kernels: Any = kernels) -> float:
            return float(sum(kernel[key] for kernel in kernels if kernel["kind"] == kind))

        spent = {kind: total(kind, "us") for kind in ("products", "update", "other")}
        flops = total("products", "flops")
        rate = flops / spent["products"] / 1e3
        moved = total("update", "bytes") / spent["update"] / 1e3 if spent["update"] else 0.0
        row = [workload, digits(found["step_us"]), str(len(kernels)), digits(spent["products"])]
        row += [digits(rate), f"{100 * rate / peak:.0f} %", digits(spent["update"])]
        row += [digits(moved), digits(spent["other"]), digits(flops / peak / 1e3)]
        rows.append(row)
    return f"{where(figures)}\n\n{grid(head, rows)}"


def eager() -> str:
    """Imports, small ops, hand-written steps; the last row is what people compare."""
    figures = load("eager")
    head = ["", "import ms", "first 1000 ops done ms", "us an op", "us a tape step"]
    head += ["us a turn of a compiled loop", "ms an epoch of the subclassed CNN"]
    head.append("us a step of a v1 session")
    keys = ("import_ms", "ready_ms", "op_us", "tape_us", "turn_us", "epoch_ms", "session_us")
    rows = [
        [contender, *(digits(found[key]) if key in found else "" for key in keys)]
        for contender, found in figures["results"].items()
    ]
    faster = figures.get("ratios", {})
    if faster:
        cells = [f"{digits(faster[key])} times" if key in faster else "" for key in keys]
        rows.append(["faster than TensorFlow", *cells])
    return f"{where(figures)}\n\n{grid(head, rows)}"


def saving() -> str:
    """A model of 100 MB, and what a checkpoint after each epoch costs."""
    figures = load("saving")
    keys = ("save_s", "load_s", "save_peak", "load_peak")
    head = ["", "save s", "of the disk's time", "load s", "memory to save", "to load"]
    rows = []
    for suffix, contenders in figures["results"].items():
        for contender, found in contenders.items():
            if "disk_s" in found:
                save, read, *peaks = (digits(found[key]) for key in keys)
                ratio = digits(found["save_s"] / found["disk_s"])
                rows.append([f"{suffix}, {_SAVERS[contender]}", save, ratio, read, *peaks])
    epochs = [
        f"{_SAVERS[name]}: {found['epoch_s']:.2f} s, {found['checkpointed_s']:.2f} s with it"
        for name, found in figures["results"]["mlp"].items()
        if "epoch_s" in found
    ]
    said = f"An epoch of `mlp` without and with a ModelCheckpoint: {'; '.join(epochs)}."
    return f"{where(figures)}\n\n{grid(head, rows)}\n\n{said}"


def tuning() -> str:
    """Searches, beside KerasTuner: seconds, with an empty object cache and with a filled one."""
    figures = load("tuning")
    head = ["", "trials", "Caudal, first s", "again s", "KerasTuner s", "faster, first", "again"]
    rows = []
    for name, found in figures["results"].items():
        ours, theirs = found["caudal"], found.get("keras", {}).get("search_s")
        spent = (ours["first_s"], ours["search_s"])
        cells = [str(ours["trials"]), *map(digits, spent), digits(theirs) if theirs else ""]
        cells += [f"{digits(theirs / one)} times" if theirs else "" for one in spent]
        rows.append([name, *cells])
    return f"{where(figures)}\n\n{grid(head, rows)}"


def reviews() -> str:
    """The text classifier on real reviews: an epoch, and what it reaches."""
    figures = load("reviews")
    rows = [
        [NAMES[name], digits(found["epoch_s"]), f"{100 * found['accuracy']:.1f} %"]
        for name, found in figures["results"].items()
        if "epoch_s" in found
    ]
    return f"{where(figures)}\n\n{grid(['', 's an epoch', 'test accuracy'], rows)}"


def measured() -> str:
    """README's table: a step under each contender, and the ratios."""
    figures = load("training")
    head = ["a training step, ms", *NAMES.values(), "faster than TensorFlow", "than JAX"]
    rows = []
    for workload, found in figures["results"].items():
        steps = [found.get(name, {}).get("step_ms") for name in NAMES]
        cells = [digits(step) if step else "" for step in steps]
        cells += [f"{digits(step / steps[0])} times" if step else "" for step in steps[1:]]
        rows.append([workload, *cells])
    command = "`python benchmarks/training.py --peers PEERS_PYTHON`"
    return f"{where(figures)} {command}; the programs are in benchmarks/workloads.py.\n\n" + grid(
        head, rows
    )


TABLES: dict[str, Callable[[], str]] = {
    make.__name__: make
    for make in (limits, training, ratios, profile, eager, saving, tuning, reviews, measured)
}
PAGES = ("docs/performance.md", "README.md")


def renewed(text: str) -> str:
    """A page with all its tables made anew."""
    for name, make in TABLES.items():
        start, end = f"<!-- {name} -->", f"<!-- end {name} -->"
        if start in text:
            try:
                block = f"{start}\n{make()}\n{end}"
            except FileNotFoundError:
                continue  # Not measured yet: the page keeps what it has.
            pattern = re.escape(start) + ".*?" + re.escape(end)
            text = re.sub(pattern, lambda _, block=block: block, text, flags=re.DOTALL)
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    options = parser.parse_args()
    stale = []
    for page in PAGES:
        path = ROOT / page
        old = path.read_text()
        new = renewed(old)
        if new != old:
            stale.append(page)
            if not options.check:
                path.write_text(new)
    if stale:
        print(("differs from the figures: " if options.check else "written: ") + ", ".join(stale))
    return int(options.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
