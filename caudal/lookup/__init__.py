"""``tf.lookup``: tables from keys to values."""

from caudal.lookup import experimental
from caudal.lookup.files import TextFileIndex, TextFileInitializer
from caudal.lookup.tables import (
    KeyValueTensorInitializer,
    StaticHashTable,
    StaticVocabularyTable,
)
from caudal.namespaces import strict

__all__ = [
    "KeyValueTensorInitializer",
    "StaticHashTable",
    "StaticVocabularyTable",
    "TextFileIndex",
    "TextFileInitializer",
    "experimental",
]

__getattr__ = strict(__name__)
