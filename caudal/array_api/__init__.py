"""``caudal.array_api``: the Python array API standard, 2024.12, over Caudal tensors.

``array`` is the object, ``promotion`` its dtypes; the functions are in ``creation``,
``elementwise``, ``movement``, ``indexing``, ``reductions`` and ``searching``; the extensions are
``linalg`` and ``fft``. Everything is made of ops, so gradients and ``tf.function`` go through it.
"""

from math import e, inf, nan, pi

from caudal.array_api import fft, linalg
from caudal.array_api.array import VERSION as __array_api_version__
from caudal.array_api.array import Array
from caudal.array_api.creation import *
from caudal.array_api.elementwise import *
from caudal.array_api.indexing import take, take_along_axis
from caudal.array_api.info import __array_namespace_info__
from caudal.array_api.linalg import matmul, tensordot, vecdot
from caudal.array_api.movement import *
from caudal.array_api.promotion import (
    astype,
    can_cast,
    finfo,
    iinfo,
    isdtype,
    result_type,
)
from caudal.array_api.reductions import *
from caudal.array_api.searching import *
from caudal.ir.dtypes import bool_ as bool
from caudal.ir.dtypes import (
    complex64,
    complex128,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)

newaxis = None
