"""ExtensionType: fields, functions, gradients, datasets, and tf functions told about them."""

import typing

import numpy as np
import pytest

import caudal as tf


class Masked(tf.experimental.ExtensionType):
    """The guide's example."""

    values: tf.Tensor
    mask: tf.Tensor

    def turned(self):
        return Masked(self.values, ~self.mask)


class Rich(tf.experimental.ExtensionType):
    a: tf.Tensor
    n: int = 3
    name: str = "x"
    kids: tuple[Masked, ...] = ()
    d: typing.Mapping[str, tf.Tensor] = {}
    o: tf.Tensor | None = None
    extents: tf.TensorShape = tf.TensorShape([1])
    kind: tf.DType = tf.int32
    rows: typing.Union[tf.RaggedTensor, None] = None  # noqa: UP007


class Doubled(tf.experimental.ExtensionType):
    x: tf.Tensor

    def __init__(self, v):
        self.x = tf.cast(v, tf.float32) * 2

    def __validate__(self):
        self.x.shape.assert_has_rank(1)


class Pair(tf.experimental.BatchableExtensionType):
    x: tf.Tensor
    y: tf.Tensor


@pytest.fixture
def handlers():
    made = []
    yield made.append
    for handler in made:
        tf.experimental.unregister_dispatch_for(handler)


def one():
    return Masked([1, 2], [True, False])


def test_construction_and_equality():
    m = one()
    assert m.values.dtype == tf.int32
    assert bool(m == Masked(values=[1, 2], mask=[True, False]))
    assert not bool(m == Masked([1, 3], [True, False]))
    assert bool(m != Masked([1, 2, 3], [True, False, True]))
    assert (m == 3) is False
    assert repr(m).startswith("Masked(values=<tf.Tensor: shape=(2,)")
    found = Rich([1, 2], extents=[3, 4], kids=[m], d={"b": 1.0, "a": 2.0})
    assert found.kids[0] is m
    assert found.d["a"].dtype == tf.float32
    assert list(found.d) == ["b", "a"]
    assert (found.n, found.name, found.o, found.kind) == (3, "x", None, tf.int32)
    assert found.extents == tf.TensorShape([3, 4])
    assert Doubled([1, 2]).x.numpy().tolist() == [2.0, 4.0]


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: Masked([1], [True], 3), TypeError, "too many positional"),
        (lambda: Masked([1]), TypeError, "missing a required argument: 'mask'"),
        (lambda: Rich([1], n="a"), TypeError, "n: expected 'int', received 'str'"),
        (lambda: Rich([1], n=True), TypeError, "n: expected 'int', received 'bool'"),
        (lambda: Rich([1], kids=3), TypeError, "kids: expected tuple"),
        (lambda: Rich([1], kids=[3]), TypeError, r"kids\[0\]: expected 'Masked'"),
        (lambda: Rich([1], d=[3]), TypeError, "d: expected a mapping"),
        (lambda: Rich(object()), TypeError, "a: expected a tensor"),
        (lambda: Doubled([[1]]), ValueError, "rank 1"),
        (lambda: setattr(one(), "values", 3), AttributeError, "Cannot mutate attribute `values`"),
        (lambda: delattr(one(), "values"), AttributeError, "Cannot mutate"),
        (lambda: hash(one()), TypeError, "unhashable"),
        (lambda: tf.add(one(), 1), ValueError, "dispatch_for_api"),
        (lambda: tf.stack([one(), one()]), ValueError, "dispatch_for_api"),
        (lambda: tf.convert_to_tensor(one()), TypeError, "take one of its fields"),
        (
            lambda: type("B", (tf.experimental.ExtensionType,), {"__annotations__": {"x": object}}),
            TypeError,
            "unsupported type annotation",
        ),
        (
            lambda: tf.data.Dataset.from_tensor_slices(one()),
            ValueError,
            "BatchableExtensionType",
        ),
    ],
)
def test_bad_use(make, kind, text):
    with pytest.raises(kind, match=text):
        make()


