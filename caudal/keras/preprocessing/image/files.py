"""Pictures in files: which there are, and batches read from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from caudal.errors import NotFoundError
from caudal.keras.preprocessing.image.iterator import Iterator
from caudal.keras.preprocessing.image.saving import check_folder, save_batch
from caudal.keras.utils.image_utils import (
    COLOR_CHANNELS,
    INTERPOLATIONS,
    check_choice,
    check_data_format,
    check_size,
    img_to_array,
    load_img,
)

Array = np.ndarray[Any, Any]


class FileIterator(Iterator):
    """Batches of pictures in files, changed and standardized by ``image_data_generator``.

    A subclass sets ``filepaths``, ``class_mode`` and what the labels need before it calls
    `_begin`. See `DirectoryIterator` for the arguments.
    """

    allowed_class_modes: tuple[str | None, ...] = (
        "categorical",
        "binary",
        "sparse",
        "input",
        None,
    )
    class_mode: str | None
    filepaths: list[str]
    class_indices: dict[str, int]
    classes: Any
    sample_weight: Any = None

    def _settle(
        self,
        doing: str,
        generator: Any,
        target_size: Any,
        color_mode: str,
        class_mode: str | None,
        data_format: str | None,
        saving: tuple[Any, str, str],
        subset: str | None,
        interpolation: str,
        keep_aspect_ratio: bool,
        dtype: Any,
    ) -> None:
        """Checks and keeps what all iterators over files take."""
        self.image_data_generator = generator
        self.target_size = check_size(doing, "target_size", target_size)
        self.color_mode = check_choice(doing, "color_mode", color_mode, COLOR_CHANNELS)
        self.class_mode = check_choice(doing, "class_mode", class_mode, self.allowed_class_modes)
        self.data_format = check_data_format(doing, data_format)
        channels = (COLOR_CHANNELS[color_mode],)
        last = self.data_format == "channels_last"
        self.image_shape = self.target_size + channels if last else channels + self.target_size
        self.save_to_dir = check_folder(doing, saving[0], saving[2])
        self.save_prefix, self.save_format = saving[1:]
        self.interpolation = check_choice(doing, "interpolation", interpolation, INTERPOLATIONS)
        self.keep_aspect_ratio = keep_aspect_ratio
        self.subset = check_choice(doing, "subset", subset, ("training", "validation", None))
        share = generator._validation_split
        self.split = {None: None, "validation": (0, share), "training": (share, 1)}[subset]
        self.dtype = dtype or generator.dtype

    def _part(self, items: list[Any]) -> list[Any]:
        """Those of the subset."""
        if self.split is None:
            return items
        begin, end = (int(share * len(items)) for share in self.split)
        return items[begin:end]

    def _begin(
        self, doing: str, where: str, batch_size: int, shuffle: bool, seed: int | None
    ) -> None:
        """Start with the files found.

        Raises:
            NotFoundError: there are none.
        """
        self.samples = len(self.filepaths)
        if not self.samples:
            extra = ""
            if self.subset == "validation" and not self.image_data_generator._validation_split:
                extra = " subset='validation' needs ImageDataGenerator(validation_split=...)."
            raise NotFoundError(
                "{doing}: no images found in {where}. Looked for the endings {endings}{subset}."
                "{extra}",
                doing=doing,
                where=where,
                endings=", ".join("." + ending for ending in self.white_list_formats),
                subset=f" (subset={self.subset!r})" if self.subset else "",
                extra=extra,
            )
        super().__init__(self.samples, batch_size, shuffle, seed)

    @property
    def labels(self) -> Any:
        """The class number of every file."""
        return self.classes

    def read_picture(self, path: str | Path) -> Array:
        """A file as an array of ``image_shape``, changed and standardized."""
        picture = load_img(
            path,
            color_mode=self.color_mode,
            target_size=self.target_size,
            interpolation=self.interpolation,
            keep_aspect_ratio=self.keep_aspect_ratio,
        )
        x = img_to_array(picture, data_format=self.data_format)
        generator = self.image_data_generator
        x = generator.apply_transform(x, generator.get_random_transform(x.shape))
        found: Array = generator.standardize(x)
        return found

    def _get_batches_of_transformed_samples(self, index_array: Array) -> Any:
        batch = np.zeros((len(index_array), *self.image_shape), self.dtype)
        for i, j in enumerate(index_array):
            batch[i] = self.read_picture(self.filepaths[j])
        if self.save_to_dir:
            save_batch(self, batch, index_array)
        if self.class_mode is None:
            return batch
        labels = self._batch_labels(batch, index_array)
        if self.sample_weight is None:
            return batch, labels
        return batch, labels, self.sample_weight[index_array]

    def _batch_labels(self, batch: Array, index_array: Array) -> Any:
        if self.class_mode == "input":
            return batch.copy()
        if self.class_mode in ("binary", "sparse"):
            return np.array([self.classes[i] for i in index_array], self.dtype)
        if self.class_mode == "multi_output":
            return [column[index_array] for column in self.labels]
        if self.class_mode == "raw":
            return self.labels[index_array]
        labels = np.zeros((len(batch), len(self.class_indices)), self.dtype)
        for row, i in zip(labels, index_array, strict=True):
            row[self.classes[i]] = 1  # a number, or the list of a sample's several classes
        return labels
