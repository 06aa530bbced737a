"""The compiled form of structured ops, run by small interpreters in place of the code generator.

`PullMachine` evaluates a Pull at one index with Python numbers; `NestMachine` turns what a Nest
writes into Python source and runs it; a contraction's `Loops` are run as the sums that they say.
So an error in a record's emit shows here, and not as an error of the compiler.
"""

import contextlib
import itertools
import operator

import numpy as np
import pytest

from caudal import ops
from caudal.ops.contract import Loops
from caudal.ops.convolution import conv_without_padding
from caudal.ops.record import Contraction, Nest, Op, Pull, Reduce, Window


class Arithmetic:
    """The Builder's methods on NumPy scalars."""

    add, sub, mul = map(staticmethod, (operator.add, operator.sub, operator.mul))
    lt, le, gt, ge = map(staticmethod, (operator.lt, operator.le, operator.gt, operator.ge))
    eq, ne = map(staticmethod, (operator.eq, operator.ne))
    and_, or_, xor = map(staticmethod, (operator.and_, operator.or_, operator.xor))
    shl, lshr = map(staticmethod, (operator.lshift, operator.rshift))
    maximum, minimum = staticmethod(np.maximum), staticmethod(np.minimum)

    @staticmethod
    def not_(x):
        return not x

    @staticmethod
    def select(condition, x, y):
        return x if condition else y

    select_value = select

    @staticmethod
    def const(value, like):
        return np.asarray(value).astype(like.np_dtype)[()]

    @staticmethod
    def convert(value, dtype):
        return np.asarray(value).astype(dtype.np_dtype)[()]

    from_index = convert
    to_index = staticmethod(int)


class PullMachine(Arithmetic):
    def __init__(self, arrays, kind):
        self.arrays, self.type = arrays, kind
        self.types = [ops.type_of(array) for array in arrays]

    def read(self, k, index):
        shape = self.arrays[k].shape
        assert len(index) == len(shape)
        assert all(0 <= i < n for i, n in zip(index, shape, strict=True))
        return self.arrays[k][tuple(index)]

    def read_where(self, condition, k, index, default):
        if condition:
            return self.read(k, index)
        return self.arrays[k].dtype.type(default)

    def index_in(self, i, low, high):
        return low <= i < high

    def divides(self, i, n):
        return i % n == 0

    def all_of(self, conditions):
        return all(conditions)

    def clamp(self, i, low, high):
        return min(max(i, low), high)


class Text:
    """A Python expression that behaves as a value or an index."""

    def __init__(self, text):
        self.text = text

    def _binary(self, sign, other, swap=False):
        other = other.text if isinstance(other, Text) else repr(other)
        pair = (other, self.text) if swap else (self.text, other)
        return Text(f"({pair[0]} {sign} {pair[1]})")

    def __add__(self, other):
        return self._binary("+", other)

    def __radd__(self, other):
        return self._binary("+", other, True)

    def __sub__(self, other):
        return self._binary("-", other)

    def __mul__(self, other):
        return self._binary("*", other)

    def __floordiv__(self, other):
        return self._binary("//", other)

    def __mod__(self, other):
        return self._binary("%", other)


class Buffer:
    def __init__(self, name, kind):
        self.name, self.shape, self.dtype = name, kind.shape, kind.dtype


class Variable:
    def __init__(self, machine, name):
        self.machine, self.name = machine, name

    def get(self):
        # A register, not a place: later stores must not show.
        return self.machine.let(self.name)

    def set(self, value):
        self.machine.line(f"{self.name} = {value.text}")


class NestMachine:
    def __init__(self, types, kind):
        self.ins = [Buffer(f"in{k}", part) for k, part in enumerate(types)]
        self.out = Buffer("out", kind)
        self.lines, self.depth, self.serial, self.loops = [], 0, itertools.count(), 0
        self.constants = {"B": Arithmetic}

    def line(self, text):
        self.lines.append("    " * self.depth + text)

    def let(self, text):
        name = f"v{next(self.serial)}"
        self.line(f"{name} = {text}")
        return Text(name)

    @contextlib.contextmanager
    def _block(self, head, value=None):
        self.line(head)
        self.depth += 1
        self.line("pass")
        yield value
        self.depth -= 1

    def loop(self, extent):
        name = f"i{next(self.serial)}"
        return self._block(f"for {name} in range({extent}):", Text(name))

    vector = loop

    def parallel(self, extent):
        assert self.depth == 0 and self.loops == 0, "parallel is the one outermost loop"
        self.loops += 1
        name = f"i{next(self.serial)}"
        # Backwards: the order of the iterations must not matter.
        return self._block(f"for {name} in reversed(range({extent})):", Text(name))

    def when(self, condition):
        return self._block(f"if {condition.text}:")

    def var(self, value):
        name = f"x{next(self.serial)}"
        self.line(f"{name} = {value.text}")
        return Variable(self, name)

    def _at(self, buffer, index):
        assert len(index) == len(buffer.shape)
        inner = "".join(f"{getattr(i, 'text', i)}, " for i in index)
        return f"{buffer.name}[at({buffer.name}, ({inner}))]"

    def load(self, buffer, index):
        return self.let(self._at(buffer, index))

    def store(self, buffer, index, value):
        self.line(f"{self._at(buffer, index)} = {value.text}")

    def const(self, value, like):
        name = f"c{next(self.serial)}"
        self.constants[name] = Arithmetic.const(value, like)
        return Text(name)

    def convert(self, value, dtype):
        name = f"d{next(self.serial)}"
        self.constants[name] = dtype
        return self.let(f"B.convert({value.text}, {name})")

    from_index = convert

    def to_index(self, value):
        return self.let(f"int({value.text})")

    def __getattr__(self, name):
        def call(*values):
            return self.let(f"B.{name}({', '.join(value.text for value in values)})")

        return call

    def run(self, arrays):
        def at(array, index):
            assert all(0 <= i < n for i, n in zip(index, array.shape, strict=True)), index
            return index

        out = np.full(self.out.shape, 99).astype(self.out.dtype.np_dtype)
        names = {f"in{k}": array for k, array in enumerate(arrays)}
        exec("\n".join(self.lines), {**self.constants, **names, "out": out, "at": at})
        return out


