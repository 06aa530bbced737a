"""GradientTape: the values are TensorFlow 2.21's."""

import threading
import warnings

import numpy as np
import pytest

from caudal import ops
from caudal.errors import CaudalWarning, FailedPreconditionError, InvalidArgumentError
from caudal.framework import (
    GradientTape,
    UnconnectedGradients,
    Variable,
    constant,
    convert_to_tensor,
    custom_gradient,
    no_gradient,
    stop_gradient,
    stop_recording,
)
from caudal.math.softmax import softmax


def watched(value, **options):
    x = constant(value)
    tape = GradientTape(**options)
    return x, tape


def test_a_tensor_must_be_watched():
    x = constant(3.0)
    with GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, x) is None
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
    assert float(tape.gradient(y, x)) == 6.0


def test_one_gradient_unless_persistent():
    x = constant(3.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(FailedPreconditionError, match="persistent=True"):
        tape.gradient(y, x)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = y * y
    assert [float(tape.gradient(t, x)) for t in (y, z)] == [6.0, 108.0]


def test_unconnected_and_structures():
    x, z = constant(3.0), constant(1.0)
    with GradientTape(persistent=True) as tape:
        tape.watch([x, z])
        y = x * x
    found = tape.gradient(y, {"a": x, "b": (z,)})
    assert float(found["a"]) == 6.0
    assert found["b"] == (None,)
    for zero in ("zero", UnconnectedGradients.ZERO):
        assert float(tape.gradient(y, z, unconnected_gradients=zero)) == 0.0


def test_output_gradients_and_several_targets():
    x = constant([1.0, 2.0])
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = 3.0 * x
    weighted = tape.gradient(y, x, output_gradients=constant([1.0, 10.0]))
    assert weighted.numpy().tolist() == [2.0, 40.0]
    assert tape.gradient([y, z], x).numpy().tolist() == [5.0, 7.0]
    with pytest.raises(InvalidArgumentError, match="output_gradients"):
        tape.gradient([y, z], x, output_gradients=[1.0])


def test_broadcast_inputs_get_summed_gradients():
    rows, column, scalar = constant(np.ones((2, 3), np.float32)), constant([[2.0], [3.0]]), 4.0
    scalar = constant(4.0)
    with GradientTape() as tape:
        tape.watch([rows, column, scalar])
        y = rows * column * scalar
    drows, dcolumn, dscalar = tape.gradient(y, [rows, column, scalar])
    assert drows.numpy().tolist() == [[8.0] * 3, [12.0] * 3]
    assert dcolumn.numpy().tolist() == [[12.0], [12.0]]
    assert float(dscalar) == 15.0


def test_values_used_twice_accumulate():
    x = constant(2.0)
    with GradientTape() as tape:
        tape.watch(x)
        a = x * 3.0
        y = a * a + x
    assert float(tape.gradient(y, x)) == 37.0


def test_gradient_of_a_middle_value():
    x = constant(2.0)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = y * y
    assert float(tape.gradient(z, y)) == 8.0
    both = tape.gradient(z, [x, y])
    assert [float(g) for g in both] == [32.0, 8.0]


def test_target_that_is_the_source():
    x, v = constant(2.0), Variable(2.0)
    with GradientTape(persistent=True) as tape:
        tape.watch([x, v])
    assert float(tape.gradient(x, x)) == 1.0
    assert float(tape.gradient(v, v)) == 1.0


def test_nested_tapes_give_second_order():
    x = constant(2.0)
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = x**3.0
        first = inner.gradient(y, x)
    assert float(first) == 12.0
    assert float(outer.gradient(first, x)) == 12.0


def test_a_persistent_tape_records_its_own_gradient():
    x = constant(2.0)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x**3.0
        first = tape.gradient(y, x)
    assert float(tape.gradient(first, x)) == 12.0


def test_stop_recording_and_reset():
    x = constant(2.0)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        with tape.stop_recording():
            hidden = x * y
        with stop_recording():
            other = x * y
    assert tape.gradient(hidden, x) is None
    assert tape.gradient(other, x) is None
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
        tape.reset()
        tape.watch(x)
        z = 3.0 * x
    assert float(tape.gradient(z, x)) == 3.0
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
        tape.reset()
    assert tape.gradient(y, x) is None


def test_variables():
    v, fixed, u = Variable(1.0), Variable(2.0, trainable=False), Variable(3.0)
    with GradientTape() as tape:
        y = v * fixed * u
    assert [w.ref() for w in tape.watched_variables()] == [v.ref(), u.ref()]
    found = tape.gradient(y, [v, fixed, u])
    assert (float(found[0]), found[1], float(found[2])) == (6.0, None, 2.0)


def test_watch_accessed_variables_off():
    v, u = Variable(1.0), Variable(3.0)
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(u)
        y = v * u
    assert [w.ref() for w in tape.watched_variables()] == [u.ref()]
    assert tape.gradient(y, [v, u])[0] is None


def test_assignment_between_readings():
    v = Variable(2.0)
    with GradientTape() as tape:
        y = v * v
        v.assign(5.0)
        z = y * v
    assert float(tape.gradient(z, v)) == 24.0


def test_jacobians():
    x = constant([[1.0, 2.0], [3.0, 4.0]])
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
    assert tape.jacobian(y, x).numpy().tolist() == [
        [[[2, 0], [0, 0]], [[0, 4], [0, 0]]],
        [[[0, 0], [6, 0]], [[0, 0], [0, 8]]],
    ]
    assert tape.batch_jacobian(y, x).numpy().tolist() == [[[2, 0], [0, 4]], [[6, 0], [0, 8]]]
    z = constant(1.0)
    assert tape.jacobian(y, z) is None
    assert tape.jacobian(y, z, unconnected_gradients="zero").numpy().shape == (2, 2)


def test_integers_have_no_gradient():
    x = constant([1, 2])
    with pytest.warns(CaudalWarning, match="floating"), GradientTape() as tape:
        tape.watch(x)
    with GradientTape() as tape, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tape.watch(x)
        y = x * x
        assert tape.gradient(y, x) is None


def test_bad_arguments():
    with pytest.raises(InvalidArgumentError, match="watch"):
        GradientTape().watch(3.0)
    x = constant(1.0)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        with pytest.raises(InvalidArgumentError, match="already recording"):
            tape.__enter__()
    with pytest.raises(InvalidArgumentError, match="source"):
        tape.gradient(y, 3.0)
    with pytest.raises(InvalidArgumentError, match="target"):
        tape.gradient(None, x)


def test_stop_gradient():
    x = constant(3.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * stop_gradient(x)
    assert float(tape.gradient(y, x)) == 3.0
    assert float(stop_gradient(2.0)) == 2.0


def test_no_gradient():
    x = constant(3.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = no_gradient(lambda t: t * t)(x) + x
    assert float(tape.gradient(y, x)) == 1.0


def test_custom_gradient():
    @custom_gradient
    def f(x):
        return x * x, lambda g: g * 100.0

    x = constant(2.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = f(x) * 2.0
    assert float(y) == 8.0
    assert float(tape.gradient(y, x)) == 200.0


def test_custom_gradient_of_several_arguments_and_results():
    @custom_gradient
    def f(a, b):
        def grad(g1, g2):
            return g1 * 10.0 + g2, g2 * 20.0

        return (a + b, a * b), grad

    a, b = constant(2.0), constant(3.0)
    with GradientTape(persistent=True) as tape:
        tape.watch([a, b])
        s, p = f(a, b)
    assert [float(g) for g in tape.gradient([s, p], [a, b])] == [11.0, 20.0]
    assert [float(g) for g in tape.gradient(s, [a, b])] == [10.0, 0.0]


def test_custom_gradient_with_variables():
    v = Variable(2.0)

    @custom_gradient
    def f(x):
        def grad(g, variables=None):
            assert variables[0] is v
            return g * 7.0, [g * 11.0]

        return x * v, grad

    x = constant(2.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    assert [float(g) for g in tape.gradient(y, [x, v])] == [7.0, 11.0]

    @custom_gradient
    def bad(x):
        return x * v, lambda g: g

    with pytest.raises(TypeError, match="variables"):
        bad(x)


def test_custom_gradient_second_order():
    @custom_gradient
    def cube(x):
        return x * x * x, lambda g: g * 3.0 * x * x

    x = constant(2.0)
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = cube(x)
        first = inner.gradient(y, x)
    assert float(first) == 12.0
    # As in TensorFlow, the gradient function's x is the decorated function's argument.
    assert float(outer.gradient(first, x)) == 12.0


def test_a_deep_chain_does_not_recurse():
    x = constant(1.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = x
        for _ in range(3000):
            y = y + 0.001
    assert float(tape.gradient(y, x)) == 1.0


def test_tapes_are_thread_local():
    results: dict[int, float] = {}
    barrier = threading.Barrier(4)

    def work(number):
        x = constant(float(number))
        with GradientTape() as tape:
            tape.watch(x)
            barrier.wait()
            y = x * x
            for _ in range(50):
                y = y + x
            barrier.wait()
        results[number] = float(tape.gradient(y, x))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: 2.0 * n + 50.0 for n in range(4)}


def test_an_exception_leaves_no_tape_behind():
    x = constant(1.0)
    with pytest.raises(ZeroDivisionError), GradientTape() as tape:
        tape.watch(x)
        raise ZeroDivisionError
    y = x * x
    assert tape.gradient(y, x) is None


def test_gradients_through_movement_and_reduction():
    x = constant(np.arange(6, dtype=np.float32).reshape(2, 3))
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.reduce_sum(ops.transpose(x, perm=(1, 0)) * 2.0, axes=(0,))
        z = ops.reduce_sum(y * y, axes=(0,))
    total = x.numpy().sum(1) * 2
    assert tape.gradient(z, x).numpy().tolist() == np.repeat(4 * total[:, None], 3, 1).tolist()


def test_auto_packed_lists_are_differentiable():
    a, b = constant(1.0), constant(2.0)
    with GradientTape() as tape:
        tape.watch([a, b])
        y = convert_to_tensor([a, b * 3.0]) * constant([5.0, 7.0])
    assert [float(g) for g in tape.gradient(y, [a, b])] == [5.0, 21.0]


def test_a_used_tape_can_record_anew():
    x = constant(3.0)
    tape = GradientTape()
    for _ in range(2):
        with tape:
            tape.watch(x)
            y = x * x
        assert float(tape.gradient(y, x)) == 6.0


def test_a_custom_gradient_has_a_gradient_where_it_uses_what_was_computed():
    @custom_gradient
    def grown(x):
        y = ops.exp(x)
        return y, lambda g: g * y

    x = convert_to_tensor([1.0, 2.0])
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            total = ops.reduce_sum(grown(x), axes=(0,))
        first = inner.gradient(total, x)
        square = ops.reduce_sum(first * first, axes=(0,))
    np.testing.assert_allclose(first, np.exp([1.0, 2.0]), rtol=1e-6)
    np.testing.assert_allclose(outer.gradient(square, x), 2 * np.exp([2.0, 4.0]), rtol=1e-6)


def test_softmax_has_derivatives_of_second_order():
    rng = np.random.default_rng(0)
    x, w = (convert_to_tensor(rng.normal(size=(3, 5))) for _ in range(2))

    def slope(x):
        with GradientTape() as tape:
            tape.watch(x)
            total = ops.reduce_sum(softmax(x) * w, axes=(0, 1))
        return tape.gradient(total, x)

    p, g = softmax(x).numpy(), w.numpy()
    centred = g - (p * g).sum(1, keepdims=True)
    np.testing.assert_allclose(slope(x), p * centred, rtol=1e-10)
    with GradientTape() as tape:
        tape.watch(x)
        square = ops.reduce_sum(slope(x) * slope(x), axes=(0, 1))
    found = tape.gradient(square, x).numpy()
    step = 1e-6
    for at in np.ndindex(3, 5):
        moved = np.zeros((3, 5))
        moved[at] = step
        sides = [(slope(x + sign * moved).numpy() ** 2).sum() for sign in (1, -1)]
        np.testing.assert_allclose(found[at], (sides[0] - sides[1]) / (2 * step), atol=1e-8)
