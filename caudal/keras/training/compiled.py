"""A compiled model's loss and metrics: one or several outputs, names, weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from caudal.errors import InvalidArgumentError, did_you_mean
from caudal.framework import Tensor, nest
from caudal.keras import losses as losses_module
from caudal.keras import metrics as metrics_module
from caudal.keras import numeric as n
from caudal.keras.losses.loss import Loss, LossFunctionWrapper
from caudal.keras.metrics.metric import Metric
from caudal.keras.training.loss_tree import Target, is_nested_loss, targets, unknown_output

_AUTO_ACCURACY = ("accuracy", "acc")
_AUTO_LOSS = ("crossentropy", "ce")


def _kind(y_true: Any, y_pred: Any) -> str:
    """ "binary", "sparse" or "categorical": which accuracy or crossentropy the shapes ask for."""
    labels, predictions = n.shape_of(y_true), n.shape_of(y_pred)
    if predictions[-1:] == (1,) or not predictions:
        return "binary"
    if len(labels) < len(predictions) or (labels[-1:] == (1,) and predictions[-1] > 1):
        return "sparse"
    return "categorical"


def resolve_metric(identifier: Any, y_true: Any, y_pred: Any) -> Metric:
    """A metric object; "accuracy" is chosen by the shapes of labels and predictions."""
    if isinstance(identifier, str) and identifier.lower() in _AUTO_ACCURACY:
        made: Any = {
            "binary": metrics_module.BinaryAccuracy,
            "sparse": metrics_module.SparseCategoricalAccuracy,
            "categorical": metrics_module.CategoricalAccuracy,
        }[_kind(y_true, y_pred)](name=identifier)
        return made  # type: ignore[no-any-return]
    if isinstance(identifier, str) and identifier.lower() in _AUTO_LOSS:
        function: Any = losses_module.get(_crossentropy_name(y_true, y_pred))
        return metrics_module.MeanMetricWrapper(function, name=identifier)
    found = metrics_module.get(identifier)
    if isinstance(found, Loss):
        return metrics_module.MeanMetricWrapper(found.call, name=found.name)
    if not isinstance(found, Metric):
        name = identifier if isinstance(identifier, str) else None
        return metrics_module.MeanMetricWrapper(found, name=name)
    if isinstance(identifier, str):
        found.name = identifier
    return found


def _crossentropy_name(y_true: Any, y_pred: Any) -> str:
    kind = _kind(y_true, y_pred)
    return "sparse_categorical_crossentropy" if kind == "sparse" else f"{kind}_crossentropy"


def resolve_loss(identifier: Any, y_true: Any, y_pred: Any) -> Any:
    """A loss object, or None; "crossentropy" is chosen by the shapes."""
    if identifier is None:
        return None
    if isinstance(identifier, str) and identifier.lower() in _AUTO_LOSS:
        identifier = _crossentropy_name(y_true, y_pred)
    found = losses_module.get(identifier)
    if isinstance(found, Loss):
        return found
    # A built-in function gets its class, which knows how to treat labels.
    for kind in losses_module.lookup.CLASSES.values():
        if issubclass(kind, LossFunctionWrapper) and found is _function_of(kind):
            made: Any = kind
            return made()
    return LossFunctionWrapper(found, name=getattr(found, "__name__", "loss"))


def _function_of(kind: Any) -> Any:
    cached = _FUNCTIONS.get(kind)
    if cached is None:
        cached = _FUNCTIONS[kind] = kind().fn
    return cached


_FUNCTIONS: dict[Any, Any] = {}


def in_output_order(
    value: Any, y_pred: Any, names: Sequence[str] | None, *, weights: bool = False
) -> list[Any]:
    """Labels or weights as one entry per output, in the order of the outputs.

    Weights may be given once for all outputs.
    """
    outputs = nest.flatten(y_pred)
    if value is None:
        return [None] * len(outputs)
    if isinstance(value, dict):
        keys = sorted(y_pred) if isinstance(y_pred, dict) else list(names or ())
        unknown = [key for key in value if key not in keys]
        if keys and not unknown:
            return nest.flatten([value.get(key) for key in keys])
        if keys and len(outputs) > 1:
            raise InvalidArgumentError(
                "labels or weights by output: there is no output {unknown!r}; the outputs are "
                "{keys}.{hint}",
                unknown=unknown[0],
                keys=list(keys),
                hint=did_you_mean(str(unknown[0]), list(keys)),
            )
    flat = nest.flatten(value)
    if weights and len(flat) == 1 and len(outputs) > 1:
        return flat * len(outputs)
    if len(flat) != len(outputs):
        raise InvalidArgumentError(
            "the model has {outputs} outputs ({names}), received {received} arrays of labels or "
            "weights for them",
            outputs=len(outputs),
            names=", ".join(names or ()),
            received=len(flat),
        )
    return flat


def _per_output(what: str, value: Any, count: int, keys: Sequence[str] | None) -> list[Any]:
    """A user's argument (one for all, list or dict) as one entry per output."""
    if isinstance(value, dict):
        unknown = [key for key in value if key not in (keys or ())]
        if unknown:
            raise unknown_output(what, unknown[0], dict.fromkeys(keys or ()))
        return [value.get(key) for key in keys or ()]
    if isinstance(value, list | tuple):
        if len(value) != count:
            raise InvalidArgumentError(
                "{what}: the model has {count} outputs, received {received} entries",
                what=what,
                count=count,
                received=len(value),
            )
        return list(value)
    return [value] * count


