"""Tests generated from the op table: op x dtype x sample.

Every op: the inferred type is the type of the reference's result, compiled code gives the
reference's values, gradients of first and second order are the numerical ones. A record's samples
hold special values, empty arrays and single elements; they are cast to every dtype of the op.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from caudal import ops
from caudal.errors import CaudalError, InvalidArgumentError
from caudal.framework import GradientTape, convert_to_tensor
from caudal.ir.dtypes import DType, as_dtype
from caudal.ir.program import Program
from caudal.ops.leaf import new_input
from caudal.ops.record import Elementwise, Op, Sample, type_of
from caudal.runtime import load

Array = np.ndarray[Any, Any]

COMPILED = (
    "float32",
    "float64",
    "int32",
    "int64",
    "uint8",
    "bool",
    "float16",
    "bfloat16",
    "uint32",
)
RARE = ("int8", "int16", "uint16", "uint64")
COMPLEX = ("complex64", "complex128")

# Relative and absolute tolerance of compiled against reference. An elementwise op differs by the
# rounding of one function, a structured one by the order of its sums.
TOLERANCE = {
    "float32": ((2e-6, 1e-7), (2e-5, 1e-5)),
    "float64": ((1e-13, 1e-14), (1e-11, 1e-12)),
    "float16": ((2e-3, 1e-4), (1e-2, 1e-2)),
    "bfloat16": ((1e-2, 1e-4), (4e-2, 4e-2)),
}


def _rng(op: Op) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(op.name.encode()))


def _lead(op: Op, sample: Sample) -> np.dtype[Any] | None:
    """The dtype that is varied: the first input's, unless that may have only one kind of dtype.

    Then (select's condition, a code) it is the dtype of the first input of another kind.
    """
    found = [x.dtype for x in sample.inputs]
    if not found or len(op.dtypes) > 1:
        return found[0] if found else None
    fixed = _family(op.dtypes[0].np_dtype)
    return next((dtype for dtype in found if _family(dtype) != fixed), found[0])


def _family(dtype: np.dtype[Any]) -> str:
    kind = as_dtype(dtype).kind
    return {"float": "float", "complex": "float", "int": "int", "uint": "int"}.get(kind, kind)


def _cast(x: Array, dtype: DType) -> Array:
    if dtype.is_integer and x.dtype.kind == "f":
        x = np.where(np.isfinite(x) & (np.abs(x) < 100), np.round(x), 1.0)
    with np.errstate(all="ignore"):
        return np.asarray(x > 0 if dtype.is_bool else x, dtype.np_dtype)


def _accepts(op: Op, inputs: tuple[Array, ...], params: dict[str, Any]) -> bool:
    try:
        op.infer(*map(type_of, inputs), **params)
    except CaudalError:
        return False
    return True


def variants(op: Op, dtype: DType) -> Iterator[Sample]:
    """The op's samples with the varied inputs cast to ``dtype``, as far as the op takes them."""
    samples = list(op.samples(_rng(op)))
    family = _family(dtype.np_dtype)
    own = [s for s in samples if (lead := _lead(op, s)) is not None and _family(lead) == family]
    for sample in own or samples:
        lead = _lead(op, sample)
        if not sample.inputs or not (dtype in op.dtypes or lead != sample.inputs[0].dtype):
            continue
        sample = _with_fixed(op, sample)
        every = tuple(_cast(x, dtype) if x.dtype == lead else np.asarray(x) for x in sample.inputs)
        # Indices have the lead's dtype too when the samples are of integers.
        first = tuple(
            _cast(x, dtype)
            if k == 0 or (x.dtype == lead and x.dtype.kind == "f")
            else np.asarray(x)
            for k, x in enumerate(sample.inputs)
        )
        for inputs in (first, every):
            if inputs is every and _loses_a_sign(op, sample, dtype):
                continue
            if _accepts(op, inputs, sample.params):
                yield Sample(inputs, sample.params, sample.differentiable)
                break


def _loses_a_sign(op: Op, sample: Sample, dtype: DType) -> bool:
    """Whether a negative index would become a huge one of 64 bits."""
    indices = sample.inputs[1:]
    structured = not isinstance(op.emit, Elementwise)
    return structured and dtype.name == "uint64" and any((x < 0).any() for x in indices)


def _with_fixed(op: Op, sample: Sample) -> Sample:
    """A sample whose first input has the one dtype that it may have."""
    if len(op.dtypes) > 1:
        return sample
    first = _cast(sample.inputs[0], op.dtypes[0])
    return Sample((first, *sample.inputs[1:]), sample.params, sample.differentiable)


def _takes(op: Op, dtype: DType) -> bool:
    return dtype in op.dtypes or len(op.dtypes) == 1


CASES = [
    pytest.param(
        op, as_dtype(name), id=f"{name_of}-{name}", marks=pytest.mark.slow if name in RARE else ()
    )
    for name_of, op in sorted(ops.TABLE.items())
    for name in COMPILED + RARE
    if _takes(op, as_dtype(name)) and list(variants(op, as_dtype(name)))
]
REFERENCE_CASES = [
    pytest.param(op, as_dtype(name), id=f"{name_of}-{name}")
    for name_of, op in sorted(ops.TABLE.items())
    for name in RARE + COMPLEX
    if _takes(op, as_dtype(name))
]


def _results(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _check_types(op: Op, sample: Sample) -> tuple[Array, ...]:
    results = _results(op(*sample.inputs, **sample.params))
    inferred = _results(op.infer(*map(type_of, sample.inputs), **sample.params))
    assert tuple(map(type_of, results)) == inferred, sample
    return results


@pytest.mark.parametrize(("op", "dtype"), CASES)
def test_compiled_is_the_reference(op: Op, dtype: DType) -> None:
    samples = list(variants(op, dtype))
    expected = [result for sample in samples for result in _check_types(op, sample)]
    inputs, outputs = [], []
    for sample in samples:
        nodes = [new_input(type_of(x)) for x in sample.inputs]
        inputs += nodes
        if nodes:
            outputs += _results(op(*nodes, **sample.params))
    if not inputs:
        pytest.skip("no inputs to compile for")
    program = Program(tuple(inputs), (), tuple(outputs), name=op.name)
    arrays = [x for sample in samples for x in sample.inputs]
    actual = load(program).run(arrays, [])
    for node, got, want in zip(outputs, actual, expected, strict=True):
        assert type_of(got) == node.type == type_of(want)
        name = node.dtype.name
        if name in TOLERANCE:
            relative, absolute = TOLERANCE[name][not isinstance(op.emit, Elementwise)]
            wide = np.float64
            with np.errstate(invalid="ignore"):
                got, want = got.astype(wide), want.astype(wide)
            np.testing.assert_allclose(got, want, rtol=relative, atol=absolute)
        else:
            np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(("op", "dtype"), REFERENCE_CASES)
def test_types_of_the_other_dtypes(op: Op, dtype: DType) -> None:
    for sample in variants(op, dtype):
        _check_types(op, sample)


# --- gradients --------------------------------------------------------------------------------


def _in_range(op: Op, sample: Sample) -> bool:
    """Whether eager code takes the sample: some hold indices that compiled code ignores."""
    check = _Directional(op, sample, np.random.default_rng(0))
    try:
        check.first(check.point)
    except InvalidArgumentError:
        return False
    return True


def _smooth_samples(op: Op) -> list[Sample]:
    return [
        sample
        for sample in op.samples(_rng(op))
        if sample.differentiable
        and _in_range(op, sample)
        and any(x.dtype == np.float64 and x.size for x in sample.inputs)
        and all(
            part.dtype.name == "float64"
            for part in _results(op.infer(*map(type_of, sample.inputs), **sample.params))
        )
    ]


# Of the central differences.
STEP = 1e-5


def _dot(xs: list[Array], ys: list[Array]) -> float:
    return float(sum((x * y).sum() for x, y in zip(xs, ys, strict=True)))


class _Directional:
    """phi(x) = <seed, op(x)> over the float64 inputs of a sample, and its gradients."""

    def __init__(self, op: Op, sample: Sample, rng: np.random.Generator) -> None:
        self.op, self.sample = op, sample
        self.places = [k for k, x in enumerate(sample.inputs) if x.dtype == np.float64]
        self.point = [sample.inputs[k] for k in self.places]
        results = _results(op(*sample.inputs, **sample.params))
        self.seeds = [rng.normal(size=part.shape) for part in results]

    def inputs(self, point: list[Any]) -> list[Any]:
        full: list[Any] = list(self.sample.inputs)
        for place, x in zip(self.places, point, strict=True):
            full[place] = x
        return full

    def value(self, point: list[Array]) -> float:
        results = _results(self.op(*self.inputs(point), **self.sample.params))
        return _dot(list(results), self.seeds)

    def tensors(self, point: list[Array], tape: GradientTape) -> list[Any]:
        tensors = [convert_to_tensor(x) for x in point]
        for tensor in tensors:
            tape.watch(tensor)
        return tensors

    def gradient_of(self, tensors: list[Any], tape: GradientTape, inner: GradientTape) -> list[Any]:
        """First-order gradients as tensors (None where there is no connection)."""
        inputs = [
            x if k in self.places else convert_to_tensor(x)
            for k, x in enumerate(self.inputs(tensors))
        ]
        with inner:
            for tensor in tensors:
                inner.watch(tensor)
            results = _results(self.op(*inputs, **self.sample.params))
        seeds = [convert_to_tensor(seed) for seed in self.seeds]
        found: list[Any] = inner.gradient(list(results), tensors, output_gradients=seeds)
        return found

    def first(self, point: list[Array]) -> list[Array | None]:
        with GradientTape() as tape:
            tensors = self.tensors(point, tape)
            found = self.gradient_of(tensors, tape, GradientTape())
        return [None if g is None else np.asarray(g) for g in found]

    def second(self, point: list[Array], along: list[Array]) -> list[Array | None]:
        """The gradient of <first(x), along>."""
        with GradientTape() as tape:
            tensors = self.tensors(point, tape)
            found = self.gradient_of(tensors, tape, GradientTape())
            total = None
            for g, direction in zip(found, along, strict=True):
                if g is not None:
                    part = ops.mul(g, convert_to_tensor(direction))
                    part = ops.reduce_sum(part, axes=tuple(range(len(part.shape))))
                    total = part if total is None else total + part
        if total is None:
            return [None] * len(point)
        return [None if g is None else np.asarray(g) for g in tape.gradient(total, tensors)]


SMOOTH = [
    pytest.param(op, id=name)
    for name, op in sorted(ops.TABLE.items())
    if op.differentiable and _smooth_samples(op)
]


def _moved(point: list[Array], along: list[Array], step: float) -> list[Array]:
    return [x + step * v for x, v in zip(point, along, strict=True)]


def _directions(
    check: _Directional, connected: list[bool], rng: np.random.Generator
) -> list[Array]:
    """Random directions over the inputs that have a gradient, zero along the others."""
    return [rng.normal(size=x.shape) * use for x, use in zip(check.point, connected, strict=True)]


def _close(analytic: float, numeric: float, scale: float) -> None:
    assert abs(analytic - numeric) <= 2e-6 * max(1.0, abs(numeric), scale), (analytic, numeric)


@pytest.mark.parametrize("op", SMOOTH)
def test_first_gradient_is_the_numerical_one(op: Op) -> None:
    rng = _rng(op)
    for sample in _smooth_samples(op):
        check = _Directional(op, sample, rng)
        found = check.first(check.point)
        for g, x in zip(found, check.point, strict=True):
            assert g is None or (g.shape == x.shape and g.dtype == np.float64)
        along = _directions(check, [g is not None for g in found], rng)
        analytic = _dot(
            [g for g in found if g is not None],
            [v for v, g in zip(along, found, strict=True) if g is not None],
        )
        ahead = check.value(_moved(check.point, along, STEP))
        behind = check.value(_moved(check.point, along, -STEP))
        _close(analytic, (ahead - behind) / (2 * STEP), 0.0)


# Their derivative by the order is itself a numerical one.
FIRST_ORDER_ONLY = {"igamma", "igammac"}


@pytest.mark.parametrize("op", [case for case in SMOOTH if case.id not in FIRST_ORDER_ONLY])
def test_second_gradient_is_the_numerical_one(op: Op) -> None:
    rng = _rng(op)
    for sample in _smooth_samples(op):
        check = _Directional(op, sample, rng)
        found = check.first(check.point)
        connected = [g is not None for g in found]
        along, other = (_directions(check, connected, rng) for _ in range(2))

        def slope(point: list[Array], check=check, along=along) -> float:
            return sum(
                float((g * v).sum())
                for g, v in zip(check.first(point), along, strict=True)
                if g is not None
            )

        ahead = slope(_moved(check.point, other, STEP))
        behind = slope(_moved(check.point, other, -STEP))
        second = check.second(check.point, along)
        analytic = sum(
            float((g * v).sum()) for g, v in zip(second, other, strict=True) if g is not None
        )
        _close(analytic, (ahead - behind) / (2 * STEP), abs(ahead))


# --- the table itself -------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(ops.TABLE) - {"input", "state", "constant", "item"}))
def test_each_op_is_reachable_and_has_samples(name: str) -> None:
    op = ops.TABLE[name]
    assert list(op.samples(_rng(op))), name
    assert getattr(ops, name) is op
