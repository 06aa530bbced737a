"""Compiling on two cores: whatever happens to the second process, every kernel arrives."""

import io
import sys

import pytest

from caudal.codegen.serve import receive, send
from caudal.codegen.target import current_target
from caudal.errors import InternalError
from caudal.runtime import compiling
from caudal.runtime.loader import name_of

KERNEL = """
define void @kernel(ptr %bufs, i64 %lo, i64 %hi) {{
entry:
  store i64 {number}, ptr %bufs
  ret void
}}
"""


def texts(count, first=0):
    return [KERNEL.format(number=first + at) for at in range(count)]


@pytest.fixture
def make(monkeypatch):
    """Puts texts through a queue without a disk cache; returns it, finished."""
    monkeypatch.setenv("CAUDAL_CACHE", "off")

    def make(texts, two_processes=True):
        queue = compiling.Queue(current_target(), two_processes=two_processes)
        for text in texts:
            queue.add(name_of(text, current_target()), text)
        queue.finish()
        return queue

    return make


@pytest.fixture
def compiled_here(monkeypatch):
    """The texts that this process compiles itself."""
    seen = []
    original = compiling.compile_object
    monkeypatch.setattr(
        compiling,
        "compile_object",
        lambda text, target: seen.append(text) or original(text, target),
    )
    return seen


def test_both_ways_give_the_same_objects(make, compiled_here):
    alone = make(texts(40), two_processes=False)
    assert len(compiled_here) == 40
    together = make(texts(40))
    assert together.objects == alone.objects


def test_few_kernels_start_no_process(make, compiled_here, monkeypatch):
    monkeypatch.setattr(compiling, "_compiler", lambda: pytest.fail("a process was started"))
    assert len(make(texts(3)).objects) == len(compiled_here) == 3


@pytest.mark.parametrize("program", ["", "/no/such/python", "/bin/true"])
def test_without_a_second_process_everything_is_compiled_here(
    program, make, compiled_here, monkeypatch
):
    monkeypatch.setattr(sys, "executable", program)
    queue = make(texts(12))
    assert len(queue.objects) == len(compiled_here) == 12


def test_a_text_that_llvm_refuses_is_reported_here(make):
    wrong = [*texts(8), "define void @kernel(ptr %bufs) { nonsense }"]
    with pytest.raises(InternalError, match="refused a kernel"):
        make(wrong)


def test_messages_that_are_cut_off_are_the_end():
    stream = io.BytesIO()
    send(stream, b"first")
    send(stream, b"second")
    whole = stream.getvalue()
    assert [receive(io.BytesIO(whole[:at])) for at in (0, 5, 12)] == [b"", b"", b""]
    stream.seek(0)
    assert [receive(stream), receive(stream), receive(stream)] == [b"first", b"second", b""]
