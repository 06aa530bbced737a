"""RE2's classes of letters in patterns, against real TensorFlow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import caudal as tf

GOLDEN = json.loads(Path(__file__).with_name("letter_classes.json").read_text())


@pytest.mark.parametrize("pattern", sorted(GOLDEN["replaced"]))
def test_as_re2(pattern):
    expected = GOLDEN["replaced"][pattern]
    if expected is None:
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"pattern|Invalid"):
            tf.strings.regex_replace(GOLDEN["texts"], pattern, "#")
        return
    found = tf.strings.regex_replace(GOLDEN["texts"], pattern, "#").numpy()
    assert [text.decode() for text in found] == expected


def test_a_class_counts_in_full_matches_too():
    found = tf.strings.regex_full_match(["Éa", "éa", "1a"], r"\p{Lu}\pL*")
    assert found.numpy().tolist() == [True, False, False]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Known are .*'Lu'"):
        tf.strings.regex_full_match(["a"], r"\p{Nope}")
