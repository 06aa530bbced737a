"""Ops that modules of Hub have, one by one, against real TensorFlow."""

from __future__ import annotations

import numpy as np
import pytest
from hub_files import golden, handle

import caudal as tf
from caudal import hub

CASES = {
    "sparse": (("indices", "values", "shape"), ["a b-c", "", " --d "]),
    "detection": (("boxes", "scores", "pictures"), [b"a\xc3\xa9", b"", b"\xe6\xbc\xa2\xff!"]),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What the modules give, by module and result."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFHUB_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        for name, (inputs, texts) in CASES.items():
            given = [golden[f"{name}/in/{one}"] for one in inputs]
            module = hub.load(handle(name))
            for key, value in module(*given, tf.constant(texts)).items():
                found[f"{name}/{key}"] = np.asarray(value)
    return found


EXPECTED = [key for key in golden.files if key.split("/")[0] in CASES and "/in/" not in key]


@pytest.mark.parametrize("key", EXPECTED)
def test_as_tensorflow(results, key):
    found, real = results[key], golden[key]
    assert found.shape == real.shape
    if found.dtype == object:
        # A trailing zero byte is lost in NumPy's own texts.
        assert [text.rstrip(b"\0") for text in found.tolist()] == real.tolist()
        return
    assert found.dtype == real.dtype
    np.testing.assert_allclose(found, real, rtol=1e-5, atol=1e-6)


def test_nothing_else_came(results):
    assert set(results) == set(EXPECTED)