def test_specs():
    spec = tf.type_spec_from_value(one())
    assert spec == Masked.Spec(tf.TensorSpec([2], tf.int32), tf.TensorSpec([2], tf.bool))
    assert spec.values == tf.TensorSpec([2], tf.int32)
    assert spec.value_type is Masked
    assert isinstance(spec, tf.TypeSpec)
    open_spec = Masked.Spec(tf.TensorSpec([None], tf.int32), tf.TensorSpec(None, tf.bool))
    assert open_spec.is_compatible_with(one())
    assert not open_spec.is_compatible_with(Masked([1.0], [True]))
    assert not open_spec.is_compatible_with(3)
    rich = tf.type_spec_from_value(Rich([1], kids=[one()]))
    assert rich.kids[0] == spec
    assert not rich.is_compatible_with(Rich([1], n=4, kids=[one()]))


def test_functions_and_gradients():
    traces = []

    @tf.function
    def turn(m):
        traces.append(1)
        return m.turned(), m

    for values in ([1, 2], [3, 4]):
        found, same = turn(Masked(values, [True, False]))
        assert found.mask.numpy().tolist() == [False, True]
        assert same.values.numpy().tolist() == values
    assert len(traces) == 1

    @tf.function(
        input_signature=[
            Masked.Spec(tf.TensorSpec([None], tf.int32), tf.TensorSpec([None], tf.bool))
        ]
    )
    def more(m):
        return m.values + 1

    assert more(one()).numpy().tolist() == [2, 3]
    with pytest.raises(TypeError, match="input_signature"):
        more(Masked([1.0], [True]))

    x = tf.constant([1.0, 2.0])
    m = Masked(x, [True, False])
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(tf.function(lambda m: m.values**2)(m))
    assert tape.gradient(total, x).numpy().tolist() == [2.0, 4.0]
    d = Doubled([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(d)
        total = tf.reduce_sum(d.x**2)
    assert tape.gradient(total, d).x.numpy().tolist() == [4.0, 8.0]
    assert len(tf.nest.flatten(m)) == 1
    assert len(tf.nest.flatten(Rich([1], kids=[m]), expand_composites=True)) == 3

    @tf.function
    def branch(flag, m):
        return tf.cond(flag, lambda: m.values, lambda: m.values * 2.0)

    assert branch(tf.constant(False), m).numpy().tolist() == [2.0, 4.0]

    ragged = Rich([1], rows=tf.ragged.constant([[1.0], [2.0, 3.0]]))
    doubled = tf.function(lambda r: r.rows * 2.0)(ragged)
    assert doubled.to_list() == [[2.0], [4.0, 6.0]]


def test_dispatch(handlers):
    @tf.experimental.dispatch_for_unary_elementwise_apis(Masked)
    def unary(api, x):
        return Masked(api(x.values), x.mask)

    @tf.experimental.dispatch_for_binary_elementwise_apis(Masked, Masked)
    def binary(api, x, y):
        return Masked(api(x.values, y.values), x.mask & y.mask)

    @tf.experimental.dispatch_for_binary_elementwise_apis(Masked, typing.Union[int, float])  # noqa: UP007
    def with_number(api, x, y):
        return Masked(api(x.values, y), x.mask)

    @tf.experimental.dispatch_for_api(tf.shape)
    def shape(input: Masked, out_type=tf.int32):
        return tf.shape(input.values, out_type)

    @tf.experimental.dispatch_for_api(tf.concat, {"values": list[Masked]})
    def concat(values, axis, name="concat"):
        parts = ([v.values for v in values], [v.mask for v in values])
        return Masked(*(tf.concat(part, axis) for part in parts))

    for handler in (unary, binary, with_number, concat):
        handlers(handler)
    m = Masked([1, -2], [True, False])
    assert tf.abs(m).values.numpy().tolist() == [1, 2]
    assert tf.cast(m, tf.float32).values.dtype == tf.float32
    assert tf.clip_by_value(m, 0, 1).values.numpy().tolist() == [1, 0]
    assert tf.zeros_like(m).values.numpy().tolist() == [0, 0]
    assert tf.add(m, m).values.numpy().tolist() == [2, -4]
    assert tf.multiply(m, 3).values.numpy().tolist() == [3, -6]
    assert tf.function(lambda v: tf.math.negative(v).values)(m).numpy().tolist() == [-1, 2]
    assert tf.shape(m).numpy().tolist() == [2]
    assert tf.concat([m, m], 0).mask.numpy().tolist() == [True, False, True, False]
    tf.experimental.unregister_dispatch_for(shape)
    with pytest.raises(ValueError, match="expected tensors"):
        tf.shape(m)
    with pytest.raises(ValueError, match="not registered"):
        tf.experimental.unregister_dispatch_for(shape)
    with pytest.raises(ValueError, match="already been registered"):
        tf.experimental.dispatch_for_unary_elementwise_apis(Masked)(unary)


def test_bad_handlers():
    with pytest.raises(ValueError, match="does not match API's signature"):

        @tf.experimental.dispatch_for_api(tf.shape)
        def renamed(inp: Masked):
            return 3

    with pytest.raises(ValueError, match="one of them an ExtensionType"):

        @tf.experimental.dispatch_for_api(tf.shape)
        def of_numbers(input: int, out_type=None):
            return 3

    with pytest.raises(ValueError, match="expected a function"):
        tf.experimental.dispatch_for_api(3)


def test_batches():
    pairs = Pair([[1, 2], [3, 4], [5, 6]], [7, 8, 9])
    dataset = tf.data.Dataset.from_tensor_slices(pairs)
    assert dataset.element_spec == Pair.Spec(
        tf.TensorSpec([2], tf.int32), tf.TensorSpec([], tf.int32)
    )
    assert [int(pair.y) for pair in dataset] == [7, 8, 9]
    first, last = dataset.batch(2)
    assert first.x.numpy().tolist() == [[1, 2], [3, 4]]
    assert last.y.numpy().tolist() == [9]
    assert [row.numpy().tolist() for row in dataset.map(lambda pair: pair.x * 2)][2] == [10, 12]
    found = tf.map_fn(lambda pair: Pair(pair.x * 2, pair.y), pairs)
    assert found.x.numpy().tolist() == [[2, 4], [6, 8], [10, 12]]
    assert tf.map_fn(lambda p: p.y + 1, pairs, fn_output_signature=tf.int32).numpy().tolist() == [
        8,
        9,
        10,
    ]
    with pytest.raises(ValueError, match="one first axis"):
        tf.data.Dataset.from_tensor_slices(Pair([1, 2], [1]))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([1.0, 2.0], "TensorSpec(shape=(2,), dtype=tf.float32, name=None)"),
        (np.zeros(3), "TensorSpec(shape=(3,), dtype=tf.float64, name=None)"),
        ("a", "TensorSpec(shape=(), dtype=tf.string, name=None)"),
        (None, "NoneTensorSpec()"),
        (tf.sparse.from_dense([[1, 0]]), "SparseTensorSpec(TensorShape([1, 2]), tf.int32)"),
        (tf.IndexedSlices([[1.0]], [0], [3, 1]), "IndexedSlicesSpec(shape"),
        (tf.TensorArray(tf.int32, 2, element_shape=[3]), "TensorArraySpec(element_shape"),
    ],
)
def test_specs_of_values(value, expected):
    spec = tf.type_spec_from_value(value)
    assert repr(spec).startswith(expected)
    assert isinstance(spec, tf.TypeSpec)
    assert spec.is_compatible_with(value if isinstance(value, tf.SparseTensor) else spec)


def test_subtypes():
    wide, narrow = tf.TensorSpec([None, 2], tf.int32), tf.TensorSpec([3, 2], tf.int32)
    assert narrow.is_subtype_of(wide)
    assert not wide.is_subtype_of(narrow)
    assert narrow.most_specific_common_supertype([tf.TensorSpec([4, 2], tf.int32)]) == wide
    assert narrow.most_specific_common_supertype([tf.TensorSpec([3, 2], tf.int64)]) is None
    with pytest.raises(ValueError, match="No type"):
        narrow.most_specific_compatible_type(tf.TensorSpec([3, 2], tf.int64))
    with pytest.raises(TypeError, match="Could not build a TypeSpec"):
        tf.type_spec_from_value(object())
