"""The closed table of records that ONNX can express: every family, loaded."""

from caudal.onnx import arrays, contractions, elementwise, windows
from caudal.onnx.registry import WRITERS

FAMILIES = (arrays, contractions, elementwise, windows)
"""Where the entries are defined."""

__all__ = ["FAMILIES", "WRITERS"]
