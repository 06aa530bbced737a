"""Models of one output in a list, and functions that take tensors as well as arrays."""

import numpy as np
from programs import raised, values


def network(keras, shape):
    start = keras.Input((3,))
    end = keras.layers.Dense(2, kernel_initializer="ones")(start)
    return keras.Model(start, {"list": [end], "tuple": (end,), "dict": {"a": end}}[shape])


def case_one_output(keras):
    found, x, y = {}, values(6, 3), values(6, 2)
    for shape in ("list", "tuple", "dict"):
        model = network(keras, shape)
        target = {"a": y} if shape == "dict" else y
        found[f"{shape}.call"] = type(model(x)) is dict
        found[f"{shape}.predict"] = type(model.predict(x, verbose=0)) is np.ndarray
        found[f"{shape}.symbolic"] = type(model(keras.Input((3,)))) is type(model.output)
        found[f"{shape}.shape"] = str(model.output_shape)
        again = keras.Model.from_config(model.get_config())
        found[f"{shape}.again"] = type(again.predict(x, verbose=0)) is np.ndarray
        model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
        model.fit(x, target, batch_size=3, epochs=2, shuffle=False, verbose=0)
        found[f"{shape}.loss"] = np.array(model.evaluate(x, target, verbose=0))
    return found


def case_tensors_and_arrays(keras):
    found, utils = {}, keras.utils
    rows = values(3, 4)
    rows[1] = 0
    for order in (1, 2, 3):
        found[f"normalize{order}"] = utils.normalize(rows, order=order)
        given = keras.ops.convert_to_tensor(rows.astype("float32"))
        made = utils.normalize(given, order=order)
        found[f"normalize{order}.tensor"] = keras.ops.convert_to_numpy(made)
        found[f"normalize{order}.kind"] = keras.ops.is_tensor(made)
    labels = keras.ops.convert_to_tensor(np.array([[0], [2], [1]]))
    made = utils.to_categorical(labels, 4)
    found["one-hot"] = keras.ops.convert_to_numpy(made)
    found["one-hot.kind"] = keras.ops.is_tensor(made)
    both = {"stateful_metrics": ["a"], "stateless_metrics": ["b"]}
    found["wrong"] = raised(utils.Progbar, 3, **both)
    return found


def case_softmax_over_axes(keras):
    x, found = values(2, 3, 4), {}
    for axis in (-1, 0, (0, 2), None):
        found[f"softmax.{axis}"] = keras.ops.softmax(x.astype("float32"), axis=axis)
        found[f"log.{axis}"] = keras.ops.log_softmax(x.astype("float32"), axis=axis)
    return found


def case_images(keras):
    image, found = keras.ops.image, {}
    x = np.arange(60).reshape(3, 4, 5)
    random = np.random.RandomState(5)
    places = random.uniform(0, 1.9, (3, 7)).astype("float32")
    for mode in ("constant", "nearest", "wrap", "mirror", "reflect"):
        for dtype in ("int32", "uint8", "float32"):
            found[f"between.{mode}.{dtype}"] = image.map_coordinates(
                x.astype(dtype), places, order=1, fill_mode=mode
            )
    picture = random.uniform(0, 1, (1, 6, 5, 3)).astype("float32")
    for size in ((3, 3), (4, 4), (6, 4)):
        widths = np.array([0.8, 1.2], "float32")
        found[f"blur.{size}"] = image.gaussian_blur(picture, np.array(size), widths)
    for name in ("resize", "rgb_to_grayscale", "crop_images", "affine_transform"):
        rest = {
            "resize": ((2, 2),),
            "crop_images": (1, 1, 1, 1),
            "affine_transform": (np.array([1, 0, 0, 0, 1, 0, 0, 0], "float32"),),
        }.get(name, ())
        symbolic = getattr(image, name)(keras.KerasTensor((None, 6, 5, 3)), *rest)
        found[f"symbolic.{name}"] = str(symbolic.shape)
    integers = (picture * 255).astype("int32")
    found["wrong0"] = raised(image.rgb_to_hsv, integers)
    found["wrong1"] = raised(image.hsv_to_rgb, integers)
    found["wrong2"] = raised(image.map_coordinates, x, np.zeros(3, "float32"), 0)
    found["wrong3"] = raised(image.extract_patches, picture, "5")
    return found
