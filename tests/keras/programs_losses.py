import numpy as np
from programs import gradient, raised, values


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def case_ctc(keras):
    labels = np.array([[1, 2, 2, 3], [2, 1, 0, 0], [4, 4, 4, 0], [0, 0, 0, 0]])
    logits = values(4, 9, 5)
    found = {"values": keras.losses.ctc(labels, logits)}
    found["gradient"] = gradient(keras, lambda x: keras.losses.ctc(labels, x), logits)
    found["loss"] = keras.losses.CTC()(labels, logits)
    found["sum"] = keras.losses.CTC(reduction="sum", name="own")(labels, logits)
    found["config"] = keras.losses.CTC().get_config()
    found["serialized"] = keras.losses.serialize(keras.losses.CTC())
    found["wrong"] = raised(keras.losses.ctc, labels[0], logits)
    found["rank"] = raised(keras.losses.ctc, labels, logits[0])
    return found


def case_ctc_loss_with_lengths(keras):
    labels = np.array([[1, 2, 2, 3], [2, 1, 3, 3]])
    logits = values(2, 8, 5)
    lengths, steps = np.array([3, 4]), np.array([8, 6])
    found = {"first": keras.ops.ctc_loss(labels, logits, lengths, steps)}
    found["last"] = keras.ops.ctc_loss(labels, logits, lengths, steps, mask_index=4)
    return found


def case_circle(keras):
    labels = np.array([1, 0, 1, 2, 0, 2, 1, 3])
    embeddings = unit(values(8, 4)).astype("float32")
    found = {}
    for i, options in enumerate(
        [{}, {"gamma": 10.0, "margin": 0.25}, {"remove_diagonal": False, "gamma": 20.0}]
    ):
        loss = keras.losses.Circle(reduction="none", **options)
        found[f"{i}"] = loss(labels, embeddings)
        found[f"{i}.gradient"] = gradient(keras, lambda x, f=loss: f(labels, x), embeddings)
        found[f"{i}.config"] = loss.get_config()
    found["mean"] = keras.losses.Circle()(labels, embeddings)
    references = unit(values(5, 4, start=1.0)).astype("float32")
    found["references"] = keras.losses.circle(
        labels, embeddings, np.array([0, 1, 2, 0, 1]), references, False, 8.0, 0.3
    )
    return found


def case_generalized(keras):
    labels = np.array([0, 1, 2, 1])
    probabilities = np.exp(values(4, 3))
    probabilities = (probabilities / probabilities.sum(-1, keepdims=True)).astype("float32")
    found = {}
    for q in (0.1, 0.5, 0.9):
        loss = keras.losses.CategoricalGeneralizedCrossEntropy(q=q)
        found[f"{q}"] = loss(labels, probabilities)
        found[f"{q}.weighted"] = loss(labels, probabilities, sample_weight=[1.0, 0.0, 2.0, 1.0])
        found[f"{q}.gradient"] = gradient(keras, lambda x, f=loss: f(labels, x), probabilities)
    found["values"] = keras.losses.categorical_generalized_cross_entropy(labels, probabilities, 0.7)
    found["config"] = keras.losses.CategoricalGeneralizedCrossEntropy().get_config()
    for q in (0.0, 1.0, -1):
        found[f"wrong{q}"] = raised(keras.losses.CategoricalGeneralizedCrossEntropy, q=q)
    return found


def case_names(keras):
    found = {}
    for name in ("ctc", "CTC", "circle", "Circle"):
        loss = keras.losses.get(name)
        found[name] = getattr(loss, "name", None) or loss.__name__
    return found