class CompiledLoss:
    """The sum of the outputs' losses, each with its weight."""

    def __init__(self, loss: Any, loss_weights: Any, output_names: Sequence[str] | None) -> None:
        self.loss = loss
        self.loss_weights = loss_weights
        self.output_names = output_names
        self.losses: list[Any] | None = None
        self.weights: list[Any] = []
        self.trackers: list[Any] = []
        self._order: list[str] = []
        self._targets: list[Target] | None = None
        """The parts of the outputs that losses given as a nest see; None where each has one."""

    def _build(self, y_true: list[Any], y_pred: Any) -> None:
        outputs = nest.flatten(y_pred)
        count = len(outputs)
        keys = sorted(y_pred) if isinstance(y_pred, dict) else self.output_names
        self._order = list(y_pred if isinstance(y_pred, dict) else keys or ())
        wanted = self.loss
        if count == 1 and isinstance(wanted, list | tuple | dict):
            wanted = nest.flatten(wanted)
        if count > 1 and is_nested_loss(wanted):
            self._build_nest(y_true, y_pred, self.output_names)
            return
        per_output = _per_output("loss", wanted, count, keys)
        weights = self.loss_weights
        if count == 1 and isinstance(weights, list | tuple | dict):
            weights = nest.flatten(weights)
        elif count > 1 and isinstance(weights, int | float):
            raise InvalidArgumentError(
                "loss_weights: the model has {count} outputs, received the number {weights}",
                count=count,
                weights=weights,
            )
        self.weights = _per_output("loss_weights", weights, count, keys)
        if all(one is None for one in per_output):
            raise InvalidArgumentError(
                "compile: no output has a loss; received loss={loss!r}", loss=self.loss
            )
        self.losses = [
            resolve_loss(one, outputs[i] if true is None else true, outputs[i])
            for i, (one, true) in enumerate(zip(per_output, y_true, strict=True))
        ]
        self.trackers = [None] * count
        if count > 1:
            names = list(keys or [f"output_{i}" for i in range(count)])
            if len(names) != count:
                # `compute_loss` made other outputs of the model's.
                losses = enumerate(self.losses)
                names = [one.name if one is not None else f"output_{i}" for i, one in losses]
            self.trackers = [
                None if loss is None else metrics_module.Mean(name=f"{name}_loss")
                for name, loss in zip(names, self.losses, strict=True)
            ]

    def _for_outputs(self, y_true: Any, y_pred: Any) -> Any:
        """Labels for the outputs that have a loss only are laid out over all outputs."""
        wanted, count = self.loss, len(nest.flatten(y_pred))
        if not isinstance(wanted, list | tuple) or len(wanted) != count or y_true is None:
            return y_true
        with_loss = [one is not None for one in wanted]
        labels = nest.flatten(y_true)
        if isinstance(y_true, dict) or len(labels) == count or len(labels) != sum(with_loss):
            return y_true
        rest = iter(labels)
        return [next(rest) if has else None for has in with_loss]

    def _build_nest(self, y_true: list[Any], y_pred: Any, names: Sequence[str] | None) -> None:
        """Losses for parts of the outputs, or several for one."""
        found = targets(self.loss, self.loss_weights, y_pred, names or ())
        true = nest.pack_sequence_as(y_pred, y_true)
        self._targets = found
        self.weights = [one.weight for one in found]
        self.losses = [resolve_loss(one.loss, one.of(true), one.of(y_pred)) for one in found]
        several = len(found) > 1
        self.trackers = [
            metrics_module.Mean(name=f"{one.name}_loss") if several else None for one in found
        ]
        self._order = [one.name for one in found]

    def _parts(self, values: list[Any], y_pred: Any) -> list[Any]:
        """What each loss sees of values in the order of the outputs."""
        if self._targets is None:
            return values
        structure = nest.pack_sequence_as(y_pred, values)
        return [target.of(structure) for target in self._targets]

    @property
    def metrics(self) -> list[Any]:
        """The means of each output's loss, if there are several outputs."""
        found = [tracker for tracker in self.trackers if tracker is not None]
        # In the order of the model's outputs, not of the sorted names of a dict.
        places = {f"{name}_loss": place for place, name in enumerate(self._order)}
        return sorted(found, key=lambda tracker: places.get(tracker.name, len(places)))

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The weighted sum of the outputs' losses; None if no output has one."""
        true = in_output_order(self._for_outputs(y_true, y_pred), y_pred, self.output_names)
        if self.losses is None:
            self._build(true, y_pred)
        weights = in_output_order(sample_weight, y_pred, self.output_names, weights=True)
        outputs = self._parts(nest.flatten(y_pred), y_pred)
        true, weights = self._parts(true, y_pred), self._parts(weights, y_pred)
        total: Any = None
        for i, (loss, predicted) in enumerate(zip(self.losses or (), outputs, strict=True)):
            if loss is None:
                continue
            if true[i] is None:
                raise InvalidArgumentError(
                    "the loss {loss} needs labels, but the data has no y", loss=loss.name
                )
            value = loss(true[i], predicted, _one_weight(weights[i]))
            if n.rank_of(value):
                value = n.mean(value)
            if self.trackers[i] is not None:
                self.trackers[i].update_state(value, sample_weight=_rows(predicted))
            if self.weights[i] is not None:
                value = value * float(self.weights[i])
            total = value if total is None else total + value
        return total


