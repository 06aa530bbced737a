"""A compiled program that can be called: its kernels, its memory, its pointer table."""

from __future__ import annotations

import ctypes
import threading
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from caudal.codegen.target import current_target
from caudal.errors import InternalError
from caudal.ir.node import Node
from caudal.ir.program import Program
from caudal.passes.pipeline import Compiled, Step, compile_program
from caudal.runtime.layout import SERIAL_WORDS, Layout, Row
from caudal.runtime.loader import Loading
from caudal.runtime.sharing import shared
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

    arenas: list[Array]
    pointers: Array
    table: Array
    kept: list[Any]
    failure: list[BaseException]
    scratch: Array | None = None
    stop: Array = field(default_factory=lambda: np.zeros(1, np.int64))
    states: dict[int, weakref.ref[Array]] = field(default_factory=dict)
    """The arrays that the pointers lead to. Whoever writes a variable asks who else holds it."""


class Executable:
    """Runs a compiled program; safe to call from several Python threads at once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.compiled, self._layout, self._codes = shared(
            program, current_target(), lambda: _compile(program)
        )
        self._constants: dict[Node, Array] = {}
        self._parallel = any(row.chunks > 1 for row in self._layout.rows)
        self._free: list[_Context] = []
        self._lock = threading.Lock()
        self._slots = self._find_slots()

    # --- pointers ----------------------------------------------------------------------------

    def _find_slots(self) -> dict[str, list[tuple[int, list[int]]]]:
        """Where in the pointer block each input, state and output stands."""
        program, layout = self.compiled.program, self._layout
        places = dict(layout.places)
        found: dict[str, list[tuple[int, list[int]]]] = {"inputs": [], "states": [], "outputs": []}

        def take(node: Node) -> list[int]:
            return places.pop(layout.resolve(0, node), [])

        for index, node in enumerate(program.inputs):
            found["inputs"].append((index, take(node)))
        for index, node in enumerate(program.states):
            own = take(node)
            if index in self.compiled.in_place:
                own = own + take(self.compiled.in_place[index])
            found["states"].append((index, own))
        for index, node in enumerate(program.outputs):
            found["outputs"].append((index, take(node)))
        self._rest = places
        return found

    def _new_context(self) -> _Context:
        layout = self._layout
        sizes = {number: inner.arena_bytes for number, inner in layout.arenas.items()}
        arenas = {number: aligned(size) for number, size in sizes.items() if size or not number}
        pointers = np.zeros(max(1, layout.width), np.int64)
        context = _Context(list(arenas.values()), pointers, np.zeros(0, ENTRY), [], [])
        for (number, node), places in self._rest.items():
            offsets = layout.arenas[number].offsets
            if node.op.name == "constant":
                if node not in self._constants:
                    self._constants[node] = np.ascontiguousarray(node.params["value"].array)
                value = address_of(self._constants[node])
            elif node in layout.arenas[number].memory.private:
                # Each thread has its own.
                continue
            elif node in offsets:
                value = address_of(arenas[number]) + offsets[node]
            else:
                raise InternalError("no memory was planned for {node}", node=node)
            pointers[places] = value
        numbers = np.arange(len(layout.turns) and max(layout.turns) + 1, dtype=np.int64)
        context.kept.append(numbers)
        for turn, places in layout.turns.items():
            pointers[places] = address_of(numbers) + turn * numbers.itemsize
        context.table = self._table(layout.rows, context)
        return context

    def _table(self, rows: list[Row], context: _Context) -> Array:
        """The driver's table for rows, and those of the loops inside."""
        table = np.zeros(len(rows), ENTRY)
        link_rows(
            table,
            [row.chunks for row in rows],
            [row.follows for row in rows],
            [row.waits for row in rows],
        )
        start = address_of(context.pointers)
        known: dict[int, int] = {}
        for entry, row in zip(table, rows, strict=True):
            entry["bufs"] = start + 8 * row.start
            private = self._private(row)
            if len(private):
                context.kept.append(private)
                entry["copied"] = len(row.step.buffers)
                entry["triples"], entry["private"] = address_of(private), len(private)
            if row.start not in known:
                known[row.start] = self._function(row, context)
            entry["fn"] = known[row.start]
        return table

    def _private(self, row: Row) -> Array:
        """(slot, offset, bytes a claim) of each buffer of a row in the thread's own scratch."""
        compiled = self._layout.arenas[row.number]
        alias, private = compiled.alias, compiled.memory.private
        found = [
            (slot, *private[alias.get(node, node)])
            for slot, node in enumerate(row.step.buffers)
            if alias.get(node, node) in private
        ]
        return np.asarray(found, np.int64).reshape(-1, 3)

    def _scratch(self, context: _Context) -> Array | None:
        """Memory of the threads' own: a row for each that may take part."""
        size, threads = self.compiled.memory.scratch, pool().threads
        if size and (context.scratch is None or len(context.scratch) < threads):
            context.scratch = aligned(size * threads).reshape(threads, size)
        return context.scratch

    def _function(self, row: Row, context: _Context) -> int:
        step = row.step
        if step.loop is not None:
            inside = self._table(row.inside, context)
            context.kept.append(inside)
            block = context.pointers[row.start : row.start + SERIAL_WORDS]
            endless = np.iinfo(np.int64).max
            count = step.loop.count
            block[1:] = (
                address_of(inside),
                len(inside),
                endless if count is None else count,
                address_of(context.stop),
            )
            return int(pool().serial_loop)
        if step.code is not None:
            return self._codes[step.code.text]
        callback = _HOST(self._host_call(step, context))
        context.kept.append(callback)
        return ctypes.cast(callback, ctypes.c_void_p).value or 0

    def _host_call(self, step: Step, context: _Context) -> Any:
        """A C callback that computes a node by its NumPy reference."""
        node, failure = step.host, context.failure
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
                context.stop[0] = 1

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
            known = context.states.get(index)
            if known is None or known() is not states[index]:
                pointers[places] = address_of(states[index])
                context.states[index] = weakref.ref(states[index])
        outputs = []
        for index, places in self._slots["outputs"]:
            kind = program.outputs[index].type
            array = np.empty(kind.shape, kind.dtype.np_dtype)
            outputs.append(array)
            pointers[places] = address_of(array)
        if len(context.table):
            pool().run(context.table, repeat, self._parallel, self._scratch(context))
        failure, context.failure[:] = list(context.failure), []
        context.stop[0] = 0
        with self._lock:
            self._free.append(context)
        if failure:
            raise failure[0]
        return outputs


def _compile(program: Program) -> tuple[Compiled, Layout, dict[str, int]]:
    """A program's rows, and where the machine code of each kernel is."""
    loading = Loading(two_processes=thread_count() > 1)
    compiled = compile_program(program, loading.add)
    layout = Layout(compiled)
    texts = list(dict.fromkeys(_texts(layout.rows)))
    return compiled, layout, dict(zip(texts, loading.addresses(texts), strict=True))


def _texts(rows: list[Row]) -> Iterator[str]:
    """The kernels of all rows, those inside loops included."""
    for row in rows:
        if row.step.code is not None:
            yield row.step.code.text
        yield from _texts(row.inside)


def _view(address: int, kind: Any) -> Array:
    if kind.size == 0:
        return np.empty(kind.shape, kind.dtype.np_dtype)
    raw = (ctypes.c_uint8 * kind.nbytes).from_address(address)
    array: Array = np.frombuffer(raw, kind.dtype.np_dtype).reshape(kind.shape)
    return array
