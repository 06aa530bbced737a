"""Sparse tensors as strings: three serialized tensors for indices, values and shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.array.arguments import static_int
from caudal.errors import InvalidArgumentError, ShapeError, UnimplementedError
from caudal.framework import Tensor, convert_to_tensor
from caudal.io.decoding import parse_tensor, tensor_bytes
from caudal.ir.dtypes import as_dtype, int64, string
from caudal.sparse.functions import known
from caudal.sparse.tensor import SparseTensor
from caudal.strings.arguments import objects, strings_of


def _as_strings(what: str, out_type: Any) -> None:
    if as_dtype(out_type) is not string:
        raise UnimplementedError("{what}: expected out_type tf.string.", what=what)


def _serialized(places: Any, values: Any, shape: Any) -> list[bytes]:
    parts = (places, values, np.asarray(shape, np.int64))
    return [tensor_bytes("serialize_sparse", part, content=True) for part in parts]


def serialize_sparse(sp_input: Any, out_type: Any = string, name: str | None = None) -> Tensor:
    """A SparseTensor as 3 strings: its serialized indices, values and dense_shape."""
    _as_strings("serialize_sparse", out_type)
    one = known("serialize_sparse", sp_input)
    return objects(_serialized(one.places, one.values, one.shape), (3,))


def serialize_many_sparse(sp_input: Any, out_type: Any = string, name: str | None = None) -> Tensor:
    """The rows of a SparseTensor, each as by `serialize_sparse`: strings ``[rows, 3]``."""
    _as_strings("serialize_many_sparse", out_type)
    one = known("serialize_many_sparse", sp_input)
    if len(one.shape) < 2:
        raise ShapeError(
            "serialize_many_sparse: expected rank 2 or more, received shape {shape}.",
            shape=one.shape,
        )
    found: list[bytes] = []
    for row in range(one.shape[0]):
        chosen = np.flatnonzero(one.places[:, 0] == row)
        found += _serialized(one.places[chosen, 1:], one.take(chosen), one.shape[1:])
    return objects(found, (one.shape[0], 3))


def deserialize_many_sparse(
    serialized_sparse: Any, dtype: Any, rank: Any = None, name: str | None = None
) -> SparseTensor:
    """Serialized SparseTensors of one rank, as the rows of a new one.

    Args:
        serialized_sparse: strings ``[rows, 3]``, as of `serialize_many_sparse`; or ``[3]``, as of
            `serialize_sparse`, for one without a new axis.
        dtype: the values' dtype.
        rank: what the rank of the result must be, if it is given.
        name: accepted for TensorFlow's sake.

    Raises:
        InvalidArgumentError: another dtype, or shapes that do not fit together.
        DataLossError: the bytes are damaged.
    """
    what = "deserialize_many_sparse"
    array = strings_of(what, serialized_sparse)
    alone = array.shape == (3,)
    array = array[None] if alone else array
    if array.ndim != 2 or array.shape[1] != 3 or not len(array):
        raise ShapeError(
            "{what}: expected strings of shape [rows, 3], received {shape}.",
            what=what,
            shape=array.shape,
        )
    places, values, shapes = [], [], []
    for row, (where, numbers, shape) in enumerate(array):
        inner = parse_tensor(where, int64).numpy()
        entries = parse_tensor(numbers, dtype)
        extents = parse_tensor(shape, int64).numpy()
        if (
            inner.ndim != 2
            or extents.ndim != 1
            or inner.shape != (int(entries.shape.num_elements() or 0), len(extents))
        ):
            raise InvalidArgumentError(
                "{what}: SparseTensor[{row}] has indices of shape {a}, values of shape {b} and "
                "dense_shape {c}, which do not fit together.",
                what=what,
                row=row,
                a=inner.shape,
                b=tuple(entries.shape),
                c=extents.tolist(),
            )
        places.append(np.insert(inner, 0, row, axis=1))
        values.append(entries.numpy())
        shapes.append(extents)
    ranks = {len(shape) for shape in shapes}
    wanted = None if rank is None else static_int(rank, what + ": rank")
    if len(ranks) > 1 or wanted not in (None, max(ranks) + (not alone)):
        raise InvalidArgumentError(
            "{what}: expected sparse tensors of one rank, and a result of rank {wanted}, received "
            "ranks {ranks}.",
            what=what,
            wanted=wanted,
            ranks=sorted(ranks),
        )
    whole = np.concatenate(values).astype(as_dtype(dtype).np_dtype)
    shape = [len(array), *np.max(shapes, axis=0).tolist()]
    begin = int(alone)
    joined = np.concatenate(places)[:, begin:]
    return SparseTensor(joined, convert_to_tensor(whole), shape[begin:])
