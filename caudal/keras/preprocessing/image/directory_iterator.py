"""`ImageDataGenerator.flow_from_directory`: a folder for each class."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from caudal.errors import CaudalWarning, InvalidArgumentError
from caudal.keras.engine.switches import say
from caudal.keras.preprocessing.image.files import FileIterator
from caudal.keras.utils.directory_index import check_directory, list_files


class DirectoryIterator(FileIterator):
    """Batches of the pictures below a folder that holds one folder per class.

    Args:
        directory: that folder.
        image_data_generator: with the changes.
        target_size: (height, width) that pictures are resized to.
        color_mode: "grayscale", "rgb" or "rgba".
        classes: names of the folders to use, in order; None for all, sorted.
        class_mode: labels: "categorical" (one-hot), "binary" or "sparse" (numbers), "input" (the
            pictures themselves), None (no labels).
        batch_size: pictures in a batch.
        shuffle: a new order for every pass.
        seed: of order and changes.
        data_format: "channels_last" or "channels_first".
        save_to_dir: a folder that gets every picture made.
        save_prefix: how their names begin.
        save_format: "png", "jpeg" ...
        follow_links: go into folders that are links.
        subset: "training" or "validation", the parts that ``validation_split`` makes of each class.
        interpolation: as in `load_img`.
        keep_aspect_ratio: cut the middle out instead of distorting.
        dtype: of the batches.

    Raises:
        NotFoundError: there is no such folder, or no picture in it.
        InvalidArgumentError: an unknown ``class_mode``, ``color_mode``, ``subset`` ...
        DataLossError: a batch needs a damaged file; the message names it.
    """

    def __init__(
        self,
        directory: Any,
        image_data_generator: Any,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = None,
    ) -> None:
        doing = "flow_from_directory"
        self._settle(
            doing,
            image_data_generator,
            target_size,
            color_mode,
            class_mode,
            data_format,
            (save_to_dir, save_prefix, save_format),
            subset,
            interpolation,
            keep_aspect_ratio,
            dtype,
        )
        self.directory = directory
        folder = check_directory(doing, directory)
        self._list(folder, _class_names(folder, classes), follow_links)
        self._begin(doing, f"the folders of {folder!r}", batch_size, shuffle, seed)
        say(f"Found {self.samples} images belonging to {self.num_classes} classes.")

    def _list(self, folder: str, names: list[str], follow_links: bool) -> None:
        """Finds the files of the subset, class by class."""
        self.num_classes = len(names)
        self.class_indices = {name: number for number, name in enumerate(names)}
        self.filepaths = []
        numbers: list[int] = []
        for name, number in self.class_indices.items():
            below = os.path.join(folder, name)
            paths = self._part(list_files(below, self.white_list_formats, follow_links))
            self.filepaths += paths
            numbers += [number] * len(paths)
        self.classes = np.array(numbers, np.int32)
        self.filenames = [os.path.relpath(path, folder) for path in self.filepaths]


def _class_names(folder: str, classes: Any) -> list[str]:
    present = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir())
    if not classes:
        return present
    if isinstance(classes, str) or not all(isinstance(name, str) for name in classes):
        raise InvalidArgumentError(
            "flow_from_directory: classes must be a list of names of folders, received "
            "{classes!r}.",
            classes=classes,
        )
    absent = [name for name in classes if name not in present]
    if absent:
        warnings.warn(
            f"flow_from_directory: {folder!r} has no folders {absent}, so these classes have no "
            f"images. There are {present[:20]}.",
            CaudalWarning,
            stacklevel=5,
        )
    return list(classes)
