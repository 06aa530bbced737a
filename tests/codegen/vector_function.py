"""One vecmath function, or any emit function, as a callable on NumPy arrays, for tests."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from caudal.codegen.builder import Builder, Value, memory_type
from caudal.codegen.machine import optimised
from caudal.codegen.target import TARGETS, Target, host_target
from caudal.codegen.vecmath import TABLE
from caudal.ir.dtypes import DType

LANES = 16
HOST_TARGETS = [
    name
    for name in ("avx512", "avx2", "baseline")
    if list(TARGETS).index(name) >= list(TARGETS).index(host_target().name)
]
"""The families of processors whose code this one runs."""


class VectorFunction:
    """``emit(b, *xs)`` over whole arrays; every input and the result have their own dtype."""

    def __init__(
        self,
        emit: Callable[..., Value],
        dtypes: tuple[DType, ...],
        target: Target | None = None,
        lanes: int = LANES,
    ) -> None:
        target = target or host_target()
        b = Builder(target)
        xs = []
        for position, dtype in enumerate(dtypes):
            pointer = b.name("p")
            b.raw(f"{pointer} = getelementptr {memory_type(dtype, 1)}, ptr %x{position}, i64 %i")
            xs.append(b.load(pointer, dtype, lanes))
        result = emit(b, *xs)
        pointer = b.name("p")
        b.raw(f"{pointer} = getelementptr {memory_type(result.dtype, 1)}, ptr %y, i64 %i")
        b.store(pointer, result, lanes)
        arguments = "".join(f", ptr %x{position}" for position in range(len(dtypes)))
        text = "\n".join(
            [
                *sorted(b.declarations),
                f"define void @f(i64 %n, ptr %y{arguments}) {{",
                "entry:",
                "  br label %loop",
                "loop:",
                "  %i = phi i64 [ 0, %entry ], [ %next, %loop ]",
                *b.lines,
                f"  %next = add i64 %i, {lanes}",
                "  %more = icmp ult i64 %next, %n",
                "  br i1 %more, label %loop, label %done",
                "done:",
                "  ret void",
                "}",
            ]
        )
        self.text = text
        module, machine = optimised(text, target)
        self.assembly = machine.emit_assembly(module)
        self._engine = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()
        kinds = [ctypes.c_int64] + [ctypes.c_void_p] * (len(dtypes) + 1)
        self._call = ctypes.CFUNCTYPE(None, *kinds)(self._engine.get_function_address("f"))
        self.dtypes, self.result, self.lanes = dtypes, result.dtype, lanes

    def __call__(self, *arrays: Any) -> np.ndarray[Any, Any]:
        arrays = np.broadcast_arrays(
            *(
                np.asarray(array, dtype.np_dtype)
                for array, dtype in zip(arrays, self.dtypes, strict=True)
            )
        )
        size, shape = arrays[0].size, arrays[0].shape
        padded = -(-size // self.lanes) * self.lanes
        inputs = []
        for array in arrays:
            flat = np.ones(padded, array.dtype)
            flat[:size] = array.reshape(-1)
            inputs.append(flat)
        result = np.empty(padded, self.result.np_dtype)
        if size:
            self._call(padded, result.ctypes.data, *(flat.ctypes.data for flat in inputs))
        return result[:size].reshape(shape)


def vecmath(
    name: str, dtype: DType, inputs: int = 1, target: Target | None = None, lanes: int = LANES
) -> VectorFunction:
    """A function of vecmath's table over arrays of ``dtype``."""
    return VectorFunction(TABLE[name], (dtype,) * inputs, target, lanes)
