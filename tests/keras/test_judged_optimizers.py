"""What Keras's own tests found in optimizers, callbacks' rates, initializers and policies.

The numbers come from real Keras 3.15.1.
"""

import numpy as np
import pytest

from caudal import keras
from caudal.errors import CaudalError, CaudalWarning

opt, callbacks = keras.optimizers, keras.callbacks


def two_rates():
    first, second = opt.SGD(0.1, name="first"), opt.SGD(0.01, name="second")
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2, name="a"), keras.layers.Dense(1, name="b")]
    )
    model.compile(opt.MultiOptimizer(opt.OptimizerMap(second, {".*a/.*": first})), "mse")
    return model, first, second


def test_a_schedule_sets_every_optimizers_rate():
    model, first, second = two_rates()
    x, y = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")
    rates = callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    history = model.fit(x, y, epochs=2, verbose=0, callbacks=[rates]).history
    np.testing.assert_allclose(history["learning_rate_first"], [0.05, 0.025])
    np.testing.assert_allclose(history["learning_rate_second"], [0.005, 0.0025])
    assert int(first.iterations) == int(second.iterations) == 2


def test_a_plateau_reduces_every_optimizers_rate():
    model, first, second = two_rates()
    plateau = callbacks.ReduceLROnPlateau(factor=0.5, patience=1)
    plateau.set_model(model)
    for epoch in range(2):
        plateau.on_epoch_end(epoch, {"val_loss": 1.0})
    np.testing.assert_allclose([float(first.lr), float(second.lr)], [0.05, 0.005])


def test_a_multi_optimizer_scales_gradients_once():
    variable = keras.Variable([[2.0, 2.0]], name="kernel")
    optimizer = opt.MultiOptimizer(opt.SGD(0.1, loss_scale_factor=2.0), loss_scale_factor=5.0)
    optimizer.apply([np.array([[10.0, 10.0]], "float32")], [variable])
    np.testing.assert_allclose(variable.numpy(), [[1.8, 1.8]], rtol=1e-6)


def test_a_gradient_that_is_the_new_value():
    weight = keras.Variable([1.0, 2.0])
    scale = keras.Variable(1.0)
    scale.overwrite_with_gradient = True
    optimizer = opt.SGD(0.5, gradient_accumulation_steps=2)
    for gradient in (3.0, 2.0):
        optimizer.apply([np.ones(2, "float32"), np.float32(gradient)], [weight, scale])
    np.testing.assert_allclose(weight.numpy(), [0.5, 1.5])
    assert float(scale) == 3.0


def test_adafactor_keeps_to_the_root_of_the_step():
    x = keras.Variable(np.ones(2, "float32"))
    optimizer = opt.Adafactor(0.5, epsilon_1=1e-15, epsilon_2=1e-4, relative_step=False)
    found = []
    for _ in range(5):
        optimizer.apply([np.full(2, 0.3, "float32")], [x])
        found.append(float(x[0]))
    np.testing.assert_allclose(found, [0.5, 0.25, 0.125, 0.0625, 0.03454915], rtol=1e-5)


def test_stft_kernels():
    found = keras.initializers.STFT("imag", [0.5, 1.0, 1.0, 0.5], "spectrum")((4, 1, 3)).numpy()
    expected = [[0, 0, 0], [0, -1, 0], [0, 0, 0], [0, 0.5, 0]]
    np.testing.assert_allclose(found[:, 0], np.array(expected) / 3, atol=1e-6)


def test_an_einsum_kernel_counts_its_summed_letters_as_inputs():
    layer = keras.layers.EinsumDense(
        "abc,cde->abde", (None, 8, 16), kernel_initializer="lecun_normal"
    )
    layer.build((None, 3, 32))
    assert abs(np.std(layer.kernel.numpy()) - 32**-0.5) < 0.02


def test_gains_of_precision_and_recall():
    area = keras.metrics.AUC(num_thresholds=5, curve="PRGAIN")
    area.update_state([0, 0, 1, 1, 1], [0.1, 0.6, 0.3, 0.7, 0.9])
    np.testing.assert_allclose(float(area.result()), 0.4375, rtol=1e-5)


def test_losses_and_metrics_take_policies():
    loss = keras.losses.MeanSquaredError(dtype=keras.DTypePolicy("mixed_float16"))
    assert loss([1.0], [2.0]).dtype == "float16"
    assert keras.metrics.Mean(dtype="mixed_bfloat16").dtype == "bfloat16"


def test_policy_maps_are_mappings():
    policies = keras.dtype_policies.DTypePolicyMap(None, {"a": keras.DTypePolicy("bfloat16")})
    assert list(policies.keys()) == ["a"]
    assert policies.get_config()["policy_map"]["a"]["config"]["name"] is None
    assert policies.pop("a").name == "bfloat16"
    with pytest.raises(KeyError):
        policies.pop("a")


def watch(name, **options):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    callback = callbacks.EarlyStopping(name, **options)
    model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0, callbacks=[callback])


def test_a_known_name_without_a_value_warns():
    with pytest.warns(CaudalWarning, match="val_loss"):
        watch("val_loss")
    with pytest.warns(CaudalWarning, match="nothing"):
        watch("nothing", mode="max")


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("Did you mean: loss", lambda: watch("los")),
        ("side", lambda: keras.initializers.STFT("left")),
        ("window", lambda: keras.initializers.STFT("real", [1.0])((4, 1, 3))),
        ("scaling", lambda: keras.initializers.STFT(scaling="none")),
        ("matrix", lambda: opt.Muon().zeropower_via_newtonschulz5(np.ones(3, "float32"), 2)),
        (
            "LossScaleOptimizer",
            lambda: opt.OptimizerMap(opt.SGD(), {"a": opt.LossScaleOptimizer(opt.SGD())}),
        ),
        ("function of a variable", lambda: opt.MultiOptimizer(3)),
        ("must be a dict", lambda: opt.OptimizerMap(opt.SGD(), [opt.SGD()])),
        ("policy", lambda: keras.config.set_dtype_policy(None)),
        ("dtype policy", lambda: keras.dtype_policies.get(123)),
        ("PRGAIN", lambda: keras.metrics.AUC(curve="gain")),
        ("unknown hook", lambda: callbacks.LambdaCallback(on_epoch_finish=print)),
    ],
)
def test_bad_input(match, call):
    with pytest.raises(CaudalError, match=match):
        call()
