"""Every record that has an ONNX writer gives in onnxruntime what its reference gives."""

import numpy as np
import pytest

from caudal import TensorSpec
from caudal.ir.dtypes import from_numpy
from caudal.onnx.file import write_onnx
from caudal.onnx.table import WRITERS
from caudal.ops import TABLE
from caudal.saved_model.columns import UnwritableError
from caudal.saved_model.tracing import Candidate

pytest.importorskip("onnx", reason="the extra onnx is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
# Where ours reads zeros outside, and onnxruntime raises.
INDEXED = ("gather", "gather_nd", "scatter_add", "scatter_nd_add")
# Numbers that ONNX cannot hold, or that onnxruntime has no kernels for.
NARROW = ("float32", "int32", "int64", "bool")


def samples(name):
    op = TABLE[name]
    for sample in op.samples(np.random.default_rng(1)):
        arrays = [np.asarray(array) for array in sample.inputs]
        arrays = [a.astype("float32") if a.dtype == "float64" else a for a in arrays]
        wanted = getattr(sample.params.get("dtype"), "name", "bool")
        known = all(one in NARROW for one in (wanted, *(array.dtype.name for array in arrays)))
        full = all(array.size and np.isfinite(array).all() for array in arrays)
        if known and full and (not arrays or from_numpy(arrays[0].dtype) in op.dtypes):
            yield arrays, sample.params


@pytest.mark.parametrize("name", sorted(set(WRITERS) - {"effect"}))
def test_a_record(name, tmp_path):
    compared = 0
    for arrays, params in samples(name):
        names = [f"x{i}" for i in range(len(arrays))]
        specs = [
            TensorSpec(array.shape, from_numpy(array.dtype), key)
            for key, array in zip(names, arrays, strict=True)
        ]
        op = TABLE[name]
        expected = op.evaluate(*arrays, **params)
        candidate = Candidate(lambda *xs, o=op, p=params: o(*xs, **p), (tuple(specs), {}), names)
        try:
            write_onnx(tmp_path / "m.onnx", name, candidate)
            session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"))
            kept = {one.name for one in session.get_inputs()}
            found = session.run(
                None, {k: a for k, a in zip(names, arrays, strict=True) if k in kept}
            )
        except UnwritableError:
            continue
        except Exception as error:
            # onnxruntime lacks kernels for some integers, and raises for indices outside.
            assert "NOT_IMPLEMENTED" in str(error) or name in INDEXED, error
            continue
        several = expected if isinstance(expected, tuple) else (expected,)
        for one, other in zip(found, several, strict=True):
            assert one.dtype == other.dtype and one.shape == other.shape
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
        compared += 1
    assert compared


def test_the_table_holds_records_only():
    assert set(WRITERS) <= set(TABLE) | {"effect"}
