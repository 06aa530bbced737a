"""The files below a folder, with the labels that its folders give."""

from __future__ import annotations

import os
from types import NoneType
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError, NotFoundError
from caudal.keras.engine.switches import say
from caudal.keras.utils.image_utils import check_choice

Array = np.ndarray[Any, Any]


def check_directory(doing: str, directory: Any) -> str:
    """The folder's path.

    Raises:
        NotFoundError: it is not there, or no folder.
    """
    if not isinstance(directory, str | bytes | os.PathLike):
        raise InvalidArgumentError(
            "{doing}: expected the path of a folder, received {received!r}.",
            doing=doing,
            received=directory,
        )
    path = os.fsdecode(directory)
    if not os.path.isdir(path):
        raise NotFoundError(
            "{doing}: there is no folder {path!r}{note}. The working directory is {here!r}.",
            doing=doing,
            path=path,
            note=", only a file of that name" if os.path.exists(path) else "",
            here=os.getcwd(),
        )
    return path


def class_folders(doing: str, directory: Any, class_names: Any) -> list[str]:
    """Names of the folders in ``directory``, in order, or ``class_names`` if they are there."""
    found = sorted(
        entry.name for entry in os.scandir(directory) if entry.is_dir() and entry.name[0] != "."
    )
    if class_names is None:
        return found
    absent = [name for name in class_names if name not in found]
    if absent:
        raise InvalidArgumentError(
            "{doing}: class_names must be folders of {directory!r}, which has {found}; received "
            "{absent}.",
            doing=doing,
            directory=os.fspath(directory),
            found=found[:50],
            absent=absent,
        )
    return list(class_names)


def list_files(folder: str, endings: tuple[str, ...], follow_links: bool) -> list[str]:
    """Paths of the files below, folders in order, then names in order."""
    walked = sorted(os.walk(folder, followlinks=follow_links), key=lambda entry: entry[0])
    return [
        os.path.join(root, name)
        for root, _, names in walked
        for name in sorted(names)
        if name.lower().endswith(endings)
    ]


def index_directory(
    doing: str,
    directory: Any,
    labels: Any,
    endings: tuple[str, ...],
    class_names: Any = None,
    seed: int | None = None,
    shuffle: bool = True,
    follow_links: bool = False,
    verbose: bool = True,
) -> tuple[list[str], Array | None, list[str] | None]:
    """(paths, labels, class names): labels by folder ("inferred"), given as a list, or None.

    Raises:
        NotFoundError: no such folder.
        InvalidArgumentError: no file has one of the endings.
        InvalidArgumentError: labels or class names that do not fit.
    """
    check_directory(doing, directory)
    inferred = isinstance(labels, str)
    if not inferred and not isinstance(labels, list | tuple | np.ndarray | NoneType):
        raise InvalidArgumentError(
            "{doing}: labels must be 'inferred', None or a list of numbers, received {labels!r}.",
            doing=doing,
            labels=labels,
        )
    if inferred:
        check_choice(doing, "labels", labels, ("inferred", None))
        names: list[str] | None = class_folders(doing, directory, class_names)
    elif class_names is not None:
        raise InvalidArgumentError(
            "{doing}: class_names is only for labels='inferred', received labels of {kind}.",
            doing=doing,
            kind=type(labels).__name__,
        )
    else:
        names = None if labels is None else [str(label) for label in sorted(set(labels))]
    folders = [os.path.join(directory, name) for name in names or ()] if inferred else [directory]
    found = [list_files(os.fspath(folder), endings, follow_links) for folder in folders]
    paths = [path for part in found for path in part]
    if not paths:
        raise InvalidArgumentError(
            "{doing}: no files found in {directory!r}{note}. Looked for the endings {endings}.",
            doing=doing,
            directory=os.fspath(directory),
            note=", in the folders of classes" if inferred else "",
            endings=", ".join(endings),
        )
    numbers = _numbers(doing, directory, labels, [len(part) for part in found])
    if verbose:
        tail = "." if names is None else f" belonging to {len(names)} classes."
        say(f"Found {len(paths)} files{tail}")
    if shuffle:
        # The same shuffle twice, as Keras does it: a seed gives Keras's subsets.
        seed = int(np.random.randint(int(1e6))) if seed is None else seed
        order = np.arange(len(paths))
        np.random.RandomState(seed).shuffle(order)
        paths = [paths[i] for i in order]
        numbers = None if numbers is None else numbers[order]
    return paths, numbers, names


def _numbers(doing: str, directory: Any, labels: Any, sizes: list[int]) -> Array | None:
    """The label of every file: the number of its folder, or that of the list."""
    if labels is None:
        return None
    if isinstance(labels, str):
        return np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    if np.asarray(labels).dtype.kind not in "iufb":
        raise InvalidArgumentError(
            "{doing}: labels must be 'inferred', None or a list of numbers, received {labels!r}.",
            doing=doing,
            labels=labels,
        )
    if len(labels) != sum(sizes):
        raise InvalidArgumentError(
            "{doing}: labels has {received} entries, but {directory!r} {expected} files.",
            doing=doing,
            received=len(labels),
            directory=os.fspath(directory),
            expected=sum(sizes),
        )
    return np.asarray(labels)


def check_split(
    doing: str, validation_split: Any, subset: Any, shuffle: bool, seed: int | None
) -> None:
    """Whether the arguments about subsets go together.

    Raises:
        InvalidArgumentError: they do not.
    """
    check_choice(doing, "subset", subset, ("training", "validation", "both", None))
    if validation_split and not (
        isinstance(validation_split, float | int) and 0 < validation_split < 1
    ):
        raise InvalidArgumentError(
            "{doing}: validation_split must lie between 0 and 1, received {received!r}.",
            doing=doing,
            received=validation_split,
        )
    if seed is not None and not isinstance(seed, int | np.integer):
        raise InvalidArgumentError(
            "{doing}: seed must be an integer or None, received {seed!r}.", doing=doing, seed=seed
        )
    if bool(validation_split) != bool(subset):
        raise InvalidArgumentError(
            "{doing}: validation_split and subset only work together, received "
            "validation_split={split!r}, subset={subset!r}.",
            doing=doing,
            split=validation_split,
            subset=subset,
        )
    if validation_split and shuffle and seed is None:
        raise InvalidArgumentError(
            "{doing}: validation_split with shuffle=True needs a seed, the same for both "
            "subsets; otherwise they would overlap.",
            doing=doing,
        )
