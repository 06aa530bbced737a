"""tf.distribute on one host: one replica is plain execution, several are the same arithmetic."""

import numpy as np
import pytest

import caudal as tf

X = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")
Y = X.sum(1, keepdims=True).astype("float32")
SEVERAL = ["/cpu:0", "/cpu:1", "/cpu:2"]


def network():
    tf.keras.utils.set_random_seed(3)
    return tf.keras.Sequential(
        [tf.keras.Input((4,)), tf.keras.layers.Dense(5, "tanh"), tf.keras.layers.Dense(1)]
    )


def train(strategy, compiled):
    """Two steps of a custom loop; the weights and the sums of the losses."""
    with strategy.scope():
        model = network()
        optimizer = tf.keras.optimizers.Adam(0.05)

    def step(inputs):
        x, y = inputs
        with tf.GradientTape() as tape:
            each = tf.reduce_mean((model(x, training=True) - y) ** 2, axis=-1)
            loss = tf.nn.compute_average_loss(each, global_batch_size=6)
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables, strict=True))
        return loss

    def whole(inputs):
        per_replica = strategy.run(step, args=(inputs,))
        return strategy.reduce(tf.distribute.ReduceOp.SUM, per_replica, axis=None)

    if compiled:
        whole = tf.function(whole)
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(6)
    losses = [float(whole(batch)) for batch in strategy.experimental_distribute_dataset(data)]
    return losses, model.get_weights()


@pytest.mark.parametrize(
    ("devices", "compiled"), [(None, False), (None, True), (SEVERAL, False), (SEVERAL[:2], False)]
)
def test_training_is_that_of_one_replica(devices, compiled):
    losses, weights = train(tf.distribute.MirroredStrategy(devices), compiled)
    wanted_losses, wanted = train(tf.distribute.get_strategy(), False)
    np.testing.assert_allclose(losses, wanted_losses, rtol=1e-5)
    for mine, other in zip(weights, wanted, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-6)


def test_fit_in_a_scope():
    strategy = tf.distribute.MirroredStrategy()
    with strategy.scope():
        model = network()
        model.compile("adam", "mse")
    losses = model.fit(X, Y, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_one_replica_reduces_to_itself():
    strategy = tf.distribute.MirroredStrategy()
    assert strategy.num_replicas_in_sync == 1
    result = strategy.run(lambda x: x * 2, args=(tf.constant(3.0),))
    assert float(strategy.reduce("SUM", result, axis=None)) == 6.0
    assert float(strategy.reduce("mean", tf.constant([1.0, 2.0]), axis=0)) == 1.5
    (local,) = strategy.experimental_local_results(result)
    assert float(local) == 6.0


def test_several_replicas_have_values_of_their_own():
    strategy = tf.distribute.MirroredStrategy(SEVERAL)

    def number():
        context = tf.distribute.get_replica_context()
        mine = tf.constant([float(context.replica_id_in_sync_group)])
        return {
            "mine": mine,
            "sum": context.all_reduce("SUM", mine),
            "all": context.all_gather(mine, axis=0),
        }

    found = strategy.run(number)
    mine = [float(v[0]) for v in strategy.experimental_local_results(found["mine"])]
    assert mine == [0.0, 1.0, 2.0]
    assert float(strategy.reduce("SUM", found["mine"], axis=None)[0]) == 3.0
    assert strategy.gather(found["mine"], axis=0).numpy().tolist() == [0.0, 1.0, 2.0]
    assert float(strategy.reduce("SUM", found["sum"], axis=None)[0]) == 9.0
    each = strategy.experimental_local_results(found["all"])
    assert [v.numpy().tolist() for v in each] == [[0.0, 1.0, 2.0]] * 3


def test_values_and_data_for_each_replica():
    strategy = tf.distribute.MirroredStrategy(SEVERAL[:2])
    values = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(context.replica_id_in_sync_group)
    )
    assert [int(v) for v in strategy.experimental_local_results(values)] == [0, 1]

    def dataset(context):
        size = context.get_per_replica_batch_size(4)
        return tf.data.Dataset.range(7).batch(size)

    rows = strategy.distribute_datasets_from_function(dataset)
    found = [
        [v.numpy().tolist() for v in strategy.experimental_local_results(batch)] for batch in rows
    ]
    assert found == [[[0, 1], [2, 3]], [[4, 5], [6]]]
    iterator = iter(rows)
    iterator.get_next()
    iterator.get_next()
    with pytest.raises(tf.errors.OutOfRangeError):
        iterator.get_next()


def test_where_we_are():
    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    assert not tf.distribute.has_strategy()
    assert tf.distribute.get_replica_context().num_replicas_in_sync == 1
    with strategy.scope():
        assert tf.distribute.get_strategy() is strategy
        assert tf.distribute.in_cross_replica_context()
        assert tf.distribute.get_replica_context() is None
        assert not strategy.run(tf.distribute.in_cross_replica_context)
    assert tf.distribute.get_strategy() is not strategy


def test_logical_devices_make_replicas():
    import subprocess
    import sys

    code = (
        "import caudal as tf\n"
        "cpu = tf.config.list_physical_devices('CPU')[0]\n"
        "one = tf.config.LogicalDeviceConfiguration()\n"
        "tf.config.set_logical_device_configuration(cpu, [one, one])\n"
        "print(tf.distribute.MirroredStrategy().num_replicas_in_sync)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2"


def test_mistakes():
    strategy = tf.distribute.MirroredStrategy(SEVERAL[:2])

    def lopsided():
        context = tf.distribute.get_replica_context()
        if context.replica_id_in_sync_group:
            context.all_reduce("SUM", tf.constant(1.0))

    with pytest.raises(tf.errors.FailedPreconditionError, match="merge"):
        strategy.run(lopsided)
    with pytest.raises(ZeroDivisionError):
        strategy.run(lambda: 1 / 0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="SUM"):
        strategy.reduce("product", tf.constant(1.0), axis=None)
    with pytest.raises(tf.errors.InvalidArgumentError, match="different"):
        tf.distribute.MirroredStrategy(["/cpu:0", "/cpu:0"])
    with pytest.raises(tf.errors.InvalidArgumentError, match="divisible"):
        tf.distribute.InputContext(num_replicas_in_sync=3).get_per_replica_batch_size(64)


@pytest.mark.parametrize(
    "name",
    [
        "TPUStrategy",
        "ParameterServerStrategy",
        "experimental.ParameterServerStrategy",
        "cluster_resolver.TPUClusterResolver",
        "coordinator.ClusterCoordinator",
        "Server",
    ],
)
def test_clusters_say_what_to_use(name):
    value = tf.distribute
    for part in name.split("."):
        value = getattr(value, part)
    with pytest.raises(tf.errors.UnimplementedError, match="MirroredStrategy"):
        value("x")


def test_workers(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert tf.distribute.MultiWorkerMirroredStrategy().num_replicas_in_sync == 1
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"worker": ["a:1", "b:1"]}}')
    with pytest.raises(tf.errors.UnimplementedError, match="2 workers"):
        tf.distribute.experimental.MultiWorkerMirroredStrategy()
    monkeypatch.setenv("TF_CONFIG", "nonsense")
    with pytest.raises(tf.errors.InvalidArgumentError, match="TF_CONFIG"):
        tf.distribute.MultiWorkerMirroredStrategy()
