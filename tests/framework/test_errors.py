"""Bad input to tensors and traced functions: our own errors, naming the fix."""

import numpy as np
import pytest

from caudal import ops
from caudal.data import Dataset
from caudal.errors import (
    CaudalError,
    DTypeError,
    FailedPreconditionError,
    InvalidArgumentError,
    MissingNameError,
    ShapeError,
    UnimplementedError,
)
from caudal.framework import (
    GradientTape,
    Variable,
    abstract_eval,
    constant,
    convert_to_tensor,
    function,
    nest,
    trace,
)
from caudal.ir.dtypes import float32
from caudal.ir.types import Type

X = constant([1.0, 2.0])


@pytest.mark.parametrize(
    "use",
    [
        lambda x: 1 if x[0] > 0 else 2,
        lambda x: x[0] and x[1],
        lambda x: int(x[0]),
        lambda x: float(x[0]),
        lambda x: list(range(x[0])),
        lambda x: x.numpy(),
        lambda x: np.sum(x),
        lambda x: np.asarray(x),
        lambda x: f"{x[0]:.3f}",
        lambda x: 1.0 in x,
        lambda x: round(x[0]),
        lambda x: complex(x[0]),
    ],
)
def test_a_traced_tensor_has_no_value(use):
    with pytest.raises((DTypeError, MissingNameError)) as info:
        function(lambda x: use(x))(X)
    message = str(info.value)
    assert "being traced" in message
    assert "tf.function" in message
    # The name of the tensor and of the function.
    assert "'" in message
    assert "<lambda>" in message


def test_the_error_names_the_argument():
    @function
    def scale(x, times):
        return x * float(times)

    with pytest.raises(DTypeError, match=r"float\(\) of the tensor 'times:0'.*'scale'"):
        scale(X, constant(2.0))


def test_a_traced_tensor_prints():
    texts = []

    @function
    def f(x):
        texts.extend([repr(x), str(x), f"{x}"])
        return x

    f(X)
    assert texts == [
        "<tf.Tensor 'x:0' shape=(2,) dtype=float32>",
        'Tensor("x:0", shape=(2,), dtype=float32)',
        'Tensor("x:0", shape=(2,), dtype=float32)',
    ]


def test_traced_tensors_can_be_unpacked_along_a_known_axis():
    @function
    def f(x):
        a, b = x
        return sum(y * y for y in x) + a * b

    assert float(f(X)) == 7.0


@pytest.mark.parametrize("use", [lambda t: t + 1.0, lambda t: -t, lambda t: X * t, lambda t: t[0]])
def test_a_leaked_tensor(use):
    kept = []

    @function
    def keeper(x):
        kept.append(x * 2.0)
        return x

    keeper(X)
    with pytest.raises(FailedPreconditionError, match=r"'mul:0'.*'keeper'.*Return it"):
        use(kept[0])
    with pytest.raises(FailedPreconditionError, match="keeper"):
        function(lambda x: x + kept[0])(X)
    with pytest.raises(FailedPreconditionError, match="keeper"):
        Variable([1.0, 2.0]).assign(kept[0])
    with pytest.raises(FailedPreconditionError, match="keeper"):
        Variable(kept[0])
    with pytest.raises(FailedPreconditionError, match="keeper"):
        trace(lambda x: x, [Type(float32, (2,))]).run(kept[0])
    with pytest.raises(FailedPreconditionError, match="keeper"):
        function(lambda x: x)(kept[0])


def test_shapes_inside_a_function():
    v = Variable([1.0], shape=[None])
    with pytest.raises(ShapeError, match="inside a traced"):
        function(lambda x: v.assign(x))(X)
    with pytest.raises(InvalidArgumentError, match="Incompatible shapes"):
        function(lambda x, y: x + y)(X, constant([1.0, 2.0, 3.0]))
    with pytest.raises(InvalidArgumentError, match="cannot compute add"):
        function(lambda x, y: x + y)(X, constant([1, 2]))


def test_strings_inside_a_function():
    with pytest.raises(DTypeError, match="Strings"):
        function(lambda x: ops.equal(x, constant("a")))(X)


def test_indices_out_of_range():
    x = constant(np.arange(6.0).reshape(3, 2))
    with pytest.raises(InvalidArgumentError, match=r"gather: indices\[1\] = 3 is not in \[0, 3\)"):
        ops.gather(x, constant([0, 3]), axis=0)
    with pytest.raises(InvalidArgumentError, match=r"= -1 is not in"):
        ops.gather(x, constant(-1), axis=0)
    with pytest.raises(InvalidArgumentError, match="does not index into shape"):
        ops.gather_nd(x, constant([[0, 2]]))


def test_gradient_errors_are_ours():
    with pytest.raises(CaudalError):
        GradientTape().gradient(X, "x")
    with pytest.raises(CaudalError):
        with GradientTape() as tape:
            tape.watch(X)
            y = X * X
        tape.gradient(y, X, unconnected_gradients="nothing")


def test_nest():
    assert nest.flatten({"b": 1, "a": [2, (3, None)]}) == [2, 3, None, 1]
    assert nest.pack_sequence_as({"b": 0, "a": (0,)}, [1, 2]) == {"b": 2, "a": (1,)}
    assert nest.map_structure(lambda a, b: a + b, [1, (2,)], [10, (20,)]) == [11, (22,)]
    assert nest.flatten("abc") == ["abc"]
    assert len(nest.flatten(np.zeros(2))) == 1
    assert nest.flatten(constant([1.0]).shape) == [[1]]
    with pytest.raises(ValueError, match="leaves"):
        nest.pack_sequence_as([1, [2]], [5])
    with pytest.raises(ValueError, match="differ"):
        nest.map_structure(lambda a, b: a, [1, 2], [3])
    with pytest.raises(TypeError, match="tuple"):
        nest.map_structure(lambda a, b: a, [1, 2], (3, 4))
    with pytest.raises(ValueError, match="one has"):
        nest.assert_same_structure([1], 1)
    with pytest.raises(ValueError, match="unknown argument"):
        nest.map_structure(lambda a: a, [1], check=True)


def test_abstract_eval_lets_errors_through():
    with pytest.raises(ShapeError):
        abstract_eval(lambda x: x @ x, Type(float32, (2, 3)))


def test_objects_are_no_tensors():
    for value in (object(), {1: 2}, np.array([object()]), [object()], np.array(["2020"], "M8[D]")):
        with pytest.raises(CaudalError):
            convert_to_tensor(value)


def test_a_loop_over_a_dataset_inside_a_function_is_bounded():
    @function
    def total(dataset):
        result = constant(0, "int64")
        for value in dataset:
            result += value
        return result

    assert int(total(Dataset.range(5))) == 10
    with pytest.raises(UnimplementedError, match="unrolled"):
        total(Dataset.range(1000))
