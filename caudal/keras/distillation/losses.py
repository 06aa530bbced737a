"""Distillation losses: how far a student's outputs are from its teacher's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.keras import losses, tree
from caudal.keras import ops as k
from caudal.keras.engine.serialization import serialize_keras_object


class DistillationLoss:
    """The base class: a subclass gives ``compute_loss``.

    >>> class Gap(DistillationLoss):
    ...     def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
    ...         return k.mean(k.abs(k.subtract(teacher_outputs, student_outputs)))
    >>> float(Gap().compute_loss([1.0, 3.0], [1.0, 2.0]))
    0.5
    """

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Any:
        """A number; the outputs are tensors, or lists or dicts of them."""
        raise UnimplementedError(
            "{cls}: a subclass of DistillationLoss must define compute_loss().",
            cls=type(self).__name__,
        )

    def validate_outputs(self, teacher_outputs: Any, student_outputs: Any) -> None:
        """Checks that both have one structure.

        Raises:
            InvalidArgumentError: they have not.
        """
        tree.assert_same_structure(teacher_outputs, student_outputs)

    def validate_model_compatibility(self, teacher: Any, student: Any) -> None:
        """Checks that this loss can be taken of the two models; here it always can."""


class _Structured(DistillationLoss):
    """A loss for each output, in the structure of the outputs; None leaves an output out."""

    loss: Any

    def _take(self, loss: Any) -> None:
        self.loss = tree.map_structure(losses.get, loss)
        if all(part is None for part in tree.flatten(self.loss)):
            raise InvalidArgumentError(
                "{cls}: at least one loss must be non-`None`. Received: loss={loss!r}",
                cls=type(self).__name__,
                loss=loss,
            )

    def _sum(self, measure: Callable[..., Any], teacher: Any, student: Any) -> Any:
        """The sum of ``measure(loss, teacher's, student's)`` over the outputs with a loss."""

        def part(loss: Any, one: Any, other: Any) -> Any:
            return 0.0 if loss is None else measure(loss, one, other)

        return k.sum(k.stack(tree.flatten(tree.map_structure(part, self.loss, teacher, student))))

    def get_config(self) -> dict[str, Any]:
        """The losses, serialized."""
        return {"loss": serialize_keras_object(self.loss)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The loss of a configuration."""
        return cls(**{**config, "loss": losses.deserialize(config["loss"])})


class LogitsDistillation(_Structured):
    """Between the final outputs, taken as logits and divided by ``temperature``.

    loss: a name, a loss, or a structure of them like the outputs'. An instance of
    `keras.losses.KLDivergence` is taken between the softmaxes, times the temperature's square
    (Hinton and others, 2015); every other loss, names included, between the logits themselves.

    >>> import numpy as np
    >>> from caudal.keras.losses import KLDivergence
    >>> loss = LogitsDistillation(2.0, KLDivergence())
    >>> round(float(loss.compute_loss(np.array([[0.0, 2.0]]), np.array([[0.0, 0.0]]))), 4)
    0.4438

    Raises:
        InvalidArgumentError: the temperature is not a positive number; no loss at all.
    """

    def __init__(self, temperature: float = 3.0, loss: Any = "kl_divergence") -> None:
        self._take(loss)
        if not isinstance(temperature, int | float) or not temperature > 0:
            raise InvalidArgumentError(
                "LogitsDistillation: temperature must be a positive number. Received: "
                "temperature={temperature!r}",
                temperature=temperature,
            )
        self.temperature = temperature

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Any:
        """The sum of the outputs' mean losses."""

        def measure(loss: Any, teacher: Any, student: Any) -> Any:
            if isinstance(loss, losses.KLDivergence):
                pair = k.softmax(teacher, axis=-1), k.softmax(student, axis=-1)
                return k.mean(loss(*pair)) * self.temperature**2
            return k.mean(loss(teacher, student))

        def cool(outputs: Any) -> Any:
            return k.divide(outputs, self.temperature)

        teacher_outputs, student_outputs = (
            tree.map_structure(cool, outputs) for outputs in (teacher_outputs, student_outputs)
        )
        return self._sum(measure, teacher_outputs, student_outputs)

    def get_config(self) -> dict[str, Any]:
        """Temperature and losses."""
        return {"temperature": self.temperature, **super().get_config()}


class FeatureDistillation(_Structured):
    """Between a layer of the teacher and one of the student; None: the final outputs.

    loss: a name, a loss, or a structure of them like the layer's output.

    >>> import numpy as np
    >>> loss = FeatureDistillation("mae", "wide", "narrow")
    >>> float(loss.compute_loss(np.array([[1.0, 3.0]]), np.array([[1.0, 2.0]])))
    0.5

    Raises:
        InvalidArgumentError: no loss at all.
    """

    def __init__(
        self,
        loss: Any = "mse",
        teacher_layer_name: str | None = None,
        student_layer_name: str | None = None,
    ) -> None:
        self.teacher_layer_name = teacher_layer_name
        self.student_layer_name = student_layer_name
        self._take(loss)

    def validate_model_compatibility(self, teacher: Any, student: Any) -> None:
        """Checks that both models have the layers.

        Raises:
            InvalidArgumentError: one has not, or is no graph of layers.
        """
        names = {"teacher": self.teacher_layer_name, "student": self.student_layer_name}
        models = {"teacher": teacher, "student": student}
        if all(name is None for name in names.values()):
            return
        for role, model in models.items():
            if getattr(model, "inputs", None) is None:
                raise InvalidArgumentError(
                    "FeatureDistillation: layers can be named for Functional and Sequential "
                    "models only, and the {role} {model!r} is a {cls}. Leave the names out, for "
                    "its final outputs.",
                    role=role,
                    model=model.name,
                    cls=type(model).__name__,
                )
            if names[role] is not None:
                _check_layer(role, model, names[role])

    def validate_outputs(self, teacher_outputs: Any, student_outputs: Any) -> None:
        """Checks that both outputs and the losses have one structure.

        Raises:
            InvalidArgumentError: they have not.
        """
        super().validate_outputs(teacher_outputs, student_outputs)
        tree.assert_same_structure(self.loss, teacher_outputs)

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Any:
        """The sum of the outputs' mean losses."""

        def measure(loss: Any, teacher: Any, student: Any) -> Any:
            return k.mean(loss(teacher, student))

        return self._sum(measure, teacher_outputs, student_outputs)

    def get_config(self) -> dict[str, Any]:
        """Losses and names."""
        return {
            **super().get_config(),
            "teacher_layer_name": self.teacher_layer_name,
            "student_layer_name": self.student_layer_name,
        }


def _check_layer(role: str, model: Any, name: Any) -> None:
    try:
        model.get_layer(name=name)
    except ValueError as error:
        raise InvalidArgumentError(
            "FeatureDistillation: in the {role} model: {reason}", role=role, reason=error
        ) from error
