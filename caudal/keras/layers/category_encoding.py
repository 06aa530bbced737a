"""CategoryEncoding: class numbers as vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import is_symbolic
from caudal.keras.layers import arguments, encodings


class CategoryEncoding(encodings.DataLayer):
    """Class numbers below ``num_tokens`` as vectors of that length.

    output_mode: "one_hot" (each number), "multi_hot" (1 for each number of a row) or "count"
    (how often; ``count_weights`` may weigh them).

    >>> CategoryEncoding(3, "count")([[0, 2, 2]]).numpy().tolist()
    [[1.0, 0.0, 2.0]]
    """

    _config_names = ("num_tokens", "output_mode")
    sparse = False

    def __init__(
        self,
        num_tokens: int | None = None,
        output_mode: str = "multi_hot",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.output_mode = encodings.check_mode(
            "CategoryEncoding", output_mode, ("one_hot", "multi_hot", "count")
        )
        self.sparse = bool(sparse)
        self.num_tokens = arguments.positive(num_tokens, "num_tokens", "CategoryEncoding")

    def call(self, inputs: Any, count_weights: Any = None) -> Any:
        """The vectors."""
        if count_weights is not None and self.output_mode != "count":
            raise InvalidArgumentError(
                "CategoryEncoding: `count_weights` needs output_mode='count', received {mode!r}.",
                mode=self.output_mode,
            )
        ids = encodings.as_ids(inputs)
        self._check(ids)
        return encodings.encode(
            ids,
            self.output_mode,
            self.num_tokens,
            self.compute_dtype,
            count_weights,
            self.sparse,
        )

    def _check(self, ids: Any) -> None:
        """Numbers out of range raise where the values are known."""
        if is_symbolic(ids):
            return
        known = np.asarray(ids.numpy())
        if known.size and (known.min() < 0 or known.max() >= self.num_tokens):
            raise InvalidArgumentError(
                "CategoryEncoding: values must be from 0 to {most}, received {low} to {high}.",
                most=self.num_tokens - 1,
                low=int(known.min()),
                high=int(known.max()),
            )

    def compute_output_shape(self, input_shape: Any, count_weights_shape: Any = None) -> Any:
        """The shape of the vectors."""
        return encodings.encoded_shape(input_shape, self.output_mode, self.num_tokens)
