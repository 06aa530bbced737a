import numpy as np
from programs import raised

WORDS = np.array([["mercury", "venus", "earth"], ["mars", "", "a planet with a long name " * 3]])
NUMBERS = np.array([[0, 1, -5], [12345678901, 7, 42]])


def case_hashing(keras):
    found = {}
    rows = [
        {"num_bins": 3},
        {"num_bins": 100},
        {"num_bins": 11, "salt": 7},
        {"num_bins": 50, "salt": [133, 137]},
        {"num_bins": 6, "output_mode": "one_hot"},
        {"num_bins": 6, "output_mode": "multi_hot"},
        {"num_bins": 6, "output_mode": "count"},
    ]
    for i, options in enumerate(rows):
        layer = keras.layers.Hashing(**options)
        column = options.get("output_mode") == "one_hot"
        words, numbers = (x[:, :1] if column else x for x in (WORDS, NUMBERS))
        found[f"{i}.words"] = layer(words)
        found[f"{i}.numbers"] = layer(numbers)
        config = layer.get_config()
        config.pop("dtype")
        found[f"{i}.config"] = config
    masked = keras.layers.Hashing(5, mask_value="")
    found["masked"] = masked(WORDS)
    found["masked numbers"] = keras.layers.Hashing(5, mask_value=0)(NUMBERS)
    for i, options in enumerate(
        [{"num_bins": 0}, {"num_bins": 3, "output_mode": "x"}, {"num_bins": 3, "salt": "s"}]
    ):
        found[f"wrong{i}"] = raised(keras.layers.Hashing, **options)
    return found


def case_hashed_crossing(keras):
    found = {}
    cities, states = np.array(["A", "B", "A", "C"]), np.array([101, 102, 103, 0])
    other = np.array(["x", "yy", "x", "zzzzzzzzzzzzzz"])
    for i, options in enumerate(
        [
            {"num_bins": 5},
            {"num_bins": 1000},
            {"num_bins": 6, "output_mode": "one_hot"},
        ]
    ):
        layer = keras.layers.HashedCrossing(**options)
        found[f"{i}"] = layer((cities, states))
        found[f"{i}.three"] = layer((cities, states, other))
        found[f"{i}.column"] = layer((cities[:, None], other[:, None]))
        config = layer.get_config()
        config.pop("dtype")
        found[f"{i}.config"] = config
    layer = keras.layers.HashedCrossing(5)
    found["wrong"] = raised(layer, (cities,))
    found["wrong floats"] = raised(layer, (states / 2, states / 2))
    return found


def case_unknown_tokens(keras):
    """Several indices for unknown tokens, by their hash."""
    found = {}
    words = np.array(["a", "saturn", "uranus", "neptune", "pluto", "ceres", "b"])
    numbers = np.array([12, 100, 200, 301, -4, 36, 10**12])
    for i, options in enumerate(
        [
            {"num_oov_indices": 3},
            {"num_oov_indices": 4, "salt": 7},
            {"num_oov_indices": 5, "salt": [133, 137], "mask_token": "b"},
            {"num_oov_indices": 3, "output_mode": "multi_hot"},
        ]
    ):
        layer = keras.layers.StringLookup(vocabulary=["a", "c"], **options)
        found[f"words{i}"] = layer(words)
        found[f"words{i}.known"] = layer.get_vocabulary()
    for i, options in enumerate(
        [
            {"num_oov_indices": 3},
            {"num_oov_indices": 3, "oov_method": "farmhash"},
            {"num_oov_indices": 4, "oov_method": "farmhash", "salt": [133, 137]},
        ]
    ):
        layer = keras.layers.IntegerLookup(vocabulary=[12, 36], **options)
        found[f"numbers{i}"] = layer(numbers)
    for i, options in enumerate(
        [{"oov_method": "md5"}, {"salt": 3}, {"max_tokens": 1}, {"vocabulary_dtype": "int32"}]
    ):
        found[f"wrong{i}"] = raised(keras.layers.IntegerLookup, **options)
    return found


def case_sparse_vectors(keras):
    """The elements of sparse vectors, and vectors of inputs of three axes."""
    found = {}
    ids = np.array([[0, 2, 2], [1, 1, 3]])
    words = np.array([["a", "b", "b"], ["c", "z", "a"]])
    makes = {
        "category": lambda mode: (keras.layers.CategoryEncoding(4, mode, sparse=True), ids),
        "hashing": lambda mode: (
            keras.layers.Hashing(4, output_mode=mode, sparse=True),
            words,
        ),
        "bins": lambda mode: (
            keras.layers.Discretization([0.5, 1.5], output_mode=mode, sparse=True),
            ids.astype("float32"),
        ),
        "lookup": lambda mode: (
            keras.layers.StringLookup(vocabulary=["a", "b"], output_mode=mode, sparse=True),
            words,
        ),
    }
    for name, make in makes.items():
        for mode in ("multi_hot", "count"):
            layer, data = make(mode)
            sparse = layer(data)
            dense = np.zeros([int(extent) for extent in sparse.dense_shape])
            dense[tuple(np.asarray(sparse.indices).T)] = np.asarray(sparse.values)
            found[f"{name}.{mode}"] = dense
    deep = np.arange(24).reshape(2, 3, 4) % 5
    for mode in ("one_hot", "multi_hot", "count"):
        layer = keras.layers.Discretization([0.5, 1.5, 2.5, 3.5], output_mode=mode)
        found[f"deep.{mode}"] = layer(deep.astype("float32"))
    return found
