"""Arguments that Keras's classes share by name: what each may be, said once for all of them.

A class checks by itself what only it knows; here stands what an argument's name alone tells.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from functools import cache
from numbers import Real
from typing import Any

from caudal.errors import CaudalError, DTypeError, InvalidArgumentError, did_you_mean
from caudal.keras.engine.serialization import is_builtin
from caudal.keywords import check_keywords

Rule = tuple[Callable[[Any], bool], str]
_IDENTIFIERS = {
    "initializer": "initializers",
    "regularizer": "regularizers",
    "constraint": "constraints",
    "activation": "activations",
}


def _number(low: float | None = None, high: float | None = None) -> Rule:
    def fits(value: Any) -> bool:
        if isinstance(value, bool | str) or getattr(value, "shape", None):
            return False
        if not isinstance(value, Real):
            # A scalar tensor: its value may be known later only.
            return hasattr(value, "dtype")
        number = float(value)
        return not ((low is not None and number < low) or (high is not None and number > high))

    ends = {
        (False, False): "a number",
        (True, False): f"a number >= {low}",
        (True, True): f"a number between {low} and {high}",
    }[low is not None, high is not None]
    return fits, ends


def _count(low: int) -> Rule:
    def fits(value: Any) -> bool:
        return hasattr(value, "__index__") and not isinstance(value, bool) and int(value) >= low

    return fits, f"an integer >= {low}"


def _integers(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_integers, value))
    return value is None or hasattr(value, "__index__")


def _seed(value: Any) -> bool:
    return hasattr(value, "__index__") or hasattr(value, "state") or isinstance(value, dict)


def _words(value: Any) -> bool:
    return not isinstance(value, Real)


_AXES: Rule = (_integers, "an integer or a sequence of integers")
_SHARE = _number(0, 1)
RULES: dict[str, Rule] = {
    **dict.fromkeys(("axis", "axes"), _AXES),
    **dict.fromkeys(("rate", "dropout", "recurrent_dropout"), _SHARE),
    **dict.fromkeys(("label_smoothing", "ema_momentum"), _SHARE),
    **dict.fromkeys(("beta_1", "beta_2", "rho", "momentum", "adam_beta_1", "adam_beta_2"), _SHARE),
    **dict.fromkeys(("epsilon", "stddev", "initial_accumulator_value"), _number(0)),
    **dict.fromkeys(("min_value", "max_value", "delta", "weight_decay", "factor"), _number()),
    **dict.fromkeys(("min_delta", "baseline", "min_lr"), _number()),
    **dict.fromkeys(("patience", "cooldown", "start_from_epoch"), _count(0)),
    **dict.fromkeys(("num_thresholds", "sequence_length"), _count(1)),
    **dict.fromkeys(("clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor"), _number(0)),
    "ema_overwrite_frequency": _count(1),
    "gradient_accumulation_steps": (
        lambda value: value is False or _count(2)[0](value),
        "an integer >= 2",
    ),
    "from_logits": (lambda value: value in (True, False), "True or False"),
    "monitor": (lambda value: isinstance(value, str), "the name of a metric"),
    "name": (lambda value: isinstance(value, str), "a string"),
    "seed": (_seed, "an integer, a SeedGenerator or None"),
    "target_shape": (
        lambda value: isinstance(value, list | tuple) and _integers(list(value)),
        "a sequence of integers",
    ),
    "vocabulary": (_words, "the path of a file, or a sequence of entries"),
}
"""By argument: a test, and what it accepts. None is left to the class."""

# Where a name means something else: a rotation's or a zoom's factor may be a pair.
_OTHER = {("layers", "factor"), ("layers", "min_value"), ("layers", "delta"), ("layers", "axes")}


def parameters_of(cls: Any) -> tuple[str, ...]:
    """The names that a class's constructor takes by position, in their order."""
    return _parameters(cls)


@cache
def _parameters(cls: Any) -> tuple[str, ...]:
    parameters = inspect.signature(cls.__init__).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(one.name for one in parameters if one.kind in kinds)[1:]


class _WrongArgument(DTypeError):
    """Keras raises a ValueError here and a TypeError there."""


@cache
def _home(cls: type) -> str:
    parts = cls.__module__.split(".")
    return parts[2] if len(parts) > 2 else ""


def check_arguments(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Checks what one of Caudal's own classes is given, before its constructor runs.

    Raises:
        InvalidArgumentError: a value is none that the argument takes; it is named.
    """
    if not is_builtin(cls):
        return
    for name, value in (*zip(parameters_of(cls), args, strict=False), *kwargs.items()):
        if value is None:
            continue
        rule = None if (_home(cls), name) in _OTHER else RULES.get(name)
        if rule is not None and not rule[0](value):
            raise _WrongArgument(
                "{cls}: `{argument}` must be {expected}. Received: {argument}={value!r}",
                cls=cls.__name__,
                argument=name,
                expected=rule[1],
                value=value,
            )
        if isinstance(value, str):
            _check_identifier(cls, name, value)


def _check_identifier(cls: type, argument: str, value: str) -> None:
    home = _IDENTIFIERS.get(argument.rpartition("_")[2])
    if home is None:
        return
    module = importlib.import_module(f"caudal.keras.{home}")
    if value in module._TABLE:
        return
    try:
        module.get(value)
    except CaudalError as error:
        raise InvalidArgumentError(
            "{cls}: `{argument}`: {reason}{known}",
            cls=cls.__name__,
            argument=argument,
            reason=error,
            known="" if did_you_mean(value, list(module._TABLE)) else f" Known: {_names(module)}.",
        ) from error


def _names(module: Any) -> str:
    return ", ".join(sorted(name for name in module._TABLE if name.islower()))


def _nothing() -> None:
    """The signature of a class without a constructor."""


class Checked:
    """A base whose classes refuse unknown keywords and, if they are Caudal's, wrong values."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Looks at the arguments before the constructor does."""
        bare = cls.__init__ is object.__init__
        if kwargs:
            check_keywords(cls.__name__, _nothing if bare else cls.__init__, kwargs)
        check_arguments(cls, args, kwargs)
        return super().__new__(cls)
