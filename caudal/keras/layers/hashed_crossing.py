"""HashedCrossing: combinations of categories as the numbers of buckets."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.framework.composite import Composite
from caudal.ir.dtypes import as_dtype
from caudal.keras.layers import arguments, encodings
from caudal.sparse.crossing import hashes


class HashedCrossing(encodings.DataLayer):
    """The bucket of a combination of two or more features: the hash of their hashes.

    The input is a list or tuple of strings or integers of one shape, (), (batch,) or (batch, 1).
    The work is done on the host. output_mode: "int" or "one_hot".

    >>> cities, numbers = np.array(["A", "B", "A"]), np.array([101, 102, 103])
    >>> HashedCrossing(num_bins=5)((cities, numbers)).numpy().tolist()
    [1, 1, 4]
    """

    _config_names = ("num_bins", "output_mode", "sparse")

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        if dtype is None and output_mode == "int":
            dtype = "int64"
        super().__init__(name=name, dtype=dtype, **kwargs)
        encodings.check_sparse("HashedCrossing", sparse, output_mode)
        self.num_bins = arguments.positive(num_bins, "num_bins", "HashedCrossing")
        self.output_mode = encodings.check_mode("HashedCrossing", output_mode, ("int", "one_hot"))
        self.sparse = sparse

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The call; each feature may be a list."""
        if not isinstance(inputs, list | tuple) or len(inputs) < 2:
            raise InvalidArgumentError(
                "HashedCrossing: expected a list or tuple of at least two features, received "
                "{received!r}.",
                received=inputs,
            )
        features = [x if hasattr(x, "shape") else convert_to_tensor(x) for x in inputs]
        for x in features:
            # Before the layer's dtype makes integers of them.
            if getattr(x.dtype, "is_floating", getattr(x.dtype, "kind", "") == "f"):
                raise InvalidArgumentError(
                    "HashedCrossing: expected features of integers or strings, received {dtype}.",
                    dtype=x.dtype,
                )
        return super(encodings.DataLayer, self).__call__(features, *args, **kwargs)

    def call(self, inputs: Any) -> Any:
        """The buckets, or their vectors."""
        features = [self._feature(x) for x in inputs]
        shapes = {x.shape for x in features}
        shape = features[0].shape
        if len(shapes) > 1 or len(shape) > 2 or (len(shape) == 2 and shape[1] != 1):
            raise ShapeError(
                "HashedCrossing: expected features of one shape, (), (batch,) or (batch, 1), "
                "received {shapes}.",
                shapes=[x.shape for x in features],
            )
        rows = zip(*(x.reshape(-1).tolist() for x in features), strict=True)
        bucket = hashes("HashedCrossing", self.num_bins, None)
        buckets = np.array([bucket(row) for row in rows], np.int64).reshape(shape)
        if self.output_mode == "int":
            return convert_to_tensor(buckets.astype(as_dtype(self.compute_dtype).np_dtype))
        return encodings.encode(
            convert_to_tensor(buckets),
            "one_hot",
            self.num_bins,
            self.compute_dtype,
            sparse=self.sparse,
        )

    def _feature(self, x: Any) -> Any:
        """One feature's values, checked."""
        if isinstance(x, Composite):
            raise InvalidArgumentError(
                "HashedCrossing: expected dense tensors, received a {kind}.", kind=type(x).__name__
            )
        return encodings.host("HashedCrossing", x)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor; Keras leaves ``trainable`` out here."""
        config = super().get_config()
        config.pop("trainable", None)
        return config

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the buckets or vectors."""
        shape = tuple(input_shape[0])
        return encodings.encoded_shape(shape, self.output_mode, self.num_bins)
