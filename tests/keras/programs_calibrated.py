import contextlib
import importlib

import numpy as np
from programs import loose, raised, values


class Tokenizer:
    def tokenize(self, text):
        return np.array([ord(letter) % 11 for letter in text], "int32")


TEXTS = ["a cold wind", "blew over the plain", "and nobody saw it go"]
TOKENS = [np.arange(40) * 7 % 11, np.arange(30) * 5 % 11]


def even(keras):
    """Keras as it is meant.

    Its windows begin at a place that a hash of a text says, another one each process. And it waits
    for data in ``call``, while layers that are made ready run ``quantized_call``: Keras 3.15.1
    itself shows GPTQ and AWQ no data at all.
    """
    if "caudal" not in keras.__name__:
        cores = [importlib.import_module(f"keras.src.quantizers.{n}_core") for n in ("gptq", "awq")]
        cores[0].hash = lambda _: 0
        cores[0].stream_hessians = shows("update_hessian_with_batch")
        cores[1].stream_activations = shows("update_activation_magnitudes")
    return keras


def shows(method):
    """What shows the inputs of layers to the objects of the same names."""

    @contextlib.contextmanager
    def stream(layers, objects):
        def hook(name, call):
            def run(x, *args, **kwargs):
                x2d = np.asarray(x).reshape(-1, int(objects[name].rows))
                getattr(objects[name], method)(x2d)
                return call(x, *args, **kwargs)

            return run

        before = {name: layer.quantized_call for name, layer in layers.items()}
        for name, layer in layers.items():
            layer.quantized_call = hook(name, before[name])
        yield
        for name, layer in layers.items():
            layer.quantized_call = before[name]

    return stream


def fill(model):
    for i, weight in enumerate(model.weights):
        weight.assign(values(*weight.shape, start=0.37 * i))
    return model


def dense_model(keras, rows=12):
    x = keras.Input((6,), dtype="int32")
    embedding = keras.layers.Embedding(11, rows, name="embedding")
    first = keras.Sequential(
        [keras.Input((None, rows)), keras.layers.Dense(7, activation="tanh", name="first")]
    )
    second = keras.layers.Dense(rows, name="second")
    last = keras.layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de", name="last")
    outputs = last(second(first(embedding(x))))
    model = fill(keras.Model(x, outputs))
    structure = {"pre_block_layers": [embedding], "sequential_blocks": [first, second, last]}
    return model, structure


def quantized(keras, kind, dataset=TOKENS, rows=12, **options):
    model, structure = dense_model(even(keras), rows)
    # In the config Keras would write the layers into each layer's configuration, without end.
    model.get_quantization_layer_structure = lambda mode=None: structure
    data = {"num_samples": 5, "sequence_length": 6}
    config = kind(dataset, Tokenizer(), **data, **options)
    x = np.arange(18).reshape(3, 6) * 3 % 11
    found = {"before": model(x)}
    model.quantize(config.mode, config=config, filters=["first", "second", "last"])
    found["after"] = model(x)
    for name in ("first", "second", "last"):
        layer = next(layer for layer in model._flatten_layers() if layer.name == name)
        found[f"{name}.policy"] = layer.dtype_policy.name
        for part in ("quantized_kernel", "kernel_scale", "kernel_zero", "g_idx", "awq_scales"):
            if hasattr(layer, part):
                found[f"{name}.{part}"] = getattr(layer, part)
        found[f"{name}.kernel"] = layer.kernel
        names = [weight.name for weight in layer.weights]
        found[f"{name}.names"] = ",".join(sorted(names))
    return model, x, found


@loose(2e-4)
def case_gptq(keras):
    return quantized(keras, keras.quantizers.GPTQConfig, group_size=4)[2]


@loose(2e-4)
def case_gptq_texts_by_channel(keras):
    kind = keras.quantizers.GPTQConfig
    return quantized(keras, kind, TEXTS, group_size=-1, symmetric=True, weight_bits=8)[2]


@loose(2e-4)
def case_gptq_in_the_order_of_activations(keras):
    kind = keras.quantizers.GPTQConfig
    options = {"activation_order": True, "hessian_damping": 0.05, "weight_bits": 4}
    return quantized(keras, kind, group_size=-1, **options)[2]


@loose(2e-4)
def case_gptq_one_scale(keras):
    return quantized(keras, keras.quantizers.GPTQConfig, per_channel=False, weight_bits=2)[2]


@loose(2e-4)
def case_gptq_several_blocks(keras):
    found = quantized(keras, keras.quantizers.GPTQConfig, rows=140, group_size=64)[2]
    return {name: found[name] for name in ("first.kernel_zero", "second.policy", "first.names")}


@loose(2e-4)
def case_awq(keras):
    return quantized(keras, keras.quantizers.AWQConfig, group_size=4)[2]


@loose(2e-4)
def case_awq_texts_by_channel(keras):
    kind = keras.quantizers.AWQConfig
    return quantized(keras, kind, TEXTS, group_size=-1, num_grid_points=7)[2]


def case_configs(keras):
    found = {}
    for kind in (keras.quantizers.GPTQConfig, keras.quantizers.AWQConfig):
        config = kind(TEXTS, Tokenizer(), group_size=32, num_samples=3)
        name = kind.__name__
        found[name] = keras.saving.serialize_keras_object(config)
        again = keras.saving.deserialize_keras_object(found[name])
        found[f"{name}.again"] = again.get_config()
        found[f"{name}.mode"] = [config.mode, config.dtype_policy_string()]
        layer = keras.layers.Dense(5)
        layer.build((None, 8))
        layer.quantize(config=config)
        found[f"{name}.layer"] = layer.get_config()["quantization_config"]
        policy = layer.dtype_policy
        found[f"{name}.policy"] = [policy.name, policy.weight_bits, policy.group_size]
        found[f"{name}.shapes"] = str([tuple(weight.shape) for weight in layer.weights])
    return found


def case_wrong(keras):
    gptq, awq = keras.quantizers.GPTQConfig, keras.quantizers.AWQConfig
    model, structure = dense_model(keras)
    layer = keras.layers.Dense(5)
    found = {
        "bits": raised(gptq, None, None, weight_bits=5),
        "awq_bits": raised(awq, None, None, weight_bits=8),
        "samples": raised(gptq, None, None, num_samples=0),
        "length": raised(awq, None, None, sequence_length=-1),
        "damping": raised(gptq, None, None, hessian_damping=1.5),
        "group": raised(gptq, None, None, group_size=0),
        "awq_group": raised(awq, None, None, group_size=-2),
        "points": raised(awq, None, None, num_grid_points=0),
        "not_built": raised(layer.quantize, "gptq", config=gptq(None, None)),
        "no_config": raised(model.quantize, "gptq"),
        "a_dict": raised(model.quantize, "gptq", config={"weight_bits": 4}),
        "base": raised(model.quantize, "gptq", config=keras.quantizers.QuantizationConfig()),
    }
    model, structure = dense_model(keras)
    found["contradiction"] = raised(model.quantize, "awq", config=gptq(TOKENS, Tokenizer()))
    found["structure"] = raised(model.quantize, "awq", config=awq(TOKENS, Tokenizer()))
    model, structure = dense_model(keras)
    named = {"quantization_layer_structure": structure}
    found["no_data"] = raised(model.quantize, "gptq", config=gptq(None, None, **named))
    return found