def _cases(kind):
    rng = np.random.default_rng(3)
    for op in list(ops.TABLE.values()):
        if isinstance(op.emit, kind):
            for position, sample in enumerate(op.samples(rng)):
                yield pytest.param(op, sample, id=f"{op.name}-{position}")


def _typed(op: Op, sample):
    """The sample's arrays in a dtype that the op takes."""
    arrays = list(sample.inputs)
    if op.name == "threefry":
        arrays[0] = arrays[0].astype(np.uint32)
    return arrays


@pytest.mark.parametrize(("op", "sample"), list(_cases(Pull)))
def test_pull(op, sample):
    arrays = _typed(op, sample)
    expected = op.evaluate(*arrays, **sample.params)
    machine = PullMachine(arrays, ops.type_of(expected))
    actual = np.empty_like(expected)
    with np.errstate(over="ignore"):
        for index in np.ndindex(expected.shape):
            actual[index] = op.emit.fn(machine, index, **sample.params)
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize(("op", "sample"), list(_cases(Nest)))
def test_nest(op, sample):
    arrays = _typed(op, sample)
    expected = op.evaluate(*arrays, **sample.params)
    machine = NestMachine([ops.type_of(array) for array in arrays], ops.type_of(expected))
    op.emit.fn(machine, **sample.params)
    np.testing.assert_allclose(machine.run(arrays), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("op", "sample"), list(_cases((Reduce, Window))))
def test_fold_combines_and_starts_as_its_reference(op, sample):
    x = sample.inputs[0]
    dtype = ops.type_of(x).dtype
    start = op.emit.init(dtype)
    assert np.asarray(start).dtype == dtype.np_dtype
    if isinstance(op.emit, Window):
        return  # Its geometry is the compiler's own.
    axes = sample.params["axes"]
    expected = op.evaluate(x, **sample.params)
    count = int(np.prod([x.shape[axis] for axis in axes]))
    moved = np.moveaxis(x, axes, range(len(axes))).reshape((count, *expected.shape))
    total = np.full(expected.shape, start)
    for part in moved:
        for index in np.ndindex(total.shape):
            total[index] = op.emit.combine(Arithmetic, total[index], part[index])
    np.testing.assert_allclose(total, expected, rtol=1e-12)


def _run_loops(loops: Loops, left, right, shape):
    out = np.zeros(int(np.prod(shape)), left.dtype)
    left, right = left.reshape(-1), right.reshape(-1)
    for index in itertools.product(*(range(axis.extent) for axis in loops.axes)):
        steps = list(zip(index, loops.axes, strict=True))
        a = loops.lhs_offset + sum(i * axis.lhs for i, axis in steps)
        b = loops.rhs_offset + sum(i * axis.rhs for i, axis in steps)
        out[sum(i * axis.out for i, axis in steps)] += left[a] * right[b]
    return out.reshape(shape)


@pytest.mark.parametrize(("op", "sample"), list(_cases(Contraction)))
def test_contraction(op, sample):
    left, right = sample.inputs
    params = sample.params
    expected = op.evaluate(left, right, **params)
    if "padding" in params:
        before, params = conv_without_padding(**params)
        left = left if before is None else ops.pad(left, **before)
    loops = op.emit.spec((ops.type_of(left), ops.type_of(right)), **params)
    actual = _run_loops(loops, left, right, expected.shape)
    np.testing.assert_allclose(actual, expected, rtol=1e-10, atol=1e-12)
    kinds = [axis.kind for axis in loops.axes]
    assert kinds == sorted(kinds, key=lambda kind: kind == "sum"), "sums come last"
    steps = [axis.out for axis in loops.axes if axis.kind != "sum"]
    assert steps == sorted(steps, reverse=True), "output axes come in the order of the result"
    for axis in loops.axes:
        present = (axis.lhs != 0, axis.rhs != 0, axis.out != 0)
        known = {
            "batch": (True, True, True),
            "row": (True, False, True),
            "col": (False, True, True),
            "sum": (True, True, False),
        }[axis.kind]
        assert present == known or axis.extent <= 1 or 0 in (left.size, right.size)
