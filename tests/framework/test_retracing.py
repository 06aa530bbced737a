"""How often functions are traced, and the report of too many tracings."""

import logging

import pytest

from caudal.errors import InvalidArgumentError
from caudal.framework import TensorSpec, constant, function
from caudal.ir.dtypes import float32


def reports(caplog):
    return [record.getMessage() for record in caplog.records if "tf.function" in record.message]


@pytest.fixture(autouse=True)
def logged(caplog):
    caplog.set_level(logging.WARNING, logger="tensorflow")


def test_the_argument_that_changes_is_named_once(caplog):
    @function
    def scaled(x, factor):
        return x * factor

    for n in range(12):
        scaled(constant(1.0), float(n))
    (text,) = reports(caplog)
    assert "'scaled'" in text
    assert "the Python value of the argument 'factor' (0.0, 1.0, 2.0, 3.0, 4.0)" in text
    assert "'x'" not in text


def test_shapes_and_objects_are_named(caplog):
    class Model:
        @function
        def step(self, batch):
            return batch

    model = Model()
    for n in range(5):
        model.step(constant([0.0] * (n + 1)))
    other = function(lambda thing, x: x)
    for _ in range(5):
        other(object(), constant(1.0))
    shapes, objects = reports(caplog)
    assert "the argument 'batch' (float32[1], float32[2]," in shapes
    assert "the object in the argument 'thing'" in objects


def test_calls_in_between_that_do_not_trace_are_no_explosion(caplog):
    f = function(lambda x: x)
    for n in range(10):
        f(constant([0.0] * (n + 1)))
        f(constant([0.0]))
    assert reports(caplog) == []


def test_tracings_are_counted_as_in_tensorflow():
    calls = [constant([0.0] * n) for n in (1, 2, 3, 4)]
    exact = function(lambda x: x)
    relaxed = function(lambda x: x, reduce_retracing=True)
    older = function(lambda x: x, experimental_relax_shapes=True)
    signed = function(lambda x: x, input_signature=[TensorSpec([None], float32)])
    for f in (exact, relaxed, older, signed):
        for x in calls:
            assert f(x).shape == x.shape
    counts = [f.experimental_get_tracing_count() for f in (exact, relaxed, older, signed)]
    assert counts == [4, 2, 2, 1]


def test_a_concrete_function_shows_its_graph():
    f = function(lambda x: {"y": x * 2.0})
    concrete = f.get_concrete_function(TensorSpec([2], float32))
    kinds = [operation.type for operation in concrete.graph.get_operations()]
    assert kinds == ["input", "constant", "mul"]
    assert concrete.graph.variables == ()
    assert "TensorSpec(shape=(2,)" in concrete.pretty_printed_signature()
    with pytest.raises(NotImplementedError, match="GraphDef"):
        concrete.graph.as_graph_def()


class Served:
    @function(
        input_signature=[TensorSpec([None, 2], float32, name="rows"), TensorSpec([], float32)]
    )
    def scaled(self, x, a):
        return {"out": x * a, "sum": x[0] * a}


def test_open_functions_take_tensors_in_order_or_by_name():
    opened = Served().scaled.get_concrete_function()
    x, a = constant([[1.0, 2.0]]), constant(3.0)
    calls = [opened(x, a), opened(rows=x, a=a), opened(a=a, x=x), opened(x, a=a)]
    for found in calls:
        assert found["out"].numpy().tolist() == [[3.0, 6.0]]
    expected = {"out": TensorSpec([None, 2], float32), "sum": TensorSpec([2], float32)}
    assert opened.structured_outputs == expected
    assert opened.outputs == [expected["out"], expected["sum"]]
    with pytest.raises(InvalidArgumentError, match="received the keyword 'y'"):
        opened(x, y=a)
    with pytest.raises(InvalidArgumentError, match="expected 2 tensors, received 1"):
        opened(x)


def test_concrete_functions_take_keywords_in_any_order():
    @function
    def f(x, a, scale=2.0):
        return (x - a) * scale

    concrete = f.get_concrete_function(TensorSpec([], float32), TensorSpec([], float32))
    assert float(concrete(a=constant(1.0), x=constant(5.0))) == 8.0
    assert float(concrete(constant(5.0), constant(1.0))) == 8.0
    with pytest.raises(InvalidArgumentError, match="received the keyword 'b'"):
        concrete(constant(5.0), b=constant(1.0))
    assert [tensor.shape for tensor in concrete.graph.inputs] == [(), ()]
    assert concrete.graph.structured_outputs is concrete.graph.outputs[0]
