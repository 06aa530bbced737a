"""`ImageDataGenerator.flow_from_dataframe`: a table of file names and labels."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from caudal.errors import (
    CaudalWarning,
    DTypeError,
    InvalidArgumentError,
    NotFoundError,
    did_you_mean,
)
from caudal.keras.engine.switches import say
from caudal.keras.preprocessing.image.files import FileIterator
from caudal.keras.utils.directory_index import check_directory

_DOING = "flow_from_dataframe"


class DataFrameIterator(FileIterator):
    """Batches of the pictures that a pandas table names.

    Args:
        dataframe: the table.
        directory: the folder that file names are relative to; None for the working directory.
        image_data_generator: with the changes.
        x_col: the column of file names.
        y_col: the column of labels, or several.
        weight_col: the column of sample weights.
        target_size: (height, width) that pictures are resized to.
        color_mode: "grayscale", "rgb" or "rgba".
        classes: names of the classes to use, in order; rows of others are left out.
        class_mode: as in `DirectoryIterator`, or "raw" (the columns' numbers), "multi_output" (a
            list of columns). For "categorical", a row may have a list of classes.
        batch_size: pictures in a batch.
        shuffle: a new order for every pass.
        seed: of order and changes.
        data_format: "channels_last" or "channels_first".
        save_to_dir: a folder that gets every picture made.
        save_prefix: how their names begin.
        save_format: "png", "jpeg" ...
        subset: "training" or "validation".
        interpolation: as in `load_img`.
        validate_filenames: leave out, with a warning, rows whose file is not there.
        keep_aspect_ratio: cut the middle out instead of distorting.
        dtype: of the batches.

    Raises:
        InvalidArgumentError: no such column; unknown ``class_mode``, ``color_mode`` ...
        DTypeError: a column has values of the wrong kind.
        NotFoundError: none of the files is there.
    """

    allowed_class_modes = (*FileIterator.allowed_class_modes, "multi_output", "raw")

    def __init__(
        self,
        dataframe: Any,
        directory: Any = None,
        image_data_generator: Any = None,
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
        data_format: str | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        keep_aspect_ratio: bool = False,
        dtype: Any = None,
    ) -> None:
        self._settle(
            _DOING,
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
        table = self._checked(dataframe, x_col, y_col, weight_col)
        if validate_filenames:
            table = self._present(table, x_col)
        table = self._chosen(table, y_col, classes)
        if weight_col is not None:
            self.sample_weight = table[weight_col].to_numpy()
        self.filenames = table[x_col].tolist()
        self.filepaths = [self._path(name) for name in self.filenames]
        where = f"the column {x_col!r} (files in {os.fspath(directory or '.')!r})"
        self._begin(_DOING, where, batch_size, shuffle, seed)
        kind = "validated" if validate_filenames else "non-validated"
        tail = f" belonging to {self.num_classes} classes." if self._labelled else "."
        say(f"Found {self.samples} {kind} image filenames{tail}")

    @property
    def labels(self) -> Any:
        """The class numbers, or for "raw" and "multi_output" the columns."""
        return self._values if self.class_mode in ("raw", "multi_output") else self.classes

    @property
    def _labelled(self) -> bool:
        return self.class_mode in ("categorical", "binary", "sparse")

    def _chosen(self, table: Any, y_col: Any, classes: Any) -> Any:
        """The rows of the classes and of the subset; keeps their labels."""
        if self._labelled:
            table, names = _of_classes(table, y_col, classes)
            self.num_classes = len(names)
            self.class_indices = {name: number for number, name in enumerate(names)}
        table = table.iloc[self._part(list(range(len(table))))]
        if self._labelled:
            self.classes = [self._number(value) for value in table[y_col]]
        elif self.class_mode == "raw":
            self._values: Any = table[y_col].to_numpy()
        elif self.class_mode == "multi_output":
            self._values = [np.array(table[column].tolist()) for column in y_col]
        return table

    def _path(self, name: str) -> str:
        return os.path.join(os.fspath(self.directory), name) if self.directory else name

    def _number(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [self.class_indices[name] for name in value]
        return self.class_indices[value]

    def _checked(self, table: Any, x_col: str, y_col: Any, weight_col: str | None) -> Any:
        """A copy of the table, if it has the columns and values that ``class_mode`` needs."""
        if not hasattr(table, "iloc") or not hasattr(table, "columns"):
            raise DTypeError(
                "flow_from_dataframe: expected a pandas DataFrame, received {kind}.",
                kind=type(table).__name__,
            )
        if self.directory is not None:
            check_directory(_DOING, self.directory)
        several = isinstance(y_col, list | tuple)
        needs_labels = self.class_mode not in (None, "input")
        _check_column(table, "x_col", x_col)
        for name in (y_col if several else [y_col]) if needs_labels else []:
            _check_column(table, "y_col", name)
        if weight_col is not None:
            _check_column(table, "weight_col", weight_col)
            if table[weight_col].to_numpy().dtype.kind not in "iufb":
                _wrong("weight_col", weight_col, "numbers")
        if not all(isinstance(name, str) for name in table[x_col]):
            _wrong("x_col", x_col, "strings")
        if self.class_mode == "multi_output" and not several:
            raise DTypeError(
                "flow_from_dataframe: class_mode='multi_output' needs a list of columns, received "
                "y_col={y_col!r}.",
                y_col=y_col,
            )
        kinds: Any = {"binary": str, "sparse": str, "categorical": str | list | tuple}.get(
            self.class_mode or ""
        )
        if kinds and several:
            _wrong("y_col", y_col, "one column of class names")
        if kinds and not all(isinstance(value, kinds) for value in table[y_col]):
            _wrong("y_col", y_col, f"strings for class_mode={self.class_mode!r}")
        if self.class_mode == "binary" and len(set(table[y_col])) > 2:
            raise InvalidArgumentError(
                "flow_from_dataframe: class_mode='binary' needs two classes, y_col={y_col!r} has "
                "{count}.",
                y_col=y_col,
                count=len(set(table[y_col])),
            )
        return table.copy()

    def _present(self, table: Any, x_col: str) -> Any:
        """The rows whose file is there and has the ending of a picture."""
        there = [
            name.lower().endswith(self.white_list_formats) and os.path.isfile(self._path(name))
            for name in table[x_col]
        ]
        absent = there.count(False)
        if absent and absent < len(there):
            first = table[x_col].iloc[there.index(False)]
            warnings.warn(
                f"flow_from_dataframe: {absent} file names of x_col={x_col!r} are no images that "
                f"exist, such as {self._path(first)!r}; they are left out.",
                CaudalWarning,
                stacklevel=4,
            )
        return table[np.array(there, bool)]


def _of_classes(table: Any, y_col: str, classes: Any) -> tuple[Any, list[str]]:
    """The rows of the classes wanted, and the classes' names in order."""
    if not classes:
        found: set[str] = set()
        for value in table[y_col]:
            found.update(value if isinstance(value, list | tuple) else [value])
        return table, sorted(found)
    names = list(dict.fromkeys(classes))
    if isinstance(classes, str) or not all(isinstance(name, str) for name in names):
        raise InvalidArgumentError(
            "flow_from_dataframe: classes must be a list of class names, received {classes!r}.",
            classes=classes,
        )
    rows = []
    table = table.copy()
    values = []
    for value in table[y_col]:
        if isinstance(value, list | tuple):
            value = [name for name in value if name in names]
            rows.append(bool(value))
        else:
            rows.append(value in names)
        values.append(value)
    if not any(rows):
        raise NotFoundError(
            "flow_from_dataframe: no row of y_col={y_col!r} has one of the classes {names}.",
            y_col=y_col,
            names=names,
        )
    table[y_col] = values
    return table[np.array(rows, bool)], names


def _check_column(table: Any, argument: str, name: Any) -> None:
    if name not in table.columns:
        columns = [str(column) for column in table.columns]
        raise InvalidArgumentError(
            "flow_from_dataframe: the table has no column {argument}={name!r}. It has {columns}."
            "{hint}",
            argument=argument,
            name=name,
            columns=", ".join(columns),
            hint=did_you_mean(str(name), columns),
        )


def _wrong(argument: str, column: Any, expected: str) -> None:
    raise DTypeError(
        "flow_from_dataframe: {argument}={column!r} must hold {expected}.",
        argument=argument,
        column=column,
        expected=expected,
    )
