"""Input and InputLayer: where a network begins."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.history import Node
from caudal.keras.engine.keras_tensor import KerasTensor, standardize_shape
from caudal.keras.engine.layer import Layer


class InputLayer(Layer):
    """The layer behind `Input`; the first layer of a Sequential model may be one.

    shape: without the batch axis. batch_shape: with it. sparse: the input may be a
    `tf.SparseTensor` or a SciPy matrix, which becomes dense batch by batch. ragged: it may be a
    `tf.RaggedTensor` whose second axis, of extent None, has rows of different lengths; what fills
    them up is masked, and layers that do not know masks refuse it.
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
            _check_tensor(input_tensor, shape, batch_size, batch_shape, dtype)
            _check_kind(input_tensor, sparse, ragged)
            sparse, ragged = input_tensor.sparse, input_tensor.ragged
            batch_shape, dtype = input_tensor.shape, input_tensor.dtype
        elif batch_shape is None:
            if shape is None:
                raise InvalidArgumentError(
                    "InputLayer: you must pass a `shape` argument, such as shape=(784,)."
                )
            batch_shape = (batch_size, *standardize_shape(shape))
        elif shape is not None or batch_size is not None:
            raise InvalidArgumentError(
                "InputLayer: give `batch_shape`, or `shape` and `batch_size`, not both; received "
                "batch_shape={batch}, shape={shape}, batch_size={size}.",
                shape=shape,
                batch=batch_shape,
                size=batch_size,
            )
        self.batch_shape = standardize_shape(batch_shape)
        self._dtype_name = KerasTensor((), dtype or "float32").dtype
        self.sparse, self.ragged = bool(sparse), bool(ragged)
        self.optional = optional
        self.built = True
        output = KerasTensor(
            self.batch_shape, self._dtype_name, self.sparse, self.ragged, name=name
        )
        if input_tensor is not None and input_tensor._keras_history is None:
            output = input_tensor
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
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
            "optional": self.optional,
        }

    def get_build_config(self) -> None:
        """An input is built from the start."""


def input_like(tensor: KerasTensor, name: str | None = None) -> InputLayer:
    """An input layer that gives such a tensor."""
    return InputLayer(
        batch_shape=tensor.shape,
        dtype=tensor.dtype,
        sparse=tensor.sparse,
        ragged=tensor.ragged,
        name=name,
    )


def _check_kind(tensor: KerasTensor, sparse: Any, ragged: Any) -> None:
    """Raises for a flag that says something else than the tensor."""
    for name, value, known in (
        ("sparse", sparse, tensor.sparse),
        ("ragged", ragged, tensor.ragged),
    ):
        if value is not None and value != known:
            raise InvalidArgumentError(
                "InputLayer: cannot provide an incompatible `{name}`: it is {value!r}, but "
                "`input_tensor` has {known!r}.",
                name=name,
                value=value,
                known=known,
            )


def _check_tensor(tensor: KerasTensor, shape: Any, size: Any, batch_shape: Any, dtype: Any) -> None:
    """Raises for an argument that says something else than the tensor."""
    own = tensor.shape
    for name, value, known in (
        ("shape", None if shape is None else standardize_shape(shape), own[1:]),
        ("batch_size", size, own[0] if own else None),
        ("batch_shape", None if batch_shape is None else standardize_shape(batch_shape), own),
        ("dtype", None if dtype is None else KerasTensor((), dtype).dtype, tensor.dtype),
    ):
        if value is not None and value != known:
            raise InvalidArgumentError(
                "InputLayer: `{name}` is {value!r}, but `input_tensor` has {known!r}.",
                name=name,
                value=value,
                known=known,
            )


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

    ``shape`` is without the batch axis; extents may be None. ``sparse`` and ``ragged``: see
    `InputLayer`.

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
