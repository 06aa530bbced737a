"""ONNX files: every layer that ONNX can express, run by onnxruntime; the others are named."""

from pathlib import Path

import layer_cases
import numpy as np
import pytest
import recurrent_cases

import caudal as tf
from caudal import keras
from caudal.keras import layers
from caudal.onnx import file as onnx_file

onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
GOLDEN = np.load(Path(__file__).parent / "golden_layers.npz")
RNG = np.random.default_rng(3)


def numbers(*shape):
    return RNG.normal(size=shape).astype("float32")


def run(path, arrays):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options)
    named = dict(zip([one.name for one in session.get_inputs()], arrays, strict=True))
    return session.run(None, named)


def close(found, expected):
    flat = [np.asarray(one) for one in tf.nest.flatten(expected)]
    for one, other in zip(found, flat, strict=True):
        assert one.shape == other.shape and one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def check(model, path, shapes, batches=(1, 5), dtype="float32"):
    """The file gives what the model gives, for several batches and open extents."""
    model.export(path, verbose=False)
    for batch in batches:
        arrays = [numbers(batch, *shape).astype(dtype) for shape in shapes]
        close(run(path, arrays), model(arrays[0] if len(arrays) == 1 else arrays, training=False))


# --- the layers that are recorded from real Keras ---------------------------------------------


@pytest.mark.parametrize("number", range(len(layer_cases.CASES)), ids=map(str, range(200)))
def test_recorded_layers(number, tmp_path):
    case = kind, arguments, shapes, training = layer_cases.CASES[number]
    arrays = layer_cases.inputs(case)
    kinds = [array.dtype.name.replace("int64", "int32") for array in arrays]
    inputs = [keras.Input(s[1:], dtype=d) for s, d in zip(shapes, kinds, strict=True)]
    layer = getattr(layers, kind)(**arguments)
    model = keras.Model(inputs, layer(inputs if len(inputs) > 1 else inputs[0]))
    own = layer.weights
    layer.set_weights([layer_cases.weight(tuple(v.shape), i, v.name) for i, v in enumerate(own)])
    model.export(tmp_path / "m.onnx", verbose=False)
    arrays = [array.astype(d) for array, d in zip(arrays, kinds, strict=True)]
    found = run(tmp_path / "m.onnx", arrays)
    if not training:
        close(found, [GOLDEN[f"{number}/y"]])
    many = [np.concatenate([array] * 4) for array in arrays]
    close(run(tmp_path / "m.onnx", many), model(many, training=False))


@pytest.mark.parametrize("name", recurrent_cases.NAMES)
def test_recorded_recurrent_layers(name, tmp_path):
    case = next(one for one in recurrent_cases.CASES if one[0] == name)
    _, make, _ = case
    time, features = recurrent_cases.TIME, recurrent_cases.FEATURES
    x = keras.Input((time, features))
    model = keras.Model(x, make(layers)(x))
    check(model, tmp_path / "m.onnx", [(time, features)])


# --- more of each family ----------------------------------------------------------------------


def row(*stack):
    return keras.Sequential(list(stack))


def adapted():
    found = layers.Normalization()
    found.adapt(numbers(20, 3))
    return found


def attention(layer, **call):
    a, b = keras.Input((4, 6)), keras.Input((5, 6))
    return keras.Model([a, b], layer(a, b, **call))


def listed(layer):
    a, b = keras.Input((4, 6)), keras.Input((5, 6))
    return keras.Model([a, b], layer([a, b]))


def scanned(cell):
    """Long enough that the steps are a loop."""
    return row(keras.Input((40, 3)), layers.RNN(cell, return_sequences=True), layers.Dense(2))


