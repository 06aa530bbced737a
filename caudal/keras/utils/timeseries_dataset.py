"""`timeseries_dataset_from_array`: windows that slide over a series."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from caudal.data import AUTOTUNE, Dataset
from caudal.data.elements import row_spec, spec_of
from caudal.data.nodes import Node, Step
from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import TensorSpec, convert_to_tensor
from caudal.keras.utils.image_utils import check_choice

Array = np.ndarray[Any, Any]
_DOING = "timeseries_dataset_from_array"
_AHEAD = 1024


class _Windows(Step):
    """Numbers of windows -> the windows, with their targets."""

    name = "MapDataset"

    def __init__(
        self, source: Node, data: Array, targets: Any, starts: Array, reach: Array
    ) -> None:
        super().__init__(source)
        self.data, self.targets, self.starts, self.reach = data, targets, starts, reach

    @property
    def spec(self) -> Any:
        """The window's, and the target's."""
        window = TensorSpec((None, *self.data.shape[1:]), spec_of(self.data).dtype)
        return window if self.targets is None else (window, row_spec(spec_of(self.targets)))

    def rows(self) -> Iterator[Any]:
        """One by one."""
        for number in self.source.rows():
            start = self.starts[int(number)]
            window = self.data[start + self.reach]
            yield window if self.targets is None else (window, np.asarray(self.targets[start]))


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Dataset:
    """A `Dataset` of windows over a series, with the targets of their first steps.

    Args:
        data: the series; its first axis is time.
        targets: ``targets[i]`` goes with the window that begins at step i; None for windows
            alone.
        sequence_length: steps in a window.
        sequence_stride: steps from the beginning of a window to that of the next.
        sampling_rate: steps from one element of a window to the next.
        batch_size: windows in a batch; None gives single windows.
        shuffle: a random order.
        seed: of the order.
        start_index: where the first window begins.
        end_index: windows end before this step.
        format: "tf".

    >>> dataset = timeseries_dataset_from_array([1, 2, 3, 4, 5], [3, 4, 5], 2, batch_size=2)
    >>> [(x.tolist(), y.tolist()) for x, y in dataset.as_numpy_iterator()]
    [([[1, 2], [2, 3]], [3, 4]), ([[3, 4]], [5])]

    Raises:
        InvalidArgumentError: arguments that are wrong or do not fit the data.
    """
    if check_choice(_DOING, "format", format, ("tf", "grain")) == "grain":
        raise UnimplementedError(
            "{doing}: format='grain' is not in Caudal: use format='tf'.", doing=_DOING
        )
    series = _array(data)
    answers = None if targets is None else _array(targets)
    count = len(series)
    _check("sequence_length", sequence_length, 1, None)
    _check("sampling_rate", sampling_rate, 1, count)
    _check("sequence_stride", sequence_stride, 1, count)
    if start_index is not None:
        _check("start_index", start_index, 0, count)
    if end_index is not None:
        _check("end_index", end_index, 0 if start_index is None else start_index + 1, count + 1)
    first, last = start_index or 0, count if end_index is None else end_index
    windows = last - first - (sequence_length - 1) * sampling_rate
    if answers is not None:
        windows = min(windows, len(answers) - first)
    starts = first + np.arange(0, max(windows, 0), sequence_stride)
    if shuffle:
        seed = int(np.random.randint(int(1e6))) if seed is None else seed
        np.random.RandomState(seed).shuffle(starts)
    order = Dataset.from_tensor_slices(np.arange(len(starts)))
    if shuffle:
        order = order.shuffle(batch_size * 8 if batch_size else _AHEAD, seed=seed)
    reach = np.arange(sequence_length) * sampling_rate
    dataset = Dataset(_Windows(order.node, series, answers, starts, reach))
    if batch_size is not None:
        dataset = dataset.batch(batch_size)
    return dataset.prefetch(AUTOTUNE)


def _array(value: Any) -> Array:
    found: Array = np.asarray(value)
    if found.ndim == 0 or found.dtype == object:
        raise InvalidArgumentError(
            "{doing}: expected an array with time as its first axis, received {received!r}.",
            doing=_DOING,
            received=value,
        )
    # As TensorFlow makes tensors of it: Python's numbers are int32 and float32.
    return found if isinstance(value, np.ndarray) else np.asarray(convert_to_tensor(value))


def _check(name: str, value: Any, low: int, limit: int | None) -> None:
    integer = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not integer or value < low or (limit is not None and value >= limit):
        raise InvalidArgumentError(
            "{doing}: `{name}` must be an integer of {low} or more{limit}, received {value!r}.",
            doing=_DOING,
            name=name,
            low=low,
            limit="" if limit is None else f" and less than {limit}",
            value=value,
        )
