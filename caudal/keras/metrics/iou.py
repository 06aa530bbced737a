"""Intersection over union of classes, from a confusion matrix."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from caudal import ops
from caudal.errors import CaudalWarning, InvalidArgumentError
from caudal.framework.matmul import matmul
from caudal.keras import numeric as n
from caudal.keras.metrics.metric import Metric


class _ClassOverlap(Metric):
    """A confusion matrix: rows are labels, columns predictions."""

    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        # Counts are integers, as in Keras: the pixels of an epoch exceed what float32 can count.
        super().__init__(name=name, dtype=dtype or "int64")
        if isinstance(num_classes, bool) or not isinstance(num_classes, int) or num_classes < 1:
            raise InvalidArgumentError(
                "{what}: `num_classes` must be a positive integer, received {num_classes!r}.",
                what=type(self).__name__,
                num_classes=num_classes,
            )
        self.num_classes, self.ignore_class = num_classes, ignore_class
        self.sparse_y_true, self.sparse_y_pred, self.axis = sparse_y_true, sparse_y_pred, axis
        self.total_cm = self.add_variable(
            (num_classes, num_classes), name="total_confusion_matrix", dtype=self.dtype
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch of class numbers, or of scores per class where it is not sparse."""
        y_true, y_pred = n.tensor(y_true), n.tensor(y_pred)
        if not self.sparse_y_true:
            y_true = _argmax(y_true, self.axis)
        if not self.sparse_y_pred:
            y_pred = _argmax(y_pred, self.axis)
        self._count(y_true, y_pred, sample_weight)

    def _count(self, y_true: Any, y_pred: Any, sample_weight: Any) -> None:
        true, pred = (n.cast(n.reshape(x, (-1,)), "int64") for x in (y_true, y_pred))
        if n.shape_of(true) != n.shape_of(pred):
            raise InvalidArgumentError(
                "{what}: expected as many labels as predictions, received {true} and {pred}.",
                what=type(self).__name__,
                true=n.shape_of(y_true),
                pred=n.shape_of(y_pred),
            )
        rows = n.cast(n.one_hot_mask(true, self.num_classes), "float32")
        if sample_weight is not None:
            rows = rows * n.expand_dims(self._weights(sample_weight, y_true), -1)
        if self.ignore_class is not None:
            valid = ops.not_equal(true, n.constant(self.ignore_class, true))
            rows = rows * n.expand_dims(n.cast(valid, "float32"), -1)
        columns = n.cast(n.one_hot_mask(pred, self.num_classes), "float32")
        found = matmul(rows, columns, transpose_a=True)
        self.total_cm.assign_add(n.cast(found, self.dtype))

    def _weights(self, sample_weight: Any, like: Any) -> Any:
        weights = n.tensor(sample_weight)
        whole = n.tensor(self.total_cm).dtype.is_integer
        if whole and weights.dtype.is_floating:
            warnings.warn(
                CaudalWarning(
                    f"{type(self).__name__}: sample_weight is rounded down to whole numbers, "
                    "because the counts are integers. Pass dtype='float32' to the metric."
                ),
                stacklevel=4,
            )
            weights = n.cast(weights, "int64")
        while n.rank_of(weights) < n.rank_of(like):
            weights = n.expand_dims(weights, -1)
        return n.reshape(
            ops.broadcast_to(n.cast(weights, "float32"), shape=n.shape_of(like)), (-1,)
        )

    def _overlaps(self) -> tuple[Any, Any]:
        """Intersection over union per class, and whether the class has occurred."""
        matrix = n.cast(n.tensor(self.total_cm), "float32")
        eye = n.cast(n.one_hot_mask(_numbers(self.num_classes), self.num_classes), "float32")
        both = n.sum(matrix * eye, axis=1)
        union = n.sum(matrix, axis=0) + n.sum(matrix, axis=1) - both
        return both / (union + n.EPSILON), n.cast(
            ops.greater(union, n.constant(0, union)), "float32"
        )

    def _mean(self, ids: Sequence[int]) -> Any:
        overlaps, seen = self._overlaps()
        wanted = n.tensor([1.0 if i in ids else 0.0 for i in range(self.num_classes)], "float32")
        return n.divide_no_nan(n.sum(overlaps * wanted), n.sum(seen * wanted))


def _numbers(count: int) -> Any:
    return n.tensor(list(range(count)), "int64")


def _argmax(x: Any, axis: int) -> Any:
    from caudal.math.reduce import argmax

    return argmax(x, axis=axis)


class IoU(_ClassOverlap):
    """Intersection over union: true positives / (true and false positives + false negatives).

    The mean over the classes ``target_class_ids`` of those that have occurred.

    Args:
        num_classes: how many classes there are; labels are 0 to num_classes - 1.
        target_class_ids: the classes that count.
        ignore_class: places with this label are left out.
        sparse_y_true, sparse_y_pred: whether there are class numbers; else scores along ``axis``.

    >>> metric = IoU(num_classes=2, target_class_ids=[0])
    >>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)
        ids = list(target_class_ids)
        if not ids or not all(isinstance(i, int) and 0 <= i < num_classes for i in ids):
            raise InvalidArgumentError(
                "{what}: `target_class_ids` must be class numbers from 0 to {last}, received "
                "{ids}.",
                what=type(self).__name__,
                last=num_classes - 1,
                ids=target_class_ids,
            )
        self.target_class_ids = ids

    def result(self) -> Any:
        """The mean so far."""
        return self._mean(self.target_class_ids)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return super().get_config() | {
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }


class BinaryIoU(IoU):
    """Intersection over union of two classes, for predictions that are probabilities.

    >>> metric = BinaryIoU(target_class_ids=[0, 1], threshold=0.3)
    >>> round(float(metric([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])), 4)
    0.3333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch."""
        y_pred = n.tensor(y_pred, "float32")
        chosen = ops.greater_equal(y_pred, n.constant(self.threshold, y_pred))
        super().update_state(y_true, n.cast(chosen, "int64"), sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            "name": self.name,
            "dtype": self.dtype,
            "target_class_ids": self.target_class_ids,
            "threshold": self.threshold,
        }


class MeanIoU(IoU):
    """The mean intersection over union of all classes that have occurred.

    >>> metric = MeanIoU(num_classes=2)
    >>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes,
            _all_classes(num_classes),
            name,
            dtype,
            ignore_class,
            sparse_y_true,
            sparse_y_pred,
            axis,
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        config = super().get_config()
        del config["target_class_ids"]
        return config


class OneHotIoU(IoU):
    """`IoU` of one-hot labels, and of predictions with a score per class."""

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        config = super().get_config()
        del config["sparse_y_true"]
        return config


class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` of one-hot labels, and of predictions with a score per class."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        config = super().get_config()
        del config["sparse_y_true"]
        return config


def _all_classes(count: Any) -> list[int]:
    return list(range(count)) if isinstance(count, int) else [0]
