"""``tf.train``: the messages of TFRecord files."""

from caudal.io.example import BytesList, Example, Feature, Features, FloatList, Int64List
from caudal.namespaces import strict

__all__ = ["BytesList", "Example", "Feature", "Features", "FloatList", "Int64List"]

__getattr__ = strict(__name__)
