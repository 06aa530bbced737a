"""tf.data: values and order of elements, specs, sizes, errors."""

import threading
import time
from collections import namedtuple

import numpy as np
import pytest

from caudal.data import (
    AUTOTUNE,
    INFINITE_CARDINALITY,
    UNKNOWN_CARDINALITY,
    Dataset,
    Options,
    experimental,
)
from caudal.errors import (
    DTypeError,
    InvalidArgumentError,
    MissingNameError,
    OutOfRangeError,
    ShapeError,
    UnimplementedError,
)
from caudal.framework import Tensor, TensorSpec, set_seed


def values(dataset):
    return [np.asarray(x).tolist() for x in dataset.as_numpy_iterator()]


def slow_range(count):
    """Elements that are no rows of arrays: the general path of every step."""
    return Dataset.from_generator(
        lambda: iter(range(count)), output_signature=TensorSpec((), "int64")
    )


def array_range(count):
    return Dataset.from_tensor_slices(np.arange(count))


both = pytest.mark.parametrize("source", [array_range, slow_range, Dataset.range])


# --- beginnings


def test_slices_of_a_tensor():
    dataset = Dataset.from_tensor_slices([[1, 2], [3, 4], [5, 6]])
    assert values(dataset) == [[1, 2], [3, 4], [5, 6]]
    assert dataset.element_spec == TensorSpec((2,), "int32")
    assert len(dataset) == 3
    assert all(isinstance(x, Tensor) for x in dataset)


def test_slices_keep_the_structure():
    Pair = namedtuple("Pair", "a b")
    dataset = Dataset.from_tensor_slices({"x": [1.0, 2.0], "y": (Pair([1, 2], ["u", "v"]),)})
    first = next(iter(dataset))
    assert list(first) == ["x", "y"]
    assert float(first["x"]) == 1.0
    assert isinstance(first["y"][0], Pair)
    assert first["y"][0].b.numpy() == b"u"
    assert dataset.element_spec["y"][0].b.dtype == "string"


def test_slices_do_not_follow_later_changes():
    array = np.zeros(3)
    dataset = Dataset.from_tensor_slices(array)
    array[:] = 7
    assert values(dataset) == [0, 0, 0]


def test_dtypes_of_python_and_numpy():
    specs = Dataset.from_tensor_slices(([1.0], [1], np.ones(1), np.ones(1, "uint8"), [True]))
    names = [spec.dtype.name for spec in specs.element_spec]
    assert names == ["float32", "int32", "float64", "uint8", "bool"]


def test_from_tensors_is_one_element():
    dataset = Dataset.from_tensors(([1, 2], 3))
    [(a, b)] = list(dataset)
    assert a.numpy().tolist() == [1, 2] and int(b) == 3
    assert len(dataset) == 1


def test_range():
    assert values(Dataset.range(5)) == [0, 1, 2, 3, 4]
    assert values(Dataset.range(1, 10, 4)) == [1, 5, 9]
    assert values(Dataset.range(5, 0, -2)) == [5, 3, 1]
    assert Dataset.range(3).element_spec == TensorSpec((), "int64")
    assert Dataset.range(3, output_type="float32").element_spec.dtype == "float32"


def test_generator_with_signature_and_arguments():
    def count(limit):
        for k in range(limit):
            yield {"k": k, "row": [k] * 2}

    signature = {"k": TensorSpec((), "int32"), "row": TensorSpec((None,), "float32")}
    dataset = Dataset.from_generator(count, args=[3], output_signature=signature)
    rows = list(dataset.as_numpy_iterator())
    assert [int(row["k"]) for row in rows] == [0, 1, 2]
    assert rows[2]["row"].dtype == np.float32
    assert int(dataset.cardinality()) == UNKNOWN_CARDINALITY
    assert len(list(dataset)) == 3  # a second pass starts anew


def test_generator_in_the_old_spelling():
    dataset = Dataset.from_generator(
        lambda: iter([(1, [2.0])]), ("int64", "float32"), output_shapes=((), (1,))
    )
    assert dataset.element_spec == (TensorSpec((), "int64"), TensorSpec((1,), "float32"))


