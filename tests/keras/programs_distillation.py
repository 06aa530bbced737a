import os
import tempfile

import numpy as np
from programs import raised, values


def fill(model, start):
    for i, weight in enumerate(model.weights):
        weight.assign(values(*weight.shape, start=start + i))
    return model


def model(keras, hidden, name, start):
    layers = [
        keras.Input((4,)),
        keras.layers.Dense(hidden, activation="tanh", name=name + "_a"),
        keras.layers.Dense(3, name=name + "_b"),
    ]
    return fill(keras.Sequential(layers, name=name), start)


def branches(keras, hidden, name, start):
    x = keras.Input((4,))
    y = keras.layers.Dense(hidden, activation="tanh", name=name + "_a")(x)
    outputs = [keras.layers.Dense(n, name=f"{name}_{n}")(y) for n in (3, 2)]
    return fill(keras.Model(x, outputs, name=name), start)


def trained(distiller, keras, y, **arguments):
    distiller.compile(keras.optimizers.SGD(0.05), "mse", **arguments)
    x = values(8, 4, start=3.0)
    history = distiller.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history
    found = {f"history.{name}": logs for name, logs in history.items()}
    results = distiller.evaluate(x, y, verbose=0, return_dict=True)
    found["names"] = ",".join(sorted(results))
    found.update({f"evaluated.{name}": value for name, value in results.items()})
    found.update({f"weight.{i}": weight for i, weight in enumerate(distiller.student.weights)})
    found["predicted"] = np.concatenate(
        [np.ravel(part) for part in keras.tree.flatten(distiller.predict(x, verbose=0))]
    )
    found["frozen"] = [len(distiller.trainable_variables), distiller.teacher.trainable]
    return found


def case_losses(keras):
    place, losses = keras.distillation, keras.losses
    teacher, student = values(5, 3), values(5, 3, start=2.0)
    found = {}
    for i, loss in enumerate(
        [
            place.LogitsDistillation(),
            place.LogitsDistillation(2.0, losses.KLDivergence()),
            place.LogitsDistillation(4.0, losses.CategoricalCrossentropy(from_logits=True)),
            place.LogitsDistillation(1.5, "mse"),
            place.FeatureDistillation(),
            place.FeatureDistillation("cosine_similarity", "a", "b"),
            place.FeatureDistillation(losses.MeanAbsoluteError("sum"), "a"),
        ]
    ):
        found[f"{i}"] = loss.compute_loss(teacher, student)
        found[f"{i}.config"] = keras.saving.serialize_keras_object(loss)
        config = keras.saving.serialize_keras_object(loss)
        again = keras.saving.deserialize_keras_object(config)
        found[f"{i}.again"] = again.compute_loss(teacher, student)
    several = place.LogitsDistillation(2.0, ["mae", None])
    found["several"] = several.compute_loss([teacher, student], [student, teacher])
    found["several.config"] = keras.saving.serialize_keras_object(several)
    named = place.FeatureDistillation({"a": "mse", "b": losses.MeanAbsoluteError()})
    found["named"] = named.compute_loss({"a": teacher, "b": student}, {"a": student, "b": teacher})
    return found


def case_logits(keras):
    distiller = keras.distillation.Distiller(
        model(keras, 6, "t", 0.0),
        model(keras, 2, "s", 1.0),
        keras.distillation.LogitsDistillation(2.0, keras.losses.KLDivergence()),
        student_loss_weight=0.3,
    )
    found = trained(distiller, keras, values(8, 3), metrics=["mae"])
    config = distiller.get_config()
    found["models"] = [config.pop(role)["class_name"] for role in ("teacher", "student")]
    found["config"] = config
    return found


def case_two_losses(keras):
    place = keras.distillation
    losses = [place.LogitsDistillation(3.0, "mse"), place.FeatureDistillation("mae", "t_a", "s_a")]
    distiller = place.Distiller(
        model(keras, 5, "t", 0.0), model(keras, 5, "s", 1.0), losses, [0.7, 0.2], name="own"
    )
    return trained(distiller, keras, values(8, 3))


def case_outputs(keras):
    distiller = keras.distillation.Distiller(
        branches(keras, 6, "t", 0.0),
        branches(keras, 2, "s", 1.0),
        [keras.distillation.LogitsDistillation(2.0, ["mse", "mae"])],
        student_loss_weight=0.0,
    )
    distiller.compile(keras.optimizers.SGD(0.05), "mse")
    x, y = values(8, 4, start=3.0), [values(8, 3), values(8, 2)]
    history = distiller.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0).history
    return {f"history.{name}": logs for name, logs in history.items()}


def case_ends_of_the_weight(keras):
    found = {}
    for weight in (0.0, 1.0):
        distiller = keras.distillation.Distiller(
            model(keras, 6, "t", 0.0),
            model(keras, 2, "s", 1.0),
            keras.distillation.LogitsDistillation(2.0, "mse"),
            student_loss_weight=weight,
        )
        rest = trained(distiller, keras, values(8, 3))
        found.update({f"{weight}.{name}": value for name, value in rest.items()})
    return found


def case_saved(keras):
    distiller = keras.distillation.Distiller(
        model(keras, 6, "t", 0.0),
        model(keras, 2, "s", 1.0),
        keras.distillation.FeatureDistillation("mse"),
    )
    distiller.compile("sgd", "mse")
    x = values(8, 4, start=3.0)
    before = distiller.predict(x, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "distiller.keras")
        distiller.save(path)
        again = keras.saving.load_model(path, compile=False)
    return {
        "before": before,
        "after": again.predict(x, verbose=0),
        "frozen": again.teacher.trainable,
    }


def case_wrong(keras):
    place = keras.distillation
    teacher, student = model(keras, 6, "t", 0.0), model(keras, 2, "s", 1.0)
    logits = place.LogitsDistillation()
    other = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    distiller = place.Distiller(teacher, student, logits)

    class Own(keras.Model):
        def call(self, x):
            return x

    return {
        "temperature": raised(place.LogitsDistillation, "hot"),
        "cold": raised(place.LogitsDistillation, 0.0),
        "no_loss": raised(place.LogitsDistillation, 1.0, None),
        "unknown": raised(place.LogitsDistillation, 1.0, "nope"),
        "none": raised(place.FeatureDistillation, [None, None]),
        "no_losses": raised(place.Distiller, teacher, student, None),
        "weight": raised(place.Distiller, teacher, student, logits, None, 1.5),
        "word": raised(place.Distiller, teacher, student, logits, None, "much"),
        "weights": raised(place.Distiller, teacher, student, [logits], [0.5, 0.5]),
        "no_model": raised(place.Distiller, "teacher", student, logits),
        "shapes": raised(place.Distiller, teacher, other, logits),
        "layer": raised(place.Distiller, teacher, student, place.FeatureDistillation("mse", "z")),
        "own": raised(place.Distiller, Own(), student, place.FeatureDistillation("mse", "z")),
        "compile": raised(distiller.compile, "sgd"),
        "metrics": raised(distiller.compile, "sgd", "mse", "mae"),
        "base": raised(place.DistillationLoss().compute_loss, 1.0, 2.0),
        "structures": raised(logits.validate_outputs, [1.0], [1.0, 2.0]),
    }
