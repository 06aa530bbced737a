"""Layers and models as users build them: tracking, graphs, configurations, errors."""

import copy
import gc
import json
import pickle
import weakref

import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.errors import (
    CaudalWarning,
    FailedPreconditionError,
    InvalidArgumentError,
    MissingNameError,
    ShapeError,
    UnimplementedError,
)
from caudal.keras import Input, Model, Sequential, layers


def ones(*shape):
    return np.ones(shape, "float32")


@pytest.fixture(autouse=True)
def fresh_names():
    keras.backend.clear_session()


class Net(Model):
    """A subclassed model with layers in attributes, lists and dicts."""

    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.first = layers.Dense(units)
        self.rest = [layers.Dense(2), layers.Dropout(0.5)]
        self.named = {"last": layers.Dense(1)}

    def call(self, x, training=None):
        x = self.first(x)
        for layer in self.rest:
            x = layer(x)
        return self.named["last"](x)


class TestLayer:
    def test_names_count_per_class(self):
        names = [layers.Dense(1).name, layers.Dense(1).name, layers.MaxPooling2D().name]
        assert names == ["dense", "dense_1", "max_pooling2d"]

    def test_weights_in_both_spellings_of_add_weight(self):
        class Both(layers.Layer):
            def build(self, input_shape):
                self.a = self.add_weight(shape=(input_shape[-1], 2), name="a")
                self.b = self.add_weight("b", (2,), initializer="zeros")
                self.c = self.add_weight((2,), "ones", trainable=False, name="c")

            def call(self, x):
                return x @ self.a + self.b + self.c

        layer = Both()
        assert layer(ones(4, 3)).shape == (4, 2)
        assert [v.path for v in layer.weights] == ["both/a", "both/b", "both/c"]
        assert [v.name for v in layer.trainable_weights] == ["a", "b"]
        assert [v.name for v in layer.non_trainable_weights] == ["c"]
        assert layer.count_params() == 10
        assert layer.built
        layer.trainable = False
        assert layer.trainable_weights == []
        assert len(layer.non_trainable_weights) == 3

    def test_tracking(self):
        net = Net()
        assert net.layers == [net.first, *net.rest, net.named["last"]]
        net(ones(2, 4))
        assert [tuple(v.shape) for v in net.weights] == [(4, 3), (3,), (3, 2), (2,), (2, 1), (1,)]
        # The seed of the dropout is a variable and not a weight.
        assert len(net.variables) == 7
        net.rest.append(layers.Dense(5))
        assert len(net.layers) == 5
        del net.first
        assert len(net.layers) == 4

    def test_training_reaches_inner_layers(self):
        seen = []

        class Spy(layers.Layer):
            def call(self, x, training=None):
                seen.append(training)
                return x

        class Outer(layers.Layer):
            def __init__(self):
                super().__init__()
                self.spy = Spy()

            def call(self, x):
                return self.spy(x)

        outer = Outer()
        outer(ones(1))
        outer(ones(1), training=True)
        outer(ones(1), training=False)
        assert seen == [None, True, False]
        dropout = layers.Dropout(0.9, seed=1)
        assert np.array_equal(dropout(ones(50)), ones(50))
        assert (dropout(ones(50), training=True).numpy() == 0).any()

    def test_dropout_is_reproducible_and_keeps_the_mean(self):
        x = ones(100, 100)
        first, second = layers.Dropout(0.25, seed=3), layers.Dropout(0.25, seed=3)
        a, b = first(x, training=True).numpy(), second(x, training=True).numpy()
        assert np.array_equal(a, b)
        assert set(np.unique(a)) == {0.0, np.float32(1 / 0.75)}
        assert abs(a.mean() - 1) < 0.02
        assert not np.array_equal(a, first(x, training=True).numpy())

    def test_spatial_dropout_drops_channels(self):
        y = layers.SpatialDropout2D(0.5, seed=0)(ones(8, 5, 5, 16), training=True).numpy()
        per_channel = y.reshape(8, 25, 16)
        assert (per_channel == per_channel[:, :1]).all()
        assert 0.3 < (y == 0).mean() < 0.7

    def test_losses(self):
        class Penalty(layers.Layer):
            def call(self, x):
                self.add_loss(tf.reduce_sum(x))
                return x

        layer = Penalty()
        layer(ones(2, 2))
        layer(ones(2, 2))
        assert [float(loss) for loss in layer.losses] == [4.0]
        dense = layers.Dense(
            1, kernel_initializer="ones", kernel_regularizer="l2", activity_regularizer="l1"
        )
        model = Sequential([Input((3,)), dense])
        assert [float(loss) for loss in model.losses] == pytest.approx([0.03])
        model(ones(2, 3))
        # The penalty on outputs is per sample.
        assert sorted(map(float, model.losses)) == pytest.approx([0.03, 0.03])

    def test_losses_of_a_finished_training_have_no_symbols(self):
        class Penalty(layers.Layer):
            def call(self, x):
                self.add_loss(tf.reduce_sum(x))
                return x

        model = Sequential([Input((3,)), Penalty(), layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(ones(8, 3), ones(8, 1), verbose=0)
        assert model.losses == []

    def test_keras2_attributes(self):
        layer = layers.Dense(2)
        with pytest.raises(AttributeError, match="never been called"):
            _ = layer.output_shape
        layer(Input((3,)))
        assert (layer.input_shape, layer.output_shape) == ((None, 3), (None, 2))

        class Own(layers.Layer):
            def __init__(self):
                super().__init__()
                self.output_shape = 5

        assert Own().output_shape == 5
        assert not hasattr(layer, "nothing")

    def test_weights_can_be_read_and_set(self):
        layer = layers.Dense(2)
        layer.build((None, 3))
        layer.set_weights([ones(3, 2), ones(2)])
        assert np.array_equal(layer(ones(1, 3)), [[4, 4]])
        copies = layer.get_weights()
        copies[0][:] = 7
        assert np.array_equal(layer.get_weights()[0], ones(3, 2))
        with pytest.raises(InvalidArgumentError, match=r"'dense'.*length 1.*expecting 2"):
            layer.set_weights([ones(3, 2)])
        with pytest.raises(ShapeError, match=r"dense/kernel has shape \(3, 2\).*\(2, 3\)"):
            layer.set_weights([ones(2, 3), ones(2)])

    def test_trainable_reaches_inner_layers(self):
        net = Net()
        net(ones(1, 4))
        net.trainable = False
        assert not net.rest[0].trainable
        assert net.trainable_variables == []
        assert len(net.non_trainable_weights) == 6

    def test_values_of_other_kinds(self):
        layer = layers.Dense(2, kernel_initializer="ones")
        for value in (ones(1, 3), np.ones((1, 3)), tf.ones((1, 3)), np.ones((1, 3), "int64")):
            y = layer(value)
            assert y.dtype == "float32"
            assert np.array_equal(y, [[3, 3]])

    def test_dtype(self):
        layer = layers.Dense(2, dtype="float64")
        assert layer(ones(1, 3)).dtype == "float64"
        assert layer.kernel.dtype == "float64"
        assert layer.dtype == layer.compute_dtype == "float64"

    def test_copies(self):
        layer = layers.Dense(2)
        layer(ones(1, 3))
        for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
            assert twin is not layer
            assert np.array_equal(twin(ones(1, 3)), layer(ones(1, 3)))
            twin.kernel.assign(twin.kernel * 0)
            assert float(tf.reduce_sum(tf.abs(layer.kernel))) > 0

    def test_calls_leave_nothing_behind(self):
        layer = layers.Dense(2)
        y = layer(ones(1, 3))
        gone = weakref.ref(y)
        del y
        gc.collect()
        assert gone() is None


class TestFunctional:
    def test_several_inputs_and_outputs(self):
        a, b = Input((3,), name="a"), Input((3,), name="b")
        total = layers.Add()([a, b])
        model = Model([a, b], [total, layers.Dense(2)(total)])
        y, z = model([ones(4, 3), ones(4, 3)])
        assert np.array_equal(y, 2 * ones(4, 3))
        assert z.shape == (4, 2)
        assert model.input_names == ["a", "b"]
        assert model.output_shape == [(None, 3), (None, 2)]
        y, _ = model({"a": ones(1, 3), "b": 5 * ones(1, 3)})
        assert np.array_equal(y, 6 * ones(1, 3))

    def test_dicts(self):
        a, b = Input((3,), name="a"), Input((3,), name="b")
        model = Model({"a": a, "b": b}, {"difference": a - b, "sum": a + b})
        found = model({"b": ones(1, 3), "a": 3 * ones(1, 3)})
        assert float(found["difference"][0, 0]) == 2.0
        assert float(found["sum"][0, 0]) == 4.0
        with pytest.raises(InvalidArgumentError, match='Missing data for input "b"'):
            model({"a": ones(1, 3)})

    def test_shared_layers_and_models_as_layers(self):
        shared = layers.Dense(3, name="shared")
        a, b = Input((4,)), Input((4,))
        model = Model([a, b], layers.concatenate([shared(a), shared(b)]))
        assert model.count_params() == 15
        inner = Model(a, shared(a), name="inner")
        c = Input((4,))
        outer = Model(c, layers.Dense(1)(inner(inner.layers[1](c) @ ones(3, 4))))
        assert outer.get_layer("inner") is inner
        assert outer(ones(2, 4)).shape == (2, 1)
        assert len(outer.trainable_weights) == 4

    def test_intermediate_outputs(self):
        model = Sequential([Input((4,)), layers.Dense(3, name="code"), layers.Dense(2)])
        encoder = Model(model.inputs, model.get_layer("code").output)
        kernel, bias = model.get_layer("code").get_weights()
        np.testing.assert_allclose(encoder(ones(1, 4)), ones(1, 4) @ kernel + bias, rtol=1e-6)
        both = Model(model.input, [layer.output for layer in model.layers])
        assert [y.shape for y in both(ones(5, 4))] == [(5, 3), (5, 2)]

    def test_operators_and_tf_functions(self):
        x = Input((4, 4))
        y = tf.reduce_mean(tf.nn.relu(2 * x - 1), axis=-1) / 2.0
        z = tf.concat([y, tf.abs(x)[..., 0]], axis=-1)
        assert z.shape == (None, 8)
        model = Model(x, [z, x @ x, -x, x**2, x > 0])
        value = np.arange(16, dtype="float32").reshape(1, 4, 4)
        found = model(value)
        expected = np.maximum(2 * value - 1, 0).mean(-1) / 2
        np.testing.assert_allclose(found[0], np.concatenate([expected, value[..., 0]], -1))
        np.testing.assert_allclose(found[1], value @ value)
        np.testing.assert_allclose(found[3], value**2)
        assert found[4].dtype == "bool"

    def test_symbolic_tensors_have_no_value(self):
        x = Input((4,))
        with pytest.raises(TypeError, match="boolean"):
            bool(x)
        with pytest.raises(InvalidArgumentError, match="has no value"):
            np.asarray(x)
        with pytest.raises(NotImplementedError, match="Iterating"):
            list(x)

    def test_training_flag_in_a_graph(self):
        x = Input((200,))
        free = Model(x, layers.Dropout(0.5)(x))
        fixed = Model(x, layers.Dropout(0.5)(x, training=True))
        assert np.array_equal(free(ones(1, 200)), ones(1, 200))
        assert (free(ones(1, 200), training=True).numpy() == 0).any()
        assert (fixed(ones(1, 200)).numpy() == 0).any()

    def test_disconnected(self):
        x, other = Input((3,)), Input((3,), name="other")
        with pytest.raises(InvalidArgumentError, match="depends on the input 'other'"):
            Model(x, layers.Dense(2)(other))
        with pytest.raises(InvalidArgumentError, match="must be KerasTensors"):
            Model(x, ones(3))

    def test_unknown_extents(self):
        x = Input((None, 3))
        y = layers.Conv1D(4, 5)(x)
        assert y.shape == (None, None, 4)
        assert layers.GlobalMaxPooling1D()(y).shape == (None, 4)
        assert layers.Lambda(lambda t: t[:, ::2] + 1)(y).shape == (None, None, 4)
        model = Model(x, layers.GlobalMaxPooling1D()(y))
        assert model(ones(2, 9, 3)).shape == model(ones(2, 30, 3)).shape == (2, 4)

    def test_unknown_against_known_extents(self):
        a, b = Input((None, 3)), Input((4, 1))
        assert (a + b).shape == (None, 4, 3)
        assert layers.Add()([a, b]).shape == (None, None, 3)
        model = Model([a, b], a * b)
        assert model([ones(2, 1, 3), ones(2, 4, 1)]).shape == (2, 4, 3)

    def test_rank_is_mended(self):
        model = Model(x := Input((1,)), x * 2.0)
        assert model(ones(5)).shape == (5, 1)

    def test_subclass_of_inputs_and_outputs(self):
        class Mine(Model):
            def __init__(self):
                x = Input((3,))
                super().__init__(inputs=x, outputs=layers.Dense(2)(x))
                self.note = "kept"

        model = Mine()
        assert model(ones(1, 3)).shape == (1, 2)
        assert model.output_shape == (None, 2)
        assert model.note == "kept"
        assert len(model.layers) == 2


class TestSequential:
    def test_add_and_pop(self):
        model = Sequential()
        model.add(Input((4,)))
        model.add(layers.Dense(3))
        model.add(layers.Dense(2))
        assert model.output_shape == (None, 2)
        assert model.pop().name == "dense_1"
        assert model.output_shape == (None, 3)
        assert [layer.name for layer in model.layers] == ["dense"]

    def test_deferred(self):
        model = Sequential([layers.Dense(3), layers.Dense(2)])
        assert not model.built
        assert model.weights == []
        with pytest.raises(AttributeError, match="no defined output shape"):
            _ = model.output_shape
        assert model(ones(5, 4)).shape == (5, 2)
        assert model.built
        assert model(ones(7, 4)).shape == (7, 2)
        other = Sequential([layers.Dense(3)])
        other.build((None, 4))
        assert other.input_shape == (None, 4)
        assert other.count_params() == 15

    def test_keras2_spellings(self):
        model = Sequential([layers.Dense(3, input_shape=(4,)), layers.Dense(2)])
        assert model.input_shape == (None, 4)
        assert Sequential([layers.Dense(3, input_dim=4)]).output_shape == (None, 3)
        batched = Sequential([layers.Dense(3, batch_input_shape=(8, 4))])
        assert batched.output_shape == (8, 3)
        text = Sequential([layers.Embedding(10, 3, input_length=5), layers.Flatten()])
        assert text.output_shape == (None, 15)

    def test_bad_elements(self):
        with pytest.raises(InvalidArgumentError, match=r"Only instances of `keras\.Layer`"):
            Sequential([3])
        with pytest.raises(InvalidArgumentError, match="Did you forget to call"):
            Sequential([layers.Flatten])
        with pytest.raises(InvalidArgumentError, match=r"unique names.*'x'"):
            Sequential([layers.Dense(1, name="x"), layers.Dense(1, name="x")])
        with pytest.raises(InvalidArgumentError, match="no layers"):
            Sequential().build((None, 3))

    def test_get_layer(self):
        model = Sequential([layers.Dense(3, name="hidden"), layers.Dense(2)])
        assert model.get_layer(index=1) is model.layers[1]
        with pytest.raises(InvalidArgumentError, match="Did you mean: hidden"):
            model.get_layer("hiden")
        with pytest.raises(InvalidArgumentError, match=r"index 5.*2 layers"):
            model.get_layer(index=5)


class TestSubclass:
    def test_build_from_a_shape(self):
        net = Net()
        net.build((None, 4))
        assert [v.path for v in net.weights][:2] == ["net/dense/kernel", "net/dense/bias"]
        assert net(ones(3, 4)).shape == (3, 1)

    def test_inside_a_tf_function_and_a_functional_model(self):
        net = Net()
        run = tf.function(lambda x: net(x, training=False))
        np.testing.assert_allclose(run(ones(2, 4)), net(ones(2, 4)), rtol=1e-6)
        x = Input((4,))
        model = Model(x, Net()(x))
        assert model.output_shape == (None, 1)
        assert model(ones(3, 4)).shape == (3, 1)

    def test_without_call(self):
        class Empty(Model):
            pass

        with pytest.raises(NotImplementedError, match="Model Empty does not have a `call"):
            Empty()(ones(1, 2))

    def test_without_super_init(self):
        class Forgot(layers.Layer):
            def __init__(self):
                self.inner = layers.Dense(1)

        with pytest.raises(FailedPreconditionError, match=r"super\(\).__init__"):
            Forgot()(ones(1, 2))


class TestConfigurations:
    def test_round_trips(self):
        a, b = Input((4,), name="a"), Input((4,), name="b")
        shared = layers.Dense(3, activation="relu", kernel_regularizer="l2")
        inner = Sequential([layers.Dense(2), layers.Dropout(0.5)], name="inner")
        joined = layers.Concatenate()([shared(a), shared(b)])
        model = Model(inputs=[a, b], outputs=[inner(joined), joined], name="net")
        again = keras.models.model_from_json(model.to_json())
        assert json.loads(again.to_json()) == json.loads(model.to_json())
        again.set_weights(model.get_weights())
        given = [np.random.default_rng(0).normal(size=(3, 4)) for _ in "ab"]
        for x, y in zip(model(given), again(given), strict=True):
            np.testing.assert_array_equal(x, y)

    def test_clone(self):
        model = Sequential([Input((4,)), layers.Dense(3, name="d")])
        twin = keras.models.clone_model(model)
        assert twin.layers[0].name == "d"
        assert twin.layers[0] is not model.layers[0]
        x = Input((4,))
        graph = Model(x, layers.Dense(2)(x * 2.0))
        copied = keras.models.clone_model(graph)
        copied.set_weights(graph.get_weights())
        np.testing.assert_array_equal(copied(ones(2, 4)), graph(ones(2, 4)))

    def test_arguments_of_user_classes(self):
        class Mine(layers.Layer):
            def __init__(self, units, scale=2.0, **kwargs):
                super().__init__(**kwargs)
                self.units = units

        config = Mine(3, name="m").get_config()
        assert (config["units"], config["scale"], config["name"]) == (3, 2.0, "m")
        assert Mine.from_config(config).units == 3
        with pytest.raises(UnimplementedError, match="override get_config"):
            Mine(ones(2)).get_config()

    def test_custom_objects(self):
        class Double(layers.Layer):
            def call(self, x):
                return x * 2

        model = Sequential([Input((2,)), Double()])
        text = model.to_json()
        with pytest.raises(TypeError, match="Could not locate class 'Double'"):
            keras.models.model_from_json(text)
        again = keras.models.model_from_json(text, custom_objects={"Double": Double})
        assert np.array_equal(again(ones(1, 2)), [[2, 2]])


class TestBadInput:
    @pytest.mark.parametrize(
        ("call", "error", "match"),
        [
            (lambda: layers.Dense(2)(ones(3)), ShapeError, "'dense'.*min_ndim=2, found ndim=1"),
            (
                lambda: layers.Conv2D(2, 3)(ones(5, 5, 1)),
                ShapeError,
                "conv2d.*found ndim=3",
            ),
            (lambda: layers.Conv2D(2, 7)(ones(1, 5, 5, 1)), ShapeError, "'conv2d'.*negative"),
            (lambda: layers.MaxPooling2D(9)(ones(1, 5, 5, 1)), ShapeError, "'max_pooling2d'"),
            (lambda: layers.Add()(ones(2, 3)), InvalidArgumentError, "'add'.*list of inputs"),
            (lambda: layers.Add()([ones(2, 3), ones(2, 4)]), ShapeError, "incompatible shapes"),
            (lambda: layers.Concatenate()([ones(2, 3), ones(3, 3)]), ShapeError, "matching shapes"),
            (lambda: layers.Reshape((5,))(ones(2, 3)), ShapeError, "'reshape'.*unchanged"),
            (lambda: layers.Dense(-1), InvalidArgumentError, "units=-1"),
            (lambda: layers.Dense(2, activaton="relu"), InvalidArgumentError, "mean: activation"),
            (lambda: layers.Dense(2, activation="rleu"), InvalidArgumentError, "mean: relu"),
            (lambda: layers.Dense(2, kernel_initializer="he"), InvalidArgumentError, "'he'"),
            (lambda: layers.Dense(2, kernel_regularizer="l3"), InvalidArgumentError, "'l3'"),
            (lambda: layers.Conv2D(2, (3, 3, 3)), InvalidArgumentError, "kernel_size"),
            (lambda: layers.Conv2D(2, 3, padding="big"), InvalidArgumentError, "'big'"),
            (lambda: layers.Dropout(1.5), InvalidArgumentError, "rate=1.5"),
            (lambda: layers.Dense(2, name="a/b"), InvalidArgumentError, "without '/'"),
            (lambda: layers.Dense(2)(3.0), InvalidArgumentError, "'dense'"),
            (lambda: layers.Dense(2)([[1.0, 2.0]]), InvalidArgumentError, "Python numbers"),
            (lambda: layers.Dense(2)(np.array([["a"]])), TypeError, "string"),
            (lambda: layers.Dense(2).count_params(), ValueError, "isn't built"),
            (lambda: layers.Dense(2).output, AttributeError, "never been called"),
            (lambda: layers.Dens, MissingNameError, "Did you mean: Dense"),
            (lambda: Input(784), InvalidArgumentError, "Cannot convert 784"),
            (lambda: Input((-1,)), InvalidArgumentError, "-1"),
        ],
    )
    def test_says_what_is_wrong(self, call, error, match):
        with pytest.raises(error, match=match):
            call()

    def test_feature_count(self):
        model = Sequential([Input((3,)), layers.Dense(2, name="hidden")])
        with pytest.raises(ShapeError, match=r"'hidden'.*value 3, but received 4"):
            model(ones(2, 4))
        graph = Model(x := Input((3,)), layers.Dense(2)(x))
        with pytest.raises(ShapeError, match=r"expected shape=\(None, 3\), found shape=\(2, 4\)"):
            graph(ones(2, 4))


class TestVariable:
    def test_reading_and_assigning(self):
        v = keras.Variable(ones(2, 3), name="w")
        assert (v.name, v.path, v.dtype, tuple(v.shape)) == ("w", "w", "float32", (2, 3))
        v.assign_add(ones(2, 3))
        assert np.array_equal(v.value, 2 * ones(2, 3))
        assert np.array_equal(v + 1, 3 * ones(2, 3))
        assert repr(keras.Variable([1, 2], dtype="int32", name="n")) == (
            "<Variable path=n, shape=(2,), dtype=int32, value=[1 2]>"
        )
        v.trainable = False
        assert not v.trainable

    def test_initializers_and_scopes(self):
        with keras.name_scope("block"):
            v = keras.Variable("ones", shape=(2,), name="w")
        assert v.path == "block/w"
        assert np.array_equal(v, ones(2))
        with pytest.raises(InvalidArgumentError, match="`shape` must be given"):
            keras.Variable("zeros")
        with pytest.raises(InvalidArgumentError, match="without '/'"):
            keras.Variable(1.0, name="a/b")


class TestNamespaces:
    def test_aliases_are_one_class(self):
        assert layers.MaxPool2D is layers.MaxPooling2D
        assert layers.Convolution2D is layers.Conv2D
        assert keras.models.Model is keras.Model
        assert layers.Layer is keras.Layer
        assert layers.experimental.preprocessing.Rescaling is layers.Rescaling
        assert tf.keras is keras

    def test_function_forms(self):
        a, b = ones(2, 3), 2 * ones(2, 3)
        assert np.array_equal(layers.add([a, b]), a + b)
        assert np.array_equal(layers.subtract([a, b]), a - b)
        assert np.array_equal(layers.multiply([a, b]), a * b)
        assert np.array_equal(layers.average([a, b]), (a + b) / 2)
        assert np.array_equal(layers.maximum([a, b]), b)
        assert np.array_equal(layers.minimum([a, b]), a)
        assert layers.concatenate([a, b], axis=0).shape == (4, 3)
        assert np.array_equal(layers.dot([a, b], axes=1), [[6], [6]])

    def test_what_is_absent_says_so(self):
        with pytest.raises(MissingNameError, match=r"keras\.layers\.Dence .*Dense"):
            _ = layers.Dence

    def test_registered_classes_need_no_custom_objects(self):
        @keras.saving.register_keras_serializable(package="mine")
        class Shift(layers.Layer):
            def __init__(self, by=1.0, **kwargs):
                super().__init__(**kwargs)
                self.by = by

            def call(self, x):
                return x + self.by

        model = Sequential([Input((2,)), Shift(by=3.0)])
        again = keras.models.model_from_json(model.to_json())
        assert np.array_equal(again(ones(1, 2)), [[4, 4]])

    def test_mixed_policies_compute_in_16_bits(self):
        layer = layers.Dense(2, dtype="mixed_float16")
        assert (layer.compute_dtype, layer.dtype) == ("float16", "float32")
        with pytest.raises(ValueError, match="Cannot convert 'foo'"):
            layers.Dense(2, dtype="foo")


@pytest.mark.parametrize("kind", ["sequential", "functional"])
def test_models_can_be_copied(kind):
    x = Input((4,))
    stack = Sequential([Input((4,)), layers.Dense(3), layers.Dropout(0.1)])
    model = stack if kind == "sequential" else Model(x, layers.Dense(2)(x) * 2.0)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(twin(ones(2, 4)), model(ones(2, 4)))
        twin.weights[0].assign(twin.weights[0] + 1)
        assert not np.array_equal(twin(ones(2, 4)), model(ones(2, 4)))


def test_inputs_of_another_structure_warn():
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model({"a": a, "b": b}, keras.layers.Add()([a, b]))
    x = np.ones((3, 2), "float32")
    with pytest.warns(CaudalWarning, match="structure of `inputs`"):
        found = model.predict([x, 2 * x], verbose=0)
    np.testing.assert_array_equal(found, 3 * x)
    with pytest.warns(CaudalWarning, match="structure of `inputs`"):
        model({"a": x, "b": x, "more": x})
    listed = keras.Model([a, b], keras.layers.Add()([a, b]))
    np.testing.assert_array_equal(listed.predict((x, x), verbose=0), 2 * x)


def test_the_loss_as_a_function_of_the_variables():
    model = Sequential([Input((2,)), layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    before = model.get_weights()
    kept = [v.numpy() for v in model.metrics_variables]
    x, y = np.ones((3, 2), "float32"), np.ones((3, 1), "float32")
    weight = np.array([[2.0], [1.0]], "float32")
    loss, (trained, others, _) = model.stateless_compute_loss(
        [weight], [], kept, x, y, y_pred=np.full((3, 1), 3.0, "float32")
    )
    assert float(loss) == 4.0
    np.testing.assert_array_equal(trained[0], weight)
    assert others == []
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    with pytest.raises(InvalidArgumentError, match="values of variables"):
        model.stateless_compute_loss([], [], kept, x, y, y)
