"""tf.function and trace: signatures, state, gradients through compiled calls."""

import copy
import gc
import inspect
import threading
import weakref
from collections import namedtuple

import numpy as np
import pytest

from caudal import ops
from caudal.errors import DTypeError, FailedPreconditionError, InvalidArgumentError
from caudal.framework import (
    GradientTape,
    SymbolicTensor,
    TensorSpec,
    Variable,
    abstract_eval,
    choose,
    constant,
    convert_to_tensor,
    custom_gradient,
    executing_eagerly,
    function,
    functions_run_eagerly,
    inside_function,
    random_state,
    run_functions_eagerly,
    stop_gradient,
    trace,
)
from caudal.ir.dtypes import float32
from caudal.ir.types import Type


def test_decorator_with_and_without_arguments():
    @function
    def plain(x):
        """Doubles."""
        return x * 2.0

    @function(jit_compile=True, reduce_retracing=True, autograph=False)
    def optioned(x):
        return x * 3.0

    assert float(plain(constant(2.0))) == 4.0
    assert float(optioned(constant(2.0))) == 6.0
    assert float(function(lambda x: x + 1.0)(constant(2.0))) == 3.0
    assert plain.__doc__ == "Doubles."
    assert plain.__name__ == "plain"
    assert function(plain) is plain
    with pytest.raises(DTypeError):
        function(3)


def test_retraces_on_new_signatures_only():
    seen = []

    @function
    def f(x):
        seen.append(x)
        return x

    for value in (constant(1.0), constant(2.0), np.float32(3)):
        f(value)
    assert f.experimental_get_tracing_count() == len(seen) == 1
    f(constant([1.0, 2.0]))
    f(np.ones(2, np.float32))
    assert len(seen) == 2
    f(1)
    f(1)
    f(2)
    assert len(seen) == 4
    f(constant(1))
    assert len(seen) == 5


def test_the_cache_is_bounded():
    @function
    def f(n):
        return constant(float(n))

    for n in range(200):
        f(n)
    assert len(f._cache) <= 128
    assert float(f(3)) == 3.0


def test_defaults_and_keywords_are_one_signature():
    @function
    def f(x, scale=2.0, *, shift=1.0):
        return x * scale + shift

    x = constant(3.0)
    assert [float(f(x)), float(f(x, 2.0)), float(f(scale=2.0, x=x)), float(f(x, shift=1.0))] == [
        7.0
    ] * 4
    assert f.experimental_get_tracing_count() == 1
    with pytest.raises(TypeError, match="missing a required argument"):
        f()


def test_structures_in_and_out():
    Pair = namedtuple("Pair", "a b")

    @function
    def f(d, pair):
        total = d["x"] + d["y"][0] + pair.b
        return {"sum": total, "rest": [None, 2.5, (1, np.ones(2))], "pair": Pair(total, pair.a)}

    result = f({"x": constant(1.0), "y": [constant(2.0)]}, Pair(constant(3), constant(4.0)))
    assert float(result["sum"]) == 7.0
    assert result["rest"][0] is None
    assert float(result["rest"][1]) == 2.5
    assert result["rest"][2][0].dtype == "int32"
    assert result["rest"][2][1].dtype == "float64"
    assert isinstance(result["pair"], Pair)
    assert int(result["pair"].b) == 3
    f({"x": constant(1.0), "y": [constant(2.0)]}, Pair(constant(3), constant(4.0)))
    assert f.experimental_get_tracing_count() == 1


def test_results_must_be_tensors():
    with pytest.raises(DTypeError, match="must return tensors"):
        function(lambda x: object())(constant(1.0))
    assert function(lambda x: None)(constant(1.0)) is None


def test_variables_are_state():
    v = Variable(1.0)

    @function
    def f():
        a = v * 1.0
        v.assign(5.0)
        b = v * 1.0
        v.assign_add(1.0)
        return a, b, v

    assert [float(t) for t in f()] == [1.0, 5.0, 6.0]
    assert float(v) == 6.0
    v.assign(10.0)
    assert [float(t) for t in f()] == [10.0, 5.0, 6.0]
    assert f.experimental_get_tracing_count() == 1