MODELS = {
    "masked lstm": (
        lambda: row(keras.Input((6, 3)), layers.Masking(), layers.LSTM(2, return_sequences=True)),
        [(6, 3)],
    ),
    "long lstm": (
        lambda: row(
            keras.Input((70, 3)), layers.Bidirectional(layers.LSTM(4, return_sequences=True))
        ),
        [(70, 3)],
    ),
    "long gru": (lambda: row(keras.Input((70, 3)), layers.GRU(4, go_backwards=True)), [(70, 3)]),
    "open lstm": (
        lambda: row(keras.Input((None, 3)), layers.LSTM(4, return_sequences=True)),
        [(9, 3)],
    ),
    "open both": (
        lambda: row(keras.Input((None, 3)), layers.Bidirectional(layers.GRU(4))),
        [(12, 3)],
    ),
    "cell": (lambda: scanned(layers.SimpleRNNCell(3)), [(40, 3)]),
    "conv lstm": (
        lambda: row(keras.Input((3, 5, 5, 2)), layers.ConvLSTM2D(2, 3, return_sequences=True)),
        [(3, 5, 5, 2)],
    ),
    "heads": (lambda: attention(layers.MultiHeadAttention(2, 3)), [(4, 6), (5, 6)]),
    "causal heads": (
        lambda: attention(layers.MultiHeadAttention(2, 3), use_causal_mask=True),
        [(4, 6), (5, 6)],
    ),
    "grouped heads": (
        lambda: attention(layers.GroupQueryAttention(3, 4, 2)),
        [(4, 6), (5, 6)],
    ),
    "attention": (lambda: listed(layers.Attention(use_scale=True)), [(4, 6), (5, 6)]),
    "additive": (lambda: listed(layers.AdditiveAttention()), [(4, 6), (5, 6)]),
    "normalization": (lambda: row(keras.Input((3,)), adapted()), [(3,)]),
    "open picture": (
        lambda: row(
            keras.Input((None, None, 3)),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.UpSampling2D(2),
            layers.GlobalAveragePooling2D(),
        ),
        [(9, 12, 3)],
    ),
    "bilinear": (
        lambda: row(keras.Input((4, 5, 2)), layers.UpSampling2D(2, interpolation="bilinear")),
        [(4, 5, 2)],
    ),
    "resizing": (lambda: row(keras.Input((6, 5, 2)), layers.Resizing(4, 9)), [(6, 5, 2)]),
    "center crop": (lambda: row(keras.Input((6, 5, 2)), layers.CenterCrop(4, 3)), [(6, 5, 2)]),
    "random layers": (
        lambda: row(
            keras.Input((6, 6, 3)),
            layers.RandomFlip(),
            layers.RandomRotation(0.2),
            layers.SpatialDropout2D(0.3),
            layers.AlphaDropout(0.3),
            layers.GaussianDropout(0.3),
        ),
        [(6, 6, 3)],
    ),
    "spectral": (
        lambda: row(keras.Input((4,)), layers.SpectralNormalization(layers.Dense(3))),
        [(4,)],
    ),
    "adaptive": (
        lambda: row(keras.Input((7, 7, 2)), layers.AdaptiveAveragePooling2D(3)),
        [(7, 7, 2)],
    ),
    "discretization": (
        lambda: row(keras.Input((3,)), layers.Discretization(bin_boundaries=[-0.5, 0.0, 0.7])),
        [(3,)],
    ),
    "distributed": (
        lambda: row(keras.Input((5, 6, 6, 2)), layers.TimeDistributed(layers.Conv2D(3, 3))),
        [(5, 6, 6, 2)],
    ),
}
ACTIVATIONS = (
    "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu linear "
    "log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus "
    "softsign sparse_plus sparsemax squareplus tanh tanh_shrink"
).split()


@pytest.mark.parametrize("name", MODELS)
def test_models(name, tmp_path):
    make, shapes = MODELS[name]
    check(make(), tmp_path / "m.onnx", shapes)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name, tmp_path):
    model = row(keras.Input((6,)), layers.Activation(name), layers.Dense(2))
    check(model, tmp_path / "m.onnx", [(6,)])


def test_a_subclassed_model_and_named_outputs(tmp_path):
    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = layers.Dense(2)

        def call(self, x):
            y = self.inner(x)
            return {"a": y, "b": tf.reduce_sum(tf.sort(y, axis=-1), axis=0)}

    model, x = Two(), numbers(3, 4)
    with pytest.raises(ValueError, match="input_signature"):
        model.export(tmp_path / "m.onnx")
    expected = model(x)
    model.export(tmp_path / "m.onnx", input_signature=[tf.TensorSpec((None, 4))], verbose=False)
    close(run(tmp_path / "m.onnx", [x]), expected)


