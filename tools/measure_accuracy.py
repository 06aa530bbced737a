"""Measure vecmath's float32 functions over all inputs and write docs/accuracy.md.

    python tools/measure_accuracy.py [--stride 1] [--names exp,log] [--target avx2] [--write]

The reference is NumPy's or Caudal's own float64 function. Stride 1 visits all 2**32 floats and
takes minutes a function; a stride that is odd visits every exponent all the same.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "codegen"))

from float32_error import REFERENCES, worst_error  # noqa: E402

HEADER = """# Accuracy of the vector functions

Made by `python tools/measure_accuracy.py --stride {stride} --write` ({count:,} float32 inputs a
function over all exponents and both signs, NaN and infinities included; target {target}).
An error is in units in the last place of the right result (which is computed in float64); 0.5 is
a correctly rounded function.

| function | worst error (ulp) | at |
|---|---|---|
"""
FOOTER = """
float64, measured at random points against 80-bit long double or mpmath by
`tests/codegen/test_vecmath.py`: at most 3 ulp for every function, with these exceptions. `sin`,
`cos` and `tan` hold that up to about 1e6, lose digits slowly up to 1e9 and mean nothing for much
larger arguments. `lgamma` and `digamma` have an absolute error of about 1e-15 near their zeros
(`lgamma`: near those on the negative axis).
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stride", type=int, default=9973)
    parser.add_argument("--names", default=",".join(sorted(REFERENCES)))
    parser.add_argument("--target", default="")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    rows = []
    for name in arguments.names.split(","):
        start = time.perf_counter()
        error, where = worst_error(name, arguments.stride, arguments.target or None)
        rows.append(f"| {name} | {error:.2f} | {where!r} |")
        print(rows[-1], f"{time.perf_counter() - start:.1f} s", flush=True)
    if arguments.write:
        count = len(range(0, 2**32, arguments.stride))
        header = HEADER.format(
            stride=arguments.stride, count=count, target=arguments.target or "of the host"
        )
        rows = [row.replace("np.float32(", "").replace(") |", " |") for row in rows]
        (ROOT / "docs" / "accuracy.md").write_text(header + "\n".join(rows) + "\n" + FOOTER)


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
