"""Worker threads and the driver that walks a program's kernels.

Every thread of a call walks the same table of kernels and does its fixed share of each one's
chunks; a barrier that spins, then yields, stands between dependent kernels. Workers are Python
threads that enter native code once per call; they spin a little for the next call and then sleep
on a Python semaphore. Only one call at a time uses the workers: others run on their own thread,
with the same results.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from typing import Any

import numpy as np

from caudal.codegen.target import Target, current_target
from caudal.errors import InvalidArgumentError
from caudal.runtime.loader import load_kernels

Array = np.ndarray[Any, Any]

# One row of a kernel table; "flags" bit 0: a barrier follows.
ENTRY = np.dtype([("fn", "i8"), ("bufs", "i8"), ("chunks", "i8"), ("flags", "i8")])
# The job block: rows, table address, steps, threads, barrier count, stop flag.
_ROWS, _TABLE, _STEPS, _THREADS, _BARRIER, _STOP = range(6)
_JOB_WORDS = 16
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
    return f"""
define void @kernel(ptr %job, i64 %tid, i64 %unused) {{
entry:
  %rows = load i64, ptr %job
  %pt = getelementptr i64, ptr %job, i64 {_TABLE}
  %table = load ptr, ptr %pt
  %ps = getelementptr i64, ptr %job, i64 {_STEPS}
  %steps = load i64, ptr %ps
  %pn = getelementptr i64, ptr %job, i64 {_THREADS}
  %threads = load i64, ptr %pn
  %pb = getelementptr i64, ptr %job, i64 {_BARRIER}
  %pstop = getelementptr i64, ptr %job, i64 {_STOP}
  br label %step
step:
  %s = phi i64 [ 0, %entry ], [ %s1, %stepped ]
  %g0 = phi i64 [ 0, %entry ], [ %g3, %stepped ]
  br label %row
row:
  %r = phi i64 [ 0, %step ], [ %r1, %next ]
  %g = phi i64 [ %g0, %step ], [ %g2, %next ]
  %pr = getelementptr {{ptr, ptr, i64, i64}}, ptr %table, i64 %r
  %fn = load ptr, ptr %pr
  %pbufs = getelementptr ptr, ptr %pr, i64 1
  %bufs = load ptr, ptr %pbufs
  %pc = getelementptr i64, ptr %pr, i64 2
  %chunks = load i64, ptr %pc
  %pf = getelementptr i64, ptr %pr, i64 3
  %flags = load i64, ptr %pf
  %a0 = mul i64 %tid, %chunks
  %lo = udiv i64 %a0, %threads
  %t1 = add i64 %tid, 1
  %a1 = mul i64 %t1, %chunks
  %hi = udiv i64 %a1, %threads
  %some = icmp slt i64 %lo, %hi
  br i1 %some, label %work, label %worked
work:
  call void %fn(ptr %bufs, i64 %lo, i64 %hi)
  br label %worked
worked:
  %b = and i64 %flags, 1
  %many = icmp ugt i64 %threads, 1
  %bb = icmp ne i64 %b, 0
  %wait = and i1 %many, %bb
  br i1 %wait, label %arrive, label %next
arrive:
  %g1 = add i64 %g, %threads
  %old = atomicrmw add ptr %pb, i64 1 seq_cst
  br label %spin
spin:
  %k = phi i64 [ 0, %arrive ], [ %k1, %again ]
  %now = load atomic i64, ptr %pb acquire, align 8
  %there = icmp uge i64 %now, %g1
  br i1 %there, label %next, label %pausing
pausing:
  {pause}
  %k1 = add i64 %k, 1
  %long = icmp ugt i64 %k1, {_SPINS_BEFORE_YIELD}
  br i1 %long, label %yield, label %again
yield:
  {"%ignored = call i32 @sched_yield()" if yields else ""}
  br label %again
again:
  br label %spin
next:
  %g2 = phi i64 [ %g, %worked ], [ %g1, %spin ]
  %r1 = add i64 %r, 1
  %more = icmp ult i64 %r1, %rows
  br i1 %more, label %row, label %stepped
stepped:
  %g3 = phi i64 [ %g2, %next ]
  %s1 = add i64 %s, 1
  %again2 = icmp ult i64 %s1, %steps
  br i1 %again2, label %step, label %done
done:
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
        addresses = load_kernels([_driver(target), _waiter(target)])
        self._drive, self._await = (_SIGNATURE(address) for address in addresses)
        self._busy = threading.Lock()
        self._epoch = np.zeros(8, np.int64)
        self._epoch_at = self._epoch.ctypes.data
        self._job = 0
        self._turn = threading.Lock()
        self._finished = threading.Semaphore(0)
        self._asleep = [False] * threads
        self._wake = [threading.Semaphore(0) for _ in range(threads)]
        for worker in range(1, threads):
            name = f"caudal-{worker}"
            seen = int(self._epoch[0])
            threading.Thread(target=self._work, args=(worker, seen), name=name, daemon=True).start()

    def run(self, table: Array, steps: int, parallel: bool) -> None:
        """All kernels of a table, ``steps`` times over."""
        job = np.zeros(_JOB_WORDS, np.int64)
        job[_ROWS], job[_TABLE], job[_STEPS] = len(table), table.ctypes.data, steps
        job[_THREADS] = 1
        address = job.ctypes.data
        if not parallel or self.threads == 1 or not self._busy.acquire(blocking=False):
            self._drive(address, 0, 0)
            return
        try:
            job[_THREADS] = self.threads
            self._start(address)
            try:
                # The last share is the caller's: a kernel of one chunk then runs on its thread.
                self._drive(address, self.threads - 1, 0)
            finally:
                self._collect()
        finally:
            self._busy.release()

    def _start(self, address: int) -> None:
        with self._turn:
            self._job = address
            self._epoch[0] += 1
            sleepers = [w for w in range(1, self.threads) if self._asleep[w]]
            for worker in sleepers:
                self._asleep[worker] = False
        for worker in sleepers:
            self._wake[worker].release()

    def _collect(self) -> None:
        """Wait for every worker, also when Ctrl-C arrives meanwhile: the job's memory is theirs."""
        interrupted: KeyboardInterrupt | None = None
        waiting = self.threads - 1
        while waiting:
            try:
                self._finished.acquire()
                waiting -= 1
            except KeyboardInterrupt as error:
                interrupted = error
        if interrupted is not None:
            raise interrupted

    def _work(self, worker: int, seen: int) -> None:
        while True:
            self._await(self._epoch_at, seen, _SPINS_BEFORE_SLEEP)
            with self._turn:
                sleep = self._asleep[worker] = int(self._epoch[0]) == seen
            if sleep:
                self._wake[worker].acquire()
            seen = int(self._epoch[0])
            self._drive(self._job, worker - 1, 0)
            self._finished.release()


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