@pytest.mark.parametrize("version", onnx_file.OPSETS)
def test_versions_of_the_operators(version, tmp_path, capsys):
    model = row(keras.Input((6, 6, 2)), layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(2))
    model.export(tmp_path / "m.onnx", opset_version=version)
    assert "m.onnx" in capsys.readouterr().out
    assert onnx.load(tmp_path / "m.onnx").opset_import[0].version == version
    x = numbers(2, 6, 6, 2)
    close(run(tmp_path / "m.onnx", [x]), model(x))


def test_half_precision(tmp_path):
    model = row(keras.Input((4,), dtype="float16"), layers.Dense(3, dtype="float16"))
    model.export(tmp_path / "m.onnx", verbose=False)
    x = numbers(2, 4).astype("float16")
    (found,) = run(tmp_path / "m.onnx", [x])
    np.testing.assert_allclose(found, model(x).numpy(), rtol=2e-2, atol=2e-2)


def test_weights_keep_their_paths(tmp_path):
    model = row(keras.Input((4,)), layers.Dense(3, name="top"))
    model.export(tmp_path / "m.onnx", verbose=False)
    file = onnx.load(tmp_path / "m.onnx")
    held = {one.name: onnx.numpy_helper.to_array(one) for one in file.graph.initializer}
    for weight in model.weights:
        np.testing.assert_array_equal(held[weight.path], weight.numpy())
    assert file.producer_name == "caudal"
    assert [d.dim_param or d.dim_value for d in file.graph.input[0].type.tensor_type.shape.dim] == [
        "n0",
        4,
    ]


def test_long_loops_stack_their_rows(tmp_path):
    """A copy of all rows in each turn would take quadratic time."""
    model = row(keras.Input((70, 3)), layers.LSTM(4, return_sequences=True))
    model.export(tmp_path / "m.onnx", verbose=False)
    (loop,) = [node for node in onnx.load(tmp_path / "m.onnx").graph.node if node.op_type == "Loop"]
    inside = {node.op_type for node in loop.attribute[0].g.node}
    assert "MatMul" in inside and "ScatterND" not in inside


class Noisy(layers.Layer):
    def call(self, inputs):
        return inputs + tf.random.normal([2])


class Spectrum(layers.Layer):
    def call(self, inputs):
        return tf.abs(tf.signal.rfft(inputs))


class Counting(layers.Layer):
    def build(self, shape):
        self.calls = self.add_weight(shape=(), trainable=False, name="calls")

    def call(self, inputs):
        self.calls.assign_add(1.0)
        return inputs


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: row(keras.Input((2,)), Noisy(name="loud"), layers.Dense(1)), r"loud.*threefry"),
        (lambda: row(keras.Input((2,)), Counting(name="meter")), "calls"),
        (
            lambda: row(keras.Input(batch_shape=(2, 5, 3)), layers.LSTM(2, stateful=True)),
            "assigns the variable",
        ),
        (
            lambda: row(keras.Input((), dtype="string"), layers.StringLookup(vocabulary=["a"])),
            "StringLookup",
        ),
        (
            lambda: row(keras.Input((8,)), Spectrum(name="waves")),
            r"waves.*complex",
        ),
    ],
)
def test_what_onnx_cannot_express_is_named(make, text, tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(b"old")
    with pytest.raises(NotImplementedError, match=text):
        make().export(path, verbose=False)
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_mistakes(tmp_path):
    model = row(keras.Input((2,)), layers.Dense(1))
    with pytest.raises(ValueError, match=r"opset_version.*18.*99"):
        model.export(tmp_path / "m.onnx", opset_version=99)
    with pytest.raises(ValueError, match=r"unknown arguments.*opset"):
        model.export(tmp_path / "m.onnx", opset=17)
    with pytest.raises(NotImplementedError, match=r"format.*openvino"):
        model.export(tmp_path / "m", format="openvino")
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        model.export(tmp_path / "file" / "m.onnx", verbose=False)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_without_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install 'caudal\[onnx\]'"):
        row(keras.Input((2,)), layers.Dense(1)).export(tmp_path / "m.onnx")
