"""Types, nodes and programs: what a compiled computation is made of.

``dtypes`` holds the element types, ``types`` a dtype with a shape, ``node`` the immutable and
interned graph node, ``program`` a whole pure function with its state, ``verify`` its rules and
``printer`` its text. Nothing here knows an op by name.
"""

from caudal.ir.dtypes import DType, as_dtype
from caudal.ir.node import Literal, Node
from caudal.ir.program import Program
from caudal.ir.types import Type

__all__ = ["DType", "Literal", "Node", "Program", "Type", "as_dtype"]
