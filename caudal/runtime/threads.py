"""Worker threads and the driver that walks a program's kernels.

Every thread of a call walks the same table of kernels. A kernel's chunks are dealt out evenly,
and a thread that is through with its own takes over those that others have not begun: a thread
that the system has put aside holds nobody up. Which thread does a chunk changes no bit of the
result. A kernel begins when all chunks of the one before are done, if it has to wait for them
(passes/waits.py). Workers are Python threads that enter native code once per call; they spin a
little for the next call and then sleep on a semaphore. Only one call at a time uses the workers:
others run on their own thread.
"""

from __future__ import annotations

import ctypes
import math
import os
import sys
import threading
from typing import Any

import numpy as np

from caudal.codegen.target import Target, current_target
from caudal.errors import InvalidArgumentError
from caudal.passes.memory import MOST_POINTERS
from caudal.runtime.loader import load_kernels

Array = np.ndarray[Any, Any]

# One row of a kernel table. Neighbours of one chunk each form a group, and so do those of a chain,
# chunk by chunk: one thread does them. "next" is the row after the group; "after" counts the
# claims of a step up to its end, "chunks" those of a group, "each" the chunks that a claim takes.
# Of a row with "private" buffers the "copied" pointers are copied: each of the "private" triples
# (slot, offset, bytes a claim) at "triples" is about one that lies in the thread's own scratch.
# After an "open" group a thread goes on while others still work on its chunks.
_FIELDS = "fn bufs chunks next after each copied triples private open".split()
ENTRY = np.dtype([(name, "i8") for name in _FIELDS])
_ROW = "{" + ", ".join(["i64"] * len(_FIELDS)) + "}"

# The job block in words: scalars, then the count of chunks done and, for each thread, its claim
# (what of its share was taken), every one on a cache line of its own.
_ROWS, _TABLE, _STEPS, _THREADS, _PER_STEP, _SCRATCH, _OWN, _DONE = 0, 1, 2, 3, 4, 5, 6, 8
_CLAIMS, _LINE = 16, 8
_CLAIM_BITS = 24
_SPINS_BEFORE_SLEEP = 4000
_SPINS_BEFORE_YIELD = 2000


def _pause(target: Target) -> tuple[str, str]:
    """The instruction of a spinning loop that lets the other side get on, and its declaration."""
    if target.triple.startswith("x86"):
        return "call void @llvm.x86.sse2.pause()", "declare void @llvm.x86.sse2.pause()"
    return "call void @llvm.aarch64.hint(i32 1)", "declare void @llvm.aarch64.hint(i32)"


