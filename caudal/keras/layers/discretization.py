"""Discretization: numbers as the numbers of their bins."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np

from caudal.errors import FailedPreconditionError, InvalidArgumentError
from caudal.keras.layers import arguments, encodings
from caudal.keras.ops.selection import digitize


class Discretization(encodings.DataLayer):
    """The number of the bin of each element: bin i starts at the i-th boundary.

    bin_boundaries: the rising boundaries; or num_bins: how many bins `adapt` makes, of equally
    many elements each. (Keras summarises the data with an error of ``epsilon``; here the
    quantiles are exact, so boundaries may differ within that error.) output_mode: "int",
    "one_hot", "multi_hot", "count".

    >>> Discretization([0.0, 1.0])([[-0.5, 0.0, 7.0]]).numpy().tolist()
    [[0, 1, 2]]
    """

    _config_names = ("bin_boundaries", "num_bins", "epsilon", "output_mode", "sparse")
    _config_without = ("trainable",)

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.output_mode = encodings.check_mode(
            "Discretization", output_mode, ("int", "one_hot", "multi_hot", "count")
        )
        encodings.check_sparse("Discretization", sparse, output_mode)
        if (bin_boundaries is None) == (num_bins is None):
            raise InvalidArgumentError(
                "Discretization: expected either `bin_boundaries` or `num_bins`, received "
                "bin_boundaries={bounds!r}, num_bins={count!r}.",
                bounds=bin_boundaries,
                count=num_bins,
            )
        self.num_bins = num_bins
        if num_bins is not None:
            arguments.positive(num_bins, "num_bins", "Discretization")
        bounds = None if bin_boundaries is None else [float(b) for b in bin_boundaries]
        if bounds is not None and bounds != sorted(bounds):
            raise InvalidArgumentError(
                "Discretization: `bin_boundaries` must rise, received {bounds}.", bounds=bounds
            )
        self.bin_boundaries: Any = bounds
        self.epsilon, self.sparse = epsilon, sparse

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Discretization:
        """A layer that was adapted has both its number of bins and their boundaries."""
        given = dict(config)
        bounds = None if given.get("num_bins") is None else given.pop("bin_boundaries", None)
        found = cls(**given)
        if bounds is not None:
            found.bin_boundaries = [float(bound) for bound in bounds]
        return found

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Boundaries that put equally many elements of the data into each bin."""
        if self.num_bins is None:
            raise FailedPreconditionError(
                "Discretization: `bin_boundaries` were given, so adapt() has nothing to find."
            )
        parts = [batch.ravel() for batch in islice(encodings.batches(data), steps)]
        values = np.concatenate(parts).astype("float64")
        shares = np.arange(1, self.num_bins) / self.num_bins
        found = np.quantile(values, shares, method="inverted_cdf").astype("float32")
        self.bin_boundaries = [float(bound) for bound in found]

    def call(self, inputs: Any) -> Any:
        """The bins, or their vectors."""
        if self.bin_boundaries is None:
            raise InvalidArgumentError("Discretization: call adapt() on data first.")
        bins = digitize(inputs, np.asarray(self.bin_boundaries, "float32"))
        if self.output_mode == "int":
            return bins
        width = len(self.bin_boundaries) + 1
        return encodings.encode(
            bins, self.output_mode, width, self.compute_dtype, sparse=self.sparse
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the bins or vectors."""
        count = self.num_bins or len(self.bin_boundaries) + 1
        return encodings.encoded_shape(input_shape, self.output_mode, count)

    @property
    def output_dtype(self) -> str:
        """int32 for bins."""
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def compute_output_dtype(self, inputs: Any) -> str:
        """`output_dtype`."""
        return self.output_dtype
