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
    return found
