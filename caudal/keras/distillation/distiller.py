"""Distiller: trains a student on labels and on what a teacher says."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from caudal.errors import CaudalWarning, InvalidArgumentError
from caudal.keras import losses as losses_module
from caudal.keras import ops as k
from caudal.keras import tree
from caudal.keras.distillation.compatible import check_models
from caudal.keras.distillation.features import FINAL, extractor
from caudal.keras.engine.serialization import deserialize_keras_object, serialize_keras_object
from caudal.keras.metrics.reduction import Mean
from caudal.keras.models.model import Model


class Distiller(Model):
    """Trains ``student``; the teacher is frozen. The loss is
    ``w * student's loss + (1 - w) * sum(weight * distillation loss)``.

    distillation_losses: one `DistillationLoss` or a list of them, with as many
    distillation_loss_weights, all 1 by default. student_loss_weight: w, from 0 to 1.

    >>> import numpy as np
    >>> from caudal import keras
    >>> def model(units):
    ...     return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, "relu"),
    ...                              keras.layers.Dense(2)])
    >>> distiller = Distiller(model(16), model(3), keras.distillation.LogitsDistillation(2.0))
    >>> distiller.compile("adam", "mse")
    >>> history = distiller.fit(np.ones((8, 4)), np.ones((8, 2)), verbose=0)
    >>> sorted(history.history)
    ['distillation_loss', 'loss', 'student_loss', 'total_loss']

    Raises:
        InvalidArgumentError: the models do not fit together or lack a layer that a loss names;
            no loss, or another number of weights than of losses; w outside 0 to 1.
    """

    def __init__(
        self,
        teacher: Any,
        student: Any,
        distillation_losses: Any,
        distillation_loss_weights: Sequence[float] | None = None,
        student_loss_weight: float = 0.5,
        name: str = "distiller",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        check_models(teacher, student)
        self.teacher, self.student = teacher, student
        self.student_loss_weight = _weight(student_loss_weight)
        kept, weights = _losses(distillation_losses, distillation_loss_weights)
        self.distillation_losses, self.distillation_loss_weights = kept, weights
        for loss in kept:
            loss.validate_model_compatibility(teacher, student)
        self._teacher_feature_extractor = extractor(teacher, _layer_names(kept, "teacher"))
        self._student_feature_extractor = extractor(student, _layer_names(kept, "student"))
        self.teacher.trainable = False
        self._student_loss: Any = None
        self.student_loss_tracker = Mean(name="student_loss")
        self.distillation_loss_tracker = Mean(name="distillation_loss")
        self.total_loss_tracker = Mean(name="total_loss")

    def compile(  # type: ignore[override]
        self, optimizer: Any = "adam", loss: Any = None, metrics: Any = None, **kwargs: Any
    ) -> None:
        """loss: the student's own, a name, a loss or a structure of them like the outputs'.

        Raises:
            InvalidArgumentError: there is none; ``metrics`` is no list.
        """
        if loss is None:
            raise InvalidArgumentError("Distiller.compile: 'loss' cannot be `None`.")
        if metrics is not None and not isinstance(metrics, list | tuple):
            raise InvalidArgumentError(
                "Distiller.compile: metrics must be a list or tuple, received {metrics!r}.",
                metrics=metrics,
            )
        self._student_loss = tree.map_structure(losses_module.get, loss)
        super().compile(optimizer=optimizer, loss=None, metrics=metrics, **kwargs)
        # What is saved; the loss itself is computed below.
        self._training.arguments["loss"] = loss

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles as a file says. Real Keras leaves the student's loss out of its files: then
        the distiller stays uncompiled, with a warning.
        """
        if config.get("loss") is None:
            warnings.warn(
                "The file does not say which loss the student has: call compile() before you "
                "train.",
                CaudalWarning,
                stacklevel=2,
            )
            return
        super().compile_from_config(config)

    def call(self, inputs: Any, training: Any = None, **kwargs: Any) -> Any:
        """What the student says."""
        return self.student(inputs, training=training, **kwargs)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The weighted sum of both parts; sample weights have no part in it."""
        y_pred = self(x, training=training) if y_pred is None else y_pred
        own: Any = 0.0
        if self.student_loss_weight > 0 and y is not None:
            own = self._own_loss(y, y_pred)
        distilled: Any = 0.0
        if self.student_loss_weight < 1:
            distilled = self._distilled(x, y_pred)
        share = self.student_loss_weight
        total = k.add(k.multiply(share, own), k.multiply(1.0 - share, distilled))
        self.student_loss_tracker.update_state(own)
        self.distillation_loss_tracker.update_state(distilled)
        self.total_loss_tracker.update_state(total)
        return total

    def _own_loss(self, y: Any, y_pred: Any) -> Any:
        found = tree.map_structure(
            lambda loss, true, pred: loss(true, pred), self._student_loss, y, y_pred
        )
        values = tree.flatten(found)
        value = k.sum(k.stack(values)) if len(values) > 1 else values[0]
        return k.mean(value) if len(value.shape) else value

    def _distilled(self, x: Any, y_pred: Any) -> Any:
        looked, total = self._features(x, y_pred), 0.0
        for loss, weight in zip(
            self.distillation_losses, self.distillation_loss_weights, strict=True
        ):
            wanted = FINAL if getattr(loss, "teacher_layer_name", None) is None else None
            sides = [
                outputs[wanted or getattr(loss, f"{role}_layer_name", None) or FINAL]
                for role, outputs in looked.items()
            ]
            loss.validate_outputs(*sides)
            value = loss.compute_loss(*sides)
            if len(getattr(value, "shape", ())):
                raise InvalidArgumentError(
                    "Distiller: compute_loss of {cls} must return a number, and returned a "
                    "tensor of shape {shape}.",
                    cls=type(loss).__name__,
                    shape=tuple(value.shape),
                )
            total = k.add(total, k.multiply(weight, value))
        return total

    def _features(self, x: Any, y_pred: Any) -> dict[str, dict[str, Any]]:
        """What both models give, by name, in one pass each."""
        look = self._teacher_feature_extractor
        said = {FINAL: self.teacher(x, training=False)} if look is None else look(x, training=False)
        look = self._student_feature_extractor
        answered = {} if look is None else look(x, training=True)
        return {"teacher": said, "student": {**answered, FINAL: y_pred}}

    def get_config(self) -> dict[str, Any]:
        """Both models, the losses and the weights."""
        return {
            **super().get_config(),
            "teacher": serialize_keras_object(self.teacher),
            "student": serialize_keras_object(self.student),
            "distillation_losses": [serialize_keras_object(x) for x in self.distillation_losses],
            "distillation_loss_weights": list(self.distillation_loss_weights),
            "student_loss_weight": self.student_loss_weight,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The distiller of a configuration."""
        names = ("teacher", "student", "distillation_losses")
        made = {name: deserialize_keras_object(config[name], custom_objects) for name in names}
        return cls(**{**config, **made})


def _weight(value: Any) -> float:
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidArgumentError(
            "Distiller: student_loss_weight must be a number between 0.0 and 1.0, received "
            "{value!r}.",
            value=value,
        )
    return value


def _losses(given: Any, weights: Any) -> tuple[list[Any], list[float]]:
    if given is None:
        raise InvalidArgumentError(
            "Distiller: 'distillation_losses' cannot be `None`. Give a LogitsDistillation, a "
            "FeatureDistillation or a list of such losses."
        )
    if not isinstance(given, list | tuple):
        return [given], [1.0]
    weights = [1.0] * len(given) if weights is None else list(weights)
    if len(weights) != len(given):
        raise InvalidArgumentError(
            "Distiller: distillation_loss_weights has {weights} numbers for {losses} "
            "distillation_losses.",
            weights=len(weights),
            losses=len(given),
        )
    return list(given), weights


def _layer_names(losses: Sequence[Any], role: str) -> list[str | None]:
    return [getattr(loss, f"{role}_layer_name", None) for loss in losses]
