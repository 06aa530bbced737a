"""Records what Keras's image layers, boxes and spectrograms give, in the peers' environment.

    PYTHONPATH=tests/keras python tools/record_keras_augmentation.py

Writes tests/keras/golden_augmentation.npz: for each case of augmentation_cases.py one array.
"""

from pathlib import Path

import augmentation_cases
import keras
import numpy as np

found = augmentation_cases.results(keras)
place = Path(__file__).parents[1] / "tests" / "keras" / "golden_augmentation.npz"
np.savez_compressed(place, **found)
print(len(found), "cases")
