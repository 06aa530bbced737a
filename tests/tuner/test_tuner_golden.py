"""Search spaces and searches give what KerasTuner gives, recorded by tools/record_tuner.py."""

import json
import math
from pathlib import Path

import pytest
from tuner_cases import CASES

from caudal import tuner

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text())


def close(found, wanted, at="case"):
    """Compares nested values, numbers to 12 digits."""
    if isinstance(wanted, dict):
        assert sorted(found) == sorted(wanted), at
        for key in wanted:
            close(found[key], wanted[key], f"{at}.{key}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), (at, found, wanted)
        for i, (one, other) in enumerate(zip(found, wanted, strict=True)):
            close(one, other, f"{at}[{i}]")
    elif isinstance(wanted, float):
        assert math.isclose(found, wanted, rel_tol=1e-12, abs_tol=1e-12), (at, found, wanted)
    else:
        assert found == wanted, (at, found, wanted)


@pytest.mark.parametrize("name", CASES)
def test_as_recorded(name, tmp_path, capsys):
    found = json.loads(json.dumps(CASES[name](tuner, str(tmp_path))))
    close(found, GOLDEN[name], name)
