"""The base class of optimizers: learning rate, clipping, decay, averages, slots."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import (
    CaudalWarning,
    DTypeError,
    FailedPreconditionError,
    InvalidArgumentError,
    did_you_mean,
)
from caudal.framework import GradientTape, replicas
from caudal.keras import numeric as n
from caudal.keras.engine.argument_rules import Checked, parameters_of
from caudal.keras.engine.checkpointing import (
    optimizer_as_stored,
    optimizer_children,
    optimizer_slot,
)
from caudal.keras.engine.names import auto_name
from caudal.keras.optimizers import clipping
from caudal.keras.optimizers.functional import Functional
from caudal.keras.optimizers.options import OPTIONS
from caudal.keras.optimizers.present import overwritten, present_pairs
from caudal.keras.optimizers.rates import as_number
from caudal.keras.optimizers.schedules import LearningRateSchedule, serialize
from caudal.keras.optimizers.schedules.decays import InverseTimeDecay
from caudal.keras.variables import Variable
from caudal.train.restoring import attached
from caudal.train.trackable import as_stored, children, slot_of


class Optimizer(Checked, Functional):
    """Changes variables by their gradients.

    Subclasses define ``build(variables)``, which makes their slots with
    ``add_optimizer_variables``, and ``update_step(gradient, variable, learning_rate)``.

    learning_rate: a number, a ``LearningRateSchedule`` or a function without arguments.
    weight_decay: every update first takes ``variable * weight_decay * learning_rate`` away.
    clipnorm, clipvalue, global_clipnorm: at most one; the norm of each gradient, every element,
        or the norm of all gradients together is kept within it.
    use_ema: keep exponential moving averages (``ema_momentum``) of the variables and put them
        in their place every ``ema_overwrite_frequency`` updates, or at the end of ``fit``.
    gradient_accumulation_steps: update only every so many calls, with the mean gradient.
    loss_scale_factor: the loss is multiplied and the gradients are divided by it.
    """

    def __init__(self, learning_rate: Any = 0.001, name: str | None = None, **kwargs: Any) -> None:
        learning_rate = self._old_spellings(learning_rate, kwargs)
        for key in kwargs:
            if key not in OPTIONS:
                raise InvalidArgumentError(
                    "{optimizer}: unknown argument {key!r}.{hint}",
                    optimizer=type(self).__name__,
                    key=key,
                    hint=did_you_mean(key, [*OPTIONS, *parameters_of(type(self))]),
                )
        options = {**OPTIONS, **kwargs}
        self.name = name or auto_name(type(self).__name__)
        self.weight_decay = options["weight_decay"]
        self.clipnorm = options["clipnorm"]
        self.clipvalue = options["clipvalue"]
        self.global_clipnorm = options["global_clipnorm"]
        self.use_ema = options["use_ema"]
        self.ema_momentum = options["ema_momentum"]
        self.ema_overwrite_frequency = options["ema_overwrite_frequency"]
        self.loss_scale_factor = options["loss_scale_factor"]
        self.gradient_accumulation_steps = options["gradient_accumulation_steps"]
        self._check_options()
        self.built = False
        self._variables: list[Any] = []
        self._trainable_variables: list[Any] = []
        self._index: dict[int, int] = {}
        self._averages: list[Any] = []
        self._accumulated: list[Any] = []
        self._undecayed: tuple[set[int], str | None] = (set(), None)
        self._iterations = self._state(np.asarray(0, np.int64), "int64", "iteration")
        self._variables.append(self._iterations)
        self._learning_rate: Any = self._as_rate(learning_rate)
        if isinstance(self._learning_rate, Variable):
            self._variables.append(self._learning_rate)

    # --- construction -------------------------------------------------------------------------

    def _old_spellings(self, learning_rate: Any, kwargs: dict[str, Any]) -> Any:
        if "lr" in kwargs:
            learning_rate = kwargs.pop("lr")
            _old(type(self).__name__, "lr=", "learning_rate=")
        decay = kwargs.pop("decay", None)
        if decay:
            _old(type(self).__name__, "decay=", "a keras.optimizers.schedules.InverseTimeDecay")
            learning_rate = InverseTimeDecay(float(learning_rate), 1, float(decay))
        return learning_rate

    def _check_options(self) -> None:
        name = type(self).__name__
        given = [self.clipnorm, self.clipvalue, self.global_clipnorm]
        if sum(value is not None for value in given) > 1:
            raise InvalidArgumentError(
                "{name}: only one of clipnorm, clipvalue and global_clipnorm can be set, received "
                "{given}",
                name=name,
                given=given,
            )
        if self.use_ema and not 0 <= self.ema_momentum <= 1:
            raise InvalidArgumentError(
                "{name}: ema_momentum must be in [0, 1], received {value}",
                name=name,
                value=self.ema_momentum,
            )
        steps = self.gradient_accumulation_steps
        if steps is not None and steps is not False and steps < 2:
            raise InvalidArgumentError(
                "{name}: gradient_accumulation_steps must be an integer >= 2, received {steps}",
                name=name,
                steps=steps,
            )

    def _as_rate(self, value: Any) -> Any:
        if isinstance(value, LearningRateSchedule):
            return value
        if callable(value) and not hasattr(value, "dtype"):
            return value
        number = as_number(type(self).__name__, value)
        return self._state(number, "float32", "learning_rate")

    def _state(self, start: Any, dtype: Any, name: str | None, shape: Any = None) -> Variable:
        path = f"{self.name}/{name}" if name else None
        return Variable(start, shape=shape, dtype=dtype, trainable=False, name=name, path=path)

    # --- state --------------------------------------------------------------------------------

    @property
    def iterations(self) -> Any:
        """The number of updates done, an int64 variable (a tensor if gradients accumulate)."""
        if self.gradient_accumulation_steps:
            count = n.tensor(self._iterations)
            return ops.floor_div(count, n.constant(int(self.gradient_accumulation_steps), count))
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """The learning rate now: a variable, or the schedule's value as a tensor."""
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            return rate(self.iterations)
        return rate if isinstance(rate, Variable) else n.tensor(rate(), "float32")

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(self._learning_rate, Variable) and not (
            isinstance(value, LearningRateSchedule) or (callable(value) and np.ndim(value) == 0)
        ):
            self._learning_rate.assign(np.float32(value))
            return
        if isinstance(self._learning_rate, LearningRateSchedule) and not callable(value):
            raise DTypeError(
                "{optimizer}: it was made with a LearningRateSchedule, so its learning_rate "
                "cannot be set to {value!r}; make it with a number instead",
                optimizer=type(self).__name__,
                value=value,
            )
        self._variables = [one for one in self._variables if one is not self._learning_rate]
        self._learning_rate = self._as_rate(value)

    lr = learning_rate

    @property
    def variables(self) -> list[Any]:
        """Iteration, learning rate and all slots."""
        return list(self._variables)

    def build(self, variables: Sequence[Any]) -> None:
        """Make the slots for ``variables``; called by the first ``apply``."""
        if self.use_ema:
            self._averages = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._accumulated = self.add_optimizer_variables(variables, "gradient_accumulator")
        self._index = {id(variable): i for i, variable in enumerate(variables)}
        self._trainable_variables = list(variables)
        self.built = True

    def add_variable(
        self,
        shape: Any,
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Any:
        """A new state of the optimizer; ``aggregation`` and ``layout`` change nothing here."""
        start = initializer
        if not isinstance(initializer, str) and not callable(initializer):
            start = np.full(tuple(shape), initializer, getattr(dtype, "np_dtype", "float32"))
        variable = self._state(start, dtype, name, shape)
        self._variables.append(variable)
        attached(self)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Any, name: str | None = None, initializer: Any = "zeros"
    ) -> Any:
        """A new state of the shape and dtype of a variable, named after it."""
        path = getattr(reference_variable, "path", None) or reference_variable.name
        path = str(path).replace("/", "_").replace(":", "_")
        shape = n.shape_of(reference_variable)
        return self.add_variable(
            shape, initializer, reference_variable.dtype, name=f"{path}_{name}"
        )

    def add_optimizer_variables(
        self, trainable_variables: Sequence[Any], name: Any, initializer: Any = "zeros"
    ) -> Any:
        """One slot per variable; for a list of names, one list of slots for each."""
        names = [name] if isinstance(name, str) else list(name)
        starts = initializer if isinstance(initializer, list) else [initializer] * len(names)
        slots: list[list[Any]] = [[] for _ in names]
        for variable in trainable_variables:
            for position, (one, start) in enumerate(zip(names, starts, strict=True)):
                slots[position].append(self.add_variable_from_reference(variable, one, start))
        return slots[0] if isinstance(name, str) else tuple(slots)

    def _get_variable_index(self, variable: Any) -> int:
        try:
            return self._index[id(variable)]
        except KeyError:
            raise InvalidArgumentError(
                "{optimizer}: unknown variable {name!r}; an optimizer can only be used with the "
                "variables it was first used with. Make a new optimizer for other variables",
                optimizer=type(self).__name__,
                name=getattr(variable, "name", variable),
            ) from None

    def __setstate__(self, state: dict[str, Any]) -> None:
        # A copy has variables of its own, known by other identities.
        vars(self).update(state)
        self._index = {id(variable): i for i, variable in enumerate(self._trainable_variables)}

    # --- updates ------------------------------------------------------------------------------

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Change one variable by its gradient; to be defined by a subclass."""
        raise InvalidArgumentError(
            "{optimizer}: an optimizer must define update_step", optimizer=type(self).__name__
        )

    def apply_gradients(self, grads_and_vars: Any, name: str | None = None, **kwargs: Any) -> Any:
        """Update variables from (gradient, variable) pairs; returns ``iterations``."""
        if kwargs:
            raise InvalidArgumentError(
                "{optimizer}.apply_gradients: unknown argument {key!r}",
                optimizer=type(self).__name__,
                key=next(iter(kwargs)),
            )
        pairs = list(grads_and_vars)
        self.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return self._iterations

    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """One update; gradients that are None leave their variable alone, with a warning.

        Replicas of a `tf.distribute` strategy make one update together, with their gradients' sum.
        """
        if len(grads) == 0:
            return
        if replicas.current() is not None:
            replicas.apply_sums(self.apply, list(grads), trainable_variables)
            return
        if trainable_variables is None:
            trainable_variables = self._known_variables(grads)
        elif not self.built:
            self.build(list(trainable_variables))
        gradients, variables = present_pairs(list(grads), list(trainable_variables))
        for variable in variables:
            self._get_variable_index(variable)
        gradients, variables = overwritten(self, gradients, variables)
        if variables:
            if self.loss_scale_factor is not None:
                gradients = [gradient / self.loss_scale_factor for gradient in gradients]
            if self.gradient_accumulation_steps:
                self._accumulate(gradients, variables)
            else:
                self._update(gradients, variables)
            self._after_update(variables)
        self._iterations.assign_add(np.asarray(1, np.int64))

    def _due(self) -> Any:
        """Whether this call makes an update of accumulated gradients."""
        count = n.tensor(self._iterations) + 1
        steps = n.constant(int(self.gradient_accumulation_steps), count)
        return ops.equal(ops.floor_mod(count, steps), n.constant(0, count))

    def _accumulate(self, gradients: list[Any], variables: list[Any]) -> None:
        """Every so many calls, an update with the mean of the gradients since the last."""
        steps = int(self.gradient_accumulation_steps)
        sums = [self._accumulated[self._get_variable_index(variable)] for variable in variables]
        totals = [n.tensor(s) + g for s, g in zip(sums, gradients, strict=True)]
        due = self._due()
        # The update is computed in any case and kept only when it is due: no branch is needed.
        held = {id(one) for one in [self._iterations, self._learning_rate, *self._accumulated]}
        changing = [*variables, *(one for one in self._variables if id(one) not in held)]
        before = [n.tensor(variable) for variable in changing]
        self._update([total * (1.0 / steps) for total in totals], variables)
        for variable, old in zip(changing, before, strict=True):
            variable.assign(n.where(due, n.tensor(variable), old))
        for slot, total in zip(sums, totals, strict=True):
            slot.assign(n.where(due, 0.0, total))

    def _update(self, gradients: list[Any], variables: list[Any]) -> None:
        gradients = clipping.clip(gradients, self.clipnorm, self.clipvalue, self.global_clipnorm)
        rate = n.tensor(self.learning_rate)
        self._apply_weight_decay(variables, rate)
        self._before_updates()
        for gradient, variable in zip(gradients, variables, strict=True):
            self.update_step(n.cast(gradient, variable.dtype), variable, rate)

    def _after_update(self, variables: list[Any]) -> None:
        """Averages and constraints; with accumulated gradients after every call, as in Keras."""
        if self.use_ema:
            self._update_averages()
        for variable in variables:
            constraint = getattr(variable, "constraint", None)
            if constraint is not None:
                variable.assign(constraint(n.tensor(variable)))

    def minimize(self, loss: Any, var_list: Any, tape: Any = None) -> Any:
        """Apply the gradients of ``loss``: a function, or a tensor with its tape."""
        if callable(loss):
            with tape or GradientTape() as recording:
                value = loss()
            tape = recording
        elif tape is None:
            raise InvalidArgumentError(
                "{optimizer}.minimize: a loss tensor needs the GradientTape it was computed under",
                optimizer=type(self).__name__,
            )
        else:
            value = loss
        variables = list(var_list() if callable(var_list) else var_list)
        return self.apply_gradients(zip(tape.gradient(value, variables), variables, strict=True))

    def _known_variables(self, grads: Sequence[Any]) -> list[Any]:
        if not self.built:
            raise FailedPreconditionError(
                "{optimizer}.apply: give the variables, or call build(variables) first",
                optimizer=type(self).__name__,
            )
        if len(grads) != len(self._trainable_variables):
            raise InvalidArgumentError(
                "{optimizer}.apply: expected {expected} gradients, received {received}",
                optimizer=type(self).__name__,
                expected=len(self._trainable_variables),
                received=len(grads),
            )
        return self._trainable_variables

    def _before_updates(self) -> None:
        """What a subclass does once per update, before the variables."""

    def _local_step(self, variable: Any, ahead: int = 1) -> Any:
        # Every variable asks again; a trace keeps one node for all of them.
        return n.cast(n.tensor(self.iterations), variable.dtype) + float(ahead)

    def scale_loss(self, loss: Any) -> Any:
        """The loss times ``loss_scale_factor``."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def exclude_from_weight_decay(
        self, var_list: Any = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Leave variables, or those whose name matches one of ``var_names``, without decay."""
        pattern = "|".join(set(var_names)) if var_names else None
        self._undecayed = ({id(variable) for variable in var_list or ()}, pattern)

    def _apply_weight_decay(self, variables: Sequence[Any], rate: Any = None) -> None:
        rate = n.tensor(self.learning_rate) if rate is None else rate
        excluded, pattern = self._undecayed
        for variable in variables:
            decay = self._decay_of(variable)
            if decay is None:
                continue
            if id(variable) in excluded or (pattern and re.search(pattern, variable.name)):
                continue
            value = n.tensor(variable)
            factor = n.cast(rate, variable.dtype) * decay
            variable.assign(value - value * factor)

    def _decay_of(self, variable: Any) -> float | None:
        """The decay of a variable, or None."""
        return self.weight_decay  # type: ignore[no-any-return]

    def _update_averages(self) -> None:
        for variable, average in zip(self._trainable_variables, self._averages, strict=True):
            started = n.cast(
                ops.greater(n.tensor(self.iterations), n.tensor(np.asarray(0, np.int64))),
                variable.dtype,
            )
            momentum = started * self.ema_momentum
            mean = n.tensor(average) * momentum + n.tensor(variable) * (1.0 - momentum)
            average.assign(mean)
            if self.ema_overwrite_frequency:
                every = np.asarray(self.ema_overwrite_frequency, np.int64)
                turn = ops.equal(
                    ops.floor_mod(n.tensor(self.iterations) + 1, n.tensor(every)),
                    n.tensor(np.asarray(0, np.int64)),
                )
                variable.assign(n.where(turn, mean, n.tensor(variable)))

    def finalize_variable_values(self, var_list: Any = None) -> None:
        """At the end of ``fit``: put the moving averages in place of the variables."""
        if self.use_ema:
            for variable, average in zip(self._trainable_variables, self._averages, strict=True):
                variable.assign(n.tensor(average))

    # --- configuration ------------------------------------------------------------------------

    def get_own_config(self) -> dict[str, Any]:
        """The arguments that only this kind of optimizer has."""
        return {}

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            rate = serialize(rate)
        elif isinstance(rate, Variable):
            rate = float(rate.numpy())
        config = {"name": self.name, "learning_rate": rate}
        config.update((key, getattr(self, key)) for key in OPTIONS)
        return config | self.get_own_config()

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Optimizer:
        """An optimizer from ``get_config``'s answer."""
        from caudal.keras.optimizers import schedules

        rate = config.get("learning_rate")
        if isinstance(rate, dict):
            config = config | {"learning_rate": schedules.deserialize(rate, custom_objects)}
        return cls(**config)

    def get_weights(self) -> list[Any]:
        """The values of all variables, as arrays."""
        return [variable.numpy() for variable in self.variables]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set the values of all variables from arrays, in the order of ``variables``."""
        for variable, value in zip(self.variables, weights, strict=True):
            variable.assign(value)

    def save_own_variables(self, store: Any) -> None:
        """Write the variables into a dict-like store, as Keras numbers them."""
        at_once = getattr(store, "writes_at_once", False)
        for i, variable in enumerate(self.variables):
            value = variable.array() if at_once else variable.numpy()
            # Keras counts in 32 bits.
            store[str(i)] = value.astype(np.int32) if variable is self._iterations else value

    def load_own_variables(self, store: Any) -> None:
        """Read the variables back."""
        fill = getattr(store, "fill", None)
        for i, variable in enumerate(self.variables):
            if fill is not None:
                fill(str(i), variable)
                continue
            variable.assign(np.asarray(store[str(i)]).astype(variable.dtype.np_dtype, copy=False))


children.register(Optimizer, optimizer_children)
as_stored.register(Optimizer, optimizer_as_stored)
slot_of.register(Optimizer, optimizer_slot)


def _old(optimizer: str, old: str, new: str) -> None:
    warnings.warn(
        f"{optimizer}: {old} is an old spelling, write {new}", CaudalWarning, stacklevel=4
    )
