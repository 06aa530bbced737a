"""``HyperParameters``: a search space, and the values of one trial in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

from caudal.errors import InvalidArgumentError, NotFoundError, did_you_mean
from caudal.namespaces import strict
from caudal.tuner.engine.choices import Boolean, Choice, Fixed
from caudal.tuner.engine.conditions import Condition, Parent
from caudal.tuner.engine.hyperparameter import HyperParameter
from caudal.tuner.engine.numerical import Float, Int

__all__ = [
    "Boolean",
    "Choice",
    "Fixed",
    "Float",
    "HyperParameter",
    "HyperParameters",
    "Int",
    "deserialize",
    "serialize",
]

_KINDS: dict[str, type[HyperParameter]] = {
    kind.__name__: kind for kind in (Boolean, Choice, Fixed, Float, Int)
}


class UnknownNameError(NotFoundError, KeyError):
    """There is no hyperparameter of that name."""


class HyperParameters:
    """A container for the hyperparameters that a build asks for, and their values.

    Each of ``hp.Int``, ``hp.Float``, ``hp.Boolean``, ``hp.Choice`` and ``hp.Fixed`` gives the
    value of this trial; on the first call of a name it also enters the hyperparameter into the
    space. ``space`` lists hyperparameters in that order; ``values`` maps the active ones.

    >>> hp = HyperParameters()
    >>> hp.Int("units", min_value=32, max_value=512, step=32)
    32
    >>> hp.values["units"] = 64
    >>> hp.Int("units", min_value=32, max_value=512, step=32), hp.get("units")
    (64, 64)
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        # What a build came across: the base tuner makes every scope active once.
        self.active_scopes: list[list[Condition]] = []
        self.inactive_scopes: list[list[Condition]] = []
        self._space: list[HyperParameter] = []
        self._by_name: defaultdict[str, list[HyperParameter]] = defaultdict(list)
        self._names: list[str] = []
        self._conditions: list[Condition] = []

    # --- scopes -------------------------------------------------------------------------------

    @contextmanager
    def name_scope(self, name: str) -> Iterator[None]:
        """Names inside the block begin with ``name/``."""
        self._names.append(str(name))
        try:
            yield
        finally:
            self._names.pop()

    @contextmanager
    def conditional_scope(self, parent_name: str, parent_values: Any) -> Iterator[None]:
        """Hyperparameters of the block count only if another one has one of some values.

        The block runs in any case; where the condition fails, its hyperparameters give None.

        Raises:
            InvalidArgumentError: there is no hyperparameter ``parent_name`` yet.
        """
        parent = self._full(parent_name)
        if self._known(parent, self._conditions) is None and not self._by_name[parent]:
            raise InvalidArgumentError(
                "hp.conditional_scope: {name!r} is not defined yet.{hint}",
                name=parent,
                hint=did_you_mean(parent, [hp.name for hp in self._space]),
            )
        self._conditions.append(Parent(parent, parent_values))
        holds = self._hold(self._conditions)
        (self.active_scopes if holds else self.inactive_scopes).append(list(self._conditions))
        try:
            yield
        finally:
            self._conditions.pop()

    # --- what a build asks for ----------------------------------------------------------------

    def Int(
        self,
        name: str,
        min_value: int,
        max_value: int,
        step: int | None = None,
        sampling: str | None = "linear",
        default: int | None = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """A whole number from ``min_value`` to ``max_value``, both included.

        step: added between values (1 by default), or multiplied with "log" and "reverse_log".
        sampling: "linear", "log" or "reverse_log"; see `Numerical`.
        parent_name, parent_values: as a `conditional_scope` around it.
        """
        given: dict[str, Any] = {"min_value": min_value, "max_value": max_value, "step": step}
        given.update(sampling=sampling, default=default)
        return self._ask(Int, name, given, parent_name, parent_values)

    def Float(
        self,
        name: str,
        min_value: float,
        max_value: float,
        step: float | None = None,
        sampling: str | None = "linear",
        default: float | None = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """A number from ``min_value`` to ``max_value``; any of them without a ``step``."""
        given: dict[str, Any] = {"min_value": min_value, "max_value": max_value, "step": step}
        given.update(sampling=sampling, default=default)
        return self._ask(Float, name, given, parent_name, parent_values)

    def Boolean(
        self,
        name: str,
        default: bool = False,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """True or False."""
        return self._ask(Boolean, name, {"default": default}, parent_name, parent_values)

    def Choice(
        self,
        name: str,
        values: Any,
        ordered: bool | None = None,
        default: Any = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """One of ``values``, all of them str, int, float or bool; the first by default."""
        given = {"values": values, "ordered": ordered, "default": default}
        return self._ask(Choice, name, given, parent_name, parent_values)

    def Fixed(
        self, name: str, value: Any, parent_name: str | None = None, parent_values: Any = None
    ) -> Any:
        """A value that is not searched."""
        return self._ask(Fixed, name, {"value": value}, parent_name, parent_values)

    def get(self, name: str) -> Any:
        """The value of a name.

        Raises:
            InvalidArgumentError: the hyperparameter is not active with these values.
            UnknownNameError: there is none (a KeyError).
        """
        full = self._full(name)
        if full in self.values:
            return self.values[full]
        if self._by_name.get(full):
            raise InvalidArgumentError("hp.get: {name!r} is not active in this trial.", name=full)
        raise UnknownNameError(
            "hp.get: there is no hyperparameter {name!r}. There are: {known}.",
            name=full,
            known=", ".join(sorted({*self.values, *(hp.name for hp in self._space)})) or "none",
        )

    def __getitem__(self, name: str) -> Any:
        return self.get(name)

    def __contains__(self, name: object) -> bool:
        return self._full(str(name)) in self.values

    # --- the space ----------------------------------------------------------------------------

    @property
    def space(self) -> list[HyperParameter]:
        """The hyperparameters in order; parents come before what depends on them."""
        return self._space

    def is_active(self, hyperparameter: HyperParameter | str) -> bool:
        """Whether a hyperparameter, or any of that name, counts with the present values."""
        if isinstance(hyperparameter, HyperParameter):
            return self._hold(hyperparameter.conditions)
        return any(self._hold(hp.conditions) for hp in self._by_name.get(str(hyperparameter), ()))

    def holds(self, hyperparameter: HyperParameter) -> bool:
        """Whether one of that name and those conditions is in the space."""
        return self._known(hyperparameter.name, hyperparameter.conditions) is not None

    def ensure_active_values(self, seed: Any = None) -> None:
        """Drops values that do not count and draws those that are missing."""
        for hp in self._space:
            if not self.is_active(hp):
                # Another one of that name, with other conditions, may be the one that counts.
                if not self.is_active(hp.name):
                    self.values.pop(hp.name, None)
            elif hp.name not in self.values:
                own = None if seed is None else f"{seed}/{hp.name}"
                self.values[hp.name] = hp.random_sample(own)

    def merge(
        self, hps: HyperParameters | Iterable[HyperParameter], overwrite: bool = True
    ) -> None:
        """Takes the hyperparameters of another space over.

        overwrite: whether those that are there already give way and start at their default.
        """
        for hp in hps.space if isinstance(hps, HyperParameters) else list(hps):
            if not overwrite and self.holds(hp):
                continue
            self._enter(hp, overwrite)

    def copy(self) -> HyperParameters:
        """The same space and values, apart from these."""
        return HyperParameters.from_config(self.get_config())

    def get_config(self) -> dict[str, Any]:
        """Space and values, fit for JSON."""
        return {"space": [serialize(hp) for hp in self._space], "values": dict(self.values)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> HyperParameters:
        """What `get_config` gave."""
        made = cls()
        for entry in config["space"]:
            hp = deserialize(entry)
            made._space.append(hp)
            made._by_name[hp.name].append(hp)
        made.values = dict(config["values"])
        return made

    # --- inside -------------------------------------------------------------------------------

    def _ask(
        self,
        kind: type[HyperParameter],
        name: str,
        given: dict[str, Any],
        parent_name: str | None,
        parent_values: Any,
    ) -> Any:
        scope: Any = nullcontext()
        if parent_name:
            scope = self.conditional_scope(parent_name, parent_values)
        with scope:
            hp = kind(self._full(name), conditions=list(self._conditions), **given)
            known = self._known(hp.name, hp.conditions)
            if known is None:
                return self._enter(hp, overwrite=False)
            _check_same_values(known, hp)
            if not self.is_active(known):
                return None
            return self.values.setdefault(hp.name, known.default)

    def _enter(self, hp: HyperParameter, overwrite: bool) -> Any:
        if any(isinstance(c, Parent) and c.name == hp.name for c in hp.conditions):
            raise InvalidArgumentError(
                "hp.{kind}({name!r}): the name is that of its own parent: give it another.",
                kind=type(hp).__name__,
                name=hp.name,
            )
        # A copy, and in place of the one with the same name and conditions.
        hp = type(hp).from_config(hp.get_config())
        known = self._known(hp.name, hp.conditions)
        if known is not None:
            for held in (self._space, self._by_name[hp.name]):
                held[next(i for i, one in enumerate(held) if one is known)] = hp
        else:
            self._space.append(hp)
            self._by_name[hp.name].append(hp)
        if not self.is_active(hp):
            return None
        if overwrite or hp.name not in self.values:
            self.values[hp.name] = hp.default
        return self.values[hp.name]

    def _known(self, name: str, conditions: list[Condition]) -> HyperParameter | None:
        return next((hp for hp in self._by_name.get(name, ()) if hp.conditions == conditions), None)

    def _hold(self, conditions: Iterable[Condition]) -> bool:
        return all(condition.is_active(self.values) for condition in conditions)

    def _full(self, name: str) -> str:
        return "/".join([*self._names, str(name)])


def _check_same_values(known: HyperParameter, asked: HyperParameter) -> None:
    """A space given in advance may narrow what a build asks for, but not text for a number."""
    kinds = {_value_kind(known), _value_kind(asked)}
    if len(kinds) > 1:
        raise InvalidArgumentError(
            "hp.{kind}({name!r}): the name is taken by {known}, whose values are of another kind. "
            "Use another name.",
            kind=type(asked).__name__,
            name=asked.name,
            known=known,
        )


def _value_kind(hp: HyperParameter) -> str:
    if isinstance(hp.default, str):
        return "text"
    return "number"


def serialize(hyperparameter: HyperParameter) -> dict[str, Any]:
    """A hyperparameter as a configuration fit for JSON.

    >>> serialize(Fixed("momentum", 0.9))["class_name"]
    'Fixed'
    """
    return {
        "class_name": type(hyperparameter).__name__,
        "config": hyperparameter.get_config(),
    }


def deserialize(config: Any) -> HyperParameter:
    """The hyperparameter of a configuration; nothing is imported by the names in it.

    Raises:
        InvalidArgumentError: there is no such kind of hyperparameter.
    """
    kind = _KINDS.get(config.get("class_name", "")) if isinstance(config, dict) else None
    if kind is None or not isinstance(config.get("config"), dict):
        raise InvalidArgumentError(
            "hyperparameters: expected a configuration of {known}, received {config!r}.",
            known=", ".join(sorted(_KINDS)),
            config=config,
        )
    return kind.from_config(config["config"])


__getattr__ = strict(__name__, label="keras_tuner.engine.hyperparameters")