def test_generator_value_that_does_not_fit():
    dataset = Dataset.from_generator(
        lambda: iter([[1, 2]]), output_signature=TensorSpec((3,), "int32")
    )
    with pytest.raises(ShapeError, match=r"\(3,\)"):
        list(dataset)
    with pytest.raises(DTypeError, match="without calling it"):
        Dataset.from_generator(iter([1]), output_types="int32")
    with pytest.raises(InvalidArgumentError, match="output_signature"):
        Dataset.from_generator(lambda: iter([1]))


def test_slices_that_do_not_fit():
    with pytest.raises(ShapeError, match=r"\[3, 2\]"):
        Dataset.from_tensor_slices(([1, 2, 3], [1, 2]))
    with pytest.raises(ShapeError, match="from_tensors"):
        Dataset.from_tensor_slices(3)
    with pytest.raises((InvalidArgumentError, DTypeError)):
        Dataset.from_tensor_slices([object()])


def test_zip():
    pairs = Dataset.zip((Dataset.range(3), Dataset.range(10, 15)))
    assert [(int(a), int(b)) for a, b in pairs] == [(0, 10), (1, 11), (2, 12)]
    assert len(pairs) == 3
    named = Dataset.zip({"a": array_range(2), "b": array_range(2).batch(1)})
    assert values(named.map(lambda d: d["a"])) == [0, 1]
    assert len(Dataset.zip(Dataset.range(4), Dataset.range(3).repeat())) == 4
    with pytest.raises(DTypeError, match="expected datasets"):
        Dataset.zip(([1, 2], [3, 4]))


def test_zip_of_slices_keeps_the_view():
    features, labels = np.arange(6.0).reshape(3, 2), np.arange(3)
    dataset = Dataset.zip(
        (Dataset.from_tensor_slices(features), Dataset.from_tensor_slices(labels))
    )
    view = dataset.batch(2).array_view()
    assert view is not None
    np.testing.assert_array_equal(view.arrays[0], features)
    assert [(a.tolist(), int(b)) for a, b in dataset.as_numpy_iterator()][1] == ([2.0, 3.0], 1)


# --- choosing and ordering


@both
def test_take_skip_shard_repeat(source):
    assert values(source(5).take(2)) == [0, 1]
    assert values(source(5).take(-1)) == [0, 1, 2, 3, 4]
    assert values(source(5).skip(3)) == [3, 4]
    assert values(source(5).skip(-1)) == []
    assert values(source(5).shard(2, 1)) == [1, 3]
    assert values(source(2).repeat(2)) == [0, 1, 0, 1]
    assert values(source(2).repeat().take(5)) == [0, 1, 0, 1, 0]
    assert values(source(0).repeat()) == []
    assert values(source(3).concatenate(source(2))) == [0, 1, 2, 0, 1]


@both
def test_shuffle_is_a_permutation(source):
    for size in (1, 3, 20, 100):
        shuffled = values(source(20).shuffle(size))
        assert sorted(shuffled) == list(range(20))
    assert values(source(20).shuffle(1)) == list(range(20))


@both
def test_shuffle_never_gives_an_element_too_early(source):
    order = values(source(200).shuffle(10, seed=3))
    assert all(place - k >= -9 for k, place in zip(order, range(200), strict=True))
    assert order != list(range(200))


@both
def test_shuffle_reshuffles_unless_told_not_to(source):
    again = source(50).shuffle(50)
    assert values(again) != values(again)
    fixed = source(50).shuffle(50, reshuffle_each_iteration=False)
    assert values(fixed) == values(fixed)
    twice = values(source(50).shuffle(50).repeat(2))
    assert twice[:50] != twice[50:]


@both
def test_shuffle_seeds(source):
    assert values(source(50).shuffle(50, seed=1)) == values(source(50).shuffle(50, seed=1))
    assert values(source(50).shuffle(50, seed=1)) != values(source(50).shuffle(50, seed=2))
    set_seed(4)
    first = values(source(50).shuffle(50)), values(source(50).shuffle(50))
    set_seed(4)
    assert first == (values(source(50).shuffle(50)), values(source(50).shuffle(50)))
    assert first[0] != first[1]