def test_variable_arguments():
    v, w = Variable(2.0), Variable(7.0)

    @function
    def add(target, x):
        return target.assign_add(x)

    assert float(add(v, 1.0)) == 3.0
    assert float(add(w, 1.0)) == 8.0
    assert float(v) == 3.0


def test_swapped_variables():
    a, b = Variable(1.0), Variable(2.0)

    @function
    def swap():
        old = a.value()
        a.assign(b)
        b.assign(old)

    swap()
    assert (float(a), float(b)) == (2.0, 1.0)


def test_variables_made_on_the_first_call():
    class Layer:
        def __init__(self):
            self.v = None

        @function
        def __call__(self, x):
            if self.v is None:
                self.v = Variable(constant([1.0, 1.0]) * 3.0)
            return self.v * x

    layer = Layer()
    assert layer(constant(2.0)).numpy().tolist() == [6.0, 6.0]
    layer.v.assign([1.0, 2.0])
    assert layer(constant(2.0)).numpy().tolist() == [2.0, 4.0]
    assert Layer.__call__.experimental_get_tracing_count() == 1
    other = Layer()
    assert other(constant(3.0)).numpy().tolist() == [9.0, 9.0]
    assert other.v is not layer.v


def test_variables_made_by_every_call_are_an_error():
    @function
    def f(x):
        return Variable(1.0) + x

    with pytest.raises(InvalidArgumentError, match="Make variables once"):
        f(constant(1.0))
    with pytest.raises(InvalidArgumentError, match="made inside"):
        trace(lambda: Variable(1.0) + 1.0, [])


def test_an_initial_value_that_needs_the_arguments():
    with pytest.raises(InvalidArgumentError, match="depends on the function's arguments"):
        function(lambda x: Variable(x * 2.0) + 1.0)(constant(1.0))


def test_methods():
    class Counter:
        def __init__(self):
            self.count = Variable(0)

        @function
        def add(self, n):
            return self.count.assign_add(n)

    a, b = Counter(), Counter()
    a.add(constant(2))
    a.add(constant(3))
    assert (int(a.count), int(b.add(constant(10)))) == (5, 10)
    gone = weakref.ref(b)
    del b
    gc.collect()
    assert gone() is None


def test_nested_functions_are_inlined():
    v = Variable(1.0)

    @function
    def inner(x):
        v.assign_add(1.0)
        return x * v

    @function
    def outer(x):
        return inner(x) + inner(x)

    assert float(outer(constant(1.0))) == 5.0
    assert inner.experimental_get_tracing_count() == 0


def test_input_signature():
    @function(input_signature=[TensorSpec([None], float32)])
    def f(x):
        return x * 2.0

    assert f([1, 2]).numpy().tolist() == [2.0, 4.0]
    assert f(constant([1.0])).numpy().tolist() == [2.0]
    for bad in (constant([[1.0]]), constant([1])):
        with pytest.raises(TypeError, match="input_signature expects"):
            f(bad)
    with pytest.raises(TypeError):
        f(constant([1.0]), constant([1.0]))
    open_function = f.get_concrete_function()
    assert open_function(constant([3.0])).numpy().tolist() == [6.0]


def test_input_signature_of_a_method():
    class Model:
        @function(input_signature=[TensorSpec([None], float32)])
        def __call__(self, x):
            return x + 1.0

    assert Model()([1.0]).numpy().tolist() == [2.0]


def test_concrete_functions():
    @function
    def f(x, n):
        return {"y": x * float(n)}

    concrete = f.get_concrete_function(TensorSpec([2], float32), 3)
    assert concrete(constant([1.0, 2.0]))["y"].numpy().tolist() == [3.0, 6.0]
    assert concrete.structured_outputs == {"y": TensorSpec([2], float32)}
    (args, kwargs) = concrete.structured_input_signature
    assert args == (TensorSpec([2], float32, "x"), 3)
    assert kwargs == {}
    assert f(constant([1.0, 2.0]), 3)["y"].numpy().tolist() == [3.0, 6.0]
    assert f.experimental_get_tracing_count() == 1


