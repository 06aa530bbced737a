"""Crosses of ragged features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.ir.dtypes import int64, string
from caudal.ragged.factory import lists
from caudal.ragged.partition import common_dtype
from caudal.ragged.tensor import RaggedTensor
from caudal.sparse import crossing
from caudal.sparse.tensor import SparseTensor


def _rows(what: str, inputs: Sequence[Any]) -> tuple[list[list[list[Any]]], Any]:
    """The rows of each input, and the dtype of the result's row splits."""
    if not isinstance(inputs, list | tuple):
        raise InvalidArgumentError("{what}: expected a list of tensors.", what=what)
    kinds = [one.partition.dtype for one in inputs if isinstance(one, RaggedTensor)]
    found = []
    for value in inputs:
        if isinstance(value, RaggedTensor):
            if len(value.shape) != 2:
                raise InvalidArgumentError(
                    "{what}: expected tensors of rank 2, received {s}.", what=what, s=value.shape
                )
            found.append(crossing.checked(what, value.to_list(), value.dtype))
        elif isinstance(value, SparseTensor):
            found.append(crossing.sparse_rows(what, value))
        else:
            found.append(crossing.dense_rows(what, value))
    return found, common_dtype(what, kinds) if kinds else int64


def cross(inputs: Any, name: str | None = None) -> RaggedTensor:
    """Every combination of one feature of each input, row by row, joined by "_X_".

    Args:
        inputs: ragged, sparse or dense tensors of rank 2, of strings or integers.

    >>> from caudal.ragged.factory import constant
    >>> cross([constant([["a"], ["b", "c"]]), constant([["d"], ["e"]])])
    <tf.RaggedTensor [[b'a_X_d'], [b'b_X_e', b'c_X_e']]>
    """
    rows, kind = _rows("ragged.cross", inputs)
    found = crossing.combinations("ragged.cross", rows, crossing.texts(b"_X_"))
    return lists(found, string, kind)


def cross_hashed(
    inputs: Any, num_buckets: Any = 0, hash_key: Any = None, name: str | None = None
) -> RaggedTensor:
    """As `cross`, with a hash in place of each combination; int64.

    Args:
        inputs: ragged, sparse or dense tensors of rank 2, of strings or integers.
        num_buckets: hashes are taken modulo this number, if it is not 0.
        hash_key: where hashing begins.
    """
    rows, kind = _rows("ragged.cross_hashed", inputs)
    combine = crossing.hashes("ragged.cross_hashed", num_buckets, hash_key)
    return lists(crossing.combinations("ragged.cross_hashed", rows, combine), int64, kind)
