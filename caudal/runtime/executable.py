"""A compiled program that can be called: its kernels, its memory, its pointer table."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from caudal.errors import InternalError
from caudal.ir.node import Node
from caudal.ir.program import Program
from caudal.passes.pipeline import Compiled, Step, compile_program
from caudal.runtime.loader import Loading
from caudal.runtime.threads import ENTRY, address_of, link_rows, pool, thread_count

Array = np.ndarray[Any, Any]
_HOST = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


def aligned(nbytes: int) -> Array:
    """Uninitialised bytes that start on a cache line."""
    raw = np.empty(nbytes + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + nbytes]


@dataclass
class _Context:
    """The memory of one call in flight."""

    arena: Array
    pointers: Array
    table: Array
    callbacks: list[Any]
    failure: list[BaseException]


class Executable:
    """Runs a compiled program; safe to call from several Python threads at once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        loading = Loading(two_processes=thread_count() > 1)
        self.compiled: Compiled = compile_program(program, loading.add)
        steps = self.compiled.steps
        self._codes = loading.addresses([s.code.text for s in steps if s.code is not None])
        self._constants = {
            node: np.ascontiguousarray(node.params["value"].array)
            for step in steps
            for node in step.buffers
            if node.op.name == "constant"
        }
        self._parallel = any(step.chunks > 1 for step in steps)
        self._free: list[_Context] = []
        self._lock = threading.Lock()
        self._slots = self._find_slots()

    # --- pointers ----------------------------------------------------------------------------

    def _find_slots(self) -> dict[str, list[tuple[int, list[int]]]]:
        """Where in the pointer block each input, state and output stands."""
        program, alias = self.compiled.program, self.compiled.alias
        places: dict[Node, list[int]] = {}
        position = 0
        for step in self.compiled.steps:
            for node in step.buffers:
                places.setdefault(alias.get(node, node), []).append(position)
                position += 1
        self._width = position
        found: dict[str, list[tuple[int, list[int]]]] = {"inputs": [], "states": [], "outputs": []}
        for index, node in enumerate(program.inputs):
            found["inputs"].append((index, places.pop(node, [])))
        for index, node in enumerate(program.states):
            own = places.pop(node, [])
            if index in self.compiled.in_place:
                own = own + places.pop(self.compiled.in_place[index], [])
            found["states"].append((index, own))
        for index, node in enumerate(program.outputs):
            found["outputs"].append((index, places.pop(node, [])))
        self._rest = places
        return found

    def _new_context(self) -> _Context:
        compiled = self.compiled
        arena = aligned(compiled.arena_bytes)
        pointers = np.zeros(max(1, self._width), np.int64)
        base = address_of(arena)
        for node, places in self._rest.items():
            if node in self._constants:
                value = address_of(self._constants[node])
            elif node in compiled.offsets:
                value = base + compiled.offsets[node]
            else:
                raise InternalError("no memory was planned for {node}", node=node)
            pointers[places] = value
        table = np.zeros(len(compiled.steps), ENTRY)
        context = _Context(arena, pointers, table, [], [])
        link_rows(table, [step.chunks for step in compiled.steps])
        start, codes = address_of(pointers), iter(self._codes)
        for row, step in zip(table, compiled.steps, strict=True):
            row["bufs"] = start
            start += 8 * len(step.buffers)
            if step.code is not None:
                row["fn"] = next(codes)
            else:
                callback = _HOST(self._host_call(step, context.failure))
                context.callbacks.append(callback)
                row["fn"] = ctypes.cast(callback, ctypes.c_void_p).value or 0
        return context

    def _host_call(self, step: Step, failure: list[BaseException]) -> Any:
        """A C callback that computes a node by its NumPy reference."""
        node = step.host
        assert node is not None
        results = len(step.kernel.roots)
        sources = step.buffers[:-results]

        def call(bufs: int, lo: int, hi: int) -> None:
            if failure:
                return
            try:
                addresses = (ctypes.c_int64 * len(step.buffers)).from_address(bufs)
                pairs = zip(addresses, step.buffers, strict=True)
                arrays = [_view(address, node.type) for address, node in pairs]
                by_node = dict(zip(sources, arrays, strict=False))
                found = node.op.evaluate(*(by_node[x] for x in node.inputs), **node.params)
                parts = found if isinstance(found, tuple) else (found,)
                for array, part in zip(arrays[-results:], parts, strict=True):
                    array[...] = part
            except BaseException as error:
                failure.append(error)

        return call

    # --- calls -------------------------------------------------------------------------------

    def run(self, inputs: Sequence[Array], states: Sequence[Array], repeat: int = 1) -> list[Array]:
        """The outputs of the last of ``repeat`` runs; ``states`` are updated in place.

        ``inputs`` are arrays of the program's input types; they are read, never changed.
        ``states`` must be C-contiguous.
        """
        program = self.compiled.program
        with self._lock:
            context = self._free.pop() if self._free else None
        if context is None:
            context = self._new_context()
        pointers = context.pointers
        kept = []
        for index, places in self._slots["inputs"]:
            if places:
                array = inputs[index]
                if type(array) is not np.ndarray or not array.flags.c_contiguous:
                    # A NumPy scalar has no lasting address either.
                    array = np.array(array, order="C")
                    kept.append(array)
                pointers[places] = address_of(array)
        for index, places in self._slots["states"]:
            pointers[places] = address_of(states[index])
        outputs = []
        for index, places in self._slots["outputs"]:
            kind = program.outputs[index].type
            array = np.empty(kind.shape, kind.dtype.np_dtype)
            outputs.append(array)
            pointers[places] = address_of(array)
        if len(context.table):
            pool().run(context.table, repeat, self._parallel)
        failure, context.failure[:] = list(context.failure), []
        with self._lock:
            self._free.append(context)
        if failure:
            raise failure[0]
        return outputs


def _view(address: int, kind: Any) -> Array:
    if kind.size == 0:
        return np.empty(kind.shape, kind.dtype.np_dtype)
    raw = (ctypes.c_uint8 * kind.nbytes).from_address(address)
    array: Array = np.frombuffer(raw, kind.dtype.np_dtype).reshape(kind.shape)
    return array
