"""``tf.lookup``: tables from keys to values."""

from caudal.lookup.tables import (
    KeyValueTensorInitializer,
    StaticHashTable,
    StaticVocabularyTable,
)
from caudal.namespaces import strict

__all__ = ["KeyValueTensorInitializer", "StaticHashTable", "StaticVocabularyTable"]

__getattr__ = strict(__name__)