def _driver(target: Target) -> str:
    pause, declared = _pause(target)
    yields = sys.platform != "win32"
    fields = [f"  %p{at} = getelementptr i64, ptr %row, i64 {at}" for at in (1, 2, 3, 4, 9)]
    newline = "\n"
    return f"""
define void @kernel(ptr %job, i64 %tid, i64 %unused) {{
entry:
  %rows = load i64, ptr %job
  %j1 = getelementptr i64, ptr %job, i64 {_TABLE}
  %table = load ptr, ptr %j1
  %j2 = getelementptr i64, ptr %job, i64 {_STEPS}
  %steps = load i64, ptr %j2
  %j3 = getelementptr i64, ptr %job, i64 {_THREADS}
  %threads = load i64, ptr %j3
  %j4 = getelementptr i64, ptr %job, i64 {_PER_STEP}
  %perstep = load i64, ptr %j4
  %j5 = getelementptr i64, ptr %job, i64 {_SCRATCH}
  %scratch0 = load i64, ptr %j5
  %j6 = getelementptr i64, ptr %job, i64 {_OWN}
  %scratchsize = load i64, ptr %j6
  %scratch1 = mul i64 %scratchsize, %tid
  %scratch = add i64 %scratch0, %scratch1
  %own = alloca [{MOST_POINTERS} x i64], align 64
  %done = getelementptr i64, ptr %job, i64 {_DONE}
  %claims = getelementptr i64, ptr %job, i64 {_CLAIMS}
  br label %step
step:
  %s = phi i64 [ 0, %entry ], [ %s1, %stepped ]
  %past = mul i64 %s, %perstep
  %generation0 = mul i64 %s, %rows
  br label %group
group:
  %r = phi i64 [ 0, %step ], [ %next, %through ]
  %row = getelementptr {_ROW}, ptr %table, i64 %r
{newline.join(fields)}
  %chunks = load i64, ptr %p2
  %next = load i64, ptr %p3
  %after = load i64, ptr %p4
  %open = load i64, ptr %p9
  %target = add i64 %past, %after
  %generation1 = add i64 %generation0, %r
  %generation = add i64 %generation1, 1
  %d0 = load atomic i64, ptr %done acquire, align 8
  %ready = icmp uge i64 %d0, %target
  br i1 %ready, label %through, label %share
share:
  %k = phi i64 [ 0, %group ], [ %k1, %shared ]
  %v0 = add i64 %tid, %k
  %v = urem i64 %v0, %threads
  %a0 = mul i64 %v, %chunks
  %lo = udiv i64 %a0, %threads
  %v1 = add i64 %v, 1
  %a1 = mul i64 %v1, %chunks
  %hi = udiv i64 %a1, %threads
  %line = mul i64 %v, {_LINE}
  %claim = getelementptr i64, ptr %claims, i64 %line
  br label %take
take:
  %c = load atomic i64, ptr %claim acquire, align 8
  %cg = lshr i64 %c, {_CLAIM_BITS}
  %over = icmp ugt i64 %cg, %generation
  br i1 %over, label %wait, label %look
look:
  %same = icmp eq i64 %cg, %generation
  %ci = and i64 %c, {(1 << _CLAIM_BITS) - 1}
  %index = select i1 %same, i64 %ci, i64 %lo
  %left = icmp ult i64 %index, %hi
  br i1 %left, label %try, label %shared
try:
  %high = shl i64 %generation, {_CLAIM_BITS}
  %index1 = add i64 %index, 1
  %new = or i64 %high, %index1
  %pair = cmpxchg ptr %claim, i64 %c, i64 %new acq_rel acquire, align 8
  %won = extractvalue {{i64, i1}} %pair, 1
  br i1 %won, label %work, label %take
work:
  %w = phi i64 [ %r, %try ], [ %w1, %call ]
  %wrow = getelementptr {_ROW}, ptr %table, i64 %w
  %fn = load ptr, ptr %wrow
  %pbufs = getelementptr i64, ptr %wrow, i64 1
  %bufs = load ptr, ptr %pbufs
  %peach = getelementptr i64, ptr %wrow, i64 5
  %each = load i64, ptr %peach
  %low = mul i64 %index, %each
  %top = add i64 %low, %each
  %pcopied = getelementptr i64, ptr %wrow, i64 6
  %copied = load i64, ptr %pcopied
  %shared0 = icmp eq i64 %copied, 0
  br i1 %shared0, label %call, label %copy
copy:
  %q = phi i64 [ 0, %work ], [ %q1, %copy ]
  %from = getelementptr i64, ptr %bufs, i64 %q
  %pointer = load i64, ptr %from
  %to = getelementptr i64, ptr %own, i64 %q
  store i64 %pointer, ptr %to
  %q1 = add i64 %q, 1
  %uncopied = icmp ult i64 %q1, %copied
  br i1 %uncopied, label %copy, label %move
move:
  %ptriples = getelementptr i64, ptr %wrow, i64 7
  %triples = load ptr, ptr %ptriples
  %pprivate = getelementptr i64, ptr %wrow, i64 8
  %private = load i64, ptr %pprivate
  br label %privately
privately:
  %z = phi i64 [ 0, %move ], [ %z1, %privately ]
  %z3 = mul i64 %z, 3
  %pslot = getelementptr i64, ptr %triples, i64 %z3
  %slot = load i64, ptr %pslot
  %poffset = getelementptr i64, ptr %pslot, i64 1
  %offset = load i64, ptr %poffset
  %pbytes = getelementptr i64, ptr %pslot, i64 2
  %bytes = load i64, ptr %pbytes
  %before = mul i64 %index, %bytes
  %place0 = add i64 %scratch, %offset
  %place = sub i64 %place0, %before
  %there = getelementptr i64, ptr %own, i64 %slot
  store i64 %place, ptr %there
  %z1 = add i64 %z, 1
  %unmoved = icmp ult i64 %z1, %private
  br i1 %unmoved, label %privately, label %call
call:
  %pointers = phi ptr [ %bufs, %work ], [ %own, %privately ]
  call void %fn(ptr %pointers, i64 %low, i64 %top)
  %w1 = add i64 %w, 1
  %again = icmp ult i64 %w1, %next
  br i1 %again, label %work, label %finished
finished:
  %old = atomicrmw add ptr %done, i64 1 acq_rel, align 8
  br label %take
shared:
  %k1 = add i64 %k, 1
  %others = icmp ult i64 %k1, %threads
  br i1 %others, label %share, label %wait
wait:
  %closed = icmp eq i64 %open, 0
  br i1 %closed, label %spin, label %through
spin:
  %n = phi i64 [ 0, %wait ], [ %n1, %pausing ], [ %n1, %yield ]
  %d = load atomic i64, ptr %done acquire, align 8
  %all = icmp uge i64 %d, %target
  br i1 %all, label %through, label %pause
pause:
  %n1 = add i64 %n, 1
  %long = icmp ugt i64 %n1, {_SPINS_BEFORE_YIELD}
  br i1 %long, label %yield, label %pausing
pausing:
  {pause}
  br label %spin
yield:
  {"%ignored = call i32 @sched_yield()" if yields else pause}
  br label %spin
through:
  %more = icmp ult i64 %next, %rows
  br i1 %more, label %group, label %stepped
stepped:
  %s1 = add i64 %s, 1
  %further = icmp ult i64 %s1, %steps
  br i1 %further, label %step, label %end
end:
  ret void
}}
{"declare i32 @sched_yield()" if yields else ""}
{declared}
"""


