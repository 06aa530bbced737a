"""tools/fuzz_readers.py: a short run over all readers finds nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[1] / "tools" / "fuzz_readers.py"


@pytest.mark.slow
@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="needs Linux")
def test_a_short_run_finds_nothing(tmp_path):
    result = tmp_path / "result.json"
    command = [sys.executable, TOOL, "--inputs", "6000", "--seed", "test", "--json", result]
    run = subprocess.run(
        [*command, "--findings", tmp_path], capture_output=True, text=True, timeout=1200
    )
    assert run.returncode == 0, run.stdout + run.stderr
    figures = json.loads(result.read_text())
    assert figures["inputs"] >= 6000 and not figures["findings"]
    # Neither everything nor nothing is read: the inputs are near to good files.
    assert all(0 < reader["read"] < reader["inputs"] for reader in figures["readers"].values())
