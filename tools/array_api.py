"""Run the public array-api-tests suite against caudal.array_api.

    python tools/array_api.py [--suite CHECKOUT] [--examples 10] [pytest arguments...]

The suite is https://github.com/data-apis/array-api-tests with its submodule ``array-api``; it needs
``pip install pytest hypothesis ndindex pytest-json-report``. Without --suite it is looked for in
$ARRAY_API_TESTS, beside the repository and in the home folder. Cases left out are in
tools/array_api_skips.txt, with their reasons. The exit code is pytest's.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAME = "array-api-tests"
SKIPS = ROOT / "tools" / "array_api_skips.txt"


def checkout(given: str | None) -> Path | None:
    """The folder of the suite; None if there is none with its submodule."""
    named = os.environ.get("ARRAY_API_TESTS")
    places = [Path(given)] if given else [ROOT.parent / NAME, Path.home() / NAME]
    places += [Path(named)] if named and not given else []
    for place in places:
        stubs = place / "array-api" / "src" / "array_api_stubs"
        if (place / "array_api_tests").is_dir() and stubs.is_dir():
            return place
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--suite", help="a checkout of array-api-tests")
    parser.add_argument("--examples", type=int, default=10, help="hypothesis examples a case")
    options, more = parser.parse_known_args()
    suite = checkout(options.suite)
    if suite is None:
        print(
            f"No checkout of {NAME} with its submodule. Get one and name it with --suite:\n"
            f"  git clone --recurse-submodules https://github.com/data-apis/{NAME}",
            file=sys.stderr,
        )
        return 2
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["--max-examples", str(options.examples), "--disable-deadline"]
    # The root is named, because pytest would guess it from the path of the skips as well.
    command += ["--rootdir", str(suite), "-c", str(suite / "pytest.ini")]
    command += ["--skips-file", str(SKIPS), *(more or ["array_api_tests"])]
    env = {**os.environ, "PYTHONPATH": path, "ARRAY_API_TESTS_MODULE": "caudal.array_api"}
    return subprocess.run(command, cwd=suite, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
