"""Normalization: mean 0 and variance 1, by what data were like."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import math
from caudal.array import movement
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.keras.layers import encodings
from caudal.keras.layers.dense import to_compute_dtype


class Normalization(encodings.DataLayer):
    """``(x - mean) / sqrt(variance)``, with those of the data that `adapt` saw.

    axis: the axes with a mean of their own (-1: each feature); None: one mean for all. mean,
    variance: given instead of adapting. invert: ``x * sqrt(variance) + mean``.

    >>> import numpy as np
    >>> layer = Normalization()
    >>> layer.adapt(np.array([[1.0, 2.0], [3.0, 6.0]], "float32"))
    >>> layer(np.array([[3.0, 2.0]], "float32")).numpy().tolist()
    [[1.0, -1.0]]
    """

    _config_names = ("axis", "invert")

    def __init__(
        self,
        axis: Any = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (mean is None) != (variance is None):
            raise InvalidArgumentError(
                "Normalization: expected both `mean` and `variance`, or neither; received "
                "mean={mean!r}, variance={variance!r}.",
                mean=mean,
                variance=variance,
            )
        self.axis = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self._given = None if mean is None else (mean, variance)
        self.invert = bool(invert)
        self.adapt_mean: Any = None
        self.adapt_variance: Any = None
        self.count: Any = None
        self.built = False

    def build(self, input_shape: Any) -> None:
        """Makes the weights that `adapt` fills, unless mean and variance are given."""
        rank = len(input_shape)
        kept = sorted({axis % rank for axis in self.axis if -rank <= axis < rank})
        if len(kept) != len(self.axis) or any(input_shape[axis] is None for axis in kept):
            raise ShapeError(
                "Layer {layer!r}: the axes {axes} must be the input's and of known extents, "
                "received shape {shape}.",
                layer=self.name,
                axes=self.axis,
                shape=tuple(input_shape),
            )
        self._kept = tuple(kept)
        self._wide = tuple(input_shape[i] if i in kept else 1 for i in range(rank))
        if self._given is None:
            shape = tuple(input_shape[axis] for axis in kept)
            self.adapt_mean = self._weight("mean", shape, "zeros", None)
            self.adapt_variance = self._weight("variance", shape, "ones", None)
            self.count = self._weight("count", (), "zeros", "int64")

    def _weight(self, name: str, shape: Any, initializer: str, dtype: str | None) -> Any:
        return self.add_weight(
            name=name, shape=shape, initializer=initializer, trainable=False, dtype=dtype
        )

    def adapt(self, data: Any) -> None:
        """Finds mean and variance of an array or of a data set of batches."""
        if self._given is not None:
            raise InvalidArgumentError(
                "Normalization: `mean` and `variance` were given, so adapt() has nothing to find."
            )
        count, mean, spread = 0, np.zeros(()), np.zeros(())
        for batch in encodings.batches(data):
            if count and any(batch.shape[axis] != self._wide[axis] for axis in self._kept):
                raise ShapeError("Normalization: incompatible batch shape {s}.", s=batch.shape)
            if not self.built:
                self.build((None, *batch.shape[1:]) if batch.ndim > 1 else batch.shape)
                self.built = True
            over = tuple(axis for axis in range(batch.ndim) if axis not in self._kept)
            new = batch.size // max(int(np.prod([batch.shape[i] for i in self._kept])), 1)
            part = batch.mean(axis=over, dtype="float64")
            # Two batches joined: Chan, Golub and LeVeque, 1979.
            apart, total = part - mean, count + new
            spread = spread + batch.var(axis=over, dtype="float64") * new
            spread = spread + apart**2 * (count * new / total)
            mean, count = mean + apart * (new / total), total
        self.adapt_mean.assign(mean.astype("float32"))
        self.adapt_variance.assign((spread / max(count, 1)).astype("float32"))
        self.count.assign(np.int64(count))

    @property
    def mean(self) -> Any:
        """The mean, with axes of extent 1 to broadcast."""
        return self._broadcast(0)

    @property
    def variance(self) -> Any:
        """The variance, with axes of extent 1 to broadcast."""
        return self._broadcast(1)

    def _broadcast(self, which: int) -> Any:
        if self._given is not None:
            value = convert_to_tensor(np.asarray(self._given[which], "float32"))
            return self._reshaped(value) if self.built else value
        if not self.built:
            return None
        return self._reshaped(convert_to_tensor((self.adapt_mean, self.adapt_variance)[which]))

    def _reshaped(self, value: Any) -> Any:
        return movement.reshape(movement.broadcast_to(value, self._extents()), self._wide)

    def _extents(self) -> tuple[int, ...]:
        return tuple(int(self._wide[axis]) for axis in self._kept)

    def call(self, inputs: Any) -> Any:
        """The normalized input, or back."""
        x = to_compute_dtype(inputs, self.compute_dtype)
        mean = to_compute_dtype(self.mean, self.compute_dtype)
        scale = math.sqrt(to_compute_dtype(self.variance, self.compute_dtype))
        if self.invert:
            return x * scale + mean
        return (x - mean) / math.maximum(scale, 1e-7)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments; not what `adapt` found, which are weights."""
        config = {**super().get_config(), "mean": None, "variance": None}
        if self._given is not None:
            config["mean"], config["variance"] = (
                np.asarray(value).tolist() for value in self._given
            )
        return config
