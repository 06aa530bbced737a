"""`tf.data`: pipelines that read, shuffle, transform and batch.

``dataset`` is the public class; ``nodes`` are the steps of a pipeline, ``sources`` its
beginnings, ``functions`` and ``batching`` those that call the user's functions and that join
elements, ``iterators`` read them; ``elements`` converts between arrays and tensors;
``view`` shows Keras the arrays below a pipeline that only picks rows of them.
"""

from caudal.data import experimental
from caudal.data.dataset import Dataset
from caudal.data.iterators import Iterator, NumpyIterator
from caudal.data.nodes import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY
from caudal.data.options import AUTOTUNE, Options, ThreadingOptions
from caudal.data.readers import FixedLengthRecordDataset, TextLineDataset, TFRecordDataset
from caudal.data.view import ArrayView

__all__ = [
    "AUTOTUNE",
    "INFINITE_CARDINALITY",
    "UNKNOWN_CARDINALITY",
    "ArrayView",
    "Dataset",
    "FixedLengthRecordDataset",
    "Iterator",
    "NumpyIterator",
    "Options",
    "TFRecordDataset",
    "TextLineDataset",
    "ThreadingOptions",
    "experimental",
]
