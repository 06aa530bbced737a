"""The closed table of ops: every family, loaded."""

from caudal.saved_model import (
    arrays,
    control,
    counting,
    detection,
    elementwise,
    matrices,
    neural,
    sparse_parts,
    texts,
    words,
)
from caudal.saved_model.registry import READERS, REFUSED, WRITERS, Reader, refused
from caudal.saved_model.texts import SIZES

FAMILIES = (
    arrays,
    control,
    counting,
    detection,
    elementwise,
    matrices,
    neural,
    sparse_parts,
    texts,
    words,
)
"""Where the entries are defined."""

__all__ = ["FAMILIES", "READERS", "REFUSED", "SIZES", "WRITERS", "Reader", "refused"]
