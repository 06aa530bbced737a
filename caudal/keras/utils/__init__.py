"""keras.utils: labels, padding, seeds, the progress bar, files."""

from caudal.keras.training.data import pack_x_y_sample_weight, unpack_x_y_sample_weight
from caudal.keras.utils.get_file import get_file
from caudal.keras.utils.numerical import normalize, pad_sequences, to_categorical
from caudal.keras.utils.progbar import Progbar
from caudal.keras.utils.py_dataset import PyDataset, Sequence
from caudal.keras.utils.random import set_random_seed

__all__ = [
    "Progbar",
    "PyDataset",
    "Sequence",
    "get_file",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "set_random_seed",
    "to_categorical",
    "unpack_x_y_sample_weight",
]
