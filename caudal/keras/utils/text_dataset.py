"""`text_dataset_from_directory`: a dataset of the text files below a folder."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import TensorSpec
from caudal.keras.utils.directory_dataset import directory_dataset
from caudal.keras.utils.image_utils import check_choice

_DOING = "text_dataset_from_directory"


def text_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """A `Dataset` of batches of the .txt files below a folder, as strings.

    Args:
        directory: the folder; with inferred labels it holds one folder per class.
        labels: "inferred" from the folders, a list of numbers (one per file, in the order of
            the sorted paths), or None.
        label_mode: "int", "categorical" (one-hot), "binary" (0.0 or 1.0) or None (no labels).
        class_names: the folders to use, in order; None for all, sorted.
        batch_size: texts in a batch; None gives single texts.
        max_length: the most bytes of a text; the rest is left out.
        shuffle: a random order, another one for every pass; else sorted by path.
        seed: of the order.
        validation_split: the share of the files that is for validation.
        subset: "training", "validation", or "both" for a pair of datasets.
        follow_links: go into folders that are links.
        format: "tf".
        verbose: print how many files were found.

    Returns:
        The dataset, with the attribute ``class_names``.

    Raises:
        NotFoundError: no such folder, or no texts in it.
        InvalidArgumentError: arguments that are wrong or do not go together.
    """
    if check_choice(_DOING, "format", format, ("tf", "grain")) == "grain":
        raise UnimplementedError(
            "{doing}: format='grain' is not in Caudal: use format='tf'.", doing=_DOING
        )
    if max_length is not None and not isinstance(max_length, int):
        raise InvalidArgumentError(
            "{doing}: max_length must be an integer or None, received {received!r}.",
            doing=_DOING,
            received=max_length,
        )
    # A negative length is no limit, as in Keras.
    limit = max_length if max_length is not None and max_length >= 0 else None

    def read(path: str) -> Any:
        with open(path, "rb") as file:
            # An array of objects is how strings are held.
            return np.array(file.read() if limit is None else file.read(limit), object)

    return directory_dataset(
        _DOING,
        read,
        TensorSpec((), "string"),
        (".txt",),
        directory,
        labels,
        label_mode,
        class_names,
        batch_size,
        shuffle,
        seed,
        validation_split,
        subset,
        follow_links,
        verbose,
    )
