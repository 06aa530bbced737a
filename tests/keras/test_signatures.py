"""Every public class, function and method of Keras 3.15.1 is called here as it is there.

golden_signatures.json is recorded by tools/record_keras_signatures.py. Caudal may take more by
keyword (``**kwargs``), which is how the spellings of Keras 2 come in.
"""

import json
from pathlib import Path

import keras_signatures
import pytest
from signature_differences import ABSENT, CALLED_OTHERWISE, MORE

from caudal import keras

GOLDEN = json.loads((Path(__file__).parent / "golden_signatures.json").read_text())
RECORDED = {
    name: signature for signature, names in GOLDEN.items() for name in names.split()
}  # fmt: skip


def found(name):
    """The class, function or method of a name, or None."""
    value = keras
    for part in name.split("."):
        value = getattr(value, part, None)
        if value is None:
            return None
    return value


def named(parameters):
    """What can be given by name or place."""
    return [one for one in parameters if not one.startswith("**")]


def split(signature):
    return signature.split("; ") if signature else []


def differences():
    """{name: (Keras's, ours)}; ours is None for what is not there."""
    for name, signature in RECORDED.items():
        value = found(name)
        if value is None:
            yield name, (signature, None)
            continue
        ours = keras_signatures.of(value)
        if ours is None or named(ours) != named(split(signature)):
            yield name, (signature, "?" if ours is None else "; ".join(ours))


FOUND = dict(differences())


def excused(name, table):
    return any(name == entry or name.endswith("." + entry) for entry in table)


def test_what_is_recorded_is_there():
    absent = [name for name, (_, ours) in FOUND.items() if ours is None]
    assert [name for name in absent if not excused(name, ABSENT)] == []


def test_what_is_there_is_called_as_in_keras():
    other = {name: pair for name, pair in FOUND.items() if pair[1] is not None}
    for name, (theirs, ours) in list(other.items()):
        theirs = named(split(theirs))
        more = excused(name, MORE) and named(split(ours))[: len(theirs)] == theirs
        if more or excused(name, CALLED_OTHERWISE):
            del other[name]
    assert other == {}


@pytest.mark.parametrize("table", [ABSENT, CALLED_OTHERWISE, MORE], ids=["absent", "other", "more"])
def test_no_difference_is_listed_that_is_none(table):
    gone = [e for e in table if not any(excused(name, [e]) for name in FOUND)]
    assert gone == []
