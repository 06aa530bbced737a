"""``tf.sparse``: sparse tensors, to and from dense ones."""

from caudal.namespaces import strict
from caudal.sparse.tensor import SparseTensor, from_dense, reorder, to_dense

__all__ = ["SparseTensor", "from_dense", "reorder", "to_dense"]

__getattr__ = strict(__name__)
