import numpy as np
import pytest
from golden import GOLDEN, label

from caudal.errors import CaudalWarning, FailedPreconditionError, InvalidArgumentError
from caudal.framework import GradientTape, function
from caudal.keras import optimizers
from caudal.keras.optimizers import schedules
from caudal.keras.variables import Variable

GRADIENTS = [
    ([0.1, -0.2, 0.3], [0.5]),
    ([-0.3, 0.1, 0.2], [-0.4]),
    ([0.05, 0.0, -0.1], [0.2]),
]


def variables():
    return Variable(np.float32([1.0, -2.0, 3.0])), Variable(np.float32([0.5]))


def run(optimizer, a, b):
    for first, second in GRADIENTS:
        optimizer.apply_gradients([(np.float32(first), a), (np.float32(second), b)])


@pytest.mark.parametrize("row", GOLDEN["optimizers"], ids=label)
def test_three_steps_are_those_of_keras(row):
    name, options, expected_a, expected_b = row
    optimizer = getattr(optimizers, name)(learning_rate=0.1, **options)
    a, b = variables()
    run(optimizer, a, b)
    optimizer.finalize_variable_values([a, b])
    np.testing.assert_allclose(a.numpy(), expected_a, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(b.numpy(), expected_b, rtol=1e-5, atol=1e-6)
    assert int(optimizer.iterations) == 3


@pytest.mark.parametrize("row", GOLDEN["optimizers"], ids=label)
def test_three_compiled_steps_are_those_of_keras(row):
    name, options, expected_a, expected_b = row
    optimizer = getattr(optimizers, name)(learning_rate=0.1, **options)
    a, b = variables()

    @function
    def step(first, second):
        optimizer.apply_gradients([(first, a), (second, b)])

    for first, second in GRADIENTS:
        step(np.float32(first), np.float32(second))
    optimizer.finalize_variable_values([a, b])
    np.testing.assert_allclose(a.numpy(), expected_a, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(b.numpy(), expected_b, rtol=1e-5, atol=1e-6)


# Recorded from Keras 3.15.1: five calls, an update after the second and the fourth.
@pytest.mark.parametrize(
    ("name", "options", "expected_a", "expected_b"),
    [
        ("Adam", {}, [1.0686115, -1.9366159, 2.8941896], [0.3000124]),
        ("SGD", {"momentum": 0.9}, [1.0015, -2.0005, 2.9724998], [0.4855]),
        (
            "AdamW",
            {"weight_decay": 0.1, "clipnorm": 0.2},
            [1.0492086, -1.8964517, 2.8337348],
            [0.2910624],
        ),
    ],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_accumulated_gradients(name, options, expected_a, expected_b, compiled):
    optimizer = getattr(optimizers, name)(0.1, gradient_accumulation_steps=2, **options)
    a, b = variables()
    optimizer.build([a, b])

    def step(first, second):
        optimizer.apply_gradients([(first, a), (second, b)])

    step = function(step) if compiled else step
    more = [([0.3, 0.2, -0.3], [-0.1]), ([0.2, 0.2, -0.3], [-0.1])]
    for first, second in [*GRADIENTS, *more]:
        step(np.float32(first), np.float32(second))
    np.testing.assert_allclose(a.numpy(), expected_a, rtol=1e-5)
    np.testing.assert_allclose(b.numpy(), expected_b, rtol=1e-5)
    assert int(optimizer.iterations) == 2


@pytest.mark.parametrize("row", GOLDEN["optimizers"], ids=label)
def test_configuration_makes_the_same_optimizer(row):
    name, options, *_ = row
    optimizer = getattr(optimizers, name)(learning_rate=0.25, **options)
    twin = optimizers.deserialize(optimizers.serialize(optimizer))
    assert twin.get_config() == optimizer.get_config()
    assert float(twin.learning_rate) == 0.25


@pytest.mark.parametrize("row", GOLDEN["schedules"], ids=label)
def test_schedules_are_those_of_keras(row):
    name, args, options, expected = row
    schedule = getattr(schedules, name)(*args, **options)
    found = [float(schedule(step)) for step in (0, 3, 5, 10, 17, 30)]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    twin = schedules.deserialize(schedules.serialize(schedule))
    assert float(twin(7)) == float(schedule(7))


def test_schedule_drives_the_rate():
    optimizer = optimizers.SGD(schedules.PiecewiseConstantDecay([0], [1.0, 0.5]))
    v = Variable(np.float32([0.0]))
    optimizer.apply_gradients([(np.float32([1.0]), v)])
    optimizer.apply_gradients([(np.float32([1.0]), v)])
    np.testing.assert_allclose(v.numpy(), [-1.5])
    assert float(optimizer.learning_rate) == 0.5
    with pytest.raises(TypeError, match="made with a LearningRateSchedule"):
        optimizer.learning_rate = 0.1


def test_the_rate_can_be_set():
    optimizer = optimizers.Adam()
    assert float(optimizer.learning_rate) == pytest.approx(1e-3)
    optimizer.learning_rate = 0.5
    assert float(optimizer.lr) == 0.5
    optimizer.learning_rate.assign(0.25)
    assert float(optimizer.learning_rate) == 0.25


def test_old_spellings_warn():
    with pytest.warns(CaudalWarning, match="write learning_rate="):
        optimizer = optimizers.SGD(lr=0.5)
    assert float(optimizer.learning_rate) == 0.5
    with pytest.warns(CaudalWarning, match="decay= is an old spelling"):
        optimizer = optimizers.SGD(1.0, decay=1.0)
    v = Variable(np.float32([0.0]))
    for _ in range(2):
        optimizer.apply_gradients([(np.float32([1.0]), v)])
    np.testing.assert_allclose(v.numpy(), [-1.5])


def test_minimize():
    v = Variable(np.float32(3.0))
    optimizer = optimizers.SGD(0.25)
    optimizer.minimize(lambda: v * v, [v])
    np.testing.assert_allclose(v.numpy(), 1.5)
    with GradientTape() as tape:
        loss = v * v
    optimizer.minimize(loss, [v], tape=tape)
    np.testing.assert_allclose(v.numpy(), 0.75)


def test_own_optimizer():
    class SignDescent(optimizers.Optimizer):
        def update_step(self, gradient, variable, learning_rate):
            variable.assign_sub(learning_rate * np.sign(gradient.numpy()))

    v = Variable(np.float32([1.0, -1.0]))
    SignDescent(0.5).apply([np.float32([3.0, -2.0])], [v])
    np.testing.assert_allclose(v.numpy(), [0.5, -0.5])


def test_errors():
    with pytest.raises(InvalidArgumentError, match=r"unknown name 'adaam'. Did you mean: adam"):
        optimizers.get("adaam")
    with pytest.raises(InvalidArgumentError, match=r"unknown argument 'beta1'.*beta_1"):
        optimizers.Adam(beta1=0.5)
    with pytest.raises(InvalidArgumentError, match="only one of clipnorm"):
        optimizers.SGD(clipnorm=1.0, clipvalue=1.0)
    with pytest.raises(InvalidArgumentError, match="must be a number"):
        optimizers.SGD("fast")
    with pytest.raises(FailedPreconditionError, match="give the variables"):
        optimizers.SGD().apply([np.float32(1.0)])
    a, b = variables()
    optimizer = optimizers.SGD()
    optimizer.build([a])
    with pytest.raises(InvalidArgumentError, match="unknown variable"):
        optimizer.apply_gradients([(np.float32([0.5]), b)])
    with pytest.raises(InvalidArgumentError, match="no gradients provided"):
        optimizer.apply_gradients([(None, a)])


@pytest.mark.parametrize(
    "make",
    [
        lambda: optimizers.Adafactor(0.1),
        lambda: optimizers.Lamb(0.1, weight_decay=0.1),
        lambda: optimizers.Muon(0.1),
        lambda: optimizers.ScheduleFreeAdamW(0.1, warmup_steps=2),
        lambda: optimizers.MultiOptimizer(
            optimizers.OptimizerMap(optimizers.SGD(0.1), {".*kernel": optimizers.Adam(0.2)})
        ),
    ],
)
def test_compiled_training_is_as_eager(make):
    from caudal import keras

    x = np.random.default_rng(0).normal(size=(24, 5)).astype("float32")
    y = x.sum(1, keepdims=True)
    found = []
    for eager in (False, True):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4), keras.layers.Dense(1)])
        model.compile(make(), "mse", run_eagerly=eager)
        model.fit(x, y, batch_size=8, epochs=2, verbose=0, shuffle=False)
        found.append(model.get_weights())
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_many_optimizers():
    with pytest.raises(InvalidArgumentError, match="OptimizerMap or a function"):
        optimizers.MultiOptimizer(3)
    many = optimizers.MultiOptimizer(optimizers.OptimizerMap(optimizers.SGD()))
    with pytest.raises(AttributeError, match="individual sub-optimizers"):
        _ = many.learning_rate
    mapping = optimizers.OptimizerMap(optimizers.SGD(), {"a.*": optimizers.Adam()})
    mapping[".*b"] = optimizers.Lion()
    with pytest.raises(InvalidArgumentError, match="several patterns"):
        _ = mapping["ab"]