def _waiter(target: Target) -> str:
    """Spin until the word at %job differs from %seen; store 1 or 0 (gave up) at job[1]."""
    pause, declared = _pause(target)
    return f"""
define void @kernel(ptr %epoch, i64 %seen, i64 %spins) {{
entry:
  br label %spin
spin:
  %k = phi i64 [ 0, %entry ], [ %k1, %more ]
  %now = load atomic i64, ptr %epoch acquire, align 8
  %changed = icmp ne i64 %now, %seen
  br i1 %changed, label %done, label %pausing
pausing:
  {pause}
  %k1 = add i64 %k, 1
  %left = icmp ult i64 %k1, %spins
  br i1 %left, label %more, label %done
more:
  br label %spin
done:
  ret void
}}
{declared}
"""


def _serial_loop() -> str:
    """A loop run by the thread that meets it, as a kernel of one chunk.

    Its block: the guard (a bool, or null), the table, its rows, the most turns, and a word that
    is not 0 once a row has failed.
    """
    fields = [f"  %p{at} = getelementptr i64, ptr %block, i64 {at}" for at in range(1, 5)]
    newline = "\n"
    return f"""
define void @kernel(ptr %block, i64 %lo, i64 %hi) {{
entry:
{newline.join(fields)}
  %guard = load ptr, ptr %block
  %table = load ptr, ptr %p1
  %rows = load i64, ptr %p2
  %most = load i64, ptr %p3
  %stop = load ptr, ptr %p4
  %free = icmp eq ptr %guard, null
  br label %turn
turn:
  %t = phi i64 [ 0, %entry ], [ %t1, %turned ]
  %more = icmp ult i64 %t, %most
  br i1 %more, label %may, label %end
may:
  %failed = load i64, ptr %stop
  %well = icmp eq i64 %failed, 0
  br i1 %well, label %look, label %end
look:
  br i1 %free, label %row, label %ask
ask:
  %flag = load i8, ptr %guard
  %on = icmp ne i8 %flag, 0
  br i1 %on, label %row, label %end
row:
  %r = phi i64 [ 0, %look ], [ 0, %ask ], [ %r1, %row ]
  %entry0 = getelementptr {_ROW}, ptr %table, i64 %r
  %fn = load ptr, ptr %entry0
  %b = getelementptr i64, ptr %entry0, i64 1
  %bufs = load ptr, ptr %b
  %c = getelementptr i64, ptr %entry0, i64 2
  %claims = load i64, ptr %c
  %e = getelementptr i64, ptr %entry0, i64 5
  %each = load i64, ptr %e
  %chunks = mul i64 %claims, %each
  call void %fn(ptr %bufs, i64 0, i64 %chunks)
  %r1 = add i64 %r, 1
  %again = icmp ult i64 %r1, %rows
  br i1 %again, label %row, label %turned
turned:
  %t1 = add i64 %t, 1
  br label %turn
end:
  ret void
}}
"""


def address_of(array: Array) -> int:
    """Where an array's elements lie."""
    return int(array.__array_interface__["data"][0])


def link_rows(
    table: Array,
    chunks: list[int],
    follows: list[bool] | None = None,
    waits: list[bool] | None = None,
) -> None:
    """Fill the columns of a kernel table that say what may run together.

    follows: for each row, whether its chunks go on those of the row before.
    waits: whether it begins when all rows before are done; all of them, if left out.
    """
    done = 0
    chained = follows or [False] * len(chunks)
    claims = list(chunks)
    first = 0
    for row, goes_on in enumerate([*chained, False]):
        if not goes_on and row:
            # Kernels of a chain may be cut more finely than it is claimed.
            claims[first:row] = [math.gcd(*chunks[first:row])] * (row - first)
            first = row
    table["chunks"] = claims
    table["each"] = np.asarray(chunks) // np.maximum(claims, 1)
    for row in range(len(chunks) - 1, -1, -1):
        following = row + 1
        grouped = following < len(chunks) and (
            chained[following] or (chunks[row] == 1 and chunks[following] == 1)
        )
        table[row]["next"] = table[following]["next"] if grouped else following
    row = 0
    while row < len(chunks):
        done += claims[row]
        table[row]["after"] = done
        before, row = row, int(table[row]["next"])
        if row < len(chunks) and waits is not None:
            # Rows of this group that waited for others of it are behind what follows too.
            table[before]["open"] = not any(waits[before + 1 : int(table[row]["next"])])
    if len(chunks):
        table[-1]["after"] = done