def test_strings_run_op_by_op():
    assert function(lambda s: s + "b")(constant("a")).numpy() == b"ab"


def test_run_functions_eagerly():
    kinds = []

    @function
    def f(x):
        kinds.append((isinstance(x, SymbolicTensor), executing_eagerly(), inside_function()))
        return x

    f(constant(1.0))
    run_functions_eagerly(True)
    try:
        assert functions_run_eagerly()
        f(constant(1.0))
    finally:
        run_functions_eagerly(False)
    assert kinds == [(True, False, True), (False, True, False)]


# --- gradients --------------------------------------------------------------------------------


def test_gradient_through_a_call():
    w = Variable([2.0, 3.0])

    @function
    def f(x):
        return ops.reduce_sum(ops.exp(x) * w, axes=(0,))

    x = constant([0.5, -0.5])
    for _ in range(2):
        with GradientTape() as tape:
            tape.watch(x)
            y = f(x) * 2.0
        dx, dw = tape.gradient(y, [x, w])
        np.testing.assert_allclose(dx.numpy(), 2 * np.exp([0.5, -0.5]) * [2, 3], rtol=1e-6)
        np.testing.assert_allclose(dw.numpy(), 2 * np.exp([0.5, -0.5]), rtol=1e-6)
    assert f.experimental_get_tracing_count() == 1


def test_second_order_through_a_call():
    w = Variable(2.0)

    @function
    def f(x):
        return x * x * x * w

    x = constant(3.0)
    with GradientTape(persistent=True) as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        first = inner.gradient(y, x)
    assert float(first) == 54.0
    assert float(outer.gradient(first, x)) == 36.0
    assert float(outer.gradient(first, w)) == 27.0


