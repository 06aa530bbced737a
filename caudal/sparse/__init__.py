"""``tf.sparse``: tensors of which only some elements are there.

``tensor``: `SparseTensor`, to and from dense ones. ``functions``: joined, cut, turned, filtered.
``math``: sums, products, extremes, counts. ``crossing``: crosses of features. ``dispatch``: which
``tf.*`` functions take sparse tensors.
"""

from caudal.namespaces import strict
from caudal.sparse import dispatch as _dispatch  # noqa: F401  (installs operators)
from caudal.sparse.functions import (
    concat,
    cross,
    cross_hashed,
    expand_dims,
    eye,
    fill_empty_rows,
    map_values,
    mask,
    reset_shape,
    reshape,
    retain,
    slice,
    split,
    to_indicator,
    transpose,
)
from caudal.sparse.math import (
    add,
    bincount,
    maximum,
    minimum,
    reduce_max,
    reduce_sum,
    sampled_addmm,
    segment_mean,
    segment_sqrt_n,
    segment_sum,
    softmax,
    sparse_dense_matmul,
)
from caudal.sparse.tensor import SparseTensor, from_dense, reorder, to_dense

__all__ = [
    "SparseTensor",
    "add",
    "bincount",
    "concat",
    "cross",
    "cross_hashed",
    "expand_dims",
    "eye",
    "fill_empty_rows",
    "from_dense",
    "map_values",
    "mask",
    "maximum",
    "minimum",
    "reduce_max",
    "reduce_sum",
    "reorder",
    "reset_shape",
    "reshape",
    "retain",
    "sampled_addmm",
    "segment_mean",
    "segment_sqrt_n",
    "segment_sum",
    "slice",
    "softmax",
    "sparse_dense_matmul",
    "split",
    "to_dense",
    "to_indicator",
    "transpose",
]

__getattr__ = strict(__name__)
