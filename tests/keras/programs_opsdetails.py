import numpy as np
from programs import raised, values


def dtype_and(value):
    array = np.asarray(value)
    return [str(array.dtype), array.tolist()]


def case_small_integers(keras):
    found = {}
    for dtype in ("bool", "uint8", "int8", "uint16", "int16", "int32", "float16"):
        found[f"trace.{dtype}"] = str(dtype_and(keras.ops.trace(np.eye(3).astype(dtype))))
        if dtype != "bool":
            found[f"vander.{dtype}"] = str(dtype_and(keras.ops.vander(np.arange(3).astype(dtype))))
    return found


def case_multi_hot(keras):
    ids = np.array([[[0], [1], [2]], [[3], [3], [0]]])
    found = {f"{axis}": keras.ops.multi_hot(ids, 5, axis=axis) for axis in (-1, 1, 2, 3)}
    for axis in (-1, 0, 1):
        found[f"rows.{axis}"] = keras.ops.multi_hot(np.array([[0, 1], [2, 2]]), 3, axis=axis)
    found["bool"] = keras.ops.multi_hot(np.array([0, 2]), 4, dtype="bool")
    return found


def case_scatter_update_products(keras):
    x, rows = values(3, 2), values(3, 2, start=1.0)
    update, places = keras.ops.scatter_update, np.array([[0], [2], [2]])
    found = {"rows": update(x, places, rows, reduction="mul")}
    places = np.array([[0, 1], [2, 0], [2, 0]])
    found["elements"] = update(x, places, values(3), reduction="mul")
    deep = update(values(2, 3, 2), np.array([[1, 2], [0, 1]]), values(2, 2), reduction="mul")
    found["deep"] = deep
    found["wrong"] = raised(update, x, places, values(3), reduction="div")
    return found


def case_conv_transpose_output_padding(keras):
    found = {}
    for size in (3, 5):
        for padding in ("valid", "same"):
            for extra in (None, 0, 1):
                found[f"{size}.{padding}.{extra}"] = keras.ops.conv_transpose(
                    values(2, 4, 3), values(size, 2, 3), 2, padding, extra
                )
    found["images"] = keras.ops.conv_transpose(
        values(1, 3, 4, 2), values(3, 3, 1, 2), 2, "valid", (1, 0)
    )
    return found


def case_half_precision(keras):
    large = np.array([1e3, 2e3, 60000.0], "float16")
    mean, variance = keras.ops.moments(large, 0)
    found = {"moments": str([dtype_and(mean), dtype_and(variance)])}
    logits = values(1, 5, 3).astype("float16")
    loss = keras.ops.ctc_loss(np.array([[1, 2]]), logits, np.array([2]), np.array([5]))
    found["ctc"], found["ctc.dtype"] = loss, str(np.asarray(loss).dtype)
    found["saturate"] = str(dtype_and(keras.ops.saturate_cast(np.array([1.5]), None)))
    return found


def case_wrong(keras):
    ops = keras.ops
    return {
        "psnr": raised(ops.psnr, np.ones((2, 2, 3)), np.zeros((2, 3)), 1.0),
        "order": raised(ops.normalize, np.ones((2, 2)), order="a"),
        "low_order": raised(ops.normalize, np.ones((2, 2)), order=0),
        "stft": raised(ops.stft, np.arange(10), 4, 2, 4),
        "histogram": raised(ops.histogram, np.ones((2, 2)), 5),
        "solve": raised(ops.solve, np.eye(3), np.float32(3)),
    }
