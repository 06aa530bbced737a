"""tf.queue: order, waiting between threads, closing, padding, priorities, compiled functions."""

import threading

import numpy as np
import pytest

import caudal as tf


def test_first_in_first_out():
    queue = tf.queue.FIFOQueue(3, [tf.int32, tf.float32], shapes=[(), (2,)])
    queue.enqueue((1, [1.0, 2.0]))
    queue.enqueue_many(([2, 3], [[1.0, 2.0], [3.0, 4.0]]))
    assert int(queue.size()) == 3
    number, pair = queue.dequeue()
    assert (int(number), pair.numpy().tolist()) == (1, [1.0, 2.0])
    numbers, pairs = queue.dequeue_many(2)
    assert numbers.numpy().tolist() == [2, 3]
    assert pairs.shape == (2, 2)
    assert not bool(queue.is_closed())
    queue.close()
    assert bool(queue.is_closed())
    with pytest.raises(tf.errors.OutOfRangeError, match="insufficient elements"):
        queue.dequeue()
    with pytest.raises(tf.errors.CancelledError, match="closed"):
        queue.enqueue((1, [1.0, 2.0]))


def test_names_and_the_rest_of_a_closed_queue():
    queue = tf.queue.FIFOQueue(5, [tf.int32, tf.float32], [(), ()], names=["a", "b"])
    queue.enqueue({"a": 1, "b": 2.0})
    queue.enqueue_many({"a": [2, 3], "b": [0.0, 1.0]})
    assert float(queue.dequeue()["b"]) == 2.0
    queue.close()
    assert queue.dequeue_up_to(5)["a"].numpy().tolist() == [2, 3]
    assert queue.dtypes == [tf.int32, tf.float32]


def test_threads_wait_for_one_another():
    queue, seen = tf.queue.FIFOQueue(2, tf.int64), []

    def produce():
        for number in range(20):
            queue.enqueue(np.int64(number))
        queue.close()

    worker = threading.Thread(target=produce)
    worker.start()
    with pytest.raises(tf.errors.OutOfRangeError):
        while True:
            seen.append(int(queue.dequeue()))
    worker.join()
    assert seen == list(range(20))


def test_kinds():
    queue = tf.queue.PriorityQueue(5, [tf.string], [()])
    for priority, text in ((3, "c"), (1, "a"), (1, "b")):
        queue.enqueue((priority, text))
    assert [queue.dequeue()[1].numpy() for _ in range(3)] == [b"a", b"b", b"c"]
    padded = tf.queue.PaddingFIFOQueue(5, [tf.int32], [[None]])
    padded.enqueue([[1, 2]])
    padded.enqueue([[3]])
    assert padded.dequeue_many(2).numpy().tolist() == [[1, 2], [3, 0]]
    shuffled = tf.queue.RandomShuffleQueue(50, 10, tf.int32, seed=1)
    for number in range(30):
        shuffled.enqueue(number)
    first = [int(shuffled.dequeue()) for _ in range(20)]
    shuffled.close()
    rest = [int(shuffled.dequeue()) for _ in range(10)]
    assert sorted(first + rest) == list(range(30))
    assert first != sorted(first)


def test_in_a_compiled_function():
    queue = tf.queue.FIFOQueue(10, [tf.float32], shapes=[()])

    @tf.function
    def turn(x):
        queue.enqueue(x)
        queue.enqueue(x + 1.0)
        return queue.dequeue() * 10.0

    assert [float(turn(tf.constant(float(i)))) for i in range(3)] == [0.0, 10.0, 10.0]
    assert int(queue.size()) == 3


@pytest.mark.parametrize(
    ("use", "kind", "text"),
    [
        (lambda q: q.enqueue([1.5]), TypeError, "int32"),
        (lambda q: q.enqueue([1, 2]), ValueError, "shape|components"),
        (lambda q: q.enqueue_many(3), ValueError, "first axis"),
        (lambda q: tf.queue.FIFOQueue(2, [tf.int32], shapes=[(), ()]), ValueError, "1 components"),
        (lambda q: tf.queue.FIFOQueue(2, tf.int32).dequeue_many(1), ValueError, "need the"),
        (
            lambda q: tf.function(tf.queue.FIFOQueue(2, tf.int32).dequeue)(),
            ValueError,
            "shapes must be known",
        ),
    ],
)
def test_bad_use(use, kind, text):
    with pytest.raises(kind, match=text):
        use(tf.queue.FIFOQueue(3, tf.int32, shapes=[()]))
