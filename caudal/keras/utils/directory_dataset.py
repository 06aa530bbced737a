"""What the datasets of a folder's files share: labels by folders, subsets, batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from caudal.data import AUTOTUNE, Dataset
from caudal.data.nodes import Node, Step
from caudal.errors import InvalidArgumentError, NotFoundError
from caudal.framework import TensorSpec
from caudal.keras.engine.switches import say
from caudal.keras.utils.directory_index import check_split, index_directory
from caudal.keras.utils.image_utils import check_choice

Array = np.ndarray[Any, Any]
Reader = Callable[[str], Any]
_LABEL_MODES = ("int", "categorical", "binary", None)
_AHEAD = 1024


class _Files(Step):
    """Numbers of files -> what ``reader`` makes of them, with their labels."""

    name = "MapDataset"

    def __init__(
        self, source: Node, reader: Reader, spec: Any, paths: list[str], labels: Any
    ) -> None:
        super().__init__(source)
        self.reader, self.paths, self.labels, self._spec = reader, paths, labels, spec

    @property
    def spec(self) -> Any:
        """The content's, and the label's."""
        if self.labels is None:
            return self._spec
        return self._spec, TensorSpec(self.labels.shape[1:], self.labels.dtype)

    def rows(self) -> Iterator[Any]:
        """One by one, read when asked for."""
        for number in self.source.rows():
            i = int(number)
            content = self.reader(self.paths[i])
            yield content if self.labels is None else (content, np.asarray(self.labels[i]))


def directory_dataset(
    doing: str,
    reader: Reader,
    spec: Any,
    endings: tuple[str, ...],
    directory: Any,
    labels: Any,
    label_mode: str | None,
    class_names: Any,
    batch_size: int | None,
    shuffle: bool,
    seed: int | None,
    validation_split: float | None,
    subset: str | None,
    follow_links: bool,
    verbose: bool,
    padded: bool = False,
) -> Any:
    """The dataset of the files below a folder, or for ``subset="both"`` a pair of datasets.

    ``reader`` makes of a path an array that ``spec`` describes; ``padded`` says that the arrays of
    a batch are made equally long. The other arguments are those of `image_dataset_from_directory`.
    """
    check_split(doing, validation_split, subset, shuffle, seed)
    check_choice(doing, "label_mode", label_mode, _LABEL_MODES)
    if labels is None or label_mode is None:
        labels, label_mode = None, None
    seed = int(np.random.randint(int(1e6))) if seed is None else seed
    paths, numbers, names = index_directory(
        doing, directory, labels, endings, class_names, seed, shuffle, follow_links, verbose
    )
    encoded = _encoded(doing, numbers, label_mode, names)
    parts = [slice(None)]
    if subset is not None:
        parts = _parts(doing, len(paths), float(validation_split or 0), subset, verbose)
    found = []
    for part in parts:
        own = None if encoded is None else encoded[part]
        order = Dataset.from_tensor_slices(np.arange(len(paths[part])))
        if shuffle:
            order = order.shuffle(batch_size * 8 if batch_size else _AHEAD, seed=seed)
        dataset = Dataset(_Files(order.node, reader, spec, paths[part], own))
        if batch_size is not None:
            dataset = (dataset.padded_batch if padded else dataset.batch)(batch_size)
        dataset = dataset.prefetch(AUTOTUNE)
        dataset.class_names = names  # type: ignore[attr-defined]
        dataset.file_paths = paths[part]  # type: ignore[attr-defined]
        found.append(dataset)
    return found if subset == "both" else found[0]


def _parts(doing: str, count: int, share: float, subset: str, verbose: bool) -> list[slice]:
    """Training is the front, validation the end."""
    held = int(share * count)
    sizes = {"training": count - held, "validation": held}
    wanted = ["training", "validation"] if subset == "both" else [subset]
    for name in wanted:
        if not sizes[name]:
            raise NotFoundError(
                "{doing}: {share} of {count} files leaves none for subset={name!r}.",
                doing=doing,
                share=share,
                count=count,
                name=name,
            )
        if verbose:
            say(f"Using {sizes[name]} files for {name}.")
    places = {"training": slice(count - held), "validation": slice(count - held, count)}
    return [places[name] for name in wanted]


def _encoded(
    doing: str, numbers: Any, label_mode: str | None, names: list[str] | None
) -> Array | None:
    if numbers is None or names is None:
        return None
    if label_mode == "binary":
        if len(names) != 2:
            raise InvalidArgumentError(
                "{doing}: label_mode='binary' needs 2 classes, found {count}: {names}.",
                doing=doing,
                count=len(names),
                names=names[:20],
            )
        return np.asarray(numbers, np.float32)[:, None]
    if label_mode == "categorical":
        rows: Array = np.arange(len(names)) == np.asarray(numbers)[:, None]
        return rows.astype(np.float32)
    return np.asarray(numbers, np.int32)