def _one_weight(weights: Any) -> Any:
    """The weights of a part with several outputs: the first's."""
    return next(iter(nest.flatten(weights)), None)


def _rows(tensor: Any) -> float:
    shape = n.shape_of(nest.flatten(tensor)[0])
    return float(shape[0]) if shape else 1.0


class CompiledMetrics(Metric):
    """The metrics of ``compile``: per output, with and without sample weights.

    It is one entry of ``model.metrics``, there before the first batch decides what "accuracy" is.
    """

    def __init__(
        self, metrics: Any, weighted_metrics: Any, output_names: Sequence[str] | None
    ) -> None:
        super().__init__(name="compile_metrics")
        for what, value in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if value is not None and not isinstance(value, list | tuple | dict):
                raise InvalidArgumentError(
                    "compile: expected {what} to be a list, tuple or dict, received {value!r}. "
                    "Write {what}=[{value!r}]",
                    what=what,
                    value=value,
                )
        _check_names(metrics)
        _check_names(weighted_metrics)
        self._wanted = (metrics, weighted_metrics)
        self.output_names = output_names
        self._sets: list[tuple[list[Metric], list[Metric]]] | None = None
        self._prefixes: list[str] = []

    def _build(self, y_true: list[Any], y_pred: Any) -> None:
        outputs = nest.flatten(y_pred)
        keys = sorted(y_pred) if isinstance(y_pred, dict) else self.output_names
        names = list(keys or [f"output_{i}" for i in range(len(outputs))])
        plain, weighted = (
            _metrics_per_output(what, value, len(outputs), keys)
            for what, value in zip(("metrics", "weighted_metrics"), self._wanted, strict=True)
        )
        self._sets = []
        for i, output in enumerate(outputs):
            true = output if y_true[i] is None else y_true[i]
            self._prefixes.append(f"{names[i]}_" if len(outputs) > 1 else "")
            self._sets.append(
                (
                    [resolve_metric(one, true, output) for one in plain[i]],
                    [resolve_metric(one, true, output) for one in weighted[i]],
                )
            )

    @property
    def metrics(self) -> list[Metric]:
        """All metrics, flat."""
        return [metric for sets in self._sets or () for one in sets for metric in one]

    @property
    def variables(self) -> list[Any]:
        """The states of all metrics."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def reset_state(self) -> None:
        """Forget everything."""
        for metric in self.metrics:
            metric.reset_state()

    @property
    def wanted(self) -> bool:
        """Whether there is any."""
        return bool(self._wanted[0]) or bool(self._wanted[1])

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in."""
        if not self.wanted:
            return
        true = in_output_order(y_true, y_pred, self.output_names)
        if self._sets is None:
            self._build(true, y_pred)
        weights = in_output_order(sample_weight, y_pred, self.output_names, weights=True)
        for i, (predicted, (plain, weighted)) in enumerate(
            zip(nest.flatten(y_pred), self._sets or (), strict=True)
        ):
            if true[i] is None and (plain or weighted):
                continue
            for metric in plain:
                metric.update_state(true[i], predicted)
            for metric in weighted:
                metric.update_state(true[i], predicted, sample_weight=weights[i])

    def result(self) -> dict[str, Any]:
        """Every metric's value by its name, outputs named in front where there are several."""
        found: dict[str, Any] = {}
        for prefix, (plain, weighted) in zip(self._prefixes, self._sets or (), strict=True):
            for metric in plain:
                _put(found, prefix + metric.name, metric.result())
            for metric in weighted:
                name = prefix + metric.name
                name = f"{prefix}weighted_{metric.name}" if name in found else name
                _put(found, name, metric.result())
        return found


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    """Add a result under a name of its own."""
    if isinstance(value, dict):
        found.update(value)
        return
    key, serial = name, 0
    while key in found:
        serial += 1
        key = f"{name}_{serial}"
    found[key] = value


def _metrics_per_output(
    what: str, value: Any, count: int, keys: Sequence[str] | None
) -> list[list[Any]]:
    if not value:
        return [[] for _ in range(count)]
    if count == 1:
        return [[one for one in nest.flatten(value) if one is not None]]
    if isinstance(value, list | tuple) and len(value) != count:
        if any(isinstance(one, list | tuple | dict) for one in value):
            _per_output(what, value, count, keys)
        value = [value] * count
    found = _per_output(what, value, count, keys)
    return [
        [] if one is None else list(one) if isinstance(one, list | tuple) else [one]
        for one in found
    ]


def _check_names(metrics: Any) -> None:
    """Unknown names are errors of ``compile``, not of the first batch."""
    for one in nest.flatten(metrics):
        if isinstance(one, str) and one.lower() not in _AUTO_ACCURACY + _AUTO_LOSS:
            metrics_module.get(one)


def check_loss_names(loss: Any) -> None:
    """Unknown names are errors of ``compile``, not of the first batch."""
    for one in nest.flatten(loss):
        if isinstance(one, str) and one.lower() not in _AUTO_LOSS:
            losses_module.get(one)


__all__ = ["CompiledLoss", "CompiledMetrics", "Tensor", "check_loss_names"]
