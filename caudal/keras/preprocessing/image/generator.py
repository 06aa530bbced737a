"""`ImageDataGenerator`: batches of pictures, changed at random and standardized."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.errors import CaudalWarning, DTypeError, ShapeError
from caudal.keras.engine.policy import floatx
from caudal.keras.preprocessing.image.affine import FILL_MODES, apply_affine_transform
from caudal.keras.preprocessing.image.array_iterator import NumpyArrayIterator
from caudal.keras.preprocessing.image.colour import (
    apply_brightness_shift,
    apply_channel_shift,
    check_picture,
)
from caudal.keras.preprocessing.image.dataframe_iterator import DataFrameIterator
from caudal.keras.preprocessing.image.directory_iterator import DirectoryIterator
from caudal.keras.preprocessing.image.random_changes import check_pair
from caudal.keras.preprocessing.image.settings import (
    check_callable,
    check_number,
    check_order,
    check_share,
    check_shift,
    check_zoom,
    draw_shift,
)
from caudal.keras.utils.image_utils import check_choice, check_data_format

Array = np.ndarray[Any, Any]
_DOING = "ImageDataGenerator"
_TINY = 1e-6


class ImageDataGenerator:
    """Makes batches of pictures for training, each changed at random.

    Args:
        featurewise_center: take away the mean of the data set, which `fit` finds.
        samplewise_center: take away each picture's own mean.
        featurewise_std_normalization: divide by the data set's standard deviation.
        samplewise_std_normalization: divide by each picture's own.
        zca_whitening: decorrelate the values, with the matrix that `fit` finds.
        zca_epsilon: added to its singular values.
        rotation_range: largest angle, degrees.
        width_shift_range: a float below 1 is a fraction of the width, a larger one a number of
            pixels; an integer n shifts by whole pixels less than n; a list by one of its values.
        height_shift_range: the same for the height.
        brightness_range: (low, high), factors.
        shear_range: largest angle, degrees.
        zoom_range: (low, high), or z for (1 - z, 1 + z).
        channel_shift_range: largest shift of the values.
        fill_mode: what lies outside: "nearest", "constant", "reflect" or "wrap".
        cval: the value outside, for "constant".
        horizontal_flip: mirror half of the pictures.
        vertical_flip: turn half of them upside down.
        rescale: a factor for all values, or None.
        preprocessing_function: called with each picture after the changes.
        data_format: "channels_last" or "channels_first".
        validation_split: the share of the samples that subset="validation" takes.
        interpolation_order: 0 nearest, 1 linear; 2 to 5 need SciPy.
        dtype: of the batches; None for floatx.

    Raises:
        InvalidArgumentError: a value that none of these allows; the message names the argument.

    >>> generator = ImageDataGenerator(rescale=0.5)
    >>> next(generator.flow(np.ones((4, 2, 2, 1)), batch_size=4)).max()
    np.float32(0.5)
    """

    # What `fit` finds.
    mean: Any = None
    std: Any = None
    zca_whitening_matrix: Any = None

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Any = None,
        shear_range: float = 0.0,
        zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Any = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ) -> None:
        self.featurewise_center = featurewise_center
        self.samplewise_center = samplewise_center
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening = zca_whitening
        self.zca_epsilon = zca_epsilon
        self.rotation_range = check_number("rotation_range", rotation_range)
        self.width_shift_range = check_shift("width_shift_range", width_shift_range)
        self.height_shift_range = check_shift("height_shift_range", height_shift_range)
        self.shear_range = check_number("shear_range", shear_range)
        self.zoom_range = check_zoom(zoom_range)
        self.channel_shift_range = check_number("channel_shift_range", channel_shift_range)
        self.fill_mode = check_choice(_DOING, "fill_mode", fill_mode, FILL_MODES)
        self.cval = check_number("cval", cval)
        self.horizontal_flip = horizontal_flip
        self.vertical_flip = vertical_flip
        self.rescale = None if rescale is None else check_number("rescale", rescale)
        self.preprocessing_function = check_callable(preprocessing_function)
        self.dtype = dtype or floatx()
        self.interpolation_order = check_order(interpolation_order)
        self.data_format = check_data_format(_DOING, data_format)
        last = self.data_format == "channels_last"
        self.channel_axis, self.row_axis, self.col_axis = (3, 1, 2) if last else (1, 2, 3)
        self._validation_split = check_share(validation_split)
        self.brightness_range = brightness_range
        if brightness_range is not None:
            self.brightness_range = check_pair(_DOING, "brightness_range", brightness_range)
        self._settle()

    def _settle(self) -> None:
        """Some settings bring others along, or stand against them."""
        if self.zca_whitening:
            self._bring("featurewise_center", "zca_whitening", True)
            self._bring("featurewise_std_normalization", "zca_whitening", False)
        if self.featurewise_std_normalization:
            self._bring("featurewise_center", "featurewise_std_normalization", True)
        if self.samplewise_std_normalization:
            self._bring("samplewise_center", "samplewise_std_normalization", True)

    def _bring(self, name: str, because: str, value: bool) -> None:
        if bool(getattr(self, name)) != value:
            setattr(self, name, value)
            warnings.warn(
                f"ImageDataGenerator: {because}=True sets {name}={value}.",
                CaudalWarning,
                stacklevel=4,
            )

    # --- batches ------------------------------------------------------------------------------

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> NumpyArrayIterator:
        """Batches of arrays; arguments and errors as in `NumpyArrayIterator`."""
        return NumpyArrayIterator(
            x,
            y,
            self,
            batch_size=batch_size,
            shuffle=shuffle,
            sample_weight=sample_weight,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            ignore_class_split=ignore_class_split,
            subset=subset,
            dtype=self.dtype,
        )

    def flow_from_directory(
        self,
        directory: Any,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> DirectoryIterator:
        """Batches of files, a folder a class; arguments and errors as in `DirectoryIterator`."""
        return DirectoryIterator(
            directory,
            self,
            target_size=target_size,
            color_mode=color_mode,
            classes=classes,
            class_mode=class_mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            follow_links=follow_links,
            subset=subset,
            interpolation=interpolation,
            keep_aspect_ratio=keep_aspect_ratio,
            dtype=self.dtype,
        )

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: Any = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        keep_aspect_ratio: bool = False,
    ) -> DataFrameIterator:
        """Batches of the files that a table names; as in `DataFrameIterator`."""
        return DataFrameIterator(
            dataframe,
            directory,
            self,
            x_col=x_col,
            y_col=y_col,
            weight_col=weight_col,
            target_size=target_size,
            color_mode=color_mode,
            classes=classes,
            class_mode=class_mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            subset=subset,
            interpolation=interpolation,
            validate_filenames=validate_filenames,
            keep_aspect_ratio=keep_aspect_ratio,
            dtype=self.dtype,
        )

    # --- one picture --------------------------------------------------------------------------

    def standardize(self, x: Any) -> Any:
        """A picture, or a batch of them, by the preprocessing function, ``rescale`` and the
        statistics; arrays of floats are changed in place.
        """
        if self.preprocessing_function:
            x = self._preprocessed(x)
        if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
            x = np.array(x, self.dtype)
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x -= np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + _TINY
        if self.featurewise_center and self._fitted("mean", "featurewise_center"):
            self._check_seen(x, self.mean.shape, x.shape[-3:])
            x -= self.mean
        if self.featurewise_std_normalization and self._fitted(
            "std", "featurewise_std_normalization"
        ):
            x /= self.std + _TINY
        if self.zca_whitening and self._fitted("zca_whitening_matrix", "zca_whitening"):
            matrix = self.zca_whitening_matrix
            self._check_seen(x, len(matrix), int(np.prod(x.shape[-3:])))
            x = (x.reshape(-1, len(matrix)) @ matrix).reshape(x.shape)
        return x

    def _check_seen(self, x: Array, expected: Any, received: Any) -> None:
        """Whether a picture has the channels, or as many values, as those of `fit`."""
        if isinstance(expected, tuple):
            axis = self.channel_axis - 4
            expected, received = expected[axis], x.shape[axis] if x.ndim > 2 else None
        if expected != received:
            raise ShapeError(
                "ImageDataGenerator.standardize: fit() saw pictures of {expected} channels or "
                "values, received {received} (shape {shape}).",
                expected=expected,
                received=received,
                shape=x.shape,
            )

    def _preprocessed(self, x: Any) -> Any:
        found = self.preprocessing_function(x)
        if np.shape(found) != np.shape(x):
            raise ShapeError(
                "ImageDataGenerator: preprocessing_function must return an array of the shape it "
                "was given, {expected}; received {received}.",
                expected=np.shape(x),
                received=np.shape(found) if found is not None else None,
            )
        return found

    def _fitted(self, name: str, setting: str) -> bool:
        if getattr(self, name) is not None:
            return True
        warnings.warn(
            f"ImageDataGenerator: {setting}=True has no effect before fit(x) with training data.",
            CaudalWarning,
            stacklevel=4,
        )
        return False

    def get_random_transform(self, img_shape: Any, seed: int | None = None) -> dict[str, Any]:
        """What to do with a picture of that shape; drawn in Keras's order from numpy.random."""
        if seed is not None:
            np.random.seed(seed)
        uniform = np.random.uniform
        theta: float = 0
        if self.rotation_range:
            theta = uniform(-self.rotation_range, self.rotation_range)
        tx = draw_shift(self.height_shift_range, img_shape[self.row_axis - 1])
        ty = draw_shift(self.width_shift_range, img_shape[self.col_axis - 1])
        shear: float = uniform(-self.shear_range, self.shear_range) if self.shear_range else 0
        low, high = self.zoom_range
        zx, zy = (1, 1) if low == high == 1 else uniform(low, high, 2)
        flip_horizontal = (np.random.random() < 0.5) * self.horizontal_flip
        flip_vertical = (np.random.random() < 0.5) * self.vertical_flip
        shift = brightness = None
        if self.channel_shift_range != 0:
            shift = uniform(-self.channel_shift_range, self.channel_shift_range)
        if self.brightness_range is not None:
            brightness = uniform(*self.brightness_range)
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": flip_horizontal,
            "flip_vertical": flip_vertical,
            "channel_shift_intensity": shift,
            "brightness": brightness,
        }

    def apply_transform(self, x: Any, transform_parameters: dict[str, Any]) -> Array:
        """A picture changed as ``transform_parameters`` says; see `get_random_transform`.

        Raises:
            ShapeError: ``x`` is not of rank 3.
        """
        array = check_picture("ImageDataGenerator.apply_transform", x)
        get: Callable[..., Any] = transform_parameters.get
        row, column, channel = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        array = apply_affine_transform(
            array,
            theta=get("theta", 0),
            tx=get("tx", 0),
            ty=get("ty", 0),
            shear=get("shear", 0),
            zx=get("zx", 1),
            zy=get("zy", 1),
            row_axis=row,
            col_axis=column,
            channel_axis=channel,
            fill_mode=self.fill_mode,
            cval=self.cval,
            order=self.interpolation_order,
        )
        if get("channel_shift_intensity") is not None:
            array = apply_channel_shift(array, get("channel_shift_intensity"), channel)
        if get("flip_horizontal", False):
            array = np.flip(array, column)
        if get("flip_vertical", False):
            array = np.flip(array, row)
        if get("brightness") is not None:
            first = channel == 0
            array = np.moveaxis(array, 0, 2) if first else array
            array = apply_brightness_shift(array, get("brightness"), scale=False)
            array = np.moveaxis(array, 2, 0) if first else array
        return array

    def random_transform(self, x: Any, seed: int | None = None) -> Array:
        """A picture changed at random.

        Raises:
            ShapeError: ``x`` is not of rank 3.
        """
        array = check_picture("ImageDataGenerator.random_transform", x)
        return self.apply_transform(array, self.get_random_transform(array.shape, seed))

    # --- statistics ---------------------------------------------------------------------------

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Finds mean, standard deviation and whitening matrix of training data.

        Args:
            x: pictures, rank 4.
            augment: of changed pictures instead.
            rounds: how often each is changed.
            seed: of the changes.

        Raises:
            ShapeError: ``x`` is not of rank 4, or empty.
        """
        try:
            data = np.array(x, dtype=self.dtype)
        except (TypeError, ValueError) as error:
            raise DTypeError(
                "ImageDataGenerator.fit: expected an array of numbers, received {kind}: {error}.",
                kind=type(x).__name__,
                error=error,
            ) from error
        if data.ndim != 4 or not data.size:
            raise ShapeError(
                "ImageDataGenerator.fit: expected pictures of rank 4, (samples, height, width, "
                "channels); received shape {shape}.",
                shape=data.shape,
            )
        if data.shape[self.channel_axis] not in (1, 3, 4):
            warnings.warn(
                f"ImageDataGenerator.fit: expected 1, 3 or 4 channels on axis {self.channel_axis} "
                f"({self.data_format}), received shape {data.shape}.",
                CaudalWarning,
                stacklevel=2,
            )
        if seed is not None:
            np.random.seed(seed)
        if self.rescale:
            data *= self.rescale
        if augment:
            changed = [self.random_transform(picture) for _ in range(rounds) for picture in data]
            data = np.array(changed, dtype=self.dtype)
        axes = (0, self.row_axis, self.col_axis)
        if self.featurewise_center:
            self.mean = data.mean(axis=axes, keepdims=True)[0]
            data -= self.mean
        if self.featurewise_std_normalization:
            self.std = data.std(axis=axes, keepdims=True)[0]
            data /= self.std + _TINY
        if self.zca_whitening:
            # Krizhevsky (2009), appendix A: scale the principal components to equal variance.
            left, singular, _ = np.linalg.svd(data.reshape(len(data), -1).T, full_matrices=False)
            scale = np.sqrt(len(data)) / (singular + self.zca_epsilon)
            self.zca_whitening_matrix = (left * scale) @ left.T