def test_shuffle_is_even():
    counts = np.zeros((4, 4))
    dataset = array_range(4).shuffle(4, seed=0)
    for _ in range(2000):
        for place, value in enumerate(values(dataset)):
            counts[place, value] += 1
    assert abs(counts / 2000 - 0.25).max() < 0.05


@both
def test_cache_freezes_what_is_before_it(source):
    dataset = source(30).shuffle(30).cache()
    assert values(dataset) == values(dataset)
    calls = []
    counted = source(3).map(lambda x: (calls.append(1), x)[1]).cache()
    before = len(calls)
    values(counted)
    first = len(calls) - before
    values(counted)
    assert first == 3 and len(calls) - before == 3


def test_cache_to_a_file_is_not_there():
    with pytest.raises(UnimplementedError, match=r"x\.cache"):
        Dataset.range(2).cache("x.cache")


# --- batches


@both
def test_batch(source):
    assert values(source(5).batch(2)) == [[0, 1], [2, 3], [4]]
    assert values(source(5).batch(2, drop_remainder=True)) == [[0, 1], [2, 3]]
    assert values(source(2).batch(8)) == [[0, 1]]
    assert values(source(0).batch(8)) == []
    assert values(source(4).batch(2).batch(2)) == [[[0, 1], [2, 3]]]
    assert values(source(3).repeat(2).batch(4)) == [[0, 1, 2, 0], [1, 2]]
    assert values(source(3).batch(2).repeat(2)) == [[0, 1], [2], [0, 1], [2]]


def test_batch_specs_and_sizes():
    dataset = array_range(5).batch(2)
    assert dataset.element_spec == TensorSpec((None,), "int64")
    assert len(dataset) == 3
    whole = array_range(5).batch(2, drop_remainder=True)
    assert whole.element_spec == TensorSpec((2,), "int64")
    assert len(whole) == 2


def test_batch_of_different_shapes():
    dataset = Dataset.from_generator(lambda: iter([[1], [1, 2]]), output_types="int32").batch(2)
    with pytest.raises(InvalidArgumentError, match="padded_batch"):
        list(dataset)


def test_padded_batch():
    rows = [[1], [1, 2, 3], []]
    dataset = Dataset.from_generator(
        lambda: iter(rows), output_signature=TensorSpec((None,), "int32")
    )
    assert values(dataset.padded_batch(3)) == [[[1, 0, 0], [1, 2, 3], [0, 0, 0]]]
    assert values(dataset.padded_batch(2)) == [[[1, 0, 0], [1, 2, 3]], [[]]]
    four = dataset.padded_batch(3, padded_shapes=[4], padding_values=-1)
    assert values(four)[0][0] == [1, -1, -1, -1]
    assert four.element_spec.shape == (None, 4)
    with pytest.raises(ShapeError, match=r"\(2,\)"):
        list(dataset.padded_batch(3, padded_shapes=[2]))


def test_unbatch_and_enumerate():
    assert values(Dataset.range(5).batch(2).unbatch()) == [0, 1, 2, 3, 4]
    assert [(int(k), int(x)) for k, x in Dataset.range(5, 7).enumerate(start=3)] == [(3, 5), (4, 6)]
    with pytest.raises(InvalidArgumentError, match="at least one axis"):
        _ = Dataset.range(3).unbatch().element_spec


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"size": 3}, [[0, 1, 2], [3, 4, 5], [6]]),
        ({"size": 3, "shift": 2}, [[0, 1, 2], [2, 3, 4], [4, 5, 6], [6]]),
        ({"size": 3, "shift": 2, "drop_remainder": True}, [[0, 1, 2], [2, 3, 4], [4, 5, 6]]),
        ({"size": 2, "shift": 1, "stride": 2, "drop_remainder": True},
         [[0, 2], [1, 3], [2, 4], [3, 5], [4, 6]]),
        ({"size": 1, "shift": 3}, [[0], [3], [6]]),
    ],
)  # fmt: skip
def test_window(arguments, expected):
    windows = Dataset.range(7).window(**arguments)
    assert values(windows.flat_map(lambda w: w.batch(9))) == expected
    assert len(windows) == len(expected)


