"""Schedules: exponential, piecewise constant, polynomial, inverse time, cosine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.keras import numeric as n
from caudal.keras.optimizers.schedules.schedule import LearningRateSchedule, as_step, positive


def _power(base: float, exponent: Any) -> Any:
    return ops.pow(n.constant(float(base), exponent), exponent)


class ExponentialDecay(LearningRateSchedule):
    """``initial * decay_rate ** (step / decay_steps)``; whole powers only with ``staircase``.

    >>> round(float(ExponentialDecay(0.1, 100, 0.5)(200)), 6)
    0.025
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        positive(name, "decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Any:
        """The rate after ``step`` updates."""
        done = as_step(step) / float(self.decay_steps)
        if self.staircase:
            done = ops.floor(done)
        return _power(self.decay_rate, done) * self.initial_learning_rate

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return dict(vars(self))


class InverseTimeDecay(ExponentialDecay):
    """``initial / (1 + decay_rate * step / decay_steps)``."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        super().__init__(initial_learning_rate, decay_steps, decay_rate, staircase, name)

    def __call__(self, step: Any) -> Any:
        """The rate after ``step`` updates."""
        done = as_step(step) / float(self.decay_steps)
        if self.staircase:
            done = ops.floor(done)
        return self.initial_learning_rate / (done * self.decay_rate + 1.0)


class PiecewiseConstantDecay(LearningRateSchedule):
    """``values[0]`` up to and including ``boundaries[0]``, then ``values[1]``, and so on."""

    def __init__(
        self,
        boundaries: Sequence[float],
        values: Sequence[float],
        name: str = "PiecewiseConstant",
    ) -> None:
        if len(boundaries) != len(values) - 1:
            raise InvalidArgumentError(
                "{name}: there must be one value more than boundaries, received {values} values "
                "and {boundaries} boundaries",
                name=name,
                values=len(values),
                boundaries=len(boundaries),
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step: Any) -> Any:
        """The rate after ``step`` updates."""
        step = as_step(step)
        rate = n.tensor(float(self.values[0]), "float32")
        for boundary, value in zip(self.boundaries, self.values[1:], strict=True):
            past = ops.greater(step, n.constant(float(boundary), step))
            rate = n.where(past, float(value), rate)
        return rate

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            "boundaries": list(self.boundaries),
            "values": list(self.values),
            "name": self.name,
        }


class PolynomialDecay(LearningRateSchedule):
    """``(initial - end) * (1 - p) ** power + end`` with ``p = step / decay_steps``, at most 1.

    With ``cycle`` the span grows by ``decay_steps`` whenever it is used up.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        positive(name, "decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: Any) -> Any:
        """The rate after ``step`` updates."""
        step = as_step(step)
        span: Any = n.tensor(float(self.decay_steps), "float32")
        if self.cycle:
            rounds = n.maximum(ops.ceil(step / float(self.decay_steps)), 1.0)
            span = span * rounds
        else:
            step = n.minimum(step, span)
        left = 1.0 - step / span
        curve = ops.pow(left, n.constant(float(self.power), left))
        return curve * (self.initial_learning_rate - self.end_learning_rate) + (
            self.end_learning_rate
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return dict(vars(self))


class CosineDecay(LearningRateSchedule):
    """Half a cosine from ``initial`` (or ``warmup_target``) down to ``alpha`` of it.

    A linear warm-up from ``initial`` to ``warmup_target`` in ``warmup_steps`` may come first
    (Loshchilov & Hutter, 2016).
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        positive(name, "decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def _decayed(self, step: Any, top: float) -> Any:
        done = n.minimum(step, float(self.decay_steps)) / float(self.decay_steps)
        wave = (ops.cos(done * math.pi) + 1.0) * 0.5
        return (wave * (1.0 - self.alpha) + self.alpha) * top

    def __call__(self, step: Any) -> Any:
        """The rate after ``step`` updates."""
        step = as_step(step)
        if self.warmup_target is None:
            return self._decayed(step, self.initial_learning_rate)
        climb = self.warmup_target - self.initial_learning_rate
        warming = step * (climb / float(self.warmup_steps or 1)) + self.initial_learning_rate
        start = n.constant(float(self.warmup_steps), step)
        return n.where(
            ops.less(step, start), warming, self._decayed(step - start, self.warmup_target)
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return dict(vars(self))


class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decays one after another, each ``t_mul`` times longer and ``m_mul`` times as high."""

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        positive(name, "first_decay_steps", first_decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: Any) -> Any:
        """The rate after ``step`` updates."""
        done = as_step(step) / float(self.first_decay_steps)
        if self.t_mul == 1.0:
            restart = ops.floor(done)
            done = done - restart
        else:
            ratio = self.t_mul
            restart = ops.floor(ops.log(1.0 - done * (1.0 - ratio)) / math.log(ratio))
            length = _power(ratio, restart)
            done = (done - (1.0 - length) / (1.0 - ratio)) / length
        wave = (ops.cos(done * math.pi) + 1.0) * 0.5 * _power(self.m_mul, restart)
        decayed = wave * (1.0 - self.alpha) + self.alpha
        return decayed * self.initial_learning_rate

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return dict(vars(self))
