"""Wrong values for the arguments that Keras's classes share, and how to make each class."""

import inspect

from caudal import keras

HOMES = "layers optimizers losses metrics callbacks initializers regularizers constraints".split()
COUNTS = (-1, 0, "a", 1.5)
NO_NAME = ("nonexistent",)
EXTENTS = (0, -1, "a", (1, 2, 3, 4, 5))
SHARES = (2, -1, "a")

VALUES = {
    "units filters input_dim output_dim num_heads key_dim head_dim num_query_heads": COUNTS,
    "n num_classes num_tokens num_bins output_size": COUNTS,
    "kernel_size pool_size size strides dilation_rate": EXTENTS,
    "depth_multiplier": (0, -1, "a"),
    "groups": (0, "a"),
    "activation recurrent_activation padding data_format mode reduction dtype": NO_NAME,
    "interpolation fill_mode output_mode distribution curve summation_method": NO_NAME,
    "merge_mode score_mode standardize split": NO_NAME,
    "rate dropout recurrent_dropout label_smoothing ema_momentum": SHARES,
    "beta_1 beta_2 rho momentum": SHARES,
    "learning_rate stddev epsilon patience": (-1, "a"),
    "clipnorm clipvalue global_clipnorm max_tokens sequence_length cropping": (-1, "a"),
    "l1 l2 max_value min_value factor delta weight_decay": ("a",),
    "seed axis trainable from_logits": ("a",),
    "name monitor vocabulary": (3,),
    "num_thresholds": (0, "a"),
    "save_freq": ("never", 0),
    "target_shape": ("a", 1.5),
    "gradient_accumulation_steps": (1, "a"),
}
"""By arguments: what no class takes for them."""
WRONG = {name: values for names, values in VALUES.items() for name in names.split()}
ENDINGS = ("_initializer", "_regularizer", "_constraint")
COMMON = ("name", "trainable", "dtype")
# Keras warns of these and goes on.
LENIENT = {("ModelCheckpoint", "mode")}

NEEDED = {
    "activation": "relu",
    "axes": 1,
    "backup_dir": "folder",
    "bin_boundaries": [0.0, 1.0],
    "cell": keras.layers.GRUCell(2),
    "cells": [keras.layers.GRUCell(2)],
    "default_optimizer": keras.optimizers.SGD(),
    "dims": (1,),
    "equation": "ab,bc->ac",
    "factor": 0.1,
    "filename": "log.csv",
    "filepath": "model.keras",
    "filters": 2,
    "fn": abs,
    "function": abs,
    "head_dim": 2,
    "height": 4,
    "height_factor": 0.1,
    "inner_optimizer": keras.optimizers.SGD(),
    "input_dim": 3,
    "kernel_size": 1,
    "key_dim": 2,
    "l1": 0.1,
    "layers": [],
    "max_number": 2,
    "mean": 0.0,
    "n": 2,
    "num_bins": 3,
    "num_classes": 2,
    "num_heads": 2,
    "num_key_value_heads": 1,
    "num_query_heads": 2,
    "num_tokens": 3,
    "optimizer_map": keras.optimizers.SGD(),
    "output_dim": 2,
    "output_shape": 3,
    "output_size": 2,
    "precision": 0.5,
    "rate": 0.5,
    "recall": 0.5,
    "scale": 1.0,
    "schedule": lambda epoch: 0.1,
    "sensitivity": 0.5,
    "shape": (2,),
    "specificity": 0.5,
    "stddev": 0.1,
    "target_class_ids": [0],
    "target_shape": (4,),
    "units": 2,
    "width": 4,
    "width_factor": 0.1,
}
"""By argument: a good value where one must be given."""
OWN = {
    "Bidirectional": {"layer": keras.layers.GRU(2)},
    "CategoryEncoding": {"num_tokens": 3},
    "Discretization": {"num_bins": 3},
    "InputLayer": {"shape": (2,)},
    "RandomPosterization": {"factor": 2},
    "Wrapper": {"layer": keras.layers.Dense(2)},
    "SpectralNormalization": {"layer": keras.layers.Dense(2)},
    "TimeDistributed": {"layer": keras.layers.Dense(2)},
}
# Reads a folder; refused as a whole; not made by users.
LEFT_OUT = set(
    "TFSMLayer OrbaxCheckpoint OptimizerMap Reduction InputSpec CallbackList Checked".split()
)


def classes():
    """(home, class) of every public class once."""
    for home in HOMES:
        module = getattr(keras, home)
        for name in module.__all__ if hasattr(module, "__all__") else dir(module):
            kind = getattr(module, name)
            if not inspect.isclass(kind) or name in LEFT_OUT:
                continue
            if kind.__name__ == name and kind.__module__.startswith("caudal.keras."):
                yield home, kind


def parameters(kind):
    """The parameters of a class's own constructor."""
    return {
        name: one
        for name, one in list(inspect.signature(kind.__init__).parameters.items())[1:]
        if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
    }


def needed(kind):
    """Good values for what must be given."""
    own = OWN.get(kind.__name__, {})
    required = {
        name: NEEDED[name]
        for name, one in parameters(kind).items()
        if one.default is one.empty and name in NEEDED
    }
    return {**required, **own}


def wrong_values(home, kind):
    """(argument, wrong value) of a class."""
    common = COMMON if home == "layers" else ()
    for name in dict.fromkeys([*parameters(kind), *common]):
        if (kind.__name__, name) in LENIENT:
            continue
        for value in NO_NAME if name.endswith(ENDINGS) else WRONG.get(name, ()):
            yield name, value
