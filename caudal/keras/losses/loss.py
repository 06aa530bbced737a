"""The base class of losses, and how per-sample losses become one number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor
from caudal.framework.nest import rebuild
from caudal.keras import numeric as n
from caudal.keras.engine.argument_rules import Checked
from caudal.keras.engine.names import auto_name
from caudal.keras.engine.policy import arithmetic_dtype

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


class Loss(Checked):
    """A number to be made small. Subclasses define ``call(y_true, y_pred)`` -> loss per sample.

    reduction: "sum_over_batch_size" (the mean, the default), "sum", "mean",
        "mean_with_sample_weight" (divided by the sum of the weights) or "none".
    dtype: of the computation, or a policy; `floatx` by default.

    >>> class Cubed(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return (y_pred - y_true) ** 3
    """

    _casts_labels = True

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None:
        if reduction not in REDUCTIONS and reduction != "auto":
            raise InvalidArgumentError(
                "{loss}: reduction must be one of {allowed}, received {reduction!r}",
                loss=type(self).__name__,
                allowed=REDUCTIONS,
                reduction=reduction,
            )
        self.name = name or auto_name(type(self).__name__)
        # "auto" is Keras 2's name of the default.
        self.reduction = "sum_over_batch_size" if reduction == "auto" else reduction
        self._dtype = arithmetic_dtype(dtype)

    @property
    def dtype(self) -> str:
        """The dtype of the computation."""
        return str(self._dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each sample; to be defined by a subclass."""
        raise InvalidArgumentError(
            "{loss}: a loss must define call(self, y_true, y_pred)", loss=type(self).__name__
        )

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The reduced loss of a batch; weights are per sample, or per element."""
        mask = getattr(y_pred, "_keras_mask", None)
        y_pred = _as_float(y_pred, self.dtype)
        if self._casts_labels:
            y_true = _as_float(y_true, self.dtype)
        values = self.call(y_true, y_pred)
        own_mask = getattr(values, "_keras_mask", None)
        if own_mask is not None:
            mask = own_mask if mask is None else mask & own_mask
        return reduce_weighted(n.tensor(values), sample_weight, mask, self.reduction)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        """A loss from ``get_config``'s answer."""
        return cls(**config)


def _as_float(value: Any, dtype: str) -> Any:
    if isinstance(value, dict):
        return {key: _as_float(part, dtype) for key, part in value.items()}
    if isinstance(value, list | tuple) and any(isinstance(part, Tensor) for part in value):
        return rebuild(value, [_as_float(part, dtype) for part in value])
    return n.tensor(value, dtype)


class LossFunctionWrapper(Loss):
    """A function ``fn(y_true, y_pred, **kwargs)`` as a loss; ranks are matched first."""

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    _unsaid: dict[str, Any] = {}
    """Arguments that Keras's configuration lacks; written where they are not these defaults."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """``fn`` of the two."""
        if isinstance(y_true, Tensor) and isinstance(y_pred, Tensor):
            logits = getattr(y_pred, "_keras_logits", None)
            y_true, y_pred = n.squeeze_or_expand_to_same_rank(y_true, y_pred)
            if logits is not None and getattr(y_pred, "_keras_logits", None) is None:
                logits = n.reshape(logits, n.shape_of(y_pred))
                y_pred._keras_logits = logits
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments, with ``fn`` where the class is not one of a built-in loss."""
        own = self._fn_kwargs.items()
        told = {key: value for key, value in own if self._unsaid.get(key, self) != value}
        config = super().get_config() | told
        return config | {"fn": self.fn} if type(self) is LossFunctionWrapper else config


def reduce_weighted(values: Any, sample_weight: Any, mask: Any, reduction: str | None) -> Any:
    """Per-sample losses, weights and a mask made one number, as ``reduction`` says.

    Weights of a lower rank count for whole samples. Under "sum_over_batch_size" masked places
    are left out of the mean; weights of 0 are not.
    """
    weights = None if sample_weight is None else n.tensor(sample_weight, values.dtype)
    if mask is not None:
        weights = _merge_mask(weights, n.tensor(mask), values.dtype, reduction)
    if weights is not None:
        values, weights = n.squeeze_or_expand_to_same_rank(values, weights)
        _check_weights(values, weights)
        values = values * weights
    if reduction in (None, "none") or n.rank_of(values) == 0:
        return values
    total = n.sum(values)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and weights is not None:
        return n.divide_no_nan(total, n.sum(weights))
    count = 1
    for extent in n.shape_of(values):
        count *= extent
    return total * (1.0 / count) if count else total


def _merge_mask(weights: Any, mask: Any, dtype: Any, reduction: str | None) -> Any:
    factor = n.cast(mask, dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        count = 1
        for extent in n.shape_of(mask):
            count *= extent
        factor = factor * n.divide_no_nan(n.tensor(float(count), dtype), n.sum(factor))
    if weights is None:
        return factor
    factor, weights = n.squeeze_or_expand_to_same_rank(factor, weights)
    return weights * factor


def _check_weights(values: Any, weights: Any) -> None:
    have, got = n.shape_of(values), n.shape_of(weights)
    fits = not have or (
        len(got) <= len(have)
        and all(w in (1, v) for w, v in zip(reversed(got), reversed(have), strict=False))
    )
    if not fits:
        raise InvalidArgumentError(
            "sample_weight has shape {received}, which does not fit the losses of shape "
            "{expected}; give one weight per sample",
            received=got,
            expected=have,
        )