_SIGNATURE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


def thread_count() -> int:
    """``CAUDAL_THREADS``, or the processors that this process may use."""
    named = os.environ.get("CAUDAL_THREADS")
    if named:
        if not named.isdigit() or int(named) < 1:
            raise InvalidArgumentError(
                "CAUDAL_THREADS must be a positive number, received {received!r}.",
                received=named,
            )
        return int(named)
    if hasattr(os, "sched_getaffinity"):
        return max(1, min(64, len(os.sched_getaffinity(0))))
    return max(1, min(64, os.cpu_count() or 1))


class Pool:
    """The worker threads of this process, started on first use."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        target = current_target()
        texts = [_driver(target), _waiter(target), _serial_loop()]
        drive, wait, self.serial_loop = load_kernels(texts)
        self._drive, self._await = _SIGNATURE(drive), _SIGNATURE(wait)
        self._busy = threading.Lock()
        self._turn = threading.Lock()
        self._epoch = np.zeros(8, np.int64)
        self._epoch_at = self._epoch.ctypes.data
        self._job = 0
        self._inside = 0
        self._left = threading.Semaphore(0)
        self._asleep = [False] * threads
        self._wake = [threading.Semaphore(0) for _ in range(threads)]
        for worker in range(1, threads):
            threading.Thread(
                target=self._work, args=(worker,), name=f"caudal-{worker}", daemon=True
            ).start()

    def run(self, table: Array, steps: int, parallel: bool, scratch: Array | None = None) -> None:
        """All kernels of a table, ``steps`` times over.

        scratch: bytes of the threads' own, a row a thread, where kernels have private buffers.
        """
        mine = parallel and self.threads > 1 and self._busy.acquire(blocking=False)
        job = np.zeros(_CLAIMS + _LINE * (self.threads + 1), np.int64)
        # Claims must not share a cache line with what everybody reads.
        job = job[-job.ctypes.data // 8 % _LINE :]
        job[_ROWS], job[_TABLE], job[_STEPS] = len(table), address_of(table), steps
        job[_THREADS] = self.threads if mine else 1
        job[_PER_STEP] = table[-1]["after"]
        if scratch is not None:
            job[_SCRATCH], job[_OWN] = address_of(scratch), scratch.shape[1]
        address = address_of(job)
        if not mine:
            self._drive(address, 0, 0)
            return
        try:
            self._open(address)
            try:
                self._drive(address, 0, 0)
            finally:
                self._close()
        finally:
            self._busy.release()

    def _open(self, address: int) -> None:
        with self._turn:
            self._job = address
            self._epoch[0] += 1
            sleepers = [w for w in range(1, self.threads) if self._asleep[w]]
            for worker in sleepers:
                self._asleep[worker] = False
        for worker in sleepers:
            self._wake[worker].release()

    def _close(self) -> None:
        """Wait for the workers inside, also when Ctrl-C arrives: the job's memory is theirs."""
        interrupted: KeyboardInterrupt | None = None
        with self._turn:
            self._job = 0
            waiting = self._inside > 0
        while waiting:
            try:
                self._left.acquire()
                waiting = False
            except KeyboardInterrupt as error:
                interrupted = error
        if interrupted is not None:
            raise interrupted

    def _work(self, worker: int) -> None:
        seen = 0
        while True:
            self._await(self._epoch_at, seen, _SPINS_BEFORE_SLEEP)
            with self._turn:
                sleep = self._asleep[worker] = int(self._epoch[0]) == seen
            if sleep:
                self._wake[worker].acquire()
            with self._turn:
                seen = int(self._epoch[0])
                job = self._job
                # A worker that wakes too late finds the job closed.
                self._inside += bool(job)
            if not job:
                continue
            self._drive(job, worker, 0)
            with self._turn:
                self._inside -= 1
                last = self._job == 0 and self._inside == 0
            if last:
                self._left.release()


_pool: Pool | None = None
_pool_lock = threading.Lock()


def pool() -> Pool:
    """The pool of the current thread count."""
    global _pool
    wanted = thread_count()
    found = _pool
    if found is None or found.threads != wanted:
        with _pool_lock:
            if _pool is None or _pool.threads != wanted:
                _pool = Pool(wanted)
            found = _pool
    return found


def _forget() -> None:
    """A forked child has none of its parent's threads."""
    global _pool, _pool_lock
    _pool = None
    _pool_lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
