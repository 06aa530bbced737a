"""``keras.preprocessing.image``: files as arrays, and batches of pictures changed at random."""

from caudal.keras.preprocessing.image.affine import apply_affine_transform
from caudal.keras.preprocessing.image.array_iterator import NumpyArrayIterator
from caudal.keras.preprocessing.image.colour import apply_brightness_shift, apply_channel_shift
from caudal.keras.preprocessing.image.dataframe_iterator import DataFrameIterator
from caudal.keras.preprocessing.image.directory_iterator import DirectoryIterator
from caudal.keras.preprocessing.image.generator import ImageDataGenerator
from caudal.keras.preprocessing.image.iterator import Iterator
from caudal.keras.preprocessing.image.random_changes import (
    random_brightness,
    random_channel_shift,
    random_rotation,
    random_shear,
    random_shift,
    random_zoom,
)
from caudal.keras.utils.image_dataset import image_dataset_from_directory
from caudal.keras.utils.image_utils import array_to_img, img_to_array, load_img, save_img
from caudal.keras.utils.resizing import smart_resize
from caudal.namespaces import strict

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "array_to_img",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "random_brightness",
    "random_channel_shift",
    "random_rotation",
    "random_shear",
    "random_shift",
    "random_zoom",
    "save_img",
    "smart_resize",
]

__getattr__ = strict(__name__, label="keras.preprocessing.image")
