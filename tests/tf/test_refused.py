"""Wrong calls end in TensorFlow's class of error, with a text of our own."""

import builtins

import numpy as np
import pytest

import caudal as tf

from .refused_cases import REFUSED


@pytest.mark.parametrize(("expression", "kind", "text"), REFUSED)
def test_refused(expression, kind, text):
    expected = getattr(tf.errors, kind, None) or getattr(builtins, kind)
    with pytest.raises(expected, match=text):
        eval(expression, {"tf": tf, "np": np})
