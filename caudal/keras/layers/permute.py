"""Permute: the axes in another order."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.layer import Layer


class Permute(Layer):
    """Axis i of the output is axis ``dims[i - 1]`` of the input; the batch, axis 0, stays."""

    _config_names = ("dims",)

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise InvalidArgumentError(
                "Permute: `dims` must be a permutation of 1 to {rank}, received {dims}. "
                "The batch axis, 0, is not part of it.",
                rank=len(self.dims),
                dims=self.dims,
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        """The transposed tensor."""
        return ops.transpose(inputs, perm=(0, *self.dims))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The permuted shape."""
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def compute_output_dtype(self, inputs: Any) -> str:
        """The input's."""
        return str(inputs.dtype)
