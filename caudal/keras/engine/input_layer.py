"""Input and InputLayer: where a network begins."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.keras.engine.history import Node
from caudal.keras.engine.keras_tensor import KerasTensor, standardize_shape
from caudal.keras.engine.layer import Layer


class InputLayer(Layer):
    """The layer behind `Input`; the first layer of a Sequential model may be one.

    shape: without the batch axis. batch_shape: with it.
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: Any = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if sparse or ragged:
            raise UnimplementedError("InputLayer: sparse and ragged inputs are not implemented.")
        if "input_shape" in kwargs and shape is None:
            shape = kwargs.pop("input_shape")
        if "batch_input_shape" in kwargs and batch_shape is None:
            batch_shape = kwargs.pop("batch_input_shape")
        super().__init__(name=name, **kwargs)
        if input_tensor is not None:
            if not isinstance(input_tensor, KerasTensor):
                raise InvalidArgumentError(
                    "Argument `input_tensor` must be a KerasTensor, received {value!r}.",
                    value=input_tensor,
                )
            batch_shape, dtype = input_tensor.shape, dtype or input_tensor.dtype
        elif batch_shape is None:
            if shape is None:
                raise InvalidArgumentError(
                    "InputLayer: you must pass a `shape` argument, such as shape=(784,)."
                )
            batch_shape = (batch_size, *standardize_shape(shape))
        elif shape is not None:
            raise InvalidArgumentError(
                "InputLayer: give `shape` or `batch_shape`, not both; received {shape} and "
                "{batch}.",
                shape=shape,
                batch=batch_shape,
            )
        self.batch_shape = standardize_shape(batch_shape)
        self._dtype_name = KerasTensor((), dtype or "float32").dtype
        self.optional = optional
        self.built = True
        output = KerasTensor(self.batch_shape, self._dtype_name, name=name)
        Node(self, (), {}, output)

    @property
    def dtype(self) -> str:
        """The dtype of the input."""
        return self._dtype_name

    def call(self) -> Any:
        """An input computes nothing."""

    def get_config(self) -> dict[str, Any]:
        """Shape, dtype and name."""
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": self.optional,
        }

    def get_build_config(self) -> None:
        """An input is built from the start."""


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
) -> Any:
    """A symbolic input of a functional model.

    ``shape`` is without the batch axis; extents may be None.

    >>> Input((28, 28, 1), name="image").shape
    (None, 28, 28, 1)
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        name=name,
        input_tensor=tensor,
        optional=optional,
    )
    return layer.output
