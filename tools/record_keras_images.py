"""Records what keras.preprocessing.image gives, in the peers' environment.

    PYTHONPATH=tests/keras python tools/record_keras_images.py

Writes tests/keras/golden_images.npz: for each case of image_cases.py one array.
"""

import tempfile
from pathlib import Path

import image_cases
import numpy as np
from tensorflow.keras import utils
from tensorflow.keras.preprocessing import image

with tempfile.TemporaryDirectory() as folder:
    image_cases.write(Path(folder))
    found = image_cases.results(image, utils, folder)
np.savez_compressed(Path(__file__).parents[1] / "tests" / "keras" / "golden_images.npz", **found)
print(len(found), "cases")
