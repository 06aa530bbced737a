"""Computing one op at once: by its NumPy reference, or compiled where NumPy is far too slow."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from typing import Any

import numpy as np

from caudal import runtime
from caudal.ir.program import Program
from caudal.ops.leaf import new_input
from caudal.ops.record import make_node, type_of

Array = np.ndarray[Any, Any]

_MAX_KERNELS = 256
# Below this many multiplications a convolution is not worth a compilation.
_WORTHWHILE = 2_000_000
_kernels: OrderedDict[Any, Any] = OrderedDict()
_lock = threading.Lock()


def _is_heavy(op: Any, arrays: list[Array], params: dict[str, Any]) -> bool:
    if op.name == "conv":
        x, w = arrays
        work: int = x.size * w.size // max(1, x.shape[-1])
    elif op.name == "conv_weight_grad":
        kernel = params["kernel_shape"]
        work = arrays[0].size * math.prod(kernel) // max(1, kernel[-2])
    else:
        return False
    return bool(work >= _WORTHWHILE and arrays[0].dtype.kind == "f")


def _kernel(op: Any, arrays: list[Array], params: dict[str, Any]) -> Any:
    """The loaded program of one op for these types; the ones used last are kept."""
    types = tuple(map(type_of, arrays))
    key = (op.name, types, tuple(sorted(params.items())))
    with _lock:
        found = _kernels.get(key)
        if found is not None:
            _kernels.move_to_end(key)
            return found
    nodes = tuple(new_input(kind) for kind in types)
    found = runtime.load(Program(nodes, (), (make_node(op, nodes, params),), (), op.name))
    with _lock:
        _kernels[key] = found
        while len(_kernels) > _MAX_KERNELS:
            _kernels.popitem(last=False)
    return found


def compute(op: Any, arrays: list[Array], params: dict[str, Any]) -> Any:
    """The result of ``op`` on arrays: an array, or a tuple of them.

    Large convolutions run compiled (the same bits every time, as the size decides alone);
    everything else is NumPy's.
    """
    if op.name in ("conv", "conv_weight_grad") and _is_heavy(op, arrays, params):
        ready = [np.ascontiguousarray(array) for array in arrays]
        return _kernel(op, ready, params).run(ready, [])[0]
    return op.evaluate(*arrays, **params)
