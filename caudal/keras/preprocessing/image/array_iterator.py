"""`ImageDataGenerator.flow`: batches of pictures held in an array."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from caudal.errors import CaudalWarning, DTypeError, InvalidArgumentError, ShapeError
from caudal.keras.preprocessing.image.iterator import Iterator
from caudal.keras.preprocessing.image.saving import check_folder, save_batch
from caudal.keras.utils.image_utils import check_choice, check_data_format

Array = np.ndarray[Any, Any]


class NumpyArrayIterator(Iterator):
    """Batches of an array of pictures, changed and standardized by ``image_data_generator``.

    Args:
        x: pictures, rank 4; or (pictures, other arrays of as many rows).
        y: labels, or None.
        image_data_generator: with the changes.
        batch_size: pictures in a batch.
        shuffle: a new order for every pass.
        sample_weight: one number per picture, or None.
        seed: of order and changes.
        data_format: "channels_last" or "channels_first".
        save_to_dir: a folder that gets every picture made.
        save_prefix: how their names begin.
        save_format: "png", "jpeg" ...
        subset: "training" or "validation".
        ignore_class_split: allow subsets whose classes differ.
        dtype: of the batches; None for floatx.

    Raises:
        ShapeError: ``x`` is not of rank 4, or arrays of different length.
        InvalidArgumentError: an unknown ``subset``; classes that are in one subset only.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: Any,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        ignore_class_split: bool = False,
        dtype: Any = None,
    ) -> None:
        self.dtype = dtype or image_data_generator.dtype
        self.data_format = check_data_format("flow", data_format)
        pictures, misc = x if isinstance(x, tuple | list) and len(x) == 2 else (x, [])
        misc = misc if isinstance(misc, list) else [misc]
        pictures = _numbers("x", pictures, self.dtype)
        parts = {
            "y": None if y is None else np.asarray(y),
            "sample_weight": None if sample_weight is None else np.asarray(sample_weight),
            **{f"x[1][{i}]": np.asarray(part) for i, part in enumerate(misc)},
        }
        _check_lengths(pictures, parts)
        if subset is not None:
            check_choice("flow", "subset", subset, ("training", "validation", None))
            cut = int(len(pictures) * image_data_generator._validation_split)
            if parts["y"] is not None and not ignore_class_split:
                _check_classes(parts["y"], cut)
            chosen = slice(cut) if subset == "validation" else slice(cut, None)
            pictures = pictures[chosen]
            parts = {k: None if part is None else part[chosen] for k, part in parts.items()}
        self.x: Array = pictures
        self.y: Any = parts.pop("y")
        self.sample_weight: Any = parts.pop("sample_weight")
        self.x_misc: list[Any] = list(parts.values())
        self._check_pictures(subset)
        self.image_data_generator = image_data_generator
        self.save_to_dir = check_folder("flow", save_to_dir, save_format)
        self.save_prefix = save_prefix
        self.save_format = save_format
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def _check_pictures(self, subset: str | None) -> None:
        if self.x.ndim != 4:
            raise ShapeError(
                "flow: x must be pictures of rank 4, (samples, height, width, channels); received "
                "shape {shape}. Add an axis with numpy.expand_dims: the last for one channel, "
                "the first for one picture.",
                shape=self.x.shape,
            )
        if not len(self.x):
            raise InvalidArgumentError(
                "flow: x has no pictures (shape {shape}, subset={subset!r}). A validation subset "
                "needs ImageDataGenerator(validation_split=...).",
                shape=self.x.shape,
                subset=subset,
            )
        axis = 3 if self.data_format == "channels_last" else 1
        if self.x.shape[axis] not in (1, 3, 4):
            warnings.warn(
                f"flow: expected 1, 3 or 4 channels on axis {axis} ({self.data_format}), received "
                f"shape {self.x.shape}.",
                CaudalWarning,
                stacklevel=4,
            )

    def _get_batches_of_transformed_samples(self, index_array: Array) -> Any:
        shape = (len(index_array), *self.x.shape[1:])
        batch = np.zeros(shape, self.dtype)
        generator = self.image_data_generator
        for i, j in enumerate(index_array):
            parameters = generator.get_random_transform(self.x[j].shape)
            changed = generator.apply_transform(self.x[j].astype(self.dtype), parameters)
            batch[i] = generator.standardize(changed)
        if self.save_to_dir:
            save_batch(self, batch, index_array)
        x: Any = [batch, *(part[index_array] for part in self.x_misc)] if self.x_misc else batch
        if self.y is None:
            return x
        if self.sample_weight is None:
            return x, self.y[index_array]
        return x, self.y[index_array], self.sample_weight[index_array]


def _numbers(name: str, value: Any, dtype: Any) -> Array:
    try:
        return np.asarray(value, dtype)
    except (TypeError, ValueError) as error:
        raise DTypeError(
            "flow: {name} must be an array of numbers, received {kind}: {error}.",
            name=name,
            kind=type(value).__name__,
            error=error,
        ) from error


def _check_lengths(pictures: Array, parts: dict[str, Any]) -> None:
    count = len(pictures) if pictures.ndim else 0
    for name, part in parts.items():
        if part is not None and (not part.ndim or len(part) != count):
            raise ShapeError(
                "flow: x (pictures) and {name} must have the same length, received shapes "
                "{expected} and {received}.",
                name=name,
                expected=pictures.shape,
                received=part.shape,
            )


def _check_classes(labels: Array, cut: int) -> None:
    first, rest = np.unique(labels[:cut]), np.unique(labels[cut:])
    if not np.array_equal(first, rest):
        raise InvalidArgumentError(
            "flow: the validation subset (the first {cut} samples) has the classes {first}, the "
            "training subset {rest}. Labels that are sorted must be shuffled before; "
            "ignore_class_split=True allows it.",
            cut=cut,
            first=first.tolist()[:20],
            rest=rest.tolist()[:20],
        )
