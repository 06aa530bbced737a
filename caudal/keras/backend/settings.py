"""``keras.backend``: the few global settings that programs still read, and the learning phase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.context import call_context
from caudal.keras.engine.names import reset_names
from caudal.keras.engine.policy import epsilon, floatx, set_epsilon, set_floatx
from caudal.namespaces import strict

_format = ["channels_last"]
_ORDERINGS = {"channels_last": "tf", "channels_first": "th"}
_uids: Counter[str] = Counter()


def backend() -> str:
    """Always 'tensorflow': what programs that ask for a backend expect of tf.keras."""
    return "tensorflow"


def image_data_format() -> str:
    """The default layout of images: 'channels_last' unless changed."""
    return _format[0]


def set_image_data_format(data_format: str) -> None:
    """Sets the default layout of images."""
    name = str(data_format).lower()
    if name not in ("channels_last", "channels_first"):
        raise InvalidArgumentError(
            "set_image_data_format: expected 'channels_last' or 'channels_first', "
            "received {received!r}.",
            received=data_format,
        )
    _format[0] = name


def image_dim_ordering() -> str:
    """Keras 1's name of the layout: 'tf' (channels last) or 'th'."""
    return _ORDERINGS[image_data_format()]


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Sets the layout by Keras 1's name: 'tf' (channels last) or 'th'."""
    known = {short: name for name, short in _ORDERINGS.items()}
    if dim_ordering not in known:
        raise InvalidArgumentError(
            "set_image_dim_ordering: expected 'tf' or 'th', received {received!r}.",
            received=dim_ordering,
        )
    set_image_data_format(known[dim_ordering])


def clear_session(free_memory: bool = True) -> None:
    """Starts automatic names again; there is no global graph to clear."""
    reset_names()
    reset_uids()


def get_uid(prefix: str = "") -> int:
    """The next number of a prefix: 1, 2, ...

    >>> reset_uids()
    >>> get_uid("dense"), get_uid("dense")
    (1, 2)
    """
    _uids[prefix] += 1
    return _uids[prefix]


def reset_uids() -> None:
    """Starts the numbers of `get_uid` again."""
    _uids.clear()


def manual_variable_initialization(value: bool) -> None:
    """Accepted: variables have their values from the start."""


# --- the learning phase -----------------------------------------------------------------------


class LearningPhase(int):
    """1 while training and 0 otherwise; `function` takes it as one of its inputs."""


_phase = [0]


def learning_phase() -> LearningPhase:
    """1 in the training phase, else 0."""
    training = call_context.training
    return LearningPhase(_phase[0] if training is None else bool(training))


def set_learning_phase(value: int) -> None:
    """Sets the phase outside of a model's call: 0 (test) or 1 (train)."""
    if value not in (0, 1):
        raise InvalidArgumentError(
            "set_learning_phase: expected 0 or 1, received {received!r}.", received=value
        )
    _phase[0] = int(value)


@contextmanager
def learning_phase_scope(value: int) -> Iterator[None]:
    """Sets the phase inside the block."""
    before = _phase[0]
    set_learning_phase(value)
    try:
        yield
    finally:
        _phase[0] = before


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """``x`` while training, else ``alt``; functions are called.

    >>> in_train_phase(1, 2, training=True)
    1
    """
    chosen = x if (learning_phase() if training is None else training) else alt
    return chosen() if callable(chosen) else chosen


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """``alt`` while training, else ``x``; functions are called."""
    return in_train_phase(alt, x, training)


__all__ = [
    "LearningPhase",
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "image_dim_ordering",
    "in_test_phase",
    "in_train_phase",
    "learning_phase",
    "learning_phase_scope",
    "manual_variable_initialization",
    "reset_uids",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_image_dim_ordering",
    "set_learning_phase",
]

__getattr__ = strict(__name__, label="keras.backend")
