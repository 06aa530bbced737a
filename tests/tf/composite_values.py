"""Ragged, sparse and dense values as JSON, whichever framework made them."""

import math

import numpy as np


def plain(value):
    """Python values that JSON knows; bytes as text that says so."""
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, bytes):
        return "b:" + value.decode("latin-1")
    if isinstance(value, complex):
        return [value.real, value.imag]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def described(value):
    if hasattr(value, "flat_values") and hasattr(value, "nested_row_splits"):
        splits = [part.numpy().tolist() for part in value.nested_row_splits]
        flat = described(value.flat_values)
        shape = [None if n is None else int(n) for n in value.shape]
        kind = value.row_splits.dtype.name
        return {"ragged": shape, "splits": splits, "kind": kind, "flat": flat}
    if hasattr(value, "dense_shape"):
        parts = (value.indices, value.values, value.dense_shape)
        return {"sparse": [described(part) for part in parts]}
    if isinstance(value, dict):
        return {"dict": {key: described(value[key]) for key in sorted(value)}}
    if hasattr(value, "as_list"):
        return value.as_list()
    if isinstance(value, list | tuple):
        return [described(part) for part in value]
    if hasattr(value, "numpy") or isinstance(value, np.ndarray | np.generic):
        kind = value.dtype.name
        array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
        if kind == "bfloat16":
            array = array.astype("float32")
        return {"dtype": kind, "shape": list(array.shape), "values": plain(array.tolist())}
    if value is None or isinstance(value, bool | int | float | str):
        return plain(value)
    return repr(value)


def agree(found, wanted, tolerance=1e-5):
    """Equal descriptions; numbers that are no integers within a tolerance."""
    if isinstance(wanted, dict):
        assert isinstance(found, dict), (found, wanted)
        assert set(found) == set(wanted), (found, wanted)
        for key in wanted:
            agree(found[key], wanted[key], tolerance)
    elif isinstance(wanted, list):
        assert isinstance(found, list), (found, wanted)
        assert len(found) == len(wanted), (found, wanted)
        for one, other in zip(found, wanted, strict=True):
            agree(one, other, tolerance)
    elif isinstance(wanted, float) and isinstance(found, float | int):
        assert math.isclose(found, wanted, rel_tol=tolerance, abs_tol=1e-6), (found, wanted)
    else:
        assert type(found) is type(wanted), (found, wanted)
        assert found == wanted, (found, wanted)
