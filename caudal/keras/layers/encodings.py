"""What the layers of categories share: how class numbers become vectors; reading data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from caudal import math
from caudal.array import movement
from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework import Tensor, convert_to_tensor, is_symbolic
from caudal.framework.context import state
from caudal.ir.dtypes import DType, string
from caudal.keras.engine.ahead import batches_of
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.layer import Layer
from caudal.keras.ops import networks
from caudal.keras.ops.promotion import cast, cast_value
from caudal.ops.words import Rule, words
from caudal.sparse.tensor import from_dense, to_dense


class DataLayer(Layer):
    """A layer that takes lists and strings, too, and is ready at once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._build_at_init()

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The call; Python lists and strings become tensors."""
        if isinstance(inputs, list | tuple | str | bytes | int | float):
            inputs = convert_to_tensor(inputs)
        return super().__call__(inputs, *args, **kwargs)


def check_mode(layer: str, mode: Any, known: tuple[str, ...], argument: str = "output_mode") -> str:
    """A known output mode, or value of another argument."""
    if mode not in known:
        raise InvalidArgumentError(
            "{layer}: `{argument}` must be one of {known}, received {mode!r}.",
            layer=layer,
            argument=argument,
            known=known,
            mode=mode,
        )
    return str(mode)


def check_sparse(layer: str, sparse: Any, mode: str) -> None:
    """Only vectors can be sparse."""
    if sparse and mode == "int":
        raise InvalidArgumentError(
            "{layer}: `sparse` needs vectors as output, received output_mode='int'.", layer=layer
        )


def encode(
    ids: Any, mode: str, width: int, dtype: Any, weights: Any = None, sparse: bool = False
) -> Any:
    """Class numbers as vectors: "one_hot" each, "multi_hot" or "count" over the samples' axis.

    That is the second axis, or the only one. A last axis of extent 1 is that of the vector for
    "one_hot"; else it gets an axis of its own. ``sparse`` gives a SparseTensor; in a compiled
    program, whose layers would make it dense again, the dense tensor.
    """
    found = _encoded(ids, mode, width, dtype, weights)
    return from_dense(found) if sparse and not is_ahead(found) else found


def _encoded(ids: Any, mode: str, width: int, dtype: Any, weights: Any) -> Any:
    rank = len(ids.shape)
    if mode == "one_hot":
        if rank > 1 and int(ids.shape[-1]) == 1:
            ids = movement.squeeze(ids, [-1])
        return networks.one_hot(ids, width, dtype=dtype)
    ids = movement.reshape(ids, (1,)) if rank == 0 else ids
    found = networks.one_hot(ids, width, dtype=dtype)
    axis = 1 if rank > 1 else 0
    if mode == "multi_hot":
        return math.reduce_max(found, axis=axis)
    if weights is not None:
        found = found * movement.expand_dims(cast_value(weights, found.dtype), -1)
    return math.reduce_sum(found, axis=axis)


def encoded_shape(shape: Any, mode: str, width: int | None) -> Any:
    """The shape that `encode` gives; "int" keeps it."""
    if mode == "int":
        return tuple(shape)
    if mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), width)
    return (*shape[:1], *shape[2:], width) if len(shape) > 1 else (width,)


def filled(composite: Any, default: Any) -> Any:
    """A ragged or sparse tensor as a dense one, with ``default`` where it has nothing."""
    if hasattr(composite, "to_tensor"):
        return composite.to_tensor(default_value=default)
    return to_dense(composite, default_value=default)


def host(what: str, x: Any) -> np.ndarray[Any, Any]:
    """The elements now: work on strings is done outside of compiled programs."""
    if isinstance(x, KerasTensor) or (isinstance(x, Tensor) and is_symbolic(x)):
        raise InvalidArgumentError(
            "{layer} looks its inputs up on the host, not within a compiled program. Apply it to "
            "arrays, or to a tf.data.Dataset with map(), before the model.",
            layer=what,
        )
    return np.asarray(convert_to_tensor(x).numpy())


def ahead(what: str, x: Any, rule: Rule, shape: Any, dtype: DType) -> Any:
    """What a rule makes of a tensor whose value is not known yet.

    Raises:
        InvalidArgumentError: of texts, in a program that is to be run rather than written.
    """
    if x.dtype is string and not state.writes_texts:
        host(what, x)
    return words(x, rule=rule, shape=tuple(map(int, shape)), dtype=dtype)


def is_ahead(x: Any) -> bool:
    """Whether a tensor has no value yet, in a program being traced."""
    return isinstance(x, Tensor) and is_symbolic(x)


def batches(data: Any) -> Iterator[np.ndarray[Any, Any]]:
    """The arrays of a data set, PyDataset, generator or list of batches, or the one array.

    Of batches with labels the inputs.

    Raises:
        InvalidArgumentError: there is no batch.
        DTypeError: a batch is no array.
    """
    source = _batch_source(data)
    if source is None:
        yield np.asarray(convert_to_tensor(data).numpy())
        return
    found = False
    for batch in source:
        plain = (
            isinstance(batch, list) and batch and isinstance(batch[0], str | bytes | int | float)
        )
        batch = np.asarray(batch) if plain else batch
        first = batch[0] if isinstance(batch, tuple | list) else batch
        if not hasattr(first, "shape"):
            raise DTypeError(
                "adapt: expected batches with a `.shape`, received one of type {kind}.",
                kind=type(first).__name__,
            )
        found = True
        yield np.asarray(first if isinstance(first, np.ndarray) else convert_to_tensor(first))
    if not found:
        raise InvalidArgumentError("adapt: the data gave no batch: an empty iterable.")


def _batch_source(data: Any) -> Any:
    """What gives batches, or None where the data are one array."""
    if hasattr(data, "as_numpy_iterator"):
        return data.as_numpy_iterator()
    if hasattr(data, "num_batches") and hasattr(data, "__getitem__"):
        return batches_of(data)
    if hasattr(data, "__next__"):
        return data
    if not isinstance(data, list | tuple):
        return None

    def is_batch(item: Any) -> bool:
        item = item[0] if isinstance(item, tuple) and item else item
        return len(getattr(item, "shape", ())) > 0

    return data if all(map(is_batch, data)) else None


def as_ids(x: Any) -> Any:
    """A tensor of class numbers as int32 or int64."""
    x = convert_to_tensor(x)
    return x if x.dtype.name in ("int32", "int64") else cast(x, "int32")
