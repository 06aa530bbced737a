import numpy as np
import pytest
from golden import DATA, GOLDEN, label

from caudal.errors import CaudalWarning, InvalidArgumentError, ShapeError
from caudal.framework import GradientTape, Variable
from caudal.keras import losses

CLOSE = {"rtol": 2e-5, "atol": 2e-6}


@pytest.mark.parametrize("row", GOLDEN["losses"], ids=label)
def test_values_are_those_of_keras(row):
    name, options, true, pred, each, mean, weighted = row
    kind = getattr(losses, name)
    y_true, y_pred, weights = DATA[true], DATA[pred], DATA["W"]
    np.testing.assert_allclose(kind(reduction="none", **options)(y_true, y_pred), each, **CLOSE)
    np.testing.assert_allclose(kind(**options)(y_true, y_pred), mean, **CLOSE)
    if weighted is None:
        return
    reductions = ["sum_over_batch_size", "sum", "mean_with_sample_weight"]
    for reduction, expected in zip(reductions, weighted, strict=True):
        loss = kind(reduction=reduction, **options)
        found = loss(y_true, y_pred, sample_weight=weights)
        np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize("row", GOLDEN["losses"], ids=label)
def test_configuration_makes_the_same_loss(row):
    name, options, true, pred, *_ = row
    loss = getattr(losses, name)(**options)
    twin = losses.deserialize(losses.serialize(loss))
    assert type(twin) is type(loss)
    np.testing.assert_array_equal(
        loss(DATA[true], DATA[pred]).numpy(), twin(DATA[true], DATA[pred]).numpy()
    )


def test_names_find_functions_and_classes():
    assert losses.get("mse") is losses.mean_squared_error
    assert isinstance(losses.get("MeanSquaredError"), losses.MeanSquaredError)
    with pytest.raises(InvalidArgumentError, match="Did you mean: mean_squared_error"):
        losses.get("mean_square_error")


def test_unknown_reduction():
    with pytest.raises(InvalidArgumentError, match="reduction must be one of"):
        losses.MeanSquaredError(reduction="average")


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ShapeError, match=r"labels have shape \(4, 3\).*\(4, 2\)"):
        losses.mean_squared_error(np.zeros((4, 3)), np.zeros((4, 2)))
    with pytest.raises(ShapeError, match="use sparse_categorical_crossentropy"):
        losses.categorical_crossentropy(np.zeros((4, 1)), np.full((4, 3), 1 / 3))
    with pytest.raises(ShapeError, match="use categorical_crossentropy"):
        losses.sparse_categorical_crossentropy(np.zeros((4, 3)), np.full((4, 3), 1 / 3))


def test_label_out_of_range_names_the_row():
    with pytest.raises(InvalidArgumentError, match=r"label 3 in row 2 .* \[0, 3\)"):
        losses.sparse_categorical_crossentropy([0, 1, 3], np.full((3, 3), 1 / 3))
    with pytest.raises(InvalidArgumentError, match="label -1 in row 0"):
        losses.sparse_categorical_crossentropy([-1, 1, 2], np.full((3, 3), 1 / 3))


def test_label_out_of_range_in_a_function_names_the_row():
    from caudal.framework import function

    compiled = function(losses.SparseCategoricalCrossentropy(reduction="none"))
    halves = np.full((2, 2), 0.5, "float32")
    with pytest.raises(InvalidArgumentError, match=r"label 7 in row 1 .* \[0, 2\)"):
        compiled(np.array([1, 7]), halves)
    np.testing.assert_allclose(compiled(np.array([1, 0]), halves).numpy(), np.log(2), rtol=1e-5)


def test_label_out_of_range_in_a_function_under_a_tape():
    from caudal.framework import function

    compiled = function(losses.SparseCategoricalCrossentropy(from_logits=True))
    logits = Variable(np.zeros((2, 2), "float32"))
    with GradientTape() as tape:
        loss = compiled(np.array([1, 0]), logits)
    expected = [[0.25, -0.25], [-0.25, 0.25]]
    np.testing.assert_allclose(tape.gradient(loss, logits).numpy(), expected, rtol=1e-6)
    with GradientTape(), pytest.raises(InvalidArgumentError, match="label -3 in row 0"):
        compiled(np.array([-3, 0]), logits)


def test_label_checked_in_the_branch_that_is_taken():
    import caudal as tf

    @tf.function
    def loss(take, labels, logits):
        def sparse():
            return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)

        return tf.cond(take, sparse, lambda: tf.zeros((2,)))

    labels, logits = tf.constant([5, 0]), tf.zeros((2, 3))
    np.testing.assert_array_equal(loss(tf.constant(False), labels, logits), [0, 0])
    with pytest.raises(InvalidArgumentError, match="label 5 in row 0"):
        loss(tf.constant(True), labels, logits)


def test_ignored_class_may_be_out_of_range():
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1, reduction="sum")
    found = loss([-1, 1], np.array([[0.5, 0.5], [0.25, 0.75]], "float32"))
    np.testing.assert_allclose(found, -np.log(0.75), rtol=1e-6)


def test_softmax_of_large_logits_keeps_its_gradient():
    from caudal.keras import activations

    logits = Variable(np.array([[200.0, -200.0]], "float32"))
    with GradientTape() as tape:
        loss = losses.SparseCategoricalCrossentropy()([1], activations.softmax(logits))
    np.testing.assert_allclose(loss, 400.0)
    np.testing.assert_allclose(tape.gradient(loss, logits), [[1.0, -1.0]])


def test_sigmoid_of_large_logits_keeps_its_gradient():
    from caudal.keras import activations

    logits = Variable(np.array([[100.0]], "float32"))
    with GradientTape() as tape:
        loss = losses.BinaryCrossentropy()([[0.0]], activations.sigmoid(logits))
    np.testing.assert_allclose(loss, 100.0)
    np.testing.assert_allclose(tape.gradient(loss, logits), [[1.0]])


def test_softmax_with_from_logits_warns():
    from caudal.keras import activations

    probabilities = activations.softmax(np.zeros((1, 2), "float32"))
    with pytest.warns(CaudalWarning, match="Leave the activation out, or say from_logits=False"):
        losses.SparseCategoricalCrossentropy(from_logits=True)([1], probabilities)


def test_own_loss_class_and_function():
    class Cubed(losses.Loss):
        def call(self, y_true, y_pred):
            return (y_pred - y_true) ** 3.0

    np.testing.assert_allclose(Cubed()([[1.0], [2.0]], [[2.0], [4.0]]), 4.5)
    assert losses.get(len) is len


@pytest.mark.parametrize("from_logits", [True, False])
def test_binary_crossentropy_of_a_logit_of_zero_keeps_its_gradient(from_logits):
    from caudal.keras import activations

    logits = Variable(np.zeros((2, 1), "float32"))
    with GradientTape() as tape:
        predicted = logits if from_logits else activations.sigmoid(logits.read_value())
        loss = losses.BinaryCrossentropy(from_logits=from_logits)([[0.0], [1.0]], predicted)
    np.testing.assert_allclose(tape.gradient(loss, logits).numpy(), [[0.25], [-0.25]], rtol=1e-6)


def test_a_loss_writes_what_keras_writes():
    # Keras leaves these arguments out; Caudal does where they are the defaults.
    plain = {"name": "huber_loss", "reduction": "sum_over_batch_size"}
    assert losses.Huber().get_config() == plain
    assert losses.Huber(delta=2.0).get_config() == {**plain, "delta": 2.0}
