"""Programs that are alike are compiled once while `shared_programs` is open, with the same bits."""

from __future__ import annotations

import numpy as np
import pytest
from training_programs import run, training_step

from caudal import keras
from caudal.ir import Program, Type
from caudal.ir.dtypes import float32
from caudal.ir.likeness import likeness
from caudal.ops.leaf import new_input, new_state
from caudal.runtime.executable import Executable
from caudal.runtime.sharing import shared, shared_programs


def scaled(factor: float, size: int = 4, swapped: bool = False) -> Program:
    """The state moved by a multiple of the input."""
    x, y = new_input(Type(float32, (size,))), new_input(Type(float32, (size,)))
    state = new_state(Type(float32, (size,)))
    inputs = (y, x) if swapped else (x, y)
    return Program(inputs, (state,), (x - y,), ((0, state + x * factor),))


def test_only_what_computes_the_same_is_alike() -> None:
    one = likeness(scaled(2.0))
    assert one == likeness(scaled(2.0)) and hash(one) == hash(likeness(scaled(2.0)))
    assert likeness(training_step()[0]) == likeness(training_step()[0])
    for other in (scaled(3.0), scaled(2.0, size=5), scaled(2.0, swapped=True)):
        assert likeness(other) != one


def test_a_shared_program_gives_the_same_bits_and_is_compiled_once() -> None:
    program, inputs, states = training_step(16)
    expected = [a.tobytes() for a in run(Executable(program), inputs, states)]
    with shared_programs():
        first = Executable(training_step(16)[0])
        second = Executable(training_step(16)[0])
        assert first.compiled is second.compiled
        assert Executable(training_step(8)[0]).compiled is not first.compiled
        for executable in (first, second, first):
            assert [a.tobytes() for a in run(executable, inputs, states)] == expected
    assert Executable(program).compiled is not first.compiled


def test_another_target_shares_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with shared_programs():
        host = Executable(scaled(2.0))
        monkeypatch.setenv("CAUDAL_TARGET", "baseline")
        assert Executable(scaled(2.0)).compiled is not host.compiled


def trained(rate: float) -> list[bytes]:
    keras.utils.set_random_seed(4)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.Adam(rate), "mse", metrics=["mae"])
    x = np.random.default_rng(0).normal(size=(20, 6)).astype("f")
    history = model.fit(x, x[:, :1], batch_size=8, epochs=2, verbose=0)
    return [np.asarray(v).tobytes() for v in (*model.get_weights(), *history.history["mae"])]


def test_models_trained_with_shared_programs_are_those_trained_alone() -> None:
    alone = [trained(rate) for rate in (0.01, 0.1)]
    with shared_programs():
        together = [trained(rate) for rate in (0.01, 0.1, 0.01)]
    assert together == [*alone, alone[0]]


def test_what_is_compiled_after_the_last_block_ended_is_not_kept() -> None:
    program = scaled(2.0)
    block = shared_programs()

    def slow() -> list[int]:
        # Another thread's block ends while this one compiles.
        block.__exit__(None, None, None)
        return []

    block.__enter__()
    late = shared(program, "kind", slow)
    with shared_programs():
        assert shared(program, "kind", list) is not late
