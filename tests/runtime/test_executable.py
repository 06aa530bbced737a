"""Compiled programs against the reference; thread counts, targets, concurrency, forks."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest
from training_programs import run, training_step

from caudal import ops, runtime
from caudal.codegen.machine import compile_object
from caudal.codegen.target import TARGETS, host_target
from caudal.errors import InvalidArgumentError
from caudal.ir import Program, Type
from caudal.ir.dtypes import float32, float64, string
from caudal.ops.leaf import new_input, new_state
from caudal.ops.record import NOT_DIFFERENTIABLE, Host, Op, make_node
from caudal.passes.pipeline import compile_program
from caudal.runtime.executable import Executable
from caudal.runtime.reference import ReferenceExecutable


def assert_close(found: list[Any], expected: list[Any]) -> None:
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-4)


def test_a_training_step_equals_the_reference() -> None:
    program, inputs, states = training_step()
    expected = run(ReferenceExecutable(program), inputs, states)
    assert_close(run(Executable(program), inputs, states), expected)


def test_any_number_of_threads_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    program, inputs, states = training_step(32)
    executable = Executable(program)
    assert any(step.chunks > 1 for step in executable.compiled.steps)
    results = []
    for threads in (1, 2, 3, 7):
        monkeypatch.setenv("CAUDAL_THREADS", str(threads))
        results.append([a.tobytes() for a in run(executable, inputs, states)])
    assert results[0] == results[1] == results[2] == results[3]


@pytest.mark.parametrize("threads", ["0", "-1", "two"])
def test_a_wrong_thread_count_is_named(threads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program, inputs, states = training_step()
    monkeypatch.setenv("CAUDAL_THREADS", threads)
    with pytest.raises(InvalidArgumentError, match="CAUDAL_THREADS"):
        run(Executable(program), inputs, states)


@pytest.mark.parametrize("target", ["avx2", "baseline"])
def test_narrower_processors_give_equal_results(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if host_target().triple != TARGETS[target].triple:
        pytest.skip("the host is no x86-64")
    program, inputs, states = training_step()
    expected = run(ReferenceExecutable(program), inputs, states)
    monkeypatch.setenv("CAUDAL_TARGET", target)
    assert_close(run(Executable(program), inputs, states), expected)


def test_every_kernel_assembles_for_aarch64(monkeypatch: pytest.MonkeyPatch) -> None:
    program, _, _ = training_step()
    monkeypatch.setenv("CAUDAL_TARGET", "neon")
    for step in compile_program(program).steps:
        assert step.code is not None
        assert compile_object(step.code.text, TARGETS["neon"])[:4] == b"\x7fELF"


def test_an_unknown_target_or_engine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    program, _, _ = training_step()
    monkeypatch.setenv("CAUDAL_TARGET", "pentium")
    with pytest.raises(InvalidArgumentError, match="avx2"):
        compile_program(program)
    monkeypatch.setenv("CAUDAL_ENGINE", "magic")
    with pytest.raises(InvalidArgumentError, match="native, reference"):
        runtime.load(program)


def test_a_target_that_cannot_run_here_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    program, inputs, states = training_step()
    other = "baseline" if host_target().name == "neon" else "neon"
    monkeypatch.setenv("CAUDAL_TARGET", other)
    with pytest.raises(InvalidArgumentError, match=f"{other}.*cannot run.*{host_target().name}"):
        run(Executable(program), inputs, states)


def test_an_unknown_stage_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    program, _, _ = training_step()
    monkeypatch.setenv("CAUDAL_SHOW", "kernels,ir")
    with pytest.raises(InvalidArgumentError, match=r"'ir' is no stage.*graph, lowered"):
        compile_program(program)


def test_several_python_threads_may_call_at_once() -> None:
    program, inputs, states = training_step()
    executable = Executable(program)
    expected = [a.tobytes() for a in run(executable, inputs, states)]
    wrong: list[int] = []

    def call(number: int) -> None:
        for _ in range(5):
            if [a.tobytes() for a in run(executable, inputs, states)] != expected:
                wrong.append(number)

    threads = [threading.Thread(target=call, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def _in_child(queue: Any) -> None:
    program, inputs, states = training_step(32)
    queue.put([a.tobytes() for a in run(Executable(program), inputs, states)])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_runs_programs_too() -> None:
    program, inputs, states = training_step(32)
    expected = [a.tobytes() for a in run(Executable(program), inputs, states)]
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(queue,))
    child.start()
    assert queue.get(timeout=120) == expected
    child.join(30)
    assert child.exitcode == 0


def test_a_state_read_elsewhere_is_not_overwritten_early() -> None:
    a, b = new_state(Type(float32, (70, 70))), new_state(Type(float32, (70, 70)))
    program = Program(
        (),
        (a, b),
        (ops.reduce_sum(a, axes=(0,)),),
        ((0, ops.transpose(a, perm=(1, 0)) + b), (1, a * 2.0)),
    )
    states = [np.random.default_rng(0).normal(size=(70, 70)).astype("f") for _ in range(2)]
    expected = run(ReferenceExecutable(program), [], states)
    assert_close(run(Executable(program), [], states), expected)


def test_states_lie_where_the_last_call_says() -> None:
    total, x = new_state(Type(float32, (3,))), new_input(Type(float32, (3,)))
    program = Program((x,), (total,), (), ((0, total + x),), "sums")
    executable = Executable(program)
    one = np.ones(3, np.float32)
    for _ in range(20):
        # Memory that the last array had may be another's by now.
        first, second = np.zeros(3, np.float32), np.full(3, 5, np.float32)
        for state in (first, first, second, first):
            executable.run([one], [state])
        assert first.tolist() == [3, 3, 3] and second.tolist() == [6, 6, 6]


def test_swapped_states_and_repeated_outputs() -> None:
    a, b = new_state(Type(float32, (5,))), new_state(Type(float32, (5,)))
    x = new_input(Type(float32, (5,)))
    program = Program((x,), (a, b), (a, a, x, ops.reshape(x, shape=(5, 1))), ((0, b), (1, a)))
    states = [np.arange(5, dtype="f"), np.ones(5, "f")]
    inputs = [np.full(5, 3, "f")]
    expected = run(ReferenceExecutable(program), inputs, states)
    assert_close(run(Executable(program), inputs, states), expected)


def test_ops_without_machine_code_call_numpy_back() -> None:
    x = new_input(Type(float64, (9,)))
    y = ops.igamma(ops.exp(x), ops.exp(x) + 1.0) * 2.0
    program = Program((x,), (), (y, ops.reduce_sum(y, axes=(0,))))
    inputs = [np.linspace(-1, 2, 9)]
    executable = Executable(program)
    assert any(step.host is not None for step in executable.compiled.steps)
    assert_close(executable.run(inputs, []), ReferenceExecutable(program).run(inputs, []))


def test_an_error_inside_a_host_call_reaches_the_caller() -> None:
    x = new_input(Type(float64, (3,)))
    program = Program((x,), (), (ops.igamma(x, x),))
    executable = Executable(program)
    step = executable.compiled.steps[0]
    assert step.host is not None

    class Broken:
        name = "igamma"

        @staticmethod
        def evaluate(*arrays: Any, **params: Any) -> Any:
            raise InvalidArgumentError("no such value")

    class Stand:
        op, inputs, params = Broken, step.host.inputs, step.host.params

    step.host = Stand  # type: ignore[assignment]
    with pytest.raises(InvalidArgumentError, match="no such value"):
        executable.run([np.ones(3)], [])


def test_strings_stay_with_the_reference() -> None:
    x = new_input(Type(string, (2,)))
    assert isinstance(runtime.load(Program((x,), (), (x,))), ReferenceExecutable)


def test_every_stage_can_be_shown() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from training_programs import training_step\n"
        "from caudal.passes.pipeline import compile_program\n"
        "compile_program(training_step()[0])\n"
    )
    stages = "graph,lowered,kernels,llvm,asm,memory"
    done = subprocess.run(
        [sys.executable, "-c", code, os.path.dirname(__file__)],
        env={**os.environ, "CAUDAL_SHOW": stages},
        capture_output=True,
        text=True,
        check=True,
    )
    for sign in ("program training", "= conv(", "define void @kernel", ".globl", "of state"):
        assert sign in done.stderr


def test_a_host_op_with_several_results() -> None:
    x = new_input(Type(float64, (4, 4)))
    values, vectors = make_node(_TWO, (x * 1.0,), {})
    y = ops.dot_general(vectors, vectors, contract=((1,), (1,)), batch=((), ()))
    program = Program((x,), (), (y, values * 2.0, values))
    inputs = [np.diag([3.0, 1.0, 2.0, 5.0])]
    assert_close(Executable(program).run(inputs, []), ReferenceExecutable(program).run(inputs, []))


_TWO = Op(
    "two_results",
    infer=lambda x: (x.with_shape(x.shape[:1]), x),
    reference=lambda xp, x: (xp.linalg.eigvalsh(x), x + 1.0),
    grad=NOT_DIFFERENTIABLE,
    emit=Host(),
    samples=lambda rng: (),
    dtypes=(float64,),
    internal=True,
)
