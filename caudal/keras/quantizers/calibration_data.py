"""Windows of tokens, taken evenly from a data set, to calibrate with."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework import convert_to_tensor


def _pieces(dataset: Any, tokenizer: Any) -> list[Any]:
    if not hasattr(dataset, "__iter__") or isinstance(dataset, str | bytes):
        raise DTypeError(
            "quantize: the `dataset` must be an iterable, such as a list of texts, a generator or "
            "an array of tokens. Received: {kind}",
            kind=type(dataset).__name__,
        )
    found = []
    for item in dataset:
        tokens = tokenizer.tokenize(item) if isinstance(item, str) else item
        found.append(np.asarray(convert_to_tensor(tokens).numpy()).reshape(-1).astype(np.int32))
    if not sum(map(len, found)):
        raise InvalidArgumentError("quantize: the provided dataset is empty.")
    return found


def windows(tokenizer: Any, sequence_length: int, dataset: Any, num_samples: int) -> Any:
    """Token ids ``(num_samples, 1, sequence_length)``, int32.

    All texts stand one after another, over again until there are enough; the windows begin at
    equal distances. (Keras begins at a place that differs from one process to the next.)

    >>> windows(None, 2, [[1, 2, 3], [4, 5, 6]], 3)[:, 0].tolist()
    [[1, 2], [2, 3], [3, 4]]

    Raises:
        DTypeError: the data set is no iterable.
        InvalidArgumentError: it is empty.
    """
    tokens = np.concatenate(_pieces(dataset, tokenizer))
    times = -(-num_samples * sequence_length // len(tokens))
    tokens = np.tile(tokens, max(times, 1))
    places = len(tokens) - sequence_length + 1
    starts = np.arange(num_samples) * max(1, places // num_samples) % places
    return np.lib.stride_tricks.sliding_window_view(tokens, sequence_length)[starts][:, None, :]
