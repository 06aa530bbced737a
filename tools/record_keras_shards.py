"""Records weights in several files and a folder that is not packed, with real Keras.

Run with a Python that has Keras 3.15; writes tests/keras/files/shards* and tests/keras/files/open,
for tests/keras/test_saving_parts.py.
"""

import pathlib

import keras
import numpy as np

FILES = pathlib.Path(__file__).parent.parent / "tests" / "keras" / "files"


def main():
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(2)], name="parts"
    )
    model.compile(keras.optimizers.SGD(0.5, momentum=0.9), "mean_squared_error")
    model.optimizer.build(model.trainable_variables)
    for start, variables in ((0, model.weights), (100, model.optimizer.variables[2:])):
        for variable in variables:
            count = int(np.prod(variable.shape))
            variable.assign(np.arange(start, start + count).reshape(variable.shape) / 8)
            start += count
    model.save_weights(FILES / "shards.weights.json", max_shard_size=80 / 1024**3)
    model.save(FILES / "open", zipped=False)


main()
