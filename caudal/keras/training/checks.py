"""Looking for mistakes before training: NaN in the data, a loss that does not fit the model."""

from __future__ import annotations

import warnings
import weakref
from typing import Any

import numpy as np

from caudal.errors import CaudalWarning
from caudal.framework import nest
from caudal.keras.losses.loss import LossFunctionWrapper
from caudal.keras.training.data import ArrayData, StreamData

_seen: dict[int, weakref.ref[Any]] = {}


def warn_not_finite(data: ArrayData | StreamData) -> None:
    """A CaudalWarning that names the first row with NaN or infinity, once for each array.

    Of a dataset it sees the arrays below, if it only picks rows of them.
    """
    arrays = data.as_rows() if isinstance(data, StreamData) else data
    if arrays is None:
        return
    for name in ("x", "y", "sample_weight"):
        for leaf in nest.flatten(getattr(arrays, name)):
            plain = isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"
            if plain and not _known(leaf):
                _look(name, leaf)


def _known(array: Any) -> bool:
    """Whether this very array was looked at before; views count as the array they look into."""
    base: np.ndarray[Any, Any] | None = array if array.base is None else array.base
    if not isinstance(base, np.ndarray):
        return False
    key = id(base)
    if base.shape != array.shape:
        return False
    found = _seen.get(key)
    if found is not None and found() is base:
        return True
    _seen[key] = weakref.ref(base, lambda _: _seen.pop(key, None))
    return False


def _look(name: str, array: Any) -> None:
    with np.errstate(all="ignore"):
        # One pass without a temporary; NaN and infinity both survive a sum.
        if np.isfinite(array.sum()):
            return
        finite = np.isfinite(array)
    if finite.all():
        return
    row = int(np.argmax(~finite.reshape(array.shape[0], -1).all(axis=1)))
    count = int(finite.size - finite.sum())
    warnings.warn(
        f"{name}: {count} of {finite.size} values NaN or infinite, the first in row {row}; they "
        "make the loss NaN. Clean the data, for instance with np.nan_to_num",
        CaudalWarning,
        stacklevel=4,
    )


_WANTS = {
    "binary_crossentropy": ("sigmoid", "sigmoid"),
    "binary_focal_crossentropy": ("sigmoid", "sigmoid"),
    "categorical_crossentropy": ("softmax", "softmax"),
    "categorical_focal_crossentropy": ("softmax", "softmax"),
    "sparse_categorical_crossentropy": ("softmax", "softmax"),
}


def warn_linear_output(model: Any, compiled: Any) -> None:
    """Warn if a loss of probabilities gets the output of a layer without activation."""
    losses = None if compiled is None else compiled.losses
    if not hasattr(model, "outputs") or not getattr(model, "layers", None):
        return
    loss = (losses or [None])[0]
    if len(losses or ()) != 1 or not isinstance(loss, LossFunctionWrapper):
        return
    name = getattr(loss.fn, "__name__", "")
    if name not in _WANTS or loss._fn_kwargs.get("from_logits"):
        return
    last = model.layers[-1]
    activation = getattr(getattr(last, "activation", None), "__name__", None)
    if activation != "linear":
        return
    wanted = _WANTS[name][0]
    class_name = type(loss).__name__
    warnings.warn(
        f"the loss {name} expects probabilities, but the last layer {last.name!r} has no "
        f"activation. Give it activation={wanted!r}, or use "
        f"keras.losses.{class_name}(from_logits=True)",
        CaudalWarning,
        stacklevel=4,
    )
