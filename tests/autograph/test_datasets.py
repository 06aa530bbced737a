"""Loops over datasets inside compiled functions."""

import numpy as np
import pytest

import caudal as tf

X = np.arange(10, dtype=np.float32)


@tf.function
def summary(dataset, limit):
    count = 0
    total = 0.0
    sizes = tf.zeros([], tf.int32)
    for batch in dataset:
        if tf.reduce_sum(batch) < 0.0:
            continue
        count += 1
        total += tf.reduce_sum(batch)
        sizes = sizes * 10 + tf.shape(batch)[0]
        if total > limit:
            break
    return count, total, sizes


def summed(dataset, limit=1e9):
    return [part.numpy().item() for part in summary(dataset, tf.constant(limit, tf.float32))]


SLICES = tf.data.Dataset.from_tensor_slices(X)


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        (SLICES.batch(5), [2, 45.0, 55]),
        (SLICES.batch(4), [3, 45.0, 442]),
        (SLICES.batch(4, drop_remainder=True), [2, 28.0, 44]),
        (SLICES.batch(4).repeat(2), [6, 90.0, 442442]),
        (SLICES.batch(4).map(lambda b: b * 2.0).prefetch(2), [3, 90.0, 442]),
        (SLICES.map(lambda b: b - 8.0).batch(4), [1, 1.0, 2]),
        (SLICES.batch(20), [1, 45.0, 10]),
        (SLICES.skip(10).batch(4), [0, 0.0, 0]),
        (SLICES.batch(4).filter(lambda b: b[0] > 0), [2, 39.0, 42]),
        (SLICES.batch(4).take(1), [1, 6.0, 4]),
    ],
    ids=str,
)
def test_elements_and_smaller_batches(dataset, expected):
    for _ in range(2):
        assert summed(dataset) == expected


def test_break_leaves_the_rest():
    assert summed(SLICES.batch(4), 20.0) == [2, 28.0, 44]
    assert summed(SLICES.batch(4).repeat(), 50.0) == [4, 51.0, 4424]


def test_each_call_is_a_pass_of_its_own():
    @tf.function
    def order(dataset):
        number = tf.constant(0, tf.int64)
        for element in dataset:
            number = number * 10 + element
        return number

    dataset = tf.data.Dataset.range(8).shuffle(8, seed=1)
    numbers = [int(order(dataset)) for _ in range(4)]
    assert len(set(numbers)) > 1
    assert {"".join(sorted(f"{number:08d}")) for number in numbers} == {"01234567"}
    assert order.experimental_get_tracing_count() == 1


def test_structures_and_many_elements():
    dataset = tf.data.Dataset.from_tensor_slices({"a": np.arange(500), "b": np.ones((500, 2))})

    @tf.function
    def f(dataset):
        total = tf.constant(0, tf.int64)
        rows = tf.zeros([2], tf.float64)
        for place, element in dataset.enumerate():
            total += place * element["a"]
            rows += element["b"]
        return total, rows

    total, rows = f(dataset)
    assert int(total) == sum(i * i for i in range(500))
    assert rows.numpy().tolist() == [500.0, 500.0]


def test_generators_of_unknown_shape():
    def numbers():
        yield from range(5)

    @tf.function
    def f(dataset):
        total = 0
        for number in dataset:
            total += number
        return total

    assert int(f(tf.data.Dataset.from_generator(numbers, tf.int32))) == 10

    def rows():
        yield np.ones(2, np.int32)
        yield np.ones(3, np.int32)

    @tf.function
    def lengths(dataset):
        total = 0
        for row in dataset:
            total += tf.size(row)
        return total

    ragged = tf.data.Dataset.from_generator(rows, output_signature=tf.TensorSpec([None], tf.int32))
    with pytest.raises(tf.errors.InvalidArgumentError, match="drop_remainder=True"):
        lengths(ragged)


def test_nested_datasets_loops():
    @tf.function
    def f(outer, inner):
        total = tf.constant(0, tf.int64)
        for a in outer:
            for b in inner:
                total += a * b
        return total

    assert int(f(tf.data.Dataset.range(5), tf.data.Dataset.range(4))) == 60


def test_training_over_a_dataset():
    x = np.linspace(-1, 1, 100).astype(np.float32).reshape(-1, 1)
    data = tf.data.Dataset.from_tensor_slices((x, 3 * x + 1)).shuffle(100, seed=3).batch(16)
    weight, bias = tf.Variable([[0.0]]), tf.Variable([0.0])

    @tf.function
    def epoch(dataset):
        for features, labels in dataset:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((features @ weight + bias - labels) ** 2)
            for variable, gradient in zip(
                (weight, bias), tape.gradient(loss, (weight, bias)), strict=True
            ):
                variable.assign_sub(0.3 * gradient)

    for _ in range(10):
        epoch(data)
    np.testing.assert_allclose(weight.numpy(), [[3.0]], atol=0.01)
    np.testing.assert_allclose(bias.numpy(), [1.0], atol=0.01)


def test_an_iterator_goes_on_from_call_to_call():
    iterator = iter(tf.data.Dataset.range(10).batch(2, drop_remainder=True))

    @tf.function
    def step(it):
        return tf.reduce_sum(next(it)) + tf.reduce_sum(it.get_next())

    assert [int(step(iterator)), int(step(iterator))] == [0 + 1 + 2 + 3, 4 + 5 + 6 + 7]
    assert step.experimental_get_tracing_count() == 1
    assert next(iterator).numpy().tolist() == [8, 9]
    with pytest.raises(tf.errors.OutOfRangeError, match="end of the dataset"):
        step(iterator)


def test_a_loop_over_an_iterator_takes_the_rest():
    iterator = iter(tf.data.Dataset.range(10))

    @tf.function
    def f(it, most):
        total = tf.constant(0, tf.int64)
        for number in it:
            total += number
            if total > most:
                break
        return total

    limit = tf.constant(5, tf.int64)
    assert [int(f(iterator, limit)) for _ in range(4)] == [6, 9, 6, 7]
    with pytest.raises(NotImplementedError, match="AutoGraph"):
        tf.function(lambda it: list(it))(iterator)


def test_an_iterator_needs_one_shape():
    iterator = iter(SLICES.batch(4))
    with pytest.raises(tf.errors.InvalidArgumentError, match="elements of one shape"):
        tf.function(lambda it: next(it))(iterator)
