"""`split_dataset`: two parts of a dataset or of arrays."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from caudal.data import AUTOTUNE, Dataset
from caudal.data.batching import Batch
from caudal.data.elements import stack
from caudal.data.prefetch import Prefetch
from caudal.errors import DTypeError, InvalidArgumentError, UnimplementedError
from caudal.framework import Tensor, convert_to_tensor
from caudal.keras.utils.py_dataset import PyDataset

Array = np.ndarray[Any, Any]


def split_dataset(
    dataset: Any,
    left_size: float | int | None = None,
    right_size: float | int | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Dataset, Dataset]:
    """The front and the end of a dataset, as two `Dataset` objects.

    Args:
        dataset: a `Dataset`, a `PyDataset`, an array, or a list or tuple of arrays of one length.
            Its elements are kept in memory; those of batches are split one by one and batched
            again.
        left_size: a share between 0 and 1 or a number of elements for the first part; None for
            what the second leaves.
        right_size: the same for the second part.
        shuffle: put the elements in a random order before.
        seed: of the order.
        preferred_backend: "tensorflow" or None: the parts are `tf.data` datasets.

    >>> left, right = split_dataset(np.arange(5), left_size=0.6)
    >>> list(left.as_numpy_iterator()) == [0, 1, 2], len(right)
    (True, 2)

    Raises:
        InvalidArgumentError: sizes that are wrong, do not fit or leave a part empty.
        DTypeError: something that is no dataset, a size that is no number.
    """
    if preferred_backend not in (None, "tensorflow"):
        raise UnimplementedError(
            "split_dataset: preferred_backend={received!r} is not in Caudal: use 'tensorflow'.",
            received=preferred_backend,
        )
    size = _batch_size(dataset)
    elements = _elements(dataset if size is None else dataset.unbatch())
    _check_sizes(left_size, right_size, len(elements))
    left, right = _counts(left_size, right_size, len(elements))
    if shuffle:
        seed = random.randint(0, 1_000_000) if seed is None else seed
        random.Random(seed).shuffle(elements)
    parts = (elements[:left], elements[-right:])
    left_part, right_part = (_dataset(part) for part in parts)
    if size is not None:
        return left_part.batch(size), right_part.batch(size)
    return left_part, right_part


def _batch_size(data: Any) -> int | None:
    """The batch size of a dataset that ends with batching: its elements are split one by one."""
    node = data.node if isinstance(data, Dataset) else None
    while isinstance(node, Prefetch):
        node = node.source
    return node.size if isinstance(node, Batch) else None


def _elements(data: Any) -> list[Any]:
    if isinstance(data, Dataset):
        return list(data.as_numpy_iterator())
    if isinstance(data, PyDataset):
        return [tuple(data[i]) if isinstance(data[i], list) else data[i] for i in range(len(data))]
    if isinstance(data, Tensor):
        data = data.numpy()
    if isinstance(data, np.ndarray):
        # Single numbers become what Python's numbers would: int32 and float32, as in Keras.
        return list(np.asarray(convert_to_tensor(data.tolist())) if data.ndim == 1 else data)
    if not isinstance(data, list | tuple):
        raise DTypeError(
            "split_dataset: expected a tf.data.Dataset, a PyDataset, an array or a list or tuple "
            "of arrays, received {kind}.",
            kind=type(data).__name__,
        )
    arrays = [part.numpy() if isinstance(part, Tensor) else part for part in data]
    for place, array in enumerate(arrays):
        if not isinstance(array, np.ndarray):
            raise InvalidArgumentError(
                "split_dataset: expected arrays in the {kind}, received {received} at place "
                "{place}.",
                kind=type(data).__name__,
                received=type(array).__name__,
                place=place,
            )
    if len({len(array) for array in arrays}) != 1:
        raise InvalidArgumentError(
            "split_dataset: expected arrays of one length, received the lengths {lengths}.",
            lengths=[len(array) for array in arrays],
        )
    return list(zip(*arrays, strict=True))


def _check_sizes(left: Any, right: Any, count: int) -> None:
    if left is None and right is None:
        raise InvalidArgumentError(
            "split_dataset: at least one of left_size and right_size must be given."
        )
    for name, size in (("left_size", left), ("right_size", right)):
        if size is None:
            continue
        if isinstance(size, bool) or not isinstance(size, int | float):
            raise DTypeError(
                "split_dataset: {name} must be a share from 0 to 1, a number of elements or None, "
                "received {size!r} of type {kind}.",
                name=name,
                size=size,
                kind=type(size).__name__,
            )
        if not 0 < size < (1 if isinstance(size, float) else count):
            raise InvalidArgumentError(
                "split_dataset: {name} should be a positive integer smaller than {count}, or a "
                "number between 0 and 1, received {size}.",
                name=name,
                count=count,
                size=size,
            )


def _counts(left: Any, right: Any, count: int) -> tuple[int, int]:
    # Shares are rounded to numbers that leave no element out, as in Keras.
    if isinstance(left, float) and isinstance(right, float) and left + right > 1:
        raise InvalidArgumentError(
            "split_dataset: left_size={left} and right_size={right} are more than the whole.",
            left=left,
            right=right,
        )
    one = round(left * count) if isinstance(left, float) else left
    other = round(right * count) if isinstance(right, float) else right
    one = count - other if one is None else one
    other = count - one if other is None else other
    if one + other > count or not one or not other:
        raise InvalidArgumentError(
            "split_dataset: left_size={left} and right_size={right} give parts of {one} and "
            "{other} of the {count} elements.",
            left=left,
            right=right,
            one=one,
            other=other,
            count=count,
        )
    return one, other


def _dataset(elements: list[Any]) -> Dataset:
    try:
        return Dataset.from_tensor_slices(stack(elements)).prefetch(AUTOTUNE)
    except InvalidArgumentError:
        # Batches of different sizes: no one array holds them.
        whole = Dataset.from_tensors(elements[0])
        for element in elements[1:]:
            whole = whole.concatenate(Dataset.from_tensors(element))
        return whole.prefetch(AUTOTUNE)
