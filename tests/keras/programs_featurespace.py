import numpy as np
from programs import raised

DATA = {
    "float_1": np.arange(10) / 3.0,
    "float_2": np.arange(10) / 7.0 - 0.5,
    "float_3": np.arange(10) * 1.0,
    "float_4": np.linspace(-2, 2, 10),
    "string_1": np.array(["ab"[i % 2] for i in range(10)]),
    "string_2": np.array([f"w{i % 4}" for i in range(10)]),
    "int_1": np.arange(10) % 4,
    "int_2": np.arange(10) * 3,
    "int_3": np.arange(10) % 3 + 5,
}


def dataset_of(keras):
    if "caudal" in keras.__name__:
        from caudal.data import Dataset
    else:
        from tensorflow.data import Dataset
    return Dataset.from_tensor_slices(DATA)


def features(keras, mode="one_hot"):
    space = keras.utils.FeatureSpace
    return {
        "float_1": "float",
        "float_2": "float_normalized",
        "float_3": space.float_rescaled(scale=0.5, offset=1.0),
        "float_4": space.float_discretized(3, output_mode=mode),
        "string_1": space.string_categorical(output_mode=mode),
        "string_2": space.string_hashed(num_bins=6, output_mode=mode),
        "int_1": space.integer_categorical(max_tokens=4, output_mode=mode),
        "int_2": space.integer_hashed(num_bins=5, output_mode=mode),
        "int_3": "integer_categorical"
        if mode == "one_hot"
        else space.integer_categorical(output_mode="int"),
    }


def case_concatenated(keras):
    space = keras.utils.FeatureSpace(
        features(keras), crosses=[("string_1", "int_1")], crossing_dim=8, output_mode="concat"
    )
    space.adapt(dataset_of(keras))
    one = {key: value[3] for key, value in DATA.items()}
    found = {"batch": space(DATA), "one": space(one)}
    mapped = dataset_of(keras).batch(4).map(space)
    found["mapped"] = np.concatenate([np.asarray(x) for x in mapped])
    found["inputs"] = str(
        {key: (tuple(x.shape), str(x.dtype)) for key, x in space.get_inputs().items()}
    )
    found["encoded"] = str(tuple(space.get_encoded_features().shape))
    found["crossers"] = str({key: type(value).__name__ for key, value in space.crossers.items()})
    return found


def case_apart(keras):
    space = keras.utils.FeatureSpace
    space = space(
        features(keras, "int"),
        crosses=[space.cross(("string_2", "int_2"), crossing_dim=16, output_mode="int")],
        output_mode="dict",
    )
    space.adapt(dataset_of(keras))
    found = {f"batch.{key}": value for key, value in space(DATA).items()}
    one = space({key: value[3] for key, value in DATA.items()})
    found |= {f"one.{key}": value for key, value in one.items()}
    return found


def case_wrong(keras):
    space = keras.utils.FeatureSpace
    found = {
        "type": raised(space, {"a": "float_rounded"}),
        "mode": raised(space, {"a": "float"}, output_mode="list"),
        "cross": raised(space, {"a": "float"}, crosses=[("a", "b")]),
        "empty": raised(space, {}),
        "feature mode": raised(space.string_categorical, output_mode="multi"),
    }
    mixed = space({"a": space.string_categorical(output_mode="int"), "b": "float"})
    columns = dataset_of(keras).map(lambda x: {"a": x["string_1"], "b": x["float_1"]})
    found["mixed"] = raised(mixed.adapt, columns)
    found["not adapted"] = raised(space({"a": "string_categorical"}), {"a": np.array(["x"])})
    return found