# --- functions


def test_map_of_tuples_and_dicts():
    pairs = Dataset.from_tensor_slices(([1, 2], [10, 20]))
    assert values(pairs.map(lambda a, b: a + b, num_parallel_calls=AUTOTUNE)) == [11, 22]
    named = pairs.map(lambda a, b: {"sum": a + b, "list": [a, b]})
    assert named.element_spec["list"] == TensorSpec((2,), "int32")
    assert [d["list"].tolist() for d in named.as_numpy_iterator()] == [[1, 10], [2, 20]]


def test_map_spec_with_an_unknown_extent():
    batches = Dataset.from_tensor_slices(np.ones((5, 3), "float32")).batch(2)
    spec = batches.map(lambda x: (x * 2, x[0], x.shape[1])).element_spec
    assert spec[0] == TensorSpec((None, 3), "float32")
    assert spec[1] == TensorSpec((3,), "float32")


def test_map_with_python_values():
    assert values(Dataset.range(3).map(lambda x: int(x) * 2)) == [0, 2, 4]


def test_filter():
    assert values(Dataset.range(6).filter(lambda x: x % 2 == 0)) == [0, 2, 4]
    assert int(Dataset.range(6).filter(lambda x: x > 1).cardinality()) == UNKNOWN_CARDINALITY
    with pytest.raises(InvalidArgumentError, match="one bool"):
        list(Dataset.range(2).filter(lambda x: x))


def test_flat_map_and_interleave():
    nested = Dataset.range(1, 4).flat_map(lambda x: Dataset.from_tensors(x).repeat(2))
    assert values(nested) == [1, 1, 2, 2, 3, 3]
    turns = Dataset.range(1, 4).interleave(
        lambda x: Dataset.from_tensors(x).repeat(3), cycle_length=2, block_length=2
    )
    assert values(turns) == [1, 1, 2, 2, 1, 2, 3, 3, 3]
    with pytest.raises(DTypeError, match="return a Dataset"):
        list(Dataset.range(2).flat_map(lambda x: x))


def test_reduce_scan_apply():
    assert int(Dataset.range(5).reduce(np.int64(0), lambda total, x: total + x)) == 10
    total, count = Dataset.range(5).reduce(
        (np.int64(0), np.int64(0)), lambda state, x: (state[0] + x, state[1] + 1)
    )
    assert (int(total), int(count)) == (10, 5)
    running = Dataset.range(4).scan(np.int64(0), lambda total, x: (total + x, total + x))
    assert values(running) == [0, 1, 3, 6]
    assert values(Dataset.range(4).apply(lambda dataset: dataset.take(1))) == [0]
    with pytest.raises(DTypeError, match="float32"):
        Dataset.range(3).reduce(np.int64(0), lambda total, x: 1.5)


# --- reading


def test_cardinality():
    assert int(Dataset.range(4).repeat().cardinality()) == INFINITE_CARDINALITY
    assert int(Dataset.range(4).repeat().take(7).cardinality()) == 7
    assert int(experimental.cardinality(Dataset.range(4).skip(3))) == 1
    assert len(Dataset.range(5).shard(2, 0)) == 3
    with pytest.raises(TypeError, match="infinite"):
        len(Dataset.range(4).repeat())
    with pytest.raises(TypeError, match="unknown"):
        len(slow_range(3))
    assert bool(slow_range(0))


def test_repr_and_missing_names():
    dataset = array_range(3).prefetch(1)
    assert repr(dataset) == (
        "<_PrefetchDataset element_spec=TensorSpec(shape=(), dtype=tf.int64, name=None)>"
    )
    with pytest.raises(MissingNameError, match="Did you mean: shuffle"):
        _ = dataset.shufle
    with pytest.raises(DTypeError, match="from_tensor_slices"):
        Dataset([1, 2])


