"""tf.compat.v1: templates, iterators of graphs, variables from checkpoints; RowPartition."""

import numpy as np
import pytest

import caudal as tf

v1 = tf.compat.v1


@pytest.fixture
def graph():
    with v1.Graph().as_default() as made:
        yield made


def test_templates_share_variables(graph):
    def scaled(x, factor):
        weight = v1.get_variable("weight", [], initializer=tf.ones_initializer())
        return x * weight * factor

    twice = v1.make_template("layer", scaled, factor=2.0)
    x = v1.placeholder(tf.float32, [])
    first, second = twice(x), twice(x + 1.0)
    assert [v.name for v in v1.global_variables()] == ["layer/weight:0"]
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        assert session.run([first, second], {x: 3.0}) == [6.0, 8.0]
    with pytest.raises(ValueError, match="custom_getter_"):
        v1.make_template("layer", scaled, custom_getter_=print)


def test_iterators_of_graphs(graph):
    dataset = tf.data.Dataset.from_tensor_slices({"a": [1, 2, 3], "b": [1.0, 2.0, 3.0]})
    iterator = v1.data.make_one_shot_iterator(dataset)
    following = iterator.get_next()
    assert following["b"].dtype == tf.float32
    total = tf.cast(following["a"], tf.float32) + following["b"]
    with v1.Session() as session:
        assert [session.run(total) for _ in range(3)] == [2.0, 4.0, 6.0]
        with pytest.raises(tf.errors.OutOfRangeError, match="end of sequence"):
            session.run(total)
    batches = v1.data.make_one_shot_iterator(dataset.batch(2)).get_next()
    with v1.Session() as session:
        assert [session.run(batches["a"]).tolist() for _ in range(2)] == [[1, 2], [3]]
    again = v1.data.make_initializable_iterator(dataset)
    element = again.get_next()
    with v1.Session() as session:
        for _ in range(2):
            session.run(again.initializer)
            assert session.run(element) == {"a": 1, "b": 1.0}


def test_what_is_known_of_elements():
    dataset = tf.data.Dataset.from_tensor_slices((np.zeros((4, 3)), np.zeros(4, "int32"))).batch(2)
    assert [s.as_list() for s in v1.data.get_output_shapes(dataset)] == [[None, 3], [None]]
    assert v1.data.get_output_types(dataset) == (tf.float64, tf.int32)
    assert v1.data.get_output_classes(dataset) == (tf.Tensor, tf.Tensor)
    assert int(v1.data.make_one_shot_iterator(dataset).get_next()[1][0]) == 0
    assert v1.data.Dataset is tf.data.Dataset
    with pytest.raises(AttributeError, match=r"compat\.v1\.data"):
        v1.data.no_such_name  # noqa: B018


def test_variables_from_a_checkpoint(graph, tmp_path):
    with v1.variable_scope("old"):
        saved = [v1.get_variable(n, [2], initializer=tf.ones_initializer()) for n in "ab"]
    saver = v1.train.Saver()
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        session.run(v1.assign(saved[1], [5.0, 6.0]))
        path = saver.save(session, str(tmp_path / "model"))
    with v1.variable_scope("new"):
        made = [v1.get_variable(n, [2], initializer=tf.zeros_initializer()) for n in "ab"]
    v1.train.init_from_checkpoint(path, {"old/": "new/"})
    v1.train.init_from_checkpoint(path, {"old/b": made[0]})
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        assert session.run(made[1]).tolist() == [5.0, 6.0]
        assert session.run(made[0]).tolist() == [5.0, 6.0]
    with pytest.raises(tf.errors.NotFoundError, match="no tensor"):
        v1.train.init_from_checkpoint(path, {"older/": "new/"})
    with pytest.raises(tf.errors.NotFoundError, match="no variable"):
        v1.train.init_from_checkpoint(path, {"old/a": "new/c"})


def test_row_partitions():
    P = tf.experimental.RowPartition
    for rows in (
        P.from_row_lengths([2, 0, 3]),
        P.from_row_splits([0, 2, 2, 5]),
        P.from_value_rowids([0, 0, 2, 2, 2]),
    ):
        assert rows.row_splits().numpy().tolist() == [0, 2, 2, 5]
        assert rows.row_lengths().numpy().tolist() == [2, 0, 3]
        assert rows.value_rowids().numpy().tolist() == [0, 0, 2, 2, 2]
        assert rows.offsets_in_rows().numpy().tolist() == [0, 1, 0, 1, 2]
        assert (int(rows.nrows()), int(rows.nvals())) == (3, 5)
        assert rows.dtype == tf.int64
        assert rows.uniform_row_length() is None
    uniform = P.from_uniform_row_length(3, nvals=6, dtype=tf.int32)
    assert uniform.row_starts().numpy().tolist() == [0, 3]
    assert uniform.row_limits().dtype == tf.int32
    assert int(uniform.uniform_row_length()) == 3


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda P: P.from_row_lengths([1, -1]), "at least 0"),
        (lambda P: P.from_row_splits([1, 2]), "begins with 0"),
        (lambda P: P.from_row_splits([0, 2, 1]), "at least 0"),
        (lambda P: P.from_value_rowids([1, 0]), "rising"),
        (lambda P: P.from_value_rowids([0, 3], nrows=2), "below 2"),
        (lambda P: P.from_uniform_row_length(2, nvals=5), "divides"),
        (lambda P: P.from_row_lengths([1], dtype=tf.float32), "int32 or int64"),
    ],
)
def test_bad_row_partitions(make, text):
    with pytest.raises(ValueError, match=text):
        make(tf.experimental.RowPartition)
