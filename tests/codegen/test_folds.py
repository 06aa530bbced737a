"""A window's maximum and where it lies, found by one fold, against the references."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from caudal import ops
from caudal.codegen.target import TARGETS, host_target
from caudal.ir import Program, Type
from caudal.ir.dtypes import as_dtype
from caudal.ops.leaf import new_input
from caudal.ops.record import Reduce, Window
from caudal.passes.pipeline import compile_program
from caudal.runtime.executable import Executable
from caudal.runtime.reference import ReferenceExecutable

NONE = (0, 0)
GEOMETRIES: dict[str, tuple[Any, ...]] = {
    # shape, window, strides, padding
    "75 channels": ((3, 6, 8, 75), (1, 2, 2, 1), (1, 2, 2, 1), (NONE,) * 4),
    "cut-off edges": ((2, 7, 9, 33), (1, 2, 3, 1), (1, 2, 3, 1), (NONE,) * 4),
    "overlapping": ((2, 7, 7, 20), (1, 3, 3, 1), (1, 2, 1, 1), (NONE,) * 4),
    "gaps": ((2, 9, 9, 5), (1, 2, 2, 1), (1, 3, 4, 1), (NONE,) * 4),
    "padding": ((2, 7, 6, 19), (1, 3, 2, 1), (1, 2, 2, 1), (NONE, (1, 1), (0, 1), NONE)),
    "padding only": ((1, 3, 4, 18), (1, 2, 2, 1), (1, 1, 2, 1), (NONE, (3, 2), (2, 0), NONE)),
    "one channel": ((3, 8, 36, 1), (1, 2, 2, 1), (1, 2, 2, 1), (NONE,) * 4),
    "channels first": ((2, 5, 9, 35), (1, 1, 3, 2), (1, 1, 3, 2), (NONE, NONE, NONE, (0, 1))),
    "along a row": ((40, 64), (1, 32), (1, 32), (NONE, NONE)),
    "a loop over elements": ((2, 12, 11, 17), (1, 5, 6, 1), (1, 5, 5, 1), (NONE,) * 4),
    "more than 255": ((1, 18, 20, 3), (1, 16, 17, 1), (1, 2, 3, 1), (NONE, (1, 0), NONE, NONE)),
    "one axis": ((2, 31, 21), (1, 3, 1), (1, 2, 1), (NONE, (0, 1), NONE)),
    "three axes": ((2, 5, 6, 4, 7), (1, 2, 3, 2, 1), (1, 2, 2, 2, 1), (NONE,) * 5),
    "windows of all": ((4, 6), (4, 6), (1, 1), (NONE, NONE)),
}


def windows(name: str) -> tuple[tuple[int, ...], dict[str, Any]]:
    shape, window, strides, padding = GEOMETRIES[name]
    return shape, {"window": window, "strides": strides, "padding": padding}


def values(shape: tuple[int, ...], dtype: str, seed: int = 0) -> np.ndarray[Any, Any]:
    """Numbers with many ties, both zeros, infinities and NaN."""
    rng = np.random.default_rng(seed)
    x = np.floor(rng.normal(size=shape) * 2)
    x[rng.random(shape) < 0.1] = -0.0
    for special in (np.inf, -np.inf, np.nan):
        x[rng.random(shape) < 0.04] = special
    # Some windows hold nothing but the least that there is.
    x[0] = np.where(rng.random(shape[1:]) < 0.5, -np.inf, x[0])
    return x.astype(as_dtype(dtype).np_dtype)


def both(name: str, dtype: str) -> tuple[Program, np.ndarray[Any, Any]]:
    shape, params = windows(name)
    x = new_input(Type(as_dtype(dtype), shape))
    outputs = ops.window_argmax(x, **params), ops.window_max(x, **params)
    return Program((x,), (), outputs, ()), values(shape, dtype)


def assert_same(found: Any, expected: Any) -> None:
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a.astype("f8"), b.astype("f8"))


@pytest.mark.parametrize("name", GEOMETRIES)
def test_one_fold_finds_the_maximum_and_its_place(name: str) -> None:
    program, x = both(name, "float32")
    assert len(compile_program(program).steps) == 1
    found = Executable(program).run([x], [])
    assert_same(found, ReferenceExecutable(program).run([x], []))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
@pytest.mark.parametrize("name", ["75 channels", "padding only", "a loop over elements"])
def test_every_float_dtype(name: str, dtype: str) -> None:
    program, x = both(name, dtype)
    found = Executable(program).run([x], [])
    assert_same(found, ReferenceExecutable(program).run([x], []))


@pytest.mark.parametrize("target", ["avx2", "baseline"])
@pytest.mark.parametrize("name", ["75 channels", "padding", "one channel", "a loop over elements"])
def test_narrower_processors(name: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if host_target().triple != TARGETS[target].triple:
        pytest.skip("the host is no x86-64")
    monkeypatch.setenv("CAUDAL_TARGET", target)
    program, x = both(name, "float32")
    found = Executable(program).run([x], [])
    assert_same(found, ReferenceExecutable(program).run([x], []))


@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8", "float16"])
@pytest.mark.parametrize("op", [ops.window_max, ops.window_min, ops.window_sum])
@pytest.mark.parametrize("name", GEOMETRIES)
def test_a_fold_alone(name: str, op: Any, dtype: str) -> None:
    shape, params = windows(name)
    x = new_input(Type(as_dtype(dtype), shape))
    program = Program((x,), (), (op(x, **params),), ())
    numbers = np.arange(x.type.size).reshape(shape) * 7 % 101
    data = values(shape, dtype) if "float" in dtype else numbers.astype(dtype)
    assert_same(Executable(program).run([data], []), ReferenceExecutable(program).run([data], []))


def test_a_fold_that_keeps_an_element_says_which_is_better() -> None:
    kept = {name for name, op in ops.TABLE.items() if getattr(op.emit, "better", None)}
    assert kept == {"window_max", "window_min", "window_argmax"}
    folds = [op for op in ops.TABLE.values() if isinstance(op.emit, Reduce | Window)]
    assert len(folds) > len(kept)


def test_places_of_other_windows_are_not_mixed_up() -> None:
    """Two geometries with one shape of results share an input and may share a kernel."""
    x = new_input(Type(as_dtype("float32"), (2, 9, 9, 17)))
    strides, padding = (1, 2, 2, 1), (NONE,) * 4
    wide = {"window": (1, 3, 3, 1), "strides": strides, "padding": padding}
    tall = {"window": (1, 3, 2, 1), "strides": strides, "padding": padding}
    outputs = ops.window_max(x, **wide), ops.window_argmax(x, **tall)
    program = Program((x,), (), outputs, ())
    data = values(x.shape, "float32")
    found = Executable(program).run([data], [])
    assert_same(found, ReferenceExecutable(program).run([data], []))