def test_gradient_of_a_call_that_updates_its_variable():
    v = Variable(3.0)

    @function
    def f(x):
        y = x * v
        v.assign_add(10.0)
        return y * v

    x = constant(2.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    assert float(y) == 2.0 * 3.0 * 13.0
    # The second reading is v + 10, so both readings depend on v.
    dx, dv = tape.gradient(y, [x, v])
    assert float(dx) == 39.0
    assert float(v) == 13.0
    assert dv is not None


def test_several_results_some_of_them_integers():
    @function
    def f(x):
        return x * 2.0, ops.cast(x, dtype=convert_to_tensor(1).dtype), x * x

    x = constant(3.0)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        a, count, c = f(x)
    assert int(count) == 3
    assert float(tape.gradient(a, x)) == 2.0
    assert float(tape.gradient([a, c], x)) == 8.0


def test_custom_and_stopped_gradients_survive_compilation():
    @custom_gradient
    def odd(x):
        return x * x, lambda g: g * 100.0

    @function
    def f(x):
        return odd(x) + stop_gradient(x) * x

    x = constant(3.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    assert float(tape.gradient(y, x)) == 103.0


def test_a_tape_inside_a_function():
    v = Variable([1.0, 2.0])

    @function
    def step(x):
        with GradientTape() as tape:
            loss = ops.reduce_sum((v * x - 1.0) * (v * x - 1.0), axes=(0,))
        v.assign_sub(tape.gradient(loss, v) * 0.1)
        return loss

    reference = np.array([1.0, 2.0], np.float32)
    x = np.array([1.0, 0.5], np.float32)
    for _ in range(3):
        loss = step(constant(x))
        np.testing.assert_allclose(float(loss), ((reference * x - 1) ** 2).sum(), rtol=1e-5)
        reference = reference - 0.1 * 2 * (reference * x - 1) * x
    np.testing.assert_allclose(v.numpy(), reference, rtol=1e-5)


# --- trace ------------------------------------------------------------------------------------


def test_trace_keeps_variables_as_state_and_repeats():
    v, total = Variable(1.0), Variable(0.0)

    def step(x):
        v.assign(v * 2.0)
        total.assign_add(v * x)
        return v + 0.5

    traced = trace(step, [Type(float32, ())])
    assert float(traced.run(np.float32(1.0), repeat=4)) == 16.5
    assert (float(v), float(total)) == (16.0, 30.0)
    assert [w.ref() for w in traced.variables] == [v.ref(), total.ref()]
    assert len(traced.program.states) == 2
    assert len(traced.program.updates) == 2
    assert float(traced.run(constant(0.0))) == 32.5


def test_trace_checks_its_inputs():
    traced = trace(lambda x: x * 2.0, [TensorSpec([2], float32)], name="double")
    assert traced.run([1.0, 2.0]).numpy().tolist() == [2.0, 4.0]
    with pytest.raises(InvalidArgumentError, match=r"double: input 0 .*float32\[2\]"):
        traced.run(np.ones(3, np.float32))
    with pytest.raises(InvalidArgumentError, match="expected 1 inputs"):
        traced.run_flat([])
    strided = np.arange(4, dtype=np.float32)[::2]
    assert traced.run(strided).numpy().tolist() == [0.0, 4.0]


def test_read_only_variables_have_no_update():
    v = Variable(2.0)
    traced = trace(lambda x: x * v, [Type(float32, ())])
    assert traced.program.updates == ()
    assert float(traced.run(3.0)) == 6.0


def test_eager_tensors_are_constants():
    offset = constant([1.0, 2.0])
    traced = trace(lambda x: x + offset, [Type(float32, (2,))])
    assert len(traced.program.states) == 0
    assert traced.run([1.0, 1.0]).numpy().tolist() == [2.0, 3.0]


def test_abstract_eval_computes_nothing():
    v = Variable([1.0, 2.0, 3.0])
    calls = []

    def f(x, flag):
        calls.append(flag)
        v.assign_add(x[0])
        return {"y": x @ constant(np.ones((3, 5), np.float32)), "n": None}

    kinds = abstract_eval(f, TensorSpec([2, 3], float32), True)
    assert kinds == {"y": Type(float32, (2, 5)), "n": None}
    assert calls == [True]
    assert v.numpy().tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(InvalidArgumentError, match="not fully known"):
        abstract_eval(f, TensorSpec([None, 3], float32), True)


def test_abstract_eval_inside_a_trace():
    def f(x):
        kind = abstract_eval(lambda y: y * x, x)
        return x * float(kind.shape[0])

    assert trace(f, [Type(float32, (3,))]).run([1.0, 1.0, 1.0]).numpy().tolist() == [3.0] * 3


# --- random state -----------------------------------------------------------------------------


def test_keys_repeat_after_set_seed():
    def draw():
        return [random_state.next_key().numpy().tolist() for _ in range(3)]

    random_state.set_seed(7)
    first = draw()
    random_state.set_seed(7)
    assert draw() == first
    random_state.set_seed(8)
    assert draw() != first
    assert len({tuple(key) for key in first}) == 3
    with pytest.raises(TypeError):
        random_state.set_seed("a")


def test_op_seeds_have_streams_of_their_own():
    random_state.set_seed(7)
    a, b = random_state.next_key(1).numpy().tolist(), random_state.next_key(2).numpy().tolist()
    again = random_state.next_key(1).numpy().tolist()
    random_state.set_seed(7)
    assert random_state.next_key(1).numpy().tolist() == a
    assert len({tuple(a), tuple(b), tuple(again)}) == 3


def test_keys_advance_inside_programs():
    random_state.set_seed(3)
    eager = [random_state.next_key().numpy().tolist() for _ in range(4)]
    random_state.set_seed(3)
    traced = trace(lambda: random_state.next_key(), [])
    assert traced.run().numpy().tolist() == eager[0]
    assert traced.run(repeat=2).numpy().tolist() == eager[2]
    assert random_state.next_key().numpy().tolist() == eager[3]


def test_key_sources_are_independent():
    source = random_state.KeySource(5)
    random_state.set_seed(1)
    a = source.next_key().numpy().tolist()
    source.reset(5)
    assert source.next_key().numpy().tolist() == a


# --- threads ----------------------------------------------------------------------------------


def test_functions_in_several_threads():
    @function
    def f(x):
        return x * 2.0

    results = {}

    def work(n):
        x = constant(np.full(n + 1, float(n), np.float32))
        results[n] = [float(f(x)[0]) for _ in range(20)]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: [2.0 * n] * 20 for n in range(6)}
    assert f.experimental_get_tracing_count() == 6


def test_a_failed_trace_leaves_nothing_open():
    @function
    def f(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        f(constant(1.0))
    assert executing_eagerly()
    assert float(constant(1.0) + 1.0) == 2.0


def test_a_changed_variable_shape_is_an_error():
    v = Variable([1.0], shape=[None])
    traced = trace(lambda: v * 2.0, [])
    v.assign([1.0, 2.0])
    with pytest.raises(FailedPreconditionError, match="had shape"):
        traced.run()


def test_a_function_follows_a_variable_of_open_shape():
    v = Variable([1.0], shape=[None])
    f = function(lambda: v * 2.0)
    assert f().numpy().tolist() == [2.0]
    v.assign([1.0, 2.0])
    assert f().numpy().tolist() == [2.0, 4.0]


def test_python_floats_are_told_apart():
    f = function(lambda x, c: x * c)
    results = [float(f(constant(1.0), c)) for c in (0.0, -0.0)]
    assert [np.signbit(r) for r in results] == [False, True]
    f(constant(1.0), float("nan"))
    count = f.experimental_get_tracing_count()
    f(constant(1.0), float("nan"))
    assert f.experimental_get_tracing_count() == count == 3


def test_a_recorded_call_differentiated_inside_a_function():
    f = function(lambda x: x * x)
    x = constant(3.0)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = f(x)

    @function
    def late(g):
        return tape.gradient(y, x, output_gradients=g)

    with pytest.raises(NotImplementedError, match="same function"):
        late(constant(1.0))


def test_deepcopy_traces_anew():
    f = function(lambda x: x * 2.0)
    f(constant(1.0))
    twin = copy.deepcopy(f)
    assert float(twin(constant(3.0))) == 6.0
    assert twin.experimental_get_tracing_count() == 1


def test_inlined_functions_convert_their_arguments():
    inner = function(lambda x: x, input_signature=[TensorSpec([None], float32)])
    other = function(lambda x: x * 2)

    @function
    def outer():
        return inner([1, 2]), other(np.ones(2, np.float32))

    first, second = outer()
    assert first.dtype == "float32"
    assert second.numpy().tolist() == [2.0, 2.0]


def test_keys_are_unique_across_threads():
    source = random_state.KeySource(1)
    keys = []

    def work():
        keys.extend(tuple(source.next_key().numpy().tolist()) for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(keys)) == 200


def test_both_branches_assign_but_one_is_chosen():
    v, w = Variable(10.0), Variable(0.0)

    def up():
        w.assign_add(1.0)
        return v.assign_add(1.0)

    @function
    def f(x):
        choice = x > 0
        return choose(choice, up, lambda: v.assign_sub(1.0), "f"), v + 0.0

    assert [float(t) for t in f(constant(1.0))] == [11.0, 11.0]
    assert [float(t) for t in f(constant(-1.0))] == [10.0, 10.0]
    assert (float(v), float(w)) == (10.0, 1.0)
    assert f.experimental_get_tracing_count() == 1


def test_signatures_can_be_inspected():
    class Model:
        @function
        def call(self, x, training=False):
            return x

    assert list(inspect.signature(Model().call).parameters) == ["x", "training"]
    assert list(inspect.signature(Model.call).parameters) == ["self", "x", "training"]
