"""Keras's own tests as a judge: runs them against Caudal and writes docs/conformance.md.

    python tools/conformance.py [FOLDER ...] [--jobs N] [--again] [--failures] [--write]

FOLDER is a folder or file below keras/src ("layers", "layers/core/dense_test.py"). The wheel of
Keras is kept and unpacked in ~/.cache/caudal-conformance, never in the repository. Results are
kept there too; ``--write`` makes the page from all that are there, ``--failures`` prints the
failures grouped by cause. Needs what `pip install caudal[judge]` brings: absl-py, pytest, and jax,
with which the tests compute the dtypes that they expect.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from keras_judge import report, rules, wheel

TOOLS = Path(__file__).parent
SETTINGS = "[pytest]\naddopts = --import-mode=importlib -p no:cacheprovider -q --no-header\n"


def test_files(wanted):
    """The test files below the wanted folders, as paths below keras/src."""
    root = wheel.tests_folder() / "keras" / "src"
    found = sorted(str(path.relative_to(root)) for path in root.rglob("*_test.py"))
    if wanted:
        names = [name.rstrip("/") for name in wanted]
        found = [
            path for path in found if any(path == n or path.startswith(n + "/") for n in names)
        ]
    return [
        path
        for path in found
        if path not in rules.FILES and not any(path.startswith(f + "/") for f in rules.FOLDERS)
    ]


def results_file(path):
    return wheel.cache() / "results" / (path.replace("/", ".") + ".jsonl")


def run(path, limit, file_limit, again=False):
    """Runs one file; after a crash or a hang, again without the tests that were run.

    again: only the tests that did not pass the last time.
    """
    final = results_file(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    kept = [r for r in report.read(final).values() if again and r["outcome"] == "passed"]
    # An interrupted run leaves the results of the last one.
    results = final.with_suffix(".partial")
    results.write_text("".join(json.dumps(record) + "\n" for record in kept), encoding="utf-8")
    settings = wheel.cache() / "pytest.ini"
    settings.write_text(SETTINGS)
    environment = {
        **os.environ,
        # The tree that this tool stands in, not one that happens to be installed.
        "PYTHONPATH": os.pathsep.join([str(TOOLS), str(TOOLS.parent), *_told_path()]),
        "CAUDAL_JUDGE_RESULTS": str(results),
        "CAUDAL_JUDGE_DONE": str(results),
        "CAUDAL_JUDGE_LIMIT": str(limit),
        "PYTHONWARNINGS": "ignore",
        "MPLBACKEND": "agg",
    }
    file = wheel.tests_folder() / "keras" / "src" / path
    command = [sys.executable, "-m", "pytest", "-c", str(settings), "-p", "keras_judge.plugin"]
    command += ["--rootdir", str(wheel.cache()), str(file)]
    until = time.monotonic() + file_limit
    for _ in range(20):
        before = len(report.read(results))
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=wheel.cache(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=max(until - time.monotonic(), 1))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            _note(results, report.unfinished(results) or "(the rest)", "the file's time was over")
            break
        if process.returncode in (0, 1, 2, 5):
            break
        hung = report.unfinished(results)
        if hung is None and len(report.read(results)) == before:
            text = output.decode(errors="replace").strip().splitlines()[-1:]
            _note(results, "(the whole file)", f"pytest stopped: {' '.join(text)}")
            break
        _note(results, hung or "(unknown)", f"the process died with {process.returncode}")
    results.replace(final)
    return path


def _told_path():
    """What the caller's PYTHONPATH adds; this tree's Caudal and judge come before it."""
    return [folder for folder in (os.environ.get("PYTHONPATH") or "").split(os.pathsep) if folder]


def _note(results, test, reason):
    with results.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({"test": test, "outcome": "failed", "reason": reason}) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=int, default=60, help="seconds for one test")
    parser.add_argument("--file-limit", type=int, default=900, help="seconds for one file")
    parser.add_argument("--again", action="store_true", help="only tests that did not pass")
    parser.add_argument("--write", action="store_true", help="write docs/conformance.md")
    parser.add_argument("--failures", action="store_true", help="print failures by cause")
    parser.add_argument("--no-run", action="store_true", help="use the results that are there")
    arguments = parser.parse_args()
    files = test_files(arguments.folders)
    if not arguments.no_run:
        with ThreadPoolExecutor(arguments.jobs) as pool:
            for path in pool.map(
                lambda path: run(path, arguments.limit, arguments.file_limit, arguments.again),
                files,
            ):
                print(report.line(path, results_file(path)), flush=True)
    if arguments.failures:
        print(report.failures({path: results_file(path) for path in files}))
    if arguments.write:
        report.write({path: results_file(path) for path in test_files([])})


if __name__ == "__main__":
    main()
