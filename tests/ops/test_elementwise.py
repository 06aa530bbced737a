"""What elementwise ops mean at their edges. Literal results were printed by TensorFlow 2.21."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from caudal import ops
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import GradientTape, convert_to_tensor
from caudal.ir.dtypes import as_dtype, float32, int32, uint8
from caudal.ir.node import Node
from caudal.ir.program import Program
from caudal.ir.types import Type
from caudal.ops.leaf import new_input
from caudal.ops.record import type_of
from caudal.runtime import load
from caudal.runtime.reference import ReferenceExecutable

NAN, INF = float("nan"), float("inf")
ENGINES = [pytest.param(ReferenceExecutable, id="reference"), pytest.param(load, id="compiled")]


def run(engine: Any, op: Any, *arrays: Any, **params: Any) -> np.ndarray:
    nodes = [new_input(type_of(x)) for x in arrays]
    program = Program(tuple(nodes), (), (op(*nodes, **params),))
    (result,) = engine(program).run(list(arrays), [])
    return result


def same(actual: np.ndarray, expected: Any) -> None:
    expected = np.asarray(expected, actual.dtype)
    np.testing.assert_array_equal(actual, expected)
    if actual.dtype.kind == "f":
        zero = expected == 0
        np.testing.assert_array_equal(np.signbit(actual[zero]), np.signbit(expected[zero]))


# --- integers ---------------------------------------------------------------------------------

INTEGER_CASES = [
    (ops.floor_div, [7, -7, 7, -7, -(2**31)], [2, 2, -2, -2, -1], [3, -4, -4, 3, -(2**31)]),
    (ops.floor_mod, [7, -7, 7, -7, -(2**31)], [2, 2, -2, -2, -1], [1, 1, -1, -1, 0]),
    (ops.trunc_mod, [7, -7, 7, -7, -(2**31)], [2, 2, -2, -2, -1], [1, -1, 1, -1, 0]),
    (ops.shift_left, [1, 1, 1, 1, -1], [31, 32, 33, -1, 40], [-(2**31)] * 3 + [1, -(2**31)]),
    (ops.shift_right, [-8, -8, 8, 8, -1], [31, 32, 33, -1, 1], [-1, -1, 0, 8, -1]),
    (ops.pow, [2, -2, 0, 3], [3, 3, 0, 40], [8, -8, 1, 689956897]),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("op", "x", "y", "expected"), INTEGER_CASES, ids=[case[0].name for case in INTEGER_CASES]
)
def test_integers(engine: Any, op: Any, x: Any, y: Any, expected: Any) -> None:
    same(run(engine, op, np.asarray(x, np.int32), np.asarray(y, np.int32)), expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_shifts_of_bytes(engine: Any) -> None:
    x, y = np.array([200, 8, 255], np.uint8), np.array([1, 8, 9], np.uint8)
    same(run(engine, ops.shift_right, x, y), [100, 0, 1])
    same(run(engine, ops.shift_left, x, y), [144, 0, 128])
    signed = np.array([100, 8, -1], np.int8)
    same(run(engine, ops.shift_left, signed, y.astype(np.int8)), [-56, 0, -128])


@pytest.mark.parametrize("op", [ops.floor_div, ops.floor_mod, ops.trunc_mod])
def test_integer_division_by_zero(op: Any) -> None:
    one, zero = np.array([1, 2], np.int32), np.array([1, 0], np.int32)
    with pytest.raises(InvalidArgumentError, match="Integer division by zero"):
        op(one, zero)
    # Compiled code cannot raise, but it must not trap either.
    assert run(load, op, one, zero)[0] == op(one[:1], zero[:1])[0]


def test_integer_power_with_a_negative_exponent() -> None:
    with pytest.raises(InvalidArgumentError, match="negative integer powers"):
        ops.pow(np.array([2]), np.array([-1]))


@pytest.mark.parametrize("engine", ENGINES)
def test_absolute_value_of_the_least_integer_wraps(engine: Any) -> None:
    same(run(engine, ops.abs, np.array([-(2**31), -5], np.int32)), [-(2**31), 5])


@pytest.mark.parametrize("engine", ENGINES)
def test_bits(engine: Any) -> None:
    same(run(engine, ops.popcount, np.array([1, -1, 7], np.int32)), [1, 32, 3])
    same(run(engine, ops.bit_not, np.array([1, 255, 7], np.uint8)), [254, 0, 248])
    same(run(engine, ops.bit_not, np.array([True, False])), [False, True])
    x, y = np.array([12, 10], np.int64), np.array([10, 3], np.int64)
    same(run(engine, ops.bit_xor, x, y), [6, 9])


# --- floats -----------------------------------------------------------------------------------

FLOAT_CASES = [
    (
        ops.floor_div,
        [7.5, -7.5, 1, -1, 0, INF, 1, -1, -0.0, 1, 6, NAN],
        [2, 2, 0, 0, 0, 2, INF, INF, 3, -INF, 0.1, 1],
        [3.0, -4.0, INF, -INF, NAN, INF, 0.0, -0.0, -0.0, -0.0, 60.0, NAN],
    ),
    (
        ops.floor_mod,
        [7.5, -7.5, 1, -1, 0, INF, 1, -1, -0.0, 1, 6, NAN, -6, 6],
        [2, 2, 0, 0, 0, 2, INF, INF, 3, -INF, 0.1, 1, 3, -3],
        [1.5, 0.5, NAN, NAN, NAN, NAN, 1, INF, -0.0, -INF, 0.09999991208314896, NAN, -0.0, 0],
    ),
    (
        ops.trunc_mod,
        [7.5, -7.5, 1, -1, INF, 1, -1, -0.0, 6, -6],
        [2, 2, 0, 0, 2, INF, INF, 3, 0.1, 3],
        [1.5, -1.5, NAN, NAN, NAN, 1, -1, -0.0, 0.09999991208314896, -0.0],
    ),
    (
        ops.pow,
        [-2, -8, 0, 0, -0.0, -0.0, 1, -1, NAN, INF],
        [2, 1 / 3, 0, -1, -1, -2, NAN, INF, 0, -1],
        [4.0, NAN, 1.0, INF, -INF, INF, 1.0, 1.0, 1.0, 0.0],
    ),
    (
        ops.atan2,
        [0, -0.0, 0, -0.0, 1],
        [-1, -1, 1, 0, 0],
        [3.1415927410125732, -3.1415927410125732, 0.0, -0.0, 1.5707963705062866],
    ),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("op", "x", "y", "expected"), FLOAT_CASES, ids=[case[0].name for case in FLOAT_CASES]
)
def test_floats(engine: Any, op: Any, x: Any, y: Any, expected: Any) -> None:
    same(run(engine, op, np.asarray(x, np.float32), np.asarray(y, np.float32)), expected)


UNARY_CASES = [
    (ops.sign, [NAN, -0.0, 0.0, -INF, 3], [NAN, 0.0, 0.0, -1.0, 1]),
    (ops.round, [0.5, 1.5, -0.5, -1.5, 2.5, NAN], [0.0, 2.0, -0.0, -2.0, 2.0, NAN]),
    (ops.rsqrt, [0, -0.0, -1, INF], [INF, -INF, NAN, 0]),
    (ops.sqrt, [0, -0.0, -1, INF], [0, -0.0, NAN, INF]),
    (ops.lgamma, [0, -1, -0.0, INF, -INF, NAN, 1, 2], [INF, INF, INF, INF, INF, NAN, 0, 0]),
    (ops.digamma, [0, -1, INF, NAN], [NAN, NAN, INF, NAN]),
    (ops.erfinv, [-1, 1, 2, NAN, 0], [-INF, INF, NAN, NAN, 0]),
    (ops.exp, [-INF, INF, NAN, 0, 89, -104], [0, INF, NAN, 1, INF, 0]),
    (ops.log, [0, -0.0, -1, INF, NAN, 1], [-INF, -INF, NAN, INF, NAN, 0]),
    (ops.tanh, [-INF, INF, NAN, -0.0, 20], [-1, 1, NAN, -0.0, 1]),
    (ops.sigmoid, [-INF, INF, NAN, 0, 200], [0, 1, NAN, 0.5, 1]),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("op", "x", "expected"), UNARY_CASES, ids=[case[0].name for case in UNARY_CASES]
)
def test_unary_floats(engine: Any, op: Any, x: Any, expected: Any) -> None:
    for dtype in (np.float32, np.float64):
        x = np.asarray(x, dtype)
        if op is ops.exp and dtype is np.float64:
            x = np.where(np.isfinite(x), x * 10, x)
        same(run(engine, op, x), expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_extrema_propagate_nan(engine: Any) -> None:
    x, y = np.array([NAN, 1, 2, NAN]), np.array([1, NAN, 3, NAN])
    same(run(engine, ops.maximum, x, y), [NAN, NAN, 3, NAN])
    same(run(engine, ops.minimum, x, y), [NAN, NAN, 2, NAN])


@pytest.mark.parametrize("engine", ENGINES)
def test_comparisons_with_nan(engine: Any) -> None:
    x, y = np.array([NAN, 0.0, 1]), np.array([NAN, -0.0, 2])
    same(run(engine, ops.equal, x, y), [False, True, False])
    same(run(engine, ops.not_equal, x, y), [True, False, True])
    same(run(engine, ops.less, x, y), [False, False, True])
    same(run(engine, ops.greater_equal, x, y), [False, True, False])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_half_precision_formulas_round_once(engine: Any, dtype: Any) -> None:
    # floor_mod in float32, then one rounding; floor_div rounds the quotient first.
    x, y = np.array([-1, 1, 6], dtype), np.array([0.1, 0.1, 0.1], dtype)
    wide = ops.floor_mod(x.astype(np.float32), y.astype(np.float32)).astype(dtype)
    np.testing.assert_array_equal(run(engine, ops.floor_mod, x, y), wide)
    quotient = run(engine, ops.floor_div, x, y).astype(np.float64)
    np.testing.assert_array_equal(quotient, np.floor((x / y).astype(np.float64)))


# --- casts ------------------------------------------------------------------------------------

LEAST, LEAST_LONG = -(2**31), -(2**63)
CAST_CASES = [
    ("int8", [0, 0, 0, -1, 44, -44, 0, 0, 0, 0]),
    ("int16", [0, 0, 0, -1, 300, -300, 0, 0, 0, 0]),
    ("int32", [LEAST, LEAST, LEAST, -1, 300, -300, LEAST, LEAST, LEAST, 0]),
    (
        "int64",
        [LEAST_LONG] * 3 + [-1, 300, -300, 3_000_000_000, -3_000_000_000, LEAST_LONG, 0],
    ),
    ("uint8", [0, 0, 0, 255, 44, 212, 0, 0, 0, 0]),
    ("bool", [True] * 10),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("source", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "expected"), CAST_CASES, ids=[case[0] for case in CAST_CASES])
def test_casts_of_what_does_not_fit(engine: Any, source: Any, name: str, expected: Any) -> None:
    x = np.array([NAN, INF, -INF, -1.9, 300.7, -300.0, 3e9, -3e9, 1e19, 0.5], source)
    result = run(engine, ops.cast, x, dtype=as_dtype(name))
    np.testing.assert_array_equal(result, np.asarray(expected, result.dtype))


@pytest.mark.parametrize("engine", ENGINES)
def test_casts_of_integers_wrap(engine: Any) -> None:
    x = np.array([300, -1, -129, 65536], np.int32)
    same(run(engine, ops.cast, x, dtype=as_dtype("int8")), [44, -1, 127, 0])
    same(run(engine, ops.cast, np.array([True, False]), dtype=float32), [1, 0])


def test_cast_of_complex_takes_the_real_part() -> None:
    x = np.array([1 + 2j, 2j, 0])
    same(ops.cast(x, dtype=float32), [1, 0, 0])
    same(ops.cast(x, dtype=as_dtype("bool")), [True, False, False])


@pytest.mark.parametrize("engine", ENGINES)
def test_bitcast(engine: Any) -> None:
    x = np.array([1.0, -2.0], np.float32)
    same(run(engine, ops.bitcast, x, dtype=int32), [0x3F800000, -0x40000000])
    same(run(engine, ops.bitcast_width, x, dtype=uint8), [[0, 0, 128, 63], [0, 0, 0, 192]])
    octets = np.array([[1, 2, 3, 4]], np.uint8)
    same(run(engine, ops.bitcast_width, octets, dtype=int32), [67305985])
    with pytest.raises(DTypeError, match="bitcast_width"):
        ops.bitcast.infer(type_of(x), dtype=uint8)
    with pytest.raises(ShapeError, match="last axis of 4"):
        ops.bitcast_width(np.zeros(3, np.uint8), dtype=int32)


# --- complex numbers --------------------------------------------------------------------------


def test_complex_numbers() -> None:
    z = np.array([3 + 4j, 0])
    same(ops.abs(z), [5, 0])
    np.testing.assert_allclose(ops.sign(z), [0.6 + 0.8j, 0])
    np.testing.assert_allclose(ops.angle(np.array([1 + 1j, 0, -1])), [np.pi / 4, 0, np.pi])
    same(ops.angle(np.array([1.0, -1.0, -0.0])), [0, np.pi, 0])
    made = ops.complex(np.float32(INF), np.float32([1, 2]))
    assert made.dtype == np.complex64
    np.testing.assert_array_equal(made, np.array([complex(INF, 1), complex(INF, 2)]))


# --- types and errors -------------------------------------------------------------------------


def test_wrong_dtypes_are_refused() -> None:
    with pytest.raises(DTypeError, match="floor: the input has dtype int32"):
        ops.floor(np.array([1], np.int32))
    with pytest.raises(InvalidArgumentError, match="add: input 1 has dtype float64"):
        ops.add(np.float32([1]), np.float64([1]))
    with pytest.raises(DTypeError, match="maximum: input 0 has dtype complex128"):
        ops.maximum(np.array([1j]), np.array([1j]))
    with pytest.raises(DTypeError, match="bit_and"):
        ops.bit_and(np.array([1.0]), np.array([1.0]))
    with pytest.raises(DTypeError, match="select: the condition has dtype int64"):
        ops.select.infer(*map(type_of, (np.array([1]), np.array([1]), np.array([1]))))


def test_shapes_that_do_not_broadcast() -> None:
    with pytest.raises(ShapeError, match=r"\(2, 3\) and \(2,\).* along axis -1 .*3 and 2"):
        ops.add(np.zeros((2, 3)), np.zeros(2))
    with pytest.raises(InvalidArgumentError, match="expected 2 inputs, received 1"):
        ops.add.infer(Type(float32, ()))


# --- operators --------------------------------------------------------------------------------


def test_operators_build_nodes() -> None:
    x = new_input(Type(float32, (3,)))
    array = np.array([1.0, -2.0, 3.5], np.float32)
    cases = [
        (1 - x * 2, 1 - array * 2),
        (x / 2, array / 2),
        (2 / x, 2 / array),
        (-x // 2, np.floor(-array / 2)),
        (x % 2, array % 2),
        (abs(x) ** 2, array**2),
        (x + np.float32(1), array + 1),
        (array + x, array + array),
        ((x < 2) & (x > -3), (array < 2) & (array > -3)),
        (~(x <= 1) | (x >= 3), ~(array <= 1) | (array >= 3)),
        ((x < 2) ^ (x < 0), (array < 2) ^ (array < 0)),
    ]
    outputs = tuple(node for node, _ in cases)
    assert all(isinstance(node, Node) for node in outputs)
    for engine in (ReferenceExecutable, load):
        results = engine(Program((x,), (), outputs)).run([array], [])
        for result, (_, expected) in zip(results, cases, strict=True):
            np.testing.assert_allclose(result, expected, rtol=1e-6)


def test_true_division_of_integers() -> None:
    x = new_input(Type(int32, (2,)))
    assert (x / x).dtype == "float64"
    assert (x / 2).dtype == "float64"
    small = new_input(Type(uint8, (2,)))
    assert (1 / small).dtype == "float32"


# --- special functions ------------------------------------------------------------------------


def test_special_functions_against_known_values() -> None:
    def check(op: Any, arguments: list[Any], expected: float) -> None:
        result = op(*(np.float64(x) for x in arguments))
        np.testing.assert_allclose(result, expected, rtol=1e-13)

    check(ops.lgamma, [0.5], 0.5723649429247001)
    check(ops.lgamma, [2.003833350819731], 0.0016254154051758547)
    check(ops.lgamma, [-0.5], 1.2655121234846454)
    check(ops.digamma, [1.0], -0.5772156649015329)
    check(ops.digamma, [-0.5], 0.03648997397857652)
    check(ops.zeta, [2.0, 1.0], np.pi**2 / 6)
    check(ops.zeta, [3.0, -1.5], 0.11810202582086413)
    check(ops.polygamma, [1.0, 1.0], np.pi**2 / 6)
    check(ops.igamma, [1.0, 2.0], 1 - np.exp(-2.0))
    check(ops.igammac, [0.5, 4.0], 0.004677734981047266)
    check(ops.erfinv, [0.5], 0.4769362762044699)


def test_incomplete_gamma_of_large_orders() -> None:
    # At the mean the two halves are nearly equal: P = 1/2 + 1 / (3 sqrt(2 pi a)) + ...
    for a in (9e4, 1.1e5, 1e8):
        lower = float(ops.igamma(np.float64(a), np.float64(a)))
        assert lower == pytest.approx(0.5 + 1 / (3 * np.sqrt(2 * np.pi * a)), abs=1e-9)
        upper = float(ops.igammac(np.float64(a), np.float64(a)))
        assert lower + upper == pytest.approx(1, abs=1e-12)


# --- gradients, as TensorFlow's tape gave them ------------------------------------------------

Z, W = [1 + 2j, -0.5 + 0.3j], [2 + 1j, 3j]
GRADIENTS = [
    (ops.real, [Z], [[1, 1]]),
    (ops.imag, [Z], [[1j, 1j]]),
    (ops.angle, [Z], [[-0.4 + 0.2j, -0.8823529411764707 - 1.4705882352941178j]]),
    (ops.conj, [Z], [[1, 1]]),
    (
        ops.abs,
        [Z],
        [[0.4472135954999579 + 0.8944271909999159j, -0.8574929257125443 + 0.5144957554275266j]],
    ),
    (
        ops.exp,
        [Z],
        [[-1.1312043837568135 - 2.4717266720048188j, 0.5794408709969049 - 0.17924206590471603j]],
    ),
    (ops.log, [Z], [[0.2 + 0.4j, -1.4705882352941178 + 0.8823529411764707j]]),
    (
        ops.sqrt,
        [Z],
        [[0.28443224050289156 + 0.17578879212707146j, 0.1747847305011835 + 0.6310283360039395j]],
    ),
    (
        ops.sign,
        [Z],
        [[0.35777087639996635 - 0.17888543819998315j, 0.453966843024288 + 0.7566114050404804j]],
    ),
    (
        ops.sigmoid,
        [Z],
        [[0.14088880756994154 + 0.4207182797053216j, 0.23938583323559745 - 0.017746448912420148j]],
    ),
    (ops.mul, [Z, W], [[2 - 1j, -3j], [1 - 2j, -0.5 - 0.3j]]),
    (
        ops.div,
        [Z, W],
        [
            [0.4 + 0.2j, 0.3333333333333333j],
            [-0.44 + 0.08j, -0.05555555555555555 - 0.03333333333333333j],
        ],
    ),
    (
        ops.pow,
        [Z, W],
        [
            [
                -1.1908505756083776 - 1.1457009299021692j,
                -0.0018505083160974978 + 0.0009941847849827261j,
            ],
            [
                -1.5435202193317497 + 1.6532419537755523j,
                0.0010712927357417331 - 0.00016964753522258135j,
            ],
        ],
    ),
    (ops.complex, [[1.0, 2.0], [1.0, 3.0]], [[1, 1], [0, 0]]),
    (ops.pow, [[0.0, 0.0, -2.0, 0.0], [0.0, 2.0, 2.0, 1.0]], [[NAN, 0, -4, 1], [0, 0, 0, 0]]),
    (ops.maximum, [[1.0, 2.0, NAN], [1.0, 1.0, 1.0]], [[1, 1, 0], [0, 0, 1]]),
    (ops.floor_mod, [[5.0, -5.0], [3.0, 3.0]], [[1, 1], [-1, 2]]),
    (ops.nextafter, [[5.0, -5.0], [3.0, 3.0]], [[1, 1], [0, 0]]),
    (ops.abs, [[0.0, 2.0]], [[0, 1]]),
    (
        ops.igamma,
        [[0.5, 2.0], [3.0, 3.0]],
        [[-0.047240354120731354, -0.19742543995380402], [0.01621739022583, 0.14936120510359183]],
    ),
    (ops.zeta, [[1.5, 2.0], [3.0, 3.0]], [None, [-0.24706587195396423, -0.1541137993335724]]),
    (ops.polygamma, [[1.0, 2.0], [3.0, 3.0]], [None, [-0.1541137993335724, 0.11893940716981888]]),
]


@pytest.mark.parametrize(
    ("op", "inputs", "expected"),
    GRADIENTS,
    ids=[f"{op.name}-{np.asarray(inputs[0]).dtype}" for op, inputs, _ in GRADIENTS],
)
def test_gradients(op: Any, inputs: Any, expected: Any) -> None:
    tensors = [convert_to_tensor(np.asarray(x)) for x in inputs]
    with GradientTape() as tape:
        for tensor in tensors:
            tape.watch(tensor)
        result = op(*tensors)
    for found, want in zip(tape.gradient(result, tensors), expected, strict=True):
        if want is None:
            assert found is None
        else:
            np.testing.assert_allclose(np.asarray(found), want, rtol=1e-6, atol=1e-12)
