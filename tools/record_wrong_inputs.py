"""Record which error TensorFlow raises for each wrong call of tests/tf/wrong_cases.py.

    PEERS_PYTHON tools/record_wrong_inputs.py

Writes tests/tf/golden_wrong.json: the class of the error, and the calls that end in it. Some wrong
calls end TensorFlow's process, so another one does the work, and goes on with the next function.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1] / "tests" / "tf"
sys.path.insert(0, str(HERE))

import wrong_cases  # noqa: E402


def work(start: int) -> None:
    """Prints a line for each call from a place on: its place, and the error's class or 'fine'."""
    import tensorflow as tf

    for place, (module, call) in enumerate(wrong_cases.calls()):
        if place < start:
            continue
        print(place, end=" ", flush=True)
        try:
            eval(call, {**vars(module), "tf": tf})
        except Exception as error:
            print(type(error).__name__, flush=True)
        else:
            print("fine", flush=True)


def _function(call: str) -> str:
    return call.partition("(")[0]


def main() -> None:
    if len(sys.argv) > 1:
        work(int(sys.argv[1]))
        return
    calls = [call for _, call in wrong_cases.calls()]
    found: dict[int, str] = {}
    start = 0
    while start < len(calls):
        done = subprocess.run(
            [sys.executable, __file__, str(start)], capture_output=True, text=True, check=False
        )
        for line in done.stdout.splitlines():
            place, _, kind = line.partition(" ")
            start, found[int(place)] = int(place) + 1, kind or "crash"
        while 0 < start < len(calls) and _function(calls[start]) == _function(calls[start - 1]):
            start += 1
        print(f"{start} of {len(calls)}", flush=True)
    golden: dict[str, list[str]] = {}
    for place, kind in sorted(found.items()):
        if kind not in ("fine", "crash"):
            golden.setdefault(kind, []).append(calls[place])
    (HERE / "golden_wrong.json").write_text(json.dumps(golden, indent=0) + "\n")


if __name__ == "__main__":
    main()