def test_strings():
    dataset = Dataset.from_tensor_slices(["uno", "dos"])
    assert list(dataset.as_numpy_iterator()) == [b"uno", b"dos"]
    assert [x.numpy() for x in dataset] == [b"uno", b"dos"]


def test_single_element():
    assert values(Dataset.from_tensors(Dataset.range(3).batch(3).get_single_element())) == [
        [0, 1, 2]
    ]
    for count in (0, 2):
        with pytest.raises(InvalidArgumentError, match="expected one element"):
            Dataset.range(count).get_single_element()


def test_iterators():
    iterator = iter(Dataset.range(2))
    assert int(iterator.get_next()) == 0 and int(next(iterator)) == 1
    assert iterator.element_spec == TensorSpec((), "int64")
    with pytest.raises(OutOfRangeError):
        iterator.get_next()
    assert list(iterator) == []
    assert next(Dataset.from_tensors([1, 2]).as_numpy_iterator()).tolist() == [1, 2]


def test_options():
    options = Options()
    options.deterministic = False
    options.experimental_optimization.map_fusion = True
    assert Dataset.range(2).with_options(options).batch(2).options() is options
    with pytest.raises(InvalidArgumentError, match="Did you mean: deterministic"):
        options.determinstic = True


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda d: d.batch(0), InvalidArgumentError),
        (lambda d: d.batch(2.5), DTypeError),
        (lambda d: d.shuffle(0), InvalidArgumentError),
        (lambda d: d.shard(2, 2), InvalidArgumentError),
        (lambda d: d.map(3), DTypeError),
        (lambda d: d.concatenate([1]), DTypeError),
        (lambda d: d.concatenate(Dataset.from_tensors(1.0)), InvalidArgumentError),
        (lambda d: d.window(0), InvalidArgumentError),
        (lambda d: d.with_options({}), DTypeError),
        (lambda d: d.shuffle(3, seed="x"), DTypeError),
    ],
)
def test_wrong_arguments(call, error):
    with pytest.raises(error):
        call(Dataset.range(4))


# --- the view for training loops


def test_array_view():
    x, y = np.arange(20.0).reshape(10, 2), np.arange(10)
    dataset = Dataset.from_tensor_slices((x, y)).shuffle(10, seed=5).batch(4).prefetch(2)
    view = dataset.array_view()
    assert view is not None
    assert (view.batch_size, view.drop_remainder, view.count, view.num_batches) == (4, False, 10, 3)
    same = Dataset.from_tensor_slices((x, y)).shuffle(10, seed=5).batch(4)
    order = np.concatenate([labels for _, labels in same.as_numpy_iterator()])
    np.testing.assert_array_equal(view.epoch(), order)
    assert view.epoch().tolist() != order.tolist()  # the next pass is shuffled anew


def test_array_view_only_of_rows():
    assert array_range(4).array_view() is None
    assert array_range(4).batch(2).map(lambda x: x).array_view() is None
    assert array_range(4).repeat().batch(2).array_view() is None
    assert slow_range(4).batch(2).array_view() is None


# --- the prefetching thread


def threads():
    return [t for t in threading.enumerate() if t.name == "caudal-prefetch"]


def test_prefetch_gives_all_in_order():
    assert values(slow_range(50).prefetch(3)) == list(range(50))
    assert values(slow_range(3).prefetch(AUTOTUNE)) == [0, 1, 2]


def test_prefetch_hands_errors_over():
    def failing():
        yield 1
        raise KeyError("broken")

    iterator = iter(
        Dataset.from_generator(failing, output_signature=TensorSpec((), "int32")).prefetch(2)
    )
    assert int(next(iterator)) == 1
    with pytest.raises(KeyError, match="broken"):
        next(iterator)


def test_prefetch_thread_ends_with_the_iterator():
    iterator = Dataset.range(10**6).prefetch(2).node.rows()
    next(iterator)
    assert threads()
    iterator.close()
    deadline = time.time() + 5
    while threads() and time.time() < deadline:
        time.sleep(0.01)
    assert not threads()
